"""One verdict on a document, with one plain sentence. The rules in words, and in this order: docs/documents.md.

A pure function of the document's bytes, its proof, whom the verifier trusts, and the facts of a source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from muniment.access.model import Scope
from muniment.documents.content import hash_of_json, root_of_fields
from muniment.documents.facts import AsOf, Facts, KeyFacts, Question, Source
from muniment.documents.merkle import leaf_hash, root_of
from muniment.documents.model import SUPERSEDED_REASON, AnchorKind, AnchorStatus, Name, commitment_of
from muniment.documents.proof import Disclosure, FileContent, JsonContent, Proof, ProofRefused, read
from muniment.documents.strict import JsonRefused
from muniment.sentences import sentence

VALID = frozenset({Name.VALID, Name.VALID_ISSUED_BEFORE_KEY_RETIRED})


@dataclass(frozen=True)
class Trust:
    """What the verifier decides: which registries count, which issuers (None: any), how old facts may be (seconds)."""

    registries: frozenset[tuple[int, str]]
    issuers: frozenset[str] | None = None
    max_age: int | None = None


@dataclass(frozen=True)
class Verdict:
    """The verdict, what its sentence mentions, and the block it is true at (None when no chain was asked)."""

    name: Name
    arguments: Mapping[str, Any] = field(default_factory=dict)
    as_of: AsOf | None = None

    @property
    def valid(self) -> bool:
        """Whether the document stands."""
        return self.name in VALID

    @property
    def sentence(self) -> str:
        """The verdict in one plain sentence, in English."""
        key = "Verdict." + self.name.value + self.arguments.get("variant", "")
        said = sentence(key, self.arguments)
        if self.as_of is not None and self.as_of.checkpoint is not None:
            said += " " + sentence("Verdict.asOf", {"time": self.as_of.time, "checkpoint": self.as_of.checkpoint})
        return said


def judge(document: "Document", proof: bytes, trust: Trust, source: Source, now: int) -> Verdict:
    """The verdict on a document and a proof file's bytes; `now` in Unix seconds. Never raises for what files hold."""
    try:
        parsed = read(proof)
    except ProofRefused as error:
        return Verdict(Name.NOT_A_PROOF, {"reason": str(error)})
    return judge_proof(document, parsed, trust, source, now)


@dataclass(frozen=True)
class Document:
    """The document as far as a proof can ask for it: SHA-256 of its bytes, and the bytes themselves if it may be JSON.

    `sha256` is None where only a proof was given, which a disclosure allows.
    """

    sha256: str | None = None
    content: bytes | None = None


def judge_proof(document: Document, proof: Proof, trust: Trust, source: Source, now: int) -> Verdict:
    """The verdict on a proof that could be read."""
    altered = _altered(document, proof)
    if altered is not None:
        return Verdict(Name.ALTERED, {"variant": altered})
    leaf = proof.leaf
    if (leaf.chain_id, leaf.registry) not in trust.registries:
        return Verdict(Name.UNKNOWN_REGISTRY, {"registry": leaf.registry, "chain_id": leaf.chain_id})
    facts = source.facts(Question(leaf.chain_id, leaf.registry, leaf.issuer, proof.root, leaf.index))
    if facts is None:
        return Verdict(Name.CANNOT_TELL)
    now = max(now, facts.as_of.time)
    if trust.max_age is not None and now - facts.as_of.time > trust.max_age:
        return Verdict(Name.CANNOT_TELL, {"variant": ".stale", "time": facts.as_of.time}, facts.as_of)
    name, arguments = _standing(proof, facts, trust, now)
    return Verdict(name, {"issuer": leaf.issuer, **arguments}, facts.as_of)


def _altered(document: Document, proof: Proof) -> str | None:
    """Where document, commitment, leaf, siblings and root come apart; None when they hold together."""
    content_hash = _content_hash(document, proof)
    if content_hash is None or commitment_of(proof.salt, content_hash) != proof.leaf.commitment:
        return ".content"
    siblings = [bytes.fromhex(sibling[2:]) for sibling in proof.siblings]
    if "0x" + root_of(leaf_hash(proof.leaf.encoded()), siblings).hex() != proof.root:
        return ".proof"
    return None


def _content_hash(document: Document, proof: Proof) -> str | None:
    content = proof.content
    if isinstance(content, Disclosure):
        revealed = [shown.hash() for shown in content.fields]
        return root_of_fields([*revealed, *(bytes.fromhex(hidden[2:]) for hidden in content.hidden)])
    if isinstance(content, FileContent):
        return document.sha256
    assert isinstance(content, JsonContent)  # noqa: S101 -- narrows the union
    if document.content is None:
        return None
    try:
        return hash_of_json(document.content, content.secret)
    except JsonRefused:
        return None


def _standing(proof: Proof, facts: Facts, trust: Trust, now: int) -> tuple[Name, dict[str, Any]]:
    """What the chain's facts make of a document that is unaltered, in the order of judgement."""
    anchor, leaf = facts.anchor, proof.leaf
    if anchor is None or anchor.kind is AnchorKind.NONE or leaf.index >= anchor.count:
        return Name.NOT_ANCHORED, {}
    dated = {"issued_at": anchor.issued_at}
    if trust.issuers is not None and leaf.issuer not in trust.issuers:
        return Name.ISSUER_UNAUTHORISED, {**dated, "variant": ".unexpected"}
    good = [key for key in facts.keys if _authorised(key, leaf.issuer, anchor.issued_at)]
    if not _enough(anchor.kind, len(good), facts):
        return Name.ISSUER_UNAUTHORISED, dated
    trusted = [key for key in good if not 0 < key.compromised_since <= anchor.issued_at]
    if not _enough(anchor.kind, len(trusted), facts):
        since = min(key.compromised_since for key in good if key.compromised_since)
        return Name.ISSUED_AFTER_COMPROMISE, {**dated, "since": since}
    revocation = facts.revocation
    superseded = facts.revoked and revocation is not None and revocation.reason == SUPERSEDED_REASON
    if anchor.status is AnchorStatus.REVOKED or (facts.revoked and not superseded):
        if revocation is None:
            return Name.REVOKED, {**dated, "variant": ".unexplained"}
        return Name.REVOKED, {**dated, "reason": revocation.reason, "time": revocation.time}
    if anchor.status is AnchorStatus.HELD or facts.held:
        return Name.SUSPENDED, dated
    expires_at = min((time for time in (leaf.expires_at, anchor.expires_at) if time), default=None)
    if expires_at is not None and now >= expires_at:
        return Name.EXPIRED, {**dated, "time": expires_at}
    if anchor.status is AnchorStatus.SUPERSEDED or superseded:
        return Name.SUPERSEDED, {**dated, **_successor(facts)}
    current = [key for key in trusted if now < key.not_after and not 0 < key.compromised_since <= now]
    if not _enough(anchor.kind, len(current), facts):
        return Name.VALID_ISSUED_BEFORE_KEY_RETIRED, dated
    return Name.VALID, {**dated, "variant": ".party"} if anchor.kind is AnchorKind.PARTY else dated


def _enough(kind: AnchorKind, keys: int, facts: Facts) -> bool:
    """Whether the anchor rests on enough approvals: a party's own needs no key."""
    return kind is AnchorKind.PARTY or keys + facts.parties >= facts.threshold


def _authorised(key: KeyFacts, issuer: str, issued_at: int) -> bool:
    """Whether the key's record lets it issue for the agency at that time; its agency's present powers do not matter."""
    # A key that issues and retires in one block ends in the very second of issue.
    in_time = key.not_before <= issued_at <= key.not_after
    return key.agency == issuer and bool(key.scopes & Scope.DOCUMENT_ISSUER) and in_time


def _successor(facts: Facts) -> dict[str, Any]:
    successor = facts.successor
    if successor is None:
        return {"variant": ".unnamed"}
    if successor.index is None:
        return {"root": successor.root}
    return {"variant": ".document", "root": successor.root, "index": successor.index}
