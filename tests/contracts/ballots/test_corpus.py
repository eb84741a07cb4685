"""Every hostile ballot that we could think of, against the box."""

import json

import pytest

from tests.contracts.helpers import reverts
from tests.vectors.ballots import HOSTILE
from tests.vectors.ballots_hostile import cases_of

NAMES = {kind: [case["name"] for case in cases] for kind, cases in json.loads(HOSTILE.read_text()).items()}


@pytest.fixture(scope="session")
def corpus(opened):
    """The cases remade for the boxes as they stand: an election's id holds its box's address."""
    made = cases_of({name: poll.world for name, poll in opened.items()})
    return {kind: {case.name: case for case in cases} for kind, cases in made.items()}


def _before(polls, case):
    poll = getattr(polls, case.world.name)
    for packed in case.before:
        poll.cast(packed, case.unit)
    return poll


@pytest.mark.parametrize("name", NAMES["ballots"])
def test_refused(polls, corpus, name):
    """Must refuse the ballot with its own error, and take it with nothing else."""
    case = corpus["ballots"][name]
    poll = _before(polls, case)
    if case.error is None:
        poll.cast(case.packed, case.unit)
        return
    with reverts(case.error, *case.arguments.values()):
        poll.send(case.packed, case.unit)
    poll.check(case.unit)


@pytest.mark.parametrize("name", NAMES["chain"])
def test_passed_over_or_counted(polls, corpus, name):
    """Must count what stands to be counted, and pass over what others' acts made void."""
    case = corpus["chain"][name]
    poll = _before(polls, case)
    receipt = poll.cast(case.packed, case.unit)
    skipped = [(event["index"], event["reason"]) for event in receipt.events if event.name == "BallotSkipped"]
    assert skipped == [(index, int(reason)) for index, reason in case.skipped]
