"""How far the chain has been read: one row, changed in the transaction that writes what was read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from muniment.chain.headers import Header
from muniment.db.bulk import insert_rows
from muniment.db.schema import blocks, checkpoints, journal

# Finalized blocks that stay in `blocks` all the same, to say how deep a forbidden reorganisation would have gone.
MARGIN = 64


class CheckpointMoved(Exception):
    """Another indexer of the same database went on meanwhile; nothing was written."""


@dataclass(frozen=True)
class Checkpoint:
    """All blocks up to `number` are projected. Safe and finalized never go back, whatever a node says later."""

    chain_id: int
    genesis_hash: str
    number: int
    hash: str
    time: int
    safe_number: int
    finalized_number: int
    halted: str | None = None

    @property
    def floor(self) -> int:
        """The last block that may not be taken back."""
        return min(self.finalized_number, self.number)

    def at(self, header: Header) -> "Checkpoint":
        """The checkpoint moved to this block."""
        return replace(self, number=header.number, hash=header.hash, time=header.time)

    def final_to(self, safe: int, finalized: int) -> "Checkpoint":
        """The checkpoint with the node's newest finality, which only grows."""
        return replace(
            self,
            safe_number=max(self.safe_number, safe),
            finalized_number=max(self.finalized_number, finalized),
        )


def load(connection: Connection) -> Checkpoint | None:
    """The checkpoint, whatever its chain: a database follows one. None before the first block."""
    row = connection.execute(select(checkpoints)).one_or_none()
    return None if row is None else Checkpoint(**row._mapping)


def create(connection: Connection, checkpoint: Checkpoint, header: Header) -> None:
    """Write the first checkpoint, at `header`."""
    connection.execute(insert(checkpoints).values(_values(checkpoint)))
    insert_rows(connection, blocks, [_block(header)])


def move(connection: Connection, known: Checkpoint, new: Checkpoint, headers: Iterable[Header] = ()) -> None:
    """Replace the checkpoint, add the headers that may still be reorganised, forget what is final.

    Raises CheckpointMoved when the database's checkpoint is not `known`.
    """
    held(connection, known)
    connection.execute(update(checkpoints).where(checkpoints.c.chain_id == known.chain_id).values(_values(new)))
    kept_from = new.floor - MARGIN
    insert_rows(connection, blocks, [_block(header) for header in headers if header.number >= kept_from])
    connection.execute(delete(blocks).where(blocks.c.number < kept_from))
    connection.execute(delete(journal).where(journal.c.block_number <= new.floor))


def held(connection: Connection, known: Checkpoint) -> None:
    """Lock the checkpoint's row. Raises CheckpointMoved unless it is still `known`."""
    row = connection.execute(
        select(checkpoints).where(checkpoints.c.chain_id == known.chain_id).with_for_update()
    ).one_or_none()
    if row is None or Checkpoint(**row._mapping) != known:
        raise CheckpointMoved("Another indexer works on the same database; run one only.")


def _values(checkpoint: Checkpoint) -> dict[str, Any]:
    return dict(vars(checkpoint))


def _block(header: Header) -> dict[str, Any]:
    return {
        "number": header.number,
        "hash": header.hash,
        "parent_hash": header.parent_hash,
        "time": header.time,
    }
