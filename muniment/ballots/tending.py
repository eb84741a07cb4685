"""What is due in elections without anybody asking: joining the units once nothing more can be cast."""

import json

from sqlalchemy import Connection, Engine, func, select

from muniment.ballots.model import ContestForm
from muniment.ballots.states import GRACE
from muniment.ballots.submit import join_request
from muniment.chain.outbox import Request, enqueue
from muniment.db.answers import as_of
from muniment.db.engine import reading, writing
from muniment.db.schema import election_units, elections, intents

_AT_ONCE = 20  # elections


def tend_elections(engine: Engine, now: int) -> int:
    """Queue the joining of units whose time of grace is over; return how many requests are new.

    The chain judges by its own time: that of the last block read.
    """
    with reading(engine) as connection:
        wanted = _due(connection)
        known = set(
            connection.execute(
                select(intents.c.key).where(intents.c.key.in_([request.key for request in wanted]))
            ).scalars()
        )
    new = [request for request in wanted if request.key not in known]
    if not new:
        return 0
    with writing(engine) as connection:
        return sum(enqueue(connection, request, now).new for request in new)


def _due(connection: Connection) -> list[Request]:
    known = as_of(connection)
    if known is None:
        return []
    over = (elections.c.groups.is_(None), elections.c.closes_at + GRACE <= known.time)
    query = select(elections.c.box, elections.c.contests).where(*over).order_by(elections.c.closes_at).limit(_AT_ONCE)
    requests = []
    for row in connection.execute(query).all():
        joined = select(func.count()).where(election_units.c.box == row.box, election_units.c.group.is_not(None))
        forms = [ContestForm.unpack(int(form)) for form in json.loads(row.contests)]
        ciphertexts = sum(form.ciphertexts for form in forms)
        requests.append(join_request(row.box, connection.execute(joined).scalar_one(), ciphertexts))
    return requests
