"""When the chain replaces blocks that were read: find the last common one and take back what came after it.

Blocks up to the finalized one may not change. If they seem to, the indexer halts for good and says so: somebody must
find out whether the node lies or the chain's consensus failed, before any record is rewritten.
"""

import structlog
from sqlalchemy import Connection, Engine, delete, select, update

from muniment.chain.checkpoint import Checkpoint, held, move
from muniment.chain.headers import Header, fetch_headers
from muniment.chain.rpc import Rpc
from muniment.db.engine import reading, writing
from muniment.db.rows import undo
from muniment.db.schema import blocks, checkpoints

log = structlog.get_logger()

STRIDE = 64  # headers per request while walking back


class IndexerHalted(Exception):
    """The indexer stopped for good with this reason; the read tables stay as they are until it is lifted."""


def rewind(engine: Engine, rpc: Rpc, known: Checkpoint) -> int:
    """Take the read tables back to the last block that the node's chain shares with ours; return its number.

    Below the first block that was read there is nothing of ours: if even that one changed, and was not final, all is
    taken back and reading starts again. Raises IndexerHalted when a final block would have to go, NodeInconsistent
    and RpcUnavailable when the node's chain cannot be read; nothing is changed then.
    """
    with reading(engine) as connection:
        ours = _ours(connection)
    ancestor, first_changed = _common_ancestor(rpc, known, ours)
    if first_changed <= known.floor:
        raise halt(
            engine,
            known,
            f"The node's chain replaced block {first_changed} and what follows, but blocks up to {known.floor} were "
            f"final. Nothing was rewritten. Find out whether the node is wrong before lifting this halt.",
        )
    with writing(engine) as connection:
        undo(connection, first_changed - 1)
        connection.execute(delete(blocks).where(blocks.c.number >= first_changed))
        if ancestor is None:
            held(connection, known)
            connection.execute(delete(checkpoints).where(checkpoints.c.chain_id == known.chain_id))
        else:
            move(connection, known, known.at(ancestor))
    log.warning("indexer.rewound", to=first_changed - 1, depth=known.number - first_changed + 1)
    return first_changed - 1


def halt(engine: Engine, known: Checkpoint, reason: str) -> IndexerHalted:
    """Store why the indexer stops, raise the alarm, and return the exception to raise."""
    with writing(engine) as connection:
        held(connection, known)
        connection.execute(update(checkpoints).where(checkpoints.c.chain_id == known.chain_id).values(halted=reason))
    log.error("indexer.halted", reason=reason, block=known.number, chain_id=known.chain_id)
    return IndexerHalted(reason)


def lift_halt(engine: Engine, chain_id: int) -> None:
    """Let the indexer go on from where it stopped, once a person has judged why. If nothing changed it halts again."""
    with writing(engine) as connection:
        connection.execute(update(checkpoints).where(checkpoints.c.chain_id == chain_id).values(halted=None))
    log.warning("indexer.halt_lifted", chain_id=chain_id)


def _ours(connection: Connection) -> dict[int, Header]:
    """The blocks that we hold, by number. Their blooms are not kept."""
    return {
        row.number: Header(row.number, row.hash, row.parent_hash, row.time, 0)
        for row in connection.execute(select(blocks))
    }


def _common_ancestor(rpc: Rpc, known: Checkpoint, ours: dict[int, Header]) -> tuple[Header | None, int]:
    """The last block that both chains have, or None, and the first one of ours that the node's chain lacks."""
    first_changed = known.number + 1
    lowest = min(ours)
    for last in range(known.number, lowest - 1, -STRIDE):
        theirs = fetch_headers(rpc, max(lowest, last - STRIDE + 1), last)
        for header in reversed(theirs):
            mine = ours[header.number]
            if mine.hash == header.hash:
                return mine, first_changed
            first_changed = header.number
    return None, first_changed
