"""What a chain says of one document at one block, whoever read it: a node, a storage proof, or a test vector.

The verdict is a function of these facts alone, so that Python and the browser can be held to the same answers.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from muniment.documents.model import AnchorKind, AnchorStatus


@dataclass(frozen=True)
class AsOf:
    """The block that facts are true at. `checkpoint` names what vouched for its hash; None when a node did."""

    number: int
    hash: str
    time: int
    checkpoint: str | None = None


@dataclass(frozen=True)
class AnchorFacts:
    """The anchor's slot. Times are Unix seconds; `expires_at` 0 is never; `key_id` 0 where no officer's key issued."""

    kind: AnchorKind
    status: AnchorStatus
    issued_at: int
    expires_at: int
    count: int
    key_id: int


@dataclass(frozen=True)
class KeyFacts:
    """The record of a key whose word the anchor rests on, as `IAgencyRegistry` has it; times as there."""

    id: int
    key: str
    agency: str
    scopes: int
    not_before: int
    not_after: int
    compromised_since: int


@dataclass(frozen=True)
class Revocation:
    """The last entry of the log that took the document or its root down. Reasons are RFC 5280's."""

    reason: int
    time: int


@dataclass(frozen=True)
class Successor:
    """What took a document's place: a document of a root, or a whole root (index None). Same issuer."""

    root: str
    index: int | None


@dataclass(frozen=True)
class Facts:
    """All that a verdict asks of the chain.

    `anchor` is None when the issuer never anchored the root. `keys` are the officers' keys that issued or approved,
    `parties` how many parties approved beside them, `threshold` how many approvals the anchor rests on (1 unless
    co-signed). `revoked` and `held` are the document's own two bits. `revocation` and `successor` come from events
    and are None where nobody vouches for them, as in a storage proof.
    """

    as_of: AsOf
    anchor: AnchorFacts | None
    keys: tuple[KeyFacts, ...] = ()
    parties: int = 0
    threshold: int = 1
    revoked: bool = False
    held: bool = False
    revocation: Revocation | None = None
    successor: Successor | None = None


@dataclass(frozen=True)
class Question:
    """Which document of which anchor is asked about."""

    chain_id: int
    registry: str
    issuer: str
    root: str
    index: int


class Source(Protocol):
    """Whoever can look facts up."""

    def facts(self, question: Question) -> Facts | None:
        """The facts, or None when this source cannot know them."""


def facts_of(value: dict[str, Any]) -> Facts:
    """Facts from their JSON form, which `tests/vectors/documents` uses; see docs/documents.md."""
    anchor, revocation, successor = value["anchor"], value.get("revocation"), value.get("successor")
    at = value["asOf"]
    return Facts(
        as_of=AsOf(at["number"], at["hash"], at["time"], at.get("checkpoint")),
        anchor=None
        if anchor is None
        else AnchorFacts(
            kind=AnchorKind[anchor["kind"]],
            status=AnchorStatus[anchor["status"]],
            issued_at=anchor["issuedAt"],
            expires_at=anchor["expiresAt"],
            count=anchor["count"],
            key_id=anchor["keyId"],
        ),
        keys=tuple(
            KeyFacts(
                id=key["id"],
                key=key["key"],
                agency=key["agency"],
                scopes=key["scopes"],
                not_before=key["notBefore"],
                not_after=key["notAfter"],
                compromised_since=key["compromisedSince"],
            )
            for key in value.get("keys", [])
        ),
        parties=value.get("parties", 0),
        threshold=value.get("threshold", 1),
        revoked=value.get("revoked", False),
        held=value.get("held", False),
        revocation=None if revocation is None else Revocation(revocation["reason"], revocation["time"]),
        successor=None if successor is None else Successor(successor["root"], successor["index"]),
    )


def facts_json(facts: Facts) -> dict[str, Any]:
    """The JSON form of facts."""
    at, anchor = facts.as_of, facts.anchor
    return {
        "asOf": {"number": at.number, "hash": at.hash, "time": at.time, "checkpoint": at.checkpoint},
        "anchor": None
        if anchor is None
        else {
            "kind": anchor.kind.name,
            "status": anchor.status.name,
            "issuedAt": anchor.issued_at,
            "expiresAt": anchor.expires_at,
            "count": anchor.count,
            "keyId": anchor.key_id,
        },
        "keys": [
            {
                "id": key.id,
                "key": key.key,
                "agency": key.agency,
                "scopes": key.scopes,
                "notBefore": key.not_before,
                "notAfter": key.not_after,
                "compromisedSince": key.compromised_since,
            }
            for key in facts.keys
        ],
        "parties": facts.parties,
        "threshold": facts.threshold,
        "revoked": facts.revoked,
        "held": facts.held,
        "revocation": None
        if facts.revocation is None
        else {"reason": facts.revocation.reason, "time": facts.revocation.time},
        "successor": None
        if facts.successor is None
        else {"root": facts.successor.root, "index": facts.successor.index},
    }
