"""Titles that moved in are admitted with a proof, and new ones registered with a proof that they are none of those."""

import json
import random
from pathlib import Path

import brownie
import pytest

from muniment.errors import Refused
from muniment.land.migration.leaf import MovedTitle, content_hash, ids_of, leaf_hash, reference_hash
from muniment.land.migration.proof import StandingRoot, check_absence, check_presence
from muniment.land.migration.tree import absence, presence, presence_of_neighbours, word
from muniment.land.model import Grade, Share
from tests.contracts.helpers import ABSOLUTE, ZERO_ID, keccak, plain, reverts, wait
from tests.contracts.migration.conftest import (
    FROZEN,
    GB,
    IN_EFFECT,
    ORDER,
    PENDING,
    SE,
    WINDOW,
    moved,
    numbered,
    raw,
    struct,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "migration.json").read_text())
SHAPES = (1, 2, 3, 4, 5, 7, 8, 9)
THREE = tuple(Share("0x" + number.to_bytes(32, "big").hex(), number) for number in (1, 2, 3))
RICH = moved(
    "Gävle Torp 1:1",
    area_dm2=2**64 - 1,
    grade=Grade.QUALIFIED,
    denominator=6,
    shares=THREE,
    liens=(keccak("first"), keccak("second")),
    interests=(keccak("a lease"),),
)


def standing(*trees):
    """The roots as the chain has them."""
    return [StandingRoot(tree.root, tree.count) for tree in trees]


def spoilt(proof):
    """Every way in which one word of a proof is changed, and words taken away or added."""
    for at in range(0, len(proof), 32):
        yield proof[:at] + bytes(byte ^ 1 for byte in proof[at : at + 32]) + proof[at + 32 :]
        yield proof[:at] + proof[at + 32 :]
    yield proof + bytes(32)
    yield proof[:-1]
    yield proof + b"\0"


def test_vectors(migration, registrar, second_registrar):
    """Must take the proofs of the vectors, which the service comes to as well, and of each title exactly its leaf."""
    ids = [struct[0] for struct in VECTORS["structs"]]
    for struct_, following, leaf in zip(VECTORS["structs"], ids[1:] + ids[:1], VECTORS["leaves"], strict=True):
        assert migration.leafOf(following, struct_) == "0x" + leaf
    signed = (VECTORS["root"], len(ids), ids[0], ids[-1], VECTORS["leaves_hash"], ZERO_ID)
    for key in (registrar, second_registrar):
        migration.propose(GB, signed, VECTORS["edges"], {"from": key})
    for struct_, proof in zip(VECTORS["structs"], VECTORS["presences"], strict=True):
        assert plain(migration.rootHolding(struct_, proof)) == (1, PENDING)
    for ref, proof in VECTORS["absences"].items():
        migration.requireAbsent(GB, raw(ref), proof)


@pytest.mark.parametrize("title", [moved("old 1"), RICH, MovedTitle.retired("old 2")], ids=lambda title: title.ref)
def test_leaf(migration, title):
    """Must be hashed by the service as by the contract, with many holders and liens, and with none."""
    following, own = raw("another"), raw(title.ref)
    expected = leaf_hash(own, following, content_hash(ids_of("GB")[32:], own, title))
    assert migration.leafOf(following, struct(title)) == "0x" + expected.hex()


@pytest.mark.parametrize("size", SHAPES)
def test_every_title_and_every_gap(migration, propose, tree_of, size):
    """Must accept the service's proof of each title, and of absence before, between and behind all of them."""
    tree = tree_of(size)
    propose(tree)
    for ref in numbered(size):
        proof = presence([tree], 0, raw(ref))
        assert plain(migration.rootHolding(struct(moved(ref)), proof)) == (1, PENDING)
        assert check_presence("GB", standing(tree), moved(ref), proof) == 0
        with pytest.raises(Refused, match="TitleMoved"):
            absence([tree], raw(ref))
    ids = [int.from_bytes(tree.title_id(index), "big") for index in range(size)]
    for title in {0, 2**256 - 1, *(number + step for number in ids for step in (-1, 1))} - set(ids):
        proof = absence([tree], word(title))
        migration.requireAbsent(GB, word(title), proof)
        check_absence("GB", standing(tree), word(title), proof)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_no_false_absence(migration, propose, tree_of, size):
    """Must refuse every gap of the tree as proof of the absence of a title that it holds."""
    tree = tree_of(size)
    propose(tree)
    ids = [tree.title_id(index) for index in range(size)]
    gaps = [tree.gap(word((int.from_bytes(title, "big") + 1) % 2**256)) for title in ids]
    for title in ids:
        for gap in gaps:
            with reverts("AbsenceUnproven", GB, title):
                migration.requireAbsent(GB, title, gap)
            with pytest.raises(Refused, match="AbsenceUnproven"):
                check_absence("GB", standing(tree), title, gap)


def test_absence_is_demanded(migration, registry, propose, tree_of, registrar, court, entry):
    """Must refuse a new title without proof from the moment a root is proposed, and while it is frozen."""
    registry.register(GB, entry("new 0"), {"from": registrar})
    tree = tree_of(5)
    number = propose(tree)
    with reverts("AbsenceUnproven", GB, raw("new 1")):
        registry.register(GB, entry("new 1"), {"from": registrar})
    registry.registerAbsent(GB, entry("new 1"), absence([tree], raw("new 1")), {"from": registrar})
    wait(WINDOW)
    registry.registerAbsent(GB, entry("new 2"), absence([tree], raw("new 2")), {"from": registrar})
    migration.freeze(GB, number, ORDER, {"from": court})
    with reverts("AbsenceUnproven", GB, raw("new 3")):
        registry.register(GB, entry("new 3"), {"from": registrar})
    with reverts("AbsenceUnproven", GB, raw("old 3")):
        registry.registerAbsent(GB, entry("old 3"), absence([tree], raw("new 3")), {"from": registrar})


def test_absence_in_each(migration, propose, tree_of, registrar):
    """Must be shown in every root that stands, in their order, and not in one that ended."""
    trees = [tree_of([f"{name} {number}" for number in range(4)]) for name in ("north", "south", "west")]
    for tree in trees:
        propose(tree)
    title = raw("east 1")
    migration.requireAbsent(GB, title, absence(trees, title))
    with reverts("AbsenceUnproven", GB, title):
        migration.requireAbsent(GB, title, absence(trees[::-1], title))
    short = absence(trees[:2], title)
    with reverts("ProofLength", len(short)):
        migration.requireAbsent(GB, title, short)
    migration.withdraw(GB, 2, {"from": registrar})
    migration.requireAbsent(GB, title, absence([trees[0], trees[2]], title))


def test_nothing_moved_in(migration):
    """Must ask for no proof where no root stands, and take none."""
    migration.requireAbsent(SE, raw("new", "SE"), b"")
    with reverts("ProofLength", 32):
        migration.requireAbsent(SE, raw("new", "SE"), bytes(32))


def test_spoilt_proofs(migration, propose, tree_of):
    """Must refuse a proof of which any word is changed, missing or too much; and so must the service."""
    older, tree = tree_of(["elsewhere 1", "elsewhere 2", "elsewhere 3"]), tree_of(6)
    for one in (older, tree):
        propose(one)
    both = standing(older, tree)
    title = moved("old 4")
    for proof in spoilt(presence([older, tree], 1, raw("old 4"))):
        with _refused():
            migration.rootHolding(struct(title), proof)
        with pytest.raises(Refused):
            check_presence("GB", both, title, proof)
    for proof in spoilt(absence([older, tree], raw("new"))):
        with _refused():
            migration.requireAbsent(GB, raw("new"), proof)
        with pytest.raises(Refused):
            check_absence("GB", both, raw("new"), proof)


def test_what_is_not_the_leaf(migration, propose, tree_of, build_tree):
    """Must refuse a title that differs from its leaf in any field."""
    tree = build_tree([RICH, moved("old 1")])
    propose(tree)
    proof = presence([tree], 0, raw(RICH.ref))
    whole = struct(RICH)
    migration.rootHolding(whole, proof)
    changes = {
        2: keccak("another geometry"),
        3: 1,
        4: ABSOLUTE,
        5: 7,
        6: whole[6][:2],
        7: whole[7][::-1],
        8: [],
    }
    for place, value in changes.items():
        altered = (*whole[:place], value, *whole[place + 1 :])
        with reverts("TitleUnproven", whole[0]):
            migration.rootHolding(altered, proof)
    with reverts("TitleUnproven", raw("old 1")):
        migration.rootHolding((raw("old 1"), *whole[1:]), proof)


def test_inner_nodes(migration, propose, tree_of):
    """Must not take a node inside the tree for a leaf: neither by a shorter path nor by an index beyond the last."""
    tree = tree_of(5)
    propose(tree)
    proof = presence([tree], 0, raw("old 1"))
    index = int.from_bytes(proof[64:96], "big")
    for wrong in (index + 8, index + 2**255, 2**256 - 1):
        with _refused():
            migration.rootHolding(struct(moved("old 1")), proof[:64] + word(wrong) + proof[96:])
    with reverts("ProofLength", ...):
        migration.rootHolding(struct(moved("old 1")), proof[:-32])


def test_place(migration, propose, tree_of):
    """Must refuse a root's place that nothing stands in, however large."""
    tree = tree_of(3)
    propose(tree)
    proof = presence([tree], 0, raw("old 1"))
    for place in (1, 15, 16, 21, 2**255, 2**256 - 1):
        with reverts("TitleUnproven", raw("old 1")):
            migration.rootHolding(struct(moved("old 1")), word(place) + proof[32:])


def test_overlap(migration, registry, propose, tree_of, build_tree, registrar, stranger):
    """Must admit a title that two roots hold from the older alone, even while that one is not in effect."""
    mine, forged = moved("old 1"), moved("old 1", shares=(Share("0x" + "66" * 32, 1),))
    older = tree_of(3)
    propose(older)
    newer = build_tree([forged, moved("other")])
    propose(newer)
    wait(WINDOW)
    proof = older.gap(raw("new"))  # the best that a thief can show of the older root
    attack = word(1) + proof + reference_hash("old 1") + newer.presence(newer.index_of(raw("old 1")))
    with reverts("TitleUnproven", raw("old 1")):
        registry.admit(struct(forged), attack, {"from": stranger})
    both = [older, newer]
    registry.admit(struct(moved("other")), presence(both, 1, raw("other")), {"from": stranger})
    registry.admit(struct(mine), presence(both, 0, raw("old 1")), {"from": stranger})
    assert plain(registry.sharesOf(raw("old 1"))) == (1, (("0x" + "07" * 32, 1),))


def test_overlap_with_one_that_ended(migration, registry, propose, tree_of, build_tree, registrar, stranger):
    """Must admit from the newer root once the older was withdrawn."""
    older, newer = tree_of(3), build_tree([moved("old 1", area_dm2=7), moved("other")])
    for tree in (older, newer):
        propose(tree)
    migration.withdraw(GB, 1, {"from": registrar})
    wait(WINDOW)
    registry.admit(struct(moved("old 1", area_dm2=7)), presence([newer], 0, raw("old 1")), {"from": stranger})
    assert registry.titleOf(raw("old 1"))["area"] == 7


def test_foreign_titles(migration, registry, stranger, other_officer, agencies, state, people, ids):
    """Must not admit land of another jurisdiction from a root, whatever jurisdiction the leaf names."""
    second = people.citizen
    agencies.accredit(ids.tax, second, state.scope.registrar, 0, state.end, {"from": people.other_admin})
    wait(3 * 86_400)
    british = raw("old 1", "GB")
    content = content_hash(ids_of("SE")[32:], british, moved("old 1"))
    root = leaf_hash(british, british, content)
    signed = (root, 1, british, british, keccak("a file"), ZERO_ID)
    for key in (other_officer, second):
        migration.propose(SE, signed, british + content + content, {"from": key})
    wait(WINDOW)
    named_swedish = (british, SE, *struct(moved("old 1"))[2:])
    for title in (named_swedish, struct(moved("old 1"))):
        with reverts("TitleUnproven", british):
            registry.admit(title, word(0) + reference_hash("old 1") + word(0) + british, {"from": stranger})


def test_admission_waits(migration, registry, propose, tree_of, registrar, court, stranger):
    """Must admit from the second of effect on, not while a court stops the root, and not after it ended."""
    tree = tree_of(3)
    number = propose(tree)
    title, proof = struct(moved("old 1")), presence([tree], 0, raw("old 1"))
    with reverts("RootNotInEffect", GB, number, PENDING):
        registry.admit(title, proof, {"from": stranger})
    wait(WINDOW)
    stop = migration.freeze(GB, number, ORDER, {"from": court}).return_value
    assert plain(migration.rootHolding(title, proof)) == (number, FROZEN)
    with reverts("RootNotInEffect", GB, number, FROZEN):
        registry.admit(title, proof, {"from": stranger})
    migration.liftFreeze(stop, ORDER, {"from": court})
    assert plain(migration.rootHolding(title, proof)) == (number, IN_EFFECT)
    registry.admit(title, proof, {"from": stranger})
    with reverts("TitleExists", raw("old 1")):
        registry.admit(title, proof, {"from": stranger})


def test_annulled_root(migration, registry, moved_in, tree_of, registrar, second_registrar, court, entry, stranger):
    """Must admit nothing more once the root is annulled, keep what was admitted, and register the others anew."""
    tree = tree_of(3)
    number = moved_in(tree)
    registry.admit(struct(moved("old 1")), presence([tree], 0, raw("old 1")), {"from": stranger})
    migration.freeze(GB, number, ORDER, {"from": court})
    for key in (registrar, second_registrar):
        migration.annul(GB, number, ORDER, {"from": key})
    with reverts("TitleUnproven", raw("old 2")):
        registry.admit(struct(moved("old 2")), presence([tree], 0, raw("old 2")), {"from": stranger})
    assert registry.exists(raw("old 1"))
    registry.register(GB, entry("old 2"), {"from": registrar})


def test_retired(migration, registry, moved_in, build_tree, registrar, stranger, entry):
    """Must neither admit a retired id that a root keeps nor let it be registered."""
    tree = build_tree([moved("old 1"), MovedTitle.retired("old 2"), moved("old 3")])
    moved_in(tree)
    proof = presence([tree], 0, raw("old 2"))
    assert plain(migration.rootHolding(struct(MovedTitle.retired("old 2")), proof)) == (1, IN_EFFECT)
    with reverts("TitleIsRetired", raw("old 2")):
        registry.admit(struct(MovedTitle.retired("old 2")), proof, {"from": stranger})
    with pytest.raises(Refused, match="TitleMoved"):
        absence([tree], raw("old 2"))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_neighbours(migration, registry, moved_in, build_tree, tree_of, stranger, size):
    """Must admit neighbours with one proof, whatever their number and place; each once."""
    older, refs = tree_of(["elsewhere 1", "elsewhere 2"]), numbered(size)
    tree = tree_of(refs)
    for one in (older, tree):
        moved_in(one)
    by_id = sorted(refs, key=raw)
    chance = random.Random(size)
    for _ in range(4):
        first = chance.randrange(size)
        length = 1 + chance.randrange(size - first)
        chosen = [struct(moved(ref)) for ref in by_id[first : first + length]]
        proof = presence_of_neighbours([older, tree], 1, first, length)
        migration.admitNeighbours.call(chosen, proof, {"from": stranger})
        for wrong in (proof[:-32], proof + bytes(32), proof[:-1] + bytes([proof[-1] ^ 1])):
            with _refused():
                migration.admitNeighbours.call(chosen, wrong, {"from": stranger})
    whole = [struct(moved(ref)) for ref in by_id]
    proof = presence_of_neighbours([older, tree], 1, 0, size)
    tx = migration.admitNeighbours(whole, proof, {"from": stranger})
    assert [event["title"] for event in tx.events["TitleAdmitted"]] == [title[0] for title in whole]
    with reverts("TitleExists", whole[0][0]):
        migration.admitNeighbours(whole, proof, {"from": stranger})


def test_neighbours_refused(migration, registry, propose, tree_of, stranger):
    """Must refuse none, too many, titles out of order, of another jurisdiction, retired, or of a pending root."""
    tree = tree_of(6)
    propose(tree)
    chosen = [struct(moved(ref)) for ref in sorted(numbered(6), key=raw)]
    proof = presence_of_neighbours([tree], 0, 1, 3)
    for amount, titles in ((0, []), (129, [chosen[0]] * 129)):
        with reverts("AdmissionsRefused", amount):
            migration.admitNeighbours(titles, proof, {"from": stranger})
    with reverts("RootNotInEffect", GB, 1, PENDING):
        migration.admitNeighbours(chosen[1:4], proof, {"from": stranger})
    wait(WINDOW)
    with _refused():
        migration.admitNeighbours([chosen[2], chosen[1], chosen[3]], proof, {"from": stranger})
    with _refused():
        migration.admitNeighbours(chosen[0:3], proof, {"from": stranger})
    swedish = (chosen[2][0], SE, *chosen[2][2:])
    with reverts("TitleUnproven", swedish[0]):
        migration.admitNeighbours([chosen[1], swedish, chosen[3]], proof, {"from": stranger})
    for place in (160, 224):  # the index of the first
        huge = proof[:place] + b"\xff" * 32 + proof[place + 32 :]
        with _refused():
            migration.admitNeighbours(chosen[1:4], huge, {"from": stranger})
    migration.admitNeighbours(chosen[1:4], proof, {"from": stranger})


def test_no_proof_is_no_proof(migration, registry, moved_in, tree_of, stranger):
    """Must refuse an empty proof, also after neighbours were admitted in another transaction."""
    moved_in(tree := tree_of(3))
    with reverts("ProofLength", 0):
        registry.admit(struct(moved("old 1")), b"", {"from": stranger})
    first = next(ref for ref in numbered(3) if raw(ref) == tree.title_id(0))
    migration.admitNeighbours([struct(moved(first))], presence_of_neighbours([tree], 0, 0, 1), {"from": stranger})
    with reverts("ProofLength", 0):
        migration.requireProven(struct(moved(first)), b"")


def test_admit_proven(registry, moved_in, tree_of, stranger, registrar):
    """Must take titles without a proof from the migration contract alone."""
    moved_in(tree_of(3))
    for by in (stranger, registrar):
        with reverts("NotMigration", by):
            registry.admitProven([struct(moved("old 1"))], {"from": by})
    assert not registry.exists(raw("old 1"))


def test_admitted_as_it_was(registry, moving, moved_in, build_tree, stranger):
    """Must write down holders, area and liens as the leaf has them."""
    tree = build_tree([RICH, moved("old 1")])
    moved_in(tree)
    registry.admit(struct(RICH), presence([tree], 0, raw(RICH.ref)), {"from": stranger})
    kept = registry.titleOf(raw(RICH.ref))
    assert (kept["area"], kept["denominator"]) == (2**64 - 1, 6)
    assert plain(kept["shares"]) == tuple((share.holder, share.numerator) for share in THREE)
    assert plain(moving.liens.liensOf(raw(RICH.ref))) == RICH.liens


def test_successor(migration, registry, propose, tree_of, build_tree, registrar):
    """Must take in a successor the proof of a predecessor's title as it is: nothing in it names chain or contract."""
    tree = tree_of(4)
    proof = presence([tree], 0, raw("old 2"))
    assert migration.address[2:].lower() not in proof.hex()
    propose(tree)
    migration.withdraw(GB, 1, {"from": registrar})
    propose(tree)  # the same root under another number, as another contract would have it
    assert plain(migration.rootHolding(struct(moved("old 2")), proof)) == (2, PENDING)


def _refused():
    """Whichever of its errors says that a proof is none."""
    return brownie.reverts(revert_pattern=r"(?s)(TitleUnproven|AbsenceUnproven|ProofLength): .*")
