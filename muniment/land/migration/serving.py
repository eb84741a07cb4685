"""The public proof for each title of a register that moved in, and for any title that none of them holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from muniment.db.answers import AsOf, as_of
from muniment.db.schema import migration_releases, titles
from muniment.errors import Refused
from muniment.land.answers import RootLine, Roots
from muniment.land.migration.files import MovedFiles
from muniment.land.migration.leaf import MovedTitle, line_of
from muniment.land.migration.proof import StandingRoot, check_absence, check_neighbours, check_presence
from muniment.land.migration.tree import MovedTree, absence, presence, presence_of_neighbours
from muniment.land.model import RootStatus
from muniment.land.roots import roots_of

MOST_TOGETHER = 128  # as TitleMigration.MAX_ADMITTED


@dataclass(frozen=True)
class Proven:
    """What a proof shows, and the proof in the words of ITitleMigration.

    `kind` is "presence", "absence" or "neighbours"; `moved` has the titles that it shows, in their order. `number` and
    `status` are those of the root that holds them, None for absence and where no chain was asked.
    """

    jurisdiction: str
    title: str
    kind: str
    proof: str
    moved: tuple[MovedTitle, ...]
    number: int | None = None
    status: RootStatus | None = None


@dataclass(frozen=True)
class ProofAnswer:
    """A proof against the roots that stand at a block. `registered`: the title has a record, which alone counts.

    `released`: two registrars took the title out of every root.
    """

    proven: Proven
    roots: tuple[RootLine, ...]
    registered: bool
    released: bool
    as_of: AsOf | None


def standing_roots(connection: Connection, jurisdiction: str) -> Roots:
    """The roots of a jurisdiction that stand at the block that the read tables show, the oldest first."""
    known = as_of(connection)
    every = roots_of(connection, jurisdiction, 0 if known is None else known.time)
    return replace(every, roots=tuple(root for root in every.roots if root.status <= RootStatus.FROZEN))


def is_released(connection: Connection, jurisdiction: str, title: str) -> bool:
    """Whether registrars took a title out of every root, so that it is registered as a new one is."""
    released = migration_releases.c
    query = select(released.title).where(released.jurisdiction == jurisdiction, released.title == title)
    return connection.execute(query).first() is not None


def prove(
    connection: Connection, files: MovedFiles, jurisdiction: str, title: str, together: int | None = None
) -> ProofAnswer:
    """The proof that a title is in a root that stands, or in none; `together` asks for so many titles, from it on.

    Reads some hundred words of each tree, whatever its size. Raises Refused when the files of a root are missing here.
    """
    known = standing_roots(connection, jurisdiction)
    trees = _trees(files, known)
    proven = prove_by(jurisdiction, trees, title, together)
    if proven.moved:
        place = int(proven.proof[2:66], 16)
        proven = Proven(**{**vars(proven), "number": known.roots[place].number, "status": known.roots[place].status})
    recorded = connection.execute(select(titles.c.title).where(titles.c.title == title)).first() is not None
    released = is_released(connection, jurisdiction, title)
    return ProofAnswer(proven, known.roots, recorded, released, known.as_of)


def prove_by(jurisdiction: str, trees: Sequence[MovedTree], title: str, together: int | None = None) -> Proven:
    """The same by the trees of all roots that stand, the oldest first, without a chain.

    Every proof is judged before it is given: a broken tree gives none. Raises Refused.
    """
    raw = bytes.fromhex(title[2:])
    standing = [StandingRoot(tree.root, tree.count) for tree in trees]
    for place, tree in enumerate(trees):
        if tree.jurisdiction != jurisdiction:
            raise Refused("TreeOfOther", jurisdiction=jurisdiction, other=tree.jurisdiction)
        index, held = tree.find(raw)
        if not held:
            continue
        try:
            if together is None:
                moved: tuple[MovedTitle, ...] = (tree.title_at(index),)
                proof = presence(trees, place, raw)
                check_presence(jurisdiction, standing, moved[0], proof)
                return Proven(jurisdiction, title, "presence", "0x" + proof.hex(), moved)
            if not 1 <= together <= MOST_TOGETHER:
                raise Refused("NeighboursRefused", count=together)
            proof = presence_of_neighbours(trees, place, index, together)
            moved = tuple(tree.title_at(each) for each in range(index, index + together))
            check_neighbours(jurisdiction, standing, moved, proof)
            return Proven(jurisdiction, title, "neighbours", "0x" + proof.hex(), moved)
        except OSError as error:
            raise Refused("FileUnreadable", path=str(tree.leaves), cause=error.strerror or "gone") from None
    if together is not None:
        raise Refused("TitleNotMoved", title=title)
    proof = absence(trees, raw)
    check_absence(jurisdiction, standing, raw, proof)
    return Proven(jurisdiction, title, "absence", "0x" + proof.hex(), ())


def judge(proven: Proven, standing: Sequence[StandingRoot]) -> int | None:
    """Judge a proof from elsewhere: the place of the root that holds its titles, None for none. Raises Refused."""
    raw = bytes.fromhex(proven.proof[2:])
    if proven.kind == "absence":
        check_absence(proven.jurisdiction, standing, bytes.fromhex(proven.title[2:]), raw)
        return None
    if proven.kind == "presence" and len(proven.moved) == 1:
        return check_presence(proven.jurisdiction, standing, proven.moved[0], raw)
    return check_neighbours(proven.jurisdiction, standing, proven.moved, raw)


def line_as_json(moved: MovedTitle) -> dict[str, Any]:
    """A title as the published file has it."""
    read: dict[str, Any] = json.loads(line_of(moved))
    return read


def _trees(files: MovedFiles, known: Roots) -> list[MovedTree]:
    trees = []
    for root in known.roots:
        tree = files.tree(known.jurisdiction, root.root)
        if tree is None:
            raise Refused("MovedFilesMissing", number=root.number, jurisdiction=known.jurisdiction, root=root.root)
        trees.append(tree)
    return trees
