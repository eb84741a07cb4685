"""Nodes that fail, chains that change their mind, fees that jump: nothing lost, nothing doubled, no nonce gap."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import Engine

from muniment.chain.rpc import Request, Rpc, RpcUnavailable
from tests.service.chain.titles import (
    IN_TENS,
    MINED,
    ask,
    check_whole,
    on_chain,
    reasons,
    sent,
    states,
    title,
    until,
    worker,
)
from tests.service.conftest import PASSWORD, Chain

GWEI = 10**9


class Flaky(Rpc):
    """Loses a share of the questions before the node sees them, and of the answers after it acted."""

    def __init__(self, url: str, share: float, only: str = "") -> None:
        super().__init__([url])
        self.share, self._only, self._chance = share, only, random.Random(7)

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """Ask, or lose the question, or lose the answer."""
        hit = any(self._only in method for method, _ in requests)
        if hit and not self._only and self._chance.random() < self.share:
            raise RpcUnavailable("question lost")
        answers = super().answers(requests)
        if hit and self._chance.random() < self.share:
            raise RpcUnavailable("answer lost")
        return answers


def test_unreliable_node(chain: Chain, any_database: Engine) -> None:
    """Must come through when a fifth of the questions and a fifth of the answers are lost."""
    flaky = Flaky(chain.url, 0.2)
    ask(any_database, *(title(f"F{number}") for number in range(30)))
    hard_worker = worker(chain, any_database, IN_TENS, rpc=flaky)
    until(chain, hard_worker, any_database, MINED)
    check_whole(chain, any_database, [f"F{number}" for number in range(30)])


def test_lost_broadcast_answer(chain: Chain, any_database: Engine) -> None:
    """Must recognise its own bytes on the chain when the answer to sending them never came."""
    ask(any_database, title("L"))
    lossy = worker(chain, any_database, rpc=Flaky(chain.url, 1.0, only="eth_sendRawTransaction"))
    assert lossy.step().problems == ("answer lost",)
    assert [row.state for row in sent(any_database)] == ["signed"]
    until(chain, lossy, any_database, MINED)
    check_whole(chain, any_database, ["L"])
    assert len(sent(any_database)) == 1


def test_node_without_answers(chain: Chain, database: Engine) -> None:
    """Must report a dead node and touch nothing."""
    ask(database, title("D"))
    report = worker(chain, database, rpc=Rpc(["http://127.0.0.1:1"])).step()
    assert len(report.problems) == 1
    assert states(database) == {"D": "queued"}


def test_another_chain(chain: Chain, database: Engine) -> None:
    """Must do nothing at a node with another genesis: the contracts are not there."""
    ask(database, title("O"))
    elsewhere = replace(chain, deployment=replace(chain.deployment, genesis_hash="0x" + "00" * 32))
    assert "genesis" in worker(elsewhere, database).step().problems[0]
    assert states(database) == {"O": "queued"}


@pytest.mark.parametrize("depth", [1, 8, 64])
def test_reorganised_away(depth: int, chain: Chain, any_database: Engine) -> None:
    """Must send identical bytes again when their block leaves the chain, and end with one effect each."""
    chain.node.mine(70)
    act = worker(chain, any_database)
    ask(any_database, title("R0"), title("R1"))
    # Finality is two blocks away here, so the worker does not look until the chain has changed its mind.
    act.step()
    first = [row.hash for row in sent(any_database)]
    assert on_chain(chain.rpc, chain) == Counter(R0=1, R1=1)
    chain.node.call("anvil_reorg", depth, [])
    until(chain, act, any_database)
    check_whole(chain, any_database, ["R0", "R1"])
    assert [row.hash for row in sent(any_database)] == first


def test_included_then_reorganised(chain: Chain, any_database: Engine) -> None:
    """Must go back from included to broadcast when the block is gone, and forward again in the next one."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database)
    ask(any_database, title("I"))
    act.step()
    chain.node.mine()
    act.step()
    assert states(any_database) == {"I": "included"}
    chain.node.call("anvil_reorg", 1, [])
    assert on_chain(chain.rpc, chain) == Counter()
    act.step()
    assert states(any_database) == {"I": "broadcast"}
    assert sent(any_database)[0].block_hash is None
    until(chain, act, any_database)
    check_whole(chain, any_database, ["I"])


def test_rolled_back_chain(chain: Chain, any_database: Engine) -> None:
    """Must send again after the chain became shorter and its transactions with it."""
    act = worker(chain, any_database)
    snapshot = chain.node.call("evm_snapshot")
    ask(any_database, title("V"))
    act.step()
    act.step()
    chain.node.call("evm_revert", snapshot)
    assert on_chain(chain.rpc, chain) == Counter()
    until(chain, act, any_database)
    check_whole(chain, any_database, ["V"])


def test_lagging_node_is_no_reorganisation(chain: Chain, database: Engine) -> None:
    """Must not take a transaction out of its block because a node has not come to that block yet."""

    class Lagging(Rpc):
        """Knows neither the block nor what is in it."""

        def answers(self, requests: Sequence[Request]) -> list[Any]:
            answers = super().answers(requests)
            for place, (method, params) in enumerate(requests):
                if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
                    answers[place] = None
                if method == "eth_getBlockByNumber" and params[0] == "latest":
                    answers[place] = super().answers([(method, ["0x1", False])])[0]
            return answers

    ask(database, title("G"))
    act = worker(chain, database)
    act.step()
    act.step()
    before = states(database)
    assert before["G"] in MINED
    worker(chain, database, rpc=Lagging([chain.url]), clock=lambda: 4e9).step()
    assert states(database) == before


def test_dropped_from_the_pool(chain: Chain, any_database: Engine) -> None:
    """Must send identical bytes again when the node has forgotten them."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database)
    ask(any_database, title("P0"), title("P1"))
    act.step()
    for row in sent(any_database):
        chain.node.call("anvil_dropTransaction", row.hash)
    until(chain, act, any_database, MINED)
    check_whole(chain, any_database, ["P0", "P1"])
    assert len(sent(any_database)) == 2


def test_fees_rise_a_hundredfold(chain: Chain, any_database: Engine) -> None:
    """Must replace what has become too cheap under the same nonce, and follow both."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database)
    ask(any_database, title("H0"), title("H1"))
    act.step()
    dear = int(chain.node.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16) * 100
    for _ in range(4):
        chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(dear))
        chain.node.mine()
        act.step()
    chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(dear))
    until(chain, act, any_database)
    check_whole(chain, any_database, ["H0", "H1"])
    assert Counter(row.state for row in sent(any_database)) == {"finalized": 2, "dropped": 2}
    replaced = {row.id: row for row in sent(any_database)}
    for row in replaced.values():
        if row.replaces:
            assert row.nonce == replaced[row.replaces].nonce
            assert row.max_fee >= dear


def test_the_earlier_one_is_mined(chain: Chain, any_database: Engine) -> None:
    """Must notice that the replaced transaction was mined after all, and count its effect once."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database, settings=replace(chain.settings, bump_after_blocks=1))
    ask(any_database, title("E"))
    act.step()
    early = sent(any_database)[0]
    chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(early.max_fee + 1))
    chain.node.mine()
    act.step()
    first, second = sent(any_database)
    assert (first.state, second.state) == ("replaced", "broadcast")
    chain.node.call("anvil_dropTransaction", second.hash)
    chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    chain.node.call("eth_sendRawTransaction", "0x" + first.raw.hex())
    chain.node.mine()
    until(chain, act, any_database)
    check_whole(chain, any_database, ["E"])
    assert [row.state for row in sent(any_database)] == ["finalized", "dropped"]


def test_ceiling(chain: Chain, any_database: Engine) -> None:
    """Must wait in the open rather than pay more than the ceiling: before signing, and after."""
    chain.node.call("evm_setAutomine", False)
    settings = replace(chain.settings, max_fee_wei=2 * GWEI, bump_after_blocks=1)
    act = worker(chain, any_database, settings=settings)
    chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    chain.node.mine()
    ask(any_database, title("Z0"))
    act.step()
    for _ in range(3):
        chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(3 * GWEI))
        chain.node.mine()
        ask(any_database, title("Z1"))
        act.step()
    assert states(any_database) == {"Z0": "broadcast", "Z1": "queued"}
    for why in reasons(any_database).values():
        assert json.loads(why or "") == {"error": "FeeCeiling", "arguments": {"ceiling": 2 * GWEI}}
    assert all(row.max_fee <= 2 * GWEI for row in sent(any_database))
    chain.node.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    until(chain, act, any_database)
    check_whole(chain, any_database, ["Z0", "Z1"])
    assert set(reasons(any_database).values()) == {None}


def test_no_money(chain: Chain, any_database: Engine) -> None:
    """Must keep what cannot be paid for, say so, and send it once there is money."""
    chain.node.call("anvil_setBalance", chain.signer.address, "0x0")
    act = worker(chain, any_database)
    ask(any_database, title("N0"), title("N1"))
    act.step()
    act.step()
    assert states(any_database) == {"N0": "signed", "N1": "queued"}
    assert json.loads(reasons(any_database)["N0"] or "")["arguments"]["answer"] == "no funds"
    chain.node.call("anvil_setBalance", chain.signer.address, hex(10**21))
    until(chain, act, any_database, MINED)
    check_whole(chain, any_database, ["N0", "N1"])


def use_key_elsewhere(chain: Chain) -> None:
    """Send nothing to oneself, with the officer's next nonce and a fee that wins."""
    key = Account.decrypt(json.loads(chain.keystore.read_text()), PASSWORD)
    account = Account.from_key(key)
    nonce = int(chain.node.call("eth_getTransactionCount", account.address, "latest"), 16)
    fees = {"maxFeePerGas": 900 * GWEI, "maxPriorityFeePerGas": 50 * GWEI}
    plain = {"type": 2, "chainId": 31337, "nonce": nonce, "to": account.address, "value": 0, "gas": 21000, **fees}
    chain.node.call("eth_sendRawTransaction", "0x" + account.sign_transaction(plain).raw_transaction.hex())


def test_key_used_elsewhere(chain: Chain, any_database: Engine) -> None:
    """Must sign anew, but only once a final block has given the nonce to the other transaction."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database)
    ask(any_database, title("K"))
    act.step()
    (ours,) = sent(any_database)
    use_key_elsewhere(chain)  # outbids ours in the pool
    chain.node.mine()
    act.step()
    assert states(any_database) == {"K": "broadcast"}
    assert len(sent(any_database)) == 1
    until(chain, act, any_database)
    first, second = sent(any_database)
    assert (first.state, second.state) == ("dropped", "finalized")
    assert (first.nonce, second.nonce) == (ours.nonce, ours.nonce + 1)
    assert on_chain(chain.rpc, chain) == Counter(K=1)


def test_key_used_before(chain: Chain, database: Engine) -> None:
    """Must follow the chain's count when the key was used elsewhere before."""
    use_key_elsewhere(chain)
    ask(database, title("Q"))
    until(chain, worker(chain, database), database, MINED)
    assert on_chain(chain.rpc, chain) == Counter(Q=1)


def test_nonce_left_behind(chain: Chain, any_database: Engine) -> None:
    """Must fill the nonce of somebody else's transaction that left the chain, since nothing after it can be mined."""
    act = worker(chain, any_database)
    ask(any_database, title("X0"))
    until(chain, act, any_database)
    chain.node.call("evm_setAutomine", False)
    use_key_elsewhere(chain)
    chain.node.mine()
    ask(any_database, title("X1"))
    act.step()
    assert [row.nonce for row in sent(any_database)] == [0, 2]
    chain.node.call("anvil_reorg", 1, [])
    chain.node.call("anvil_dropAllTransactions")
    ask(any_database, title("X2"))
    until(chain, act, any_database)
    check_whole(chain, any_database, ["X0", "X1", "X2"])


class WithoutPending(Rpc):
    """A node that does not look at what waits for a block, as some do not."""

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """Ask about the latest block instead."""
        return super().answers(
            [(method, ["latest" if p == "pending" else p for p in params]) for method, params in requests]
        )


def test_overtaken_in_the_block(chain: Chain, any_database: Engine) -> None:
    """Must park what reverted in its block with the contract's reason; when that is final the innocent go on."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database, IN_TENS, rpc=WithoutPending([chain.url]))
    overtaking = replace(title("first"), lane="fast", body={"ref": "T1"})
    ask(any_database, overtaking, title("T0"), title("T1"), title("T2"))
    act.step()
    chain.node.mine()
    act.step()
    assert states(any_database) == {"first": "included", "T0": "parked", "T1": "parked", "T2": "parked"}
    assert json.loads(reasons(any_database)["T0"] or "")["error"] == "TitleExists"
    for _ in range(8):
        chain.node.mine()
        act.step()
    assert states(any_database) == {"first": "finalized", "T0": "finalized", "T1": "refused", "T2": "finalized"}
    check_whole(chain, any_database, ["T0", "T1", "T2"])


def test_waiting_for_an_earlier_one(chain: Chain, any_database: Engine) -> None:
    """Must not refuse for ever what only something unmined stands against: that may yet be dropped."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, any_database)
    ask(any_database, title("W"), replace(title("again"), body={"ref": "W"}))
    act.step()
    assert states(any_database) == {"W": "broadcast", "again": "queued"}
    until(chain, act, any_database)
    assert states(any_database) == {"W": "finalized", "again": "refused"}
    check_whole(chain, any_database, ["W"])


def test_full_pipeline(chain: Chain, database: Engine) -> None:
    """Must have several transactions wait at once, and no more than nodes keep for one sender."""
    chain.node.call("evm_setAutomine", False)
    act = worker(chain, database)
    ask(database, *(title(f"Y{number}") for number in range(20)))
    act.step()
    act.step()
    assert Counter(states(database).values()) == {"broadcast": 16, "queued": 4}
    until(chain, act, database, MINED)
    check_whole(chain, database, [f"Y{number}" for number in range(20)])
