"""Many points at once, as libsecp256k1 itself holds them: no Python object for each coordinate.

A point is 64 bytes, x then y, outside, and the library's own pointer inside. None stands for infinity.
"""

from collections.abc import Sequence
from typing import Any

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from coincurve.flags import EC_UNCOMPRESSED

from muniment.hashing import keccak_bytes

_BLOCK = 256  # points that are allocated together
_DIGITS = 256  # values of a byte, the digit of `weighted_sum`
_SHIFT = _DIGITS.to_bytes(32, "big")


class Points:
    """Points that live as long as this does."""

    def __init__(self) -> None:
        self._context = GLOBAL_CONTEXT.ctx
        self._blocks: list[Any] = []
        self._free: list[Any] = []
        self._signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
        self._signer = ffi.new("secp256k1_pubkey *")
        self._encoded = ffi.new("unsigned char[65]")
        self._length = ffi.new("size_t *", 65)
        self._read = ffi.buffer(self._encoded)

    def parse(self, raw: bytes) -> Any:
        """The point of 64 bytes; None when a coordinate is beyond the field, or the point off the curve."""
        made = self._new()
        return made if lib.secp256k1_ec_pubkey_parse(self._context, made, b"\x04" + raw, 65) else None

    def write(self, point: Any) -> bytes:
        """The 64 bytes of a point."""
        lib.secp256k1_ec_pubkey_serialize(self._context, self._encoded, self._length, point, EC_UNCOMPRESSED)
        return bytes(self._read[1:65])

    def signer(self, signature: bytes, parity: int, digest: bytes) -> bytes | None:
        """The account that `ecrecover` gives for r and s in 64 bytes; None where it gives none."""
        context, held, made = self._context, self._signature, self._signer
        if not lib.secp256k1_ecdsa_recoverable_signature_parse_compact(context, held, signature, parity):
            return None
        if not lib.secp256k1_ecdsa_recover(context, made, held, digest):
            return None
        return keccak_bytes(self.write(made))[12:]

    def sum(self, points: Sequence[Any]) -> Any:
        """The sum of points, None among them too."""
        return self._combined([point for point in points if point is not None])

    def _combined(self, finite: list[Any]) -> Any:
        """The sum of finite points; of a single one, itself."""
        if len(finite) < 2:
            return finite[0] if finite else None
        made = self._new()
        listed = ffi.new("secp256k1_pubkey *[]", finite)
        return made if lib.secp256k1_ec_pubkey_combine(self._context, made, listed, len(finite)) else None

    def weighted_sum(self, points: Sequence[Any], factors: Sequence[bytes]) -> Any:
        """Σ factor·point, factors in big-endian bytes of any length up to 32, neither secret nor beyond the order.

        Points are put into buckets by each digit of their factor, and added there (Pippenger, SIAM Journal on
        Computing 9, 1980): an addition for each digit takes a hundredth of a multiplication.
        """
        longest = max(map(len, factors))
        buckets: list[list[list[Any]]] = [[[] for _ in range(_DIGITS)] for _ in range(longest)]
        for point, factor in zip(points, factors, strict=True):
            for level, digit in zip(buckets[longest - len(factor) :], factor, strict=True):
                if digit:
                    level[digit].append(point)
        total = None
        for level in buckets:
            total = self.sum([self._times(total, _SHIFT), self._level([self._combined(bucket) for bucket in level])])
        return total

    def _level(self, buckets: Sequence[Any]) -> Any:
        """Σ digit·bucket, bit by bit of the digit."""
        total = None
        for bit in reversed(range(_DIGITS.bit_length() - 1)):
            total = self.sum([total, total, *(bucket for digit, bucket in enumerate(buckets) if digit >> bit & 1)])
        return total

    def _times(self, point: Any, factor: bytes) -> Any:
        """A point times a number: a new one, since a sum of one point is that point itself."""
        if point is None:
            return None
        made = self._new()
        ffi.memmove(made, point, ffi.sizeof("secp256k1_pubkey"))
        lib.secp256k1_ec_pubkey_tweak_mul(self._context, made, factor)
        return made

    def _new(self) -> Any:
        if not self._free:
            block = ffi.new("secp256k1_pubkey[]", _BLOCK)
            self._blocks.append(block)
            self._free = [block + place for place in range(_BLOCK)]
        return self._free.pop()
