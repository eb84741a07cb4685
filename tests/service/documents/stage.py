"""A registry, its keys and documents on paper: what the vectors and the tests of verdicts are made of.

Everything follows from names, so that the vectors come out the same each time.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from muniment.access.model import Scope
from muniment.documents.content import hash_of_json
from muniment.documents.facts import AnchorFacts, AsOf, Facts, KeyFacts, Question, Revocation, Successor
from muniment.documents.issuing import Draft, Issuer, batch
from muniment.documents.model import AnchorKind, AnchorStatus
from muniment.documents.proof import Content, FileContent, JsonContent, Proof
from muniment.documents.verdict import Trust


def hash_of(name: str) -> str:
    """A hash that stands for something by this name."""
    return "0x" + hashlib.sha256(name.encode()).hexdigest()


def address_of(name: str) -> str:
    """An address that stands for somebody by this name."""
    return hash_of(name)[:42]


CHAIN, REGISTRY = 31337, address_of("registry")
UNIVERSITY, SCHEMA = hash_of("university"), hash_of("diploma schema")
DAY = 86_400
ACCREDITED, ISSUED, NOW = 1_700_000_000, 1_710_000_000, 1_720_000_000
TRUST = Trust(frozenset({(CHAIN, REGISTRY)}))
AS_OF = AsOf(4_000, hash_of("head"), NOW)
KEY = KeyFacts(7, address_of("registrar"), UNIVERSITY, int(Scope.DOCUMENT_ISSUER), ACCREDITED, NOW + 900 * DAY, 0)
ANCHOR = AnchorFacts(AnchorKind.OFFICER, AnchorStatus.STANDING, ISSUED, 0, 5, KEY.id)
STANDING = Facts(AS_OF, ANCHOR, (KEY,))
PDF_LIKE = b"%PDF-1.7 a diploma, as far as hashing goes\n"
DIPLOMA = (
    b'{"name":"Ada \xc3\x95un","born":"1990-02-28","degree":{"title":"MSc","subjects":["law","logic"]},'
    b'"average":4.5,"notes":[],"honours":true}'
)
SECRET = hash_of("secret of the diploma")


class Stated:
    """A source that knows what it is told."""

    def __init__(self, known: dict[Question, Facts | None]) -> None:
        self.known = known

    def facts(self, question: Question) -> Facts | None:
        """What was told of this very question; an issuer and root never heard of has no anchor."""
        if question in self.known:
            return self.known[question]
        return Facts(AS_OF, None)


def issued(documents: Sequence[tuple[str, Content]], expires_at: int = 0, registry: str = REGISTRY,
           chain_id: int = CHAIN) -> tuple[Proof, ...]:  # fmt: skip
    """Proofs of documents by their content hashes, under one root."""
    drafts = [
        Draft(content_hash, content, hash_of(f"id {at} {content_hash}"), hash_of(f"salt {at} {content_hash}"))
        for at, (content_hash, content) in enumerate(documents)
    ]
    return batch(Issuer(chain_id, registry, UNIVERSITY, SCHEMA, expires_at), drafts).proofs


def sha256(content: bytes) -> str:
    """SHA-256 as 0x hex."""
    return "0x" + hashlib.sha256(content).hexdigest()


def five(expires_at: int = 0, **where: Any) -> tuple[Proof, ...]:
    """A file, a JSON document, and three other files under one root."""
    documents: list[tuple[str, Content]] = [
        (sha256(PDF_LIKE), FileContent()),
        (hash_of_json(DIPLOMA, SECRET), JsonContent(SECRET)),
    ]
    documents += [(sha256(b"other %d" % number), FileContent()) for number in range(3)]
    return issued(documents, expires_at, **where)


def question(proof: Proof) -> Question:
    """What a verifier asks the chain about a proof."""
    leaf = proof.leaf
    return Question(leaf.chain_id, leaf.registry, leaf.issuer, proof.root, leaf.index)


def with_key(**changes: Any) -> Facts:
    """The standing facts with another record of the key."""
    return replace(STANDING, keys=(replace(KEY, **changes),))


def with_anchor(**changes: Any) -> Facts:
    """The standing facts with another anchor."""
    return replace(STANDING, anchor=replace(ANCHOR, **changes))


def fallen(reason: int, **changes: Any) -> Facts:
    """The standing facts with the document revoked."""
    return replace(STANDING, revoked=True, revocation=Revocation(reason, NOW - DAY), **changes)


SUCCESSOR_ROOT, SUCCESSOR = Successor(hash_of("successor"), None), Successor(hash_of("successor"), 3)
