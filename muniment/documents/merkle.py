"""Merkle trees as OpenZeppelin's "standard-v1" lays them out, so that other people's tools rebuild our roots.

A leaf is hashed twice, a node once over its two children in ascending order: a node can never pass for a leaf, and a
proof needs no left and right. The tree is one array: its root first, the children of node i at 2i + 1 and 2i + 2, the
leaves last, in descending order of their hash. Hashes are bytes here, and 0x text at the seams.

Source: @openzeppelin/merkle-tree, README, "Standard Merkle Trees"; OpenZeppelin Contracts, MerkleProof.sol.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from muniment.hashing import keccak_bytes

DEEPEST = 64  # levels; a tree of 2^40 leaves, the most an anchor counts, has 40

keccak = keccak_bytes


class TreeRefused(ValueError):
    """No tree can be made of this, or it is not the tree that it says it is."""


def leaf_hash(encoded: bytes) -> bytes:
    """The leaf of ABI-encoded values: keccak256(keccak256(encoded))."""
    return keccak(keccak(encoded))


def node_hash(one: bytes, other: bytes) -> bytes:
    """The node above two hashes, whichever is given first."""
    return keccak(one + other if one < other else other + one)


class Tree:
    """A tree over leaf hashes of 32 bytes each. Raises TreeRefused when there is none."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        ordered = sorted(leaves)
        count = len(ordered)
        if not count:
            raise TreeRefused("a tree has at least one leaf")
        self._sorted = ordered
        nodes = [b""] * (count - 1) + ordered[::-1]
        hashed = keccak
        for at in range(count - 2, -1, -1):
            one, other = nodes[2 * at + 1], nodes[2 * at + 2]
            nodes[at] = hashed(one + other if one < other else other + one)
        self.nodes = nodes

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves."""
        return self.nodes[0]

    def position(self, leaf: bytes) -> int:
        """Where a leaf lies in the array. Raises TreeRefused when the tree lacks it."""
        place = bisect_left(self._sorted, leaf)
        if place == len(self._sorted) or self._sorted[place] != leaf:
            raise TreeRefused("the leaf is not in the tree")
        return len(self.nodes) - 1 - place

    def proof(self, leaf: bytes) -> list[bytes]:
        """The siblings on the way from a leaf to the root, lowest first."""
        at = self.position(leaf)
        siblings = []
        while at:
            siblings.append(self.nodes[at + 1 if at % 2 else at - 1])
            at = (at - 1) // 2
        return siblings


def root_of(leaf: bytes, siblings: Sequence[bytes]) -> bytes:
    """The root that a leaf and its siblings lead to. Raises TreeRefused beyond `DEEPEST` siblings."""
    if len(siblings) > DEEPEST:
        raise TreeRefused(f"a proof has at most {DEEPEST} siblings")
    for sibling in siblings:
        leaf = node_hash(leaf, sibling)
    return leaf
