"""Answers about the service itself: how far it has read the chain, and what became of each intent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from muniment.db.answers import AsOf, Page, as_of, page_bounds
from muniment.db.schema import intents, transactions


@dataclass(frozen=True)
class Status:
    """The checkpoint (None before the first block is indexed) and how many intents stand in each state."""

    as_of: AsOf | None
    intents: Mapping[str, int]


@dataclass(frozen=True)
class IntentLine:
    """One intent's receipt; `reason` is {"error", "arguments"} when it was refused or parked."""

    key: str
    kind: str
    state: str
    reason: Mapping[str, Any] | None
    tx_hash: str | None
    block_number: int | None
    block_hash: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True)
class Intents:
    """One page of intents, newest first."""

    page: Page
    lines: tuple[IntentLine, ...]


def status(connection: Connection) -> Status:
    """The indexer's checkpoint and the outbox's counts per state."""
    counted = connection.execute(select(intents.c.state, func.count().label("n")).group_by(intents.c.state))
    return Status(as_of(connection), {row.state: row.n for row in counted})


def intent(connection: Connection, key: str) -> IntentLine | None:
    """The receipt of one intent by its idempotency key, or None."""
    if "\0" in key:  # in no key, and PostgreSQL cannot even be asked
        return None
    row = connection.execute(_lines().where(intents.c.key == key)).one_or_none()
    return None if row is None else _line(row)


def intents_page(connection: Connection, state: str | None = None, page: int = 1, size: int = 25) -> Intents:
    """Intents in a state, or all, newest first."""
    number, size = page_bounds(page, size)
    counted = select(func.count()).select_from(intents)
    lines = _lines().order_by(intents.c.id.desc()).limit(size).offset((number - 1) * size)
    if state is not None:
        counted, lines = counted.where(intents.c.state == state), lines.where(intents.c.state == state)
    total = connection.execute(counted).scalar_one()
    return Intents(Page(number, size, total), tuple(_line(row) for row in connection.execute(lines)))


def _lines() -> Select[Any]:
    t = transactions.c
    return select(intents, t.hash.label("tx_hash"), t.block_number, t.block_hash).outerjoin(
        transactions, t.id == intents.c.transaction_id
    )


def _line(row: Row[Any]) -> IntentLine:
    return IntentLine(
        key=row.key,
        kind=row.kind,
        state=row.state,
        reason=None if row.reason is None else json.loads(row.reason),
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
