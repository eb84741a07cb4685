"""Acts that need two officers: the first proposes, the second is shown the same in plain words and confirms.

What sending an act would do now is asked of the chain itself (eth_call): record it, complete it, or refuse it. So no
version of anything is reckoned here, and what has changed since the proposal is found before a second officer's call
would silently count as a first.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils import keccak
from web3.exceptions import Web3Exception

from scripts.common import cases, keys, sending, session, settings, verification
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.registries import KeyStanding, Registries, checksum
from scripts.common.session import Session
from scripts.common.settings import Refused

Values = dict[str, Any]  # a function's arguments by name
Plan = list[tuple[str, str]]  # headings and what they say

PROPOSED = b"ActProposed(bytes32,address,bytes32,address,uint64,uint256,uint40,bytes)"


@dataclass(frozen=True)
class Kind:
    """A function under dual control.

    `sentence` says what it brings about, `plan` everything about it in plain words; it raises Refused when it cannot be
    carried out now. `done` tells whether it has been.
    """

    contract: str
    function: str
    sentence: Callable[[Registries, Values], str]
    plan: Callable[[Registries, Values], Plan]
    done: Callable[[Registries, Values], bool]

    def call(self, registries: Registries, values: Values) -> Any:
        """The call with these arguments."""
        return registries.contract(self.contract).functions[self.function](**values)


@dataclass(frozen=True)
class Proposed:
    """An act as its first officer sent it. Times are Unix seconds; `pending` is false once completed or withdrawn."""

    id: str
    kind: Kind
    values: Values
    officer: str
    deadline: int
    pending: bool


class Outcome(Enum):
    """What sending an act would do now: be its first half, its second, or the same officer's twice."""

    FIRST, SECOND, TWICE = range(3)


# ── The command line ────────────────────────────────────────────────────────────────────────────────────────────────


def verbs(
    parser: argparse.ArgumentParser,
    what: str,
    confirming: Callable[[argparse.ArgumentParser], Any] = lambda _: None,
    *,
    evidence: bool = True,
    everywhere: Callable[[argparse.ArgumentParser], Any] = lambda _: None,
) -> Callable[[str, str], argparse.ArgumentParser]:
    """Add the verbs confirm, withdraw and pending. Gives a function that adds a verb of the script's own.

    `confirming` adds what the second officer has to bring, `evidence` tells whether it is salted files, too;
    `everywhere` adds what every verb takes.
    """
    plain = session.verbs(parser)

    def verb(name: str, description: str) -> argparse.ArgumentParser:
        made = plain(name, description)
        keys.officer_option(made)
        everywhere(made)
        return made

    made = verb("confirm", f"second officer: look at {what} and carry it out")
    confirming(made)
    if evidence:
        cases.evidence_options(made, what="compare with what you were shown yourself", required=False)
    for one in (made, verb("withdraw", f"take back {what} that waits for a second officer")):
        one.add_argument("--act", metavar="ID", help="which one, where several wait")
    verb("pending", f"list what waits for a second officer: {what}")
    return verb


def read(args: argparse.Namespace) -> None:
    """Read the options of these verbs. Raises Misused."""
    if getattr(args, "act", None):
        args.act = settings.hash32(args.act, "an act")


def routine(session: Session, registries: Registries, kinds: tuple[Kind, ...]) -> dict[str, Any]:
    """Carry out confirm, withdraw or pending. Gives what --json prints."""
    if session.args.verb == "confirm":
        return confirm(session, registries, kinds)
    if session.args.verb == "withdraw":
        return withdraw(session, registries, kinds)
    return {"pending": listing(session, registries, kinds)}


# ── The acts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def propose(session: Session, registries: Registries, kind: Kind, values: Values) -> dict[str, Any]:
    """As the first officer, record an act. Gives what perform gives, and the act's id and deadline; raises Refused."""
    officer = keys.officer(session)
    if not session.args.dry_run:
        sending.settle(session, officer)
    sentence = kind.sentence(registries, values)
    if kind.done(registries, values):
        session.say(f"Stands already: {sentence}.")
        return {"act": sentence, "stands": True, "sent": False}
    call = kind.call(registries, values)

    def holds() -> bool:
        kind.plan(registries, values)
        outcome = outcome_of(session, registries, call, officer)
        if outcome is Outcome.SECOND:
            raise Refused("A colleague has proposed exactly this already; run confirm to carry it out.")
        return outcome is Outcome.TWICE

    proposal = f"first of two officers: {sentence}"
    told = perform(session, Act(proposal, "officer", officer, call, holds, lambda: kind.plan(registries, values)))
    for act in proposed(registries, (kind,)) if told["stands"] else ():
        same = kind.call(registries, act.values)._encode_transaction_data() == call._encode_transaction_data()
        if act.pending and same and act.officer == officer and act.deadline >= registries.now():
            session.say(f"It waits for a second officer until {when(act.deadline)}, as the act {act.id}.")
            return told | {"id": act.id, "until": act.deadline}
    return told


def confirm(
    session: Session,
    registries: Registries,
    kinds: tuple[Kind, ...],
    look: Callable[[Proposed], None] = lambda _: None,
) -> dict[str, Any]:
    """As the second officer, carry out what a colleague proposed. `look` raises Refused for what must not be confirmed.

    Gives what perform gives, and the act's id; raises Refused.
    """
    officer = keys.officer(session)
    if not session.args.dry_run:
        sending.settle(session, officer)
    act = chosen(session, registries, kinds)
    sentence = act.kind.sentence(registries, act.values)
    call = act.kind.call(registries, act.values)

    def holds() -> bool:
        present = registries.agencies.functions.pendingAct(act.id).call()
        return int(present.officer, 16) == 0 and act.kind.done(registries, act.values)

    if not holds():
        if not act.pending:
            raise Refused(f"The act {act.id} was completed or withdrawn; it is not pending. Nothing was sent.")
        if act.deadline < registries.now():
            raise Refused(f"The act {act.id} ran out at {when(act.deadline)}; begin it again. Nothing was sent.")
        act.kind.plan(registries, act.values)
        _compare_evidence(session, act)
        look(act)
        outcome = outcome_of(session, registries, call, officer)
        if outcome is Outcome.TWICE:
            raise Refused(f"{officer} proposed this; another officer has to confirm it. Nothing was sent.")
        if outcome is Outcome.FIRST:
            raise Refused(
                f"The act {act.id} is stale: what it is about has changed since, or {act.officer} may no longer act. "
                "Begin it again. Nothing was sent."
            )

    def plan() -> Plan:
        first = (f"{act.officer}, as the act {act.id}, good until {when(act.deadline)}",)
        return [*act.kind.plan(registries, act.values), ("First", *first)]

    told = perform(session, Act(f"second of two officers: {sentence}", "officer", officer, call, holds, plan))
    return told | {"id": act.id}


def _compare_evidence(session: Session, act: Proposed) -> None:
    """Where the second officer brings evidence, raise Refused unless it is what the first one was shown."""
    if getattr(session.args, "evidence", None):
        shown = next((act.values[name] for name in ("evidence", "sourceHash") if name in act.values), b"")
        own = cases.evidence_of(session)
        if own != shown:
            raise Refused(
                f"The first officer named the evidence 0x{shown.hex()}, but yours makes 0x{own.hex()}: files or salt "
                "are others. Nothing was sent."
            )


def withdraw(session: Session, registries: Registries, kinds: tuple[Kind, ...]) -> dict[str, Any]:
    """Take back an act that waits for a second officer. By any officer of the agency who may carry it out."""
    officer = keys.officer(session)
    act = chosen(session, registries, kinds)
    functions = registries.agencies.functions
    return perform(
        session,
        Act(
            f"withdrawn: {act.kind.sentence(registries, act.values)}",
            "officer",
            officer,
            functions.withdrawAct(act.id),
            lambda: int(functions.pendingAct(act.id).call().officer, 16) == 0,
            lambda: [("Act", act.id), ("First", act.officer)],
        ),
    )


def listing(session: Session, registries: Registries, kinds: tuple[Kind, ...]) -> list[dict[str, Any]]:
    """Say what waits for a second officer."""
    listed = []
    for act in proposed(registries, kinds):
        if act.pending:
            sentence = act.kind.sentence(registries, act.values)
            late = act.deadline < registries.now()
            ends = f"ran out at {when(act.deadline)}" if late else f"until {when(act.deadline)}"
            session.say(f"Act {act.id}\n  {sentence}\n  proposed by {act.officer}, {ends}")
            told = {"id": act.id, "act": sentence, "officer": act.officer, "until": act.deadline, "ran_out": late}
            listed.append(told)
    if not listed:
        session.say("Nothing waits for a second officer.")
    return listed


# ── What stands on the chain ────────────────────────────────────────────────────────────────────────────────────────


def proposed(registries: Registries, kinds: tuple[Kind, ...]) -> Iterator[Proposed]:
    """Every act of these kinds that was ever proposed to the deployed contracts, in order, each once.

    Those of other contracts are left out: an act means something with a known target alone. So are those whose calldata
    says more than their arguments, which these scripts never send.
    """
    event = registries.agencies.events.ActProposed()
    latest: dict[str, Any] = {}
    for name in dict.fromkeys(kind.contract for kind in kinds):
        target = bytes(12) + bytes.fromhex(registries.contract(name).address[2:])
        entry = registries.record["contracts"]["AgencyRegistry"]
        for log in verification.logs(registries.session, entry, [keccak(PROPOSED), None, target]):
            identifier = "0x" + bytes(log["topics"][1]).hex()
            latest.pop(identifier, None)
            latest[identifier] = (name, event.process_log(log)["args"])
    for identifier, (name, told) in latest.items():
        data = bytes(told["act"])
        try:
            function, decoded = registries.contract(name).decode_function_input(data)
        except (ValueError, Web3Exception, DecodingError):
            continue  # an officer may have encoded it oddly; such an act is never confirmed by these scripts
        for kind in kinds:
            if (kind.contract, kind.function) != (name, function.fn_name):
                continue
            values = {word: _struct(value) for word, value in decoded.items()}
            if kind.call(registries, values)._encode_transaction_data() != "0x" + data.hex():
                continue
            pending = registries.agencies.functions.pendingAct(identifier).call()
            officer = str(told["officer"]).lower()
            yield Proposed(identifier, kind, values, officer, told["deadline"], int(pending.officer, 16) != 0)


def _struct(value: Any) -> Any:
    """Structs as the tuples that a call takes, also those in lists; web3 decodes them to names and values."""
    if isinstance(value, list):
        return [_struct(one) for one in value]
    return tuple(map(_struct, value.values())) if isinstance(value, Mapping) else value


def chosen(session: Session, registries: Registries, kinds: tuple[Kind, ...]) -> Proposed:
    """The act that --act names, or the only one that is pending and has not run out. Raises Refused."""
    acts = list(proposed(registries, kinds))
    if session.args.act:
        for act in acts:
            if act.id == session.args.act:
                return act
        raise Refused(f"There is no act {session.args.act} of this sort; run pending to see those that wait.")
    pending = [act for act in acts if act.pending]
    live = [act for act in pending if act.deadline >= registries.now()] or pending[-1:]
    if not live:
        raise Refused("Nothing waits for a second officer.")
    if len(live) > 1:
        listing(session, registries, kinds)
        raise Refused(f"{len(live)} acts wait; say which with --act.")
    return live[0]


def outcome_of(session: Session, registries: Registries, call: Any, officer: str) -> Outcome:
    """What sending the act as this officer would do now. Raises Refused with the reason when it would fail."""
    try:
        complete = call.call({"from": checksum(registries, officer)})
    except (ValueError, Web3Exception) as error:
        name, values = sending.custom_error(session, error)
        if name == "SecondOfficerNeeded":
            return Outcome.TWICE
        sentence = _of_officers(registries, name, values)
        raise (Refused(sentence) if sentence else sending.refusal(session, error)) from error
    return Outcome.SECOND if complete else Outcome.FIRST


def _of_officers(registries: Registries, name: str, values: Values) -> str | None:
    """Why an officer may not act, as a sentence; None for any other reason."""
    key = values.get("key")
    if name == "NotAnOfficer":
        return f"{key} is no officer; an agency's admin accredits officers. Nothing was sent."
    if name == "OfficerTooFresh":
        since = when(values["countsFrom"])
        return f"The key {key} is too fresh: it counts for acts of two officers from {since} on. Nothing was sent."
    if name == "OfficerNotCurrent":
        standing = KeyStanding(values["standing"]).name.lower().replace("_", " ")
        return f"The key {key} is not current but {standing}. Nothing was sent."
    if name == "ScopeMissing":
        return f"The key {key}, or its agency, lacks the power {registries.names(values['scope'])}. Nothing was sent."
    if name == "OtherAgency":
        return f"The key {key} is of another agency than 0x{values['agency'].hex()}. Nothing was sent."
    return None
