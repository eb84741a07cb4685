"""Send signed bytes, and understand what nodes answer: each client says the same things in other words."""

import enum
from collections.abc import Sequence
from typing import Any

from muniment.chain.rpc import Rpc, RpcError


class Answer(enum.Enum):
    """What became of the bytes, as far as the node told."""

    TAKEN = "taken"  # the node has them, since now or before
    NONCE_USED = "nonce used"  # mined already: they, their replacement, or somebody else's
    UNDERPRICED = "underpriced"
    NO_FUNDS = "no funds"
    REFUSED = "refused"


# Parts of the messages of geth, reth, Nethermind, Besu, Erigon and anvil, in small letters; the first that fits counts.
MEANINGS: tuple[tuple[str, Answer], ...] = (
    ("already known", Answer.TAKEN),
    ("already imported", Answer.TAKEN),
    ("alreadyknown", Answer.TAKEN),
    ("known transaction", Answer.TAKEN),
    ("nonce too low", Answer.NONCE_USED),
    ("nonce is too low", Answer.NONCE_USED),
    ("oldnonce", Answer.NONCE_USED),
    ("underpriced", Answer.UNDERPRICED),
    ("fee too low", Answer.UNDERPRICED),
    ("max fee per gas less than block base fee", Answer.UNDERPRICED),
    ("feetoolow", Answer.UNDERPRICED),
    ("insufficient funds", Answer.NO_FUNDS),
    ("upfront cost exceeds", Answer.NO_FUNDS),
)


def send(rpc: Rpc, transactions: Sequence[bytes]) -> list[tuple[Answer, str]]:
    """Send signed transactions in order; return for each what became of it, and the node's words for it.

    Raises RpcUnavailable when nothing is known: they may or may not have arrived.
    """
    if not transactions:
        return []
    answers = rpc.answers([("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in transactions])
    return [_understood(answer) for answer in answers]


def _understood(answer: Any) -> tuple[Answer, str]:
    if not isinstance(answer, RpcError):
        return Answer.TAKEN, ""
    words = answer.message.lower()
    meaning = next((meaning for part, meaning in MEANINGS if part in words), Answer.REFUSED)
    return meaning, answer.message
