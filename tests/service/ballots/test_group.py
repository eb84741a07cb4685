"""Points and signatures beside the group's own definition."""

import random

import pytest
from eth_keys import keys

from muniment.ballots.crypto import group
from muniment.ballots.crypto.points import Points
from muniment.ballots.model import FIELD, GENERATOR, INFINITY, ORDER, Point

SEEDED = random.Random(6)
SCALARS = [1, 2, 3, ORDER - 1, ORDER - 2, *(SEEDED.randrange(1, ORDER) for _ in range(6))]


def plain_add(one: Point, other: Point) -> Point:
    """The sum by the chord or tangent."""
    if INFINITY in (one, other):
        return other if one == INFINITY else one
    if one.x == other.x and (one.y + other.y) % FIELD == 0:
        return INFINITY
    if one == other:
        slope = 3 * one.x * one.x * pow(2 * one.y, -1, FIELD)
    else:
        slope = (other.y - one.y) * pow(other.x - one.x, -1, FIELD)
    x = (slope * slope - one.x - other.x) % FIELD
    return Point(x, (slope * (one.x - x) - one.y) % FIELD)


def plain_multiply(scalar: int, point: Point = GENERATOR) -> Point:
    """By doubling and adding."""
    total = INFINITY
    for bit in bin(scalar % ORDER)[2:]:
        total = plain_add(total, total)
        total = plain_add(total, point) if bit == "1" else total
    return total


@pytest.mark.parametrize("scalar", SCALARS)
def test_multiples_are_the_group_s(scalar: int) -> None:
    """k·G and k·P, and the account of a·G + b·P that recovery gives."""
    point = plain_multiply(7)
    assert group.multiply(scalar) == plain_multiply(scalar)
    assert group.multiply(scalar, point) == plain_multiply(scalar, point)
    for base in (0, 5, ORDER - 5):
        combined = plain_add(plain_multiply(base), plain_multiply(scalar, point))
        assert group.combine(base, point, scalar) == (None if combined == INFINITY else group.address_of(combined))


def test_addition_is_complete() -> None:
    """Doubling, opposites and infinity must add like anything else."""
    points = [INFINITY, GENERATOR, group.negate(GENERATOR), group.multiply(5), group.multiply(ORDER - 5)]
    for one in points:
        for other in points:
            assert group.add(one, other) == plain_add(one, other)
            assert group.subtract(plain_add(one, other), other) == one
    assert group.add() == INFINITY
    assert group.add(*points) == INFINITY
    assert group.multiply(0) == group.multiply(ORDER) == group.multiply(3, INFINITY) == INFINITY
    assert group.negate(INFINITY) == INFINITY


def test_combinations_without_an_account_have_none() -> None:
    """A scalar of zero, an infinite sum and an x beyond the order have no account, as on the chain."""
    assert group.combine(5, GENERATOR, 0) is None
    assert group.combine(5, GENERATOR, -5) is None
    assert group.combine(5, Point(ORDER, 1), 1) is None


def test_points_off_the_curve_are_refused() -> None:
    """Nothing must be computed with what is no point."""
    for strange in (Point(1, 1), Point(GENERATOR.x + FIELD, GENERATOR.y), Point(GENERATOR.x, 0)):
        assert not group.is_on_curve(strange)
        with pytest.raises((ValueError, OverflowError)):
            group.multiply(2, strange)
        with pytest.raises((ValueError, OverflowError)):
            group.add(GENERATOR, strange)
    assert not group.is_on_curve(INFINITY)


def test_signatures_are_those_of_others() -> None:
    """A signature must be read by another library, and an account of another one be ours."""
    secret, digest = 0xC0FFEE, bytes(range(32))
    key = keys.PrivateKey(secret.to_bytes(32, "big"))
    signature = group.sign(digest, secret)
    account = key.public_key.to_address()
    assert group.address_of(group.multiply(secret)) == account == group.signer_of(digest, signature)
    vs = int.from_bytes(signature[32:], "big")
    read = keys.Signature(vrs=(vs >> 255, int.from_bytes(signature[:32], "big"), vs & (1 << 255) - 1))
    assert read.recover_public_key_from_msg_hash(digest) == key.public_key


def test_signatures_of_another_form_are_nobody_s() -> None:
    """A high s, a zero, and other than 64 bytes."""
    digest = bytes(32)
    signature = group.sign(digest, 5)
    high = (ORDER // 2 + 1).to_bytes(32, "big")
    for strange in (signature[:32] + high, signature[:32] + bytes(32), bytes(64), signature + b"\0", b""):
        assert group.signer_of(digest, strange) is None
    with pytest.raises(ValueError, match="secret"):
        group.sign(digest, 0)


def test_a_line_has_a_slope_unless_it_is_upright() -> None:
    """The chord of U and −b; U above b has none."""
    u, b = group.multiply(3), group.multiply(8)
    assert (-b.y - u.y - group.chord(u, b) * (b.x - u.x)) % FIELD == 0
    with pytest.raises(ZeroDivisionError):
        group.chord(u, group.negate(u))


def test_weighted_sums_are_sums() -> None:
    """Σ factor·point, equal, opposite and cancelling points among them, whatever the factors' lengths."""
    points = Points()
    multiples = [1, ORDER - 1, 5, 5, ORDER - 5, *(SEEDED.randrange(1, ORDER) for _ in range(300))]
    factors = [SEEDED.randbytes(SEEDED.choice((1, 8, 31))) for _ in multiples]
    held = [points.parse(b"".join(one.to_bytes(32, "big") for one in group.multiply(k))) for k in multiples]
    total = sum(k * int.from_bytes(factor, "big") for k, factor in zip(multiples, factors, strict=True)) % ORDER
    wanted = group.multiply(total)
    assert points.write(points.weighted_sum(held, factors)) == b"".join(one.to_bytes(32, "big") for one in wanted)
    held.append(points.parse(b"".join(one.to_bytes(32, "big") for one in wanted)))
    factors.append((ORDER - 1).to_bytes(32, "big"))
    assert points.weighted_sum(held, factors) is None
    assert points.parse(bytes(64)) is None
    lone = points.parse(b"".join(one.to_bytes(32, "big") for one in GENERATOR))
    assert points.write(points.weighted_sum([lone], [b"\1\2\3"])) == b"".join(
        one.to_bytes(32, "big") for one in group.multiply(0x010203)
    )
    assert points.write(lone) == b"".join(one.to_bytes(32, "big") for one in GENERATOR)
