"""When a key was used elsewhere: did another transaction take the nonce that ours was signed for?"""

import enum
from collections.abc import Collection

from muniment.chain.rpc import Rpc, RpcUnavailable, quantity

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
