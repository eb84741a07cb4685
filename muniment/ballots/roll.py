"""Trees of rolls, units, batches and the enrolment log; sorted rolls.

Level by level, left child first; a missing right child is 32 zero bytes, and one leaf is its own root. Roots, leaves
and siblings are 0x text here. Source: docs/ballots-protocol.md, "Trees".
"""

from collections.abc import Sequence

from muniment.ballots.hashes import roll_line, tag
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak_bytes

_MISSING = bytes(32)


class Tree:
    """A tree over leaves in their order. Raises ValueError when there is none."""

    def __init__(self, leaves: Sequence[str]) -> None:
        if not leaves:
            raise ValueError("a tree has at least one leaf")
        level = [bytes.fromhex(leaf[2:]) for leaf in leaves]
        self._levels = [level]
        hashed = keccak_bytes
        while len(level) > 1:
            if len(level) % 2:
                level.append(_MISSING)
            level = [hashed(level[at] + level[at + 1]) for at in range(0, len(level), 2)]
            self._levels.append(level)

    @property
    def root(self) -> str:
        """The hash that stands for all leaves."""
        return "0x" + self._levels[-1][0].hex()

    def path(self, index: int) -> tuple[str, ...]:
        """The siblings on the way from a leaf to the root, lowest first."""
        return tuple("0x" + level[index >> height ^ 1].hex() for height, level in enumerate(self._levels[:-1]))


def depth_of(leaves: int) -> int:
    """How many siblings a path has: ⌈log2⌉ of the number of leaves; none where there is no leaf."""
    return (leaves - 1).bit_length() if leaves else 0


def root_of(leaf: str, index: int, path: Sequence[str]) -> str:
    """The root that a leaf at an index and its siblings lead to."""
    node = bytes.fromhex(leaf[2:])
    for height, sibling in enumerate(path):
        other = bytes.fromhex(sibling[2:])
        node = keccak_bytes(other + node if index >> height & 1 else node + other)
    return "0x" + node.hex()


def is_in(leaf: str, index: int, path: Sequence[str], leaves: int, root: str) -> bool:
    """Whether the leaf has this index in the tree of so many leaves under the root."""
    return 0 <= index < leaves and len(path) == depth_of(leaves) and root_of(leaf, index, path) == root


def roll_tree(unit: int, credentials: Sequence[str]) -> Tree:
    """The tree over a unit's lines, in ascending order of credential (lower-case 0x text), no credential twice.

    Raises Refused(RollUnsorted) at the first line that is out of order, ValueError when there is no line.
    """
    for index in range(1, len(credentials)):
        if credentials[index] <= credentials[index - 1]:
            raise Refused("RollUnsorted", unit=unit, index=index)
    prefix = tag("RollLine") + unit.to_bytes(32, "big")
    return Tree(
        [
            "0x" + keccak_bytes(prefix + index.to_bytes(32, "big") + bytes(12) + bytes.fromhex(credential[2:])).hex()
            for index, credential in enumerate(credentials)
        ]
    )


def roll_root(unit: int, credentials: Sequence[str]) -> str:
    """The root over a unit's lines; zero where nobody is on its roll. Raises Refused(RollUnsorted)."""
    return roll_tree(unit, credentials).root if credentials else ZERO_HASH


def is_on_roll(unit: int, index: int, credential: str, path: Sequence[str], lines: int, root: str) -> bool:
    """Whether the credential is on that line of the unit's roll."""
    return is_in(roll_line(unit, index, credential), index, path, lines, root)
