"""Contracts that the deployment cannot name, since they come to be later: an event of one that it names tells of each.

The deployment says which event does (`ContractKind`). From that event on a contract is read like any other; what it
emitted before is read back to its beginning, and handed over as if it were said then.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, select

from muniment.chain.abi import Abi
from muniment.chain.deployment import ContractKind, Deployment
from muniment.chain.events import Event, topic_of
from muniment.chain.headers import NodeInconsistent
from muniment.chain.rpc import Rpc
from muniment.db.rows import Rows
from muniment.db.schema import blocks, found_contracts

Log: TypeAlias = Mapping[str, Any]

FARTHEST = 100_000  # blocks that a contract may be older than the event that tells of it: two weeks
STRIDE = 1_000  # blocks in one request
AT_ONCE = 10  # requests


class Found(NamedTuple):
    """A contract that an event tells of."""

    address: str
    kind: ContractKind


class Finder:
    """Knows what tells of contracts."""

    def __init__(self, deployment: Deployment) -> None:
        self._named = {contract.address for contract in deployment.contracts.values()}
        self._kinds = {(kind.contract, kind.event): kind for kind in deployment.kinds.values()}
        self._topics = {
            (deployment.contracts[kind.contract].address, _topic(deployment.contracts[kind.contract].abi, kind.event))
            for kind in deployment.kinds.values()
            if kind.contract in deployment.contracts
        }
        self._start = deployment.start_block

    def may_tell(self, log: Log) -> bool:
        """Whether a log is one of those that tell of contracts."""
        return (str(log["address"]).lower(), str(next(iter(log["topics"]), "")).lower()) in self._topics

    def told_by(self, event: Event) -> Found | None:
        """The contract that an event tells of; None for any other event, and for one of the deployment's own."""
        kind = self._kinds.get((event.contract, event.name))
        if kind is None or event.arguments[kind.argument] in self._named:
            return None
        return Found(event.arguments[kind.argument], kind)

    def before(self, rpc: Rpc, found: Found, block: int) -> list[Log]:
        """What a contract emitted before a block, oldest first, back to the event that it begins with."""
        begin = _topic(found.kind.abi, found.kind.begins_with)
        logs: list[Log] = []
        lowest = max(self._start, block - FARTHEST)
        runs = [(max(lowest, last - STRIDE + 1), last) for last in range(block - 1, lowest - 1, -STRIDE)]
        for some in (runs[at : at + AT_ONCE] for at in range(0, len(runs), AT_ONCE)):
            query = {"address": found.address}
            asked = [("eth_getLogs", [{**query, "fromBlock": hex(low), "toBlock": hex(high)}]) for low, high in some]
            for answer in rpc.batch(asked):
                logs = [*answer, *logs]
                if any(log["topics"] and log["topics"][0].lower() == begin for log in answer):
                    return logs
        return logs


def known(connection: Connection) -> dict[str, str]:
    """Every contract that was found: address → the name of its kind."""
    rows = connection.execute(select(found_contracts.c.address, found_contracts.c.kind))
    return {row.address: row.kind for row in rows}


def remember(rows: Rows, found: Found) -> None:
    """Write down in the block at hand that the contract is known."""
    rows.insert(found_contracts, {"address": found.address, "kind": found.kind.name})


def check_blocks(connection: Connection, logs: Sequence[Log]) -> None:
    """Raise NodeInconsistent when one of the logs is of another block than the one of its number that was read."""
    try:
        numbers = {int(log["blockNumber"], 16): str(log["blockHash"]).lower() for log in logs}
    except (KeyError, TypeError, ValueError) as error:
        raise NodeInconsistent(f"A node sent logs that cannot be read ({type(error).__name__}).") from error
    for row in connection.execute(select(blocks.c.number, blocks.c.hash).where(blocks.c.number.in_(numbers))):
        if numbers[row.number] != row.hash:
            raise NodeInconsistent(f"A node's log in block {row.number} is not of the block that was read.")


def _topic(abi: Abi | Iterable[Mapping[str, Any]], event: str) -> str:
    """The first topic of an ABI's event; empty where there is none, so that nothing matches."""
    return next((topic_of(one) for one in abi if (one["type"], one.get("name")) == ("event", event)), "")
