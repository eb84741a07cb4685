"""Contracts' views, read by their ABIs."""

from typing import Any

import pytest
from eth_abi.abi import encode

from muniment.chain.abi import ChainError
from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.chain.views import MOST, View, answers, ask

STRUCT = [{"name": "area", "type": "uint64"}, {"name": "hash", "type": "bytes32"}]
ABI: list[dict[str, Any]] = [
    {"type": "function", "name": "one", "inputs": [{"name": "n", "type": "uint256"}],
     "outputs": [{"name": "", "type": "tuple", "components": STRUCT}]},
    {"type": "function", "name": "two", "inputs": [],
     "outputs": [{"name": "agency", "type": "bytes4"}, {"name": "", "type": "uint8"}]},
    {"type": "error", "name": "Closed", "inputs": []},
]  # fmt: skip
DEPLOYMENT = Deployment("local", 1, "0x0", {"C": ContractInfo("C", "0x" + "c" * 40, ABI, 1)})


class Node:
    """Answers every question by the same."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.sizes, self.tags = answer, [], set()

    def answers(self, requests: list[Any]) -> list[Any]:
        """One HTTP request."""
        self.sizes.append(len(requests))
        self.tags |= {params[1] for _, params in requests}
        return [self.answer] * len(requests)


def test_values() -> None:
    """A struct must be read by its fields, several values in their order."""
    node = Node("0x" + encode(["(uint64,bytes32)"], [(5, b"\1" * 32)]).hex())
    assert ask(node, DEPLOYMENT, View("C", "one", (1,))) == {"area": 5, "hash": "0x" + "01" * 32}  # type: ignore[arg-type]
    node = Node("0x" + encode(["bytes4", "uint8"], [b"abcd", 1]).hex())
    assert ask(node, DEPLOYMENT, View("C", "two")) == ["0x61626364", 1]  # type: ignore[arg-type]


def test_many() -> None:
    """Questions must go out in bounded requests, all at the same block, and be answered in order."""
    node = Node("0x" + encode(["(uint64,bytes32)"], [(5, bytes(32))]).hex())
    asked = [View("C", "one", (number,)) for number in range(MOST + 1)]
    assert len(list(answers(node, DEPLOYMENT, asked, 16))) == MOST + 1  # type: ignore[arg-type]
    assert (node.sizes, node.tags) == ([MOST, 1], {"0x10"})


def test_a_revert_is_named() -> None:
    """A view that reverts must be told by its error, and be raised where one answer alone was asked for."""
    node = Node(RpcError(3, "reverted", "0x1cdde67b"))
    (error,) = answers(node, DEPLOYMENT, [View("C", "two")])  # type: ignore[arg-type]
    assert error == ChainError("Closed", {})
    with pytest.raises(RpcError, match="Closed"):
        ask(node, DEPLOYMENT, View("C", "two"))  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["0x", "0x12", None, "nothing", "0x" + "ff" * 64])
def test_what_no_view_returns(answer: Any) -> None:
    """An answer that cannot be read must be the node's fault, never a value."""
    with pytest.raises(RpcUnavailable):
        ask(Node(answer), DEPLOYMENT, View("C", "one", (1,)))  # type: ignore[arg-type]
