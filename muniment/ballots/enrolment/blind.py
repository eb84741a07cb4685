"""Blind signatures: the enrolment office signs a credential without seeing it.

RFC 9474, RSABSSA-SHA384-PSS-Randomized. Both sides: the office's, and for kiosks and tests the voter's. Messages,
blinded messages and signatures are bytes, the last two as long as the modulus.
"""

import base64
import binascii
import hashlib
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from muniment.ballots.manifest import encode_modulus
from muniment.errors import Refused

EXPONENT = 65_537
SALT = 48  # bytes, as many as SHA-384 gives
RANDOMIZER = 32
_PSS = padding.PSS(padding.MGF1(hashes.SHA384()), SALT)

Draw = Callable[[int], bytes]  # so many random bytes


@dataclass(frozen=True)
class PublicKey:
    """A unit's key as the manifest publishes it."""

    modulus: int

    @cached_property
    def size(self) -> int:
        """Bytes of the modulus, and of what is signed."""
        return (self.modulus.bit_length() + 7) // 8

    @cached_property
    def verifier(self) -> rsa.RSAPublicKey:
        """The key that the library verifies with."""
        return rsa.RSAPublicNumbers(EXPONENT, self.modulus).public_key()


@dataclass(frozen=True)
class PrivateKey:
    """The office's side of it, which never leaves the database unsealed."""

    key: rsa.RSAPrivateKey

    @classmethod
    def make(cls, bits: int = 2048) -> Self:
        """A fresh key."""
        return cls(rsa.generate_private_key(EXPONENT, bits))

    @classmethod
    def load(cls, pem: str) -> Self:
        """Read what `pem` wrote and a seal has kept. Raises ValueError or TypeError for anything else.

        Whether the numbers are a key is not tried again, which takes six times as long as signing: whoever signs with
        others gets no signature, since each is checked.
        """
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("the key is no RSA key")
        return cls(key)

    @cached_property
    def pem(self) -> str:
        """PKCS #8, unencrypted: seal it."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @cached_property
    def public(self) -> PublicKey:
        """What anybody may have."""
        return PublicKey(self.key.public_key().public_numbers().n)

    @property
    def modulus(self) -> str:
        """The public key as the manifest holds it."""
        return encode_modulus(self.public.modulus)

    @cached_property
    def numbers(self) -> rsa.RSAPrivateNumbers:
        """The numbers that signing needs."""
        return self.key.private_numbers()


# ── The office ──────────────────────────────────────────────────────────────────────────────────────────────────


def blind_sign(private: PrivateKey, blinded: bytes) -> bytes:
    """Sign a blinded message (RFC 9474, section 4.3). Raises Refused(BlindedRefused) for one that is none.

    By the Chinese remainder theorem (RFC 8017, section 5.1.2), on a number that nobody knows: the time it takes tells
    nothing of the key. The result is checked, since a single wrong one would give the key away.
    """
    public, numbers = private.public, private.numbers
    message = blinded_number(public, blinded)
    mask = _unit_below(public.modulus, secrets.token_bytes)
    hidden = message * pow(mask, EXPONENT, public.modulus) % public.modulus
    first, second = pow(hidden, numbers.dmp1, numbers.p), pow(hidden, numbers.dmq1, numbers.q)
    root = second + numbers.q * (numbers.iqmp * (first - second) % numbers.p)
    signature = root * pow(mask, -1, public.modulus) % public.modulus
    if pow(signature, EXPONENT, public.modulus) != message:
        raise ArithmeticError("the private key does not fit its public one")
    return signature.to_bytes(public.size, "big")


def blinded_number(public: PublicKey, blinded: bytes) -> int:
    """The number that a blinded message stands for. Raises Refused(BlindedRefused) for one that no voter has made."""
    message = int.from_bytes(blinded, "big")
    if len(blinded) != public.size or not 0 < message < public.modulus or math.gcd(message, public.modulus) != 1:
        raise Refused("BlindedRefused", size=public.size)
    return message


# ── The voter ───────────────────────────────────────────────────────────────────────────────────────────────────


def prepare(message: bytes, draw: Draw = secrets.token_bytes) -> tuple[bytes, bytes]:
    """The message with random bytes before it, and these bytes (RFC 9474, section 4.1)."""
    randomizer = draw(RANDOMIZER)
    return randomizer + message, randomizer


def blind(public: PublicKey, prepared: bytes, draw: Draw = secrets.token_bytes) -> tuple[bytes, int]:
    """The blinded message for the office, and the secret to finalize with (RFC 9474, section 4.2)."""
    salt = draw(SALT)
    return blind_with(public, prepared, salt, _unit_below(public.modulus, draw))


def blind_with(public: PublicKey, prepared: bytes, salt: bytes, mask: int) -> tuple[bytes, int]:
    """The same with a given salt, and a given number that has an inverse."""
    encoded = int.from_bytes(_encode(prepared, public.modulus.bit_length() - 1, salt), "big")
    blinded = encoded * pow(mask, EXPONENT, public.modulus) % public.modulus
    return blinded.to_bytes(public.size, "big"), pow(mask, -1, public.modulus)


def finalize(public: PublicKey, prepared: bytes, blind_signature: bytes, secret: int) -> bytes:
    """The office's signature over the message itself (RFC 9474, section 4.4).

    Raises Refused(BlindSignatureRefused) when the office did not sign with this key.
    """
    number = int.from_bytes(blind_signature, "big")
    signature = (number * secret % public.modulus).to_bytes(public.size, "big")
    if len(blind_signature) != public.size or number >= public.modulus or not _verified(public, prepared, signature):
        raise Refused("BlindSignatureRefused")
    return signature


# ── Anybody ─────────────────────────────────────────────────────────────────────────────────────────────────────


def verify(public: PublicKey, message: bytes, randomizer: bytes, signature: bytes) -> bool:
    """Whether the office signed the message with these random bytes (RFC 9474, section 4.5)."""
    fits = len(randomizer) == RANDOMIZER and len(signature) == public.size
    return fits and _verified(public, randomizer + message, signature)


def to_text(raw: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes of base64url without padding. Raises Refused(NotBase64) for any other text, also of the same bytes."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise Refused("NotBase64") from None
    if to_text(raw) != text:
        raise Refused("NotBase64")
    return raw


def _verified(public: PublicKey, prepared: bytes, signature: bytes) -> bool:
    try:
        public.verifier.verify(signature, prepared, _PSS, hashes.SHA384())
    except InvalidSignature:
        return False
    return True


def _encode(message: bytes, bits: int, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 and MGF1 (RFC 8017, section 9.1.1)."""
    size = (bits + 7) // 8
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(size - len(salt) - len(digest) - 2) + b"\x01" + salt
    masked = bytearray(left ^ right for left, right in zip(block, _mask(digest, len(block)), strict=True))
    masked[0] &= 0xFF >> (8 * size - bits)
    return bytes(masked) + digest + b"\xbc"


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-384 (RFC 8017, appendix B.2.1)."""
    blocks = (hashlib.sha384(seed + count.to_bytes(4, "big")).digest() for count in range(-(-length // SALT)))
    return b"".join(blocks)[:length]


def _unit_below(modulus: int, draw: Draw) -> int:
    """A random number below the modulus that has an inverse."""
    size = (modulus.bit_length() + 7) // 8
    while True:
        number = int.from_bytes(draw(size), "big") & ((1 << modulus.bit_length()) - 1)
        if 1 < number < modulus and math.gcd(number, modulus) == 1:
            return number
