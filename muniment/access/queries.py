"""Answers about agencies, their officers' keys and acts that wait for a second officer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from muniment.access.model import AgencyStatus, KeyStanding, Officer, Scope, scopes_of
from muniment.db.answers import AsOf, Finality, HistoryLine, Page, as_of, finality_of, history, page_bounds
from muniment.db.schema import agencies as agencies_table
from muniment.db.schema import officers, pending_acts

_MAX_LINES = 500  # officers or pending acts shown of one agency


@dataclass(frozen=True)
class AgencyLine:
    """An agency; `scopes` names the powers that it may give, `parent` is None when the root registered it."""

    agency: str
    parent: str | None
    admin: str
    scopes: tuple[str, ...]
    status: AgencyStatus
    domain_hash: str
    registered_at: int
    block_number: int
    block_hash: str
    finality: Finality


@dataclass(frozen=True)
class OfficerLine:
    """A key and how it stands at the moment asked about."""

    key: str
    scopes: tuple[str, ...]
    not_before: int
    not_after: int
    compromised_since: int | None
    accredited_at: int
    standing: KeyStanding
    finality: Finality


@dataclass(frozen=True)
class PendingActLine:
    """An act that waits for its second officer; `calldata` is what the target received."""

    act: str
    target: str
    officer: str
    scopes: tuple[str, ...]
    version: int
    deadline: int
    overdue: bool
    calldata: str
    finality: Finality


@dataclass(frozen=True)
class Agencies:
    """One page of agencies, oldest first."""

    page: Page
    lines: tuple[AgencyLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class AgencyAnswer:
    """An agency with its officers and pending acts."""

    agency: AgencyLine
    officers: tuple[OfficerLine, ...]
    pending_acts: tuple[PendingActLine, ...]
    history: tuple[HistoryLine, ...]
    as_of: AsOf | None


def agencies(connection: Connection, page: int = 1, size: int = 25) -> Agencies:
    """All agencies, oldest first."""
    number, size = page_bounds(page, size)
    known = as_of(connection)
    total = connection.execute(select(func.count()).select_from(agencies_table)).scalar_one()
    rows = connection.execute(
        select(agencies_table)
        .order_by(agencies_table.c.registered_at, agencies_table.c.agency)
        .limit(size)
        .offset((number - 1) * size)
    )
    return Agencies(Page(number, size, total), tuple(_agency(row, known) for row in rows), known)


def agency(connection: Connection, agency: str, now: int, contracts: Collection[str]) -> AgencyAnswer | None:
    """An agency by its id, its keys judged at `now` (Unix seconds), or None when it was never registered.

    Pending acts are those of `contracts`, by address: anyone may propose one in an officer's name for a target of
    their own, which means nothing and would bury those that do.
    """
    agency = agency.lower()
    row = connection.execute(select(agencies_table).where(agencies_table.c.agency == agency)).one_or_none()
    if row is None:
        return None
    known = as_of(connection)
    keys = connection.execute(
        select(officers)
        .where(officers.c.agency == agency)
        .order_by(officers.c.accredited_at, officers.c.key)
        .limit(_MAX_LINES)
    )
    acts = connection.execute(
        select(pending_acts)
        .where(pending_acts.c.agency == agency, pending_acts.c.target.in_(contracts))
        .order_by(pending_acts.c.deadline, pending_acts.c.act)
        .limit(_MAX_LINES)
    )
    return AgencyAnswer(
        agency=_agency(row, known),
        officers=tuple(_officer(key, now, known) for key in keys),
        pending_acts=tuple(_act(act, now, known) for act in acts),
        history=tuple(history(connection, agency, known)),
        as_of=known,
    )


def _agency(row: Row[Any], known: AsOf | None) -> AgencyLine:
    return AgencyLine(
        agency=row.agency,
        parent=row.parent if int(row.parent, 16) else None,
        admin=row.admin,
        scopes=scopes_of(row.scopes),
        status=AgencyStatus(row.status),
        domain_hash=row.domain_hash,
        registered_at=row.registered_at,
        block_number=row.block_number,
        block_hash=row.block_hash,
        finality=finality_of(known, row.block_number),
    )


def _officer(row: Row[Any], now: int, known: AsOf | None) -> OfficerLine:
    record = Officer(
        key=row.key,
        agency=row.agency,
        scopes=Scope(row.scopes),
        not_before=row.not_before,
        not_after=row.not_after,
        compromised_since=row.compromised_since,
        accredited_at=row.accredited_at,
    )
    return OfficerLine(
        key=record.key,
        scopes=scopes_of(row.scopes),
        not_before=record.not_before,
        not_after=record.not_after,
        compromised_since=record.compromised_since,
        accredited_at=record.accredited_at,
        standing=record.standing_at(now),
        finality=finality_of(known, row.block_number),
    )


def _act(row: Row[Any], now: int, known: AsOf | None) -> PendingActLine:
    return PendingActLine(
        act=row.act,
        target=row.target,
        officer=row.officer,
        scopes=scopes_of(row.scope),
        version=row.version,
        deadline=row.deadline,
        overdue=now > row.deadline,
        calldata=row.calldata,
        finality=finality_of(known, row.block_number),
    )
