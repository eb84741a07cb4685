"""Carry out orders about titles.

A court's officer freezes and lifts, a registrar strikes caveats out. Two registrars pass a title on, rectify it, enter
and end liens, leases and easements: the first records the act, the second is shown the same in plain words and carries
it out. An order is named by its hash, keccak256 of the file.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from scripts.common import burdens, cases, geometry, keys, passing, session, settings, titles, two_officers
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import shown
from scripts.common.registries import NOBODY, Registries, checksum, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.titles import Restriction
from scripts.common.two_officers import Kind, Proposed, Values

KINDS = (
    *(passing.TRANSMISSION, passing.RECTIFICATION),
    *(burdens.LIEN, burdens.DISCHARGE, burdens.INTEREST, burdens.END),
)
RESTRICTION = keccak(b"Muniment.Restriction.v1")
ON_TITLES = ("transmit", "rectify", "enter-lien", "discharge-lien", "enter-interest", "end-interest")


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Carry out orders about titles.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "an order", _order_option, evidence=False)
    freeze = verb("freeze", "court's officer: let nothing move, charge or divide a title")
    lift = verb("lift", "court's officer: lift a freeze")
    lift.add_argument("--freeze", metavar="ID", help="which one; without, the only one on --title")
    caveat = verb("cancel-caveat", "registrar: strike a caveat out, on every title that carries it")
    caveat.add_argument("--caveat", required=True, metavar="ID")
    transmit = verb("transmit", "first registrar: pass a title on by inheritance, divorce or a court's judgment")
    transmit.add_argument("--kind", required=True, choices=["inheritance", "divorce", "court"])
    rectify = verb("rectify", "first registrar: correct what a title says; what is not named stays")
    rectify.add_argument("--geometry", metavar="FILE|HASH", help="GeoJSON of one parcel, or its geometry's hash")
    rectify.add_argument("--area", metavar="M2", help="in square metres; without, that of the GeoJSON, or the present")
    rectify.add_argument("--grade", choices=["provisional", "qualified", "absolute"])
    for made in (transmit, rectify):
        made.add_argument(
            "--share", action="append", metavar="PARTY=1/2", required=made is transmit, help="a holder; may be repeated"
        )
    lien = verb("enter-lien", "first registrar: charge a title with a statutory or a court's lien, behind all others")
    lien.add_argument("--kind", required=True, choices=["statutory", "court"])
    lien.add_argument("--creditor", required=True, metavar="PARTY")
    lien.add_argument("--amount", required=True, type=int, metavar="UNITS", help="in the currency's smallest unit")
    lien.add_argument("--currency", required=True, metavar="CODE|ADDRESS", help="ISO 4217, e.g. SEK, or a token")
    discharge = verb("discharge-lien", "first registrar: release a title from a lien")
    discharge.add_argument("--lien", required=True, metavar="ID")
    interest = verb("enter-interest", "first registrar: enter a lease or an easement that an order made")
    interest.add_argument("--kind", required=True, choices=["lease", "easement"])
    interest.add_argument("--beneficiary", metavar="PARTY", help="who has the use")
    interest.add_argument("--serves", metavar="TITLE", help="the title that an easement serves, whoever holds it")
    interest.add_argument("--until", metavar="TIME", help="its last second, e.g. 2030-12-31T23:59:59; a lease has one")
    end = verb("end-interest", "first registrar: end a lease or an easement")
    end.add_argument("--interest", required=True, metavar="ID")
    for made in (discharge, end):
        made.add_argument("--terms", metavar="JSON", help="its terms, where it moved in and was not entered here")
    status = verb("status", "say how a title stands, and what waits for a second registrar")
    for made in (freeze, lift, transmit, rectify, lien, discharge, interest, end, status):
        titles.title_options(made, required=made is not lift)
    for made in (transmit, rectify, lien, interest):
        made.add_argument("--date", metavar="YYYY-MM-DD", help="of legal effect")
    for made in (freeze, lift, caveat, transmit, rectify, lien, discharge, interest, end):
        made.add_argument("--order", required=True, metavar="FILE|HASH", help="the order that it rests on")
    return parser


def _order_option(confirm: argparse.ArgumentParser) -> None:
    confirm.add_argument("--order", metavar="FILE|HASH", help="compare with the order that lies before you")


def read(args: argparse.Namespace) -> None:
    """Read ids, hashes, shares and amounts before anything slow happens. Raises Misused."""
    two_officers.read(args)
    titles.read_title(args)
    for word in ("freeze", "caveat", "creditor", "lien", "beneficiary", "serves", "interest"):
        if getattr(args, word, None):
            setattr(args, word, bytes.fromhex(settings.hash32(getattr(args, word), f"--{word}")[2:]))
    if "order" in args:
        args.order = cases.order_of(args.order)
        if args.verb != "confirm" and not any(args.order):
            raise Misused("An order has a hash that is not zero.")
    if "date" in args:
        args.date = titles.legal_date(args.date)
    if getattr(args, "share", None):
        args.share = titles.shares_of(args.share)
    if args.verb == "lift" and (args.freeze is None) == (args.title is None):
        raise Misused("Say which freeze with --freeze, or on which --title the only one stands.")
    if args.verb == "rectify":
        args.geometry, drawn = geometry.of(args.geometry) if args.geometry else (None, None)
        args.area = titles.square_decimetres(args.area) if args.area else drawn
    if args.verb == "enter-lien":
        args.currency = settings.currency(args.currency)
        if not 0 < args.amount < 2**256:
            raise Misused("The amount is a whole number of the currency's smallest unit, above zero.")
    if args.verb == "enter-interest":
        args.until = settings.moment(args.until, "--until") if args.until else 0
        if (args.beneficiary is None) == (args.serves is None):
            raise Misused("A lease or easement has either a --beneficiary or a title that it --serves.")


def court_order(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb == "confirm":
        return two_officers.confirm(session, registries, KINDS, lambda act: _compare_order(session, act))
    if args.verb in ("withdraw", "pending"):
        return two_officers.routine(session, registries, KINDS)
    if args.verb == "cancel-caveat":
        return perform(session, cancel_caveat(registries, args.caveat, args.order, keys.officer(session)))
    if args.verb == "lift":
        identifier = args.freeze or _only_freeze(registries, titles.title_of(registries, args))
        return perform(session, lift(registries, identifier, args.order, keys.officer(session)))
    title = titles.title_of(registries, args)
    if args.verb == "status":
        return status(session, registries, title)
    if args.verb == "freeze":
        return _freeze(session, registries, title)
    kind, values = proposal(registries, args, title)
    told = two_officers.propose(session, registries, kind, values)
    return told | {"title": shown(title)} | _ids(registries, values)


# ── A court's officer, or a registrar, alone ────────────────────────────────────────────────────────────────────────


def _freeze(session: Session, registries: Registries, title: bytes) -> dict[str, Any]:
    officer, order = keys.officer(session), session.args.order
    court = bytes(registries.agencies.functions.officerOf(checksum(registries, officer)).call().agency)
    if court == NOBODY:
        raise Refused(f"{officer} is no officer; an agency's admin accredits officers. Nothing was sent.")
    words = (RESTRICTION, title, int(Restriction.FREEZE), court, order)
    identifier = keccak(encode(["bytes32", "bytes32", "uint8", "bytes32", "bytes32"], words))
    functions = registries.titles.functions

    def holds() -> bool:
        present = functions.restrictionOf(identifier).call()
        if present.lifted:
            raise Refused(f"The freeze {shown(identifier)} by this order was lifted; freezing anew takes a new order.")
        return bool(present.kind == Restriction.FREEZE)

    def lines() -> list[tuple[str, str]]:
        present = titles.standing(registries, title)
        holders = titles.shares_said(titles.shares_in(present))
        rest = [("Court", shown(court)), ("Order", shown(order)), *titles.in_the_way(registries, title)]
        return [("Title", f"{shown(title)}, version {present.version}"), ("Holders", holders), *rest]

    act = Act(f"the title {shown(title)} is frozen", "officer", officer, functions.freeze(title, order), holds, lines)
    return perform(session, act) | {"title": shown(title), "freeze": shown(identifier)}


def lift(registries: Registries, identifier: bytes, order: bytes, officer: str) -> Act:
    """Lift a freeze. By an officer of the court that ordered it."""
    present = _restriction(registries, identifier, Restriction.FREEZE)
    lines = [("Title", shown(present.title)), ("Court", shown(present.by)), ("Order", f"{shown(order)}, to lift it")]
    return _ended(registries, "liftFreeze", "is lifted", identifier, order, officer, lines)


def cancel_caveat(registries: Registries, identifier: bytes, order: bytes, officer: str) -> Act:
    """Strike a caveat out. By a registrar of the register's keeper."""
    present = _restriction(registries, identifier, Restriction.CAVEAT)
    lines = [("Title", shown(present.title)), ("Claimant", shown(present.by)), ("Until", when(present.until))]
    lines.append(("Order", shown(order)))
    return _ended(registries, "cancelCaveat", "is struck out", identifier, order, officer, lines)


def _ended(
    registries: Registries,
    function: str,
    words: str,
    identifier: bytes,
    order: bytes,
    officer: str,
    lines: list[tuple[str, str]],
) -> Act:
    functions = registries.titles.functions
    name = Restriction(functions.restrictionOf(identifier).call().kind).name.lower()
    return Act(
        f"the {name} {shown(identifier)} {words}",
        "officer",
        officer,
        functions[function](identifier, order),
        lambda: bool(functions.restrictionOf(identifier).call().lifted),
        lambda: lines,
    )


def _restriction(registries: Registries, identifier: bytes, kind: Restriction) -> Any:
    present = registries.titles.functions.restrictionOf(identifier).call()
    if present.kind != kind:
        raise Refused(f"There is no {kind.name.lower()} {shown(identifier)}. Nothing was sent.")
    return present


def _only_freeze(registries: Registries, title: bytes) -> bytes:
    found = titles.restrictions(registries, title, Restriction.FREEZE)
    if len(found) != 1:
        said = f"has the freezes {', '.join(map(shown, found))}; say which with --freeze" if found else "has no freeze"
        raise Refused(f"The title {shown(title)} {said}. Nothing was sent.")
    return found[0]


# ── Two registrars ──────────────────────────────────────────────────────────────────────────────────────────────────


def proposal(registries: Registries, args: argparse.Namespace, title: bytes) -> tuple[Kind, Values]:
    """The act that the options describe, and its arguments."""
    if args.verb == "transmit":
        denominator, shares = args.share
        kind = passing.Transmission[args.kind.upper()]
        values = {"title": title, "kind": int(kind), "denominator": denominator, "shares": shares}
        return passing.TRANSMISSION, values | {"source": (args.order, args.date)}
    if args.verb == "rectify":
        return passing.RECTIFICATION, passing.correction(registries, title, args)
    if args.verb == "enter-lien":
        terms = (int(burdens.LienKind[args.kind.upper()]), args.creditor, args.amount, args.currency, args.order)
        return burdens.LIEN, {"title": title, "lien": terms, "legalDate": args.date}
    if args.verb == "discharge-lien":
        terms = burdens.lien_terms(registries, args.lien, args.terms)
        return burdens.DISCHARGE, {"title": title, "lien": terms, "order": args.order}
    if args.verb == "enter-interest":
        kind = burdens.InterestKind[args.kind.upper()]
        terms = (int(kind), args.beneficiary or NOBODY, args.serves or NOBODY, args.until, args.order)
        return burdens.INTEREST, {"title": title, "interest": terms, "legalDate": args.date}
    terms = burdens.interest_terms(registries, args.interest, args.terms)
    return burdens.END, {"title": title, "interest": terms, "order": args.order}


def _ids(registries: Registries, values: Values) -> dict[str, str]:
    if "lien" in values:
        return {"lien": shown(burdens.lien_id(registries, values["lien"]))}
    if "interest" in values:
        return {"interest": shown(burdens.interest_id(registries, values["interest"]))}
    return {}


def _compare_order(session: Session, act: Proposed) -> None:
    """Where the second registrar brings the order, raise Refused unless it is the one that the first one named."""
    if not any(session.args.order):
        return
    values = act.values
    named = values.get("order") or (values["source"][0] if "source" in values else b"")
    named = bytes(named or (values.get("lien") or values["interest"])[4])
    if named != session.args.order:
        own = shown(session.args.order)
        raise Refused(f"The first registrar named the order {shown(named)}, but yours is {own}. Nothing was sent.")


def status(session: Session, registries: Registries, title: bytes) -> dict[str, Any]:
    """Say how a title stands, what weighs on it, and what waits for a second registrar."""
    present = titles.standing(registries, title)
    liens, interests = burdens.liens_on(registries, title), burdens.interests_on(registries, title)
    lines = [
        ("Title", f"{shown(title)}, version {present.version}, {titles.Grade(present.grade).name.lower()}"),
        ("Holders", titles.shares_said(titles.shares_in(present))),
        *((f"Lien {rank}", shown(lien)) for rank, lien in enumerate(liens, 1)),
        *(("Interest", shown(interest)) for interest in interests),
        *titles.in_the_way(registries, title),
    ]
    for heading, text in lines:
        session.say(f"{heading:10} {text}")
    denominator, shares = titles.shares_in(present)
    return {
        "title": shown(title),
        "version": present.version,
        "shares": {shown(holder): f"{part}/{denominator}" for holder, part in shares},
        "liens": [shown(lien) for lien in liens],
        "interests": [shown(interest) for interest in interests],
        "freezes": [shown(one) for one in titles.restrictions(registries, title, Restriction.FREEZE)],
        "caveats": [shown(one) for one in titles.restrictions(registries, title, Restriction.CAVEAT)],
        "pending": two_officers.listing(session, registries, KINDS),
    }


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), court_order, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
