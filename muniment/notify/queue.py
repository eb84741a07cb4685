"""What there is to tell: notices in one order, so that whoever missed some asks from a cursor on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, select

from muniment.db.engine import insert_once
from muniment.db.schema import deliveries, notices, subscriptions
from muniment.errors import Refused

LONGEST_KEY, LONGEST_KIND = 200, 40  # characters, as the table has them
MOST = 200  # notices in one answer


@dataclass(frozen=True)
class Notice:
    """One thing to tell about a title or a sale; `facts` hold ids and numbers, and no personal data."""

    id: int
    key: str
    kind: str
    subject: str
    facts: Mapping[str, Any]
    created_at: int


def queue_notice(connection: Connection, key: str, kind: str, subject: str, facts: Mapping[str, Any], now: int) -> bool:
    """Store a notice in the caller's transaction, and its delivery to everybody who asked for the kind; is it new?

    The key names it for ever: the same again does nothing. `subject` is the id of a title or a sale, `now` Unix
    seconds. Raises Refused when it cannot be stored as it is.
    """
    if not 1 <= len(key) <= LONGEST_KEY or not 1 <= len(kind) <= LONGEST_KIND:
        raise Refused("RequestMalformed", cause="Key or kind is empty or too long.")
    try:
        text = rfc8785.dumps(dict(facts)).decode()
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError):
        raise Refused("RequestMalformed", cause="The facts are not what JSON can hold exactly.") from None
    known = select(notices.c.id).where(notices.c.key == key)
    row = {"key": key, "kind": kind, "subject": subject, "facts": text, "created_at": now}
    if not insert_once(connection, notices, row):
        return False
    notice = connection.execute(known).scalar_one()
    wanted = select(subscriptions.c.id, subscriptions.c.kinds).where(subscriptions.c.ended_at.is_(None))
    for subscription in connection.execute(wanted).all():
        if kind in json.loads(subscription.kinds):
            due = {"state": "waiting", "attempts": 0, "due_at": now, "updated_at": now}
            connection.execute(deliveries.insert().values(notice=notice, subscription=subscription.id, **due))
    return True


def notices_after(connection: Connection, after: int, limit: int = MOST, kind: str | None = None) -> list[Notice]:
    """The notices behind a cursor, the id of the last that is known, in their order."""
    query = select(notices).where(notices.c.id > after).order_by(notices.c.id).limit(min(max(limit, 1), MOST))
    if kind is not None:
        query = query.where(notices.c.kind == kind)
    return [notice_of(row) for row in connection.execute(query)]


def notice_of(row: Row[Any]) -> Notice:
    """A row of `notices`."""
    return Notice(row.id, row.key, row.kind, row.subject, json.loads(row.facts), row.created_at)
