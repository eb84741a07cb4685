"""What the cases of the corpus have in common: changing a transcript so that everything else follows from the change.

Transactions are sent otherwise by whoever sent them: nothing shows in them that they were changed.
"""

import json
from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode as abi_encode

from muniment.ballots.ceremony_steps import Call
from muniment.chain.abi import decode_values
from muniment.chain.raw import decode_transaction
from muniment.chain.rlp import decode
from muniment.hashing import keccak
from tests.service.ballots.election import Election
from tests.service.ballots.forgeries import Transcript, block_of, logs_of, renumber

LATER = 1_000  # a nonce that nobody has come to


def first(made: Transcript, name: str) -> tuple[Any, Any, Any]:
    """Block, transaction and log of the first event of this name."""
    block = made["blocks"][block_of(made, name)]
    return block, *next(logs_of(block, name))


def resend(held: Election, one: dict[str, Any], act: Callable[[bytes], bytes], again: bool = False) -> None:
    """Give a transaction another input, signed by the same account; `again`, after all that it has sent."""
    raw = bytes.fromhex(one["raw"][2:])
    known, fields = decode_transaction(raw), decode(raw[1:])
    assert raw[0] == 2  # EIP-1559
    priority, most, gas = ("0x" + bytes(field).hex().lstrip("0").rjust(1, "0") for field in fields[2:5])
    asked = {
        "from": known.sender, "chainId": hex(held.chain_id), "nonce": hex(LATER if again else known.nonce),
        "maxPriorityFeePerGas": priority, "maxFeePerGas": most, "gas": gas, "value": "0x0",
        "data": "0x" + act(known.input).hex(),
    }  # fmt: skip
    signed = held.node.call("eth_signTransaction", asked | ({"to": known.to} if known.to else {}))
    one["raw"], one["hash"] = signed, keccak(bytes.fromhex(signed[2:]))


def recall(held: Election, one: dict[str, Any], call: Call, act: Callable[[list[Any]], None]) -> None:
    """Change the arguments of a call."""

    def changed(data: bytes) -> bytes:
        arguments = list(decode_values(call.types, data[4:], canonical=False))
        act(arguments)
        return data[:4] + abi_encode(list(call.types), arguments)

    resend(held, one, changed)


def repeat(held: Election, made: Transcript, name: str) -> Any:
    """Let the first block with such an event come twice, its transaction sent again; gives the second block."""
    at = block_of(made, name)
    block = json.loads(json.dumps(made["blocks"][at]))
    made["blocks"].insert(at + 1, block)
    resend(held, block["transactions"][0], bytes, again=True)
    renumber(made)
    return block
