"""What accreditation brings about: agencies, officers' keys and registers. Each function gives one act."""

import time
from datetime import UTC, datetime

from scripts.common import settings
from scripts.common.acts import Act
from scripts.common.registries import (
    NOBODY,
    AgencyStatus,
    RegisterStatus,
    Registries,
    agency_of,
    checksum,
)
from scripts.common.settings import Refused

YEAR = 365 * 24 * 3600


def register_agency(registries: Registries, domain: str, admin: str, scopes: int, parent: str | None) -> Act:
    """Register an agency: by the root, or by the admin of its parent."""
    domain_hash = settings.domain_hash(domain)
    above, parent_agency = agency_of(registries, parent) if parent else (NOBODY, None)
    functions = registries.agencies.functions
    found = bytes(functions.agencyIdOf(above, domain_hash).call())
    authority = parent_agency.admin if parent_agency else functions.root().call()

    def holds() -> bool:
        agency = functions.agencyOf(found).call()
        if agency.status == AgencyStatus.UNKNOWN:
            return False
        present = (agency.admin.lower(), agency.scopes, bytes(agency.parent), agency.status)
        if present != (admin, scopes, above, AgencyStatus.ACTIVE):
            raise Refused(
                f"{domain} is registered otherwise: admin {agency.admin.lower()}, powers "
                f"{registries.names(agency.scopes)}, {AgencyStatus(agency.status).name.lower()}, parent "
                f"{'0x' + bytes(agency.parent).hex() if any(agency.parent) else 'the root'}. Nothing was sent."
            )
        return True

    return Act(
        f"{domain} is an agency with admin {admin} and the powers {registries.names(scopes)}",
        "admin" if parent else "root",
        str(authority).lower(),
        functions.registerAgency(above, checksum(registries, admin), scopes, domain_hash),
        holds,
    )


def accredit_officer(registries: Registries, named: str, key: str, scopes: int, since: int, until: int | None) -> Act:
    """Give a key powers for a period (Unix seconds; `since` 0 is now, `until` None a year). By the agency's admin."""
    found, agency = agency_of(registries, named)
    functions = registries.agencies.functions
    until_given = until is not None
    if until is None:
        until = functions.officerOf(checksum(registries, key)).call().notAfter or int(time.time()) + YEAR

    def holds() -> bool:
        officer = functions.officerOf(checksum(registries, key)).call()
        if bytes(officer.agency) == NOBODY:
            return False
        now = registries.agencies.w3.eth.get_block("latest")["timestamp"]
        same = (bytes(officer.agency), officer.scopes) == (found, scopes) and officer.compromisedSince == 0
        if not same or officer.notAfter <= now or (until_given and officer.notAfter != until):
            raise Refused(
                f"The key {key} has a record already, and a key is accredited once: powers "
                f"{registries.names(officer.scopes)} until {when(officer.notAfter)} for the agency "
                f"0x{bytes(officer.agency).hex()}. Use another key. Nothing was sent."
            )
        return True

    return Act(
        f"{key} is an officer of {named} with the powers {registries.names(scopes)} until {when(until)}",
        "admin",
        agency.admin.lower(),
        functions.accredit(found, checksum(registries, key), scopes, since, until),
        holds,
    )


def retire_officer(registries: Registries, key: str) -> Act:
    """End a key's period now; what it did before stays valid. By its agency's admin."""
    functions = registries.agencies.functions
    officer = functions.officerOf(checksum(registries, key)).call()
    if bytes(officer.agency) == NOBODY:
        raise Refused(f"The key {key} was never accredited; there is nothing to retire.")

    def holds() -> bool:
        now = registries.agencies.w3.eth.get_block("latest")["timestamp"]
        return bool(functions.officerOf(checksum(registries, key)).call().notAfter <= now)

    return Act(
        f"{key} is retired",
        "admin",
        functions.agencyOf(officer.agency).call().admin.lower(),
        functions.retire(checksum(registries, key), 0),
        holds,
    )


def set_register(registries: Registries, code: str, named: str, status: RegisterStatus) -> Act:
    """Give the keeping of a jurisdiction's register to an agency, or change its legal status. By the root."""
    jurisdiction = settings.jurisdiction(code)
    found, _ = agency_of(registries, named)

    def holds() -> bool:
        register = registries.titles.functions.registerOf(jurisdiction).call()
        return (bytes(register.agency), register.status) == (found, status)

    return Act(
        f"{named} keeps the {status.name.lower()} register of {code}",
        "root",
        registries.agencies.functions.root().call().lower(),
        registries.titles.functions.setRegister(jurisdiction, found, status),
        holds,
    )


def when(time: int) -> str:
    """Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")
