"""The office signs what it cannot see: RFC 9474 by its own vectors, and what must not pass."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from muniment.ballots.enrolment.blind import (
    EXPONENT,
    PrivateKey,
    PublicKey,
    blind,
    blind_sign,
    blind_with,
    finalize,
    from_text,
    prepare,
    to_text,
    verify,
)
from muniment.errors import Refused

VECTOR: dict[str, str] = json.loads((Path(__file__).parents[2] / "vectors" / "blind_rsa.json").read_text())


def number(name: str) -> int:
    """A number of the vector."""
    return int(VECTOR[name], 16)


def raw(name: str) -> bytes:
    """Bytes of the vector."""
    return bytes.fromhex(VECTOR[name])


@pytest.fixture(scope="module")
def theirs() -> PrivateKey:
    """The RFC's key."""
    p, q = number("p"), number("q")
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return PrivateKey(numbers.private_key())


@pytest.fixture(scope="module")
def office() -> PrivateKey:
    """A key of the shortest length that manifests allow."""
    return PrivateKey.make(2048)


def test_the_vector_of_the_rfc(theirs: PrivateKey) -> None:
    """Every step must give the RFC's bytes."""
    prepared, randomizer = prepare(raw("msg"), lambda _: raw("msg_prefix"))
    assert prepared == raw("msg_prefix") + raw("msg")
    mask = pow(number("inv"), -1, theirs.public.modulus)
    blinded, secret = blind_with(theirs.public, prepared, raw("salt"), mask)
    assert blinded == raw("blinded_msg")
    assert secret == number("inv")
    signed = blind_sign(theirs, blinded)
    assert signed == raw("blind_sig")
    assert finalize(theirs.public, prepared, signed, secret) == raw("sig")
    assert verify(theirs.public, raw("msg"), randomizer, raw("sig"))


def test_a_key_survives_its_text(office: PrivateKey) -> None:
    """A key that was sealed and opened must sign what its public one verifies."""
    again = PrivateKey.load(office.pem)
    assert again.modulus == office.modulus
    assert int.from_bytes(from_text(again.modulus), "big") == office.public.modulus
    prepared, randomizer = prepare(b"a message")
    blinded, secret = blind(office.public, prepared)
    signature = finalize(office.public, prepared, blind_sign(again, blinded), secret)
    assert verify(office.public, b"a message", randomizer, signature)


def test_the_office_cannot_tell_who_was_who(office: PrivateKey) -> None:
    """Two blindings of one message must have nothing in common, and its signature nothing with what was signed."""
    prepared, _ = prepare(b"a message")
    first, second = (blind(office.public, prepared) for _ in range(2))
    assert first[0] != second[0]
    signed = blind_sign(office, first[0])
    assert finalize(office.public, prepared, signed, first[1]) != signed
    with pytest.raises(Refused, match="BlindSignatureRefused"):
        finalize(office.public, prepared, signed, second[1])


@pytest.mark.parametrize("change", ["message", "randomizer", "signature", "key", "length", "randomizer length"])
def test_nothing_else_verifies(office: PrivateKey, theirs: PrivateKey, change: str) -> None:
    """A signature must hold for its message, its random bytes and its key alone."""
    prepared, randomizer = prepare(b"a message")
    blinded, secret = blind(office.public, prepared)
    signature = finalize(office.public, prepared, blind_sign(office, blinded), secret)
    given: dict[str, Any] = {"message": b"a message", "randomizer": randomizer, "signature": signature}
    public: PublicKey = theirs.public if change == "key" else office.public
    if change in given:
        given[change] = bytes([given[change][0] ^ 1]) + given[change][1:]
    elif change == "length":
        given["signature"] = b"\0" + signature
    elif change == "randomizer length":
        given |= {"randomizer": randomizer + b"a", "message": b" message"}
    assert not verify(public, **given)


@pytest.mark.parametrize("wrong", ["short", "long", "zero", "modulus", "factor"])
def test_what_is_no_blinded_message_is_not_signed(office: PrivateKey, wrong: str) -> None:
    """Bytes that no voter can have blinded must be refused: their roots would tell of the key."""
    size = office.public.size
    blinded = {
        "short": secrets.token_bytes(size - 1),
        "long": bytes(1) + secrets.token_bytes(size),
        "zero": bytes(size),
        "modulus": office.public.modulus.to_bytes(size, "big"),
        "factor": office.numbers.p.to_bytes(size, "big"),
    }[wrong]
    with pytest.raises(Refused, match="BlindedRefused"):
        blind_sign(office, blinded)


@pytest.mark.parametrize("text", ["YQ==", "YR", "a", "a+b/", "é", "YQ\n"])
def test_bytes_have_one_text(text: str) -> None:
    """Padding, other alphabets and loose bits must be refused: one thing, one writing."""
    assert from_text(to_text(b"a")) == b"a"
    with pytest.raises(Refused, match="NotBase64"):
        from_text(text)
