"""Judging a proof as the contract does: for whoever got one from elsewhere and trusts nothing but the roots on chain.

Source: interfaces/land/ITitleMigration.sol, the words of a proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from muniment.errors import Refused
from muniment.hashing import keccak_bytes
from muniment.land.migration_leaf import MovedTitle, content_hash, ids_of, leaf_hash, reference_hash
from muniment.land.migration_tree import WORD


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
    title = keccak_bytes(names + reference_hash(moved.ref))
    unproven = Refused("TitleUnproven", title="0x" + title.hex())
    words = _Words(proof)
    place = words.number()
    if place >= len(standing) or not all(_gap(words, root, title) for root in standing[:place]):
        raise unproven
    if words.next() != reference_hash(moved.ref):
        raise unproven
    index, following = words.number(), words.next()
    root = standing[place]
    if index >= root.count:
        raise unproven
    leaf = leaf_hash(title, following, content_hash(names[WORD:], title, moved))
    if words.climb(leaf, index, root.count) != root.root:
        raise unproven
    words.end()
    return place


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
