"""The deployed registries as staff speak of them: contracts and powers by name, agencies by domain."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from scripts.common import code, records, settings, verification
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused

NOBODY = bytes(32)


class AgencyStatus(IntEnum):
    """As in IAgencyRegistry."""

    UNKNOWN, ACTIVE, SUSPENDED, CLOSED = range(4)


class KeyStanding(IntEnum):
    """As in IAgencyRegistry."""

    UNKNOWN, NOT_YET, CURRENT, RETIRED, COMPROMISED = range(5)


class RegisterStatus(IntEnum):
    """As in ITitleRegistry."""

    NONE, MIRROR, AUTHORITATIVE = range(3)


@dataclass(frozen=True)
class Registries:
    """The deployed contracts, and the powers that they know."""

    session: Session
    agencies: Any
    titles: Any
    scopes: dict[str, int]
    record: dict[str, Any]

    def contract(self, name: str) -> Any:
        """A deployed contract by its name. Raises Refused when the deployment is from before there was one."""
        entry = self.record["contracts"].get(name)
        if entry is None:
            raise Refused(f"This deployment has no {name}; run deploy again: it adds what is missing.")
        return self.session.contract(name, entry["address"])

    def now(self) -> int:
        """The time of the latest block, Unix seconds."""
        return int(self.session.web3.eth.get_block("latest")["timestamp"])

    def bits(self, names: str) -> int:
        """Powers by name, separated by commas, as the contract's bit set. Raises Misused."""
        wanted = [name.strip().upper() for name in names.split(",") if name.strip()]
        unknown = [name for name in wanted if name not in self.scopes]
        if unknown or not wanted:
            raise Misused(f"Unknown power “{', '.join(unknown)}”; there are {', '.join(self.scopes)}.")
        return sum(self.scopes[name] for name in set(wanted))

    def names(self, bits: int) -> str:
        """The names of a set of powers."""
        return ",".join(name for name, bit in self.scopes.items() if bits & bit) or "none"


def open_registries(session: Session) -> Registries:
    """The contracts of deployments/<network>.json. Raises Refused when there are none on this chain."""
    path = session.deployments / f"{session.network.name}.json"
    record = records.read(path)
    if record is None:
        raise Refused(f"There is no {path}; deploy first.")
    apart = verification.another_chain(session, record)
    names = verification.recorded(record)
    wrong = f"it does not fit this node: {apart}" if apart else verification.misses(record, names)
    for name in () if wrong else names:
        entry = record["contracts"][name]
        if code.hash_of(code.standing_code(session, entry["address"])) != entry["bytecode_hash"]:
            wrong = f"at {entry['address']} is not the {name} that was deployed"
    if wrong:
        raise Refused(f"{path} is not in order, and nothing was sent; see check_deployment: {wrong}.")
    agencies, titles = (
        session.contract(name, record["contracts"][name]["address"]) for name in ("AgencyRegistry", "TitleRegistry")
    )
    # A power is a constant of 64 bits without arguments, in capitals.
    names = [
        entry["name"]
        for entry in agencies.abi
        if entry["type"] == "function"
        and re.fullmatch(r"[A-Z_]+", entry["name"])
        and not entry["inputs"]
        and entry["outputs"][0]["type"] == "uint64"
    ]
    bits = {name: agencies.functions[name]().call() for name in names}
    return Registries(session, agencies, titles, dict(sorted(bits.items(), key=lambda pair: pair[1])), record)


def agency_id(registries: Registries, named: str) -> bytes:
    """An agency's id from the id itself in hex, or from its domain.

    An agency below others is named by the domains from the top down, joined by "/". Raises Misused.
    """
    if named.startswith("0x"):
        if not re.fullmatch(r"0x[0-9a-fA-F]{64}", named):
            raise Misused(f"“{named}” is no agency; write its domain, or 0x and 64 hex digits.")
        return bytes.fromhex(named[2:])
    found = NOBODY
    for domain in named.split("/"):
        found = bytes(registries.agencies.functions.agencyIdOf(found, settings.domain_hash(domain)).call())
    return found


def agency_of(registries: Registries, named: str) -> tuple[bytes, Any]:
    """A registered agency's id and record. Raises Refused when it was never registered."""
    found = agency_id(registries, named)
    agency = registries.agencies.functions.agencyOf(found).call()
    if agency.status == AgencyStatus.UNKNOWN:
        raise Refused(f"The agency {named} is not registered; run accredit agency first.")
    return found, agency


def checksum(registries: Registries, address: str) -> str:
    """An address with its EIP-55 checksum, as web3 wants it."""
    return str(registries.agencies.w3.to_checksum_address(address))
