"""The tree over a register that moved in, in one file: any title's proof without reading the rest.

The file: magic, jurisdiction (8 bytes), count (8), root, SHA-256 of the leaves file; then for each title in order its
id, its content's hash, and where its line begins in the leaves file (8 bytes); then the levels, leaves first. Integers
are big-endian. Proofs are the words of interfaces/land/ITitleMigration.sol.
"""

import mmap
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from muniment.errors import Refused
from muniment.hashing import keccak_bytes
from muniment.land.migration.leaf import MovedTitle, content_hash, ids_of, leaf_hash, reference_hash, title_of
from muniment.land.model import JURISDICTION

MAGIC = b"MUNIMENT TREE 1\n"
WORD = 32
HEAD = len(MAGIC) + 8 + 8 + WORD + WORD
ENTRY = WORD + WORD + 8


def word(value: int) -> bytes:
    """An integer as the ABI's word."""
    return value.to_bytes(WORD, "big")


def level_counts(count: int) -> Iterator[int]:
    """How many nodes each level of a tree of `count` leaves has, leaves first, root last."""
    yield count
    while count > 1:
        count = (count + 1) >> 1
        yield count


def level_above(level: bytes) -> bytes:
    """The nodes over a level of at least two; the last of an odd number moves up as it is."""
    paired = len(level) - len(level) % (2 * WORD)
    made = b"".join([keccak_bytes(level[at : at + 2 * WORD]) for at in range(0, paired, 2 * WORD)])
    return made + level[paired:]


class MovedTree:
    """A register's tree, read where it lies. A context manager; not for use after it is closed."""

    def __init__(self, path: Path, leaves: Path) -> None:
        """Raises Refused when the file is no whole tree."""
        self.path, self.leaves = path, leaves
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        head = self._map[:HEAD]
        self.jurisdiction = head[16:24].rstrip(b"\0").decode("ascii", "replace")
        self.count = int.from_bytes(head[24:32], "big")
        self.root, self.leaves_hash = head[32:64], head[64:96]
        self._levels = []
        at = HEAD + self.count * ENTRY
        for nodes in level_counts(self.count):
            self._levels.append(at)
            at += nodes * WORD
        known = JURISDICTION.fullmatch(self.jurisdiction)
        if not head.startswith(MAGIC) or not known or self.count == 0 or len(self._map) != at:
            self._map.close()
            raise Refused("TreeFileBroken", path=str(path))

    def __enter__(self) -> "MovedTree":
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()

    def __len__(self) -> int:
        return self.count

    def title_id(self, index: int) -> bytes:
        """The id of the title at `index`, counted around: behind the last comes the first."""
        at = HEAD + index % self.count * ENTRY
        return self._map[at : at + WORD]

    def find(self, title: bytes) -> tuple[int, bool]:
        """How many titles have lower ids, and whether the tree holds this one."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.title_id(middle) < title:
                low = middle + 1
            else:
                high = middle
        return low, low < self.count and self.title_id(low) == title

    def index_of(self, title: bytes) -> int:
        """Where a title lies. Raises Refused when the tree lacks it."""
        index, held = self.find(title)
        if not held:
            raise Refused("TitleNotMoved", title="0x" + title.hex())
        return index

    def title_at(self, index: int) -> MovedTitle:
        """The title at `index`, from the leaves file."""
        at = HEAD + index * ENTRY + 2 * WORD
        with self.leaves.open("rb") as file:
            file.seek(int.from_bytes(self._map[at : at + 8], "big"))
            moved = title_of(file.readline())
        title = self.title_id(index)
        if content_hash(ids_of(self.jurisdiction)[WORD:], title, moved) != self._content(index):
            raise Refused("TreeFileBroken", path=str(self.leaves))
        return moved

    # ── Proofs ──────────────────────────────────────────────────────────────────────────────────────────────────

    def edges(self) -> bytes:
        """Proof of the first and the last leaf, as `propose` takes it."""
        last = self.count - 1
        return self.title_id(1) + self._content(0) + self._path(0) + self._content(last) + self._path(last)

    def gap(self, title: bytes) -> bytes:
        """Proof that the tree lacks a title. Raises Refused when it holds it."""
        index, held = self.find(title)
        if held:
            raise Refused("TitleMoved", title="0x" + title.hex())
        below = (index - 1) % self.count
        return word(below) + self._leaf(below) + self._path(below)

    def disorder(self, index: int) -> bytes:
        """Proof of two neighbours, as `refute` takes it when they are out of order."""
        following = index + 1
        return word(index) + self._leaf(index) + self._path(index) + self._leaf(following) + self._path(following)

    def presence(self, index: int) -> bytes:
        """The words that follow the referenceHash in the proof that the tree holds a title."""
        return word(index) + self.title_id(index + 1) + self._path(index)

    def presence_together(self, first: int, length: int) -> bytes:
        """The same for neighbours. Raises Refused when there are not so many."""
        if length < 1 or first < 0 or first + length > self.count:
            raise Refused("NeighboursRefused", count=length)
        siblings = []
        low, high = first, first + length
        for level, nodes in enumerate(level_counts(self.count)):
            if nodes == 1:
                break
            if low % 2:
                siblings.append(self._node(level, low - 1))
            if high % 2 and high < nodes:
                siblings.append(self._node(level, high))
            low, high = low // 2, (high + 1) // 2
        return word(first) + self.title_id(first + length) + b"".join(siblings)

    def check(self) -> None:
        """Reckon every hash anew, from the leaves file up: a minute for a million titles.

        Raises Refused when one differs.
        """
        digest, names = sha256(), ids_of(self.jurisdiction)
        leaves, start, before = [], 0, b""
        with self.leaves.open("rb") as file:
            for index, line in enumerate(file):
                digest.update(line)
                moved = title_of(line)
                title = keccak_bytes(names + reference_hash(moved.ref))
                content = content_hash(names[WORD:], title, moved)
                at = HEAD + index * ENTRY
                if title <= before or self._map[at : at + ENTRY] != title + content + start.to_bytes(8, "big"):
                    raise Refused("TreeFileBroken", path=str(self.leaves))
                leaves.append(leaf_hash(title, self.title_id(index + 1), content))
                start, before = start + len(line), title
        level = b"".join(leaves)
        for at, nodes in zip(self._levels, level_counts(self.count), strict=True):
            if level != self._map[at : at + nodes * WORD]:
                raise Refused("TreeFileBroken", path=str(self.path))
            level = level_above(level) if nodes > 1 else level
        if level != self.root or digest.digest() != self.leaves_hash:
            raise Refused("TreeFileBroken", path=str(self.path))

    def _content(self, index: int) -> bytes:
        at = HEAD + index * ENTRY + WORD
        return self._map[at : at + WORD]

    def _leaf(self, index: int) -> bytes:
        return self.title_id(index) + self.title_id(index + 1) + self._content(index)

    def _node(self, level: int, index: int) -> bytes:
        at = self._levels[level] + index * WORD
        return self._map[at : at + WORD]

    def _path(self, index: int) -> bytes:
        siblings = []
        for level, nodes in enumerate(level_counts(self.count)):
            if nodes > 1 and (index ^ 1) < nodes:
                siblings.append(self._node(level, index ^ 1))
            index >>= 1
        return b"".join(siblings)


def absence(standing: Sequence[MovedTree], title: bytes) -> bytes:
    """Proof that no root that stands holds a title, as `registerAbsent` takes it; `standing` has the oldest first."""
    return b"".join(tree.gap(title) for tree in standing)


def presence(standing: Sequence[MovedTree], place: int, title: bytes) -> bytes:
    """Proof that the root at `place` holds a title and none older does, as `admit` takes it."""
    tree = standing[place]
    index = tree.index_of(title)
    return word(place) + _own(standing, place, index) + tree.presence(index)


def presence_of_neighbours(standing: Sequence[MovedTree], place: int, first: int, length: int) -> bytes:
    """The same for `length` neighbours from index `first` on, as `admitNeighbours` takes it."""
    tree = standing[place]
    together = tree.presence_together(first, length)
    own = b"".join(_own(standing, place, index) for index in range(first, first + length))
    return word(place) + own + together


def _own(standing: Sequence[MovedTree], place: int, index: int) -> bytes:
    """A title's gaps in older roots and its referenceHash."""
    tree = standing[place]
    return absence(standing[:place], tree.title_id(index)) + reference_hash(tree.title_at(index).ref)
