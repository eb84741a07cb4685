"""Parties, and the salted commitment to their identity record."""

import secrets
from dataclasses import dataclass

from muniment.hashing import keccak, keccak_words

PARTY_DOMAIN = keccak(b"Muniment.Party.v1")
INVITATION_LIFETIME = 7 * 24 * 3600  # seconds

# Crockford's base 32: without I, L, O and U, so that a code can be read aloud and typed from paper.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
_CODE_LENGTH = 20  # 100 bits: nobody guesses one, so a plain hash is enough to store


@dataclass(frozen=True)
class PartyRecord:
    """What an agency holds of a party: the salt and the canonical JSON of the identity record are private."""

    party: str
    agency: str
    commitment: str
    salt: str | None
    record: str | None


def party_id(agency: str, commitment: str) -> str:
    """The party's id: keccak256(abi.encode(keccak256("Muniment.Party.v1"), agency, commitment))."""
    return keccak_words(PARTY_DOMAIN, agency, commitment)


def commitment_of(salt: str, record: bytes) -> str:
    """Salted hash of an identity record: keccak256(salt ‖ record), salt 32 bytes, record RFC 8785 JSON."""
    return keccak(bytes.fromhex(salt.removeprefix("0x")) + record)


def new_salt() -> str:
    """32 random bytes, as 0x hex."""
    return "0x" + secrets.token_bytes(32).hex()


def new_code() -> str:
    """A one-time invitation code of 100 random bits, in groups of four."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(code[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def code_hash(code: str) -> str:
    """What is stored of an invitation code; case, hyphens, spaces and lookalike letters do not matter."""
    return keccak(code.strip().upper().translate(_LOOKALIKES).encode())
