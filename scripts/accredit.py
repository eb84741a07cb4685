"""Accredit agencies, officers' keys and registers; retire keys; list who may do what.

What already stands is reported and not sent again. Where the key is a Safe's, the call is printed for pasting there.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from eth_utils import keccak

from scripts.common import keys, session, settings, verification
from scripts.common.acts import perform
from scripts.common.agencies import (
    accredit_officer,
    register_agency,
    retire_officer,
    set_register,
    when,
)
from scripts.common.registries import AgencyStatus, KeyStanding, RegisterStatus, Registries, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused

NAMED = "its domain, or the domains from the top down where agencies stand above it: a.gov/b.gov"


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Say who may act for the state.", allow_abbrev=False)
    verb = session.verbs(parser)
    agency = verb("agency", "register an agency: by the root, or by the admin of its --parent")
    agency.add_argument("--domain", required=True, help="its internet domain, e.g. land.example.gov")
    agency.add_argument("--admin", help="who accredits its officers: a Safe or timelock; MUNIMENT_ADMIN in .env")
    agency.add_argument("--scopes", required=True, help="powers it may give, e.g. LAND_REGISTRAR,IDENTITY_OFFICER")
    agency.add_argument("--parent", metavar="NAME|ID", help="the agency above it; without, the root")
    officer = verb("officer", "give a key powers for a period: by the agency's admin")
    officer.add_argument("--agency", required=True, metavar="NAME|ID", help=NAMED)
    officer.add_argument("--key", required=True, metavar="ADDRESS")
    officer.add_argument("--scopes", required=True)
    officer.add_argument("--from", dest="since", metavar="TIME", default="0", help="ISO 8601 or Unix seconds; now")
    officer.add_argument("--until", metavar="TIME", help="ISO 8601 or Unix seconds; a year from now")
    register = verb("register", "give a jurisdiction's land register to an agency: by the root")
    register.add_argument("--jurisdiction", required=True, metavar="CODE", help="ISO 3166, e.g. GB or GB-SCT")
    register.add_argument("--agency", required=True, metavar="NAME|ID", help=NAMED)
    register.add_argument("--status", required=True, choices=["authoritative", "mirror"])
    retire = verb("retire", "end a key's powers now: by its agency's admin")
    retire.add_argument("--key", required=True, metavar="ADDRESS")
    verb("list", "list agencies, officers and registers")
    return parser


def read(args: argparse.Namespace) -> None:
    """Turn addresses and times into values before anything slow happens. Raises Misused."""
    if args.verb in ("officer", "retire"):
        args.key = settings.address(args.key, "an officer's key")
    if args.verb == "agency":
        settings.domain_hash(args.domain)
        args.admin = args.admin and settings.address(args.admin, "the agency's admin")
    if args.verb == "register":
        settings.jurisdiction(args.jurisdiction)
    if args.verb == "officer":
        args.since = settings.moment(args.since, "--from")
        args.until = settings.moment(args.until, "--until") if args.until else None


def admin_of(session: Session) -> str:
    """Whom --admin or MUNIMENT_ADMIN names; on a local node its third account. Raises Misused."""
    admin = keys.named(session, "admin", session.args.admin, place=2)
    if admin is None:
        raise Misused("No admin is given; pass --admin or set MUNIMENT_ADMIN to the agency's Safe or timelock.")
    return admin


def accredit(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb == "list":
        return listing(session, registries)
    if args.verb == "agency":
        act = register_agency(registries, args.domain, admin_of(session), registries.bits(args.scopes), args.parent)
    elif args.verb == "officer":
        scopes = registries.bits(args.scopes)
        act = accredit_officer(registries, args.agency, args.key, scopes, args.since, args.until)
    elif args.verb == "register":
        act = set_register(registries, args.jurisdiction, args.agency, RegisterStatus[args.status.upper()])
    else:
        act = retire_officer(registries, args.key)
    return perform(session, act)


def listing(session: Session, registries: Registries) -> dict[str, Any]:
    """Who may do what now, from the contracts' events and present state."""
    agencies = registries.record["contracts"]["AgencyRegistry"]
    titles = registries.record["contracts"]["TitleRegistry"]
    functions = registries.agencies.functions
    now = session.web3.eth.get_block("latest")["timestamp"]
    listed: dict[str, Any] = {"root": functions.root().call().lower(), "agencies": [], "officers": [], "registers": []}
    for identifier in subjects(session, agencies, "AgencyRegistered(bytes32,bytes32,address,uint64,bytes32)", 1):
        agency = functions.agencyOf(identifier).call()
        listed["agencies"].append(
            {
                "agency": "0x" + identifier.hex(),
                "domain_hash": "0x" + bytes(agency.domainHash).hex(),
                "admin": agency.admin.lower(),
                "scopes": registries.names(agency.scopes),
                "status": AgencyStatus(agency.status).name.lower(),
            }
        )
    for topic in subjects(session, agencies, "OfficerAccredited(bytes32,address,uint32,uint64,uint40,uint40)", 2):
        key = session.web3.to_checksum_address(topic[-20:])
        officer = functions.officerOf(key).call()
        listed["officers"].append(
            {
                "key": key.lower(),
                "agency": "0x" + bytes(officer.agency).hex(),
                "scopes": registries.names(officer.scopes),
                "standing": KeyStanding(functions.standingAt(key, now).call()).name.lower(),
                "until": when(officer.notAfter),
            }
        )
    for topic in subjects(session, titles, "RegisterSet(bytes8,bytes32,uint8)", 1):
        register = registries.titles.functions.registerOf(topic[:8]).call()
        listed["registers"].append(
            {
                "jurisdiction": topic[:8].rstrip(b"\0").decode("ascii", "replace"),
                "agency": "0x" + bytes(register.agency).hex(),
                "status": RegisterStatus(register.status).name.lower(),
            }
        )
    session.say(f"Root      {listed['root']}")
    for kind in ("agencies", "officers", "registers"):
        for entry in listed[kind]:
            session.say(f"{kind.capitalize():9} " + "  ".join(entry.values()))
    return listed


def subjects(session: Session, entry: dict[str, Any], event: str, topic: int) -> list[bytes]:
    """The distinct values of one indexed topic over all events of a kind, in order of first appearance."""
    found = verification.logs(session, entry, [keccak(event.encode("ascii"))])
    return list(dict.fromkeys(bytes(log["topics"][topic]) for log in found))


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), accredit, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
