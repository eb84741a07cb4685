"""Who is told: addresses that an operator entered, each with a secret of its own."""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from muniment.db.schema import deliveries, subscriptions
from muniment.errors import Refused
from muniment.identity.sealing import Sealer
from muniment.notify.posting import check_url

_KIND = re.compile(r"[a-z]+(\.[a-z_]+)+")
_LEAST_SECRET = 16  # characters
LONGEST_KIND = 40


@dataclass(frozen=True)
class Subscription:
    """Who is told of which kinds; `waiting` and `given_up` count notices that did not arrive yet, or never did."""

    id: int
    url: str
    kinds: tuple[str, ...]
    created_at: int
    ended_at: int | None
    waiting: int
    given_up: int


def subscribe(
    connection: Connection,
    sealer: Sealer,
    url: str,
    kinds: Sequence[str],
    now: int,
    secret: str | None = None,
    loopback: bool = False,
) -> tuple[int, str]:
    """Tell an address of these kinds from now on; its id and its secret, a fresh one unless given. Raises Refused."""
    check_url(url, loopback)
    wanted = sorted(set(kinds))
    for kind in wanted or [""]:
        if not _KIND.fullmatch(kind) or len(kind) > LONGEST_KIND:
            raise Refused("NoticeKindRefused", kind=kind)
    if secret is not None and len(secret) < _LEAST_SECRET:
        raise Refused("WebhookSecretShort", least=_LEAST_SECRET)
    secret = secret or secrets.token_urlsafe(32)
    row = {"url": url, "secret": sealer.seal(secret), "kinds": json.dumps(wanted), "created_at": now}
    made = connection.execute(subscriptions.insert().values(**row).returning(subscriptions.c.id)).scalar_one()
    return int(made), secret


def unsubscribe(connection: Connection, subscription: int, now: int) -> None:
    """Tell an address nothing more, nor what still waits. Raises Refused when there is no such subscription."""
    mine = (subscriptions.c.id == subscription) & subscriptions.c.ended_at.is_(None)
    if not connection.execute(update(subscriptions).where(mine).values(ended_at=now)).rowcount:
        raise Refused("SubscriptionUnknown", subscription=subscription)
    waiting = (deliveries.c.subscription == subscription) & (deliveries.c.state == "waiting")
    connection.execute(update(deliveries).where(waiting).values(state="given_up", updated_at=now))


def subscriptions_of(connection: Connection) -> list[Subscription]:
    """All subscriptions, ended ones too, oldest first."""
    rows = connection.execute(select(subscriptions).order_by(subscriptions.c.id)).all()
    counted = connection.execute(select(deliveries.c.subscription, deliveries.c.state)).all()
    counts: dict[tuple[int, str], int] = {}
    for line in counted:
        counts[line.subscription, line.state] = counts.get((line.subscription, line.state), 0) + 1
    return [
        Subscription(
            id=row.id,
            url=row.url,
            kinds=tuple(json.loads(row.kinds)),
            created_at=row.created_at,
            ended_at=row.ended_at,
            waiting=counts.get((row.id, "waiting"), 0),
            given_up=counts.get((row.id, "given_up"), 0),
        )
        for row in rows
    ]


def retry(connection: Connection, subscription: int, now: int) -> int:
    """Try again whatever a subscription was not told; how many notices that is. Raises Refused."""
    mine = (subscriptions.c.id == subscription) & subscriptions.c.ended_at.is_(None)
    if connection.execute(select(subscriptions.c.id).where(mine)).first() is None:
        raise Refused("SubscriptionUnknown", subscription=subscription)
    late = (deliveries.c.subscription == subscription) & (deliveries.c.state != "taken")
    again = {"state": "waiting", "attempts": 0, "due_at": now, "updated_at": now}
    return connection.execute(update(deliveries).where(late).values(**again)).rowcount
