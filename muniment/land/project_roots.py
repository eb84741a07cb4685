"""What the events of `TitleMigration` add up to: registers that moved in, courts' stops, titles taken out of them."""

from collections.abc import Mapping
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.chain.mentions import mention
from muniment.db.rows import RowMissing, Rows
from muniment.db.schema import migration_freezes, migration_releases, migration_roots
from muniment.land.jurisdiction import jurisdiction_text
from muniment.land.model import RootStatus


def root_proposed(event: Event, rows: Rows) -> None:
    """A register moves in once objections were heard."""
    given, moved = event.arguments, event.arguments["register"]
    rows.insert(
        migration_roots,
        {
            **_key(event),
            "root": given["root"],
            "count": moved["count"],
            "first": moved["first"],
            "last": moved["last"],
            "leaves_hash": moved["leavesHash"],
            "predecessor": moved["predecessor"],
            "ready_at": given["readyAt"],
            "freezes": 0,
            "stopped_at": None,
            "changes": 0,
            "officer": given["officer"],
            "proposed_at": event.time,
            "end": None,
            "ended_at": None,
            "ended_by": None,
            "end_order": None,
            "end_index": None,
            "tx_hash": event.tx_hash,
        },
    )


def root_withdrawn(event: Event, rows: Rows) -> None:
    """The keeper took it back before it took effect."""
    _end(event, rows, RootStatus.WITHDRAWN, event.arguments["officer"], {})


def root_refuted(event: Event, rows: Rows) -> None:
    """Somebody showed that its leaves are out of order."""
    _end(event, rows, RootStatus.REFUTED, event.arguments["by"], {"end_index": event.arguments["index"]})


def root_annulled(event: Event, rows: Rows) -> None:
    """Two registrars ended it after it took effect, while a court's freeze stood."""
    _end(event, rows, RootStatus.ANNULLED, event.arguments["officer"], {"end_order": event.arguments["order"]})


def root_frozen(event: Event, rows: Rows) -> None:
    """A court stopped it."""
    given, row = event.arguments, _root(event, rows)
    rows.insert(
        migration_freezes,
        {
            **_key(event),
            "freeze": given["freeze"],
            "court": given["court"],
            "officer": given["officer"],
            "order_hash": given["order"],
            "frozen_at": event.time,
            "lifted_at": None,
            "lifted_by": None,
            "lifted_order": None,
            "tx_hash": event.tx_hash,
        },
    )
    stopped = event.time if row["freezes"] == 0 else row["stopped_at"]
    _change(event, rows, {"freezes": row["freezes"] + 1, "changes": row["changes"] + 1, "stopped_at": stopped})


def root_freeze_lifted(event: Event, rows: Rows) -> None:
    """A court lifted its freeze; with the last one the window runs on."""
    given, row = event.arguments, _root(event, rows)
    lifted = {
        "lifted_at": event.time,
        "lifted_by": given["officer"],
        "lifted_order": given["order"],
        "tx_hash": event.tx_hash,
    }
    rows.update(migration_freezes, {"freeze": given["freeze"]}, lifted)
    freezes = row["freezes"] - 1
    changed = {"freezes": freezes, "changes": row["changes"] + 1, "ready_at": given["readyAt"]}
    _change(event, rows, {**changed, "stopped_at": row["stopped_at"] if freezes else None})


def title_released(event: Event, rows: Rows) -> None:
    """One title was taken out of every root of its jurisdiction."""
    given = event.arguments
    rows.insert(
        migration_releases,
        {
            "jurisdiction": jurisdiction_text(given["jurisdiction"]),
            "title": given["title"],
            "order_hash": given["order"],
            "officer": given["officer"],
            "released_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )
    mention(event, rows, [given["title"]])


def _key(event: Event) -> dict[str, Any]:
    return {
        "jurisdiction": jurisdiction_text(event.arguments["jurisdiction"]),
        "number": event.arguments["number"],
    }


def _root(event: Event, rows: Rows) -> Mapping[str, Any]:
    row = rows.get(migration_roots, _key(event))
    if row is None:
        raise RowMissing(f"No root {event.arguments['number']} was proposed.")
    return row


def _change(event: Event, rows: Rows, changed: Mapping[str, Any]) -> None:
    rows.update(migration_roots, _key(event), {**changed, "tx_hash": event.tx_hash})


def _end(event: Event, rows: Rows, status: RootStatus, by: str, more: Mapping[str, Any]) -> None:
    _change(event, rows, {"end": int(status), "ended_at": event.time, "ended_by": by, **more})


_EVENTS: dict[str, Handler] = {
    "RootProposed": root_proposed,
    "RootWithdrawn": root_withdrawn,
    "RootRefuted": root_refuted,
    "RootAnnulled": root_annulled,
    "RootFrozen": root_frozen,
    "RootFreezeLifted": root_freeze_lifted,
    "TitleReleased": title_released,
}
HANDLERS: dict[tuple[str, str], Handler] = {("TitleMigration", name): handler for name, handler in _EVENTS.items()}
