"""A voter asks at the desk to vote on paper: the ballot is taken out, and no other comes in."""

from dataclasses import replace

import pytest

from muniment.ballots import hashes
from muniment.ballots.crypto.group import sign
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import ORDER, BatchPlace, Skipped
from tests.contracts.ballots.acts import ZERO, long_signature, named_as_replaced, roll_of, told
from tests.contracts.helpers import HOUR, next_block_at, reverts


@pytest.fixture
def first(poll):
    """Ballots of voters 1 and 2 in the unit's first batch, with their places."""
    ballots = [poll.world.ballot(poll.world.voters[0][index], ((index,),))[0] for index in (1, 2)]
    poll.cast(ballots)
    tree = poll.world.batch(ballots)
    return [(ballot, BatchPlace(0, place, tree.path(place))) for place, ballot in enumerate(ballots)]


@pytest.fixture
def voter(poll):
    """The voter of the first of these ballots."""
    return poll.world.voters[0][1]


def _withdrawn(poll, voter, replaced, tracker):
    receipt = poll.withdraw(voter, replaced)
    poll.take_out(voter)
    expected = [("BallotWithdrawn", voter.unit, voter.index, tracker, poll.turnout(voter.unit))]
    assert [told(event) for event in receipt.events] == expected
    poll.check(voter.unit)


def test_takes_a_ballot_out_of_its_batch(poll, first, voter):
    """Must subtract the ballot, count one less, and say which it was."""
    ballot, place = first[0]
    _withdrawn(poll, voter, named_as_replaced(ballot, place), poll.tracker(0, ballot))


def test_takes_a_replacement_out(poll, first, voter):
    """Must subtract what stands, and not what stood before."""
    second, _ = poll.world.replacement(first[0][0], 0, ((3,),), first[0][1])
    poll.cast([second])
    with reverts("BallotChanged", 0, voter.index):
        poll.withdraw(voter, named_as_replaced(*first[0]))
    with reverts("BallotChanged", 0, voter.index):
        poll.withdraw(voter, named_as_replaced(first[0][0]))
    _withdrawn(poll, voter, named_as_replaced(second), poll.tracker(0, second))


def test_bars_who_has_no_ballot(poll):
    """Must bar a voter before any ballot came, and leave the sums alone."""
    poll.open()
    voter = poll.world.voters[0][3]
    _withdrawn(poll, voter, b"", ZERO)
    late, _ = poll.world.ballot(voter, ((1,),))
    receipt = poll.cast([late])
    assert receipt.events["BallotSkipped"]["reason"] == Skipped.BARRED


def test_bars_from_voting_again(poll, first, voter):
    """Must pass over every ballot of a barred voter: the old one, a new one, and a replacement."""
    ballot, place = first[0]
    _withdrawn(poll, voter, named_as_replaced(ballot, place), poll.tracker(0, ballot))
    again, _ = poll.world.replacement(ballot, 0, ((3,),), place)
    unplaced, _ = poll.world.replacement(ballot, 0, ((2,),), None)
    fresh, _ = poll.world.ballot(voter, ((0,),), seed="fresh")
    receipt = poll.cast([ballot, again, fresh, unplaced])
    assert [event["reason"] for event in receipt.events] == [Skipped.BARRED] * 4


def test_withdraws_once(poll, first, voter):
    """Must refuse a second withdrawal, whatever it names."""
    ballot, place = first[0]
    _withdrawn(poll, voter, named_as_replaced(ballot, place), poll.tracker(0, ballot))
    for replaced in (b"", named_as_replaced(ballot, place)):
        with reverts("VoterBarred", 0, voter.index):
            poll.withdraw(voter, replaced)


def test_names_what_stands(poll, first, voter):
    """Must refuse a withdrawal that keeps quiet of a ballot, or names one that was never cast."""
    with reverts("BallotChanged", 0, voter.index):
        poll.withdraw(voter)
    ballot, place = first[0]
    with reverts("BallotChanged", 0, voter.index):
        poll.withdraw(voter, named_as_replaced(ballot))
    for elsewhere in (replace(place, batch=1), replace(place, place=1), replace(place, path=())):
        with reverts("NotInBatch", voter.index, elsewhere.batch, poll.tracker(0, ballot)):
            poll.withdraw(voter, named_as_replaced(ballot, elsewhere))
    other, other_place = first[1]
    foreign = poll.world.paper().election, 0, voter.credential, other.ciphertexts
    borrowed = hashes.tracker_of(hashes.content_hash(*foreign), ZERO, hashes.proofs_hash(other.proofs))
    with reverts("NotInBatch", voter.index, 0, borrowed):
        poll.withdraw(voter, named_as_replaced(other, other_place))
    absent = poll.world.voters[0][3]
    never, _ = poll.world.ballot(absent, ((0,),))
    with reverts("NotInBatch", 3, 0, poll.tracker(0, never)):
        poll.withdraw(absent, named_as_replaced(never, place))
    with reverts("BallotChanged", 0, 3):
        poll.withdraw(absent, named_as_replaced(never))
    poll.check(0)


def test_asks_for_the_credentials_signature(poll, first, voter):
    """Must let nobody, no officer either, take a ballot out without the credential's own signature."""
    world, domain = poll.world, poll.world.paper().domain
    replaced = named_as_replaced(*first[0])
    right = poll.withdrawal(voter)
    digest = bytes.fromhex(hashes.withdrawal_digest(domain, 0, voter.index)[2:])
    elsewhere = hashes.domain_separator(world.chain_id, "0x" + "b1" * 20)
    s = int.from_bytes(right[32:64], "big")
    bad = {
        "another's": long_signature(sign(digest, world.voters[0][2].secret)),
        "of another index": poll.withdrawal(voter, index=2),
        "of another unit": poll.withdrawal(voter, unit=1),
        "for another box": long_signature(
            sign(bytes.fromhex(hashes.withdrawal_digest(elsewhere, 0, voter.index)[2:]), voter.secret)
        ),
        "of a ballot": long_signature(
            sign(bytes.fromhex(hashes.cast_digest(domain, poll.tracker(0, first[0][0]))[2:]), voter.secret)
        ),
        "of the high s": right[:32] + (ORDER - s).to_bytes(32, "big") + bytes([27 + 28 - right[64]]),
        "of the wrong parity": right[:64] + bytes([27 + 28 - right[64]]),
        "compact": right[:64],
        "nothing": b"",
        "zeros": bytes(65),
    }
    for signature in bad.values():
        with reverts("SignatureRefused", voter.index, voter.credential):
            poll.withdraw(voter, replaced, signature=signature)
    poll.check(0)


def test_refuses_a_unit_in_which_nobody_is_on_the_roll(polls):
    """Must let nobody withdraw where there is no line, whichever they name."""
    for unit in (0, 2):
        for index in (0, 1, 2**32 - 1):
            voter = replace(polls.sparse.world.voters[1][0], unit=unit, index=index, path=())
            with reverts("NotOnRoll", unit, index, voter.credential):
                polls.sparse.withdraw(voter)
            with reverts("NotOnRoll", unit, index, voter.credential):
                polls.sparse.withdraw(voter, rollPath=["0x" + "00" * 32])


def test_asks_for_the_line_of_the_roll(poll, first, voter):
    """Must refuse who is not on the roll there, or shows another path."""
    other = poll.world.voters[0][2]
    changed = (
        {"credential": other.credential},
        {"index": 2},
        {"rollPath": list(other.path)},
        {"rollPath": list(voter.path[:-1])},
        {"rollPath": [*voter.path, ZERO]},
    )
    for changes in changed:
        named = {"index": voter.index, "credential": voter.credential} | changes
        with reverts("NotOnRoll", 0, named["index"], named["credential"]):
            poll.withdraw(voter, named_as_replaced(*first[0]), **changes)
    with reverts("RollRefused", 0):
        poll.withdraw(voter, unitPath=[])


def test_reads_the_whole_and_nothing_more(poll, first, voter):
    """Must refuse bytes that end early or late, and a kind of ballot that replaces nothing."""
    replaced = named_as_replaced(*first[0])
    for bytes_ in (replaced[:-1], replaced + b"\0", replaced[:140], replaced[:1]):
        with reverts("BallotsMalformed", len(bytes_)):
            poll.withdraw(voter, bytes_)
    for flags in (0, 3, 255):
        with reverts("FlagsRefused", flags):
            poll.withdraw(voter, bytes([flags]) + replaced[1:])


def test_is_open_from_to(poll, beside, people):
    """Must take withdrawals while ballots are taken, and directly."""
    world, voter = poll.world, poll.world.voters[0][3]
    until = world.closes_at + HOUR
    arguments = (
        roll_of(world, 0),
        list(world.units.path(0)),
        voter.index,
        voter.credential,
        list(voter.path),
        poll.withdrawal(voter),
        b"",
    )
    by = {"from": poll.sender}
    next_block_at(world.opens_at - 1)
    with reverts("NotOpen", world.opens_at - 1, world.opens_at, until):
        poll.box.withdraw(*arguments, by)
    poll.open()
    forwarder = beside["Forwarder"].deploy({"from": people.deployer})
    with reverts("NotDirect", forwarder.address):
        forwarder.forward(poll.box, poll.box.withdraw.encode_input(*arguments), by)
    next_block_at(until)
    with reverts("NotOpen", until, world.opens_at, until):
        poll.box.withdraw(*arguments, by)


def test_leaves_what_was_replaced_provable(poll, first):
    """Must let another voter of the same batch vote again after a withdrawal."""
    ballot, place = first[0]
    _withdrawn(poll, poll.world.voters[0][1], named_as_replaced(ballot, place), poll.tracker(0, ballot))
    again, _ = poll.world.replacement(first[1][0], 0, ((3,),), first[1][1])
    poll.cast([again])
    poll.cast(pack_ballots([poll.world.ballot(poll.world.voters[0][4], ((1,),))[0]]))
