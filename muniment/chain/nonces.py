"""When a key is used elsewhere: who took a nonce, and which one was left behind when a block was reorganised."""

import enum
from collections.abc import Collection

from sqlalchemy import Engine, func, select

from muniment.chain.heads import Heads
from muniment.chain.lease import Lease
from muniment.chain.rpc import Rpc, RpcUnavailable, quantity
from muniment.chain.tracking import FINAL
from muniment.db.engine import reading
from muniment.db.schema import transactions

BLOCKS_AT_ONCE = 16
MOST_BLOCKS = 1024


class Taker(enum.Enum):
    """Who used a nonce, by the blocks themselves."""

    OURS = "ours"
    ANOTHER = "another"
    NOT_FOUND = "not found"


def taker(rpc: Rpc, signer: str, nonce: int, ours: Collection[str], finalized: int) -> Taker:
    """Look through final blocks, newest first, for the transaction that used the nonce.

    A missing receipt proves nothing, nodes forget and lag; the other transaction, seen in a final block, does.
    """
    for newest in range(finalized, max(finalized - MOST_BLOCKS, -1), -BLOCKS_AT_ONCE):
        numbers = range(newest, max(newest - BLOCKS_AT_ONCE, -1), -1)
        for block in rpc.batch([("eth_getBlockByNumber", [hex(number), True]) for number in numbers]):
            if block is None:
                raise RpcUnavailable("A node lacks blocks that it calls final.")
            for transaction in block["transactions"]:
                if transaction["from"].lower() == signer and quantity(transaction["nonce"]) == nonce:
                    return Taker.OURS if transaction["hash"].lower() in ours else Taker.ANOTHER
    return Taker.NOT_FOUND


def gaps(engine: Engine, lease: Lease, heads: Heads) -> list[int]:
    """Return nonces that the chain waits for and none of our transactions has, lowest first.

    They arise when a transaction of somebody else's, whose nonce ours had followed, leaves the chain. Only nonces after
    our last final one count: a node that lags would show others, long used.
    """
    mine = (transactions.c.signer == lease.signer, transactions.c.chain_id == lease.chain_id)
    with reading(engine) as connection:
        last_final = select(func.max(transactions.c.nonce)).where(*mine, transactions.c.state.in_(FINAL))
        floor = connection.execute(last_final).scalar_one()
        if floor is None or heads.nonce >= lease.next_nonce:
            return []
        first = max(heads.nonce, floor + 1)
        have = select(transactions.c.nonce).where(*mine, transactions.c.nonce >= first)
        return sorted(set(range(first, lease.next_nonce)) - set(connection.execute(have).scalars()))
