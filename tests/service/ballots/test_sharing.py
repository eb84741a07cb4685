"""Decrypting together: shares, their proofs, and the bytes that the chain takes."""

from dataclasses import replace

import pytest

from muniment.ballots.crypto.group import add, multiply, negate
from muniment.ballots.crypto.proofs import encrypt, sum_of
from muniment.ballots.model import GENERATOR, INFINITY, ORDER, Ciphertext, Point
from muniment.ballots.trustees.sharing import (
    RECORD,
    Share,
    Sum,
    check_share,
    choose_shares,
    countable,
    decrypt,
    make_share,
    pack_shares,
    proof_of,
)
from muniment.errors import Refused
from tests.service.ballots.dealing import deal_all, drawing

ELECTION = "0x" + "e1" * 32
DEALT = deal_all(3, 5)
TOTAL = sum_of([encrypt(DEALT.key, message, 1000 + message) for message in (1, 2, 4)])
WHAT = Sum(ELECTION, 2, 1, TOTAL)


def shares_of(*places: int) -> list[Share]:
    """Honest shares."""
    return [make_share(WHAT, place, DEALT.secrets[place], drawing(place)) for place in places]


@pytest.mark.parametrize("places", [(1, 2, 3), (5, 1, 4), (2, 3, 4, 5), (1, 2, 3, 4, 5)])
def test_enough_trustees_decrypt(places: tuple[int, ...]) -> None:
    """Any three must find 7·G, whoever else is silent and in whatever order they come."""
    assert decrypt(TOTAL, shares_of(*places)) == multiply(7)


def test_too_few_trustees_learn_nothing() -> None:
    """Two of three must not find it."""
    assert decrypt(TOTAL, shares_of(1, 2)) != multiply(7)


def test_an_honest_share_passes() -> None:
    """Each trustee's share must pass under its own key."""
    for share in shares_of(1, 4):
        check_share(WHAT, share, DEALT.keys[share.place])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda share: replace(share, point=add(share.point, GENERATOR)),
        lambda share: replace(share, point=negate(share.point)),
        lambda share: replace(share, point=INFINITY),
        lambda share: replace(share, point=Point(share.point.x, share.point.y + 1)),
        lambda share: replace(share, challenge=share.challenge + 1),
        lambda share: replace(share, challenge=share.challenge + ORDER),
        lambda share: replace(share, challenge=0),
        lambda share: replace(share, response=share.response + 1),
        lambda share: replace(share, response=0),
        lambda share: replace(share, response=ORDER),
        lambda share: replace(share, place=2),
    ],
)
def test_a_bad_share_is_refused(spoil) -> None:
    """A changed share, or one in another trustee's name, must be refused."""
    with pytest.raises(Refused, match="ShareInvalid"):
        check_share(WHAT, spoil(shares_of(1)[0]), DEALT.keys[1])


@pytest.mark.parametrize(
    "other",
    [
        replace(WHAT, election="0x" + "e2" * 32),
        replace(WHAT, group=3),
        replace(WHAT, ciphertext=0),
        replace(WHAT, total=Ciphertext(TOTAL.a, add(TOTAL.b, GENERATOR))),
        replace(WHAT, total=Ciphertext(add(TOTAL.a, GENERATOR), TOTAL.b)),
    ],
)
def test_a_share_is_for_one_sum(other: Sum) -> None:
    """A share must be good for no other election, group, ciphertext or sum."""
    with pytest.raises(Refused, match="ShareInvalid"):
        check_share(other, shares_of(1)[0], DEALT.keys[1])


def test_a_trustee_cannot_speak_for_another() -> None:
    """A share under another's key must be refused."""
    with pytest.raises(Refused, match="ShareInvalid"):
        check_share(WHAT, shares_of(1)[0], DEALT.keys[2])


def test_bad_shares_are_left_out() -> None:
    """Two bad ones, a repeated one and a stranger's among five must be passed over and told; too few good ones not."""
    honest = shares_of(1, 2, 3, 4, 5)
    bad = replace(honest[0], response=1)
    given = [bad, replace(honest[1], place=3), honest[4], *honest[2:], replace(honest[0], place=9)]
    chosen, places = choose_shares(WHAT, given, DEALT.keys, 3)
    assert ([share.place for share in chosen], places) == ([3, 4, 5], [1, 3])
    assert decrypt(TOTAL, chosen) == multiply(7)
    with pytest.raises(Refused, match="SharesMissing"):
        choose_shares(WHAT, [bad, honest[1], honest[2]], DEALT.keys, 3)


def test_sums_that_ecrecover_cannot_take() -> None:
    """Infinity must be moved by (G, H), as often as it takes, without changing what is decrypted."""
    for total in (
        Ciphertext(INFINITY, multiply(7)),
        Ciphertext(negate(GENERATOR), add(negate(DEALT.key), multiply(7))),
        Ciphertext(multiply(5), add(multiply(5, DEALT.key), multiply(7))),
    ):
        moved = countable(total, DEALT.key)
        assert INFINITY not in moved
        what = replace(WHAT, total=moved)
        shares = [make_share(what, place, DEALT.secrets[place]) for place in (1, 3, 5)]
        assert decrypt(moved, shares) == multiply(7)
    assert countable(TOTAL, DEALT.key) == TOTAL


def test_packed_shares() -> None:
    """A record must hold the place, D, c, z, b.x, U, the slope, λ and λD in this order, by rising place."""
    shares = shares_of(4, 1, 2)
    packed = pack_shares([(WHAT, shares)])
    assert len(packed) == 3 * RECORD
    assert [packed[at] for at in range(0, len(packed), RECORD)] == [1, 2, 4]
    first = shares[1]
    words = [int.from_bytes(packed[at : at + 32], "big") for at in range(1, RECORD, 32)]
    proof = proof_of(WHAT, first)
    assert words[:8] == [*first.point, first.challenge, first.response, proof.b.x, *proof.u, proof.slope]
    factor = 2 * 4 * pow((2 - 1) * (4 - 1), -1, ORDER) % ORDER
    assert words[8:] == [factor, *multiply(factor, first.point)]
