"""Issue a credential to a party, revoke it with a reason, say how it stands; define a kind of an agency's own.

For staff who work without the service. One officer with the kind's power is enough.
"""

import argparse
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from scripts.common import cases, keys, session, settings
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import credential_kind, shown
from scripts.common.registries import NOBODY, Registries, agency_of, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused

# Reasons of revocation and their numbers (RFC 5280, section 5.3.1), but for the two of a hold.
REASONS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}


class Standing(IntEnum):
    """As in ICredentialRegistry."""

    NONE, SUSPECT, REVOKED, NOT_YET, EXPIRED, CURRENT = range(6)


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Issue and revoke credentials of parties.", allow_abbrev=False)
    verb = session.verbs(parser)
    issue = verb("issue", "give a party a credential: by an officer with the kind's power")
    issue.add_argument("--from", dest="since", metavar="TIME", default="0", help="ISO 8601 or Unix seconds; now")
    issue.add_argument("--until", required=True, metavar="TIME", help="ISO 8601, or 90d, 18m, 2y from today")
    cases.evidence_options(issue, flag="--decision", what="the decision that it rests on")
    revoke = verb("revoke", "end a credential: by an officer of the agency that issued it")
    revoke.add_argument("--reason", required=True, choices=list(REASONS), help="as RFC 5280 names them")
    status = verb("status", "say how a party's credential stands")
    for made in (issue, revoke, status):
        made.add_argument("--kind", required=True, metavar="NAME", help="e.g. E_RESIDENT, or one of the agency's own")
        made.add_argument("--agency", required=made is issue, metavar="NAME|ID", help=cases.NAMED)
        party = made.add_mutually_exclusive_group(required=True)
        party.add_argument("--party", metavar="ID")
        party.add_argument("--commitment", metavar="HASH", help="of the record of a party of --agency")
    define = verb("define", "define a kind of an agency's own: by its admin")
    define.add_argument("--agency", required=True, metavar="NAME|ID", help=cases.NAMED)
    define.add_argument("--kind", required=True, metavar="NAME", help="at most 64 bytes, e.g. TAXI_DRIVER")
    define.add_argument("--scope", required=True, metavar="POWER", help="whose officers issue it, e.g. LICENSING")
    for made in (issue, revoke):
        keys.officer_option(made)
    return parser


def read(args: argparse.Namespace) -> None:
    """Read ids, hashes and times before anything slow happens. Raises Misused."""
    cases.read(args)
    if getattr(args, "party", None):
        args.party = settings.hash32(args.party, "a party")
    if getattr(args, "commitment", None) and not args.agency:
        raise Misused("A commitment is of a party of an agency; pass --agency, or --party with the party's id.")
    if args.verb == "issue":
        args.since = settings.moment(args.since, "--from")


def credentials(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb == "define":
        return perform(session, define(registries, args.agency, args.kind, args.scope))
    agency = agency_of(registries, args.agency)[0] if args.agency else None
    party = bytes.fromhex(args.party[2:]) if args.party else cases.party_of(registries, args)[2]
    kind = credential_kind(registries, agency, args.kind)
    if args.verb == "status":
        return status(session, registries, party, kind)
    if args.verb == "revoke":
        return perform(session, revoke(session, registries, party, kind))
    assert agency is not None
    return perform(session, issue(session, registries, agency, party, kind))


def issue(session: Session, registries: Registries, agency: bytes, party: bytes, kind: bytes) -> Act:
    """Give a party a credential. One of the same agency that ends at the same time stands already."""
    args, functions = session.args, registries.contract("CredentialRegistry").functions
    until = settings.ahead(args.until, "--until", registries.now())
    if until <= max(args.since, registries.now()):
        raise Misused(f"A credential until {when(until)} would be over before it begins.")
    evidence = cases.evidence_of(session)

    def holds() -> bool:
        present = functions.credentialOf(party, kind).call()
        kept = (bytes(present.agency), present.until, present.revoked) == (agency, until, False)
        return kept and args.since in (0, present.until and getattr(present, "from", present[3]))

    def details() -> list[tuple[str, str]]:
        present = functions.credentialOf(party, kind).call()
        lines = [
            ("Party", shown(party)),
            ("Kind", f"{args.kind}, issued with {registries.names(functions.kindOf(kind).call()[0])}"),
            ("Holds", f"from {when(args.since) if args.since else 'now'} until {when(until)}"),
            ("Decision", shown(evidence)),
        ]
        return [*lines, ("Replaces", _words(registries, party, kind))] if present.issuedAt else lines

    return Act(
        f"the party {shown(party)} is {args.kind} until {when(until)}",
        "officer",
        keys.officer(session),
        functions.issue(agency, party, kind, args.since, until, evidence),
        holds,
        details,
    )


def revoke(session: Session, registries: Registries, party: bytes, kind: bytes) -> Act:
    """End a credential for a reason."""
    args, functions = session.args, registries.contract("CredentialRegistry").functions
    if not functions.credentialOf(party, kind).call().issuedAt:
        raise Refused(f"The party {shown(party)} has no credential {args.kind}; there is nothing to revoke.")

    def holds() -> bool:
        present = functions.credentialOf(party, kind).call()
        if present.revoked and present.reason != REASONS[args.reason]:
            raise Refused(f"It was revoked already: {_words(registries, party, kind)}. Nothing was sent.")
        return bool(present.revoked)

    return Act(
        f"the party {shown(party)} is {args.kind} no more: {args.reason}",
        "officer",
        keys.officer(session),
        functions.revoke(party, kind, REASONS[args.reason]),
        holds,
        lambda: [("Present", _words(registries, party, kind))],
    )


def define(registries: Registries, named: str, name: str, scope: str) -> Act:
    """Define a kind of an agency's own, issued by its officers with one power."""
    agency, record = agency_of(registries, named)
    functions = registries.contract("CredentialRegistry").functions
    kind, bit = bytes(functions.kindIdOf(agency, name).call()), registries.bits(scope)

    def holds() -> bool:
        present = functions.kindOf(kind).call()[0]
        if present not in (0, bit):
            raise Refused(f"{named} has a kind {name} already, issued with {registries.names(present)}.")
        return bool(present)

    return Act(
        f"{name} is a credential of {named}, issued with {registries.names(bit)}",
        "admin",
        record.admin.lower(),
        functions.defineKind(agency, name, bit),
        holds,
        lambda: [("Kind", shown(kind))],
    )


def status(session: Session, registries: Registries, party: bytes, kind: bytes) -> dict[str, Any]:
    """Say how a credential stands."""
    functions = registries.contract("CredentialRegistry").functions
    present = functions.credentialOf(party, kind).call()
    standing = Standing(functions.standingAt(party, kind, registries.now()).call())
    session.say(f"Party      {shown(party)}\nKind       {session.args.kind}, {shown(kind)}")
    session.say(f"Stands     {_words(registries, party, kind)}")
    told = {"party": shown(party), "kind": shown(kind), "standing": standing.name.lower()}
    reasons = [name for name, number in REASONS.items() if present.revoked and number == present.reason]
    return told | {
        "agency": shown(present.agency) if bytes(present.agency) != NOBODY else None,
        "from": present[3],
        "until": present.until,
        "reason": next(iter(reasons), None),
    }


def _words(registries: Registries, party: bytes, kind: bytes) -> str:
    functions = registries.contract("CredentialRegistry").functions
    present = functions.credentialOf(party, kind).call()
    standing = Standing(functions.standingAt(party, kind, registries.now()).call())
    if standing is Standing.NONE:
        return "none"
    reason = next((f" ({name})" for name, number in REASONS.items() if number == present.reason), "")
    said = standing.name.lower().replace("_", " ") + (reason if present.revoked else "")
    return f"{said}, from {when(present[3])} until {when(present.until)}, by the agency {shown(present.agency)}"


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), credentials, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
