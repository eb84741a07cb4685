"""Trustees' shares that are none, and counts that nobody voted."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from muniment.ballots.crypto.group import add, multiply
from muniment.ballots.model import GENERATOR, Ciphertext, Point
from muniment.ballots.trustees.sharing import RECORD, Share, Sum, lagrange, make_share, pack_shares
from muniment.ballots.verifying.events import COUNT
from tests.service.ballots.corpus.tools import first, recall, repeat
from tests.service.ballots.election import COUNTING, HOUR, OUT, THRESHOLD, Election
from tests.service.ballots.forgeries import (
    EVENTS,
    Transcript,
    block_of,
    counted_before_joined,
    logs_of,
    stamp,
    tell,
    values_of,
)


def _counted(held: Election, made: Transcript, act: Callable[[list[Any]], None], contest: int = 0) -> None:
    """Change what the first group's count of a contest was sent with; events and answers tell of it as they would."""
    counts = [found for block in made["blocks"] for found in logs_of(block, "ContestCounted")]
    one, log = next(found for found in counts if [int(word, 16) for word in found[1]["topics"][1:]] == [0, contest])
    said: list[Any] = []

    def changed(arguments: list[Any]) -> None:
        act(arguments)
        said.extend(arguments)

    recall(held, one, COUNT, changed)
    values = values_of(EVENTS["ContestCounted"], log)
    shares = said[3]
    values[1], values[2] = said[2], sum({1 << shares[at] - 1 for at in range(0, len(shares), RECORD)})
    tell(EVENTS["ContestCounted"], log, values)
    made["views"]["results"][0][contest] = [str(count) for count in said[2]]


def _shares(held: Election, made: Transcript, act: Callable[[Sum], Sequence[tuple[Sum, Sequence[Share]]]]) -> None:
    """Other shares of the first group's first contest, with the factors that their places ask for."""
    words = made["views"]["sums"][0]["sums"][0]
    ax, ay, bx, by = (int(word, 16) for word in words)
    what = Sum(held.id, 0, 0, Ciphertext(Point(ax, ay), Point(bx, by)))
    packed = pack_shares(act(what))

    def changed(arguments: list[Any]) -> None:
        arguments[3] = packed

    _counted(held, made, changed)


def _own(held: Election, what: Sum, places: Sequence[int] = COUNTING) -> list[Share]:
    return [make_share(what, place, held.secrets[place]) for place in places]


def share_bad(held: Election, made: Transcript) -> None:
    """A trustee's share is another point than it is proven to be."""

    def act(arguments: list[Any]) -> None:
        shares = arguments[3]
        share = add(Point(*(int.from_bytes(shares[at : at + 32], "big") for at in (1, 33))), GENERATOR)
        other = multiply(lagrange(COUNTING[0], COUNTING), share)
        arguments[3] = shares[:1] + _words(share) + shares[65 : RECORD - 64] + _words(other) + shares[RECORD:]

    _counted(held, made, act)


def _words(point: Point) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in point)


def share_of_another_secret(held: Election, made: Transcript) -> None:
    """A trustee proves its share, and with another secret than its own."""

    def act(what: Sum) -> list[tuple[Sum, list[Share]]]:
        one, *others = COUNTING
        return [(what, [make_share(what, one, held.secrets[one] + 1), *_own(held, what, others)])]

    _shares(held, made, act)


def share_of_another_trustee(held: Election, made: Transcript) -> None:
    """A silent trustee's share stands at the place of one who counts."""
    one, other, last = COUNTING
    (silent,) = held.secrets.keys() - set(COUNTING)

    def act(what: Sum) -> list[tuple[Sum, list[Share]]]:
        own = _own(held, what, (one, other))
        return [(what, [*own, replace(make_share(what, silent, held.secrets[silent]), place=last)])]

    _shares(held, made, act)


def share_of_another_group(held: Election, made: Transcript) -> None:
    """Shares of the right sum are proven for another group."""
    _shares(held, made, lambda what: [(what, _own(held, replace(what, group=1)))])


def share_of_another_ciphertext(held: Election, made: Transcript) -> None:
    """Shares of the right sum are proven for another ciphertext."""
    _shares(held, made, lambda what: [(what, _own(held, replace(what, ciphertext=1)))])


def share_of_another_election(held: Election, made: Transcript) -> None:
    """Shares of the right sum are proven for another election."""
    _shares(held, made, lambda what: [(what, _own(held, replace(what, election="0x" + "e1" * 32)))])


def share_of_another_sum(held: Election, made: Transcript) -> None:
    """Shares are of another sum than the ballots make."""

    def act(what: Sum) -> list[tuple[Sum, list[Share]]]:
        other = replace(what, total=Ciphertext(add(what.total.a, GENERATOR), what.total.b))
        return [(other, _own(held, other))]

    _shares(held, made, act)


def share_of_another_factor(held: Election, made: Transcript) -> None:
    """A good share is weighed as if other trustees decrypted with it."""

    def act(arguments: list[Any]) -> None:
        shares = arguments[3]
        factor = lagrange(COUNTING[0], (*COUNTING[:-1], 3))
        point = Point(*(int.from_bytes(shares[at : at + 32], "big") for at in (1, 33)))
        other = factor.to_bytes(32, "big") + _words(multiply(factor, point))
        arguments[3] = shares[: RECORD - 96] + other + shares[RECORD:]

    _counted(held, made, act)


def share_of_no_factor(held: Election, made: Transcript) -> None:
    """A good share is weighed with zero, and its multiple is infinity."""

    def act(arguments: list[Any]) -> None:
        shares = arguments[3]
        arguments[3] = shares[: RECORD - 96] + bytes(96) + shares[RECORD:]

    _counted(held, made, act)


def share_of_the_excluded(held: Election, made: Transcript) -> None:
    """A share is said to be of the trustee who is out."""

    def act(arguments: list[Any]) -> None:
        shares = arguments[3]
        arguments[3] = shares[: 2 * RECORD] + bytes([OUT]) + shares[2 * RECORD + 1 :]

    _counted(held, made, act)


def shares_out_of_order(held: Election, made: Transcript) -> None:
    """The shares are right, and the second trustee's comes first."""

    def act(arguments: list[Any]) -> None:
        shares = arguments[3]
        arguments[3] = shares[RECORD : 2 * RECORD] + shares[:RECORD] + shares[2 * RECORD :]

    _counted(held, made, act)


def shares_too_few(held: Election, made: Transcript) -> None:
    """One trustee fewer decrypts than there must be."""
    assert len(COUNTING) == THRESHOLD
    _shares(held, made, lambda what: [(what, _own(held, what, COUNTING[1:]))])


def share_too_early(held: Election, made: Transcript) -> None:
    """Trustees decrypt before it stands whose ballots are counted together."""
    counted_before_joined(made)


def groups_too_early(_held: Election, made: Transcript) -> None:
    """Groups are fixed, so that shares may be made, while the box still takes ballots."""
    opened = first(made, "BoxOpened")[2]
    closes = values_of(EVENTS["BoxOpened"], opened)[0][3]
    stamp(made["blocks"][block_of(made, "GroupsFixed")], time=closes + HOUR - 1)


def result_off_by_one(held: Election, made: Transcript) -> None:
    """One point more than was given is published."""

    def act(arguments: list[Any]) -> None:
        one, *others = arguments[2]
        arguments[2] = (one + 1, *others)

    _counted(held, made, act, contest=1)


def result_of_the_other_option(held: Election, made: Transcript) -> None:
    """One ballot's choice is published as another."""

    def act(arguments: list[Any]) -> None:
        arguments[2] = (1, 0, 1)

    _counted(held, made, act)


def result_of_one_more(held: Election, made: Transcript) -> None:
    """One ballot more is published than there are."""

    def act(arguments: list[Any]) -> None:
        one, *others = arguments[2]
        arguments[2] = (one + 1, *others)

    _counted(held, made, act)


def result_of_no_option(held: Election, made: Transcript) -> None:
    """A count is published of an option that there is not."""

    def act(arguments: list[Any]) -> None:
        arguments[2] = (*arguments[2], 0)

    _counted(held, made, act, contest=1)


def result_twice(held: Election, made: Transcript) -> None:
    """A contest is counted twice."""
    repeat(held, made, "ContestCounted")
