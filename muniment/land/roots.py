"""Registers that moved in, as the read tables tell of them."""

from typing import Any

from sqlalchemy import Connection, Row, func, select

from muniment.db.answers import AsOf, as_of, finality_of
from muniment.db.schema import migration_freezes, migration_releases, migration_roots
from muniment.hashing import ZERO_HASH
from muniment.land.answers import RootFreezeLine, RootLine, Roots
from muniment.land.model import RootStatus


def roots_of(connection: Connection, jurisdiction: str, now: int) -> Roots:
    """Every root that was proposed for a jurisdiction, the oldest first."""
    known = as_of(connection)
    mine = migration_freezes.c.jurisdiction == jurisdiction
    stops: dict[int, list[RootFreezeLine]] = {}
    for row in connection.execute(select(migration_freezes).where(mine).order_by(migration_freezes.c.frozen_at)):
        stops.setdefault(row.number, []).append(_freeze(row, known))
    query = select(migration_roots).where(migration_roots.c.jurisdiction == jurisdiction)
    rows = connection.execute(query.order_by(migration_roots.c.number))
    lines = tuple(_root(row, tuple(stops.get(row.number, ())), now, known) for row in rows)
    counted = select(func.count()).where(migration_releases.c.jurisdiction == jurisdiction)
    return Roots(jurisdiction, lines, connection.execute(counted).scalar_one(), known)


def status_at(row: Row[Any], now: int) -> RootStatus:
    """How a root stands at a moment, as the contract judges it."""
    if row.end is not None:
        return RootStatus(row.end)
    if row.freezes:
        return RootStatus.FROZEN
    return RootStatus.PENDING if now < row.ready_at else RootStatus.IN_EFFECT


def _root(row: Row[Any], freezes: tuple[RootFreezeLine, ...], now: int, known: AsOf | None) -> RootLine:
    return RootLine(
        number=row.number,
        root=row.root,
        count=row._mapping["count"],  # a row has a method of that name
        first=row.first,
        last=row.last,
        leaves_hash=row.leaves_hash,
        predecessor=None if row.predecessor == ZERO_HASH else row.predecessor,
        status=status_at(row, now),
        ready_at=row.ready_at,
        changes=row.changes,
        officer=row.officer,
        proposed_at=row.proposed_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end_order=row.end_order,
        end_index=row.end_index,
        freezes=freezes,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )


def _freeze(row: Row[Any], known: AsOf | None) -> RootFreezeLine:
    return RootFreezeLine(
        freeze=row.freeze,
        court=row.court,
        officer=row.officer,
        order_hash=row.order_hash,
        frozen_at=row.frozen_at,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        lifted_order=row.lifted_order,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )
