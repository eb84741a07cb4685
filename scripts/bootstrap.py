"""Bring a local node to where titles are sold and companies founded: deploy, then accredit an agency, a court, people.

For demonstrations and tests, in one process; on any other network each act is a decision of its own.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from scripts import deploy as deployment
from scripts.accredit import admin_of
from scripts.common import session, settings
from scripts.common.acts import Act, perform
from scripts.common.agencies import accredit_officer, register_agency, set_register
from scripts.common.registries import RegisterStatus, Registries, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused
from scripts.company import set_rules
from scripts.sale_rates import set_rates

SCOPES = (
    "LAND_REGISTRAR,IDENTITY_OFFICER,DOCUMENT_ISSUER,RESIDENCY_OFFICER,LICENSING,COMPANY_REGISTRAR,ELECTION_OFFICER"
)
FEE = 26_500  # paid at the counter, in cents, and attested by a registrar
# Of a sale, those of Sweden: duty of persons and organisations in millionths, and the fee in the smallest unit.
PERSON, ORGANISATION, SALE_FEE = 15_000, 42_500, 82_500


def options() -> argparse.ArgumentParser:
    """The command line: that of deploy, and who is to be accredited."""
    parser = deployment.options()
    parser.description = "Deploy on a local node, accredit an agency and a court; register, rates and rules included."
    parser.add_argument("--domain", default="land.example.gov", help="the agency's internet domain")
    parser.add_argument("--admin", metavar="ADDRESS", help="the agency's admin; the node's third account")
    parser.add_argument("--officer", metavar="ADDRESS", action="append", required=True, help="may be repeated")
    parser.add_argument("--scopes", default=SCOPES, help=f"powers of agency and officers; {SCOPES}")
    parser.add_argument("--jurisdiction", metavar="CODE", default="GB", help="ISO 3166, e.g. GB")
    parser.add_argument("--status", choices=["authoritative", "mirror"], default="authoritative")
    parser.add_argument("--currency", metavar="CODE", default="EUR", help="of prices of titles, ISO 4217")
    parser.add_argument("--court", metavar="ADDRESS", action="append", default=[], help="a court's officer; repeatable")
    parser.add_argument("--court-domain", default="court.example.gov", help="the court's internet domain")
    return parser


def read(args: argparse.Namespace) -> None:
    """Read the script's own options. Raises Misused."""
    deployment.read(args)
    settings.domain_hash(args.domain)
    settings.jurisdiction(args.jurisdiction)
    args.officer, args.court = (
        [settings.address(key, "an officer's key") for key in keys] for keys in (args.officer, args.court)
    )
    settings.domain_hash(args.court_domain)
    settings.currency(args.currency)
    if args.currency.startswith("0x"):
        raise Misused("There is no token on a fresh node yet; set its rates with sale_rates when there is.")


def bootstrap(session: Session) -> dict[str, Any]:
    """Deploy and accredit. Gives the contracts' addresses and what was done about each act."""
    args = session.args
    if not session.network.local:
        raise Misused(f"bootstrap is for local nodes; on {session.network.name} run deploy and accredit.")
    record = deployment.deploy(session)
    if args.dry_run:
        return {"network": session.network.name, "acts": []}
    registries = open_registries(session)
    return deployment.summary(record) | {"acts": [perform(session, act) for act in accreditations(registries)]}


def accreditations(registries: Registries) -> Iterator[Act]:
    """What is done once the contracts stand, each act when the one before is."""
    args, scopes = registries.session.args, registries.bits(registries.session.args.scopes)
    admin = admin_of(registries.session)
    yield register_agency(registries, args.domain, admin, scopes, None)
    for key in args.officer:
        yield accredit_officer(registries, args.domain, key, scopes, 0, None)
    yield set_register(registries, args.jurisdiction, args.domain, RegisterStatus[args.status.upper()])
    yield set_rates(registries, args.jurisdiction, args.currency, PERSON, ORGANISATION, fee=SALE_FEE)
    if "COMPANY_REGISTRAR" in registries.names(scopes):
        yield set_rules(registries, args.domain, FEE, founder_kinds=["E_RESIDENT"])
    if args.court:
        court = registries.bits("COURT")
        yield register_agency(registries, args.court_domain, admin, court, None)
        for key in args.court:
            yield accredit_officer(registries, args.court_domain, key, court, 0, None)


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), bootstrap, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
