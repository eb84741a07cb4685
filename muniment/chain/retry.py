"""Put intents that were refused or parked back into the queue, once a person has removed the cause."""

from sqlalchemy import ColumnElement, Connection, exists, select, update

from muniment.db.schema import intents, transactions
from muniment.errors import Refused

_ENDED = ("refused", "parked")
# A block that is not final may leave the chain, and the same bytes may then succeed in another.
_OPEN = exists().where(transactions.c.id == intents.c.transaction_id, transactions.c.state == "reverted")


def retry(connection: Connection, key: str, now: int) -> None:
    """Queue one intent again under its key. Raises Refused when there is none, or it has not come to an end for good.

    A parked intent may have reached the chain; the contracts refuse the same act twice, so that nothing is doubled.
    """
    state = connection.execute(select(intents.c.state).where(intents.c.key == key)).scalar_one_or_none()
    if state is None:
        raise Refused("IntentUnknown", key=key)
    if state not in _ENDED:
        raise Refused("RetryRefused", key=key, state=state)
    if not _queue(connection, intents.c.key == key, now):
        raise Refused("RetryTooSoon", key=key)


def retry_all(connection: Connection, state: str, now: int) -> int:
    """Queue all intents that are "refused", or all that are "parked" for good, again; return how many."""
    if state not in _ENDED:
        raise Refused("RetryStateRefused", state=state)
    return _queue(connection, intents.c.state == state, now)


def _queue(connection: Connection, which: ColumnElement[bool], now: int) -> int:
    changed = update(intents).where(which, intents.c.state.in_(_ENDED), ~_OPEN)
    values = {"state": "queued", "reason": None, "transaction_id": None, "updated_at": now}
    return connection.execute(changed.values(values)).rowcount
