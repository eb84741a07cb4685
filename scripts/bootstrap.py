"""Bring a local node to where titles and companies can be registered: deploy, then accredit one agency and its people.

For demonstrations and tests, in one process; on any other network each act is a decision of its own.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from scripts import deploy as deployment
from scripts.accredit import admin_of
from scripts.common import session, settings
from scripts.common.acts import perform
from scripts.common.agencies import accredit_officer, register_agency, set_register
from scripts.common.registries import RegisterStatus, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused
from scripts.company import set_rules

SCOPES = "LAND_REGISTRAR,IDENTITY_OFFICER,DOCUMENT_ISSUER,RESIDENCY_OFFICER,LICENSING,COMPANY_REGISTRAR"
FEE = 26_500  # paid at the counter, in cents, and attested by a registrar


def options() -> argparse.ArgumentParser:
    """The command line: that of deploy, and who is to be accredited."""
    parser = deployment.options()
    parser.description = "Deploy on a local node and accredit one agency, with register and rules for companies."
    parser.add_argument("--domain", default="land.example.gov", help="the agency's internet domain")
    parser.add_argument("--admin", metavar="ADDRESS", help="the agency's admin; the node's third account")
    parser.add_argument("--officer", metavar="ADDRESS", action="append", required=True, help="may be repeated")
    parser.add_argument("--scopes", default=SCOPES, help=f"powers of agency and officers; {SCOPES}")
    parser.add_argument("--jurisdiction", metavar="CODE", default="GB", help="ISO 3166, e.g. GB")
    parser.add_argument("--status", choices=["authoritative", "mirror"], default="authoritative")
    return parser


def read(args: argparse.Namespace) -> None:
    """Read the script's own options. Raises Misused."""
    deployment.read(args)
    settings.domain_hash(args.domain)
    settings.jurisdiction(args.jurisdiction)
    args.officer = [settings.address(key, "an officer's key") for key in args.officer]


def bootstrap(session: Session) -> dict[str, Any]:
    """Deploy and accredit. Gives the contracts' addresses and what was done about each act."""
    args = session.args
    if not session.network.local:
        raise Misused(f"bootstrap is for local nodes; on {session.network.name} run deploy and accredit.")
    record = deployment.deploy(session)
    if args.dry_run:
        return {"network": session.network.name, "acts": []}
    registries = open_registries(session)
    scopes = registries.bits(args.scopes)
    acts = [perform(session, register_agency(registries, args.domain, admin_of(session), scopes, None))]
    for key in args.officer:
        act = accredit_officer(registries, args.domain, key, scopes, 0, None)
        acts.append(perform(session, act))
    acts.append(
        perform(session, set_register(registries, args.jurisdiction, args.domain, RegisterStatus[args.status.upper()]))
    )
    if "COMPANY_REGISTRAR" in registries.names(scopes):
        acts.append(perform(session, set_rules(registries, args.domain, FEE, founder_kinds=["E_RESIDENT"])))
    return deployment.summary(record) | {"acts": acts}


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), bootstrap, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
