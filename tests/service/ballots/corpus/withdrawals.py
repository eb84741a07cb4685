"""Ballots and withdrawals that nobody had the right to send."""

from typing import Any

from muniment.ballots.hashes import withdrawal_digest
from muniment.ballots.model import ORDER
from muniment.ballots.verifying.events import CAST, WITHDRAW
from tests.service.ballots.corpus.tools import first, recall, repeat
from tests.service.ballots.election import FIRST, Election, signed65
from tests.service.ballots.forgeries import EVENTS, Transcript, logs_of, tell, values_of

ROLL_PATH, SIGNATURE, REPLACED = 4, 5, 6  # arguments of `withdraw`


def ballot_tested(held: Election, made: Transcript) -> None:
    """A ballot that was made to be tested, and never signed, is cast."""

    def act(arguments: list[Any]) -> None:
        ballot = arguments[2]
        arguments[2] = ballot[:25] + bytes(64) + ballot[89:]

    recall(held, first(made, "BallotsCast")[1], CAST, act)


def _withdrawn(held: Election, made: Transcript, place: int, value: Any) -> None:
    """The withdrawal with another argument."""

    def act(arguments: list[Any]) -> None:
        arguments[place] = value

    recall(held, first(made, "BallotWithdrawn")[1], WITHDRAW, act)


def _withdrawer(made: Transcript) -> int:
    return int(first(made, "BallotWithdrawn")[2]["topics"][2], 16)


def withdrawal_unsigned(held: Election, made: Transcript) -> None:
    """A ballot is taken out without any signature."""
    _withdrawn(held, made, SIGNATURE, b"")


def withdrawal_signed_by_another(held: Election, made: Transcript) -> None:
    """A ballot is taken out by the signature of another voter of the unit."""
    index = _withdrawer(made)
    other = held.voters[FIRST][index - 1]
    digest = withdrawal_digest(held.papers[FIRST].domain, FIRST, index)
    _withdrawn(held, made, SIGNATURE, bytes.fromhex(signed65(digest, other.secret)[2:]))


def withdrawal_signed_for_another_line(held: Election, made: Transcript) -> None:
    """A ballot is taken out by its voter's signature for another line."""
    index = _withdrawer(made)
    digest = withdrawal_digest(held.papers[FIRST].domain, FIRST, index - 1)
    _withdrawn(held, made, SIGNATURE, bytes.fromhex(signed65(digest, held.voters[FIRST][index].secret)[2:]))


def withdrawal_malleable(held: Election, made: Transcript) -> None:
    """A ballot is taken out by a signature that anybody can make of the voter's: of the high s."""

    def act(arguments: list[Any]) -> None:
        signature = arguments[SIGNATURE]
        s = ORDER - int.from_bytes(signature[32:64], "big")
        arguments[SIGNATURE] = signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])

    recall(held, first(made, "BallotWithdrawn")[1], WITHDRAW, act)


def withdrawal_off_the_roll(held: Election, made: Transcript) -> None:
    """A ballot is taken out with a path that leads to no line of the roll."""
    path = list(held.voters[FIRST][_withdrawer(made)].path)
    _withdrawn(held, made, ROLL_PATH, [b"\1" * 32, *(bytes.fromhex(one[2:]) for one in path[1:])])


def withdrawal_of_nothing(held: Election, made: Transcript) -> None:
    """A withdrawal keeps quiet of the ballot that stands."""
    _withdrawn(held, made, REPLACED, b"")


def withdrawal_of_another_batch(held: Election, made: Transcript) -> None:
    """A withdrawal names the right ballot in another batch."""

    def act(arguments: list[Any]) -> None:
        arguments[REPLACED] = arguments[REPLACED][:-7] + bytes(7)

    recall(held, first(made, "BallotWithdrawn")[1], WITHDRAW, act)


def withdrawal_twice(held: Election, made: Transcript) -> None:
    """A voter who was barred withdraws once more."""
    block = repeat(held, made, "BallotWithdrawn")
    ((one, log),) = logs_of(block, "BallotWithdrawn")

    def act(arguments: list[Any]) -> None:
        arguments[REPLACED] = b""

    recall(held, one, WITHDRAW, act)
    tell(EVENTS["BallotWithdrawn"], log, [bytes(32), values_of(EVENTS["BallotWithdrawn"], log)[1]])
