"""The count: whoever has enough trustees' shares publishes it, and nothing but what was voted passes."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from brownie import compile_source

from muniment.ballots.crypto.group import multiply
from muniment.ballots.model import FIELD, ORDER, ContestForm, Point
from muniment.ballots.trustees.sharing import lagrange
from tests.contracts.ballots.counting import Election
from tests.contracts.ballots.trustees import REVIEW, Setup
from tests.contracts.helpers import plain, reverts, undone

FORMS = (
    ContestForm.choice(3, blank=True),
    ContestForm.points(2, 5, 1, 6),
    ContestForm.choice(2),
)
FIRST = [((0,), (5, 1), (0,)), ((3,), (0, 1), (1,)), ((2,), (2, 2), (1,))]
SECOND = [((1,), (5, 0), (0,)), ((1,), (3, 3), (0,))]
RECORD = 353
FIELDS = ("D.x", "D.y", "c", "z", "b.x", "U.x", "U.y", "slope", "λ", "E.x", "E.y")


@pytest.fixture(scope="module")
def joined(people, ids, state, ceremonies):
    """Two units counted apart, three contests, 2 of 4 trustees — one of them out; gone with the last test."""
    with undone():
        setup = Setup(ceremonies, people.election_officer, 3, 5, manifest=b'{"title":"Tally"}').until(REVIEW)
        setup.confirm(1, 2, 3, 4)
        setup.wait(2)
        setup.finish()
        asked = Election(people, ids, setup, FORMS, [3, 2], min_ballots=2, dealers=(1, 2, 3, 4))
        asked.cast(0, FIRST)
        asked.cast(1, SECOND)
        asked.close()
        asked.join()
        yield asked


@pytest.fixture
def tally(joined):
    """The same, with the shares of three trustees of the first group's first contest."""
    return SimpleNamespace(of=joined, box=joined.box, shares=joined.shares(0, 0, (1, 2, 4)))


def patched(shares, field, value, record=0):
    """The packed shares with another number in a record."""
    at = record * RECORD + 1 + 32 * FIELDS.index(field)
    return shares[:at] + value.to_bytes(32, "big") + shares[at + 32 :]


def number(shares, field, record=0):
    """A number of a record."""
    at = record * RECORD + 1 + 32 * FIELDS.index(field)
    return int.from_bytes(shares[at : at + 32], "big")


# ── What is counted ──


def test_every_contest_of_every_group_is_counted(joined, people):
    """Must publish the counts of choices, blanks and points that were voted, by anyone, with any three trustees."""
    expected = {
        (0, 0): [1, 0, 1, 1],
        (0, 1): [7, 4],
        (0, 2): [1, 2],
        (1, 0): [0, 2, 0, 0],
        (1, 1): [8, 3],
        (1, 2): [2, 0],
    }
    for number_, ((group, contest), counts) in enumerate(expected.items()):
        assert joined.counts(group, contest) == counts
        assert list(joined.box.resultOf(group, contest)) == []
        places = [(1, 2, 3), (1, 2, 4), (1, 3, 4), (2, 3, 4)][number_ % 4]
        tx = joined.count(group, contest, shares=joined.shares(group, contest, places), by=people.stranger)
        assert list(joined.box.resultOf(group, contest)) == counts
        told = dict(tx.events["ContestCounted"])
        assert told | {"counts": plain(told["counts"])} == {
            "group": group,
            "contest": contest,
            "ballots": (3, 2)[group],
            "counts": tuple(counts),
            "trustees": sum(1 << place - 1 for place in places),
            "by": people.stranger.address,
        }
        ciphertexts = len(joined.places(contest))
        print(f"tally, t = 3, {ciphertexts} ciphertexts: {tx.gas_used} gas, {tx.gas_used // ciphertexts} a sum")


def test_each_ciphertext_may_have_its_own_trustees(joined):
    """Must take other trustees for each option's points, and name all of them."""
    first, second = joined.shares(0, 1, (1, 2, 3)), joined.shares(0, 1, (2, 3, 4))
    tx = joined.count(0, 1, shares=first[: 3 * RECORD] + second[3 * RECORD :])
    assert tx.events["ContestCounted"]["trustees"] == 0b1111


def test_many_options_are_kept(people, ids, ready):
    """Must keep counts of more options than fit into one word."""
    form = ContestForm.points(17, 1, 0, 17)
    asked = Election(people, ids, ready(2, 2), (form,), [2], min_ballots=1)
    asked.cast(0, [(tuple(int(i % 3 == 0) for i in range(17)),), (tuple(int(i % 2 == 0) for i in range(17)),)])
    asked.close()
    asked.join()
    asked.count()
    assert list(asked.box.resultOf(0, 0)) == asked.counts(0, 0)
    assert sum(asked.counts(0, 0)) == 15


def test_a_count_of_nothing_is_told_from_none(people, ids, ready):
    """Must tell points that nobody gave from points that nobody counted."""
    asked = Election(people, ids, ready(2, 2), (ContestForm.points(2, 1, 0, 2),), [1], min_ballots=1)
    asked.cast(0, [((0, 0),)])
    asked.close()
    asked.join()
    assert list(asked.box.resultOf(0, 0)) == []
    asked.count()
    assert list(asked.box.resultOf(0, 0)) == [0, 0]


@pytest.mark.parametrize(("chosen", "counts"), [((0,), [1, 0]), ((1,), [0, 1])])
def test_a_sum_at_infinity_is_counted(people, ids, ready, chosen, counts):
    """Must count a ballot whose randomness took (G, H) off again: as if it had been added once more."""
    asked = Election(people, ids, ready(2, 2), (ContestForm.choice(1, blank=True),), [1], min_ballots=1)
    asked.cast(0, [(chosen,)], ORDER - 1)
    assert plain(asked.box.sumOf(0, 0))[0] == (0, 0)
    asked.close()
    asked.join()
    asked.count(counts=counts)
    assert list(asked.box.resultOf(0, 0)) == counts


# ── What is not ──


def test_a_contest_is_counted_once(tally):
    """Must refuse a second count, even the same."""
    tally.of.count(shares=tally.shares)
    with reverts("AlreadyCounted", 0, 0):
        tally.of.count(shares=tally.shares)


def test_there_is_such_a_contest(tally):
    """Must refuse groups and contests that are none."""
    with reverts("GroupUnknown", 2):
        tally.box.count(2, 0, [], b"")
    for contest in (3, 255):
        with reverts("ContestUnknown", contest):
            tally.box.count(0, contest, [], b"")


@pytest.mark.parametrize(
    ("contest", "counts"),
    [
        (0, []),
        (0, [1, 1, 1]),
        (0, [1, 0, 1, 1, 0]),
        (0, [1, 0, 1, 0]),
        (0, [1, 0, 1, 2]),
        (0, [2**32 - 1, 2, 1, 1]),
        (1, [11]),
        (1, [7, 4, 0]),
        (1, [16, 0]),
        (1, [0, 2]),
        (1, [9, 10]),
        (2, [3, 1]),
    ],
)
def test_counts_are_possible(tally, contest, counts):
    """Must refuse counts that three ballots cannot have, before any share is looked at."""
    with reverts("CountsRefused", 0, contest):
        tally.box.count(0, contest, counts, b"")


@pytest.mark.parametrize(
    ("contest", "counts"), [(0, [0, 1, 1, 1]), (0, [1, 0, 0, 2]), (1, [8, 4]), (1, [4, 7]), (2, [2, 1])]
)
def test_a_result_off_by_one_is_refused(joined, contest, counts):
    """Must refuse possible counts that were not voted, though every share is good."""
    shares = joined.shares(0, contest, (1, 2, 3))
    with reverts("ResultRefused", joined.places(contest)[0]):
        joined.count(0, contest, counts, shares)


def test_the_second_option_is_looked_at_too(joined):
    """Must name the ciphertext whose count is wrong."""
    with reverts("ResultRefused", 2):
        joined.count(0, 1, [7, 5], joined.shares(0, 1, (1, 2, 3)))


@pytest.mark.parametrize("length", [0, 1, 2 * RECORD, 3 * RECORD - 1, 3 * RECORD + 1, 4 * RECORD])
def test_shares_have_a_length(tally, length):
    """Must refuse fewer or more shares than the threshold asks for, and cut ones."""
    with reverts("SharesMalformed", length):
        tally.of.count(shares=(tally.shares * 2)[:length])


@pytest.mark.parametrize(
    ("places", "refused"),
    [((1, 2, 2), 2), ((2, 1, 3), 1), ((0, 1, 2), 0), ((1, 2, 6), 6), ((1, 2, 255), 255), ((1, 2, 5), 5)],
)
def test_trustees_are_in_and_in_order(tally, places, refused):
    """Must refuse a trustee twice, out of order, unknown, or out of the ceremony."""
    shares = bytearray(tally.shares)
    for record, place in enumerate(places):
        shares[record * RECORD] = place
    if places == (1, 2, 5):  # the fifth has a share, but is out
        shares = tally.of.shares(0, 0, places)
    with reverts("ShareTrusteeRefused", refused):
        tally.of.count(shares=bytes(shares))


@pytest.mark.parametrize("record", [0, 2])
@pytest.mark.parametrize("field", FIELDS)
def test_each_number_of_a_share_counts(tally, field, record):
    """Must refuse a share of which any one number is another."""
    place = (1, 2, 4)[record]
    for value in (number(tally.shares, field, record) + 1, number(tally.shares, field, record) ^ 1 << 200, 0):
        with reverts("ShareRefused", 0, place):
            tally.of.count(shares=patched(tally.shares, field, value, record))


@pytest.mark.parametrize(
    ("field", "beyond"),
    [(field, ORDER if field in ("c", "z", "λ") else FIELD) for field in FIELDS],
)
def test_numbers_are_below_their_bound(tally, field, beyond):
    """Must refuse numbers that mean the same modulo the field or the order, and the largest word."""
    same = number(tally.shares, field) + beyond
    for value in [2**256 - 1, beyond] + ([same] if same < 2**256 else []):
        with reverts("ShareRefused", 0, 1):
            tally.of.count(shares=patched(tally.shares, field, value))


def test_a_share_of_something_else_is_refused(joined):
    """Must refuse a proven share of another election, group, contest or sum."""
    for changes in (
        {"election": "0x" + "77" * 32},
        {"group": 1},
        {"group": 1, "total": joined.total(1, 0)},
        {"total": joined.total(1, 0)},
        {"ciphertext": 3, "total": joined.total(0, 3)},
        {"ciphertext": 3},
    ):
        with reverts("ShareRefused", 0, 1):
            joined.count(0, 0, shares=joined.shares(0, 0, (1, 2, 3), **{"ciphertext": 0} | changes))


def test_another_trustees_share_is_refused(joined):
    """Must refuse the share of one trustee under the place of another."""
    shares = bytearray(joined.shares(0, 0, (1, 2, 3)))
    shares[2 * RECORD] = 4
    for record in (0, 1):  # with the factors that the places ask for
        factor = lagrange((1, 2)[record], (1, 2, 4))
        point = multiply(factor, Point(number(shares, "D.x", record), number(shares, "D.y", record)))
        for field, value in zip(("λ", "E.x", "E.y"), (factor, *point), strict=True):
            shares = bytearray(patched(bytes(shares), field, value, record))
    with reverts("ShareRefused", 0, 4):
        joined.count(0, 0, shares=bytes(shares))


def test_factors_are_those_of_the_trustees_named(joined):
    """Must refuse the factors of other trustees, which would make another sum of good shares."""
    shares = joined.shares(0, 0, (1, 2, 3))
    factor = lagrange(1, (1, 2, 4))
    point = multiply(factor, Point(number(shares, "D.x"), number(shares, "D.y")))
    for field, value in zip(("λ", "E.x", "E.y"), (factor, *point), strict=True):
        shares = patched(shares, field, value)
    with reverts("ShareRefused", 0, 1):
        joined.count(0, 0, shares=shares)


def test_no_share_weighs_nothing(joined):
    """Must refuse a factor of zero, though the multiple beside it is the infinity that it makes."""
    shares = joined.shares(0, 0, (1, 2, 3))
    for field in ("λ", "E.x", "E.y"):
        shares = patched(shares, field, 0)
    with reverts("ShareRefused", 0, 1):
        joined.count(0, 0, shares=shares)


def test_a_share_of_another_secret_is_refused(joined):
    """Must refuse a share that is proven, but with a secret of the trustee's choosing."""
    true = joined.setup.secret_of
    joined.setup.secret_of = lambda place, dealers: true(place, dealers) + (place == 2)
    try:
        shares = joined.shares(0, 0, (1, 2, 3))
    finally:
        del joined.setup.secret_of
    with reverts("ShareRefused", 0, 2):
        joined.count(0, 0, shares=shares)


def test_shares_lie_in_the_transaction(joined, people):
    """Must refuse a count that a contract passes on: the shares would be in no transaction to the box."""
    source = Path(__file__).parents[1] / "doubles" / "Ballots.sol"
    doubles = {each._name: each for each in compile_source(source.read_text(), evm_version="cancun")}
    forwarder = doubles["Forwarder"].deploy({"from": people.treasury})
    call = joined.box.count.encode_input(0, 0, joined.counts(0, 0), joined.shares(0, 0, (1, 2, 3)))
    with reverts("NotDirect", forwarder.address):
        forwarder.forward(joined.box, call, {"from": people.stranger})
