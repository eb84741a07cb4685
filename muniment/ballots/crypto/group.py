"""The group of secp256k1 on libsecp256k1, by way of coincurve.

Points are affine, infinity (0, 0); scalars are ints, taken mod q. What is computed with secrets here is not in
constant time: it is for trustees' machines, kiosks and tests, where nobody measures.
"""

import secrets
from collections.abc import Callable
from typing import Any

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from coincurve.flags import EC_UNCOMPRESSED

from muniment.ballots.model import FIELD, GENERATOR, INFINITY, ORDER, Point
from muniment.hashing import keccak_bytes

Draw = Callable[[], int]  # a fresh scalar from 1 to q − 1, of which nobody knows anything

_CONTEXT = GLOBAL_CONTEXT.ctx


def draw_scalar() -> int:
    """A fresh secret scalar from 1 to q − 1."""
    return 1 + secrets.randbelow(ORDER - 1)


def is_on_curve(point: Point) -> bool:
    """Whether both coordinates are in the field and the point is on the curve; infinity is not."""
    x, y = point
    return 0 <= x < FIELD and 0 <= y < FIELD and (y * y - x * x * x - 7) % FIELD == 0


def negate(point: Point) -> Point:
    """−P."""
    return Point(point.x, -point.y % FIELD)


def multiply(scalar: int, point: Point = GENERATOR) -> Point:
    """k·P. Raises ValueError for a point off the curve."""
    scalar %= ORDER
    if point == INFINITY or not scalar:
        return INFINITY
    made = ffi.new("secp256k1_pubkey *")
    if point == GENERATOR:
        lib.secp256k1_ec_pubkey_create(_CONTEXT, made, scalar.to_bytes(32, "big"))
    else:
        _parse(made, point)
        lib.secp256k1_ec_pubkey_tweak_mul(_CONTEXT, made, scalar.to_bytes(32, "big"))
    return _point(made)


def add(*points: Point) -> Point:
    """P + Q + …, complete: doubling, opposites and infinity among them. Raises ValueError for a point off the curve."""
    finite = [point for point in points if point != INFINITY]
    if not finite:
        return INFINITY
    parsed = ffi.new("secp256k1_pubkey[]", len(finite))
    for place, point in enumerate(finite):
        _parse(parsed + place, point)
    listed = ffi.new("secp256k1_pubkey *[]", [parsed + place for place in range(len(finite))])
    made = ffi.new("secp256k1_pubkey *")
    if not lib.secp256k1_ec_pubkey_combine(_CONTEXT, made, listed, len(finite)):
        return INFINITY
    return _point(made)


def subtract(point: Point, other: Point) -> Point:
    """P − Q."""
    return add(point, negate(other))


def address_of(point: Point) -> str:
    """The last 20 bytes of keccak256(x ‖ y), as lower-case 0x text."""
    return "0x" + keccak_bytes(point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big"))[12:].hex()


def combine(base: int, point: Point, scalar: int) -> str | None:
    """address(base·G + scalar·P) by ECDSA's recovery, as `ecrecover` computes it on the chain.

    None where that fails: P.x is not below the order, the scalar is zero, or the sum is infinity. P is taken to be on
    the curve.
    """
    x = point.x
    if not 0 < x < ORDER:
        return None
    message = -base * x % ORDER
    return recover(message.to_bytes(32, "big"), x, scalar * x % ORDER, point.y & 1)


def recover(digest: bytes, r: int, s: int, parity: int) -> str | None:
    """Who signed a digest of 32 bytes, as `ecrecover` tells it; None where it tells nothing."""
    if not 0 < r < ORDER or not 0 < s < ORDER:
        return None
    signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
    made = ffi.new("secp256k1_pubkey *")
    compact = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    lib.secp256k1_ecdsa_recoverable_signature_parse_compact(_CONTEXT, signature, compact, parity)
    if not lib.secp256k1_ecdsa_recover(_CONTEXT, made, signature, digest):
        return None
    return address_of(_point(made))


def sign(digest: bytes, secret: int) -> bytes:
    """An ECDSA signature in 64 bytes: r, then s with the parity of R.y in its top bit (EIP-2098). RFC 6979's nonce.

    Raises ValueError for a secret outside 1 … q − 1.
    """
    signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
    key = secret.to_bytes(32, "big")
    if not lib.secp256k1_ecdsa_sign_recoverable(_CONTEXT, signature, digest, key, ffi.NULL, ffi.NULL):
        raise ValueError("a secret key is from 1 to q − 1")
    compact, parity = ffi.new("unsigned char[64]"), ffi.new("int *")
    lib.secp256k1_ecdsa_recoverable_signature_serialize_compact(_CONTEXT, compact, parity, signature)
    made = bytearray(ffi.buffer(compact))
    made[32] |= parity[0] << 7
    return bytes(made)


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """Whose signature of 64 bytes (EIP-2098) it is; None for nobody's, and for one whose s is not the low one."""
    r, vs = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    s = vs & (1 << 255) - 1
    if len(signature) != 64 or s > ORDER // 2:
        return None
    return recover(digest, r, s, vs >> 255)


def chord(u: Point, b: Point) -> int:
    """The slope of the line through U and −b, the hint of a branch. Raises ZeroDivisionError when U.x = b.x."""
    if u.x == b.x:
        raise ZeroDivisionError("a vertical line has no slope")
    return (-b.y - u.y) * pow(b.x - u.x, -1, FIELD) % FIELD


def _parse(made: Any, point: Point) -> None:
    encoded = b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    if not lib.secp256k1_ec_pubkey_parse(_CONTEXT, made, encoded, 65):
        raise ValueError(f"{point} is no point of secp256k1")


def _point(made: Any) -> Point:
    encoded, length = ffi.new("unsigned char[65]"), ffi.new("size_t *", 65)
    lib.secp256k1_ec_pubkey_serialize(_CONTEXT, encoded, length, made, EC_UNCOMPRESSED)
    raw = bytes(ffi.buffer(encoded))
    return Point(int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big"))
