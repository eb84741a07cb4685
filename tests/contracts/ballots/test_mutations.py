"""Ballots changed at random, against the box: accepted nowhere, and each refused by an error of the box's own."""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from brownie import web3

from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.model import Ballot, BatchPlace
from muniment.chain.abi import decode_error, encode_call
from tests.contracts.ballots.acts import Poll
from tests.vectors.ballots import FORMS, SELECTIONS
from tests.vectors.ballots_mutated import another

DEEP = bool(os.environ.get("MUNIMENT_DEEP"))
MUTATIONS = 100_000 if DEEP else 400  # of all forms together
SEED = random.SystemRandom().getrandbits(64) if DEEP else 6
# What may be wrong with bytes whose unit and time are right.
ERRORS = {
    "BallotsMalformed",
    "FlagsRefused",
    "NotOnRoll",
    "CiphertextRefused",
    "ProofScalarRefused",
    "ProofHintRefused",
    "ProofRefused",
    "SignatureRefused",
    "ReplacedRefused",
    "NotInBatch",
}


@dataclass(frozen=True)
class Call:
    """Ballots that the box would count, all of them."""

    what: str
    ballots: tuple[Ballot, ...]

    def spoiled(self, poll: Poll, chance: random.Random) -> bytes:
        """The call's bytes with one of its ballots changed."""
        packed = [pack_ballot(ballot) for ballot in self.ballots]
        place = chance.randrange(len(packed))
        packed[place] = another(poll.world, self.ballots[place].index, packed[place], chance)
        return b"".join(packed)


def calls_of(poll: Poll) -> list[Call]:
    """First ballots, re-votes of both kinds and a batch of all; cast before it is what they replace."""
    world, chosen = poll.world, SELECTIONS[poll.world.name]
    voters = world.voters[0]
    one, three = (world.ballot(voters[index], chosen[0])[0] for index in (1, 3))
    tree = world.batch([one, three])
    poll.cast([one, three])
    twice, _ = world.replacement(three, 0, chosen[1], BatchPlace(0, 1, tree.path(1)))
    poll.cast([twice])
    first, second, last = (world.ballot(voters[index], chosen[place])[0] for place, index in enumerate((0, 2, 4)))
    batched, _ = world.replacement(one, 0, chosen[2], BatchPlace(0, 0, tree.path(0)))
    worded, _ = world.replacement(twice, 0, chosen[2], None)
    return [
        Call("first", (first,)),
        Call("first", (second,)),
        Call("re-vote of a batch", (batched,)),
        Call("re-vote of a re-vote", (worded,)),
        Call("batch", (first, batched, second, worded, last)),
    ]


def ask(poll: Poll, packed: bytes) -> dict[str, Any]:
    """The node's answer to a call of `cast` as of the present block."""
    data = encode_call(poll.box.abi, "cast", poll.arguments(packed))
    call = {"from": poll.sender.address, "to": poll.box.address, "gas": hex(16_000_000), "data": data}
    return web3.provider.make_request("eth_call", [call, "latest"])


def refusal(poll: Poll, answer: dict[str, Any]) -> str:
    """The name of the error with which a call reverted; what else came of it, where there is none."""
    if "error" not in answer:
        return f"accepted: {int(answer['result'], 16)} counted"
    found = decode_error([poll.box.abi], answer["error"].get("data"))
    return found.name if found else f"no error of the box: {answer['error']}"


@pytest.mark.parametrize("name", FORMS)
def test_a_changed_ballot_is_accepted_nowhere(polls, name, capsys):
    """Must refuse a call with any one change, by one of the errors that tell what is wrong with a ballot."""
    poll, chance = getattr(polls, name), random.Random(f"{SEED} {name}")
    calls = calls_of(poll)
    whole = [ask(poll, b"".join(map(pack_ballot, call.ballots))) for call in calls]
    assert [int(answer["result"], 16) for answer in whole] == [len(call.ballots) for call in calls]

    found, began = Counter(), time.monotonic()
    for _ in range(MUTATIONS // len(FORMS)):
        call = chance.choice(calls)
        packed = call.spoiled(poll, chance)
        error = refusal(poll, ask(poll, packed))
        assert error in ERRORS, (SEED, call.what, error, packed.hex())
        found[call.what, error] += 1
    if DEEP:
        with capsys.disabled():
            took = time.monotonic() - began
            print(f"\n{name}: {found.total()} changed calls in {took:.0f} s, {found.total() / took:.0f}/s; seed {SEED}")
            for (what, error), times in sorted(found.items()):
                print(f"  {what:22} {error:20} {times:6}")
