"""Open an election: begin the trustees' ceremony, create the ballot box, register it.

One officer begins the ceremony and creates the box; what the box is given is checked as every verifier will check it.
Two officers register it, before it opens; the second one makes anew, from roll and log, what is registered.
docs/key-ceremony.md has the whole order of things.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from muniment.ballots import manifest as manifests
from muniment.errors import Refused as Unfit
from muniment.sentences import sentence_of
from scripts.common import boxes, code, creation, keys, sending, session, settings, two_officers
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.cases import shown
from scripts.common.registries import NOBODY, Registries, checksum, open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Kind, Plan, Proposed, Values

DAY = 86_400


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Open an election.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "the registration of a box", _files, evidence=False)
    begin = verb("begin", "an officer: publish the manifest and begin the trustees' ceremony")
    begin.add_argument("manifest", type=Path, metavar="FILE", help="the manifest, JSON")
    begin.add_argument("--period", type=int, default=DAY, metavar="SECONDS", help="how long each stage lasts at most")
    create = verb("create", "an officer: create the ballot box of a ceremony that has its key")
    _files(create)
    register = verb("register", "first officer: register the setup's box; the second confirms, with files of their own")
    register.add_argument("--box", metavar="ADDRESS", help="which box, where several were created")
    status = verb("status", "say how far the election is")
    for made in (create, register, status):
        made.add_argument("--setup", required=True, metavar="ID", help="what begin printed")
    return parser


def _files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--roll", type=Path, required=True, metavar="FILE", help="the published roll")
    parser.add_argument("--log", type=Path, required=True, metavar="FILE", help="the enrolment office's log")


def read(args: argparse.Namespace) -> None:
    """Read ids and files before anything slow happens. Raises Misused."""
    two_officers.read(args)
    if "setup" in args:
        args.setup = bytes.fromhex(settings.hash32(args.setup, "the setup")[2:])
    if getattr(args, "box", None):
        args.box = settings.address(args.box, "the box")
    if args.verb == "begin":
        try:
            args.manifest = manifests.read(args.manifest.read_bytes())
        except OSError as error:
            raise Misused(f"{args.manifest} cannot be read.") from error
        except Unfit as unfit:
            raise Misused(sentence_of(unfit)) from unfit


def open_election(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args, registries = session.args, open_registries(session)
    if args.verb == "confirm":
        return two_officers.confirm(session, registries, (REGISTRATION,), lambda act: look(session, registries, act))
    if args.verb in ("withdraw", "pending"):
        return two_officers.routine(session, registries, (REGISTRATION,))
    if args.verb == "begin":
        return begin(session, registries)
    if args.verb == "create":
        return create(session, registries)
    if args.verb == "register":
        return register(session, registries)
    return status(session, registries)


def begin(session: Session, registries: Registries) -> dict[str, Any]:
    """Publish the manifest; the trustees go on from there."""
    said, officer = session.args.manifest, keys.officer(session)
    functions = registries.contract("TrusteeCeremony").functions
    agency = bytes(registries.agencies.functions.officerOf(checksum(registries, officer)).call().agency)
    if shown(agency) != said.agency:
        raise Refused(f"The manifest is of the agency {said.agency}, and {officer} is no officer of it.")
    if said.schedule.enrolment_opens <= registries.now():
        raise Refused(f"Enrolment was to open at {when(said.schedule.enrolment_opens)}, which is past.")
    setup = bytes(functions.setupIdOf(agency, bytes.fromhex(said.hash[2:])).call())
    trustees = [checksum(registries, trustee) for trustee in said.trustees]
    act = Act(
        f"the ceremony {shown(setup)} is begun",
        "officer",
        officer,
        functions.begin(said.content, trustees, said.threshold, session.args.period),
        lambda: bytes(functions.ceremony(setup).call().agency) != NOBODY,
        lambda: [
            ("Election", said.title),
            ("Trustees", f"{said.threshold} of {len(trustees)}: {', '.join(said.trustees)}"),
            ("Voters", f"{said.eligible:,} in {len(said.units)} units"),
            ("Stages", f"{session.args.period:,} s each at most"),
            ("Voting", f"{when(said.schedule.opens)} to {when(said.schedule.closes)}"),
        ],
    )
    return perform(session, act) | {"setup": shown(setup)}


# ── The box ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def create(session: Session, registries: Registries) -> dict[str, Any]:
    """Create the box, unless one stands that is the same; assert that it is what was asked for."""
    args, officer = session.args, keys.officer(session)
    if not args.dry_run:
        sending.settle(session, officer)
    opening = boxes.opening_of(registries, args.setup, args.roll, args.log)
    if opening.manifest.schedule.opens <= registries.now():
        raise Refused(f"Voting was to open at {when(opening.manifest.schedule.opens)}, which is past.")
    for box in boxes.boxes_of(registries, args.setup):
        if boxes.is_as_opened(registries, box, opening):
            session.say(f"Stands already: the box {box}.")
            return {"setup": shown(args.setup), "box": box, "stands": True, "sent": False}
    data = "0x" + code.creation_code(session, "BallotBox", opening.arguments).hex()
    if len(data) // 2 > code.MOST_CREATION:
        raise Refused(f"The box is created by {len(data) // 2:,} bytes; the most is {code.MOST_CREATION:,} (EIP-3860).")
    session.say("Plan       a ballot box is created")
    for heading, text in opening.lines:
        session.say(f"{heading:10} {text}")
    session.say(f"Network    {session.network.name}, chain {session.network.chain_id}, node {session.network.host}")
    session.say(f"By         {officer}, the officer")
    gas, fees = sending.simulate(session, officer, data), sending.fees(session)
    session.say(f"Cost       at most about {gas * fees.most / 10**18:.6f} ETH: {gas:,} gas")
    told = {"setup": shown(args.setup), "rollRoot": opening.roll_root, "logRoot": opening.log_root}
    if args.dry_run:
        return told | {"stands": False, "sent": False}
    signer = keys.signer(session, "officer", officer)
    if signer is None:
        raise Misused(f"Nobody here can sign for the officer {officer}.")
    session.confirm("Create?")
    nonce = sending.used(session, officer)
    signed, _ = sending.sign(session, signer, nonce, data)
    session.say(f"  sent as {signed.hash}")
    sending.broadcast(session, signed)
    receipt = sending.wait(session, officer, nonce, [signed.hash])
    box = creation.address_at(officer, nonce)
    if receipt["status"] != 1 or not shows(registries, box, opening):
        raise Refused(
            f"Transaction {signed.hash} was mined, but the node does not show what was asked for at {box}. "
            "Run the same command again: a box that stands is found."
        )
    session.say(f"Done in block {receipt['blockNumber']}, {receipt['gasUsed']:,} gas: the box {box}.")
    return told | {"box": box, "stands": True, "sent": True, "transaction": signed.hash}


def shows(registries: Registries, box: str, opening: boxes.Opening) -> bool:
    """Whether the node shows that a new box is what was asked for. Its logs may be a block behind."""
    try:
        return boxes.is_as_opened(registries, box, opening)
    except Refused:
        return False


def register(session: Session, registries: Registries) -> dict[str, Any]:
    """As the first officer, propose the setup's box; without --box the only one that was created."""
    setup, box = session.args.setup, session.args.box
    if box is None:
        found = boxes.boxes_of(registries, setup)
        if len(found) != 1:
            raise Refused(f"{len(found)} boxes were created for this setup; say which with --box. Nothing was sent.")
        box = found[0]
    values = {"setup": setup, "box": checksum(registries, box)}
    return two_officers.propose(session, registries, REGISTRATION, values) | {"setup": shown(setup), "box": box}


def look(session: Session, registries: Registries, act: Proposed) -> None:
    """The second officer's own look: what is to be registered, made anew from the files. Raises Refused where not."""
    box = str(act.values["box"]).lower()
    opening = boxes.opening_of(registries, bytes(act.values["setup"]), session.args.roll, session.args.log)
    if differing := boxes.differences(registries, box, opening):
        raise Refused(
            f"The box {box} is not what the manifest, your roll and your log make; other are: {', '.join(differing)}. "
            "Nothing was sent."
        )
    for heading, text in opening.lines:
        session.say(f"{heading:10} {text}")
    session.say("Compared   the box has this roll, this log, the manifest's contests and its times")
    session.say("Created    by a transaction that carried the code of these sources and nothing else")


def _registers(_: Registries, values: Values) -> str:
    return f"the box {str(values['box']).lower()} is the one of the election {shown(bytes(values['setup']))}"


def _plan(registries: Registries, values: Values) -> Plan:
    setup, box = bytes(values["setup"]), str(values["box"]).lower()
    said = boxes.manifest_of(registries, setup)
    functions = boxes.with_box(registries, box).contract("BallotBox").functions
    if bytes(functions.SETUP().call()) != setup:
        raise Refused(f"The box {box} is of another setup. Nothing was sent.")
    forms = [form.pack() for form in said.forms]
    times = said.schedule.opens, said.schedule.closes
    same = functions.contests().call() == forms and functions.MIN_BALLOTS().call() == said.min_ballots
    if not same or (functions.OPENS_AT().call(), functions.closesAt().call()) != times:
        raise Refused(f"The box {box} has other contests or times than the manifest. Nothing was sent.")
    return [
        ("Election", said.title),
        ("Units", f"{functions.UNITS().call()}"),
        ("Roll root", shown(bytes(functions.ROLL_ROOT().call()))),
        ("Log root", shown(bytes(functions.LOG_ROOT().call()))),
        ("Voting", f"{when(times[0])} to {when(times[1])}"),
    ]


def _registered(registries: Registries, values: Values) -> bool:
    present = boxes.registered_box(registries, bytes(values["setup"]))
    if present not in (None, str(values["box"]).lower()):
        raise Refused(f"Another box, {present}, is registered. Nothing was sent.")
    return present is not None


REGISTRATION = Kind("TrusteeCeremony", "openElection", _registers, _plan, _registered)


def status(session: Session, registries: Registries) -> dict[str, Any]:
    """Say how far it is."""
    setup = session.args.setup
    box = boxes.registered_box(registries, setup)
    stages = ("unknown", "committing", "revealing", "dealing", "review", "ready", "failed")
    stage = stages[registries.contract("TrusteeCeremony").functions.stageOf(setup).call()]
    created = boxes.boxes_of(registries, setup)
    session.say(f"Ceremony   {stage}")
    session.say(f"Created    {', '.join(created) or 'no box'}")
    session.say(f"Registered {box or 'none'}")
    return {"setup": shown(setup), "stage": stage, "created": created, "box": box}


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), open_election, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
