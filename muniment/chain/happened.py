"""Whether an act is on the chain already, whoever sent it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from muniment.db.answers import Finality, as_of, finality_of
from muniment.db.schema import events


@dataclass(frozen=True)
class Happened:
    """The event that tells it, by its transaction and block; `time` in Unix seconds."""

    tx_hash: str
    block_number: int
    block_hash: str
    time: int
    finality: Finality


def happened(
    connection: Connection, contract: str, name: str, subject: str, arguments: Mapping[str, Any]
) -> Happened | None:
    """The newest event of this name about a subject that has these arguments among its own; None when there is none.

    Arguments are as `events` holds them: lower-case hex text, and numbers beyond 53 bits as decimal text or as int.
    """
    wanted = {key: str(value) for key, value in arguments.items()}
    query = (
        select(events)
        .where(events.c.subject == subject, events.c.contract == contract, events.c.name == name)
        # The text is canonical JSON, so that the value stands in it as it is: few rows are left to parse.
        .where(*(events.c.arguments.contains(value, autoescape=True) for value in wanted.values()))
        .order_by(events.c.block_number.desc(), events.c.log_index.desc())
    )
    for row in connection.execute(query):
        given = json.loads(row.arguments)
        if all(str(given.get(key)) == value for key, value in wanted.items()):
            final = finality_of(as_of(connection), row.block_number)
            return Happened(row.tx_hash, row.block_number, row.block_hash, row.time, final)
    return None
