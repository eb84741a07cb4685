"""Hints: what is dear to compute on the chain is supplied and checked. Whoever is wrong in them pays, and no more."""

import random

import pytest

from muniment.ballots.crypto.hints import added_by, sum_hints
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import FIELD, INFINITY, ORDER, BatchPlace, Point
from tests.contracts.ballots.acts import named_as_replaced, roll_of
from tests.vectors.ballots import SELECTIONS

WORD = 32
# p − y is a square root, too; y + p is the same number, where it has 256 bits; the others are no root.
WRONG = {
    "negative": lambda right: FIELD - right,
    "zero": lambda _: 0,
    "one": lambda _: 1,
    "next": lambda right: right + 1,
    "field": lambda _: FIELD,
    "beyond the field": lambda right: FIELD + right % (2**256 - FIELD),
    "greatest": lambda _: 2**256 - 1,
    "random": lambda _: random.Random(6).getrandbits(256),
}
LENGTHS = {
    "a byte": lambda hints: hints[:1],
    "a word": lambda hints: hints[:WORD],
    "a byte less": lambda hints: hints[:-1],
    "without the inverse": lambda hints: hints[:-WORD],
    "a byte missing at first": lambda hints: hints[1:],
    "a byte more": lambda hints: hints + b"\xff",
    "as many again": lambda hints: hints + hints,
}


def _ballot(poll, index, option=1):
    return poll.world.ballot(poll.world.voters[0][index], ((option,),))[0]


def _hints(poll, *ballots, unit=0):
    return sum_hints(poll.sums[unit], added_by(ballots))


def _with_word(hints, place, how):
    words = [hints[at : at + WORD] for at in range(0, len(hints), WORD)]
    words[place] = how(int.from_bytes(words[place], "big")).to_bytes(WORD, "big")
    return b"".join(words)


@pytest.mark.parametrize("name", SELECTIONS)
def test_hints_spare_roots_and_the_inversion(polls, name):
    """Must take what is right of hints in every form of contest, and hold the same sums for less gas."""
    poll, used = getattr(polls, name), []
    voters = poll.world.voters[0]
    made = [poll.world.ballot(voter, chosen)[0] for voter, chosen in zip(voters, SELECTIONS[name] * 2, strict=False)]
    poll.cast([made[0]])
    for ballot, hinted in zip(made[1:3], (False, True), strict=True):
        used.append(poll.cast([ballot], hints=_hints(poll, ballot) if hinted else b"").gas_used)
    # Prague asks 1,360 gas for each of these exponentiations: the inverse, and the root for each point.
    assert used[0] - used[1] > 500 * (1 + 2 * poll.world.paper().ciphertexts)


def test_hints_of_a_unit_without_ballots(poll):
    """Must begin at (G, H), whatever is said of it."""
    ballot = _ballot(poll, 0)
    poll.cast([ballot], hints=_hints(poll, ballot))
    other = poll.world.ballot(poll.world.voters[1][0], ((2,),))[0]
    poll.cast([other], unit=1, hints=b"\xff" * 3 * WORD)


def test_hints_of_many_ballots(poll):
    """Must take hints for a batch in which ballots come first, again, and are withdrawn."""
    first = [_ballot(poll, index) for index in range(3)]
    poll.cast(first[:1])
    poll.cast(first[1:], hints=_hints(poll, *first[1:]))
    place = BatchPlace(0, 0, ())
    again, _ = poll.world.replacement(first[0], 0, ((2,),), place)
    fresh = _ballot(poll, 4)
    poll.cast([again, fresh], hints=_hints(poll, again, fresh))
    voter = poll.world.voters[0][0]
    poll.withdraw(voter, named_as_replaced(again))
    poll.take_out(voter)
    poll.check(0)


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_hint_costs_gas_alone(poll, place, how):
    """Must take a ballot whatever hint is wrong, an ordinate's or the inverse, and hold the same sums."""
    poll.cast([_ballot(poll, 0)])
    ballot = _ballot(poll, 1)
    hints = _hints(poll, ballot)
    wrong = _with_word(hints, place, WRONG[how])
    assert wrong != hints
    poll.cast([ballot], hints=wrong)


@pytest.mark.parametrize("how", LENGTHS)
def test_hints_of_any_length(poll, how):
    """Must take a ballot with hints too short and too long."""
    poll.cast([_ballot(poll, 0)])
    ballot = _ballot(poll, 1)
    poll.cast([ballot], hints=LENGTHS[how](_hints(poll, ballot)))


@pytest.mark.parametrize("offset", [0, 5 * WORD, 6 * WORD])
def test_hints_that_lie_elsewhere(poll, offset):
    """Must take calldata in which the head of the hints points among the heads or at the ballots."""
    poll.cast([_ballot(poll, 0)])
    packed = pack_ballots([_ballot(poll, 1)])
    data = poll.box.cast.encode_input(roll_of(poll.world, 0), list(poll.world.units.path(0)), packed, b"")
    head = 2 + 2 * (4 + 7 * WORD)
    where = int(data[head - 2 * WORD : head], 16) if offset == 6 * WORD else offset
    poll.sender.transfer(poll.box, data=data[:head] + f"{where:064x}" + data[head + 2 * WORD :])
    poll.enter(packed, 0)
    poll.check(0)


def test_nobody_outdates_a_ballot_by_casting_first(poll):
    """Must take ballots with hints from before others came, which say nothing of the sums as they are now."""
    poll.cast([_ballot(poll, 0)])
    ballots = [_ballot(poll, index, index % 4) for index in (1, 2, 3)]
    made = [_hints(poll, ballot) for ballot in ballots]
    for ballot, hints in zip(ballots, made, strict=True):
        poll.cast([ballot], hints=hints)


def test_sums_at_infinity_are_kept(polls):
    """Must find a sum at infinity again, and one that doubles, with hints and without."""
    poll = polls.question
    voters, blank = poll.world.voters[0], ((1,),)
    gone = poll.world.ballot(voters[0], blank, ORDER - 1)[0]
    poll.cast([gone], hints=_hints(poll, gone))
    assert poll.sums[0][0].a == poll.sums[0][0].b == INFINITY
    one = poll.world.ballot(voters[1], blank, 1)[0]
    poll.cast([one], hints=_hints(poll, one))
    same = poll.world.ballot(voters[2], blank, 1)[0]
    assert Point(*same.ciphertexts[0].a) == poll.sums[0][0].a
    poll.cast([same], hints=_hints(poll, same))
    back = poll.world.ballot(voters[3], blank, ORDER - 2)[0]
    poll.cast([back])
    assert poll.sums[0][0].a == INFINITY
    last = poll.world.ballot(voters[4], blank, 7)[0]
    poll.cast([last], hints=b"\x01" * 3 * WORD)
