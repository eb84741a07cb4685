"""A register's root: proposed by two, open to objection, stopped by courts, ended when it is wrong."""

import pytest

from muniment.hashing import keccak_bytes
from muniment.land.migration.leaf import leaf_hash
from tests.contracts.helpers import DAY, ZERO_ID, jurisdiction, keccak, next_block_at, now, plain, reverts, wait
from tests.contracts.migration.conftest import (
    ANNULLED,
    FROZEN,
    GB,
    IN_EFFECT,
    ORDER,
    PENDING,
    REFUTED,
    SE,
    WINDOW,
    WITHDRAWN,
    claim,
    moved,
    raw,
    struct,
)


@pytest.fixture
def status(migration):
    """How a root of GB stands at a moment."""

    def told(number, at=None):
        if at is not None:
            next_block_at(at)
            wait(0)
        return migration.stateOf(GB, number)["status"]

    return told


@pytest.fixture
def freeze(migration, court):
    """Freeze a root of GB by a court; the freeze's id."""

    def done(number, order=ORDER, by=court):
        return str(migration.freeze(GB, number, order, {"from": by}).return_value)

    return done


def test_proposed(migration, tree_of, registrar, second_registrar):
    """Must record what two registrars sign, tell it, and wait 30 days; the first of them changes nothing."""
    tree = tree_of(5)
    signed = claim(tree, predecessor=keccak("the register before"))
    first = migration.propose(GB, signed, tree.edges(), {"from": registrar})
    assert first.return_value is False
    assert list(first.events.keys()) == ["ActProposed"]
    assert migration.proposals(GB) == 0
    second = migration.propose(GB, signed, tree.edges(), {"from": second_registrar})
    assert second.return_value is True
    event = second.events["RootProposed"]
    assert event["number"] == 1
    assert event["root"] == "0x" + tree.root.hex()
    assert event["officer"] == second_registrar
    assert event["readyAt"] == now() + WINDOW == now() + migration.OBJECTION_WINDOW()
    recorded = tuple("0x" + part.hex() if isinstance(part, bytes) else part for part in signed)
    assert plain(event["register"]) == plain(migration.registerAt(GB, 1)) == recorded
    assert plain(migration.stateOf(GB, 1)) == (PENDING, now() + WINDOW, 0, 0)
    assert plain(migration.standingRoots(GB)) == (1,)
    assert plain(migration.standingRoots(SE)) == ()
    assert plain(migration.stateOf(GB, 2)) == (0, 0, 0, 0)


def test_window(propose, tree_of, status):
    """Must take effect at the last second of its window, and not one before."""
    number = propose(tree_of(3))
    ready = now() + WINDOW
    assert status(number, ready - 1) == PENDING
    assert status(number, ready) == IN_EFFECT


def test_incomplete(migration, tree_of, registrar):
    """Must refuse a register without a root, titles, a published file, or with edges in the wrong order."""
    tree, single = tree_of(2), tree_of(["alone"])
    wrong = [
        claim(tree, root=ZERO_ID),
        claim(tree, count=0),
        claim(tree, leavesHash=ZERO_ID),
        claim(tree, first=tree.title_id(1), last=tree.title_id(0)),
        claim(tree, last=tree.title_id(0)),
        claim(single, last=raw("another")),
    ]
    for signed in wrong:
        with reverts("RegisterIncomplete", GB):
            migration.propose(GB, signed, tree.edges(), {"from": registrar})


def test_edges(migration, tree_of, registrar):
    """Must refuse edges that the tree does not have: another first, last, count or root."""
    tree, other = tree_of(5), tree_of(6)
    lower, higher = b"\0" * 31 + b"\1", b"\xff" * 32
    for signed in (claim(tree, first=lower), claim(tree, last=higher), claim(tree, root=other.root)):
        with reverts("EdgesUnproven", GB, signed[0]):
            migration.propose(GB, signed, tree.edges(), {"from": registrar})
    with reverts("EdgesUnproven", GB, other.root):
        migration.propose(GB, claim(other, count=5), tree.edges(), {"from": registrar})
    for edges in (b"", tree.edges()[:-32], tree.edges()[:-1], tree.edges() + bytes(32), tree.edges() + b"\0"):
        with reverts("ProofLength", len(edges)):
            migration.propose(GB, claim(tree), edges, {"from": registrar})


def test_same_root(migration, propose, tree_of, registrar):
    """Must refuse a root that stands, and take it again once it was withdrawn."""
    tree = tree_of(3)
    number = propose(tree)
    with reverts("RootExists", GB, number):
        migration.propose(GB, claim(tree), tree.edges(), {"from": registrar})
    migration.withdraw(GB, number, {"from": registrar})
    assert propose(tree) == number + 1


def test_sixteen(migration, propose, tree_of, registrar):
    """Must refuse a 17th root, keep their age in order, and give the place of an ended one away."""
    trees = [tree_of([f"register {number}"]) for number in range(17)]
    for tree in trees[:16]:
        propose(tree)
    with reverts("RootsFull", GB):
        migration.propose(GB, claim(trees[16]), trees[16].edges(), {"from": registrar})
    for number in (1, 16, 7):
        migration.withdraw(GB, number, {"from": registrar})
    propose(trees[16])
    assert plain(migration.standingRoots(GB)) == (2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 17)


def test_stale_proposal(migration, propose, tree_of, registrar, second_registrar):
    """Must not complete a proposal with an approval that was given before another root came."""
    tree, other = tree_of(3), tree_of(4)
    migration.propose(GB, claim(tree), tree.edges(), {"from": registrar})
    propose(other)
    assert migration.propose(GB, claim(tree), tree.edges(), {"from": second_registrar}).return_value is False


def test_keeper(migration, propose, tree_of, registrar, other_officer, stranger):
    """Must listen to registrars of the register's keeper alone."""
    tree = tree_of(3)
    number = propose(tree)
    for act, arguments in (
        (migration.propose, (claim(tree), tree.edges())),
        (migration.withdraw, (number,)),
        (migration.annul, (number, ORDER)),
        (migration.release, (raw("old 1"), ORDER)),
    ):
        with reverts("NotAnOfficer", stranger):
            act(GB, *arguments, {"from": stranger})
        with reverts("NotKeeper", ...):
            act(GB, *arguments, {"from": other_officer})
        with reverts("RegisterUnknown", jurisdiction("DE")):
            act(jurisdiction("DE"), *arguments, {"from": registrar})


def test_withdrawn(migration, propose, tree_of, registrar, status):
    """Must end at one registrar's word, up to the last second before it takes effect."""
    number = propose(tree_of(3))
    next_block_at(now() + WINDOW - 1)
    tx = migration.withdraw(GB, number, {"from": registrar})
    assert dict(tx.events["RootWithdrawn"]) == {"jurisdiction": GB, "number": number, "officer": registrar}
    assert status(number) == WITHDRAWN
    assert plain(migration.standingRoots(GB)) == ()
    with reverts("RootUnknown", GB, number):
        migration.withdraw(GB, number, {"from": registrar})


def test_withdrawn_too_late(migration, propose, tree_of, registrar, court, freeze):
    """Must refuse from the second on in which it takes effect, frozen or not."""
    number = propose(tree_of(3))
    next_block_at(now() + WINDOW)
    with reverts("RootTookEffect", GB, number):
        migration.withdraw(GB, number, {"from": registrar})
    freeze(number)
    with reverts("RootTookEffect", GB, number):
        migration.withdraw(GB, number, {"from": registrar})
    with reverts("RootTookEffect", GB, number):
        migration.refute(GB, number, b"", {"from": registrar})


def test_unknown(migration, registrar, court):
    """Must refuse to act on a root that never was."""
    for act in (
        lambda: migration.withdraw(GB, 1, {"from": registrar}),
        lambda: migration.refute(GB, 1, b"", {"from": registrar}),
        lambda: migration.annul(GB, 1, ORDER, {"from": registrar}),
        lambda: migration.freeze(GB, 1, ORDER, {"from": court}),
    ):
        with reverts("RootUnknown", GB, 1):
            act()


def test_frozen(migration, propose, tree_of, court, freeze, status, ids):
    """Must stop at a court's word, and stay stopped however long."""
    number = propose(tree_of(3))
    tx = migration.freeze(GB, number, ORDER, {"from": court})
    freeze_id = str(tx.return_value)
    assert dict(tx.events["RootFrozen"]) == {
        "jurisdiction": GB,
        "number": number,
        "freeze": freeze_id,
        "court": ids.land,
        "officer": court,
        "order": ORDER,
    }
    assert plain(migration.freezeOf(freeze_id)) == (GB, number, False, ids.land)
    wait(10 * WINDOW)
    assert status(number) == FROZEN
    with reverts("RootFreezeExists", freeze_id):
        migration.freeze(GB, number, ORDER, {"from": court})


def test_clock_stands_still(migration, propose, tree_of, court, second_court, freeze, status):
    """Must give objections back the time for which courts stopped the clock, from the first freeze to the last lift."""
    number = propose(tree_of(3))
    ready = now() + WINDOW
    next_block_at(ready - 100)
    one = freeze(number)
    wait(1000)
    two = freeze(number, keccak("another order"), second_court)
    migration.liftFreeze(one, ORDER, {"from": court})
    assert status(number) == FROZEN
    next_block_at(ready + 5000)
    tx = migration.liftFreeze(two, ORDER, {"from": second_court})
    assert tx.events["RootFreezeLifted"]["readyAt"] == ready + 5100
    assert plain(migration.stateOf(GB, number)) == (PENDING, ready + 5100, 0, 4)
    assert status(number, ready + 5099) == PENDING
    assert status(number, ready + 5100) == IN_EFFECT


def test_frozen_in_effect(migration, moved_in, tree_of, court, freeze, status):
    """Must stop a root in effect too, which is in effect again at once when the freeze is lifted."""
    number = moved_in(tree_of(3))
    ready = migration.stateOf(GB, number)["readyAt"]
    stop = freeze(number)
    wait(DAY)
    assert status(number) == FROZEN
    migration.liftFreeze(stop, ORDER, {"from": court})
    assert plain(migration.stateOf(GB, number))[:2] == (IN_EFFECT, ready)


def test_frozen_at_the_last_second(migration, propose, tree_of, registrar, court, freeze):
    """Must count a freeze in the second of effect as one after it, and in the second before as one before."""
    early, late = propose(tree_of(3)), propose(tree_of(4))
    ready = [migration.stateOf(GB, number)["readyAt"] for number in (early, late)]
    next_block_at(ready[0] - 1)
    freeze(early)
    next_block_at(max(ready[1], ready[0]))
    freeze(late)
    with reverts("AnnulmentRefused", GB, early):
        migration.annul(GB, early, ORDER, {"from": registrar})
    migration.withdraw(GB, early, {"from": registrar})
    with reverts("RootTookEffect", GB, late):
        migration.withdraw(GB, late, {"from": registrar})


def test_lifting(migration, propose, tree_of, registrar, court, other_officer, stranger, freeze):
    """Must lift for officers of the same court alone, once, with an order; none for a root that ended."""
    number = propose(tree_of(3))
    stop, other = freeze(number), freeze(number, keccak("another order"))
    with reverts("RootFreezeUnknown", ZERO_ID):
        migration.liftFreeze(ZERO_ID, ORDER, {"from": court})
    with reverts("OrderMissing", GB):
        migration.liftFreeze(stop, ZERO_ID, {"from": court})
    with reverts("OtherAgency", ...):
        migration.liftFreeze(stop, ORDER, {"from": other_officer})
    with reverts("ScopeMissing", ...):
        migration.liftFreeze(stop, ORDER, {"from": registrar})
    migration.liftFreeze(stop, ORDER, {"from": court})
    with reverts("RootFreezeUnknown", stop):
        migration.liftFreeze(stop, ORDER, {"from": court})
    migration.withdraw(GB, number, {"from": registrar})
    with reverts("RootUnknown", GB, number):
        migration.liftFreeze(other, ORDER, {"from": court})


def test_freezing(migration, propose, tree_of, registrar, court, stranger):
    """Must freeze for courts alone, with an order."""
    number = propose(tree_of(3))
    with reverts("ScopeMissing", ...):
        migration.freeze(GB, number, ORDER, {"from": registrar})
    with reverts("NotAnOfficer", stranger):
        migration.freeze(GB, number, ORDER, {"from": stranger})
    with reverts("OrderMissing", GB):
        migration.freeze(GB, number, ZERO_ID, {"from": court})


def test_annulled(migration, moved_in, tree_of, registrar, second_registrar, freeze, status):
    """Must end a root in effect by two registrars while a court's freeze stands, and not otherwise."""
    number = moved_in(tree_of(3))
    with reverts("AnnulmentRefused", GB, number):
        migration.annul(GB, number, ORDER, {"from": registrar})
    freeze(number)
    with reverts("OrderMissing", GB):
        migration.annul(GB, number, ZERO_ID, {"from": registrar})
    assert migration.annul(GB, number, ORDER, {"from": registrar}).return_value is False
    assert status(number) == FROZEN
    tx = migration.annul(GB, number, ORDER, {"from": second_registrar})
    assert dict(tx.events["RootAnnulled"]) == {
        "jurisdiction": GB,
        "number": number,
        "officer": second_registrar,
        "order": ORDER,
    }
    assert status(number) == ANNULLED
    assert plain(migration.standingRoots(GB)) == ()


def test_stale_annulment(migration, moved_in, tree_of, registrar, second_registrar, court, freeze):
    """Must not complete an annulment after the court lifted the freeze it was approved under."""
    number = moved_in(tree_of(3))
    stop = freeze(number)
    migration.annul(GB, number, ORDER, {"from": registrar})
    migration.liftFreeze(stop, ORDER, {"from": court})
    freeze(number, keccak("another order"))
    assert migration.annul(GB, number, ORDER, {"from": second_registrar}).return_value is False


def disordered(ids):
    """A tree of two levels over leaves (title, next) that need not be in order: root, edges, refutation of 1 and 2."""
    content = keccak_bytes(b"anything")
    leaves = [leaf_hash(title, following, content) for title, following in ids]
    one, two = keccak_bytes(leaves[0] + leaves[1]), keccak_bytes(leaves[2] + leaves[3])
    edges = ids[0][1] + content + leaves[1] + two + content + leaves[2] + one
    second = b"".join((*ids[1], content, leaves[0], two))
    third = b"".join((*ids[2], content, leaves[3], one))
    return keccak_bytes(one + two), edges, (1).to_bytes(32, "big") + second + third


@pytest.mark.parametrize(
    ("middle", "fault"),
    [
        (((2, 3), (3, 9)), False),
        (((2, 5), (3, 9)), True),
        (((2, 2), (2, 9)), True),
        (((5, 3), (3, 9)), True),
        (((9, 1), (3, 9)), True),
    ],
    ids=["in order", "skips", "twice", "falls", "starts over"],
)
def test_refuted(migration, registrar, second_registrar, stranger, status, middle, fault):
    """Must end at anybody's proof of two neighbours out of order, and only at such a proof."""
    ids = [[number.to_bytes(32, "big") for number in pair] for pair in ((1, 2), *middle, (9, 1))]
    root, edges, proof = disordered(ids)
    signed = (root, 4, ids[0][0], ids[3][0], keccak("a file"), ZERO_ID)
    for key in (registrar, second_registrar):
        migration.propose(GB, signed, edges, {"from": key})
    if not fault:
        with reverts("LeavesInOrder", GB, 1, 1):
            migration.refute(GB, 1, proof, {"from": stranger})
        return
    tx = migration.refute(GB, 1, proof, {"from": stranger})
    assert dict(tx.events["RootRefuted"]) == {"jurisdiction": GB, "number": 1, "index": 1, "by": stranger}
    assert status(1) == REFUTED
    assert plain(migration.standingRoots(GB)) == ()


def test_refuting_an_honest_tree(migration, propose, tree_of, freeze, stranger):
    """Must refuse every pair of an honest tree, and proofs that are none."""
    tree = tree_of(5)
    number = propose(tree)
    freeze(number)
    for index in range(4):
        with reverts("LeavesInOrder", GB, number, index):
            migration.refute(GB, number, tree.disorder(index), {"from": stranger})
    proof = tree.disorder(1)
    for index in (4, 5, 2**256 - 1):
        with reverts("LeavesUnproven", GB, number, index):
            migration.refute(GB, number, index.to_bytes(32, "big") + proof[32:], {"from": stranger})
    with reverts("LeavesUnproven", GB, number, 2):
        migration.refute(GB, number, (2).to_bytes(32, "big") + proof[32:], {"from": stranger})
    spoilt = proof[:-1] + bytes([proof[-1] ^ 1])
    with reverts("LeavesUnproven", GB, number, 1):
        migration.refute(GB, number, spoilt, {"from": stranger})
    for wrong in (b"", proof[:-32], proof + bytes(32)):
        with reverts("ProofLength", len(wrong)):
            migration.refute(GB, number, wrong, {"from": stranger})


def test_released(migration, registry, moved_in, tree_of, registrar, second_registrar, entry):
    """Must take one title out of the roots by two registrars with an order, and let it be registered anew."""
    tree = tree_of(3)
    moved_in(tree)
    title = raw("old 1")
    with reverts("OrderMissing", GB):
        migration.release(GB, title, ZERO_ID, {"from": registrar})
    assert migration.release(GB, title, ORDER, {"from": registrar}).return_value is False
    assert not migration.released(GB, title)
    tx = migration.release(GB, title, ORDER, {"from": second_registrar})
    assert dict(tx.events["TitleReleased"]) == {
        "jurisdiction": GB,
        "title": "0x" + title.hex(),
        "officer": second_registrar,
        "order": ORDER,
    }
    assert migration.released(GB, title)
    assert not migration.released(SE, title)
    with reverts("TitleIsReleased", title):
        migration.release(GB, title, ORDER, {"from": registrar})
    with reverts("TitleIsReleased", ...):
        registry.admit(struct(moved("old 1")), bytes(32), {"from": registrar})
    registry.register(GB, entry("old 1"), {"from": registrar})
    with reverts("AbsenceUnproven", ...):
        registry.register(GB, entry("old 2"), {"from": registrar})


def test_releasing_what_stands(migration, registry, registrar, entry):
    """Must refuse a title that the registry has already."""
    registry.register(GB, entry("new"), {"from": registrar})
    with reverts("TitleExists", raw("new")):
        migration.release(GB, raw("new"), ORDER, {"from": registrar})
