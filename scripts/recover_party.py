"""Give a party that lost its wallet a new one: two officers, a delay, and a veto by the present wallet.

begin (first officer) → confirm (second officer) → the delay → complete. After a veto: order (a court's officer) → begin
and so on. docs/recovery.md says who does what.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from scripts.common import cases, code, keys, session, settings, two_officers
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import party_id, party_of, shown
from scripts.common.registries import Registries, checksum, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Kind, Plan, Values
from scripts.common.typed_data import typed_data

RECOVER = "RecoverWallet(bytes32 party,address wallet,uint32 attempt,uint256 deadline)"
NOBODY = "0x" + "00" * 20


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Give a party that lost its wallet a new one.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "a recovery")
    begin = verb("begin", "first officer: propose the party's new wallet")
    cases.party_options(begin)
    begin.add_argument("--wallet", required=True, metavar="ADDRESS", help="the new wallet")
    begin.add_argument("--deadline", required=True, metavar="TIME", help="until when its signature is good")
    signed = begin.add_mutually_exclusive_group(required=True)
    signed.add_argument("--print-typed-data", action="store_true", help="print what it has to sign, and stop")
    signed.add_argument("--signature", metavar="HEX", help="of the new wallet over that typed data")
    begin.add_argument("--court-order", metavar="FILE|HASH", help="needed after a veto, and only then")
    cases.evidence_options(begin, required=False)
    order = verb("order", "a court's officer: enter the court's order for the party's next recovery, after a veto")
    cases.party_options(order)
    entered = order.add_mutually_exclusive_group(required=True)
    entered.add_argument("--court-order", metavar="FILE|HASH", help="the order")
    entered.add_argument("--withdraw", action="store_true", help="take back the one that was entered")
    for name, description in (
        ("status", "say how the party's recovery stands"),
        ("cancel", "one officer: stop a recovery whose delay is running"),
        ("complete", "anyone: move the party to the new wallet when the delay is over"),
    ):
        cases.party_options(verb(name, description))
    return parser


def read(args: argparse.Namespace) -> None:
    """Read addresses, hashes and times before anything slow happens. Raises Misused."""
    two_officers.read(args)
    cases.read(args)
    if args.verb in ("begin", "order"):
        args.court_order = cases.order_of(args.court_order)
    if args.verb != "begin":
        return
    args.wallet = settings.address(args.wallet, "the new wallet")
    args.deadline = settings.moment(args.deadline, "--deadline")
    if args.signature:
        args.signature = settings.hexadecimal(args.signature, "a signature")
        if not args.evidence:
            raise Misused("Say with --evidence what you were shown: files, or their salted hash.")


def recover(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb in ("confirm", "withdraw", "pending"):
        return two_officers.routine(session, registries, (RECOVERY,))
    if args.verb == "begin":
        return begin(session, registries)
    if args.verb == "order":
        return order(session, registries)
    if args.verb == "status":
        return status(session, registries)
    return end(session, registries)


def begin(session: Session, registries: Registries) -> dict[str, Any]:
    """Propose a recovery, or print what the new wallet has to sign for it."""
    args = session.args
    agency, commitment, party = party_of(registries, args)
    if args.print_typed_data:
        data = to_sign(registries, party, args.wallet, args.deadline)
        session.say("The new wallet signs this (eth_signTypedData_v4); pass the same --wallet and --deadline then.")
        if not args.json:
            print(json.dumps(data, indent=2))
        return {"typed_data": data}
    values = {
        "agency": agency,
        "commitment": commitment,
        "wallet": checksum(registries, args.wallet),
        "evidence": cases.evidence_of(session),
        "courtOrder": args.court_order,
        "deadline": args.deadline,
        "signature": args.signature,
    }
    return two_officers.propose(session, registries, RECOVERY, values)


def to_sign(registries: Registries, party: bytes, wallet: str, deadline: int) -> dict[str, Any]:
    """What the new wallet signs for the party's next attempt."""
    begun, _, _ = registries.contract("PartyRegistry").functions.recoveriesOf(party).call()
    message = {
        "party": shown(party),
        "wallet": checksum(registries, wallet),
        "attempt": begun + 1,
        "deadline": deadline,
    }
    return typed_data(registries, "PartyRegistry", RECOVER, message)


def order(session: Session, registries: Registries) -> dict[str, Any]:
    """Enter a court's order for the party's next attempt, or withdraw it."""
    _, _, party = party_of(registries, session.args)
    parties = registries.contract("PartyRegistry").functions
    begun, _, vetoed = parties.recoveriesOf(party).call()
    recovery, wanted = parties.recoveryOf(party).call(), session.args.court_order
    if recovery.readyAt:
        raise Refused(f"A recovery is under way, to {recovery.wallet.lower()}: only an officer's cancel stops it.")
    if not vetoed:
        raise Refused("Nobody vetoed a recovery of this party, so it needs no court's order. Nothing was sent.")
    attempt = f"attempt {begun + 1} to recover {shown(party)}"
    sentence = f"a court's order {shown(wanted)} allows {attempt}" if any(wanted) else f"no court's order for {attempt}"

    def holds() -> bool:
        return bool(parties.recoveryOrderOf(party).call() == wanted)

    return perform(
        session, Act(sentence, "officer", keys.officer(session), parties.orderRecovery(party, wanted), holds)
    )


def status(session: Session, registries: Registries) -> dict[str, Any]:
    """Say how the party stands, and what waits for a second officer."""
    _, _, party = party_of(registries, session.args)
    parties = registries.contract("PartyRegistry").functions
    recovery = parties.recoveryOf(party).call()
    begun, completed, vetoed = parties.recoveriesOf(party).call()
    told = {
        "party": shown(party),
        "wallet": parties.walletOf(party).call().lower(),
        "begun": begun,
        "completed": completed,
        "court_order_needed": vetoed,
        "court_order": None,
        "recovery": None,
    }
    session.say(f"Party      {told['party']}")
    session.say(f"Wallet     {'none' if told['wallet'] == NOBODY else told['wallet']}")
    session.say(f"Recoveries {begun} begun, {completed} completed")
    if vetoed:
        entered = bytes(parties.recoveryOrderOf(party).call())
        told["court_order"] = shown(entered) if any(entered) else None
        session.say("Veto       the last one was vetoed: the next needs a court's order")
        session.say(f"Order      {told['court_order'] or 'none entered for the next attempt'}")
    if recovery.readyAt:
        ready = recovery.readyAt <= registries.now()
        veto = "can be vetoed until then" if recovery.vetoable else "by order of a court, no veto"
        session.say(
            f"Under way  to {recovery.wallet.lower()}; can be completed from {when(recovery.readyAt)} on, {veto}"
        )
        told["recovery"] = {
            "wallet": recovery.wallet.lower(),
            "ready_at": recovery.readyAt,
            "vetoable": recovery.vetoable,
            "ready": ready,
        }
    return told | {"pending": two_officers.listing(session, registries, (RECOVERY,))}


def end(session: Session, registries: Registries) -> dict[str, Any]:
    """Cancel the recovery under way, or complete it."""
    agency, commitment, party = party_of(registries, session.args)
    parties = registries.contract("PartyRegistry").functions
    recovery = parties.recoveryOf(party).call()
    wallet = recovery.wallet.lower()
    if not recovery.readyAt:
        present = parties.walletOf(party).call().lower()
        raise Refused(f"No recovery of the party {shown(party)} is under way; its wallet is {present}.")
    if session.args.verb == "cancel":
        call, sentence = parties.cancelRecovery(agency, commitment), f"the recovery of {shown(party)} is cancelled"
        return perform(
            session,
            Act(sentence, "officer", keys.officer(session), call, lambda: not parties.recoveryOf(party).call().readyAt),
        )
    if registries.now() < recovery.readyAt:
        raise Refused(f"The delay is not over: the recovery can be completed from {when(recovery.readyAt)} on.")
    sentence = f"the party {shown(party)} has the wallet {wallet}"
    call = parties.completeRecovery(party)
    return perform(
        session,
        Act(sentence, "officer", keys.officer(session), call, lambda: parties.walletOf(party).call().lower() == wallet),
    )


# ── The act of two officers ─────────────────────────────────────────────────────────────────────────────────────────


def _sentence(registries: Registries, values: Values) -> str:
    return f"the party {shown(party_id(registries, values))} is to get the wallet {values['wallet'].lower()}"


def _done(registries: Registries, values: Values) -> bool:
    recovery = registries.contract("PartyRegistry").functions.recoveryOf(party_id(registries, values)).call()
    return bool(recovery.wallet == values["wallet"])


def _plan(registries: Registries, values: Values) -> Plan:
    """The recovery in plain words. Raises Refused for one that the chain would not take, before it is asked."""
    parties, party = registries.contract("PartyRegistry").functions, party_id(registries, values)
    begun, _, vetoed = parties.recoveriesOf(party).call()
    present, ordered = parties.walletOf(party).call().lower(), any(values["courtOrder"])
    recovery = parties.recoveryOf(party).call()
    if present == NOBODY:
        raise Refused(
            f"The party {shown(party)} has no wallet, so there is none to recover: agency or commitment is another, or "
            "its wallet was never bound. Nothing was sent."
        )
    if recovery.readyAt:
        raise Refused(f"A recovery is under way, to {recovery.wallet.lower()}: cancel it first. Nothing was sent.")
    if vetoed and not ordered:
        raise Refused("The last recovery was vetoed: another needs a court's order (--court-order). Nothing was sent.")
    if ordered and not vetoed:
        raise Refused("Nobody vetoed a recovery of this party, so leave --court-order out. Nothing was sent.")
    if ordered and bytes(parties.recoveryOrderOf(party).call()) != values["courtOrder"]:
        raise Refused(
            f"No court has entered the order {shown(values['courtOrder'])} for this attempt: let a court's officer do "
            "so first (order). Nothing was sent."
        )
    if values["deadline"] < registries.now():
        raise Refused(f"The new wallet's signature was good until {when(values['deadline'])}. Nothing was sent.")
    _require_signature(registries, party, values)
    ready = registries.now() + parties.RECOVERY_DELAY().call()
    return [
        ("Party", f"{shown(party)} of the agency {shown(values['agency'])}"),
        ("Present", f"{present}; signs nothing but a veto once the second officer has confirmed"),
        ("New", f"{values['wallet'].lower()}, which signed for it; good until {when(values['deadline'])}"),
        ("Attempt", str(begun + 1)),
        ("Veto", "none, a court ordered it" if ordered else f"by the present wallet until {when(ready)}, if begun now"),
        ("Ready", f"from {when(ready)} on, if begun now"),
        ("Evidence", shown(values["evidence"])),
        ("Order", shown(values["courtOrder"]) if ordered else "none"),
    ]


def _require_signature(registries: Registries, party: bytes, values: Values) -> None:
    """Raise Refused when a plain key's signature is not over this. A contract wallet's is judged by the chain."""
    session = registries.session
    data = to_sign(registries, party, values["wallet"], values["deadline"])
    try:
        signer = Account.recover_message(encode_typed_data(full_message=data), signature=values["signature"])
    except Exception:  # noqa: BLE001 - of the wrong length, or no point of the curve
        signer = None
    if signer != values["wallet"] and not code.standing_code(session, values["wallet"]):
        raise Refused(
            f"The signature is not by {values['wallet'].lower()} over this party, attempt {data['message']['attempt']} "
            f"and deadline, so nobody has shown that the new wallet works; see --print-typed-data. Nothing was sent."
        )


RECOVERY = Kind("PartyRegistry", "recover", _sentence, _plan, _done)


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), recover, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
