"""What an election may ask of a transaction, and rolls that lie: an opened election must be one that can be held."""

from dataclasses import replace

import pytest
from brownie import BallotBox

from muniment.ballots.crypto import ballot as making
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import BatchPlace, ContestForm, UnitRoll
from muniment.ballots.verifying.events import CAST
from muniment.chain.abi import CallRefused, decode_values
from tests.contracts.ballots.acts import Poll, arguments_of, placed
from tests.contracts.ballots.counting import Election
from tests.contracts.helpers import HOUR, now, reverts
from tests.vectors.ballots import World, roll_tree

MOST_BYTES = 128 * 1024  # that nodes pass on in one transaction
MOST_GAS = 2**24  # EIP-7825
BESIDE = 256  # bytes of a transaction around its calldata, and more
NOBODY = "0x" + "00" * 20


@pytest.fixture
def poll_of(people, ids, key_holder, relayer, state):
    """A box of an election with these forms and units, of which a test may change the voters or rolls."""

    def make(*forms, sizes=(5, 1), change=lambda world: None):
        world = World("limits", forms, sizes=sizes, **placed(people.deployer, key_holder, ids, now() + HOUR))
        change(world)
        return Poll(world, BallotBox.deploy(*arguments_of(world), {"from": people.deployer}), relayer)

    return make


def fits(tx):
    """Whether any node takes the transaction."""
    return tx.gas_used < MOST_GAS and len(tx.input) // 2 + BESIDE < MOST_BYTES


@pytest.mark.parametrize("form", [ContestForm.points(64, 6, 1, 64), ContestForm.points(31, 14, 1, 47)])
def test_the_largest_ballot_can_be_cast(poll_of, form):
    """Must take a ballot of 512 branches in a transaction: a unit's first, and one that replaces it."""
    poll = poll_of(form)
    selections = ((1,) + (0,) * (form.options - 1),)
    first, _ = poll.world.ballot(poll.world.voters[0][0], selections)
    assert fits(poll.send(pack_ballots([first])))
    again, _ = poll.world.replacement(first, 0, selections, BatchPlace(0, 0, ()))
    assert fits(poll.send(pack_ballots([again])))


def test_the_largest_count_can_be_published(people, ids, ready):
    """Must refuse an election whose count takes more shares than a transaction carries; must count 360."""
    setup = ready(9, 16)
    for options in (41, 64):
        with reverts("CountTooLarge", 0, 9 * options):
            Election(people, ids, setup, (ContestForm.points(options, 1, 0, options - 1),), [1], min_ballots=1)
    form = ContestForm.points(40, 1, 0, 40)
    asked = Election(people, ids, setup, (form,), [1], min_ballots=1)
    asked.cast(0, [((1,) * 40,)])
    asked.close()
    asked.join()
    assert fits(asked.count(shares=asked.shares(0, 0, tuple(range(8, 17)))))
    assert list(asked.box.resultOf(0, 0)) == [1] * 40


def test_lines_beyond_the_roll_are_nobodys(poll_of):
    """Must refuse a credential that the tree holds behind the number of lines which the unit declares."""

    def hide(world):
        first, *others = world.rolls
        world.__dict__["rolls"] = (UnitRoll(0, 7, 7, 8, first.root), *others)

    poll = poll_of(ContestForm.choice(2), sizes=(8, 1), change=hide)
    voters = poll.world.voters[0]
    with reverts("NotOnRoll", 0, 7, voters[7].credential):
        poll.send(pack_ballots([poll.world.ballot(voters[7], ((0,),))[0]]))
    with reverts("NotOnRoll", 0, 7, voters[7].credential):
        poll.withdraw(voters[7])
    poll.send(pack_ballots([poll.world.ballot(voters[6], ((0,),))[0]]))


def test_nobody_signs_for_nobody(poll_of):
    """Must refuse a signature that is none, though the roll has a line of the account zero."""

    def strike(world):
        held = [NOBODY, *(voter.credential for voter in world.voters[0][1:])]
        tree = roll_tree(0, held)
        voters = tuple(
            type(voter)(0, index, voter.secret, held[index], tree.path(index))
            for index, voter in enumerate(world.voters[0])
        )
        object.__setattr__(world, "voters", (voters, *world.voters[1:]))

    poll = poll_of(ContestForm.choice(2), change=strike)
    nobody = poll.world.voters[0][0]
    made, _ = making.prepare_ballot(poll.world.paper(), 0, NOBODY, ((0,),), path=nobody.path)
    with reverts("SignatureRefused", 0, NOBODY):
        poll.send(pack_ballots([replace(made, signature=bytes(64))]))
    with reverts("SignatureRefused", 0, NOBODY):
        poll.withdraw(nobody, signature=bytes(64) + b"\x1b")


def test_calldata_that_no_compiler_writes(poll_of):
    """Must read a call whose empty path is said to lie among the heads; and whoever reads the chain, the same of it."""
    poll = poll_of(ContestForm.choice(2), sizes=(5,))
    packed = pack_ballots([poll.world.ballot(poll.world.voters[0][1], ((0,),))[0]])
    arguments = poll.arguments(packed)
    data = bytearray.fromhex(poll.box.cast.encode_input(*arguments)[2:])
    start = 4 + 32 * len(arguments[0])
    data[start : start + 32] = bytes(32)  # the first word: unit 0, and a list of nothing
    poll.open()
    receipt = poll.sender.transfer(poll.box, data="0x" + data.hex())
    assert [event.name for event in receipt.events] == ["BallotsCast"]
    types = CAST.types
    assert decode_values(types, bytes(data[4:]), canonical=False)[1:3] == ((), packed)
    with pytest.raises(CallRefused):
        decode_values(types, bytes(data[4:]))
