"""After the closing: units with few ballots are joined, so that no ballot is counted nearly alone."""

import pytest

from muniment.ballots.crypto.group import add, multiply, subtract
from muniment.ballots.model import GENERATOR, INFINITY, ORDER, Ciphertext, ContestForm
from tests.contracts.ballots.counting import GRACE, Election
from tests.contracts.helpers import DAY, HOUR, next_block_at, now, plain, reverts

QUESTION = (ContestForm.choice(1, blank=True),)
YES, BLANK = ((0,),), ((1,),)


@pytest.fixture
def election(people, ids, ready):
    """An election with the ballots that its units cast: by default a yes each."""

    def make(turnouts, min_ballots=2, forms=QUESTION, fewest=1, **options):
        made = Election(people, ids, ready(), forms, [max(fewest, each) for each in turnouts], min_ballots, **options)
        for unit, turnout in enumerate(turnouts):
            if turnout:
                made.cast(unit, [YES] * turnout)
        return made

    return make


def grouped(turnouts, least):
    """Who is counted with whom: the rule in a few words. Gives (first unit, last unit, ballots) of each group."""
    groups, waiting = [], []
    for unit in range(len(turnouts)):
        waiting.append(unit)
        if sum(turnouts[each] for each in waiting) >= least:
            groups, waiting = [*groups, waiting], []
    if groups:
        groups[-1] += waiting
    return [(group[0], group[-1], sum(turnouts[each] for each in group)) for group in groups]


@pytest.mark.parametrize("most", [1024, 1, 2])
@pytest.mark.parametrize(
    ("turnouts", "least"),
    [
        ([2], 2),
        ([2, 3], 2),
        ([1, 1, 2], 2),
        ([0, 2], 2),
        ([0, 1, 0, 1, 2], 2),
        ([2, 1], 2),
        ([2, 0], 2),
        ([3, 1, 1], 3),
        ([1, 0, 2, 1, 0, 1], 3),
    ],
)
def test_units_are_joined_in_order(election, turnouts, least, most):
    """Must join small units with the next and a remainder with the last group, in one call or in many."""
    asked = election(turnouts, least)
    asked.close()
    told = []
    for call in range(-(-len(turnouts) // most)):
        tx = asked.join(most)
        told += [(name, dict(event)) for event in tx.events for name in [event.name]]
        assert tx.return_value is ((call + 1) * most >= len(turnouts))

    groups = grouped(turnouts, least)
    assert plain(asked.box.groupCount()) == (len(groups), True)
    assert [plain(asked.box.groupOf(group)) for group in range(len(groups))] == groups
    names = ("group", "firstUnit", "lastUnit", "ballots")
    assert told == [
        *(("UnitsJoined", dict(zip(names, (number, *group), strict=True))) for number, group in enumerate(groups)),
        ("GroupsFixed", {"groups": len(groups), "ballots": sum(turnouts)}),
    ]
    for number, (first, _, ballots) in enumerate(groups):
        total = asked.total(number, 0)
        assert plain(asked.box.sumOf(first, 0)) == plain((tuple(total.a), tuple(total.b)))
        secret = asked.world.secret_key
        votes = multiply(ballots * 1)
        assert subtract(subtract(total.b, asked.world.key), multiply(secret, subtract(total.a, GENERATOR))) == votes


@pytest.mark.parametrize("turnouts", [[0, 2], [2, 0], [2, 0, 2], [0, 1, 0, 0, 1, 0], [0, 0, 3]])
def test_units_without_a_roll_are_joined_and_counted(election, turnouts):
    """Must join units in which nobody could vote like any in which nobody did, first, between and last."""
    asked = election(turnouts, fewest=0)
    asked.close()
    asked.join(1 + len(turnouts))
    groups = grouped(turnouts, 2)
    assert [plain(asked.box.groupOf(group)) for group in range(len(groups))] == groups
    for group, (_, _, ballots) in enumerate(groups):
        asked.count(group)
        assert list(asked.box.resultOf(group, 0)) == [ballots, 0]


def test_too_few_ballots_are_not_counted(election):
    """Must fix that there is no group when the whole election has too few ballots."""
    asked = election([1, 0, 1], 3)
    asked.close()
    tx = asked.join()
    assert dict(tx.events["GroupsFixed"]) == {"groups": 0, "ballots": 0}
    assert "UnitsJoined" not in tx.events
    with reverts("GroupUnknown", 0):
        asked.count(counts=[2, 0], shares=b"")


def test_nobody_voted(election):
    """Must end an election without a ballot."""
    asked = election([0, 0], 1)
    asked.close()
    assert dict(asked.join().events["GroupsFixed"]) == {"groups": 0, "ballots": 0}


def test_joining_waits_for_the_last_ballot(election):
    """Must refuse to join while a ballot may still come in, and to count before units are joined."""
    asked = election([2])
    end = asked.world.closes_at + GRACE
    next_block_at(end - 1)
    with reverts("NotClosed", end - 1, end):
        asked.join()
    next_block_at(end)
    with reverts("NotJoined"):
        asked.count(counts=[2, 0], shares=b"")
    asked.join()
    with reverts("AlreadyJoined"):
        asked.join()


def test_half_joined_is_not_joined(election):
    """Must refuse shares while a unit is in no group, and change nothing when asked to join none."""
    asked = election([2, 2])
    asked.close()
    asked.join(1)
    assert plain(asked.box.groupCount()) == (1, False)
    with reverts("NotJoined"):
        asked.count(counts=[2, 0], shares=b"")
    assert asked.join(0).return_value is False
    assert asked.join(1).return_value is True


def test_sums_that_cancel_are_joined(people, ids, ready):
    """Must join units whose ballots were made so that sums are infinity, equal or opposite."""
    asked = Election(people, ids, ready(), QUESTION, [1, 1, 1, 1], min_ballots=4)
    for unit, randomness in enumerate((ORDER - 1, 2, ORDER - 2, 2)):
        asked.cast(unit, [BLANK], randomness)
    assert plain(asked.box.sumOf(0, 0)) == ((0, 0), (0, 0))
    asked.close()
    asked.join()
    total = Ciphertext(add(GENERATOR, multiply(1)), add(asked.world.key, asked.world.key))
    assert plain(asked.box.sumOf(0, 0)) == plain((tuple(total.a), tuple(total.b)))
    assert total.a != INFINITY
    asked.count()
    assert list(asked.box.resultOf(0, 0)) == [0, 4]


# ── Postponing ──


def test_two_officers_put_the_closing_off(election, people):
    """Must move the closing when a second officer agrees, and take ballots until then."""
    asked = election([1])
    first, second = people.election_officer, people.second_election_officer
    wanted = asked.world.closes_at + DAY
    assert asked.box.postpone(wanted, {"from": first}).return_value is False
    assert asked.box.closesAt() == asked.world.closes_at
    tx = asked.box.postpone(wanted, {"from": second})
    assert tx.return_value is True
    assert dict(tx.events["ClosingPostponed"]) == {"previous": asked.world.closes_at, "closesAt": wanted}
    assert asked.box.closesAt() == wanted
    asked.close()
    with reverts("NotClosed", ...):
        asked.join()
    next_block_at(wanted + GRACE)
    asked.join()


def test_the_closing_is_put_off_by_a_day_in_all(election, people):
    """Must refuse to advance it, to leave it, to put it off by more than a day in all, and once it has come."""
    asked = election([1])
    officers = [{"from": people.election_officer}, {"from": people.second_election_officer}]
    closes = asked.world.closes_at
    for wanted in (closes - 1, closes, closes + DAY + 1):
        with reverts("PostponementRefused", closes, wanted):
            asked.box.postpone(wanted, officers[0])
    for by in officers:
        asked.box.postpone(closes + HOUR, by)
    for wanted in (closes + HOUR, closes + DAY + 1):
        with reverts("PostponementRefused", closes + HOUR, wanted):
            asked.box.postpone(wanted, officers[0])
    asked.box.postpone(closes + DAY, officers[0])
    next_block_at(closes + HOUR)
    with reverts("PostponementRefused", closes + HOUR, closes + DAY):
        asked.box.postpone(closes + DAY, officers[1])
    assert now() >= closes + HOUR
