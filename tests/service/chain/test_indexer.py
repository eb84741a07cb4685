"""Following a chain: what is read, when a node may be believed, and what is never written."""

import threading
from typing import Any

import pytest
from sqlalchemy import Engine, select

from muniment.chain.checkpoint import CheckpointMoved
from muniment.chain.deployment import Deployment
from muniment.chain.headers import NodeInconsistent
from muniment.chain.indexer import Indexer, Progress
from muniment.chain.look import NodeLostState
from muniment.chain.reorg import IndexerHalted, lift_halt
from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.db.engine import reading
from muniment.db.schema import blocks, events, journal, shares, titles
from tests.service.chain.fake_node import FakeNode, on_chain_of
from tests.service.chain.happenings import HANDLERS, act, bound, register, title
from tests.service.chain.reading import checkpoint, contents, count, follow, indexer_of


@pytest.fixture
def node() -> FakeNode:
    """A node with five empty blocks below the first contract."""
    node = FakeNode()
    for _ in range(5):
        node.mine()
    return node


def test_everything_is_read_once(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """Every log of ours must become one event and its rows, in one pass over empty and full blocks."""
    for number in range(1, 101):
        node.mine(*(title(promised, 1000 * number + place) for place in range(number % 3)))
    assert follow(indexer_of(store, node, promised)).number == 105
    assert count(store, titles) == count(store, events) == sum(number % 3 for number in range(1, 101))
    assert count(store, shares) == 2 * count(store, titles)
    assert checkpoint(store).hash == node.blocks[-1].hash


def test_an_event_row_says_everything_about_its_log(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """The row of an event must name block, transaction, place, subject and canonical arguments."""
    node.mine(bound(promised, 3, 4))
    follow(indexer_of(store, node, promised))
    with reading(store) as connection:
        row = connection.execute(select(events)).one()
    log = node.blocks[6].answered_logs()[0]
    assert (row.block_number, row.log_index, row.block_hash) == (6, 0, log["blockHash"])
    assert (row.tx_hash, row.time) == (log["transactionHash"], 1_700_000_000 + 72)
    assert (row.contract, row.name, row.subject) == ("PartyRegistry", "PartyBound", f"0x{3:064x}")
    assert row.arguments == (
        f'{{"agency":"0x{"61" * 32}","nonce":"7","officer":"0x{"0f" * 20}","party":"0x{3:064x}","wallet":"0x{4:040x}"}}'
    )


def test_a_lagging_node_is_not_a_reorg(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A node whose head is below the checkpoint must change nothing; reading goes on when it has caught up."""
    for number in range(1, 40):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    before, known = contents(store), checkpoint(store)
    kept = list(node.blocks)
    node.blocks = kept[:20]
    assert indexer.step() == Progress(44, 19, 0)
    assert (contents(store), checkpoint(store)) == (before, known)
    node.blocks = kept
    node.mine(title(promised, 99))
    assert follow(indexer).number == 45
    assert count(store, titles) == 40


@pytest.mark.parametrize(
    "missing",
    [
        lambda method, params, answer: None if params[:1] == ["0x8"] else answer,
        lambda method, params, answer: {**answer, "parentHash": "0x12"} if params[:1] == ["0x8"] else answer,
        lambda method, params, answer: {**answer, "parentHash": "0x12"} if params[:1] == ["0x5"] else answer,
        lambda method, params, answer: {**answer, "number": "0x7"} if params[:1] == ["0x8"] else answer,
        lambda method, params, answer: {**answer, "hash": None} if params[:1] == ["0x8"] else answer,
        lambda method, params, answer: "nonsense" if method == "eth_getLogs" else answer,
        lambda method, params, answer: answer[::-1] if method == "eth_getLogs" else answer,
        lambda method, params, answer: answer * 2 if method == "eth_getLogs" else answer,
        lambda method, params, answer: (
            [{**log, "removed": True} for log in answer] if method == "eth_getLogs" else answer
        ),
        lambda method, params, answer: (
            [{**log, "blockHash": "0x12"} for log in answer] if method == "eth_getLogs" else answer
        ),
        lambda method, params, answer: (
            [{**log, "blockNumber": "0x99"} for log in answer] if method == "eth_getLogs" else answer
        ),
    ],
)
def test_answers_that_do_not_fit_together_are_not_believed(
    store: Engine, node: FakeNode, promised: Deployment, missing: Any
) -> None:
    """Headers that do not link, or logs of other blocks, twice or out of order, must write nothing and pass."""
    for number in range(1, 5):
        node.mine(title(promised, number), title(promised, 100 + number))
    indexer = indexer_of(store, node, promised)
    node.spoil = missing
    with pytest.raises(NodeInconsistent):
        indexer.step()
    assert contents(store) == b""
    node.spoil = lambda method, params, answer: answer
    assert follow(indexer).number == 9
    assert count(store, titles) == 8


def no_logs(by_hash: bool) -> Any:
    """A node whose log index is empty for ranges, or for single blocks too."""

    def spoil(method: str, params: Any, answer: Any) -> Any:
        return [] if method == "eth_getLogs" and (by_hash or "blockHash" not in params[0]) else answer

    return spoil


def test_logs_that_a_range_lacks_are_asked_for_by_block(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """When a bloom announces logs and the range has none, the block itself must be asked, and its answer used."""
    node.mine(title(promised, 1))
    node.mine()
    node.mine(title(promised, 2))
    node.spoil = no_logs(by_hash=False)
    assert follow(indexer_of(store, node, promised)).number == 8
    assert count(store, titles) == 2


def test_a_node_that_keeps_logs_back_is_not_believed(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """When ranges and blocks are answered empty but receipts hold our logs, nothing may be passed over."""
    node.mine(title(promised, 1))
    indexer = indexer_of(store, node, promised)
    node.spoil = no_logs(by_hash=True)
    with pytest.raises(NodeInconsistent, match="keeps back the logs of block 6"):
        indexer.step()
    assert checkpoint(store).number == 4
    node.spoil = lambda method, params, answer: answer
    follow(indexer)
    assert count(store, titles) == 1


def test_a_bloom_that_matches_by_chance_stops_nothing(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A block whose bloom speaks of us without logs must be passed: after its receipts when the bloom is sparse."""
    sparse = int(title_bloom(node, promised), 16)
    node.mine(extra_bloom=sparse)
    indexer = indexer_of(store, node, promised)
    assert follow(indexer).number == 6
    assert node.asked.count("eth_getBlockReceipts") == 1
    node.mine(extra_bloom=(1 << 2048) - 1)
    assert follow(indexer).number == 7
    assert node.asked.count("eth_getBlockReceipts") == 1


def title_bloom(node: FakeNode, promised: Deployment) -> str:
    """The bloom of a block with one title."""
    other = node.copy()
    other.mine(title(promised, 1))
    return str(other.blocks[-1].header()["logsBloom"])


def test_a_node_of_another_chain_is_recognised(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """Another genesis or chain id must raise NodeLostState and change nothing, however the blocks compare."""
    node.mine(title(promised, 1))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    before, kept = contents(store), node.blocks
    reset = FakeNode(genesis="started anew")
    for _ in range(30):
        reset.mine()
    node.blocks = reset.blocks
    with pytest.raises(NodeLostState, match="deploy again"):
        indexer.step()
    node.chain_id_answer = 1
    with pytest.raises(NodeLostState, match="id 1"):
        indexer.step()
    redeployed = indexer_of(store, reset, promised)
    with pytest.raises(NodeLostState, match="Rebuild"):
        redeployed.step()
    elsewhere = FakeNode(chain_id_answer=11155111, blocks=kept)
    with pytest.raises(NodeLostState, match=r"id 31337.*id 11155111"):
        indexer_of(store, elsewhere, promised).step()
    assert contents(store) == before


def test_a_malformed_log_halts_with_a_sentence(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A log of ours that cannot be read must stop the indexer for good, with nothing of its chunk written."""
    node.mine(title(promised, 1))
    node.mine({**title(promised, 2), "data": "0x1234"})
    indexer = indexer_of(store, node, promised)
    with pytest.raises(IndexerHalted, match=r"log of TitleRegistry cannot be read \(block 0x7"):
        indexer.step()
    assert contents(store) == b""
    with pytest.raises(IndexerHalted, match="block 0x7"):
        indexer.step()
    node.blocks.pop()
    lift_halt(store, 31337)
    follow(indexer)
    assert count(store, titles) == 1


def test_what_cannot_be_entered_halts(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A title that is registered twice, which the contract refuses, must halt the indexer in the database's words."""
    node.mine(title(promised, 1))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    node.mine(title(promised, 1))
    with pytest.raises(IndexerHalted, match="UNIQUE constraint failed"):
        follow(indexer)
    assert checkpoint(store).number == 6


@pytest.mark.parametrize(
    ("one", "other"), [("a\x00", "a\ufffd00"), ('"\\', "\u202egb"), ("\U0001f600" * 25, "</script>")]
)
def test_hostile_text_and_numbers_are_entered(
    store: Engine, node: FakeNode, promised: Deployment, one: str, other: str
) -> None:
    """NUL, quotes, direction marks and the largest numbers must be entered like any other, and stay apart."""
    node.mine(
        title(promised, 1, ref=one, legal_date=2**32 - 1), title(promised, 2, ref=other), act(promised, 1, 2**40 - 1)
    )
    follow(indexer_of(store, node, promised))
    with reading(store) as connection:
        refs = connection.execute(select(titles.c.ref).order_by(titles.c.title)).scalars().all()
        assert connection.execute(select(titles.c.area_dm2)).scalars().all() == [2**64 - 1] * 2
    assert len(set(refs)) == 2
    assert not any("\0" in ref for ref in refs)


def test_logs_of_other_contracts_are_passed_over(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A node that answers with others' logs must not get them decoded, whatever they look like."""
    node.mine(title(promised, 1), {**title(promised, 2), "address": "0x" + "99" * 20, "data": "0x12"})
    node.spoil = lambda method, params, answer: (
        [log for block in node.blocks for log in block.answered_logs()] if method == "eth_getLogs" else answer
    )
    follow(indexer_of(store, node, promised))
    assert count(store, titles) == count(store, events) == 1


def test_less_is_asked_of_a_node_that_refuses_much(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A provider's limit on blocks per request must slow the indexer down, not stop it."""
    for number in range(1, 30):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)

    def limited(method: str, params: Any, answer: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 2:
            return RpcError(-32005, "query exceeds max block range 2")
        return answer

    node.spoil = limited
    refused = 0
    for _ in range(80):
        try:
            indexer.step()
        except RpcError:
            refused += 1
    assert count(store, titles) == 29
    assert 0 < refused < 40


def test_nothing_of_a_failed_chunk_stays(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """When writing fails half-way, neither rows nor checkpoint may move, and the next step must do it all."""
    node.mine(title(promised, 1), register(promised, "GB", 1), title(promised, 2))
    calls = []

    def failing(event: Any, rows: Any) -> None:
        calls.append(event)
        if len(calls) == 1:
            raise RuntimeError("power cut")

    handlers = {**HANDLERS, ("TitleRegistry", "RegisterSet"): failing}
    indexer = Indexer(store, node, on_chain_of(promised, node), handlers)
    with pytest.raises(RuntimeError):
        indexer.step()
    assert (contents(store), checkpoint(store).number) == (b"", 4)
    follow(indexer)
    assert count(store, titles) == 2


def test_two_indexers_of_one_database_write_nothing_twice(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """An indexer that another one overtook between asking and writing must write nothing and say so."""
    node.mine(title(promised, 1))
    quick = indexer_of(store, node, promised)
    quick.step()
    node.mine(title(promised, 2))
    other = node.copy()
    slow = indexer_of(store, other, promised)

    def overtaken(method: str, params: Any, answer: Any) -> Any:
        if method == "eth_getLogs":
            quick.step()
        return answer

    other.spoil = overtaken
    with pytest.raises(CheckpointMoved):
        slow.step()
    assert count(store, titles) == 2


def test_finality_moves_and_never_back(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """Safe and finalized must follow the node even when no block comes, and stay when a node knows less."""
    node.finalized_behind = 4
    for number in range(1, 11):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    assert (checkpoint(store).safe_number, checkpoint(store).finalized_number) == (13, 11)
    node.finalized_behind = 2
    indexer.step()
    assert (checkpoint(store).safe_number, checkpoint(store).finalized_number) == (14, 13)
    node.spoil = lambda method, params, answer: (
        RpcError(-32000, "unknown block tag") if params[:1] in (["safe"], ["finalized"]) else answer
    )
    indexer.step()
    assert (checkpoint(store).safe_number, checkpoint(store).finalized_number) == (14, 13)


def test_what_a_rewind_needs_is_kept_and_no_more(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """Blocks and journal must reach back to the finalized block, and what lies well below must go."""
    node.finalized_behind = 20
    indexer = indexer_of(store, node, promised)
    for number in range(1, 301):
        node.mine(register(promised, "GB", number % 2 + 1))
        if number % 7 == 0:
            follow(indexer)
    follow(indexer)
    with reading(store) as connection:
        numbers = connection.execute(select(blocks.c.number).order_by(blocks.c.number)).scalars().all()
        images = connection.execute(select(journal.c.block_number).order_by(journal.c.id)).scalars().all()
    assert checkpoint(store).finalized_number == 285
    assert numbers == list(range(285 - 64, 306))
    assert images == list(range(286, 306))


def test_run_waits_out_failures_and_ends_when_told(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A failing node must not end the loop; setting `stop` must."""
    node.mine(title(promised, 1))
    failures = iter([RpcUnavailable("timeout"), RpcUnavailable("truncated")])
    stop = threading.Event()

    def flaky(method: str, params: Any, answer: Any) -> Any:
        if method == "eth_chainId":
            for failure in failures:
                raise failure
            if count(store, titles):
                stop.set()
        return answer

    node.spoil = flaky
    indexer_of(store, node, promised).run(stop, poll=0.001)
    assert count(store, titles) == 1


def test_run_ends_with_what_a_person_must_see(store: Engine, node: FakeNode, promised: Deployment) -> None:
    """A node that lost its state must end the loop with its sentence."""
    indexer = indexer_of(store, node, promised)
    node.chain_id_answer = 5
    with pytest.raises(NodeLostState):
        indexer.run(threading.Event(), poll=0.001)


def test_a_node_that_has_not_reached_the_contracts_is_waited_for(
    store: Engine, node: FakeNode, promised: Deployment
) -> None:
    """A node that is still synchronising below the first contract must not start the database."""
    indexer = indexer_of(store, node, promised)
    kept, node.blocks = node.blocks, node.blocks[:2]
    with pytest.raises(NodeInconsistent, match="block 1"):
        indexer.step()
    node.blocks = kept
    assert follow(indexer).number == 5
