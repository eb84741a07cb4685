"""Close an election: put the closing off beforehand, join small units afterwards, and say what is still to count.

Two officers put the closing off, before it comes, by 24 hours at most in all. Joining is anybody's; the service does it
too. Counts are published with the trustees' shares: `./run muniment trustee tally`.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from scripts.common import boxes, keys, session, settings, two_officers
from scripts.common.acts import Act, perform
from scripts.common.agencies import when
from scripts.common.registries import Registries, open_registries
from scripts.common.session import Session
from scripts.common.settings import Refused
from scripts.common.two_officers import Kind, Plan, Values

UNITS_AT_ONCE = 32  # of the widest ballots, about 12 million gas


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Close an election.", allow_abbrev=False)
    verb = two_officers.verbs(parser, "a later closing", evidence=False, everywhere=_box_option)
    postpone = verb("postpone", "first officer: put the closing off; the second officer confirms")
    postpone.add_argument("--until", required=True, metavar="TIME", help="the new closing, e.g. 2030-05-12T20:00")
    join = verb("join", "anybody: put units with too few ballots together, after the time of grace")
    join.add_argument("--most", type=int, default=UNITS_AT_ONCE, metavar="UNITS", help="in one transaction")
    verb("status", "say how the election stands and what remains to be done")
    return parser


def _box_option(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--box", required=True, metavar="ADDRESS", help="the election's ballot box")


def read(args: argparse.Namespace) -> None:
    """Read addresses and times before anything slow happens. Raises Misused."""
    two_officers.read(args)
    args.box = settings.address(args.box, "the box")
    if args.verb == "postpone":
        args.until = settings.moment(args.until, "--until")


def close_election(session: Session) -> dict[str, Any]:
    """Carry out the verb. Gives what --json prints."""
    args = session.args
    registries = boxes.with_box(open_registries(session), args.box)
    if args.verb in ("confirm", "withdraw", "pending"):
        return two_officers.routine(session, registries, (POSTPONEMENT,))
    if args.verb == "postpone":
        return two_officers.propose(session, registries, POSTPONEMENT, {"wanted": args.until})
    if args.verb == "join":
        return join(session, registries)
    return status(session, registries)


# ── A later closing ─────────────────────────────────────────────────────────────────────────────────────────────────


def _postpones(_: Registries, values: Values) -> str:
    return f"the election closes at {when(values['wanted'])}"


def _plan(registries: Registries, values: Values) -> Plan:
    functions = registries.contract("BallotBox").functions
    present = functions.closesAt().call()
    if registries.now() >= present:
        raise Refused(f"The election closed at {when(present)}. Nothing was sent.")
    return [("Closes now", when(present)), ("Becomes", when(values["wanted"]))]


def _postponed(registries: Registries, values: Values) -> bool:
    return bool(registries.contract("BallotBox").functions.closesAt().call() == values["wanted"])


POSTPONEMENT = Kind("BallotBox", "postpone", _postpones, _plan, _postponed)


# ── After the closing ───────────────────────────────────────────────────────────────────────────────────────────────


def join(session: Session, registries: Registries) -> dict[str, Any]:
    """Join units until all are in groups. The last transaction fixes the groups."""
    functions = registries.contract("BallotBox").functions
    sent = []
    for _ in range(0, functions.UNITS().call(), session.args.most):
        told = perform(session, _joining(functions, keys.officer(session), session.args.most))
        if "transaction" not in told:
            break
        sent.append(told["transaction"])
        if _joined(functions):
            break
    return status(session, registries) | {"transactions": sent}


def _joining(functions: Any, sender: str, most: int) -> Act:
    before = iter([_joined(functions)])
    return Act(
        f"up to {most} units are put into groups",
        "officer",
        sender,
        functions.join(most),
        lambda: next(before, True),  # how far it came shows with the last unit alone
        lambda: [("Closed", when(functions.closesAt().call()))],
    )


def _joined(functions: Any) -> bool:
    return bool(functions.groupCount().call()[1])


def status(session: Session, registries: Registries) -> dict[str, Any]:
    """Say how the election stands, and what is still to do."""
    functions = registries.contract("BallotBox").functions
    closes, grace, units = functions.closesAt().call(), functions.GRACE().call(), functions.UNITS().call()
    ballots = sum(functions.turnoutOf(unit).call().ballots for unit in range(units))
    groups, complete = functions.groupCount().call()
    contests = len(functions.contests().call())
    open_ = [
        (group, contest)
        for group in range(groups if complete else 0)
        for contest in range(contests)
        if not functions.resultOf(group, contest).call()
    ]
    session.say(f"Ballots    {ballots:,} in {units} units")
    session.say(f"Closes     {when(closes)}; on the chain until {when(closes + grace)}")
    session.say(f"Groups     {groups}" if complete else "Groups     not fixed: run join after the time of grace")
    if complete and open_:
        session.say(
            f"To count   {len(open_)} of {groups * contests}: trustees decrypt, then ./run muniment trustee tally"
        )
    elif complete:
        session.say("Counted    everything" if groups else "Counted    nothing: too few ballots in the whole election")
    return {
        "ballots": ballots,
        "closes": closes,
        "groups": groups,
        "joined": complete,
        "uncounted": [{"group": group, "contest": contest} for group, contest in open_],
    }


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    session.run(options(), close_election, words, read)


if __name__ == "__main__":
    main(sys.argv[1:])
