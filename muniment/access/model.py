"""Agencies and their officers' keys: ids, powers, and how a key stood at a moment (`interfaces/access`)."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from muniment.hashing import ZERO_HASH, keccak, keccak_words

AGENCY_DOMAIN = keccak(b"Muniment.Agency.v1")


class AgencyStatus(IntEnum):
    """Unknown: never registered. Closed is final; Suspended can be lifted."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2
    CLOSED = 3


class KeyStanding(IntEnum):
    """How a key stood at one moment, judged with what is known now."""

    UNKNOWN = 0
    NOT_YET = 1
    CURRENT = 2
    RETIRED = 3
    COMPROMISED = 4


class Scope(IntFlag):
    """The powers of officers, one bit each, in the order of `IAgencyRegistry`."""

    LAND_REGISTRAR = 1 << 0
    COURT = 1 << 1
    ELECTION_OFFICER = 1 << 2
    DOCUMENT_ISSUER = 1 << 3
    IDENTITY_OFFICER = 1 << 4
    RESIDENCY_OFFICER = 1 << 5
    LICENSING = 1 << 6
    COMPANY_REGISTRAR = 1 << 7
    DATA_PROVIDER = 1 << 8
    DATA_CONSUMER = 1 << 9
    KEY_CUSTODIAN = 1 << 10


@dataclass(frozen=True)
class Officer:
    """A key's one record; times are Unix seconds, `compromised_since` is None while the key is trusted."""

    key: str
    agency: str
    scopes: Scope
    not_before: int
    not_after: int
    compromised_since: int | None
    accredited_at: int

    def standing_at(self, time: int) -> KeyStanding:
        """How the key stood at a moment: compromise wins over every other standing from its date on."""
        if self.compromised_since is not None and time >= self.compromised_since:
            return KeyStanding.COMPROMISED
        if time < self.not_before:
            return KeyStanding.NOT_YET
        return KeyStanding.CURRENT if time < self.not_after else KeyStanding.RETIRED


def domain_hash(domain: str) -> str:
    """keccak256 of an agency's internet domain in lower case, e.g. "land.example.gov"."""
    return keccak(domain.strip().lower().encode())


def agency_id(parent: str, domain_hash: str) -> str:
    """The agency's id: keccak256(abi.encode(keccak256("Muniment.Agency.v1"), parent, domainHash)).

    The parent is zero for an agency that the root registered.
    """
    return keccak_words(AGENCY_DOMAIN, parent, domain_hash)


def agency_named(name: str) -> str:
    """The id of an agency by its domain; of one below others, by the domains from the top down, joined by "/"."""
    found = ZERO_HASH
    for domain in name.split("/"):
        found = agency_id(found, domain_hash(domain))
    return found


def scopes_of(mask: int) -> tuple[str, ...]:
    """The names of the powers in a mask, lowest bit first; a bit without a name is shown as BIT_n."""
    known = {scope.value: scope.name or "" for scope in Scope}
    return tuple(known.get(1 << n, f"BIT_{n}") for n in range(mask.bit_length()) if mask >> n & 1)
