"""Carry notices to those who asked for them: signed, again and again until they are taken, in any order."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Engine, Row, select, update

from muniment.db.engine import reading, writing
from muniment.db.schema import deliveries, notices, subscriptions
from muniment.errors import Refused
from muniment.identity.sealing import Sealer
from muniment.notify.posting import NotDelivered, post
from muniment.notify.queue import Notice, notice_of

MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = 30, 12 * 3600  # seconds
_AT_ONCE = 20

log = structlog.get_logger()


def body_of(notice: Notice) -> bytes:
    """What is sent: the notice as `GET /api/notices` shows it."""
    told = {
        "id": notice.id,
        "key": notice.key,
        "kind": notice.kind,
        "subject": notice.subject,
        "facts": notice.facts,
        "created_at": notice.created_at,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    """`Muniment-Signature`: HMAC-SHA256 over the timestamp, a full stop and the body."""
    return "v1=" + hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()


def deliver_due(
    engine: Engine, sealer_of: Callable[[], Sealer], clock: Callable[[], int], loopback: bool = False
) -> int:
    """Send what is due, at most 20 notices; return how many were taken.

    Whoever does not take one is left alone for a while with all others, so that nobody waits behind a dead address.
    Two processes may send the same one: whoever is told knows it by its key.
    """
    now, taken = clock(), 0
    query = (
        select(notices, deliveries.c.subscription, deliveries.c.attempts, subscriptions.c.url, subscriptions.c.secret)
        .join(deliveries, deliveries.c.notice == notices.c.id)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription)
        .where(deliveries.c.state == "waiting", deliveries.c.due_at <= now)
        .where(subscriptions.c.ended_at.is_(None))
        .order_by(deliveries.c.due_at, deliveries.c.notice)
        .limit(_AT_ONCE)
    )
    with reading(engine) as connection:
        due = connection.execute(query).all()
    if not due:
        return 0
    sealer, silent = sealer_of(), set[int]()
    for row in due:
        if row.subscription in silent:
            continue
        body = body_of(notice_of(row))
        try:
            headers = {
                "Muniment-Event": row.key,
                "Muniment-Timestamp": str(now),
                "Muniment-Signature": signature_of(sealer.unseal(row.secret), now, body),
            }
            post(row.url, body, headers, loopback)
        except (NotDelivered, Refused) as error:
            silent.add(row.subscription)
            _failed(engine, row, str(error), clock())
            continue
        taken += 1
        _write(engine, row, {"state": "taken", "reason": None, "attempts": row.attempts + 1, "updated_at": clock()})
    return taken


def wait_after(attempts: int) -> int:
    """Seconds until the next attempt: four times as long each time, at most half a day."""
    return int(min(_FIRST_WAIT * 4 ** (attempts - 1), _LONGEST_WAIT))


def _failed(engine: Engine, row: Row[Any], why: str, now: int) -> None:
    attempts = row.attempts + 1
    state = "given_up" if attempts >= MOST_ATTEMPTS else "waiting"
    log.warning("notify.not_delivered", notice=row.id, subscription=row.subscription, attempts=attempts, state=state)
    changed = {"state": state, "attempts": attempts, "due_at": now + wait_after(attempts), "reason": why}
    _write(engine, row, {**changed, "updated_at": now})
    others = (deliveries.c.subscription == row.subscription) & (deliveries.c.state == "waiting")
    with writing(engine) as connection:
        late = update(deliveries).where(others, deliveries.c.due_at <= now)
        connection.execute(late.values(due_at=now + _FIRST_WAIT))


def _write(engine: Engine, row: Row[Any], changed: dict[str, object]) -> None:
    mine = (deliveries.c.notice == row.id) & (deliveries.c.subscription == row.subscription)
    with writing(engine) as connection:
        connection.execute(update(deliveries).where(mine, deliveries.c.state == "waiting").values(**changed))
