"""What of companies the service does not do: an agency's rules (its admin), striking off and a court's orders.

The latter two take two registrars, one after the other.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from scripts.common import cases, session, settings, two_officers, verification
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import credential_kind, shown
from scripts.common.registries import NOBODY, Registries, agency_of, checksum, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Kind, Plan, Values

NO_ADDRESS = "0x" + "00" * 20
FILE = "(uint8,bytes32[],bytes32,bytes32,bytes32)"  # CompanyFile of ICompanyRegistry
IDS = ("contact", "articles", "address_hash")
RULES_SET = b"RulesSet(bytes32,address,uint256,address,bytes32,bytes32[])"


class Status(IntEnum):
    """As in ICompanyRegistry."""

    NONE, RESERVED, SIGNED, ENTERED, RELEASED, STRUCK_OFF = range(6)


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="An agency's rules, striking off, court orders.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "an act on a company")
    rules = verb("set-rules", "say what an agency asks of companies: by its admin")
    rules.add_argument("--agency", required=True, metavar="NAME|ID", help=cases.NAMED)
    rules.add_argument("--fee", type=int, default=0, metavar="UNITS", help="0 for none")
    rules.add_argument("--fee-token", metavar="ADDRESS", help="an ERC-20 token; without, a registrar attests the fee")
    rules.add_argument("--payee", metavar="ADDRESS", help="who receives it")
    rules.add_argument("--contact-kind", metavar="NAME", help="the credential of a contact person; without, none")
    rules.add_argument("--founder-kind", action="append", metavar="NAME", help="founders hold one; may be repeated")
    off = verb("strike-off", "first registrar: propose that a company has ended")
    cases.evidence_options(off, flag="--decision", what="the decision that it rests on")
    order = verb("order-change", "first registrar: propose what a court ordered to be on file")
    order.add_argument(
        "--file", required=True, metavar="JSON", help="threshold, board, contact, articles, address_hash"
    )
    order.add_argument("--court-order", required=True, metavar="FILE|HASH")
    for made in (off, order, verb("status", "say how a company stands")):
        made.add_argument("--company", required=True, metavar="ID")
    return parser


def read(args: argparse.Namespace) -> None:
    """Read ids, hashes and the company's file before anything slow happens. Raises Misused."""
    two_officers.read(args)
    cases.read(args)
    if args.verb == "set-rules":
        args.fee_token = settings.address(args.fee_token, "a token") if args.fee_token else NO_ADDRESS
        args.payee = settings.address(args.payee, "the payee") if args.payee else NO_ADDRESS
        if args.fee < 0 or (args.fee_token != NO_ADDRESS and not args.fee):
            raise Misused("A fee token needs a --fee above zero.")
    if "company" in args:
        args.company = settings.hash32(args.company, "a company")
    if args.verb == "order-change":
        args.court_order = cases.order_of(args.court_order)
        args.file = file_of(args.file)


def file_of(path: str) -> tuple[Any, ...]:
    """A company's file from JSON, in the order of CompanyFile; the board ascends. Raises Misused."""
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
        board = sorted(bytes.fromhex(settings.hash32(party, "a board member")[2:]) for party in given["board"])
        rest = [bytes.fromhex(settings.hash32(given[name], f"“{name}”")[2:]) for name in IDS]
        threshold = int(given["threshold"])
    except Misused:
        raise
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise Misused(f"{path} is no company's file; write JSON with threshold, board and {', '.join(IDS)}.") from None
    if not 1 <= threshold <= len(board):
        raise Misused(f"{threshold} of {len(board)} cannot sign; mind the threshold in {path}.")
    return (threshold, board, *rest)


def company(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb in ("confirm", "withdraw", "pending"):
        return two_officers.routine(session, registries, (STRIKING_OFF, ORDERED_CHANGE))
    if args.verb == "set-rules":
        rules = set_rules(
            registries, args.agency, args.fee, args.fee_token, args.payee, args.contact_kind, args.founder_kind or ()
        )
        return perform(session, rules)
    if args.verb == "status":
        return status(session, registries)
    values: Values = {"company": bytes.fromhex(args.company[2:])}
    if args.verb == "strike-off":
        values["sourceHash"] = cases.evidence_of(session)
        return two_officers.propose(session, registries, STRIKING_OFF, values)
    values |= {"file": args.file, "courtOrder": args.court_order}
    return two_officers.propose(session, registries, ORDERED_CHANGE, values)


def set_rules(
    registries: Registries,
    named: str,
    fee: int,
    token: str = NO_ADDRESS,
    payee: str = NO_ADDRESS,
    contact_kind: str | None = None,
    founder_kinds: Sequence[str] = (),
) -> Act:
    """Say what an agency asks of companies. By its admin. A fee without a token is one that registrars attest."""
    agency, record = agency_of(registries, named)
    companies = registries.contract("CompanyRegistry")
    contact = credential_kind(registries, agency, contact_kind) if contact_kind else NOBODY
    founders = [credential_kind(registries, agency, name) for name in founder_kinds]
    wanted = (checksum(registries, token), fee, checksum(registries, payee), contact, founders)

    def holds() -> bool:
        present = tuple(companies.functions.rulesOf(agency).call())
        if present != wanted or any(present):
            return present == wanted
        entry = registries.record["contracts"]["CompanyRegistry"]  # rules that ask for nothing look like none
        return any(verification.logs(registries.session, entry, [keccak(RULES_SET), agency]))

    asked = f"in {token} to {payee}" if token != NO_ADDRESS else "attested by a registrar"
    return Act(
        f"the rules of {named} for companies are set",
        "admin",
        record.admin.lower(),
        companies.functions.setRules(agency, wanted),
        holds,
        lambda: [
            ("Fee", f"{fee}, {asked}" if fee else "none"),
            ("Contact", f"holds {contact_kind}" if contact_kind else "needs no credential"),
            ("Founders", f"hold {' or '.join(founder_kinds)}" if founders else "need no credential"),
        ],
    )


def status(session: Session, registries: Registries) -> dict[str, Any]:
    """Say how a company stands, and what waits for a second registrar."""
    identifier = bytes.fromhex(session.args.company[2:])
    present = registries.contract("CompanyRegistry").functions.companyOf(identifier).call()
    stands = Status(present.status).name.lower().replace("_", " ")
    session.say(f"Company    {session.args.company}\nStands     {stands}, version {present.version}")
    session.say(f"Party      {shown(present.party) if present.version else 'none yet'}")
    if present.until:
        session.say(f"Until      {when(present.until)}")
    told = {"company": session.args.company, "status": stands, "version": present.version}
    told |= {"party": shown(present.party), "agency": shown(present.agency)}
    return told | {"pending": two_officers.listing(session, registries, (STRIKING_OFF, ORDERED_CHANGE))}


# ── The acts of two registrars ──────────────────────────────────────────────────────────────────────────────────────


def _present(registries: Registries, values: Values, *statuses: Status) -> Any:
    """The company as it stands. Raises Refused when it is at none of these steps."""
    present = registries.contract("CompanyRegistry").functions.companyOf(values["company"]).call()
    if statuses and present.status not in statuses:
        said = Status(present.status).name.lower().replace("_", " ")
        unknown = "There is no company" if present.status == Status.NONE else f"It is {said}, the company"
        raise Refused(f"{unknown} {shown(values['company'])}, so this cannot be. Nothing was sent.")
    return present


def _off_sentence(_: Registries, values: Values) -> str:
    return f"the company {shown(values['company'])} is struck off"


def _off_plan(registries: Registries, values: Values) -> Plan:
    present = _present(registries, values, Status.ENTERED)
    return [
        ("Company", f"{shown(values['company'])}, version {present.version}"),
        ("Party", f"{shown(present.party)}; nobody signs for it any more"),
        ("Agency", shown(present.agency)),
        ("Decision", shown(values["sourceHash"])),
    ]


def _off_done(registries: Registries, values: Values) -> bool:
    return bool(_present(registries, values).status == Status.STRUCK_OFF)


def _order_sentence(_: Registries, values: Values) -> str:
    return f"the company {shown(values['company'])} has the file that a court ordered"


def _order_plan(registries: Registries, values: Values) -> Plan:
    present = _present(registries, values, Status.ENTERED, Status.STRUCK_OFF)
    threshold, board, contact, articles, address = values["file"]
    again = "; it was struck off and stands again" if present.status == Status.STRUCK_OFF else ""
    return [
        ("Company", f"{shown(values['company'])}, version {present.version}{again}"),
        ("Agency", shown(present.agency)),
        ("Board", f"{threshold} of {', '.join(shown(person) for person in board)}"),
        ("Contact", shown(contact)),
        ("Articles", shown(articles)),
        ("Address", f"{shown(address)}, salted"),
        ("Order", shown(values["courtOrder"])),
    ]


def _order_done(registries: Registries, values: Values) -> bool:
    present = _present(registries, values)
    hashed = keccak(encode([FILE], [tuple(values["file"])]))
    return present.status == Status.ENTERED and bytes(present.fileHash) == hashed


STRIKING_OFF = Kind("CompanyRegistry", "strikeOff", _off_sentence, _off_plan, _off_done)
ORDERED_CHANGE = Kind("CompanyRegistry", "orderChange", _order_sentence, _order_plan, _order_done)


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), company, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
