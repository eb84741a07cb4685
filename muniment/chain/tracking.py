"""Follow transactions after they were signed: in a block, out of it again, safe, final.

Of one nonce there may be several transactions, each a replacement of the one before with higher fees. Any of them may
be mined, so all are followed until a final block has used the nonce.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, Row, select

from muniment.chain.heads import Heads
from muniment.chain.lease import Lease
from muniment.chain.rpc import Rpc, RpcUnavailable, quantity
from muniment.db.engine import reading
from muniment.db.schema import transactions

WAITING = ("signed", "broadcast", "replaced")
MINED = ("included", "safe", "reverted")  # and may yet be reorganised away
FINAL = ("finalized", "failed", "dropped")  # mined for good, reverted for good, can never be mined
CHUNK = 100  # receipts in one request


@dataclass(frozen=True)
class Mined:
    """What a receipt says. `standing` is included, safe or finalized, by its block."""

    block_number: int
    block_hash: str
    gas_used: int
    succeeded: bool
    standing: str


@dataclass(frozen=True)
class Attempt:
    """One signed transaction as the database has it, and what the node says of it."""

    row: Row[Any]
    mined: Mined | None
    known: bool  # the node has it, in a block or waiting for one


def attempts(engine: Engine, rpc: Rpc, lease: Lease, heads: Heads) -> list[list[Attempt]]:
    """Ask the node about every transaction that is not final; grouped by nonce, oldest first in both."""
    columns = [column for column in transactions.c if column is not transactions.c.raw]
    query = (
        select(*columns)
        .where(transactions.c.signer == lease.signer, transactions.c.chain_id == lease.chain_id)
        .where(transactions.c.state.in_(WAITING + MINED))
        .order_by(transactions.c.nonce, transactions.c.id)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    found: list[Attempt] = []
    for start in range(0, len(rows), CHUNK):
        found.extend(_ask(rpc, rows[start : start + CHUNK], heads))
    return [list(group) for _, group in groupby(found, key=lambda attempt: attempt.row.nonce)]


def _ask(rpc: Rpc, rows: Sequence[Row[Any]], heads: Heads) -> list[Attempt]:
    questions = [("eth_getTransactionReceipt", [row.hash]) for row in rows]
    questions += [("eth_getTransactionByHash", [row.hash]) for row in rows]
    answers = rpc.batch(questions)
    pairs = zip(rows, answers[: len(rows)], answers[len(rows) :], strict=True)
    return [
        Attempt(row, None if receipt is None else _mined(receipt, heads), receipt is not None or known is not None)
        for row, receipt, known in pairs
    ]


def _mined(receipt: Any, heads: Heads) -> Mined:
    try:
        number = quantity(receipt["blockNumber"])
        return Mined(
            block_number=number,
            block_hash=receipt["blockHash"].lower(),
            gas_used=quantity(receipt["gasUsed"]),
            succeeded=quantity(receipt["status"]) == 1,
            standing="finalized" if number <= heads.finalized else "safe" if number <= heads.safe else "included",
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise RpcUnavailable(f"A node sent a receipt that cannot be read ({type(error).__name__}).") from error
