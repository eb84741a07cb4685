"""The worker on a real node: what is asked for happens once, and whatever happens is written down."""

import json
from collections import Counter

from sqlalchemy import Engine

from tests.service.chain.titles import (
    IN_TENS,
    ask,
    check_whole,
    reasons,
    sent,
    states,
    title,
    until,
    worker,
)
from tests.service.conftest import Chain


def test_intents_become_final(chain: Chain, any_database: Engine) -> None:
    """Must carry out what was asked for, and follow it until it is final, on each engine."""
    ask(any_database, *(title(f"A{number}") for number in range(3)))
    until(chain, worker(chain, any_database), any_database)
    assert set(states(any_database).values()) == {"finalized"}
    check_whole(chain, any_database, ["A0", "A1", "A2"])
    assert [row.state for row in sent(any_database)] == ["finalized"] * 3
    assert all(row.gas_used and row.block_hash for row in sent(any_database))


def test_batches(chain: Chain, database: Engine) -> None:
    """Must share transactions between intents of one kind and lane, up to the act's most."""
    ask(database, *(title(f"B{number}") for number in range(25)))
    until(chain, worker(chain, database, IN_TENS), database)
    check_whole(chain, database, [f"B{number}" for number in range(25)])
    assert len(sent(database)) == 3


def test_guilty_intents_are_refused_alone(chain: Chain, any_database: Engine) -> None:
    """Must refuse only what the contract refuses, with its error, and carry out the rest of the batch."""
    good = [f"C{number}" for number in range(10) if number not in (3, 7)]
    ask(any_database, *(title(f"C{number}", area=0 if number in (3, 7) else 5) for number in range(10)))
    until(chain, worker(chain, any_database, IN_TENS), any_database)
    check_whole(chain, any_database, good)
    assert Counter(states(any_database).values()) == {"finalized": 8, "refused": 2}
    why = json.loads(reasons(any_database)["C3"] or "")
    assert why["error"] == "EntryIncomplete"
    assert why["arguments"]["title"].startswith("0x")
