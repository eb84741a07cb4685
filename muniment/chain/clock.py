"""What time it is for the chain."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, select

from muniment.db.engine import reading
from muniment.db.schema import checkpoints


def chain_clock(engine: Engine, wall: Callable[[], float] = time.time) -> Callable[[], int]:
    """A clock that gives Unix seconds: the machine's, or the time of the last block read when that is later.

    Contracts judge deadlines by the block's time, and a chain may run ahead of the machine: by a node's wrong clock, or
    on a demo chain by weeks, so that a delay passes. A deadline reckoned by the machine would be over before it is
    signed.
    """

    def now() -> int:
        with reading(engine) as connection:
            read = connection.execute(select(checkpoints.c.time).limit(1)).scalar_one_or_none()
        return max(int(wall()), read or 0)

    return now
