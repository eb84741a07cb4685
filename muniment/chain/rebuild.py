"""Empty the read tables and fill them again from the chain alone: everything in them follows from events."""

from collections.abc import Callable, Mapping

import structlog
from sqlalchemy import Engine, delete

from muniment.chain.deployment import Deployment
from muniment.chain.events import Handler
from muniment.chain.indexer import Indexer, Progress
from muniment.chain.rpc import Rpc
from muniment.db.engine import writing
from muniment.db.schema import READ_TABLES, blocks, checkpoints, journal

log = structlog.get_logger()


def rebuild(
    engine: Engine,
    rpc: Rpc,
    deployment: Deployment,
    handlers: Mapping[tuple[str, str], Handler],
    report: Callable[[Progress], None] | None = None,
) -> Progress:
    """Drop what was read, halt included, and read the chain to its head; `report` hears of every step.

    Pages and API answer from whatever is there meanwhile. When it is interrupted, the indexer goes on where it was.
    Raises what `Indexer.step` raises, the passing failures too.
    """
    with writing(engine) as connection:
        for table in (*READ_TABLES, journal, blocks, checkpoints):
            connection.execute(delete(table))
    log.info("indexer.rebuilding", chain_id=deployment.chain_id)
    indexer = Indexer(engine, rpc, deployment, handlers)
    while True:
        progress = indexer.step()
        if report is not None:
            report(progress)
        if progress.number >= progress.head:
            return progress
