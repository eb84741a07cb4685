"""Hints for the box's `cast`: what is dear to compute on the chain and cheap to check. Nobody has to sign for them."""

from collections.abc import Iterable, Sequence

from muniment.ballots.crypto.group import add, negate
from muniment.ballots.model import FIELD, INFINITY, Ballot, Ciphertext, Point


def sum_hints(sums: Sequence[Ciphertext], added: Sequence[Sequence[Ciphertext]]) -> bytes:
    """Hints for ballots of a unit whose sums are these until the ballots come (docs/ballots-protocol.md, "Hints").

    They go out of date when any other ballot of the unit comes first; the call is dearer then, and takes the same.

    Args:
        sums: the unit's, before the call.
        added: what the call adds, as `added_by` tells it; for each addition as many ciphertexts as there are sums.
    """
    product, ordinates = 1, b""
    for place, sum_ in enumerate(sums):
        for part, point in enumerate(sum_):
            product = product * (_scale(point, (one[place][part] for one in added)) or 1) % FIELD
            ordinates += _word(point.y)
    return ordinates + _word(pow(product, -1, FIELD))


def added_by(ballots: Sequence[Ballot]) -> list[tuple[Ciphertext, ...]]:
    """What ballots add to their unit's sums, in order: themselves, and the opposite of what they replace."""
    added = []
    for ballot in ballots:
        added.append(ballot.ciphertexts)
        if ballot.replaced:
            added.append(opposite(ballot.replaced.ciphertexts))
    return added


def opposite(ciphertexts: Sequence[Ciphertext]) -> tuple[Ciphertext, ...]:
    """−(A, B) of each."""
    return tuple(Ciphertext(negate(one.a), negate(one.b)) for one in ciphertexts)


def _scale(sum_: Point, added: Iterable[Point]) -> int:
    """The z of a sum that the box adds up as (x / z², y / z³) from z = 1; 0 for infinity."""
    z = 0 if sum_ == INFINITY else 1
    for point in added:
        if z == 0:
            z = 1
        elif point == sum_:
            z = 2 * sum_.y * z**4 % FIELD
        else:
            z = z**3 * (point.x - sum_.x) % FIELD
        sum_ = add(sum_, point)
    return z


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
