"""Bits changed in what a transaction was sent with, signed by whoever sent it: no hash and no sender tells."""

import random
from collections.abc import Iterator
from typing import Any

from muniment.ballots.ceremony_steps import Call
from muniment.ballots.verifying.events import CAST, COUNT, WITHDRAW
from muniment.chain.abi import decode_values
from muniment.chain.raw import decode_transaction
from tests.service.ballots.corpus.tools import resend
from tests.service.ballots.election import Election
from tests.service.ballots.forgeries import Transcript
from tests.service.ballots.mutations import Mutation

# Ballots; of a withdrawal the credential, its path on the roll, its signature and the ballot named; shares.
ARGUMENTS = ((CAST, 2), (WITHDRAW, 3), (WITHDRAW, 4), (WITHDRAW, 5), (WITHDRAW, 6), (COUNT, 3))


def bits(held: Election, transcript: Transcript, call: Call, argument: int, most: int) -> Iterator[Mutation]:
    """Bits of an argument of every transaction that makes this call, at about `most` places in each."""
    source = random.Random(1)
    for number, block in enumerate(transcript["blocks"]):
        for place, one in enumerate(block["transactions"]):
            data = decode_transaction(bytes.fromhex(one["raw"][2:])).input
            if not data.startswith(call.selector):
                continue
            part = _raw(decode_values(call.types, data[4:], canonical=False)[argument])
            start, step = data.index(part), max(1, len(part) // most)
            for at in range(start + source.randrange(step), start + len(part), step):
                changed = dict(one)
                resend(held, changed, lambda old, at=at: old[:at] + bytes([old[at] ^ 1]) + old[at + 1 :])  # type: ignore[misc]
                yield Mutation(("blocks", number, "transactions", place), "set", changed)


def _raw(argument: Any) -> bytes:
    """An argument's own bytes, as they stand in the calldata."""
    if isinstance(argument, str):
        return bytes.fromhex(argument[2:])
    return argument if isinstance(argument, bytes) else b"".join(argument)
