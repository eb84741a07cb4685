"""What is voted on and by whom: a made-up vote of two streets, or a published election in Pabulib's format."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.node import StageError
from muniment.ballots import pabulib
from muniment.ballots.model import ContestForm
from muniment.ballots.planning import District, plan_units
from muniment.errors import Refused
from muniment.sentences import sentence_of

CROWD = 20  # ballots that are decrypted together, at least
NOWHERE = "no district"


@dataclass(frozen=True)
class PollUnit:
    """A tally unit as the manifest has it."""

    name: str
    area: str
    eligible: int


@dataclass(frozen=True)
class PollVoter:
    """A voter's unit, and what the voter selects in each contest (`ContestForm.messages`)."""

    unit: int
    selections: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Poll:
    """An election to be held. `contests` as in the manifest; `source` says where the counts to compare come from."""

    title: str
    language: str
    contests: tuple[dict[str, Any], ...]
    units: tuple[PollUnit, ...]
    voters: tuple[PollVoter, ...]
    least: int
    counts: tuple[tuple[int, ...], ...]
    source: str


def form_of(contest: dict[str, Any]) -> ContestForm:
    """The form of a contest of the manifest."""
    options = len(contest["options"])
    if contest["form"] == "choice":
        return ContestForm.choice(options, blank=contest["blank"])
    return ContestForm.points(options, contest["most"], contest["minimum"], contest["maximum"])


def counted(contests: Sequence[dict[str, Any]], voters: Sequence[PollVoter]) -> tuple[tuple[int, ...], ...]:
    """What a tally must find: of each contest the count of each option, then of blanks where it has them."""
    counts = []
    for number, contest in enumerate(contests):
        form = form_of(contest)
        sums = [0] * form.counts
        for voter in voters:
            selection = voter.selections[number]
            if contest["form"] == "choice":
                sums[selection[0]] += 1
            else:
                sums = [held + points for held, points in zip(sums, selection, strict=True)]
        counts.append(tuple(sums))
    return tuple(counts)


def made_up() -> Poll:
    """Fourteen neighbours on a choice and an approval. The third unit has too few ballots to be counted alone."""
    contests: tuple[dict[str, Any], ...] = (
        {
            "title": "What becomes of the square?",
            "form": "choice",
            "options": ["Trees", "Market", "Pool"],
            "blank": True,
        },
        {
            "title": "Which paths are mended?",
            "form": "points",
            "options": ["River", "School", "Mill", "Hill"],
            "most": 1,
            "minimum": 0,
            "maximum": 3,
        },
    )
    units = (PollUnit("North 1", "North", 6), PollUnit("North 2", "North", 6), PollUnit("South", "South", 2))
    approvals = ((1, 1, 0, 0), (0, 1, 0, 1), (1, 0, 1, 1), (0, 0, 0, 0), (0, 1, 1, 0))
    voters = tuple(
        PollVoter(unit, ((number % 4,), approvals[number % len(approvals)]))
        for number, unit in enumerate(place for place, unit in enumerate(units) for _ in range(unit.eligible))
    )
    return Poll("A vote of two streets", "en", contests, units, voters, 3, counted(contests, voters), "the story")


def published(path: Path, limit: int | None) -> Poll:
    """A file's election, its districts divided into units by the planner. Raises StageError."""
    try:
        election = pabulib.read(path)
        if limit is not None:
            election = election.limited(limit)
        form = form_of(dict(election.contest))
        least = min(CROWD, max(1, len(election.voters) // 3))
        districts = election.districts
        plan = plan_units([District(name, voters) for name, voters in districts], (form,), least)
    except pabulib.PabulibRefused as error:
        raise StageError(str(error)) from error
    except Refused as refused:
        fewer = " Here, `--limit` holds it with the first voters alone." if refused.name == "PlanTooManyVoters" else ""
        raise StageError(sentence_of(refused) + fewer) from refused
    names = [" and ".join(districts[place][0] or NOWHERE for place in area) for area in plan.areas]
    areas = {districts[place][0]: number for number, area in enumerate(plan.areas) for place in area}
    parts = [sum(unit.area == area for unit in plan.units) for area in range(len(plan.areas))]
    units = tuple(
        PollUnit(names[one.area] + (f" {one.number}" if parts[one.area] > 1 else ""), names[one.area], one.voters)
        for one in plan.units
    )
    free = [one.voters for one in plan.units]
    voters = []
    for voter in election.voters:
        area = areas[voter.district]
        unit = next(place for place, one in enumerate(plan.units) if one.area == area and free[place])
        free[unit] -= 1
        blank = form.options
        chosen = voter.choice
        selection = voter.points if election.contest["form"] == "points" else (blank if chosen is None else chosen,)
        voters.append(PollVoter(unit, (selection,)))
    contests = (dict(election.contest),)
    expected, source = election.expected
    whole = expected + ((election.blanks,) if form.blank else ())
    return Poll(election.title, election.language, contests, units, tuple(voters), least, (whole,), source)
