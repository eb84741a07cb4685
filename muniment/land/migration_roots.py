"""Which registers moved into a jurisdiction and stand: what every proof of one of their titles is about."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from muniment.db.answers import AsOf, Finality, as_of, finality_of
from muniment.db.schema import migration_releases, migration_roots
from muniment.land.migration_proof import StandingRoot
from muniment.land.model import RootStatus


@dataclass(frozen=True)
class MovedRoot:
    """A register that moved in. `ready_at` is Unix seconds; while it is frozen its clock stands still."""

    number: int
    root: str
    count: int
    leaves_hash: str
    predecessor: str
    ready_at: int
    status: RootStatus
    tx_hash: str
    block_number: int
    finality: Finality

    @property
    def standing(self) -> StandingRoot:
        """The root as proofs are judged by."""
        return StandingRoot(bytes.fromhex(self.root[2:]), self.count)


@dataclass(frozen=True)
class MovedRoots:
    """The roots that stand in a jurisdiction, the oldest first."""

    jurisdiction: str
    roots: tuple[MovedRoot, ...]
    as_of: AsOf | None


def standing_roots(connection: Connection, jurisdiction: str) -> MovedRoots:
    """The roots of a jurisdiction that stand at the block that the read tables show."""
    known = as_of(connection)
    r = migration_roots.c
    rows = connection.execute(
        select(migration_roots).where(r.jurisdiction == jurisdiction, r.end.is_(None)).order_by(r.number)
    )
    return MovedRoots(jurisdiction, tuple(_root(row, known) for row in rows), known)


def is_released(connection: Connection, jurisdiction: str, title: str) -> bool:
    """Whether registrars took a title out of every root, so that it is registered as a new one is."""
    released = migration_releases.c
    row = connection.execute(
        select(released.title).where(released.jurisdiction == jurisdiction, released.title == title)
    ).first()
    return row is not None


def _root(row: Row[Any], known: AsOf | None) -> MovedRoot:
    heard = known is not None and known.time >= row.ready_at
    status = RootStatus.IN_EFFECT if heard else RootStatus.PENDING
    return MovedRoot(
        number=row.number,
        root=row.root,
        count=row._mapping["count"],
        leaves_hash=row.leaves_hash,
        predecessor=row.predecessor,
        ready_at=row.ready_at,
        status=RootStatus.FROZEN if row.freezes else status,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        finality=finality_of(known, row.block_number),
    )
