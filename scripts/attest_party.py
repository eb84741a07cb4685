"""Two officers stand in for the signature of a party that has no wallet, over one message of typed data.

Both read the message from its file and reckon the digest themselves: the chain keeps the digest alone.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from scripts.common import cases, keys, session, two_officers, typed_data
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import party_id, party_of, shown
from scripts.common.registries import Registries, open_registries
from scripts.common.session import Session
from scripts.common.settings import Refused
from scripts.common.two_officers import Kind, Plan, Proposed, Values

NOBODY = "0x" + "00" * 20


def options() -> argparse.ArgumentParser:
    """The command line: a verb and what belongs to it."""
    parser = argparse.ArgumentParser(description="Stand in for a party that has no wallet.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "an attestation", message_option)
    begin = verb("begin", "first officer: propose to stand in for the party's signature")
    cases.evidence_options(begin)
    for made in (
        begin,
        verb("revoke", "one officer: take an attestation back"),
        verb("status", "say whether the message is attested"),
    ):
        cases.party_options(made)
        message_option(made)
    return parser


def message_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the message's file."""
    parser.add_argument(
        "--typed-data",
        required=True,
        metavar="FILE",
        help="the message, as a wallet would be given it (eth_signTypedData_v4)",
    )


def read(args: argparse.Namespace) -> None:
    """Read hashes and the message before anything slow happens. Raises Misused."""
    two_officers.read(args)
    cases.read(args)
    if "typed_data" in args:
        args.typed_data = typed_data.read(args.typed_data)


def attest(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb in ("withdraw", "pending"):
        return two_officers.routine(session, registries, (ATTESTATION,))
    data = args.typed_data
    digest = typed_data.digest(data)
    if args.verb == "confirm":
        return two_officers.confirm(session, registries, (ATTESTATION,), lambda act: look(session, registries, act))
    agency, commitment, party = party_of(registries, args)
    parties = registries.contract("PartyRegistry").functions
    if args.verb == "begin":
        require_message(registries, data, party)
        tell(session, data)
        values = {"agency": agency, "commitment": commitment, "digest": digest}
        values["evidence"] = cases.evidence_of(session)
        return two_officers.propose(session, registries, ATTESTATION, values)
    attested = parties.attested(party, digest).call()
    if args.verb == "status":
        session.say(f"{'Attested' if attested else 'Not attested'}: {shown(digest)} for the party {shown(party)}.")
        pending = two_officers.listing(session, registries, (ATTESTATION,))
        return {"party": shown(party), "digest": shown(digest), "attested": attested, "pending": pending}
    sentence = f"nobody stands in for {shown(party)} over {shown(digest)}"
    call = parties.withdrawAttestation(agency, commitment, digest)
    act = Act(sentence, "officer", keys.officer(session), call, lambda: not parties.attested(party, digest).call())
    return perform(session, act)


def require_message(registries: Registries, data: dict[str, Any], party: bytes) -> None:
    """Raise Refused for a message that would not count: elsewhere, of somebody else, too late, or used."""
    contract, message = typed_data.contract_of(registries, data), data["message"]
    fields = {field["name"] for field in data["types"][data["primaryType"]] if field["type"] == "bytes32"}
    if not any(str(message[name]).lower() == shown(party) for name in fields):
        raise Refused(f"The message does not name the party {shown(party)}. Nothing was sent.")
    deadline = int(str(message.get("deadline", 2**256 - 1)), 0)
    if deadline < registries.now():
        raise Refused(f"The message was good until {when(deadline)}. Nothing was sent.")
    functions = registries.contract(contract).functions
    counted = "nonce" in message and hasattr(functions, "nonceUsed")
    if counted and functions.nonceUsed(party, int(str(message["nonce"]), 0)).call():
        raise Refused(f"The nonce {message['nonce']} of the party was used or cancelled. Nothing was sent.")


def tell(session: Session, data: dict[str, Any]) -> None:
    """Say what the message says."""
    session.say(f"Message    {data['primaryType']}, for {data['domain']['name']}")
    for heading, text in typed_data.lines(data):
        session.say(f"  {heading:24} {text}")


def look(session: Session, registries: Registries, act: Proposed) -> None:
    """The second officer's own look at the message. Raises Refused when what was proposed is about another."""
    data = session.args.typed_data
    if typed_data.digest(data) != act.values["digest"]:
        raise Refused(
            f"The first officer proposed the digest {shown(act.values['digest'])}, but your file has "
            f"{shown(typed_data.digest(data))}: it is another message. Nothing was sent."
        )
    require_message(registries, data, party_id(registries, act.values))
    tell(session, data)


# ── The act of two officers ─────────────────────────────────────────────────────────────────────────────────────────


def _sentence(registries: Registries, values: Values) -> str:
    return f"officers stand in for {shown(party_id(registries, values))} over the message {shown(values['digest'])}"


def _done(registries: Registries, values: Values) -> bool:
    parties = registries.contract("PartyRegistry").functions
    return bool(parties.attested(party_id(registries, values), values["digest"]).call())


def _plan(registries: Registries, values: Values) -> Plan:
    parties, party = registries.contract("PartyRegistry").functions, party_id(registries, values)
    wallet = parties.walletOf(party).call().lower()
    if wallet != NOBODY:
        raise Refused(f"The party {shown(party)} has the wallet {wallet} and signs for itself. Nothing was sent.")
    if parties.representationOf(party).call().version:
        raise Refused(f"The party {shown(party)} is an organisation: its representatives sign. Nothing was sent.")
    return [
        ("Party", f"{shown(party)} of the agency {shown(values['agency'])}"),
        ("Wallet", "none, so two officers stand in; the holder is to be told"),
        ("Digest", f"{shown(values['digest'])}, reckoned here from the file"),
        ("Evidence", shown(values["evidence"])),
    ]


ATTESTATION = Kind("PartyRegistry", "attest", _sentence, _plan, _done)


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), attest, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
