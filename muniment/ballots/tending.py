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
from muniment.errors import Refused

_AT_ONCE = 20  # requests


def tend_elections(engine: Engine, now: int) -> int:
    """Queue the joining of units whose time of grace is over; return how many requests are new.

    The chain judges by its own time: that of the last block read.
    """
    with reading(engine) as connection:
        new = [request for request in _due(connection) if not _is_known(connection, request)]
    if not new:
        return 0
    with writing(engine) as connection:
        return sum(enqueue(connection, request, now).new for request in new[:_AT_ONCE])


def _due(connection: Connection) -> list[Request]:
    known = as_of(connection)
    if known is None:
        return []
    over = (elections.c.groups.is_(None), elections.c.closes_at + GRACE <= known.time)
    query = select(elections.c.box, elections.c.contests).where(*over).order_by(elections.c.closes_at)
    requests = []
    for row in connection.execute(query).all():
        ciphertexts = _ciphertexts(row.contests)
        if not ciphertexts:  # a box that is none: ours has contests, and forms that can be read
            continue
        joined = select(func.count()).where(election_units.c.box == row.box, election_units.c.group.is_not(None))
        requests.append(join_request(row.box, connection.execute(joined).scalar_one(), ciphertexts))
    return requests


def _ciphertexts(contests: str) -> int:
    try:
        return sum(ContestForm.unpack(int(form)).ciphertexts for form in json.loads(contests))
    except Refused:
        return 0


def _is_known(connection: Connection, request: Request) -> bool:
    return connection.execute(select(intents.c.key).where(intents.c.key == request.key)).first() is not None
