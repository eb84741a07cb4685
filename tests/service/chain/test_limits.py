"""What a block can take, and what may be tried again: neither may stop the queue nor carry out an act twice."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from muniment.chain import dispatch
from muniment.chain.outbox import enqueue
from muniment.chain.raw import decode_transaction
from muniment.chain.retry import retry, retry_all
from muniment.chain.simulation import MOST_GAS
from muniment.chain.worker import Worker
from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.land.model import MAX_HOLDERS, Entry, Grade, Share
from muniment.land.submit import ACTS, register_request
from muniment.sentences import sentence_of
from tests.service.chain.test_adversity import WithoutPending
from tests.service.chain.titles import IN_TENS, NOW, ask, check_whole, reasons, sent, states, title, until, worker
from tests.service.conftest import Chain


@pytest.mark.parametrize("block_gas", [600_000, 900_000, 1_000_000, 1_100_000])
def test_small_blocks(block_gas: int, chain: Chain, database: Engine) -> None:
    """No transaction may ask for more gas than a block has: nodes refuse it, and all behind it would wait for ever."""
    chain.node.call("evm_setBlockGasLimit", hex(block_gas))
    chain.node.mine()
    wanted = [f"G{number}" for number in range(10)]
    ask(database, *map(title, wanted))
    until(chain, worker(chain, database, IN_TENS), database)
    check_whole(chain, database, wanted)
    assert max(row.gas_limit for row in sent(database)) <= block_gas


def test_small_transactions(chain: Chain, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch may be longer than nodes take: they refuse it, and all behind it would wait for ever."""
    monkeypatch.setattr(dispatch, "MOST_DATA", 2_000)
    wanted = [f"B{number}" for number in range(10)]
    act = worker(chain, database, IN_TENS)
    ask(database, *map(title, wanted))
    until(chain, act, database)
    check_whole(chain, database, wanted)
    assert max(len(decode_transaction(bytes(row.raw)).input) for row in sent(database)) <= 2_000
    assert 1 < len(sent(database)) < 10
    monkeypatch.setattr(dispatch, "MOST_DATA", 100)
    ask(database, title("alone"))
    until(chain, act, database)
    check_whole(chain, database, [*wanted, "alone"])


def test_retry_waits_for_finality(chain: Chain, any_database: Engine) -> None:
    """What reverted in a block that is not final may still go through: it must not be queued again before."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database, rpc=WithoutPending([chain.url]))
    ask(any_database, replace(title("first"), lane="fast", body={"ref": "T"}), title("T"))
    act.step()
    chain.node.mine()
    act.step()
    assert states(any_database) == {"first": "included", "T": "parked"}
    with writing(any_database) as connection:
        with pytest.raises(Refused) as refusal:
            retry(connection, "title:T", NOW)
        assert retry_all(connection, "parked", NOW) == 0
    assert refusal.value.name == "RetryTooSoon"
    assert "title:T" in sentence_of(refusal.value)
    assert states(any_database)["T"] == "parked"
    until(chain, act, any_database)
    for _ in range(4):
        chain.node.mine()
        act.step()
    assert Counter(row.state for row in sent(any_database)) == {"finalized": 1, "failed": 1}
    with writing(any_database) as connection:
        retry(connection, "title:T", NOW)
    act.step()
    assert states(any_database) == {"first": "finalized", "T": "refused"}
    assert json.loads(reasons(any_database)["T"] or "")["error"] == "TitleExists"


def test_batches_of_many_holders(chain: Chain, database: Engine) -> None:
    """A batch that is dearer than a transaction may be must go in parts: fifty titles of 32 holders each."""
    wanted = [f"M{number}" for number in range(50)]
    with writing(database) as connection:
        for ref in wanted:
            shares = tuple(sorted(Share(keccak(f"{ref} {number}".encode()), 1) for number in range(MAX_HOLDERS)))
            entry = Entry("GB", ref, keccak(ref.encode()), 5, Grade.ABSOLUTE, MAX_HOLDERS, shares)
            enqueue(connection, register_request(entry), NOW)
    hard_worker = Worker(database, chain.rpc, chain.signer, chain.deployment, ACTS, chain.settings)
    until(chain, hard_worker, database)
    check_whole(chain, database, wanted)
    assert len(sent(database)) == 4
    assert max(row.gas_limit for row in sent(database)) <= MOST_GAS
