"""What the events of `LienRegistry` add up to: liens in their rank, leases and easements, on each title.

A cancelled nonce changes no table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from muniment.chain.events import Event, Handler
from muniment.chain.mentions import mention
from muniment.db.rows import RowMissing, Rows
from muniment.db.schema import interests, liens, title_interests, title_liens
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH


@dataclass(frozen=True)
class _List:
    """What weighs on a title in one order without gaps, as the contract's `EncumbranceList`: places count from 1."""

    table: Table
    terms: Table
    id: str
    place: str

    def on(self, rows: Rows, title: str) -> list[Mapping[str, Any]]:
        standing = [row for row in rows.find(self.table, title=title) if row[self.place] is not None]
        return sorted(standing, key=lambda row: int(row[self.place]))

    def key(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"title": row["title"], self.id: row[self.id]}

    def append(self, rows: Rows, row: Mapping[str, Any]) -> None:
        """Let one stand last; it may have stood there before."""
        last = len(self.on(rows, row["title"])) + 1
        open_ended = {"end": None, "ended_at": None, "ended_by": None, "end_source": None}
        rows.put(self.table, {**row, **open_ended, self.place: last})

    def order(self, rows: Rows, standing: Iterable[Mapping[str, Any]]) -> None:
        """Number rows in this order."""
        for place, row in enumerate(standing, 1):
            if row[self.place] != place:
                rows.update(self.table, self.key(row), {self.place: place})

    def end(self, event: Event, rows: Rows, row: Mapping[str, Any], end: str, by: str, source: str) -> None:
        """Let one stand no more, and those behind it move up."""
        told = {
            "end": end,
            "ended_at": event.time,
            "ended_by": None if by == ZERO_ADDRESS else by,
            "end_source": None if source == ZERO_HASH else source,
            "tx_hash": event.tx_hash,
        }
        rows.update(self.table, self.key(row), {**told, self.place: None})
        self.order(rows, self.on(rows, row["title"]))


_LIENS = _List(title_liens, liens, "lien", "rank")
_INTERESTS = _List(title_interests, interests, "interest", "place")
_NO_LIEN = dict.fromkeys(("kind", "creditor", "amount", "currency", "deed_hash", "holder"))
_NO_INTEREST = dict.fromkeys(("kind", "beneficiary", "dominant", "until", "deed_hash"))


def lien_entered(event: Event, rows: Rows) -> None:
    """A lien stands last on the title."""
    given = event.arguments
    before = rows.get(liens, {"lien": given["lien"]})
    # Whoever a lien was assigned to keeps it, wherever it is entered next.
    holder = given["creditor"] if before is None or before["holder"] is None else before["holder"]
    rows.put(
        liens,
        {
            "lien": given["lien"],
            "kind": given["kind"],
            "creditor": given["creditor"],
            "amount": given["amount"],
            "currency": given["currency"],
            "deed_hash": given["deedHash"],
            "holder": holder,
        },
    )
    entered = _entered(event, given["legalDate"], given["by"])
    _LIENS.append(rows, {"lien": given["lien"], "sale": _or_none(given["sale"]), **entered})


def lien_discharged(event: Event, rows: Rows) -> None:
    """The lien weighs on the title no more."""
    given = event.arguments
    row = _required(rows, _LIENS, given["title"], given["lien"])
    _LIENS.end(event, rows, row, "discharged", given["officer"], given["source"])


def lien_postponed(event: Event, rows: Rows) -> None:
    """The lien stands right behind a later one; those between moved up."""
    given = event.arguments
    standing = _LIENS.on(rows, given["title"])
    moved = _required(rows, _LIENS, given["title"], given["lien"])
    standing.remove(moved)
    standing.insert(given["rank"] - 1, moved)
    rows.update(title_liens, _LIENS.key(moved), {"tx_hash": event.tx_hash})
    _LIENS.order(rows, standing)


def lien_assigned(event: Event, rows: Rows) -> None:
    """Another party holds the lien, on every title that it weighs on; also one that stands nowhere yet."""
    lien, holder = event.arguments["lien"], event.arguments["to"]
    before = rows.get(liens, {"lien": lien})
    rows.put(liens, {**(before or {"lien": lien, **_NO_LIEN}), "holder": holder})
    weighed = (row["title"] for row in rows.find(title_liens, lien=lien) if row["rank"] is not None)
    mention(event, rows, weighed)


def interest_entered(event: Event, rows: Rows) -> None:
    """A lease or an easement weighs on the title."""
    given = event.arguments
    row = {
        "interest": given["interest"],
        "kind": given["kind"],
        "beneficiary": _or_none(given["beneficiary"]),
        "dominant": _or_none(given["dominant"]),
        "until": given["until"],
        "deed_hash": given["deedHash"],
    }
    rows.put(interests, row)
    entered = _entered(event, given["legalDate"], given["officer"])
    _INTERESTS.append(rows, {"interest": given["interest"], **entered})
    _mention_dominant(event, rows, row)


def interest_ended(event: Event, rows: Rows) -> None:
    """It was given up, ended by order, or struck out since its time was over."""
    given = event.arguments
    row = _required(rows, _INTERESTS, given["title"], given["interest"])
    terms = rows.get(interests, {"interest": given["interest"]}) or {}
    over = bool(terms.get("until")) and event.time > terms["until"]
    end = "ordered" if given["source"] != ZERO_HASH else "expired" if over else "released"
    _INTERESTS.end(event, rows, row, end, given["officer"], given["source"])
    _mention_dominant(event, rows, terms)


def encumbrances_carried(event: Event, rows: Rows) -> None:
    """What weighs on a title from its first moment: brought by its register, or by the titles it was made out of."""
    given = event.arguments
    _put_in_order(event, rows, _LIENS, given["liens"], _NO_LIEN, {"sale": None})
    _put_in_order(event, rows, _INTERESTS, given["interests"], _NO_INTEREST, {})


def carry(event: Event, rows: Rows, before: Sequence[str], after: Sequence[str]) -> None:
    """Let everything that weighs on titles weigh on others instead, as old as it is."""
    for listed in (_LIENS, _INTERESTS):
        for title in before:
            for row in listed.on(rows, title):
                for other in after:
                    if rows.get(listed.table, {**listed.key(row), "title": other}) is None:
                        listed.append(rows, {**row, "title": other, "tx_hash": event.tx_hash})
                listed.end(event, rows, row, "carried", ZERO_ADDRESS, ZERO_HASH)


def _put_in_order(
    event: Event,
    rows: Rows,
    listed: _List,
    ids: Sequence[str],
    no_terms: Mapping[str, Any],
    more: Mapping[str, Any],
) -> None:
    for name in ids:
        key = {listed.id: name}
        if rows.get(listed.terms, key) is None:
            rows.insert(listed.terms, {**key, **no_terms})
        if rows.get(listed.table, {"title": event.subject, **key}) is None:
            listed.append(rows, {**key, **_entered(event, 0, None), **more})
    listed.order(rows, [_required(rows, listed, event.subject, name) for name in ids])


def _entered(event: Event, legal_date: int, by: str | None) -> dict[str, Any]:
    return {
        "title": event.subject,
        "legal_date": legal_date,
        "entered_by": by,
        "entered_at": event.time,
        "tx_hash": event.tx_hash,
    }


def _required(rows: Rows, listed: _List, title: str, name: str) -> Mapping[str, Any]:
    for row in listed.on(rows, title):
        if row[listed.id] == name:
            return row
    raise RowMissing(f"{name} does not stand on {title}.")


def _mention_dominant(event: Event, rows: Rows, terms: Mapping[str, Any]) -> None:
    if terms.get("dominant"):
        mention(event, rows, [terms["dominant"]])


def _or_none(word: str) -> str | None:
    return None if word == ZERO_HASH else word


_EVENTS: dict[str, Handler] = {
    "LienEntered": lien_entered,
    "LienDischarged": lien_discharged,
    "LienPostponed": lien_postponed,
    "LienAssigned": lien_assigned,
    "InterestEntered": interest_entered,
    "InterestEnded": interest_ended,
    "EncumbrancesCarried": encumbrances_carried,
}
HANDLERS: dict[tuple[str, str], Handler] = {("LienRegistry", name): handler for name, handler in _EVENTS.items()}
