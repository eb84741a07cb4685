"""Moving a register in: the published file of its titles, the tree over them, and what a successor starts from."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO

from muniment.errors import Refused
from muniment.hashing import keccak_bytes
from muniment.land.migration.leaf import (
    MovedTitle,
    check,
    content_hash,
    ids_of,
    leaf_hash,
    line_of,
    reference_hash,
    title_of,
)
from muniment.land.migration.tree import HEAD, MAGIC, WORD, MovedTree, level_above
from muniment.land.model import jurisdiction_bytes

_BUFFER = 1 << 20


def build(jurisdiction: str, titles: Iterable[MovedTitle], leaves: Path, path: Path) -> MovedTree:
    """Write the leaves file and the tree of a register, whose titles come in any order; return the tree, opened.

    Keeps 200 bytes per title in memory. Raises Refused for no title at all, a title given twice, and one that could
    never be admitted.
    """
    with tempfile.TemporaryFile("w+b", _BUFFER, dir=leaves.parent) as spool:
        keys = _spooled(jurisdiction, titles, spool)
        digest = sha256()
        spool.flush()
        starts, at = [], 0
        with leaves.open("wb", _BUFFER) as file, mmap(spool.fileno(), 0, access=ACCESS_READ) as lines:
            for key in keys:
                start = int.from_bytes(key[2 * WORD :], "big")
                line = lines[start : lines.find(b"\n", start) + 1]
                digest.update(line)
                file.write(line)
                starts.append(at)
                at += len(line)
    _write(jurisdiction, keys, starts, digest.digest(), path)
    return MovedTree(path, leaves)


def read_leaves(leaves: Path) -> Iterator[MovedTitle]:
    """The titles of a published file, in its order. Raises Refused at a line that cannot be read."""
    with leaves.open("rb", _BUFFER) as file:
        for line in file:
            yield title_of(line)


def as_published(jurisdiction: str, leaves: Path, path: Path) -> MovedTree:
    """The tree over a published file with its lines as they stand, in order or not: what a root is compared with.

    Raises Refused for a file without lines, and at one that cannot be read.
    """
    names, digest, keys, starts, at = ids_of(jurisdiction), sha256(), [], [], 0
    with leaves.open("rb", _BUFFER) as file:
        for line in file:
            digest.update(line)
            moved = title_of(line)
            title = keccak_bytes(names + reference_hash(moved.ref))
            keys.append(title + content_hash(names[WORD:], title, moved))
            starts.append(at)
            at += len(line)
    if not keys:
        raise Refused("RegisterEmpty")
    _write(jurisdiction, keys, starts, digest.digest(), path)
    return MovedTree(path, leaves)


def continued(predecessor: Path, changed: Mapping[str, MovedTitle]) -> Iterator[MovedTitle]:
    """What a successor's tree is built of: the predecessor's leaves file, brought up to date.

    `changed` has, by reference, each title that the predecessor's registry has a record of, as it stands there now;
    MovedTitle.retired for one that was divided or merged.
    A leaf that did not change is the same in both trees but for its neighbour: neither chain nor contract is in it.
    """
    left = dict(changed)
    for moved in read_leaves(predecessor):
        yield left.pop(moved.ref, moved)
    yield from left.values()


def _spooled(jurisdiction: str, titles: Iterable[MovedTitle], spool: IO[bytes]) -> list[bytes]:
    """Write each title's line as it comes; return (id, content's hash, where its line begins), in order of id."""
    names = ids_of(jurisdiction)
    word_of_code = names[WORD:]
    keys, at = [], 0
    for moved in titles:
        check(moved)
        title = keccak_bytes(names + reference_hash(moved.ref))
        keys.append(title + content_hash(word_of_code, title, moved) + at.to_bytes(8, "big"))
        at += spool.write(line_of(moved))
    if not keys:
        raise Refused("RegisterEmpty")
    keys.sort()
    for one, other in pairwise(keys):
        if one[:WORD] == other[:WORD]:
            raise Refused("TitleTwice", title="0x" + one[:WORD].hex())
    return keys


def _write(jurisdiction: str, keys: list[bytes], starts: list[int], leaves_hash: bytes, path: Path) -> None:
    ids = [key[:WORD] for key in keys]
    following = ids[1:] + ids[:1]
    level = b"".join(
        [leaf_hash(key[:WORD], after, key[WORD : 2 * WORD]) for key, after in zip(keys, following, strict=True)]
    )
    with path.open("wb", _BUFFER) as file:
        file.write(b"\0" * HEAD)
        for key, start in zip(keys, starts, strict=True):
            file.write(key[: 2 * WORD] + start.to_bytes(8, "big"))
        file.write(level)
        while len(level) > WORD:
            level = level_above(level)
            file.write(level)
        file.seek(0)
        count = len(keys).to_bytes(8, "big")
        file.write(MAGIC + jurisdiction_bytes(jurisdiction) + count + level + leaves_hash)
