"""What the document registry asks of the chain: issuing roots, revoking, putting on hold, superseding."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rfc8785

from muniment.chain.outbox import Act, Call, Request
from muniment.documents.model import MOST, WORD_BITS, Reason
from muniment.errors import Refused
from muniment.hashing import keccak

CONTRACT = "DocumentRegistry"
MOST_WORDS = 256  # IDocumentRegistry.MAX_WORDS: what one call may revoke
FUNCTIONS = tuple(
    (CONTRACT, name)
    for name in (
        "issue",
        "issueCoSigned",
        "issueAsParty",
        "revokeWords",
        "releaseWord",
        "revokeRoot",
        "releaseRoot",
        "supersede",
        "supersedeRoot",
    )
)


def issue_request(agency: str, root: str, schema: str, count: int, expires_at: int) -> Request:
    """Anchor a root by the service's own officer key; a root is issued once."""
    return _request("issue", agency, root, {**entry_of(root, schema, count, expires_at), "agency": agency})


def co_signed_request(
    agency: str,
    entry: Mapping[str, Any],
    policy: Mapping[str, Any],
    nonce: int,
    deadline: int,
    approvals: Sequence[Mapping[str, str]],
) -> Request:
    """Anchor a root that a policy's members approved.

    `entry` is of `entry_of`, `policy` {threshold, members}, `approvals` [{member, signature}], ascending by member.
    """
    signed = {"policy": dict(policy), "nonce": str(nonce), "deadline": deadline, "approvals": [*map(dict, approvals)]}
    return _request("issue_co_signed", agency, entry["root"], {"agency": agency, **entry, **signed})


def party_request(party: str, entry: Mapping[str, Any], nonce: int, deadline: int, signature: str) -> Request:
    """Anchor a party's own root with its wallet's signature: `entry` of `entry_of`."""
    signed = {"nonce": str(nonce), "deadline": deadline, "signature": signature}
    return _request("issue_as_party", party, entry["root"], {"party": party, **entry, **signed})


def entry_of(root: str, schema: str, count: int, expires_at: int) -> dict[str, Any]:
    """What is issued, as bodies of intents hold it."""
    return {"root": root, "schema": schema, "count": count, "expires_at": expires_at}


def revoke_requests(
    issuer: str, root: str, indices: Iterable[int], reason: Reason, occasion: str = ""
) -> list[Request]:
    """Revoke documents of one root, 256 words to a request. Raises Refused for none.

    A hold (reason 6) can come and go: `occasion` tells one from the next.
    """
    ordered = _words(indices)
    requests = []
    for start in range(0, len(ordered), MOST_WORDS):
        part = ordered[start : start + MOST_WORDS]
        body = {
            "issuer": issuer,
            "root": root,
            "words": [{"word": word, "bits": str(bits)} for word, bits in part],
            "reason": int(reason),
        }
        requests.append(_request("revoke", issuer, f"{_digest(body)}:{occasion}", body))
    return requests


def release_requests(issuer: str, root: str, indices: Iterable[int], occasion: str) -> list[Request]:
    """Lift the hold on documents of one root, a word to a request. Raises Refused for none."""
    bodies = [{"issuer": issuer, "root": root, "word": word, "bits": str(bits)} for word, bits in _words(indices)]
    return [_request("release", issuer, f"{_digest(body)}:{occasion}", body) for body in bodies]


def revoke_root_request(issuer: str, root: str, reason: Reason, occasion: str = "") -> Request:
    """Revoke a root with all its documents, or hold it (reason 6, which needs an occasion)."""
    body = {"issuer": issuer, "root": root, "reason": int(reason)}
    return _request("revoke_root", issuer, f"{root}:{int(reason)}:{occasion}", body)


def release_root_request(issuer: str, root: str, occasion: str) -> Request:
    """Lift the hold on a root."""
    return _request("release_root", issuer, f"{root}:{occasion}", {"issuer": issuer, "root": root})


def supersede_request(issuer: str, root: str, index: int, successor: str, successor_index: int) -> Request:
    """Name the document that takes a document's place."""
    body = {
        "issuer": issuer,
        "root": root,
        "index": index,
        "successor": successor,
        "successor_index": successor_index,
    }
    return _request("supersede", issuer, f"{root}:{index}", body)


def supersede_root_request(issuer: str, root: str, successor: str) -> Request:
    """Name the root that takes a root's place."""
    return _request("supersede_root", issuer, root, {"issuer": issuer, "root": root, "successor": successor})


def _words(indices: Iterable[int]) -> list[tuple[int, int]]:
    """Words with the bits that stand for the documents, ascending."""
    words: dict[int, int] = defaultdict(int)
    for index in indices:
        if not 0 <= index <= MOST:
            raise Refused("IndexBeyond", index=index, count=MOST + 1)
        word, bit = divmod(index, WORD_BITS)
        words[word] |= 1 << bit
    if not words:
        raise Refused("DocumentsMissing")
    return sorted(words.items())


def _request(act: str, issuer: str, subject: str, body: Mapping[str, Any]) -> Request:
    # The issuer is half of every key: two issuers may anchor one root.
    short = keccak(issuer.encode())[:18]
    return Request(f"documents.{act}:{short}:{subject}", f"documents.{act}", issuer, body)


def _digest(body: Mapping[str, Any]) -> str:
    return keccak(rfc8785.dumps(dict(body)))


def _issue_struct(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as `IDocumentRegistry.Issue`."""
    return {
        "root": body["root"],
        "schema": body["schema"],
        "count": body["count"],
        "expiresAt": body["expires_at"],
    }


def _issue(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    return Call(CONTRACT, "issue", (body["agency"], _issue_struct(body)))


def _issue_co_signed(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    arguments = (body["agency"], _issue_struct(body), body["policy"], body["nonce"], body["deadline"])
    return Call(CONTRACT, "issueCoSigned", (*arguments, body["approvals"]))


def _issue_as_party(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    arguments = (body["party"], _issue_struct(body), body["nonce"], body["deadline"], body["signature"])
    return Call(CONTRACT, "issueAsParty", arguments)


def _plain(function: str, *names: str) -> Act:
    """An act whose arguments stand in the body under these names, one intent a transaction."""

    def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
        (body,) = bodies
        return Call(CONTRACT, function, (body["issuer"], *(body[name] for name in names)))

    return Act(f"documents.{_KINDS[function]}", build)


_KINDS = {
    "revokeWords": "revoke",
    "releaseWord": "release",
    "revokeRoot": "revoke_root",
    "releaseRoot": "release_root",
    "supersede": "supersede",
    "supersedeRoot": "supersede_root",
}

ACTS = (
    Act("documents.issue", _issue),
    Act("documents.issue_co_signed", _issue_co_signed),
    Act("documents.issue_as_party", _issue_as_party),
    _plain("revokeWords", "root", "words", "reason"),
    _plain("releaseWord", "root", "word", "bits"),
    _plain("revokeRoot", "root", "reason"),
    _plain("releaseRoot", "root"),
    _plain("supersede", "root", "index", "successor", "successor_index"),
    _plain("supersedeRoot", "root", "successor"),
)
