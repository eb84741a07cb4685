"""Look at the node once before each step: is it our chain, how far is it, what is final, does it have our block?"""

from typing import Any, NamedTuple

from muniment.chain.checkpoint import Checkpoint
from muniment.chain.deployment import Deployment
from muniment.chain.headers import Header, NodeInconsistent, asked, header_of
from muniment.chain.rpc import Rpc, RpcError, quantity


class NodeLostState(Exception):
    """The node holds another chain than the deployment: it was reset, or it is the wrong node. Not a reorg."""


class Look(NamedTuple):
    """What one HTTP request, so one node at one moment, said. Block numbers.

    `at_checkpoint` is the node's block at our checkpoint; None when we have no checkpoint or the node is not there yet.
    """

    head: int
    safe: int
    finalized: int
    at_checkpoint: Header | None


def look(rpc: Rpc, deployment: Deployment, known: Checkpoint | None) -> Look:
    """Ask all at once. Raises NodeLostState, NodeInconsistent, RpcError, RpcUnavailable.

    A node that knows no safe or finalized block counts as having none: nothing is then taken for final.
    """
    requests: list[tuple[str, list[Any]]] = [
        ("eth_chainId", []),
        asked(0),
        *(("eth_getBlockByNumber", [tag, False]) for tag in ("latest", "safe", "finalized")),
    ]
    if known is not None:
        requests.append(asked(known.number))
    chain_id, genesis, latest, safe, finalized, *ours = rpc.answers(requests)
    for answer in (chain_id, genesis, latest, *ours):
        if isinstance(answer, RpcError):
            raise answer
    _same_chain(deployment, known, quantity(chain_id), header_of(genesis).hash)
    head = header_of(latest).number
    at_checkpoint = None
    if known is not None and known.number <= head:
        at_checkpoint = header_of(ours[0])
        if at_checkpoint.number != known.number:
            raise NodeInconsistent(f"A node sent block {at_checkpoint.number} when asked for {known.number}.")
    return Look(head, min(_number(safe), head), min(_number(finalized), head), at_checkpoint)


def _same_chain(deployment: Deployment, known: Checkpoint | None, chain_id: int, genesis_hash: str) -> None:
    if (chain_id, genesis_hash) != (deployment.chain_id, deployment.genesis_hash):
        raise NodeLostState(
            f"The node's chain (id {chain_id}, genesis {genesis_hash}) is not the one that the contracts were deployed "
            f"on (id {deployment.chain_id}, genesis {deployment.genesis_hash}). A local node that was started anew has "
            f"lost its contracts: deploy again and rebuild. Otherwise check the node's address."
        )
    if known is not None and (known.chain_id, known.genesis_hash) != (chain_id, genesis_hash):
        raise NodeLostState(
            f"The database was read from another chain (id {known.chain_id}, genesis {known.genesis_hash}) than the "
            f"one that the contracts are on (id {chain_id}, genesis {genesis_hash}). Rebuild the read tables, or use "
            f"another database."
        )


def _number(answer: Any) -> int:
    return 0 if answer is None or isinstance(answer, RpcError) else header_of(answer).number
