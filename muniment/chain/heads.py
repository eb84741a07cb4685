"""How the chain stands, seen from a signing key: one look at the beginning of every step."""

from dataclasses import dataclass
from typing import Any

from muniment.chain.deployment import Deployment
from muniment.chain.look import NodeLostState
from muniment.chain.rpc import Block, Rpc, RpcError, RpcUnavailable, quantity

USUAL_TIP = 10**9  # wei per gas, where a node suggests none


@dataclass(frozen=True)
class Heads:
    """The newest block, how far blocks are safe and final (-1: none), and the key's next nonce at two of them."""

    latest: Block
    safe: int
    finalized: int
    nonce: int  # at the latest block; transactions that wait for a block do not count
    finalized_nonce: int  # 0 when the node cannot tell
    tip: int  # wei per gas, as the node suggests


def look(rpc: Rpc, deployment: Deployment, signer: str) -> Heads:
    """Ask one node for everything at once. Raises NodeLostState, RpcUnavailable, RpcError."""
    chain_id, genesis, latest, safe, finalized, nonce, finalized_nonce, tip = rpc.answers(
        [
            ("eth_chainId", []),
            ("eth_getBlockByNumber", ["0x0", False]),
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_getBlockByNumber", ["safe", False]),
            ("eth_getBlockByNumber", ["finalized", False]),
            ("eth_getTransactionCount", [signer, "latest"]),
            ("eth_getTransactionCount", [signer, "finalized"]),
            ("eth_maxPriorityFeePerGas", []),
        ]
    )
    for answer in (chain_id, genesis, latest, nonce):
        if isinstance(answer, RpcError):
            raise answer
    if genesis is None or latest is None:
        raise RpcUnavailable("A node has no blocks yet.")
    if quantity(chain_id) != deployment.chain_id or Block.of(genesis).hash != deployment.genesis_hash:
        raise NodeLostState(
            f"The node serves chain {quantity(chain_id)} with another genesis block than the contracts' chain"
            f" {deployment.chain_id}; correct MUNIMENT_RPC_URLS, or deploy again where the node lost its state."
        )
    head = Block.of(latest)
    return Heads(
        latest=head,
        safe=min(_number(safe), head.number),
        finalized=min(_number(finalized), head.number),
        nonce=quantity(nonce),
        finalized_nonce=0 if isinstance(finalized_nonce, RpcError) else quantity(finalized_nonce),
        tip=USUAL_TIP if isinstance(tip, RpcError) else quantity(tip),
    )


def _number(answer: Any) -> int:
    return -1 if answer is None or isinstance(answer, RpcError) else Block.of(answer).number
