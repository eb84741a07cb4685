"""Ballots come in: who may send them, when, for which unit; and what then stands."""

import pytest

from muniment.ballots.crypto import ballot as making
from muniment.ballots.crypto.group import add, multiply
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import BatchPlace
from tests.contracts.ballots.acts import ZERO, roll_of
from tests.contracts.helpers import HOUR, next_block_at, node, reverts
from tests.vectors.ballots import SELECTIONS


def _ballots(poll, *seats, unit=0):
    """First ballots: an option for each index."""
    voters = poll.world.voters[unit]
    return [poll.world.ballot(voters[index], ((option,),))[0] for index, option in seats]


def test_counts_a_batch(poll):
    """Must add up every ballot, and tell the batch's leaves in order."""
    ballots = _ballots(poll, (3, 1), (0, 2), (4, 1))
    receipt = poll.cast(ballots)
    assert [event.name for event in receipt.events] == ["BallotsCast"]
    assert receipt.return_value == 3
    base = 1 << poll.world.paper().width
    assert poll.plaintexts() == [multiply(2 * base + base**2)]


@pytest.mark.parametrize("name", SELECTIONS)
def test_counts_every_form(polls, name):
    """Must take each kind of contest, alone and after others, and hold exactly the sum of what was chosen."""
    poll = getattr(polls, name)
    paper = poll.world.paper()
    whole = None
    for index, selections in enumerate(SELECTIONS[name]):
        poll.cast([poll.world.ballot(poll.world.voters[0][index], selections)[0]])
        messages = [
            multiply(message)
            for form, selection in zip(paper.contests, selections, strict=True)
            for message in form.messages(selection, paper.width)
        ]
        whole = [add(*pair) for pair in zip(whole, messages, strict=True)] if whole else messages
        assert poll.plaintexts() == whole


def test_keeps_units_apart(poll):
    """Must add a unit's ballots to that unit's sums alone."""
    poll.cast(_ballots(poll, (1, 1)))
    poll.cast(_ballots(poll, (0, 2), unit=1), 1)
    poll.check(0)
    poll.check(1)


def test_numbers_batches(poll):
    """Must give each batch the next number, alone or not."""
    for seats in (((0, 0),), ((1, 1), (2, 2)), ((3, 3),)):
        poll.cast(_ballots(poll, *seats))
    assert len(poll.roots[0]) == 3


def test_makes_no_batch_of_nothing(poll):
    """Must pass over a call in which nothing counts, and make a batch of first ballots alone."""
    ballots = _ballots(poll, (1, 1), (2, 2))
    poll.cast(ballots)
    receipt = poll.cast(ballots)
    assert receipt.return_value == 0
    assert [event.name for event in receipt.events] == ["BallotSkipped", "BallotSkipped"]
    place = BatchPlace(0, 0, poll.world.batch(ballots).path(0))
    again, _ = poll.world.replacement(ballots[0], 0, ((3,),), place)
    receipt = poll.cast([again])
    assert receipt.return_value == 1
    assert [event.name for event in receipt.events] == ["BallotReplaced"]
    assert len(poll.roots[0]) == 1


def test_replaces_amid_a_batch(poll):
    """Must take first ballots, votes again and void ones in one call, each as it is."""
    first = _ballots(poll, (0, 0), (1, 1))
    poll.cast(first)
    tree = poll.world.batch(first)
    second, _ = poll.world.replacement(first[0], 0, ((2,),), BatchPlace(0, 0, tree.path(0)))
    third, _ = poll.world.replacement(second, 0, ((3,),), None)
    fresh = _ballots(poll, (4, 3))
    receipt = poll.cast([second, *first, *fresh, third])
    told = ["BallotReplaced", "BallotSkipped", "BallotSkipped", "BallotReplaced", "BallotsCast"]
    assert [event.name for event in receipt.events] == told
    assert receipt.return_value == 3
    poll.cast([second, third])


def test_replaces_through_many_batches(poll):
    """Must find a ballot in whichever batch it lies."""
    batches = [_ballots(poll, (0, 0)), _ballots(poll, (2, 1), (3, 1), (4, 1))]
    for batch in batches:
        poll.cast(batch)
    for number, batch in enumerate(batches):
        tree = poll.world.batch(batch)
        for place, ballot in enumerate(batch):
            again, _ = poll.world.replacement(ballot, 0, ((2,),), BatchPlace(number, place, tree.path(place)))
            poll.cast([again])


def test_a_tested_ballot_is_nobodys(poll):
    """Must refuse a ballot that was opened, and so never signed."""
    voter = poll.world.voters[0][0]
    made, _ = making.prepare_ballot(poll.world.paper(), voter.index, voter.credential, ((0,),), path=voter.path)
    packed = bytearray(pack_ballots([poll.world.ballot(voter, ((1,),))[0]]))
    tested = bytearray(packed[:25]) + bytes(64)
    tested += pack_ballots([making.sign_ballot(poll.world.paper(), made, voter.secret)])[89:]
    with reverts("SignatureRefused", voter.index, voter.credential):
        poll.send(bytes(tested))


@pytest.mark.parametrize("field", range(1, 5))
def test_refuses_a_roll_that_is_changed(poll, field):
    """Must know every field of a unit's roll."""
    poll.open()
    packed = pack_ballots(_ballots(poll, (1, 1)))
    roll = list(roll_of(poll.world, 0))
    roll[field] = "0x" + "77" * 32 if field == 4 else roll[field] + 1
    with reverts("RollRefused", 0):
        poll.box.cast(tuple(roll), list(poll.world.units.path(0)), packed, b"", {"from": poll.sender})


def test_refuses_another_units_place(poll):
    """Must refuse a roll under another number, with another's path, or with a path too long or too short."""
    poll.open()
    packed = pack_ballots(_ballots(poll, (1, 1)))
    paths = [list(poll.world.units.path(unit)) for unit in range(2)]
    by = {"from": poll.sender}
    for unit in (1, 2, 2**32 - 1):
        with reverts("RollRefused", unit):
            poll.box.cast((unit, *roll_of(poll.world, 0)[1:]), paths[0], packed, b"", by)
    for path in (paths[1], [], [*paths[0], ZERO]):
        with reverts("RollRefused", 0):
            poll.box.cast(roll_of(poll.world, 0), path, packed, b"", by)


def test_refuses_calls_from_within(poll, beside, people, relayer):
    """Must take ballots only from a transaction's own calldata, where everybody finds them."""
    poll.open()
    packed = pack_ballots(_ballots(poll, (1, 1)))
    arguments = (roll_of(poll.world, 0), list(poll.world.units.path(0)), packed, b"")
    forwarder = beside["Forwarder"].deploy({"from": people.deployer})
    with reverts("NotDirect", forwarder.address):
        forwarder.forward(poll.box, poll.box.cast.encode_input(*arguments), {"from": relayer})
    # An account under EIP-7702: what it sends may come from its code.
    node("anvil_setCode", relayer.address, "0xef0100" + forwarder.address[2:])
    with reverts("NotDirect", relayer.address):
        poll.send(packed)
    node("anvil_setCode", relayer.address, "0x")
    poll.cast(packed)


def test_is_open_from_to(poll):
    """Must take ballots from the opening until an hour past the closing, to the second."""
    world = poll.world
    packed = [pack_ballots(_ballots(poll, seat)) for seat in ((1, 1), (2, 1))]
    path, by = list(world.units.path(0)), {"from": poll.sender}

    def send(which):
        return poll.box.cast(roll_of(world, 0), path, packed[which], b"", by)

    until = world.closes_at + HOUR
    next_block_at(world.opens_at - 1)
    with reverts("NotOpen", world.opens_at - 1, world.opens_at, until):
        send(0)
    next_block_at(world.opens_at)
    send(0)
    next_block_at(until - 1)
    send(1)
    next_block_at(until)
    with reverts("NotOpen", until, world.opens_at, until):
        send(0)


def test_a_hint_is_nobodys_secret(poll):
    """Must hold a tracker to nothing that is beside it: the same ballot with other unsigned bytes is refused whole."""
    ballot = _ballots(poll, (1, 1))[0]
    packed = bytearray(pack_ballots([ballot]))
    slope = 4 + 1 + 20 + 64 + 128 + 212 - 1
    packed[slope] ^= 1
    with reverts("ProofHintRefused", 1, 0, 0):
        poll.send(bytes(packed))
    poll.cast([ballot])


def test_sums_start_where_the_interface_says(polls):
    """Must show (G, H) for a unit without a batch."""
    for name in SELECTIONS:
        getattr(polls, name).check(1)
