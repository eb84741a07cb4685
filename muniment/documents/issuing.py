"""From documents to one root and a proof file for each."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from muniment.documents.merkle import Tree, leaf_hash
from muniment.documents.model import MOST, Leaf, commitment_of
from muniment.documents.proof import Content, Proof
from muniment.errors import Refused


@dataclass(frozen=True)
class Draft:
    """A document to be issued: what its hash is, how it is proven, and the random values that hide it."""

    content_hash: str
    content: Content
    doc_id: str
    salt: str


@dataclass(frozen=True)
class Issuer:
    """Who issues what: the registry, the issuer's id, the schema (zero hash for none), and the documents' end."""

    chain_id: int
    registry: str
    issuer: str
    schema: str
    expires_at: int = 0


@dataclass(frozen=True)
class Batch:
    """One root and the proofs of its documents, in the order of their indices."""

    root: str
    proofs: tuple[Proof, ...]


def draft(content_hash: str, content: Content) -> Draft:
    """A document with a fresh random id and salt."""
    return Draft(content_hash, content, new_hash(), new_hash())


def new_hash() -> str:
    """32 random bytes, as 0x hex."""
    return "0x" + secrets.token_bytes(32).hex()


def batch(issuer: Issuer, drafts: Sequence[Draft]) -> Batch:
    """The root over all drafts, each indexed by its place. Raises Refused for none, or more than uint40 counts."""
    if not 0 < len(drafts) <= MOST:
        raise Refused("DocumentsMissing")
    leaves = [_leaf(issuer, one, index) for index, one in enumerate(drafts)]
    hashes = [leaf_hash(leaf.encoded()) for leaf in leaves]
    tree = Tree(hashes)
    root = "0x" + tree.root.hex()
    proofs = tuple(
        Proof(leaf, one.salt, one.content, tuple("0x" + sibling.hex() for sibling in tree.proof(hashed)), root)
        for one, leaf, hashed in zip(drafts, leaves, hashes, strict=True)
    )
    return Batch(root, proofs)


def _leaf(issuer: Issuer, one: Draft, index: int) -> Leaf:
    return Leaf(
        chain_id=issuer.chain_id,
        registry=issuer.registry,
        issuer=issuer.issuer,
        schema=issuer.schema,
        doc_id=one.doc_id,
        commitment=commitment_of(one.salt, one.content_hash),
        index=index,
        expires_at=issuer.expires_at,
    )
