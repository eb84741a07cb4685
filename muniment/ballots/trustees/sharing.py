"""Decrypt a group's sums together: each trustee's share, its proof, and the bytes that `count` takes.

S = (S_A, S_B) is the sum of one ciphertext over a group's ballots, D = x_j·S_A a trustee's share. `threshold` shares
give v·G = S_B − Σ λ_j·D_j, with Lagrange's factors λ_j at 0. Formulas and bytes: docs/ballots-protocol.md, "Counting".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from muniment.ballots.crypto.group import Draw, add, chord, draw_scalar, multiply, subtract
from muniment.ballots.crypto.proofs import check_equal_logs, prove_equal_logs
from muniment.ballots.hashes import share_challenge
from muniment.ballots.model import GENERATOR, INFINITY, ORDER, Ciphertext, EqualLogs, Point
from muniment.errors import Refused

RECORD = 353  # bytes of one share in the calldata of `count`


@dataclass(frozen=True)
class Sum:
    """What is decrypted: one ciphertext (counted through the whole ballot, from 0) summed over a group."""

    election: str
    group: int
    ciphertext: int
    total: Ciphertext


@dataclass(frozen=True)
class Share:
    """The share of the trustee at `place` (from 1), and its proof: challenge and response."""

    place: int
    point: Point
    challenge: int
    response: int


def countable(total: Ciphertext, key: Point) -> Ciphertext:
    """The sum as it is decrypted: (G, H), which says nothing, is added while ecrecover cannot handle a point of it."""
    while any(point == INFINITY or point.x >= ORDER for point in total):
        total = Ciphertext(add(total.a, GENERATOR), add(total.b, key))
    return total


def make_share(what: Sum, place: int, secret: int, draw: Draw = draw_scalar) -> Share:
    """The share of the trustee at a place, whose secret is x_j. The sum must be `countable`."""
    point = multiply(secret, what.total.a)
    proof = prove_equal_logs(secret, what.total.a, _challenge(what, place, multiply(secret), point), draw)
    return Share(place, point, proof.challenge, proof.response)


def proof_of(what: Sum, share: Share) -> EqualLogs:
    """The whole proof, with b and the hints, which follow from challenge and response.

    Raises Refused(ShareInvalid) where there is none.
    """
    try:
        u = multiply(share.response, what.total.a)
        b = subtract(u, multiply(share.challenge, share.point))
        return EqualLogs(share.challenge, share.response, b, u, chord(u, b))
    except (ValueError, OverflowError, ZeroDivisionError):
        raise _invalid(what, share) from None


def check_share(what: Sum, share: Share, key: Point) -> None:
    """Check a share against X_j, the trustee's key. Raises Refused(ShareInvalid)."""
    challenge = _challenge(what, share.place, key, share.point)
    if not check_equal_logs(key, what.total.a, share.point, challenge, proof_of(what, share)):
        raise _invalid(what, share)


def lagrange(place: int, places: Sequence[int]) -> int:
    """λ_j mod q: the trustee's factor when these trustees decrypt together."""
    factor = 1
    for other in places:
        if other != place:
            factor = factor * other * pow(other - place, -1, ORDER) % ORDER
    return factor


def decrypt(total: Ciphertext, shares: Sequence[Share]) -> Point:
    """v·G from checked shares of `threshold` different trustees."""
    places = [share.place for share in shares]
    blinding = add(*(multiply(lagrange(share.place, places), share.point) for share in shares))
    return subtract(total.b, blinding)


def pack_shares(sums: Sequence[tuple[Sum, Sequence[Share]]]) -> bytes:
    """The `shares` of `count`: for each ciphertext of a contest its shares, by rising place."""
    packed = bytearray()
    for what, shares in sums:
        ordered = sorted(shares, key=lambda share: share.place)
        places = [share.place for share in ordered]
        for share in ordered:
            proof, factor = proof_of(what, share), lagrange(share.place, places)
            packed.append(share.place)
            for number in (
                *share.point,
                share.challenge,
                share.response,
                proof.b.x,
                *proof.u,
                proof.slope,
                factor,
                *multiply(factor, share.point),
            ):
                packed += number.to_bytes(32, "big")
    return bytes(packed)


def choose_shares(
    what: Sum, shares: Sequence[Share], keys: Mapping[int, Point], threshold: int
) -> tuple[list[Share], list[int]]:
    """The first `threshold` good shares of different trustees, and the places of those whose shares are bad.

    `keys` are X_j by place. Raises Refused(SharesMissing) when there are too few good ones.
    """
    good: dict[int, Share] = {}
    bad = []
    for share in sorted(shares, key=lambda share: share.place):
        if len(good) == threshold:
            break
        try:
            check_share(what, share, keys.get(share.place, INFINITY))
        except Refused:
            bad.append(share.place)
        else:
            good[share.place] = share
    if len(good) < threshold:
        raise Refused("SharesMissing", group=what.group, ciphertext=what.ciphertext, good=len(good), needed=threshold)
    return list(good.values()), bad


def _challenge(what: Sum, place: int, key: Point, point: Point) -> Callable[[str, Point], int]:
    def challenge(commitment: str, b: Point) -> int:
        return share_challenge(what.election, what.group, what.ciphertext, place, key, what.total, point, commitment, b)

    return challenge


def _invalid(what: Sum, share: Share) -> Refused:
    return Refused("ShareInvalid", group=what.group, ciphertext=what.ciphertext, place=share.place)
