"""Which registers moved into a jurisdiction and stand, as the events of `TitleMigration` tell."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from muniment.db.answers import AsOf, Finality, as_of, finality_of
from muniment.db.schema import events
from muniment.land.migration_proof import StandingRoot
from muniment.land.model import jurisdiction_bytes

_PROPOSED, _FROZEN, _LIFTED = "RootProposed", "RootFrozen", "RootFreezeLifted"
_ENDS = ("RootWithdrawn", "RootRefuted", "RootAnnulled")
_RELEASED = "TitleReleased"


class RootStanding(StrEnum):
    """How a root that stands does so: objections are heard; its titles are admitted; a court stopped it."""

    PENDING = "pending"
    IN_EFFECT = "in_effect"
    FROZEN = "frozen"


@dataclass(frozen=True)
class MovedRoot:
    """A register that moved in. `ready_at` is Unix seconds; while it is frozen its clock stands still."""

    number: int
    root: str
    count: int
    leaves_hash: str
    predecessor: str
    ready_at: int
    status: RootStanding
    tx_hash: str
    block_number: int
    finality: Finality

    @property
    def standing(self) -> StandingRoot:
        """The root as proofs are judged by."""
        return StandingRoot(bytes.fromhex(self.root[2:]), self.count)


@dataclass(frozen=True)
class MovedRoots:
    """The roots that stand in a jurisdiction, the oldest first: what every proof is about."""

    jurisdiction: str
    roots: tuple[MovedRoot, ...]
    as_of: AsOf | None


def standing_roots(connection: Connection, jurisdiction: str) -> MovedRoots:
    """The roots of a jurisdiction that stand at the block that the read tables show."""
    known = as_of(connection)
    rows = connection.execute(
        select(events)
        .where(
            events.c.subject == _subject(jurisdiction),
            events.c.contract == "TitleMigration",
            events.c.name.in_((_PROPOSED, _FROZEN, _LIFTED, *_ENDS)),
        )
        .order_by(events.c.block_number, events.c.log_index)
    )
    proposed: dict[int, tuple[Any, dict[str, Any]]] = {}
    ready: dict[int, int] = {}
    freezes: dict[int, int] = {}
    for row in rows:
        told = json.loads(row.arguments)
        number = int(told["number"])
        if row.name == _PROPOSED:
            proposed[number], ready[number], freezes[number] = (row, told["register"]), int(told["readyAt"]), 0
        elif row.name == _FROZEN:
            freezes[number] += 1
        elif row.name == _LIFTED:
            freezes[number] -= 1
            ready[number] = int(told["readyAt"])
        else:
            del proposed[number]
    now = 0 if known is None else known.time
    roots = tuple(
        MovedRoot(
            number=number,
            root=register["root"],
            count=int(register["count"]),
            leaves_hash=register["leavesHash"],
            predecessor=register["predecessor"],
            ready_at=ready[number],
            status=_status(freezes[number], ready[number], now),
            tx_hash=row.tx_hash,
            block_number=row.block_number,
            finality=finality_of(known, row.block_number),
        )
        for number, (row, register) in sorted(proposed.items())
    )
    return MovedRoots(jurisdiction, roots, known)


def is_released(connection: Connection, jurisdiction: str, title: str) -> bool:
    """Whether registrars took a title out of every root, so that it is registered as a new one is."""
    released = connection.execute(
        select(events.c.arguments).where(
            events.c.subject == _subject(jurisdiction),
            events.c.contract == "TitleMigration",
            events.c.name == _RELEASED,
            events.c.arguments.contains(title, autoescape=True),
        )
    )
    return any(json.loads(arguments)["title"] == title for arguments in released.scalars())


def _status(freezes: int, ready_at: int, now: int) -> RootStanding:
    if freezes:
        return RootStanding.FROZEN
    return RootStanding.PENDING if now < ready_at else RootStanding.IN_EFFECT


def _subject(jurisdiction: str) -> str:
    return "0x" + jurisdiction_bytes(jurisdiction).hex()
