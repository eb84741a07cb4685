"""Enrol a voter who cannot sign: two officers stand in, over the request that the voter's browser made.

Both see who stands at the counter and read the request themselves; what they sign names a blinded message, so nobody
learns the credential. Runs where the enrolment office does, on its database: the settings are the service's.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DatabaseError

from muniment.ballots.enrolment import counter
from muniment.ballots.enrolment.counter import Case, Proposal, Request
from muniment.ballots.enrolment.office import Office
from muniment.chain.deployment import DeploymentUnreadable
from muniment.config import SettingRefused, Settings
from muniment.db.engine import reading, writing
from muniment.errors import Refused as Unfit
from muniment.hashing import keccak
from muniment.identity import signing
from muniment.sentences import sentence_of
from muniment.services import Services, build
from scripts.common import keys, session
from scripts.common.agencies import when
from scripts.common.registries import open_registries
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Enrol a voter who has no wallet.", allow_abbrev=False)
    verb = session.verbs(parser)
    begin = verb("begin", "first officer: sign the request of the voter at the counter")
    begin.add_argument("request", type=Path, metavar="REQUEST", help="the file that the voter's browser made")
    confirm = verb("confirm", "second officer: look at the same, sign, and have the office answer")
    confirm.add_argument("proposal", type=Path, metavar="PROPOSAL", help="the file that begin wrote")
    confirm.add_argument("--request", type=Path, required=True, metavar="FILE", help="the request, from the voter")
    for made in (begin, confirm):
        keys.officer_option(made)
        made.add_argument("--voter", metavar="REFERENCE", help="as the list of voters has it; asked for if left out")
        made.add_argument(
            "--output", "-o", type=Path, required=True, metavar="FILE", help="what is written, a new file"
        )
    return parser


def read(args: argparse.Namespace) -> None:
    """Read the files before anything slow happens. Raises Misused."""
    args.request = _content(args.request, Request.read)
    if args.verb == "confirm":
        args.proposal = _content(args.proposal, Proposal.read)
    if args.output.exists():
        raise Misused(f"{args.output} exists already; name a new file. Nothing was signed.")
    if not args.output.absolute().parent.is_dir():
        raise Misused(f"There is no folder for {args.output}. Nothing was signed.")


def enrol(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    open_registries(session)
    with _service(session) as services:
        if session.args.verb == "begin":
            return begin(session, services)
        return confirm(session, services)


def begin(session: Session, services: Services) -> dict[str, Any]:
    """As the first officer, sign for the voter, and write the proposal for the second."""
    args, officer, reference = session.args, keys.officer(session), _reference(session)
    office = Office(services.deployment, services.sealer, services.clock())
    with reading(services.engine) as connection:
        case = counter.case_of(connection, office, args.request, reference)
        deadline = counter.check_first(connection, office, case, officer)
        wallet = signing.wallet_of(connection, case.voter)
    told = _tell(session, case, deadline, wallet)
    session.say(f"By         {officer}, the first of two officers")
    if args.dry_run:
        return told | {"officer": officer, "sent": False}
    signature = _signature(session, officer, case.typed_data(office, deadline))
    _write(args.output, Proposal(case.request, case.voter, deadline, officer, signature).written())
    session.say(f"Signed. It waits in {args.output} for a second officer until {when(deadline)}.")
    return told | {"officer": officer, "sent": False, "proposal": str(args.output)}


def confirm(session: Session, services: Services) -> dict[str, Any]:
    """As the second officer, look at voter and request again, sign, and write the office's answer."""
    args, officer, reference = session.args, keys.officer(session), _reference(session)
    proposal = args.proposal
    office = Office(services.deployment, services.sealer, services.clock())
    if officer == proposal.officer:
        raise Refused(f"{officer} signed this first; another officer has to confirm it. Nothing was signed.")
    with reading(services.engine) as connection:
        case = counter.case_of(connection, office, args.request, reference)
        counter.check_second(connection, office, case, proposal, officer)
        wallet = signing.wallet_of(connection, case.voter)
    told = _tell(session, case, proposal.deadline, wallet)
    session.say(f"First      {proposal.officer}\nBy         {officer}, the second of two officers")
    if args.dry_run:
        return told | {"officer": officer, "sent": False}
    signature = _signature(session, officer, case.typed_data(office, proposal.deadline))
    office = replace(office, now=services.clock())
    with writing(services.engine) as connection:
        answer = counter.answer(connection, office, proposal, officer, signature)
    _write(args.output, answer)
    session.say(f"Enrolled. {args.output} is the answer: give it to the voter, for the browser that made the request.")
    return told | {"officer": officer, "sent": True, "answer": str(args.output)}


def _tell(session: Session, case: Case, deadline: int, wallet: str | None) -> dict[str, Any]:
    """Say what an officer signs. What the voter is called is not repeated."""
    said, blinded = case.setup.manifest, keccak(case.request.blinded)
    lines = [
        ("Plan", "a voter is enrolled, on the signatures of two officers"),
        ("Election", f"{said.title}, {case.setup.setup}"),
        ("Unit", f"{case.request.unit}, {said.units[case.request.unit].name}"),
        ("Voter", f"{case.voter}, on the list of this unit"),
        ("Wallet", f"{wallet}: this voter could sign" if wallet else "none"),
        ("Envelope", f"{blinded}; have the voter compare it with their page"),
        ("Enrolled", "already, with this envelope: the answer is the same" if case.issued else "not yet"),
        ("Good until", when(deadline)),
    ]
    for heading, text in lines:
        session.say(f"{heading:10} {text}")
    session.say(f"Network    {session.network.name}, chain {session.network.chain_id}, node {session.network.host}")
    names = {"setup": case.setup.setup, "unit": case.request.unit, "voter": case.voter, "blinded": blinded}
    return names | {"deadline": deadline}


def _signature(session: Session, officer: str, data: dict[str, Any]) -> str:
    signer = keys.signer(session, "officer", officer)
    if signer is None:
        raise Misused(f"Nobody here can sign for the officer {officer}.")
    session.confirm("Sign?")
    return "0x" + signer.sign_typed_data(data).hex()


def _reference(session: Session) -> str:
    """Who stands at the counter. Asked for, so that it need not stand in a shell's history. Raises Misused."""
    if session.args.voter is not None:
        return str(session.args.voter)
    if not sys.stdin.isatty():
        raise Misused("There is nobody to ask for the voter; add --voter.")
    print("Voter, as the list has them: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


@contextmanager
def _service(session: Session) -> Iterator[Services]:
    """The enrolment office's database, for the contracts of this network. Raises Refused with the office's sentence."""
    try:
        settings = Settings.load()
        yield build(replace(settings, network=session.network.name, deployments=session.deployments))
    except SettingRefused as refused:
        raise Misused(str(refused)) from None
    except (DeploymentUnreadable, DatabaseError) as error:
        # What a driver says may hold the database's password.
        said = str(error) if isinstance(error, DeploymentUnreadable) else "The service's database cannot be used."
        raise Refused(f"{said} Nothing was written.") from None
    except Unfit as unfit:
        raise Refused(f"{sentence_of(unfit)} Nothing was written.") from None


def _content(path: Path, reader: Callable[[bytes], Any]) -> Any:
    try:
        return reader(path.read_bytes())
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None
    except Unfit as unfit:
        raise Misused(f"{path}: {sentence_of(unfit)}") from None


def _write(path: Path, text: str) -> None:
    """Write a new file. Raises Refused; running the same again gives the same."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}. Run it again with another --output.") from None


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), enrol, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
