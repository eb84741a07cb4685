"""Say who signs for an organisation that an agency knows, or end it: by two officers, one after the other."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from scripts.common import cases, session, settings, two_officers
from scripts.common.cases import party_id, party_of, shown
from scripts.common.registries import Registries, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Kind, Plan, Values


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Say who signs for an organisation.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "a representation")
    given = verb("set", "first officer: propose who signs for the organisation")
    given.add_argument("--representative", required=True, action="append", metavar="PARTY", help="may be repeated")
    given.add_argument("--threshold", required=True, type=int, metavar="N", help="how many of them sign")
    end = verb("end", "first officer: propose that nobody signs for it any more")
    for made in (given, end):
        cases.evidence_options(made)
    for made in (given, end, verb("status", "say who signs for it")):
        cases.party_options(made)
    return parser


def read(args: argparse.Namespace) -> None:
    """Read ids and hashes before anything slow happens. Raises Misused."""
    two_officers.read(args)
    cases.read(args)
    if args.verb == "set":
        args.representative = [settings.hash32(party, "a representative") for party in args.representative]
        if len(set(args.representative)) != len(args.representative):
            raise Misused("A representative is named twice.")
        if not 1 <= args.threshold <= len(args.representative):
            raise Misused(f"{args.threshold} of {len(args.representative)} cannot sign; mind --threshold.")


def represent(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb in ("confirm", "withdraw", "pending"):
        return two_officers.routine(session, registries, (SETTING, ENDING))
    agency, commitment, party = party_of(registries, args)
    if args.verb == "status":
        present = registries.contract("PartyRegistry").functions.representationOf(party).call()
        session.say(f"Party      {shown(party)}")
        session.say(f"Signs      {_rule(present.version, present.threshold, present.representatives)}")
        told = {"party": shown(party), "version": present.version, "threshold": present.threshold}
        told["representatives"] = [shown(person) for person in present.representatives]
        return told | {"pending": two_officers.listing(session, registries, (SETTING, ENDING))}
    values: Values = {"agency": agency, "commitment": commitment, "evidence": cases.evidence_of(session)}
    if args.verb == "end":
        return two_officers.propose(session, registries, ENDING, values)
    persons = sorted(bytes.fromhex(party[2:]) for party in args.representative)
    values |= {"threshold": args.threshold, "representatives": persons}
    return two_officers.propose(session, registries, SETTING, values)


# ── The acts of two officers ────────────────────────────────────────────────────────────────────────────────────────


def _present(registries: Registries, values: Values) -> Any:
    return registries.contract("PartyRegistry").functions.representationOf(party_id(registries, values)).call()


def _rule(version: int, threshold: int, persons: Sequence[bytes]) -> str:
    if not version:
        return "no organisation: a person, or nobody that officers have entered"
    if not threshold:
        return "nobody: the organisation has ended"
    return f"{threshold} of {', '.join(shown(person) for person in persons)}"


def _basis(registries: Registries, values: Values) -> Plan:
    present = _present(registries, values)
    return [
        ("Party", f"{shown(party_id(registries, values))} of the agency {shown(values['agency'])}"),
        ("Until now", _rule(present.version, present.threshold, present.representatives)),
        ("Evidence", shown(values["evidence"])),
    ]


def _set_sentence(registries: Registries, values: Values) -> str:
    return f"{values['threshold']} of {len(values['representatives'])} sign for {shown(party_id(registries, values))}"


def _set_plan(registries: Registries, values: Values) -> Plan:
    parties, party = registries.contract("PartyRegistry").functions, party_id(registries, values)
    wallet = parties.walletOf(party).call().lower()
    if int(wallet, 16):
        raise Refused(f"The party {shown(party)} is a person with the wallet {wallet}. Nothing was sent.")
    for person in values["representatives"]:
        if parties.representationOf(person).call().version:
            raise Refused(f"{shown(person)} is an organisation; representatives are persons. Nothing was sent.")
    return [
        *_basis(registries, values),
        ("Threshold", f"{values['threshold']} of these {len(values['representatives'])} have to sign"),
        *(("Signs", shown(person) + _reach(parties, person)) for person in values["representatives"]),
    ]


def _reach(parties: Any, person: bytes) -> str:
    return "" if int(parties.walletOf(person).call(), 16) else "; has no wallet yet, officers stand in until then"


def _set_done(registries: Registries, values: Values) -> bool:
    present = _present(registries, values)
    wanted = (values["threshold"], [bytes(person) for person in values["representatives"]])
    return (present.threshold, [bytes(person) for person in present.representatives]) == wanted


def _end_sentence(registries: Registries, values: Values) -> str:
    return f"the organisation {shown(party_id(registries, values))} has ended: nobody signs for it"


def _end_plan(registries: Registries, values: Values) -> Plan:
    if not _present(registries, values).version:
        raise Refused(f"The party {shown(party_id(registries, values))} is no organisation. Nothing was sent.")
    return _basis(registries, values)


def _end_done(registries: Registries, values: Values) -> bool:
    present = _present(registries, values)
    return bool(present.version and not present.threshold)


SETTING = Kind("PartyRegistry", "setRepresentation", _set_sentence, _set_plan, _set_done)
ENDING = Kind("PartyRegistry", "endRepresentation", _end_sentence, _end_plan, _end_done)


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), represent, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
