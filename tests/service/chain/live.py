"""Events on a real node: the officer's transactions, sent by the node itself."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.hashing import keccak
from tests.service.conftest import Chain
from tests.service.nodes import Node

GB = "0x" + b"GB".ljust(8, b"\0").hex()


@dataclass
class Registrar:
    """Registers titles "R1", "R2", … on a node; mines a block only when told."""

    node: Node
    deployment: Deployment
    officer: str
    until: int
    _count: Any = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, chain: Chain, node: Node | None = None) -> "Registrar":
        """The chain's officer, acting on its node or on another with the same state."""
        node = node or chain.node
        latest = node.rpc.block("latest")
        assert latest is not None
        node.call("anvil_impersonateAccount", chain.signer.address)
        node.call("evm_setAutomine", False)
        return cls(node, chain.deployment, chain.signer.address, latest.time + 30 * 24 * 3600)

    def title(self, ref: str | None = None) -> dict[str, Any]:
        """A transaction that registers one title."""
        ref = ref or f"R{next(self._count)}"
        entry = {
            "ref": ref,
            "geometryHash": keccak(ref.encode()),
            "area": 7,
            "grade": 3,
            "denominator": 2,
            "shares": [{"holder": f"0x{1:064x}", "numerator": 1}, {"holder": keccak(ref.encode()), "numerator": 1}],
            "sourceHash": "0x" + "00" * 32,
            "legalDate": 20260101,
        }
        return self._transaction("TitleRegistry", "register", (GB, entry))

    def retirement(self) -> dict[str, Any]:
        """A transaction by which the officer ends its own key's period a second earlier: it changes a row."""
        self.until -= 1
        return self._transaction("AgencyRegistry", "retire", (self.officer, self.until))

    def block(self, *transactions: dict[str, Any]) -> None:
        """One block with these transactions, in this order."""
        for transaction in transactions:
            self.node.call("eth_sendTransaction", transaction)
        self.node.mine()

    def _transaction(self, contract: str, function: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        info = self.deployment.contracts[contract]
        return {
            "from": self.officer,
            "to": info.address,
            "data": encode_call(info.abi, function, arguments),
            "gas": hex(1_000_000),
        }
