"""A register that moves in: its published file, its tree, its proofs."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak_bytes
from muniment.land.migration.build import build, continued, read_leaves
from muniment.land.migration.leaf import (
    CONTENT_DOMAIN,
    MovedTitle,
    content_hash,
    ids_of,
    leaf_hash,
    line_of,
    reference_hash,
    title_of,
)
from muniment.land.migration.proof import StandingRoot, check_absence, check_presence
from muniment.land.migration.tree import MovedTree, absence, presence, word
from muniment.land.model import Grade, Share, jurisdiction_bytes, title_id

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "migration.json").read_text())
Builder = Callable[..., MovedTree]

hashes = st.binary(min_size=32, max_size=32).filter(any).map(lambda raw: "0x" + raw.hex())
titles = st.builds(
    lambda ref, geometry, area, grade, parts, liens, interests: MovedTitle(
        ref,
        geometry,
        area,
        grade,
        sum(parts.values()) if len(parts) > 1 else 1,
        tuple(Share(holder, parts[holder] if len(parts) > 1 else 1) for holder in sorted(parts)),
        tuple(liens),
        tuple(interests),
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    hashes,
    st.integers(1, 2**64 - 1),
    st.sampled_from([Grade.PROVISIONAL, Grade.QUALIFIED, Grade.ABSOLUTE]),
    st.dictionaries(hashes, st.integers(1, 2**56), min_size=1, max_size=5),
    st.lists(hashes, max_size=3, unique=True),
    st.lists(hashes, max_size=2, unique=True),
)


def title(ref: str) -> MovedTitle:
    """A title of one holder."""
    return MovedTitle(ref, "0x" + "ab" * 32, 500, Grade.ABSOLUTE, 1, (Share("0x" + "07" * 32, 1),))


def raw(ref: str) -> bytes:
    """A reference's id."""
    return bytes.fromhex(title_id("GB", ref)[2:])


@pytest.fixture
def built(tmp_path: Path) -> Builder:
    """A tree over titles, beside its leaves file."""

    def done(*moved: MovedTitle, name: str = "register") -> MovedTree:
        return build("GB", moved, tmp_path / f"{name}.jsonl", tmp_path / f"{name}.tree")

    return done


def test_vectors(built: Builder, tmp_path: Path) -> None:
    """Must come to the leaves, the root and the proofs that the contract is held against too."""
    moved = [title_of(line.encode() + b"\n") for line in VECTORS["lines"]]
    tree = built(*reversed(moved))
    assert tree.root.hex() == VECTORS["root"]
    assert tree.leaves_hash.hex() == VECTORS["leaves_hash"]
    assert tree.edges().hex() == VECTORS["edges"]
    for one, proof in zip(moved, VECTORS["presences"], strict=True):
        assert presence([tree], 0, raw(one.ref)).hex() == proof
    for ref, proof in VECTORS["absences"].items():
        assert absence([tree], raw(ref)).hex() == proof


@given(titles)
def test_content_is_abi_encoded(moved: MovedTitle) -> None:
    """Must hash what Solidity's abi.encode lays out, for any number of holders, liens and interests."""
    types = "(bytes32,bytes8,bytes32,uint64,uint8,uint64,(bytes32,uint64)[],bytes32[],bytes32[])"
    struct = (
        raw(moved.ref),
        jurisdiction_bytes("GB"),
        bytes.fromhex(moved.geometry_hash[2:]),
        moved.area_dm2,
        int(moved.grade),
        moved.denominator,
        [(bytes.fromhex(share.holder[2:]), share.numerator) for share in moved.shares],
        [bytes.fromhex(lien[2:]) for lien in moved.liens],
        [bytes.fromhex(interest[2:]) for interest in moved.interests],
    )
    expected = keccak_bytes(encode(["bytes32", types], [CONTENT_DOMAIN, struct]))
    assert content_hash(ids_of("GB")[32:], raw(moved.ref), moved) == expected


@given(titles)
def test_lines(moved: MovedTitle) -> None:
    """Must be canonical JSON (RFC 8785), and give the same title back."""
    line = line_of(moved)
    assert line == rfc8785.dumps(json.loads(line)) + b"\n"
    assert title_of(line) == moved


@pytest.mark.parametrize("ref", ["Gävle Torp 1:1", 'a "b" \\ c', "日本 1", "/slash"])
def test_lines_with_other_letters(ref: str) -> None:
    """Must write text as RFC 8785 does."""
    line = line_of(title(ref))
    assert line == rfc8785.dumps(json.loads(line)) + b"\n"
    assert title_of(line).ref == ref


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"[]\n", b"\xff\n", b'{"ref":1}\n', line_of(title("a"))[:-1]])
def test_other_lines(line: bytes) -> None:
    """Must refuse what is no line of a published file, an uncanonical one too."""
    with pytest.raises(Refused, match="LeafLineUnreadable"):
        title_of(line)
    with pytest.raises(Refused, match="LeafLineUnreadable"):
        title_of(b" " + line_of(title("a")))


@settings(max_examples=30)
@given(st.sets(st.integers(0, 400), min_size=1, max_size=40), st.integers(0, 400))
def test_title_or_gap(tmp_path_factory: pytest.TempPathFactory, numbers: set[int], asked: int) -> None:
    """For any title there must be a proof that it moved in or one that it did not, and never both."""
    folder = tmp_path_factory.mktemp("tree")
    with build("GB", [title(f"old {number}") for number in numbers], folder / "leaves", folder / "tree") as tree:
        roots = [StandingRoot(tree.root, tree.count)]
        ref = f"old {asked}"
        if asked in numbers:
            assert check_presence("GB", roots, title(ref), presence([tree], 0, raw(ref))) == 0
            with pytest.raises(Refused, match="TitleMoved"):
                absence([tree], raw(ref))
            for index in range(tree.count):
                somewhere = word((int.from_bytes(tree.title_id(index), "big") + 1) % 2**256)
                with pytest.raises(Refused, match="AbsenceUnproven"):
                    check_absence("GB", roots, raw(ref), tree.gap(somewhere))
        else:
            check_absence("GB", roots, raw(ref), absence([tree], raw(ref)))
            with pytest.raises(Refused, match="TitleNotMoved"):
                presence([tree], 0, raw(ref))


def test_order_does_not_matter(built: Builder) -> None:
    """Must come to the same root and file in whatever order titles are read."""
    moved = [title(f"old {number}") for number in range(9)]
    one, other = built(*moved), built(*reversed(moved), name="other")
    assert (one.root, one.leaves_hash) == (other.root, other.leaves_hash)
    assert one.leaves.read_bytes() == other.leaves.read_bytes()


def test_published_file(built: Builder) -> None:
    """Must be hashed by SHA-256, stand in order of id, and be all that another needs to come to the root."""
    tree = built(*(title(f"old {number}") for number in range(9)))
    assert tree.leaves_hash == sha256(tree.leaves.read_bytes()).digest()
    ids = [raw(one.ref) for one in read_leaves(tree.leaves)]
    assert ids == sorted(ids)
    assert built(*read_leaves(tree.leaves), name="other").root == tree.root
    assert [tree.title_at(index).ref for index in range(9)] == [one.ref for one in read_leaves(tree.leaves)]
    tree.check()


@pytest.mark.parametrize("at", [20, 40, 70, 100, 140, 160, 500, -1])
def test_broken_tree(built: Builder, at: int) -> None:
    """Must notice a byte that differs, whether opening or checking."""
    tree = built(*(title(f"old {number}") for number in range(5)))
    content = bytearray(tree.path.read_bytes())
    content[at] ^= 1
    tree.path.write_bytes(content)
    with pytest.raises(Refused, match="TreeFileBroken"):
        MovedTree(tree.path, tree.leaves).check()


def test_broken_leaves(built: Builder) -> None:
    """Must notice leaves that are not those of the tree."""
    tree = built(title("old 1"), title("old 2"))
    tree.leaves.write_bytes(tree.leaves.read_bytes().replace(b'"area_dm2":500', b'"area_dm2":501', 1))
    with pytest.raises(Refused, match="TreeFileBroken"):
        tree.title_at(0)
    with pytest.raises(Refused, match="TreeFileBroken"):
        tree.check()


def test_short_file(built: Builder, tmp_path: Path) -> None:
    """Must refuse a file that is cut off, or no tree at all."""
    tree = built(title("old 1"), title("old 2"))
    for content in (tree.path.read_bytes()[:-1], b"x", bytes(200)):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(Refused, match="TreeFileBroken"):
            MovedTree(tmp_path / "other", tree.leaves)


def test_no_register(built: Builder) -> None:
    """Must refuse no titles, and a title twice."""
    with pytest.raises(Refused, match="RegisterEmpty"):
        built()
    with pytest.raises(Refused, match="TitleTwice"):
        built(title("old 1"), title("old 2"), replace(title("old 1"), area_dm2=7))


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        ("ReferenceNotNormal", {"ref": " old"}),
        ("ReferenceRefused", {"ref": "x" * 101}),
        ("MovedTitleIncomplete", {"area_dm2": 0}),
        ("MovedTitleIncomplete", {"grade": Grade.NONE}),
        ("MovedTitleIncomplete", {"geometry_hash": ZERO_HASH}),
        ("HoldersRefused", {"shares": ()}),
        ("HolderTwice", {"shares": (Share("0x" + "07" * 32, 1),) * 2, "denominator": 2}),
        ("MovedTitleIncomplete", {"shares": (Share(ZERO_HASH, 1),)}),
        ("MovedTitleIncomplete", {"geometry_hash": "0x" + "AB" * 32}),
        ("MovedTitleIncomplete", {"liens": ("0x12",)}),
        ("ShareMissing", {"shares": (Share("0x" + "07" * 32, 0),), "denominator": 0}),
        ("SharesNotWhole", {"denominator": 2}),
        ("SharesNotWhole", {"shares": (Share("0x" + "07" * 32, 2),), "denominator": 2}),
        ("MovedTitleIncomplete", {"area_dm2": 1 << 64}),
        ("MovedTitleIncomplete", {"area_dm2": -1}),
        (
            "SharesTooFine",
            {"shares": (Share("0x" + "07" * 32, 1), Share("0x" + "08" * 32, 1 << 64)), "denominator": (1 << 64) + 1},
        ),
        ("MovedLiensRefused", {"liens": ("0x" + "01" * 32,) * 2}),
        ("MovedLiensRefused", {"interests": ("0x" + "01" * 32,) * 2}),
        ("MovedLiensRefused", {"interests": tuple(f"0x{number:064x}" for number in range(1, 18))}),
    ],
)
def test_inadmissible(built: Builder, error: str, changes: dict[str, object]) -> None:
    """Must refuse a title that the registry could never admit, before anybody signs for it."""
    with pytest.raises(Refused, match=error):
        built(replace(title("old 1"), **changes))  # type: ignore[arg-type]


def test_neighbours_that_are_not_there(built: Builder) -> None:
    """Must refuse more neighbours than there are."""
    tree = built(title("old 1"), title("old 2"))
    for first, length in ((0, 0), (0, 3), (1, 2), (-1, 1)):
        with pytest.raises(Refused, match="NeighboursRefused"):
            tree.presence_together(first, length)


def test_successor(built: Builder) -> None:
    """Must continue a register with what changed since, new titles, and the ids of retired ones."""
    tree = built(*(title(f"old {number}") for number in range(4)))
    changed = {
        "old 1": replace(title("old 1"), area_dm2=7),
        "old 2": MovedTitle.retired("old 2"),
        "new": title("new"),
    }
    after = built(*continued(tree.leaves, changed), name="after")
    assert {one.ref: one for one in read_leaves(after.leaves)} == {
        "old 0": title("old 0"),
        "old 3": title("old 3"),
        **changed,
    }
    with pytest.raises(Refused, match="TitleMoved"):
        absence([after], raw("old 2"))


def test_a_leaf_names_its_neighbour(built: Builder) -> None:
    """Must hash id, next id and content, the last leaf's next being the first."""
    tree = built(title("old 1"))
    own = raw("old 1")
    assert tree.root == leaf_hash(own, own, content_hash(ids_of("GB")[32:], own, title("old 1")))
    assert keccak_bytes(ids_of("GB") + reference_hash("old 1")) == own
