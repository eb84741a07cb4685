"""Every field of every transaction of an election changed: refused by the contracts, or judged by both verifiers."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from muniment.ballots.verifying.contracts import Contracts
from muniment.ballots.verifying.judging import Judge, Judged, Mapped, Task
from muniment.ballots.verifying.verifier import verify
from tests.dapp.node_process import NodeProcess
from tests.dapp.test_ballots import pages  # noqa: F401 -- a fixture
from tests.service.ballots.transactions import Change, Recorded, recorded
from tests.service.nodes import Node

BUILT = Contracts.built()
DEEP = bool(os.environ.get("MUNIMENT_DEEP"))
TRIED = None if DEEP else 40  # changes of each transaction
FOLLOWED = None if DEEP else 1  # of those of a field that were taken, to the election's end
# What is free by design: who sends what anyone may send, and what only the trustee who gets it can read.
FREE = {
    ("finish", "sender"),
    ("cast", "sender"),
    ("withdraw", "sender"),
    ("join", "sender"),
    ("count", "sender"),
    ("deal", "shares"),
}
# How long a stage of the ceremony lasts, and how many units are looked at, at most: the election goes on as before with
# it where all the rest still fits.
EITHER = {("begin", "period"), ("join", "most")}


@pytest.fixture(scope="module")
def election() -> Iterator[Recorded]:
    """An election, held once."""
    with Node() as node:
        yield recorded(node)


class Judges:
    """Both verifiers; a ballot is judged once, however often it comes."""

    def __init__(self, asked: NodeProcess) -> None:
        self.pages = asked
        self.known: dict[Task, list[Judged]] = {}

    def verdict(self, transcript: dict[str, Any] | None) -> tuple[str, Any]:
        """What both say, and the counts where it is valid; no transcript, no election. They must agree."""
        if transcript is None:
            return "NONE", None
        ours = verify(transcript, BUILT, self._judging)
        theirs = self.pages.ask("verify", transcript=json.dumps(transcript))
        assert ours.verdict == theirs["verdict"], (ours.findings, theirs["findings"])
        return str(ours.verdict), [(list(one.counts), one.blank) for one in ours.results]

    def _judging(self, _ballots: int) -> AbstractContextManager[Mapped]:
        return nullcontext(self._mapped)

    def _mapped(self, work: Judge, tasks: Sequence[Task]) -> Iterator[list[Judged]]:
        for task in tasks:
            if task not in self.known:
                self.known[task] = work(task)
            yield self.known[task]


def chosen(changes: list[Change], most: int | None, chance: random.Random) -> list[Change]:
    """All of them, or so many."""
    return changes if most is None else chance.sample(changes, min(most, len(changes)))


def of_each_field(changes: list[Change], most: int | None, chance: random.Random) -> list[Change]:
    """All of them, or so many of each function's fields."""
    fields: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        fields.setdefault((change.step.function, change.field), []).append(change)
    return [one for alike in fields.values() for one in chosen(alike, most, chance)]


def kept(election: Recorded, change: Change) -> bool:
    """Whether the election is to go on as if nothing had been changed: nobody spoils one by odd bytes.

    But for the officers themselves. Two of them do the same only with the very same bytes (DualControl), and the box
    that they register is created with nothing behind its arguments.
    """
    if election.same_arguments(change):
        return change.step.function not in ("openElection", "create")
    return (change.step.function, change.field) in FREE


def test_no_field_can_be_changed(election: Recorded, pages: NodeProcess, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    """Must be refused, or be free by design, or end otherwise; and both verifiers must say the same of it."""
    judges, chance = Judges(pages), random.Random(6)
    honest = judges.verdict(election.told())
    assert honest[0] == "VALID"
    errors, ends, taken = Counter[str](), Counter[tuple[str, str, str]](), list[Change]()
    for step in election.again():
        changes = chosen(list(election.changes(step)), TRIED, chance)
        refusals = election.refusals(changes)
        for change, error in zip(changes, refusals, strict=True):
            errors[error or "taken"] += 1
            if error is None:
                taken.append(change)
            assert error != "Panic" or step.function == "create", change.name
    wrong = []
    following = of_each_field(taken, FOLLOWED, chance)
    for step in election.again():
        for change in (one for one in following if one.step == step):
            with election.instead(change):
                end = judges.verdict(election.told())
            ends[step.function, change.field, end[0]] += 1
            if (end == honest) != kept(election, change) and (step.function, change.field) not in EITHER:
                wrong.append((change.name, end))
    if DEEP:
        with capsys.disabled():
            print(f"\n{errors.total()} changes of {len(election.steps)} transactions: {dict(errors.most_common())}")
            for (function, name, end), times in sorted(ends.items()):
                print(f"  {function:13} {name:24} {end:10} {times:4}")
    assert wrong == []
