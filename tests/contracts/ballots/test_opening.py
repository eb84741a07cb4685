"""An election is opened: what is refused then, rather than at the tally."""

import pytest
from brownie import BallotBox

from muniment.ballots.hashes import unit_leaf
from muniment.ballots.model import ContestForm, ContestKind, UnitRoll, width_of
from muniment.ballots.roll import Tree
from tests.contracts.ballots.acts import arguments_of, told
from tests.contracts.helpers import DAY, HOUR, node, now, plain, reverts

CHOICE, POINTS = ContestForm.choice(4), ContestForm.points(4, 1, 0, 4)
LONGEST = 60 * DAY
A_UNIT = (0, 5, 5, 6, "0x" + "33" * 32)
NO_ROOT = "0x" + "00" * 32


@pytest.fixture
def open_box(opened, people, rolled_back):
    """Create the box of the choice among four, with changes."""
    world = opened["choice"].world

    def make(**changes):
        return BallotBox.deploy(*arguments_of(world, **changes), {"from": people.deployer})

    return make


def _points(options, most, minimum, maximum, blank=0, kind=ContestKind.POINTS):
    return kind << 56 | options << 48 | most << 40 | minimum << 24 | maximum << 8 | blank


def test_says_what_it_was_opened_with(opened, key_holder):
    """Must hold the constants of its opening, and tell all of it in one event."""
    for poll in opened.values():
        box, world = poll.box, poll.world
        assert (box.GRACE(), box.LONGEST_DELAY()) == (HOUR, DAY)
        assert (box.OPENS_AT(), box.closesAt()) == (world.opens_at, world.closes_at)
        assert (box.MIN_BALLOTS(), box.UNITS(), box.WIDTH()) == (2, len(world.sizes), world.paper().width)
        assert (str(box.ELECTION()), str(box.ROLL_ROOT())) == (world.election, world.units.root)
        assert (str(box.AGENCY()), box.CEREMONY()) == (world.agency, key_holder.address)
        assert box.AGENCIES() == key_holder.AGENCIES()
        assert str(box.LOG_ROOT()) == "0x" + "10" * 32
        assert str(box.DOMAIN_SEPARATOR()) == world.paper().domain
        assert tuple(box.electionKey()) == tuple(world.key)
        assert [int(str(form), 0) for form in box.contests()] == [form.pack() for form in world.contests]


def test_tells_its_opening(open_box, opened):
    """Must tell the whole opening and all units in one event."""
    box = open_box()
    (event,) = box.tx.events
    world = opened["choice"].world
    opening, units = arguments_of(world)
    name, election, setup, told_opening, told_units = told(event)
    assert (name, election, setup) == ("BoxOpened", str(box.ELECTION()), opening[1])
    assert [str(value).lower() for value in told_opening[:6]] == [str(value).lower() for value in opening[:6]]
    assert list(told_opening[6]) == opening[6]
    assert list(told_units) == units
    assert plain(box.turnoutOf(0)) == (0, 0)


def test_keeps_a_schedule(open_box):
    """Must refuse an opening that is no longer to come, a closing before it, and more than 60 days."""
    start = now() + HOUR
    for opens, closes in ((now() - 1, start), (start, start), (start, start - 1), (start, start + LONGEST + 1)):
        with reverts("ScheduleRefused", opens, closes):
            open_box(opensAt=opens, closesAt=closes)
    open_box(opensAt=start, closesAt=start + LONGEST)


def test_opens_in_the_future(open_box):
    """Must refuse an opening at the very second of its creation, and take one a second later."""
    then = now() + 10
    node("evm_setNextBlockTimestamp", then)
    with reverts("ScheduleRefused", then, then + DAY):
        open_box(opensAt=then, closesAt=then + DAY)
    node("evm_setNextBlockTimestamp", then + 1)
    open_box(opensAt=then + 2, closesAt=then + DAY)


@pytest.mark.parametrize(
    ("units", "refused"),
    [
        ([], 0),
        ([(1, *A_UNIT[1:])], 0),
        ([A_UNIT, A_UNIT], 1),
        ([A_UNIT, (2, *A_UNIT[1:])], 1),
        ([(0, 0, 5, 6, A_UNIT[4])], 0),
        ([A_UNIT, (1, 0, 0, 6, "0x" + "00" * 31 + "01")], 1),
        ([(0, 0, 5, 4, NO_ROOT)], 0),
        ([(0, 6, 5, 6, A_UNIT[4])], 0),
        ([(0, 5, 7, 6, A_UNIT[4])], 0),
        ([(unit, *A_UNIT[1:]) for unit in range(113)], 113),
    ],
)
def test_refuses_units(open_box, units, refused):
    """Must refuse no unit or too many, one out of place or with too many lines or signatures, a root without a line."""
    with reverts("UnitRefused", refused):
        open_box(units=units)


@pytest.mark.parametrize("empty", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
def test_takes_units_in_which_nobody_is_on_the_roll(open_box, empty):
    """Must open an election in which some units have no line, and hold their empty rolls under its root."""
    units = [(unit, 0, 3, 6, NO_ROOT) if unit in empty else (unit, *A_UNIT[1:]) for unit in range(3)]
    box = open_box(units=units)
    leaves = [unit_leaf(UnitRoll(*unit)) for unit in units]
    assert (box.UNITS(), str(box.ROLL_ROOT())) == (3, Tree(leaves).root)
    assert box.WIDTH() == width_of(5 * (3 - len(empty)))


def test_refuses_an_election_of_nobody(open_box):
    """Must refuse an election in which no unit has a line."""
    for count in (1, 3):
        with reverts("RollEmpty"):
            open_box(units=[(unit, 0, 3, 6, NO_ROOT) for unit in range(count)])


@pytest.mark.parametrize(
    "form",
    [
        _points(0, 0, 0, 0, kind=1),
        _points(1, 0, 0, 0, kind=1),
        _points(0, 0, 0, 0, 2, kind=1),
        _points(2, 0, 0, 0, 2, kind=1),
        _points(8, 0, 0, 0, 1, kind=1),
        _points(9, 0, 0, 0, kind=1),
        _points(2, 1, 0, 0, kind=1),
        _points(2, 0, 1, 0, kind=1),
        _points(2, 0, 0, 1, kind=1),
        _points(0, 1, 0, 1),
        _points(65, 1, 0, 1),
        _points(3, 0, 0, 1),
        _points(3, 16, 0, 1),
        _points(3, 1, 2, 1),
        _points(3, 1, 0, 0),
        _points(3, 1, 0, 4),
        _points(3, 1, 4, 4),
        _points(10, 10, 0, 64),
        _points(3, 1, 0, 1, 1),
        _points(3, 1, 0, 1, kind=0),
        _points(3, 1, 0, 1, kind=3),
    ],
)
def test_refuses_forms(open_box, form):
    """Must refuse a form of no sense, wherever it stands."""
    with reverts("FormRefused", 1, form):
        open_box(contests=[CHOICE.pack(), form])


def test_refuses_no_contest_and_nine(open_box):
    """Must hold one contest to eight."""
    for number in (0, 9):
        with reverts("FormRefused", number, 0):
            open_box(contests=[CHOICE.pack()] * number)
    open_box(contests=[CHOICE.pack()] * 8)


def test_takes_forms_at_their_bounds(open_box):
    """Must take what is just allowed."""
    for form in (
        ContestForm.choice(1, blank=True),
        ContestForm.choice(7, blank=True),
        ContestForm.choice(8),
        ContestForm.points(64, 1, 1, 64),
        ContestForm.points(1, 15, 15, 15),
        ContestForm.points(10, 15, 87, 150),
    ):
        assert not form.refused
        open_box(contests=[form.pack()])


def test_refuses_ballots_too_large(open_box):
    """Must hold a ballot to 64 ciphertexts and 512 branches."""
    whole = ContestForm.points(64, 1, 1, 64)
    with reverts("BallotTooLarge", 65, 196):
        open_box(contests=[whole.pack(), CHOICE.pack()])
    many = ContestForm.points(62, 7, 1, 16)
    with reverts("BallotTooLarge", 62, 513):
        open_box(contests=[ContestForm.points(62, 7, 1, 17).pack()])
    open_box(contests=[many.pack()])


def _unit(lines, unit=0):
    return (unit, lines, lines, lines, "0x" + "33" * 32)


def test_refuses_what_cannot_be_decoded(open_box):
    """Must refuse a choice of over 2^40 possible counts in some unit, as Python does, joined units reckoned in."""
    form = ContestForm.choice(7)
    most = max(lines for lines in range(1, 1_000) if form.is_decodable(20, lines + 2 * 20))
    assert most < 999
    open_box(contests=[form.pack()], minBallots=20, units=[_unit(most), _unit(1, 1)])
    with reverts("ContestUndecodable", 1, 2):
        open_box(
            contests=[CHOICE.pack(), form.pack()],
            minBallots=20,
            units=[_unit(most), _unit(1, 1), _unit(most + 1, 2), _unit(most + 2, 3)],
        )
    with reverts("ContestUndecodable", 0, 0):
        open_box(contests=[form.pack()], minBallots=21, units=[_unit(most)])


def test_refuses_values_that_overflow(open_box):
    """Must refuse a choice whose largest value has more than 255 bits; points of 2^32 voters never come to 2^40."""
    eight = ContestForm.choice(8)
    # 8 values of 32 bits each: all lines count, in however small units.
    with reverts("ContestUndecodable", 0, 0):
        open_box(contests=[eight.pack()], units=[_unit(1), _unit(2**31, 1)])
    assert ContestForm.points(1, 15, 0, 15).is_decodable(32, 2**32)
    open_box(contests=[_points(1, 15, 0, 15)], units=[_unit(2**32 - 1)])


def test_refuses_to_decrypt_nobody(open_box):
    """Must ask for a ballot at least in what is decrypted together."""
    with reverts("MinBallotsRefused", 0):
        open_box(minBallots=0)
