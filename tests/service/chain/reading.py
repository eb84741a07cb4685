"""Step an indexer and look at what it wrote."""

from typing import Any

from sqlalchemy import Engine, func, select

from muniment.chain import checkpoint as checkpoints
from muniment.chain.checkpoint import Checkpoint
from muniment.chain.deployment import Deployment
from muniment.chain.indexer import Indexer, Progress
from muniment.db.dump import dump
from muniment.db.engine import reading
from tests.service.chain.fake_node import FakeNode, on_chain_of
from tests.service.chain.happenings import HANDLERS


def indexer_of(store: Engine, node: FakeNode, promised: Deployment) -> Indexer:
    """An indexer of this node's chain."""
    return Indexer(store, node, on_chain_of(promised, node), HANDLERS)


def follow(indexer: Indexer) -> Progress:
    """Step until the head."""
    while True:
        progress = indexer.step()
        if progress.number >= progress.head:
            return progress


def contents(store: Engine) -> bytes:
    """The read tables as bytes."""
    with reading(store) as connection:
        return dump(connection)


def count(store: Engine, table: Any) -> int:
    """How many rows there are."""
    with reading(store) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def checkpoint(store: Engine) -> Checkpoint:
    """Where the indexer stands."""
    with reading(store) as connection:
        known = checkpoints.load(connection)
    assert known is not None
    return known
