"""Judging a proof as the contract does: for whoever got one from elsewhere and trusts nothing but the roots on chain.

Source: interfaces/land/ITitleMigration.sol, the words of a proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from muniment.errors import Refused
from muniment.hashing import keccak_bytes
from muniment.land.migration.leaf import MovedTitle, content_hash, ids_of, leaf_hash, reference_hash
from muniment.land.migration.tree import WORD


@dataclass(frozen=True, slots=True)
class StandingRoot:
    """A root that stands, as the chain tells it; a sequence of them has the oldest first."""

    root: bytes
    count: int


class _Words:
    """A proof, read word by word."""

    def __init__(self, proof: bytes) -> None:
        self._proof, self._at = proof, 0

    def next(self) -> bytes:
        """The next word. Raises Refused behind the last."""
        read = self._proof[self._at : self._at + WORD]
        if len(read) < WORD:
            raise Refused("ProofLength", length=len(self._proof))
        self._at += WORD
        return read

    def number(self) -> int:
        """The next word as an integer."""
        return int.from_bytes(self.next(), "big")

    def climb(self, node: bytes, index: int, count: int) -> bytes:
        """The root above a leaf, by the siblings that follow."""
        while count > 1:
            if index % 2:
                node = keccak_bytes(self.next() + node)
            elif index + 1 < count:
                node = keccak_bytes(node + self.next())
            index, count = index >> 1, (count + 1) >> 1
        return node

    def climb_together(self, nodes: list[bytes], first: int, count: int) -> bytes:
        """The root above neighbours, by the siblings that follow: on each level the one left of them, then right."""
        while count > 1:
            if first % 2:
                first, nodes = first - 1, [self.next(), *nodes]
            if (first + len(nodes)) % 2 and first + len(nodes) < count:
                nodes = [*nodes, self.next()]
            nodes = [keccak_bytes(b"".join(nodes[at : at + 2])) if at + 1 < len(nodes) else nodes[at]
                     for at in range(0, len(nodes), 2)]  # fmt: skip
            first, count = first >> 1, (count + 1) >> 1
        return nodes[0]

    def end(self) -> None:
        """Raise Refused when words are left."""
        if self._at != len(self._proof):
            raise Refused("ProofLength", length=len(self._proof))


def check_absence(jurisdiction: str, standing: Sequence[StandingRoot], title: bytes, proof: bytes) -> None:
    """Raise Refused unless the proof shows that no root that stands holds the title."""
    words = _Words(proof)
    if not all(_gap(words, root, title) for root in standing):
        raise Refused("AbsenceUnproven", jurisdiction=jurisdiction, title="0x" + title.hex())
    words.end()


def check_presence(jurisdiction: str, standing: Sequence[StandingRoot], moved: MovedTitle, proof: bytes) -> int:
    """The place of the root that holds exactly this title. Raises Refused unless the proof shows it.

    Whether that root is in effect, and whether the registry has a record of the title since, is for the chain to tell.
    """
    names = ids_of(jurisdiction)
    words = _Words(proof)
    place = words.number()
    title = _own(words, names, standing, place, moved)
    index, following = words.number(), words.next()
    root = standing[place]
    leaf = leaf_hash(title, following, content_hash(names[WORD:], title, moved))
    if index >= root.count or words.climb(leaf, index, root.count) != root.root:
        raise _unproven(title)
    words.end()
    return place


def check_neighbours(
    jurisdiction: str, standing: Sequence[StandingRoot], together: Sequence[MovedTitle], proof: bytes
) -> int:
    """The same for titles that are neighbours, in their order, under one proof."""
    if not together:
        raise Refused("NeighboursRefused", count=0)
    names = ids_of(jurisdiction)
    words = _Words(proof)
    place = words.number()
    ids = [_own(words, names, standing, place, moved) for moved in together]
    first, following = words.number(), words.next()
    root = standing[place]
    if first + len(ids) > root.count:
        raise _unproven(ids[0])
    leaves = [
        leaf_hash(title, after, content_hash(names[WORD:], title, moved))
        for title, after, moved in zip(ids, [*ids[1:], following], together, strict=True)
    ]
    if words.climb_together(leaves, first, root.count) != root.root:
        raise _unproven(ids[0])
    words.end()
    return place


def _own(words: _Words, names: bytes, standing: Sequence[StandingRoot], place: int, moved: MovedTitle) -> bytes:
    """A title's id, once its gaps in older roots and its reference's hash were read."""
    title = keccak_bytes(names + reference_hash(moved.ref))
    if place >= len(standing) or not all(_gap(words, root, title) for root in standing[:place]):
        raise _unproven(title)
    if words.next() != reference_hash(moved.ref):
        raise _unproven(title)
    return title


def _unproven(title: bytes) -> Refused:
    return Refused("TitleUnproven", title="0x" + title.hex())


def _gap(words: _Words, root: StandingRoot, title: bytes) -> bool:
    """Whether the gap that follows lies in the root, and the title in the gap."""
    index, lower, following, content = words.number(), words.next(), words.next(), words.next()
    if index >= root.count:
        return False
    top = words.climb(leaf_hash(lower, following, content), index, root.count)
    if lower < following:
        between = lower < title < following
    else:
        between = index == root.count - 1 and (title > lower or title < following)
    return between and top == root.root
