"""The proof file, `*.proof.json`: all that is needed beside the document to find its anchor on the chain.

It is written as RFC 8785 text and read strictly: an unknown key, a wrong type or a number out of bounds makes it no
proof. What it says of the issue (transaction, block, key, approvals) only helps people to look things up; a verdict
never rests on it. `evidence` (offline.py) is judged against a trusted block.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import rfc8785

from muniment.documents.content import MOST_FIELDS, Field
from muniment.documents.merkle import DEEPEST
from muniment.documents.model import MOST, Leaf
from muniment.documents.strict import JsonRefused, parse

FORMAT = "muniment-proof-1"
LARGEST = 16 * 2**20  # bytes
MOST_APPROVALS = 16
_HASH = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_BYTES = re.compile(r"0x(?:[0-9a-f]{2}){0,10000}")
_LONGEST_CHAIN_ID = 2**53 - 1


class ProofRefused(ValueError):
    """What was given is no proof file; the message says where it goes wrong."""


@dataclass(frozen=True)
class FileContent:
    """The document is a file, by SHA-256 of its bytes."""


@dataclass(frozen=True)
class JsonContent:
    """The document is JSON, by the tree over its fields; the secret makes each field's salt."""

    secret: str


@dataclass(frozen=True)
class Disclosure:
    """Some fields of a JSON document, and the leaves of all others, ascending: the file needs nothing beside it."""

    fields: tuple[Field, ...]
    hidden: tuple[str, ...]


Content: TypeAlias = FileContent | JsonContent | Disclosure


@dataclass(frozen=True)
class Approval:
    """One co-signer's signature, as issued. The member is a left-padded address or a party's id."""

    member: str
    signature: str


@dataclass(frozen=True)
class Issued:
    """Where the anchor was written: to look it up by, never to judge by."""

    transaction: str
    block_number: int
    block_hash: str
    key: str | None = None
    key_id: int = 0
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True)
class Proof:
    """A proof file's content. `evidence` is kept as parsed JSON; `offline.py` reads it."""

    leaf: Leaf
    salt: str
    content: Content
    siblings: tuple[str, ...]
    root: str
    issued: Issued | None = None
    evidence: Mapping[str, Any] | None = None


def read(content: bytes) -> Proof:
    """The proof in a file. Raises ProofRefused, nothing else, whatever the bytes."""
    try:
        value = parse(content, LARGEST)
    except JsonRefused as error:
        raise ProofRefused(str(error)) from None
    return of_json(value)


def of_json(value: Any) -> Proof:
    """The proof in a value that `strict.parse` gave. Raises ProofRefused."""
    required = {"format", "chainId", "registry", "leaf", "salt", "content", "siblings", "root"}
    whole = _object(value, "the proof", required, {"issued", "evidence"})
    if whole["format"] != FORMAT:
        raise ProofRefused(f"its format is not {FORMAT}")
    leaf = _object(whole["leaf"], "leaf", {"issuer", "schema", "docId", "commitment", "index", "expiresAt"})
    evidence = whole.get("evidence")
    if "evidence" in whole and not isinstance(evidence, dict):
        raise ProofRefused("evidence is no object")
    return Proof(
        leaf=Leaf(
            chain_id=_integer(whole["chainId"], "chainId", _LONGEST_CHAIN_ID),
            registry=_text(whole["registry"], "registry", _ADDRESS),
            issuer=_hash(leaf["issuer"], "issuer"),
            schema=_hash(leaf["schema"], "schema"),
            doc_id=_hash(leaf["docId"], "docId"),
            commitment=_hash(leaf["commitment"], "commitment"),
            index=_integer(leaf["index"], "index"),
            expires_at=_integer(leaf["expiresAt"], "expiresAt"),
        ),
        salt=_hash(whole["salt"], "salt"),
        content=_content(whole["content"]),
        siblings=_hashes(whole["siblings"], "siblings", DEEPEST),
        root=_hash(whole["root"], "root"),
        issued=_issued(whole["issued"]) if "issued" in whole else None,
        evidence=evidence,
    )


def written(proof: Proof) -> bytes:
    """The proof as RFC 8785 text."""
    return rfc8785.dumps(to_json(proof))


def to_json(proof: Proof) -> dict[str, Any]:
    """The proof as JSON holds it."""
    leaf = proof.leaf
    value: dict[str, Any] = {
        "format": FORMAT,
        "chainId": leaf.chain_id,
        "registry": leaf.registry,
        "leaf": {
            "issuer": leaf.issuer,
            "schema": leaf.schema,
            "docId": leaf.doc_id,
            "commitment": leaf.commitment,
            "index": leaf.index,
            "expiresAt": leaf.expires_at,
        },
        "salt": proof.salt,
        "content": _content_json(proof.content),
        "siblings": list(proof.siblings),
        "root": proof.root,
    }
    if proof.issued is not None:
        value["issued"] = _issued_json(proof.issued)
    if proof.evidence is not None:
        value["evidence"] = dict(proof.evidence)
    return value


def _content(value: Any) -> Content:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "file":
        _object(value, "content", {"kind"})
        return FileContent()
    if kind == "json":
        return JsonContent(_hash(_object(value, "content", {"kind", "secret"})["secret"], "secret"))
    if kind != "disclosure":
        raise ProofRefused("content is neither file, json nor disclosure")
    given = _object(value, "content", {"kind", "fields", "hidden"})
    if not isinstance(given["fields"], list) or len(given["fields"]) > MOST_FIELDS:
        raise ProofRefused("fields is no list of bearable length")
    fields = tuple(_field(field) for field in given["fields"])
    if not fields or len({field.pointer for field in fields}) != len(fields):
        raise ProofRefused("fields are none, or one is given twice")
    hidden = _hashes(given["hidden"], "hidden", MOST_FIELDS)
    if any(one >= other for one, other in pairwise(hidden)):
        raise ProofRefused("hidden is not in ascending order")
    return Disclosure(fields, hidden)


def _field(value: Any) -> Field:
    given = _object(value, "a field", {"pointer", "value", "salt"})
    if not isinstance(given["pointer"], str) or not isinstance(given["value"], str):
        raise ProofRefused("a field's pointer and value are text")
    return Field(given["pointer"], given["value"], bytes.fromhex(_hash(given["salt"], "a field's salt")[2:]))


def _content_json(content: Content) -> dict[str, Any]:
    if isinstance(content, FileContent):
        return {"kind": "file"}
    if isinstance(content, JsonContent):
        return {"kind": "json", "secret": content.secret}
    fields = [{"pointer": one.pointer, "value": one.value, "salt": "0x" + one.salt.hex()} for one in content.fields]
    return {"kind": "disclosure", "fields": fields, "hidden": list(content.hidden)}


def _issued(value: Any) -> Issued:
    given = _object(value, "issued", {"transaction", "blockNumber", "blockHash"}, {"key", "approvals"})
    key = _object(given["key"], "key", {"id", "address"}) if "key" in given else None
    approvals = given.get("approvals", [])
    if not isinstance(approvals, list) or len(approvals) > MOST_APPROVALS:
        raise ProofRefused("approvals is no list of bearable length")
    return Issued(
        transaction=_hash(given["transaction"], "transaction"),
        block_number=_integer(given["blockNumber"], "blockNumber"),
        block_hash=_hash(given["blockHash"], "blockHash"),
        key=None if key is None else _text(key["address"], "key", _ADDRESS),
        key_id=0 if key is None else _integer(key["id"], "key id", 2**32 - 1),
        approvals=tuple(_approval(approval) for approval in approvals),
    )


def _approval(value: Any) -> Approval:
    given = _object(value, "an approval", {"member", "signature"})
    return Approval(_hash(given["member"], "member"), _text(given["signature"], "signature", _BYTES))


def _issued_json(issued: Issued) -> dict[str, Any]:
    value: dict[str, Any] = {
        "transaction": issued.transaction,
        "blockNumber": issued.block_number,
        "blockHash": issued.block_hash,
    }
    if issued.key is not None:
        value["key"] = {"id": issued.key_id, "address": issued.key}
    if issued.approvals:
        value["approvals"] = [{"member": one.member, "signature": one.signature} for one in issued.approvals]
    return value


def _object(value: Any, name: str, required: set[str], optional: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProofRefused(f"{name} is no object")
    if not required <= value.keys() <= required | (optional or set()):
        raise ProofRefused(f"{name} lacks a key, or has one that is not known")
    return value


def _integer(value: Any, name: str, most: int = MOST) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or not 0 <= value <= most:
        raise ProofRefused(f"{name} is no number from 0 to {most}")
    return int(value)


def _text(value: Any, name: str, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ProofRefused(f"{name} is not written as it must be")
    return value


def _hash(value: Any, name: str) -> str:
    return _text(value, name, _HASH)


def _hashes(value: Any, name: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise ProofRefused(f"{name} is no list of at most {most}")
    return tuple(_hash(one, name) for one in value)
