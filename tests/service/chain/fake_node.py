"""A chain in memory that answers like a node, can fork at will and can be told to misbehave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi import encode

from muniment.chain.deployment import Deployment
from muniment.chain.events import topic_of
from muniment.chain.headers import bloom_mask
from muniment.chain.rpc import Request, Rpc, RpcError
from muniment.hashing import keccak

START = 1_700_000_000


@dataclass(frozen=True)
class FakeBlock:
    """A block with the logs in it; `salt` makes two blocks of the same content differ."""

    number: int
    parent: str
    logs: tuple[dict[str, Any], ...] = ()
    salt: int = 0
    extra_bloom: int = 0

    @property
    def hash(self) -> str:
        """Follows from number, parent, logs and salt."""
        return keccak(f"{self.number} {self.parent} {self.salt} {self.logs}".encode())

    def header(self) -> dict[str, Any]:
        """As eth_getBlockByNumber answers it."""
        bloom = self.extra_bloom
        for log in self.logs:
            for value in (log["address"], *log["topics"]):
                bloom |= bloom_mask(bytes.fromhex(value[2:]))
        return {
            "number": hex(self.number),
            "hash": self.hash,
            "parentHash": self.parent,
            "timestamp": hex(START + 12 * self.number),
            "logsBloom": f"0x{bloom:0512x}",
        }

    def answered_logs(self) -> list[dict[str, Any]]:
        """As eth_getLogs answers them."""
        return [
            {
                **log,
                "blockNumber": hex(self.number),
                "blockHash": self.hash,
                "transactionHash": keccak(f"{self.hash} {place}".encode()),
                "logIndex": hex(place),
            }
            for place, log in enumerate(self.logs)
        ]


@dataclass
class FakeNode(Rpc):
    """Answers from `blocks`; `spoil` may change each answer before it is given."""

    chain_id_answer: int = 31337
    genesis: str = "genesis"
    finalized_behind: int = 10**9
    blocks: list[FakeBlock] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    spoil: Callable[[str, Any, Any], Any] = lambda method, params, answer: answer

    def __post_init__(self) -> None:
        self.blocks = self.blocks or [FakeBlock(0, "0x" + "00" * 32, salt=hash(self.genesis))]

    def mine(self, *logs: dict[str, Any], salt: int = 0, extra_bloom: int = 0) -> None:
        """One more block with these logs."""
        head = self.blocks[-1]
        self.blocks.append(FakeBlock(head.number + 1, head.hash, logs, salt, extra_bloom))

    def reorganise(self, depth: int, salt: int, contents: Sequence[Sequence[dict[str, Any]]]) -> None:
        """Replace the last `depth` blocks by blocks with these logs."""
        del self.blocks[len(self.blocks) - depth :]
        for logs in contents:
            self.mine(*logs, salt=salt)

    def copy(self) -> "FakeNode":
        """Another node with the same blocks that behaves."""
        return FakeNode(self.chain_id_answer, self.genesis, self.finalized_behind, list(self.blocks))

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """What `Rpc.answers` gives, without a network."""
        self.asked += [method for method, _ in requests]
        return [self.spoil(method, params, self._answer(method, params)) for method, params in requests]

    def _answer(self, method: str, params: Sequence[Any]) -> Any:
        if method == "eth_chainId":
            return hex(self.chain_id_answer)
        if method == "eth_getBlockByNumber":
            number = self._number(params[0])
            return self.blocks[number].header() if number < len(self.blocks) else None
        if method == "eth_getBlockReceipts":
            return [{"logs": block.answered_logs()} for block in self.blocks if block.hash == params[0]]
        assert method == "eth_getLogs", method
        if "blockHash" in params[0]:
            chosen = [block for block in self.blocks if block.hash == params[0]["blockHash"]]
            if not chosen:
                return RpcError(-32000, "unknown block")
        else:
            last = int(params[0]["toBlock"], 16)
            if last >= len(self.blocks):
                return RpcError(-32602, "out of range")
            chosen = self.blocks[int(params[0]["fromBlock"], 16) : last + 1]
        return [log for block in chosen for log in block.answered_logs() if log["address"] in params[0]["address"]]

    def _number(self, tag: str) -> int:
        head = len(self.blocks) - 1
        behind = {"latest": 0, "safe": self.finalized_behind // 2, "finalized": self.finalized_behind}
        return max(0, head - behind[tag]) if tag in behind else int(tag, 16)


def abi_type(parameter: dict[str, Any]) -> str:
    """The type as eth_abi writes it: structs as tuples."""
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    return f"({','.join(map(abi_type, parameter['components']))}){parameter['type'][5:]}"


def described(deployment: Deployment, contract: str, name: str) -> dict[str, Any]:
    """The ABI entry of an event."""
    return next(
        entry for entry in deployment.contracts[contract].abi if entry["type"] == "event" and entry["name"] == name
    )


def emitted(deployment: Deployment, contract: str, name: str, *values: Any) -> dict[str, Any]:
    """Address, topics and data of the event with these values, encoded by eth_abi."""
    event = described(deployment, contract, name)
    pairs = list(zip(event["inputs"], values, strict=True))
    topics = [encode([abi_type(parameter)], [value]).hex() for parameter, value in pairs if parameter["indexed"]]
    data = [(abi_type(parameter), value) for parameter, value in pairs if not parameter["indexed"]]
    return {
        "address": deployment.contracts[contract].address,
        "topics": [topic_of(event), *("0x" + topic for topic in topics)],
        "data": "0x" + encode([kind for kind, _ in data], [value for _, value in data]).hex(),
    }


def on_chain_of(deployment: Deployment, node: FakeNode) -> Deployment:
    """The deployment, on this node's chain."""
    return replace(deployment, chain_id=node.chain_id_answer, genesis_hash=node.blocks[0].hash)
