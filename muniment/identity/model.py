"""Parties and credentials: their ids, the salted commitment to an identity record, how a credential stands."""

import re
import secrets
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from muniment.hashing import keccak, keccak_words

PARTY_DOMAIN = keccak(b"Muniment.Party.v1")
ORGANISATION_DOMAIN = keccak(b"Muniment.Organisation.v1")
POWER_DOMAIN = keccak(b"Muniment.Power.v1")
KIND_DOMAIN = keccak(b"Muniment.CredentialKind.v1")
CREDENTIAL_DOMAIN = keccak(b"Muniment.Credential.v1")
INVITATION_LIFETIME = 7 * 24 * 3600  # seconds
LONGEST_AHEAD = 7 * 24 * 3600  # seconds that a signature which is relayed may stay valid
KNOWN_KINDS = ("E_RESIDENT", "ESTATE_AGENT", "BANK", "NOTARY", "SURVEYOR")  # known everywhere, of no one agency
# Of revocation, RFC 5280, section 5.3.1, without the hold.
REASONS = {
    "unspecified": 0,
    "key-compromise": 1,
    "ca-compromise": 2,
    "affiliation-changed": 3,
    "superseded": 4,
    "cessation-of-operation": 5,
    "privilege-withdrawn": 9,
    "aa-compromise": 10,
}

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


class Seals(Protocol):
    """What keeps personal data from whoever reads the database alone (`muniment.identity.sealing`)."""

    def seal(self, text: str) -> str:
        """The text as it is stored."""

    def unseal(self, text: str) -> str:
        """The text that was sealed."""

    def seal_or_none(self, text: str | None) -> str | None:
        """The text as it is stored."""

    def unseal_or_none(self, text: str | None) -> str | None:
        """The text that was sealed."""


class CredentialStanding(IntEnum):
    """How a credential stands at one moment, in the order in which it is judged (`ICredentialRegistry`)."""

    NONE = 0
    SUSPECT = 1
    REVOKED = 2
    NOT_YET = 3
    EXPIRED = 4
    CURRENT = 5


@dataclass(frozen=True)
class CredentialFacts:
    """What a credential's standing follows from; times are Unix seconds, `compromised_since` is the issuing key's."""

    issued_at: int
    valid_from: int
    valid_until: int
    revoked: bool
    compromised_since: int | None

    def standing_at(self, time: int) -> CredentialStanding:
        """How it stood at a moment, judged with what is known now."""
        if self.compromised_since is not None and self.issued_at >= self.compromised_since:
            return CredentialStanding.SUSPECT
        if self.revoked:
            return CredentialStanding.REVOKED
        if time < self.valid_from:
            return CredentialStanding.NOT_YET
        return CredentialStanding.CURRENT if time < self.valid_until else CredentialStanding.EXPIRED


def party_id(agency: str, commitment: str) -> str:
    """The party's id: keccak256(abi.encode(keccak256("Muniment.Party.v1"), agency, commitment))."""
    return keccak_words(PARTY_DOMAIN, agency, commitment)


def organisation_id(registry: str, subject: str) -> str:
    """The id of an organisation that a registry contract keeps, such as a company (`IPartyNonces`)."""
    return keccak_words(ORGANISATION_DOMAIN, "0x" + registry.removeprefix("0x").rjust(64, "0"), subject)


def power_id(principal: str, nonce: int) -> str:
    """The id of a power of attorney: keccak256(abi.encode(keccak256("Muniment.Power.v1"), principal, nonce))."""
    return keccak_words(POWER_DOMAIN, principal, nonce.to_bytes(32, "big"))


def credential_id(party: str, kind: str) -> str:
    """The id of a credential: keccak256(abi.encode(keccak256("Muniment.Credential.v1"), party, kind))."""
    return keccak_words(CREDENTIAL_DOMAIN, party, kind)


def known_kind(name: str) -> str:
    """The kind that is known everywhere under this name: left-aligned ASCII. Raises ValueError for a longer one."""
    return "0x" + name.encode("ascii").hex().ljust(64, "0")


def kind_id(agency: str, name: str) -> str:
    """The kind that an agency defines under a name, defined or not."""
    return keccak_words(KIND_DOMAIN, agency, keccak(name.encode()))


def kind_named(text: str, agency: str | None = None) -> str:
    """The kind that a person means: an id, a name known everywhere such as E_RESIDENT, or a name of the agency's."""
    if re.fullmatch("0x[0-9a-fA-F]{64}", text):
        return text.lower()
    if text.upper() in KNOWN_KINDS or agency is None:
        return known_kind(text.upper()[:32])
    return kind_id(agency, text)


def kind_name(kind: str) -> str | None:
    """The name of a kind that is known everywhere; None for others."""
    return next((name for name in KNOWN_KINDS if known_kind(name) == kind), None)


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
