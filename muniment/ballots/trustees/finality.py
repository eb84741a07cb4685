"""What all nodes of a trustee show alike: a ceremony as of their heads, and sums that no longer change.

A trustee's share is made of sums of a final block (proof-of-stake tag "finalized").

The groups that the newest block shows can leave the chain again, and others of fewer ballots come in their place.
Shares of both would decrypt the difference: single ballots. And a node that lies can show a single ballot as a sum; so
all the nodes that the trustee named must show the same. So they must of the ceremony: one that hides a step has a
trustee left out, or accused who did nothing wrong.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from muniment.ballots.trustees.ceremony_state import CeremonyState, read_ceremony
from muniment.ballots.trustees.tallying import BoxState, read_box
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable
from muniment.errors import Refused

LONGEST_WAIT = 3_600.0  # seconds; Ethereum takes some fifteen minutes
PAUSE = 2.0

Waiting = Callable[[int, int], None]


def agreed_ceremony(nodes: Sequence[Rpc], deployment: Deployment, setup: str) -> CeremonyState:
    """The ceremony as of the lowest of the nodes' heads, once each has shown the same there.

    Raises Refused: NodesDisagree, and what `read_ceremony` raises of the first; RpcUnavailable when one is silent.
    """
    first, *others = nodes
    if not others:
        return read_ceremony(first, deployment, setup)
    block = min(node.head().number for node in nodes)
    state = read_ceremony(first, deployment, setup, block)
    for node in others:
        shown = None
        with suppress(Refused):  # a node that shows no such ceremony does not show the same
            shown = read_ceremony(node, deployment, setup, block)
        if shown != state:
            raise Refused("NodesDisagree", node=node.hosts, block=block)
    return state


def agreed_box(
    nodes: Sequence[Rpc],
    deployment: Deployment,
    setup: str,
    waiting: Waiting,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[CeremonyState, BoxState]:
    """`final_box` of the first node, once each of the others has shown the same as of that block.

    Raises Refused: NodesDisagree, and what `final_box` raises; RpcUnavailable when one of them is silent, since
    whoever can silence the honest ones could otherwise lie by the last.
    """
    first, *others = nodes
    state, box = final_box(first, deployment, setup, waiting, sleep)
    for node in others:
        final, shown = _await(node, state.block, waiting, sleep), None
        with suppress(Refused):
            theirs = read_ceremony(node, deployment, setup, state.block)
            shown = theirs, read_box(node, deployment, theirs)
        if not final or shown != (state, box):
            raise Refused("NodesDisagree", node=node.hosts, block=state.block)
    return state, box


def final_box(
    rpc: Rpc, deployment: Deployment, setup: str, waiting: Waiting, sleep: Callable[[float], None] = time.sleep
) -> tuple[CeremonyState, BoxState]:
    """The ceremony and its box, groups fixed, as of the final block; waits where only that block is missing.

    `waiting` is told the block that is waited for and the final one. Raises Refused when there is nothing to decrypt
    even in the newest block, the node names no final block, or it takes too long.
    """
    while True:
        try:
            state = read_ceremony(rpc, deployment, setup, _final(rpc))
            return state, read_box(rpc, deployment, state)
        except Refused:
            newest = read_ceremony(rpc, deployment, setup)
            read_box(rpc, deployment, newest)
        if not _await(rpc, newest.block, waiting, sleep):
            raise Refused("GroupsNotFinal", block=newest.block, final=_final(rpc))


def _await(rpc: Rpc, block: int, waiting: Waiting, sleep: Callable[[float], None]) -> bool:
    """Wait until a node calls the block final; false when it takes too long. Once it has answered it may be silent."""
    waited, final = 0.0, -1
    while True:
        try:
            final = _final(rpc)
        except RpcUnavailable:
            if final < 0 or waited >= LONGEST_WAIT:
                raise
        if final >= block or waited >= LONGEST_WAIT:
            return final >= block
        waiting(block, final)
        sleep(PAUSE)
        waited += PAUSE


def _final(rpc: Rpc) -> int:
    try:
        block = rpc.block("finalized")
    except RpcError:
        block = None
    if block is None:
        raise Refused("FinalityUnknown", node=rpc.hosts)
    return block.number
