"""What stands in the way of changing titles: courts' freezes, caveats, sales' priority notices."""

from collections.abc import Iterable
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.chain.mentions import mention
from muniment.db.rows import Rows
from muniment.db.schema import restrictions, title_notices, title_restrictions
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH
from muniment.land.model import RestrictionKind


def title_frozen(event: Event, rows: Rows) -> None:
    """A court froze the title."""
    given = event.arguments
    _restrict(event, rows, RestrictionKind.FREEZE, given["freeze"], given["court"], 0, given["order"])


def freeze_lifted(event: Event, rows: Rows) -> None:
    """A court lifted its freeze."""
    _lift(event, rows, event.arguments["freeze"], event.arguments["order"])


def caveat_entered(event: Event, rows: Rows) -> None:
    """Somebody claims a right in the title."""
    given = event.arguments
    caveat, claimant = given["caveat"], given["claimant"]
    _restrict(event, rows, RestrictionKind.CAVEAT, caveat, claimant, given["until"], given["sourceHash"])


def caveat_withdrawn(event: Event, rows: Rows) -> None:
    """The claimant withdrew the caveat, or a registrar struck it out, on every title that carries it."""
    caveat = event.arguments["caveat"]
    _lift(event, rows, caveat, event.arguments["sourceHash"])
    mention(event, rows, (row["title"] for row in rows.find(title_restrictions, restriction=caveat)))


def notice_set(event: Event, rows: Rows) -> None:
    """A sale keeps the title for itself; one whose time is over makes room."""
    given = event.arguments
    notice = {"title": given["title"], "sale": given["sale"], "until": given["until"]}
    rows.put(title_notices, {**notice, "set_at": event.time, "tx_hash": event.tx_hash})


def notice_cleared(event: Event, rows: Rows) -> None:
    """The sale released the title, or was registered."""
    rows.delete(title_notices, {"title": event.subject})


def carry(event: Event, rows: Rows, title: str, parts: Iterable[str]) -> None:
    """Let every part of a title carry the caveats that stand on it."""
    for listed in rows.find(title_restrictions, title=title):
        key = {"restriction": listed["restriction"]}
        row = rows.get(restrictions, key)
        # As the contract judges it, by the block's time: one whose time is over stays behind.
        if row is not None and row["lifted_at"] is None and (row["until"] == 0 or event.time <= row["until"]):
            for part in parts:
                rows.insert(title_restrictions, {"title": part, **key})


def _restrict(
    event: Event, rows: Rows, kind: RestrictionKind, restriction: str, by: str, until: int, source: str
) -> None:
    row: dict[str, Any] = {
        "restriction": restriction,
        "kind": int(kind),
        "title": event.subject,
        "by": by,
        "until": until,
        "source_hash": source,
        "officer": event.arguments["officer"],
        "entered_at": event.time,
        "lifted_at": None,
        "lifted_by": None,
        "lifted_source": None,
        "tx_hash": event.tx_hash,
    }
    rows.insert(restrictions, row)
    rows.insert(title_restrictions, {"title": event.subject, "restriction": restriction})


def _lift(event: Event, rows: Rows, restriction: str, source: str) -> None:
    officer = event.arguments["officer"]
    lifted = {
        "lifted_at": event.time,
        "lifted_by": None if officer == ZERO_ADDRESS else officer,
        "lifted_source": None if source == ZERO_HASH else source,
        "tx_hash": event.tx_hash,
    }
    rows.update(restrictions, {"restriction": restriction}, lifted)


_RESTRICTIONS: dict[str, Handler] = {
    "TitleFrozen": title_frozen,
    "FreezeLifted": freeze_lifted,
    "CaveatEntered": caveat_entered,
    "CaveatWithdrawn": caveat_withdrawn,
    "NoticeSet": notice_set,
    "NoticeCleared": notice_cleared,
}
HANDLERS: dict[tuple[str, str], Handler] = {("TitleRegistry", name): handler for name, handler in _RESTRICTIONS.items()}
