"""What every answer from the read tables carries: as of which block it was true, how final it is, and which page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from muniment.db.schema import checkpoints, events, mentions

MAX_SIZE = 100
MAX_PAGE = 10_000
MAX_HISTORY = 200


class Finality(StrEnum):
    """How likely a block is to stay: included may be reorganised away, finalized may not (proof-of-stake tags)."""

    INCLUDED = "included"
    SAFE = "safe"
    FINALIZED = "finalized"


@dataclass(frozen=True)
class AsOf:
    """The last block that the read tables contain; times are Unix seconds."""

    chain_id: int
    genesis_hash: str
    number: int
    hash: str
    time: int
    safe_number: int
    finalized_number: int
    halted: str | None

    def finality(self, block_number: int) -> Finality:
        """How final a row of this block is."""
        if block_number <= self.finalized_number:
            return Finality.FINALIZED
        return Finality.SAFE if block_number <= self.safe_number else Finality.INCLUDED


@dataclass(frozen=True)
class Page:
    """A page of a longer list: numbers count from 1."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True)
class HistoryLine:
    """One event, as it was emitted."""

    contract: str
    name: str
    arguments: Mapping[str, Any]
    block_number: int
    block_hash: str
    time: int
    tx_hash: str
    log_index: int
    finality: Finality


def as_of(connection: Connection) -> AsOf | None:
    """The checkpoint; None while nothing was indexed."""
    row = connection.execute(select(checkpoints).limit(1)).one_or_none()
    return None if row is None else AsOf(**row._mapping)


def finality_of(known: AsOf | None, block_number: int) -> Finality:
    """How final a block is; without a checkpoint nothing is more than included."""
    return Finality.INCLUDED if known is None else known.finality(block_number)


def page_bounds(page: int, size: int) -> tuple[int, int]:
    """Page number and size forced into 1..10,000 and 1..100."""
    return min(max(page, 1), MAX_PAGE), min(max(size, 1), MAX_SIZE)


def like(text: str) -> str:
    r"""A LIKE pattern that finds `text` anywhere; wildcards in it stand for themselves (escape "\")."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def history(connection: Connection, subject: str, known: AsOf | None, limit: int = MAX_HISTORY) -> list[HistoryLine]:
    """The latest events about a subject (title, party, agency) or that mention it, oldest first, at most `limit`."""
    mine = (mentions.c.event_block == events.c.block_number, mentions.c.log_index == events.c.log_index)
    most = min(limit, MAX_HISTORY)
    newest = (events.c.block_number.desc(), events.c.log_index.desc())
    # Two queries that each go along an index; one with "or" would read every event.
    about = select(events).where(events.c.subject == subject).order_by(*newest).limit(most)
    named = (
        select(events).join(mentions, and_(*mine)).where(mentions.c.subject == subject).order_by(*newest).limit(most)
    )
    found = [*connection.execute(about), *connection.execute(named)]
    found.sort(key=lambda row: (row.block_number, row.log_index))
    return [_line(row, known) for row in found[-most:]] if most else []


def history_length(connection: Connection, subject: str) -> int:
    """How many events there are about a subject, or that mention it."""
    about = select(func.count()).select_from(events).where(events.c.subject == subject)
    named = select(func.count()).select_from(mentions).where(mentions.c.subject == subject)
    return int(connection.execute(about).scalar_one() + connection.execute(named).scalar_one())


def _line(row: Row[Any], known: AsOf | None) -> HistoryLine:
    return HistoryLine(
        contract=row.contract,
        name=row.name,
        arguments=json.loads(row.arguments),
        block_number=row.block_number,
        block_hash=row.block_hash,
        time=row.time,
        tx_hash=row.tx_hash,
        log_index=row.log_index,
        finality=finality_of(known, row.block_number),
    )
