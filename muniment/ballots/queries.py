"""Answers about elections, from the read tables and the office's own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from muniment.ballots.enrolment.eligible import count as count_eligible
from muniment.ballots.enrolment.office import issued_by_unit, issued_to, unit_of
from muniment.ballots.enrolment.roll_building import built_roll
from muniment.ballots.hashes import batch_leaf
from muniment.ballots.manifest import Manifest
from muniment.ballots.model import ContestForm, ContestKind, width_of
from muniment.ballots.papers import election_at
from muniment.ballots.roll import Tree
from muniment.ballots.setups import Setup, manifest_of, setup_of
from muniment.ballots.states import GRACE, BallotState, CeremonyStage, Phase
from muniment.db.answers import AsOf, Page, as_of, finality_of, page_bounds
from muniment.db.schema import (
    ballot_batches,
    ballot_receipts,
    ballot_rolls,
    ballot_withdrawals,
    ballots,
    ceremonies,
    ceremony_complaints,
    ceremony_trustees,
    election_counts,
    election_groups,
    election_units,
    elections,
    intents,
    transactions,
)
from muniment.errors import Refused

Answer = dict[str, Any]
_SKIPPED = {1: "Barred", 2: "PreviousChanged"}
_HOUR = 3_600


@dataclass(frozen=True)
class Lines:
    """A page of elections, the newest first."""

    as_of: AsOf | None
    page: Page
    elections: tuple[Answer, ...]


def elections_page(connection: Connection, now: int, page: int = 1, size: int = 25) -> Lines:
    """Every election from its announcement on, by the beginning of its ceremony."""
    number, size = page_bounds(page, size)
    total = connection.execute(select(func.count()).select_from(ceremonies)).scalar_one()
    newest = select(ceremonies).order_by(ceremonies.c.begun_at.desc(), ceremonies.c.setup)
    rows = connection.execute(newest.limit(size).offset((number - 1) * size)).all()
    found = as_of(connection)
    return Lines(found, Page(number, size, total), tuple(_line(connection, row, found, now) for row in rows))


def election(connection: Connection, name: str, now: int) -> Answer:
    """One election: manifest, ceremony, opening, units with their turnout, groups. Raises Refused."""
    setup, known = setup_of(connection, name), as_of(connection)
    opened = _opened(connection, setup)
    return {
        "as_of": known,
        **_line(connection, setup.row, known, now),
        "manifest": json.loads(setup.row.manifest),
        "manifest_hash": setup.row.manifest_hash,
        "chain_id": None if known is None else known.chain_id,
        **_windows(connection, setup, now),
        "now": now,
        "ceremony": _ceremony(connection, setup),
        "opening": None if opened is None else _opening(connection, setup, opened),
        "units": _units(connection, setup, opened),
        "groups": _groups(connection, opened),
        "counted": opened is not None and _is_counted(connection, opened),
    }


def turnout(connection: Connection, name: str, step: int = _HOUR) -> Answer:
    """How many have voted, by unit, and when: by the time of the block, every `step` seconds, first ballots alone."""
    setup, known = setup_of(connection, name), as_of(connection)
    opened = _opened(connection, setup)
    units = [
        {key: unit[key] for key in ("unit", "name", "ballots", "lines", "eligible")}
        for unit in _units(connection, setup, opened)
    ]
    hours = []
    if opened is not None:
        begin = ballot_batches.c.cast_at - ballot_batches.c.cast_at % step
        counted = select(begin.label("begin"), func.sum(ballot_batches.c.leaves).label("leaves"))
        mine = counted.where(ballot_batches.c.box == opened.box).group_by(begin).order_by(begin)
        hours = [{"from": int(row.begin), "ballots": int(row.leaves)} for row in connection.execute(mine)]
    sums = {key: sum(unit[key] for unit in units) for key in ("ballots", "lines", "eligible")}
    return {"as_of": known, **sums, "units": units, "hours": hours}


def enrolled(connection: Connection, name: str, voter: str) -> Answer:
    """Whether the office lists a voter, and whether it has given it a signature."""
    setup = setup_of(connection, name)
    unit, issued = unit_of(connection, setup, voter), issued_to(connection, setup, voter)
    return {
        "voter": voter,
        "eligible": unit is not None,
        "unit": unit,
        "enrolled": issued is not None,
        "sequence": None if issued is None else issued.sequence,
        "blinded": None if issued is None else issued.blinded,
    }


# ── Single ballots ──────────────────────────────────────────────────────────────────────────────────────────────


def ballot(connection: Connection, name: str, tracker: str) -> Answer:
    """What became of a ballot, by the relay and by the chain. Raises Refused(BallotUnknown)."""
    setup, known = setup_of(connection, name), as_of(connection)
    box = setup.box or ""
    row = connection.execute(select(ballots).where(ballots.c.box == box, ballots.c.tracker == tracker)).one_or_none()
    taken = _received(connection, box, tracker)
    told: Answer = {"as_of": known, "tracker": tracker, "received_at": None if taken is None else taken.received_at}
    nothing = dict.fromkeys(("replaced_by", "batch", "place", "path", "reason", "block_number", "finality", "time"))
    if row is None and taken is not None:
        failed = taken.state in ("refused", "parked")
        return {
            **told,
            **nothing,
            "unit": taken.unit,
            "index": taken.voter_index,
            "previous": taken.previous,
            "state": "refused" if failed else "waiting",
            "reason": json.loads(taken.reason) if failed and taken.reason else None,
            "tx_hash": taken.tx_hash,
        }
    if row is None:
        raise Refused("BallotUnknown", tracker=tracker)
    skipped = None if row.skipped is None else {"error": _SKIPPED.get(row.skipped, "Skipped"), "arguments": {}}
    return {
        **told,
        "unit": row.unit,
        "index": row.voter_index,
        "previous": row.previous,
        "replaced_by": row.replaced_by,
        "state": BallotState(row.state).name.lower(),
        "batch": row.batch,
        "place": row.place,
        "path": None if row.batch is None else _path(connection, row),
        "reason": skipped,
        "tx_hash": row.tx_hash,
        "block_number": row.block_number,
        "finality": finality_of(known, row.block_number),
        "time": row.cast_at,
    }


def packed(connection: Connection, name: str, tracker: str) -> str:
    """The bytes of a ballot as this relay got them, once the chain has it. Raises Refused(BallotUnknown)."""
    box = setup_of(connection, name).box or ""
    query = (
        select(intents.c.body)
        .join(ballot_receipts, ballot_receipts.c.intent_key == intents.c.key)
        .join(ballots, (ballots.c.box == ballot_receipts.c.box) & (ballots.c.tracker == ballot_receipts.c.tracker))
        .where(ballot_receipts.c.box == box, ballot_receipts.c.tracker == tracker)
    )
    body = connection.execute(query).scalar_one_or_none()
    if body is None:
        raise Refused("BallotUnknown", tracker=tracker)
    return str(json.loads(body)["ballot"])


def voter(connection: Connection, name: str, unit: int, index: int) -> Answer:
    """What a line of the roll has cast."""
    box = setup_of(connection, name).box or ""
    mine = (ballots.c.box == box, ballots.c.unit == unit, ballots.c.voter_index == index)
    oldest = select(ballots).where(*mine).order_by(ballots.c.cast_at, ballots.c.block_number)
    rows = connection.execute(oldest).all()
    withdrawn = select(ballot_withdrawals.c.block_number).where(
        ballot_withdrawals.c.box == box, ballot_withdrawals.c.unit == unit, ballot_withdrawals.c.voter_index == index
    )
    barred_in = connection.execute(withdrawn).scalar_one_or_none()
    known = as_of(connection)
    current = next((row.tracker for row in rows if row.state == BallotState.COUNTED), None)
    return {
        "as_of": known,
        "unit": unit,
        "index": index,
        "voted": current is not None,
        "barred": barred_in is not None,
        "finality": None if barred_in is None else finality_of(known, barred_in),
        "tracker": current,
        "ballots": [row.tracker for row in rows],
    }


def _received(connection: Connection, box: str, tracker: str) -> Row[Any] | None:
    query = (
        select(ballot_receipts, intents.c.state, intents.c.reason, transactions.c.hash.label("tx_hash"))
        .join(intents, intents.c.key == ballot_receipts.c.intent_key)
        .outerjoin(transactions, transactions.c.id == intents.c.transaction_id)
        .where(ballot_receipts.c.box == box, ballot_receipts.c.tracker == tracker)
    )
    return connection.execute(query).one_or_none()


def _path(connection: Connection, row: Row[Any]) -> list[str]:
    """The siblings of a first ballot in its batch. A ballot that another replaced stays a leaf."""
    mine = (ballots.c.box == row.box, ballots.c.unit == row.unit, ballots.c.batch == row.batch)
    leaves = connection.execute(select(ballots.c.voter_index, ballots.c.tracker).where(*mine).order_by(ballots.c.place))
    return list(Tree([batch_leaf(index, tracker) for index, tracker in leaves]).path(row.place))


# ── Results ─────────────────────────────────────────────────────────────────────────────────────────────────────


def results(connection: Connection, name: str) -> Answer:
    """What was counted, by contest, area and group. Raises Refused."""
    setup, known = setup_of(connection, name), as_of(connection)
    opened = _opened(connection, setup)
    groups = _groups(connection, opened)
    counted: list[Any] = []
    if opened is not None:
        counted = list(connection.execute(select(election_counts).where(election_counts.c.box == opened.box)))
    by_place = {(row.contest, row.group): row for row in counted}
    contests = [
        _contest(setup.manifest, number, groups, by_place, known) for number in range(len(setup.manifest.contests))
    ]
    fixed = opened is not None and opened.groups is not None
    undecrypted = None
    if fixed and opened is not None and not opened.groups:
        cast = sum(unit["ballots"] for unit in _units(connection, setup, opened))
        undecrypted = {"ballots": cast, "reason": "fewer than minBallots"}
    return {
        "as_of": known,
        "election": setup.election,
        "setup": setup.setup,
        "title": setup.manifest.title,
        "ballots": sum(group["ballots"] for group in groups),
        "complete": fixed and opened is not None and len(counted) == opened.groups * len(contests),
        "contests": contests,
        "undecrypted": undecrypted,
    }


def _contest(
    manifest: Manifest,
    number: int,
    groups: Sequence[Answer],
    by_place: Mapping[tuple[int, int], Any],
    known: AsOf | None,
) -> Answer:
    contest = manifest.contests[number]
    told = [_group(manifest, number, group, by_place, known) for group in groups]
    whole = bool(told) and all(group["counts"] is not None for group in told)
    areas = []
    for area in dict.fromkeys(unit.area for unit in manifest.units):
        mine = [group for group in told if area in group["areas"]]
        alone = all(group["areas"] == [area] for group in mine) and all(g["counts"] is not None for g in mine)
        areas.append({"area": area, "ballots": _ballots(mine), **_sums(mine if mine and alone else None)})
    return {
        "contest": number,
        "title": contest.title,
        "form": contest.form.kind.name.lower(),
        "most": contest.form.most,
        "options": list(contest.options),
        **_sums(told if whole else None),
        "areas": areas,
        "groups": told,
    }


def _group(
    manifest: Manifest, number: int, group: Answer, by_place: Mapping[tuple[int, int], Any], known: AsOf | None
) -> Answer:
    form = manifest.contests[number].form
    row = by_place.get((number, group["group"]))
    counts = None if row is None else json.loads(row.counts)
    units = manifest.units[group["first_unit"] : group["last_unit"] + 1]
    return {
        "group": group["group"],
        "units": [group["first_unit"], group["last_unit"]],
        "areas": list(dict.fromkeys(unit.area for unit in units)),
        "ballots": group["ballots"],
        "counts": None if counts is None else counts[: form.options],
        "blank": counts[form.options] if counts is not None and form.blank else None,
        "trustees": [] if row is None else [n + 1 for n in range(row.trustees.bit_length()) if row.trustees >> n & 1],
        "by": None if row is None else row.by,
        "tx_hash": None if row is None else row.tx_hash,
        "block_number": None if row is None else row.block_number,
        "finality": None if row is None else finality_of(known, row.block_number),
    }


def _ballots(groups: Sequence[Answer]) -> int | None:
    """Ballots of an area; unknown where a group is shared with another."""
    return sum(group["ballots"] for group in groups) if all(len(group["areas"]) == 1 for group in groups) else None


def _sums(groups: Sequence[Answer] | None) -> Answer:
    if not groups:
        return {"counts": None, "blank": None}
    blanks = [group["blank"] for group in groups if group["blank"] is not None]
    counts = [sum(column) for column in zip(*(group["counts"] for group in groups), strict=True)]
    return {"counts": counts, "blank": sum(blanks) if blanks else None}


# ── Parts of an election ────────────────────────────────────────────────────────────────────────────────────────


def _line(connection: Connection, row: Row[Any], known: AsOf | None, now: int) -> Answer:
    manifest = _manifest_or_none(row.manifest)
    opened = None
    if row.box is not None:
        opened = connection.execute(select(elections).where(elections.c.box == row.box)).one_or_none()
    cast = 0
    if opened is not None:
        counted = select(func.sum(election_units.c.ballots)).where(election_units.c.box == opened.box)
        cast = int(connection.execute(counted).scalar_one() or 0)
    return {
        "setup": row.setup,
        "election": row.election,
        "box": row.box,
        "agency": row.agency,
        "title": "" if manifest is None else manifest.title,
        "language": "" if manifest is None else manifest.language,
        "phase": _phase(connection, row, opened, max(now, 0 if known is None else known.time)),
        "opens": opened.opens_at if opened is not None else None if manifest is None else manifest.schedule.opens,
        "closes": opened.closes_at if opened is not None else None if manifest is None else manifest.schedule.closes,
        "units": 0 if manifest is None else len(manifest.units),
        "ballots": cast,
        "lines": 0 if opened is None else opened.lines,
        "block_number": row.block_number,
        "finality": finality_of(known, row.block_number),
    }


def _manifest_or_none(text: str) -> Manifest | None:
    try:
        return manifest_of(text)
    except Refused:
        return None


def _phase(connection: Connection, row: Row[Any], opened: Row[Any] | None, now: int) -> Phase:
    if opened is None:
        stages = {CeremonyStage.READY: Phase.READY, CeremonyStage.FAILED: Phase.FAILED}
        return stages.get(CeremonyStage(row.stage), Phase.CEREMONY)
    if now < opened.opens_at:
        return Phase.REGISTERED
    if now < opened.closes_at + GRACE:
        return Phase.OPEN if now < opened.closes_at else Phase.GRACE
    if opened.groups is None:
        return Phase.JOINING
    if opened.groups == 0:
        return Phase.UNDECRYPTED
    return Phase.COUNTED if _is_counted(connection, opened) else Phase.COUNTING


def _is_counted(connection: Connection, opened: Row[Any]) -> bool:
    if not opened.groups:
        return False
    counted = select(func.count()).where(election_counts.c.box == opened.box)
    return bool(connection.execute(counted).scalar_one() == opened.groups * len(json.loads(opened.contests)))


def _windows(connection: Connection, setup: Setup, now: int) -> Answer:
    schedule = setup.manifest.schedule
    published = select(ballot_rolls.c.setup).where(ballot_rolls.c.setup == setup.setup)
    roll = _window(schedule.enrolment_closes, schedule.roll_closes, now)
    return {
        "enrolment": _window(schedule.enrolment_opens, schedule.enrolment_closes, now),
        "roll": "published" if connection.execute(published).first() is not None else roll,
    }


def _window(opens: int, closes: int, now: int) -> str:
    return "before" if now < opens else "open" if now < closes else "closed"


def _ceremony(connection: Connection, setup: Setup) -> Answer:
    row = setup.row
    complained = list(connection.execute(select(ceremony_complaints).where(ceremony_complaints.c.setup == setup.setup)))
    trustees = connection.execute(
        select(ceremony_trustees).where(ceremony_trustees.c.setup == setup.setup).order_by(ceremony_trustees.c.place)
    )
    return {
        "stage": CeremonyStage(row.stage).name.lower(),
        "threshold": row.threshold,
        "period": row.period,
        "begun": row.begun_at,
        "key": _point(row),
        "trustees": [
            {
                "place": one.place,
                "account": one.account,
                **{step: bool(getattr(one, step)) for step in ("committed", "revealed", "dealt", "confirmed")},
                "out": one.missed is not None,
                "missed": None if one.missed is None else CeremonyStage(one.missed).name.lower(),
                "key": _point(one),
                "complaints": [
                    {"dealer": said.dealer, "answered": said.answered_at is not None}
                    for said in complained
                    if said.trustee == one.account
                ],
            }
            for one in trustees
        ],
    }


def _point(row: Row[Any]) -> Answer | None:
    return None if row.key_x is None else {"x": row.key_x, "y": row.key_y}


def _opened(connection: Connection, setup: Setup) -> Row[Any] | None:
    return connection.execute(select(elections).where(elections.c.box == (setup.box or ""))).one_or_none()


def _opening(connection: Connection, setup: Setup, opened: Row[Any]) -> Answer:
    found = election_at(connection, opened.box)
    return {
        "opens_at": opened.opens_at,
        "closes_at": opened.closes_at,
        "announced_closes_at": opened.announced,
        "grace": GRACE,
        "min_ballots": opened.min_ballots,
        "width": width_of(opened.lines),
        "roll_root": found.unit_tree.root,
        "log_root": opened.log_root,
        "key": _point(setup.row),
        "contests": [
            {
                "form": f"0x{form.pack():016x}",
                "title": contest.title,
                "options": list(contest.options),
                "kind": "choice" if form.kind is ContestKind.CHOICE else "points",
                "blank": form.blank,
                "most": form.most,
                "minimum": form.minimum,
                "maximum": form.maximum,
            }
            for form, contest in zip(_forms(opened), setup.manifest.contests, strict=False)
        ],
    }


def _forms(opened: Row[Any]) -> list[ContestForm]:
    return [ContestForm.unpack(int(form)) for form in json.loads(opened.contests)]


def _units(connection: Connection, setup: Setup, opened: Row[Any] | None) -> list[Answer]:
    if opened is None:
        issued, listed = issued_by_unit(connection, setup.setup), count_eligible(connection, setup)
        return [
            {
                "unit": number,
                "name": unit.name,
                "area": unit.area,
                "eligible": unit.eligible,
                "listed": listed.get(number, 0),
                "issued": issued.get(number, 0),
                **dict.fromkeys(("lines", "ballots", "batches", "received"), 0),
                **dict.fromkeys(("root", "unit_path", "group")),
            }
            for number, unit in enumerate(setup.manifest.units)
        ]
    tree = election_at(connection, opened.box).unit_tree
    waiting = _waiting(connection, opened.box)
    mine = select(election_units).where(election_units.c.box == opened.box).order_by(election_units.c.unit)
    named = [(unit.name, unit.area) for unit in setup.manifest.units]
    facts = ("eligible", "issued", "lines", "root", "ballots", "batches", "group")
    return [
        {
            "unit": row.unit,
            "name": named[row.unit][0] if row.unit < len(named) else "",
            "area": named[row.unit][1] if row.unit < len(named) else "",
            **{fact: getattr(row, fact) for fact in facts},
            "unit_path": list(tree.path(row.unit)),
            "received": waiting.get(row.unit, 0),
        }
        for row in connection.execute(mine)
    ]


def _waiting(connection: Connection, box: str) -> dict[int, int]:
    """Ballots by unit that the relay has and the chain does not have yet."""
    cast = (ballots.c.box == ballot_receipts.c.box) & (ballots.c.tracker == ballot_receipts.c.tracker)
    query = (
        select(ballot_receipts.c.unit, func.count())
        .join(intents, intents.c.key == ballot_receipts.c.intent_key)
        .outerjoin(ballots, cast)
        .where(ballot_receipts.c.box == box, ballots.c.tracker.is_(None), intents.c.state != "refused")
        .group_by(ballot_receipts.c.unit)
    )
    return dict(connection.execute(query).all())


def _groups(connection: Connection, opened: Row[Any] | None) -> list[Answer]:
    if opened is None:
        return []
    mine = select(election_groups).where(election_groups.c.box == opened.box).order_by(election_groups.c.group)
    counted: dict[int, list[int]] = {}
    place = select(election_counts.c.group, election_counts.c.contest).where(election_counts.c.box == opened.box)
    for group, contest in connection.execute(place):
        counted.setdefault(group, []).append(contest)
    return [
        {
            "group": row.group,
            "first_unit": row.first_unit,
            "last_unit": row.last_unit,
            "ballots": row.ballots,
            "counted": sorted(counted.get(row.group, [])),
        }
        for row in connection.execute(mine)
    ]


def roll_of_unit(connection: Connection, name: str, unit: int) -> Answer:
    """One unit of the published roll, with its place under the roll's root. Raises Refused."""
    setup = setup_of(connection, name)
    built = built_roll(connection, setup.setup)
    if not 0 <= unit < len(built.units):
        raise Refused("UnitUnknown", unit=unit)
    place = {"unit_path": list(built.unit_path(unit)), "roll_root": built.roll_root}
    lines = json.loads(built.text)["units"][unit]["lines"]
    return {"setup": setup.setup, **asdict(built.units[unit]), **place, "lines": lines}
