"""One worker at a time per signing key: a lease with a fencing number.

A lease may end while its holder is paused. So every write of a worker names the fence it was given, in the same
database transaction, and fails when a later lease exists: whoever sleeps past its lease can do no harm.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, select, update

from muniment.db.engine import insert_once, reading, writing
from muniment.db.schema import signers


class LeaseLost(Exception):
    """Another worker has taken over the signing key; nothing was written."""


@dataclass(frozen=True)
class Lease:
    """The right to use a signing key's nonces, as long as no lease with a higher fence exists."""

    chain_id: int
    signer: str
    holder: str
    fence: int
    next_nonce: int


def _row(chain_id: int, signer: str) -> ColumnElement[bool]:
    return and_(signers.c.chain_id == chain_id, signers.c.signer == signer)


def acquire(
    engine: Engine, chain_id: int, signer: str, holder: str, now: int, seconds: int, chain_nonce: int
) -> Lease | None:
    """Take or renew the lease until `now` + `seconds`; None while another holder has it.

    `chain_nonce` is the next nonce as the chain counts: where the key was used elsewhere, ours follows.
    """
    with reading(engine) as connection:
        row = connection.execute(select(signers).where(_row(chain_id, signer))).one_or_none()
    if (
        row is not None
        and row.holder == holder
        and row.lease_until > now + seconds // 2
        and row.next_nonce >= chain_nonce
    ):
        return Lease(chain_id, signer, holder, row.fence, row.next_nonce)  # long enough: an idle worker writes little
    first: dict[str, Any] = {
        "chain_id": chain_id,
        "signer": signer,
        "next_nonce": chain_nonce,
        "lease_until": 0,
        "fence": 0,
    }
    with writing(engine) as connection:
        insert_once(connection, signers, first)
        row = connection.execute(select(signers).where(_row(chain_id, signer)).with_for_update()).one()
        if row.holder not in (None, holder) and row.lease_until > now:
            return None
        fence = row.fence if row.holder == holder else row.fence + 1
        nonce = max(row.next_nonce, chain_nonce)
        changes = {"holder": holder, "fence": fence, "lease_until": now + seconds, "next_nonce": nonce}
        connection.execute(update(signers).where(_row(chain_id, signer)).values(changes))
    return Lease(chain_id, signer, holder, fence, nonce)


@contextmanager
def fenced(engine: Engine, lease: Lease, **changes: Any) -> Iterator[Connection]:
    """One writing transaction under the lease; `changes` are made to the signer's row.

    Raises LeaseLost, and writes nothing, when a later lease exists. The row stays locked until the end, so that none
    can come to exist meanwhile.
    """
    with writing(engine) as connection:
        mine = and_(_row(lease.chain_id, lease.signer), signers.c.fence == lease.fence)
        if connection.execute(update(signers).where(mine).values(fence=lease.fence, **changes)).rowcount != 1:
            raise LeaseLost(f"Another worker signs for {lease.signer} now.")
        yield connection


def release(engine: Engine, chain_id: int, signer: str, holder: str) -> None:
    """Let another worker begin at once. Does nothing when the lease is somebody else's."""
    with writing(engine) as connection:
        mine = and_(_row(chain_id, signer), signers.c.holder == holder)
        connection.execute(update(signers).where(mine).values(holder=None, lease_until=0))
