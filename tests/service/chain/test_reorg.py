"""The chain replaces blocks that were read. The oracle is always the same: read the chain into an empty database."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from muniment.chain.deployment import Deployment
from muniment.chain.headers import NodeInconsistent
from muniment.chain.indexer import Progress
from muniment.chain.reorg import IndexerHalted, lift_halt
from muniment.db.engine import open_engine
from muniment.db.schema import metadata, titles
from tests.service.chain.fake_node import FakeNode
from tests.service.chain.happenings import act, act_confirmed, bound, register, title
from tests.service.chain.reading import checkpoint, contents, count, follow, indexer_of


@pytest.fixture
def node() -> FakeNode:
    """A node with five empty blocks below the first contract."""
    node = FakeNode()
    for _ in range(5):
        node.mine()
    return node


def replayed(node: FakeNode, promised: Deployment, folder: Path) -> bytes:
    """What an empty database holds after reading the node's chain."""
    engine = open_engine(f"sqlite:///{folder}/replayed.db")
    metadata.drop_all(engine)
    metadata.create_all(engine)
    follow(indexer_of(engine, node.copy(), promised))
    bytes_read = contents(engine)
    engine.dispose()
    return bytes_read


def happening(promised: Deployment, numbers: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Any event, over few keys, so that rows are inserted, changed and removed again."""
    few = st.integers(1, 3)
    return st.one_of(
        st.builds(lambda: title(promised, next(numbers))),
        st.builds(lambda status, code: register(promised, code, status), few, st.sampled_from(["GB", "SE"])),
        st.builds(lambda number, deadline: act(promised, number, deadline), few, few),
        st.builds(lambda number: act_confirmed(promised, number), few),
        st.builds(lambda party, wallet: bound(promised, party, wallet), few, few),
    )


@settings(max_examples=40)
@given(data=st.data())
def test_whatever_the_chain_replaces_the_tables_follow(
    store: Engine, promised: Deployment, tmp_path: Path, data: st.DataObject
) -> None:
    """After any run of blocks and reorganisations of depth 1 to 64, read at any time, the tables are a replay's."""
    metadata.drop_all(store)
    metadata.create_all(store)
    node = FakeNode()
    for _ in range(70):
        node.mine()
    indexer = indexer_of(store, node, promised)
    numbers = itertools.count(1)
    logs = st.lists(happening(promised, numbers), max_size=3)
    for turn in range(1, data.draw(st.integers(2, 7), label="turns")):
        if turn % 2:
            for block in data.draw(st.lists(logs, min_size=1, max_size=6), label="mined"):
                node.mine(*block)
        else:
            depth = data.draw(st.integers(1, 64), label="depth")
            # As many blocks as before, most of them empty: the node must not be behind.
            new = data.draw(st.lists(logs, max_size=min(depth, 6)), label="replaced by")
            node.reorganise(depth, turn, [*([()] * (depth - len(new))), *new])
        for _ in range(data.draw(st.integers(0, 4), label="steps")):
            indexer.step()
    follow(indexer)
    assert contents(store) == replayed(node, promised, tmp_path)


@pytest.mark.parametrize("depth", [1, 2, 3, 31, 63, 64])
def test_a_reorg_takes_back_exactly_its_depth(
    store: Engine, node: FakeNode, promised: Deployment, tmp_path: Path, depth: int
) -> None:
    """One step must rewind to the last common block, the next ones read the new blocks; dropped titles must be gone."""
    for number in range(1, 81):
        node.mine(title(promised, number), register(promised, "GB", number % 2 + 1))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    node.reorganise(depth, salt=1, contents=[[title(promised, 1000)], *([[]] * (depth - 1))])
    assert indexer.step() == Progress(85 - depth, 85, 0)
    assert count(store, titles) == 80 - depth
    follow(indexer)
    assert count(store, titles) == 81 - depth
    assert contents(store) == replayed(node, promised, tmp_path)


def test_even_the_first_block_may_change(store: Engine, node: FakeNode, promised: Deployment, tmp_path: Path) -> None:
    """When nothing is final and all blocks since before the contracts changed, reading must start from nothing."""
    for number in range(1, 10):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    node.reorganise(13, salt=1, contents=[[], [], [], [], *([title(promised, number)] for number in range(50, 60))])
    indexer.step()
    assert contents(store) == b""
    follow(indexer)
    assert count(store, titles) == 10
    assert contents(store) == replayed(node, promised, tmp_path)


def read_to_final(store: Engine, node: FakeNode, promised: Deployment) -> Any:
    """An indexer that stands at block 35, of which 25 are final."""
    node.finalized_behind = 10
    for number in range(1, 31):
        node.mine(title(promised, number), register(promised, "GB", number % 2 + 1))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    assert checkpoint(store).finalized_number == 25
    indexer.step()
    return indexer


def test_a_reorg_down_to_the_final_block_is_followed(
    store: Engine, node: FakeNode, promised: Deployment, tmp_path: Path
) -> None:
    """Replacing every block above the final one must rewind; the final block itself stays."""
    indexer = read_to_final(store, node, promised)
    node.reorganise(10, salt=1, contents=[[title(promised, 100 + number)] for number in range(10)])
    assert indexer.step().number == 25
    follow(indexer)
    assert contents(store) == replayed(node, promised, tmp_path)


@pytest.mark.parametrize("depth", [11, 12, 30])
def test_a_final_block_is_never_rewritten(store: Engine, node: FakeNode, promised: Deployment, depth: int) -> None:
    """Replacing a final block must halt for good, say which, and change no row; not even when the node goes on."""
    indexer = read_to_final(store, node, promised)
    before = contents(store)
    honest = list(node.blocks)
    node.reorganise(depth, salt=1, contents=[[title(promised, 100 + number)] for number in range(depth)])
    with pytest.raises(IndexerHalted, match=f"replaced block {36 - depth} .* up to 25 were final"):
        indexer.step()
    node.mine()
    with pytest.raises(IndexerHalted):
        indexer_of(store, node, promised).step()
    assert contents(store) == before
    assert checkpoint(store).halted is not None

    lift_halt(store, 31337)
    with pytest.raises(IndexerHalted):
        indexer.step()
    node.blocks = honest
    with pytest.raises(IndexerHalted):
        indexer.step()
    lift_halt(store, 31337)
    node.mine(title(promised, 99))
    follow(indexer)
    assert count(store, titles) == 31


def test_a_node_that_catches_up_from_zero_rewrites_nothing_final(
    store: Engine, node: FakeNode, promised: Deployment
) -> None:
    """Blocks that were final when they were read, far below the head, must not be replaced either."""
    node.finalized_behind = 10
    for number in range(1, 200):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)
    stopped = indexer.step().number
    assert stopped < 25
    node.reorganise(190, salt=1, contents=[[]] * 190)
    with pytest.raises(IndexerHalted):
        indexer.step()


def test_a_fork_that_cannot_be_walked_is_no_reason_to_rewind(
    store: Engine, node: FakeNode, promised: Deployment
) -> None:
    """When the headers on the way back do not link, as from two nodes at once, nothing may be taken back."""
    for number in range(1, 31):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    before, kept = contents(store), list(node.blocks)
    node.reorganise(5, salt=1, contents=[[]] * 5)
    forked = node.blocks

    def mixed(method: str, params: Any, answer: Any) -> Any:
        # Only the newest blocks come from the fork; those below are of a node that is still on the old chain.
        return kept[int(params[0], 16)].header() if params[:1] in (["0x20"], ["0x1f"]) else answer

    node.spoil = mixed
    with pytest.raises(NodeInconsistent):
        indexer.step()
    assert contents(store) == before
    node.spoil = lambda method, params, answer: answer
    node.blocks = forked
    assert indexer.step().number == 30


def test_a_short_fork_waits_until_it_is_as_long(
    store: Engine, node: FakeNode, promised: Deployment, tmp_path: Path
) -> None:
    """A fork below our height must change nothing, for a lagging node looks the same; once as high it is followed."""
    for number in range(1, 31):
        node.mine(title(promised, number))
    indexer = indexer_of(store, node, promised)
    follow(indexer)
    before = contents(store)
    node.reorganise(10, salt=1, contents=[[]] * 4)
    assert indexer.step() == Progress(35, 29, 0)
    assert contents(store) == before
    for _ in range(6):
        node.mine(salt=1)
    follow(indexer)
    assert contents(store) == replayed(node, promised, tmp_path)
