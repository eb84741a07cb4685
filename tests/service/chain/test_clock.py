"""The service's deadlines are judged by the chain's time as well as the machine's."""

from sqlalchemy import Engine, insert, update

from muniment.chain.clock import chain_clock
from muniment.db.engine import writing
from muniment.db.schema import checkpoints

ROW = {"chain_id": 1, "genesis_hash": "0x", "number": 1, "hash": "0x1", "safe_number": 1, "finalized_number": 1}


def test_the_later_of_both_clocks_counts(any_database: Engine) -> None:
    """Before anything is read the machine's clock must count, then whichever is ahead."""
    now = chain_clock(any_database, lambda: 100.9)
    assert now() == 100
    with writing(any_database) as connection:
        connection.execute(insert(checkpoints).values(**ROW, time=90))
    assert now() == 100
    with writing(any_database) as connection:
        connection.execute(update(checkpoints).values(time=2_000))
    assert now() == 2_000
