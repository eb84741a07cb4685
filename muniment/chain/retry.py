"""Put intents that were refused or parked back into the queue, once a person has removed the cause."""

from sqlalchemy import ColumnElement, Connection, select, update

from muniment.db.schema import intents
from muniment.errors import Refused

_ENDED = ("refused", "parked")


def retry(connection: Connection, key: str, now: int) -> None:
    """Queue one intent again under its key. Raises Refused when there is none, or it has not come to an end.

    A parked intent may have reached the chain; the contracts refuse the same act twice, so that nothing is doubled.
    """
    state = connection.execute(select(intents.c.state).where(intents.c.key == key)).scalar_one_or_none()
    if state is None:
        raise Refused("IntentUnknown", key=key)
    if state not in _ENDED:
        raise Refused("RetryRefused", key=key, state=state)
    _queue(connection, intents.c.key == key, now)


def retry_all(connection: Connection, state: str, now: int) -> int:
    """Queue all intents that are "refused", or all that are "parked", again; return how many."""
    if state not in _ENDED:
        raise Refused("RetryStateRefused", state=state)
    return _queue(connection, intents.c.state == state, now)


def _queue(connection: Connection, which: ColumnElement[bool], now: int) -> int:
    changed = update(intents).where(which, intents.c.state.in_(_ENDED))
    values = {"state": "queued", "reason": None, "transaction_id": None, "updated_at": now}
    return connection.execute(changed.values(values)).rowcount
