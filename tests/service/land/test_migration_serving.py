"""Proofs of registers that moved in, against the roots that stand."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from muniment.db.engine import reading
from muniment.errors import Refused
from muniment.land.migration.files import MovedFiles, build_into, open_tree
from muniment.land.migration.leaf import line_of, title_as_given, title_of
from muniment.land.migration.proof import StandingRoot, check_neighbours
from muniment.land.migration.serving import ProofAnswer, is_released, judge, prove, prove_by, standing_roots
from muniment.land.migration.tree import presence_of_neighbours
from muniment.land.model import RootStatus, title_id
from tests.service.land.moving import OFFICER, READY, frozen, lifted, proposed, read_up_to, title, told


def asked(store: Engine, folder: Path, ref: str, together: int | None = None) -> ProofAnswer:
    """The answer about a reference."""
    with reading(store) as connection:
        return prove(connection, MovedFiles(folder), "GB", title_id("GB", ref), together)


@pytest.mark.parametrize(
    ("time", "happened", "status"),
    [
        (READY - 1, (), RootStatus.PENDING),
        (READY, (), RootStatus.IN_EFFECT),
        (READY, (1,), RootStatus.FROZEN),
        (READY, (1, 2, -1), RootStatus.FROZEN),
        (READY, (1, -1), RootStatus.PENDING),
        (READY + 10, (1, 2, -2, -1), RootStatus.IN_EFFECT),
    ],
)
def test_how_a_root_stands(
    any_database: Engine, tmp_path: Path, time: int, happened: tuple[int, ...], status: RootStatus
) -> None:
    """Must follow from its events and the block's time: the window stands still while a freeze stands."""
    read_up_to(any_database, time)
    proposed(any_database, tmp_path, 1, 10, "a")
    for block, order in enumerate(happened, 11):
        if order > 0:
            frozen(any_database, block, order)
        else:
            lifted(any_database, block, -order, READY + 10)
    with reading(any_database) as connection:
        (root,) = standing_roots(connection, "GB").roots
    assert root.status is status


@pytest.mark.parametrize("end", ["RootWithdrawn", "RootRefuted", "RootAnnulled"])
def test_an_ended_root_proves_nothing(any_database: Engine, tmp_path: Path, end: str) -> None:
    """A root that ended must not stand in any proof, and the others must keep their order."""
    read_up_to(any_database, READY)
    proposed(any_database, tmp_path, 1, 10, "a")
    younger = proposed(any_database, tmp_path, 2, 11, "b")
    told(any_database, end, 12, number=1, officer=OFFICER, by=OFFICER, index=0, order="0x" + "0d" * 32)
    answer = asked(any_database, tmp_path, "b")
    assert [root.number for root in answer.roots] == [2]
    assert judge(answer.proven, [StandingRoot(younger.root, younger.count)]) == 0
    assert asked(any_database, tmp_path, "a").proven.kind == "absence"


def test_every_title_is_proven_one_way(any_database: Engine, tmp_path: Path) -> None:
    """A title of any root must be proven present by the oldest that has it, any other absent from all."""
    read_up_to(any_database, READY)
    trees = [proposed(any_database, tmp_path, number, number, *refs) for number, refs in enumerate(("abc", "cde"), 1)]
    standing = [StandingRoot(tree.root, tree.count) for tree in trees]
    for ref, number in {"a": 1, "c": 1, "e": 2, "f": None}.items():
        proven = asked(any_database, tmp_path, ref).proven
        assert (proven.kind, proven.number) == ("presence" if number else "absence", number)
        assert [moved.ref for moved in proven.moved] == [ref] * bool(number)
        assert judge(proven, standing) == (None if number is None else number - 1)
        with pytest.raises(Refused):
            judge(proven, standing[::-1])
        with pytest.raises(Refused):
            judge(replace(proven, proof=proven.proof[:-2] + "00"), standing)


def test_without_any_root(any_database: Engine, tmp_path: Path) -> None:
    """Where no root stands the proof of absence must be empty, as registerAbsent wants it."""
    answer = asked(any_database, tmp_path, "a")
    assert (answer.proven.kind, answer.proven.proof, answer.as_of) == ("absence", "0x", None)


def test_released(any_database: Engine, tmp_path: Path) -> None:
    """A title that registrars took out of the roots must be told as such, and no other."""
    read_up_to(any_database, READY)
    proposed(any_database, tmp_path, 1, 10, "a", "b")
    told(any_database, "TitleReleased", 11, title=title_id("GB", "a"), officer=OFFICER, order="0x" + "0d" * 32)
    assert asked(any_database, tmp_path, "a").released
    with reading(any_database) as connection:
        assert not is_released(connection, "GB", title_id("GB", "b"))


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 13])
def test_neighbours(tmp_path: Path, count: int, older: bool) -> None:
    """Any run of neighbours must be proven together, and nothing else by the same proof."""
    trees = [build_into(tmp_path, "GB", [title(f"old {number}") for number in range(5)])] if older else []
    trees.append(build_into(tmp_path, "GB", [title(f"r{number}") for number in range(count)]))
    standing = [StandingRoot(tree.root, tree.count) for tree in trees]
    place = len(trees) - 1
    for first in range(count):
        for length in range(1, count - first + 1):
            moved = [trees[-1].title_at(index) for index in range(first, first + length)]
            proof = presence_of_neighbours(trees, place, first, length)
            assert check_neighbours("GB", standing, moved, proof) == place
            for wrong in ([replace(moved[0], area_dm2=501), *moved[1:]], moved[1:], moved[:-1]):
                with pytest.raises(Refused):
                    check_neighbours("GB", standing, wrong, proof)
    with pytest.raises(Refused, match="NeighboursRefused"):
        prove_by("GB", trees, "0x" + trees[-1].title_id(0).hex(), count + 1)


def test_files_that_are_not_here(any_database: Engine, tmp_path: Path) -> None:
    """Without the files of a root that stands there must be no proof at all, until they come."""
    read_up_to(any_database, READY)
    tree = proposed(any_database, tmp_path / "elsewhere", 1, 10, "a")
    files = MovedFiles(tmp_path / "here")
    with reading(any_database) as connection, pytest.raises(Refused, match="MovedFilesMissing"):
        prove(connection, files, "GB", title_id("GB", "b"))
    (tmp_path / "here").mkdir()
    for path in (tree.path, tree.leaves):
        (tmp_path / "here" / path.name).write_bytes(path.read_bytes())
    with reading(any_database) as connection:
        assert prove(connection, files, "GB", title_id("GB", "b")).proven.kind == "absence"


@pytest.mark.parametrize("content", [b"", b"nothing", b"MUNIMENT TREE 1\n" + bytes(200)])
def test_broken_files_are_passed_over(tmp_path: Path, content: bytes) -> None:
    """A broken tree in the folder must harm no other, and be refused when it is named."""
    (tmp_path / "broken.tree").write_bytes(content)
    (tmp_path / "broken.jsonl").write_bytes(b"")
    tree = build_into(tmp_path, "GB", [title("a")])
    assert MovedFiles(tmp_path).tree("GB", "0x" + tree.root.hex()) is not None
    with pytest.raises(Refused, match="TreeFileBroken"):
        open_tree(tmp_path / "broken.tree")


def test_nothing_half_built(tmp_path: Path) -> None:
    """A register that is refused must leave nothing in the folder, and what is there stay as it is."""
    with pytest.raises(Refused, match="TitleTwice"):
        build_into(tmp_path, "GB", [title("a"), title("a")])
    assert list(tmp_path.iterdir()) == []


def test_an_altered_leaf_proves_nothing(tmp_path: Path) -> None:
    """What lies in the published file must be proven as it was hashed, or not at all."""
    tree = build_into(tmp_path, "GB", [title("a"), title("b")])
    tree.leaves.write_bytes(tree.leaves.read_bytes().replace(b'"area_dm2":500', b'"area_dm2":501'))
    with pytest.raises(Refused, match="TreeFileBroken"):
        prove_by("GB", [tree], title_id("GB", "a"))


def test_another_jurisdiction(tmp_path: Path) -> None:
    """A tree of another jurisdiction must be refused."""
    tree = build_into(tmp_path, "SE", [title("a")])
    with pytest.raises(Refused, match="TreeOfOther"):
        prove_by("GB", [tree], title_id("GB", "a"))


def test_titles_as_given() -> None:
    """An agency's order of members and holders must not matter."""
    line = b'{"ref":"a", "grade":3, "denominator":2, "area_dm2":"500", "liens":[], "interests":[], "shares":['
    line += b'["0x%s",1],["0x%s",1]],"geometry_hash":"0x%s"}' % (b"02" * 32, b"01" * 32, b"ab" * 32)
    moved = title_as_given(line)
    assert [share.holder[:4] for share in moved.shares] == ["0x01", "0x02"]
    assert title_as_given(line_of(moved)) == moved


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"area_dm2": -1}, "MovedTitleIncomplete"),
        ({"area_dm2": 1 << 64}, "MovedTitleIncomplete"),
        ({"geometry_hash": "0xAB"}, "MovedTitleIncomplete"),
        ({"ref": " a"}, "ReferenceNotNormal"),
        ({"denominator": 2}, "SharesNotWhole"),
    ],
)
def test_titles_that_could_never_be_admitted(wrong: dict[str, object], name: str) -> None:
    """What the registry would refuse must be refused before it is in a tree."""
    with pytest.raises(Refused, match=name):
        title_as_given(line_of(replace(title("a"), **wrong)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"[]", b"{}", b"\xff", b"[" * 10_000, b'{"ref":1}', b"null"),
        line_of(title("a")).replace(b'"ref":"a"', b'"ref":1'),
        line_of(title("a")).replace(b'"ref":"a"', b'"ref":null'),
        line_of(title("a")).replace(b'"area_dm2":500', b'"area_dm2":1e999'),
        line_of(title("a")).replace(b'"area_dm2":500', b'"area_dm2":NaN'),
    ],
)
def test_lines_that_are_none(line: bytes) -> None:
    """Whatever a file holds, a line that is no title must be refused as such, by an agency's export and by a proof."""
    for read in (title_as_given, title_of):
        with pytest.raises(Refused, match="LeafLineUnreadable"):
            read(line)
