"""Complete recoveries whose delay is over: nobody need ask for it."""

from sqlalchemy import Engine, select

from muniment.chain.outbox import enqueue
from muniment.db.engine import reading, writing
from muniment.db.schema import intents
from muniment.identity.standing import ready_recoveries
from muniment.identity.submit import completion


def complete_ready(engine: Engine, now: int) -> int:
    """Queue the completion of every recovery that the chain would complete now; return how many are new.

    One that is under way is not asked for again; one that was refused is, an hour later.
    """
    with reading(engine) as connection:
        ready = ready_recoveries(connection)
        requests = [completion(connection, line.party, line.attempt, now) for line in ready]
        keys = [request.key for request in requests]
        known = (
            set(connection.execute(select(intents.c.key).where(intents.c.key.in_(keys))).scalars()) if keys else set()
        )
    new = [request for request in requests if request.key not in known]
    if not new:
        return 0
    with writing(engine) as connection:
        return sum(enqueue(connection, request, now).new for request in new)
