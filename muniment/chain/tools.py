"""What the parts of the worker share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from muniment.chain.deployment import Deployment
from muniment.chain.fees import Fee
from muniment.chain.outbox import Act
from muniment.chain.rpc import Rpc
from muniment.chain.signer import SignedTx, Signer
from muniment.config import Settings


@dataclass(frozen=True)
class Tools:
    """The database, the node, the key, the contracts and the acts by kind."""

    engine: Engine
    rpc: Rpc
    signer: Signer
    deployment: Deployment
    acts: Mapping[str, Act]
    settings: Settings

    def sign(self, to: str, data: str, gas_limit: int, nonce: int, fee: Fee) -> SignedTx:
        """Sign a call as an EIP-1559 transaction without value. Raises SigningRefused."""
        return self.signer.sign(
            {
                "type": 2,
                "chainId": self.deployment.chain_id,
                "nonce": nonce,
                "to": to,
                "value": 0,
                "data": data,
                "gas": gas_limit,
                "maxFeePerGas": fee.max_fee,
                "maxPriorityFeePerGas": fee.tip,
            }
        )

    def row(
        self, signed: SignedTx, to: str, gas_limit: int, nonce: int, fee: Fee, block: int, now: int
    ) -> dict[str, Any]:
        """Return the row of `transactions` for a transaction signed when `block` was the newest, and not sent yet."""
        return {
            "chain_id": self.deployment.chain_id,
            "signer": self.signer.address,
            "nonce": nonce,
            "hash": signed.hash,
            "raw": signed.raw,
            "state": "signed",
            "contract": to,
            "gas_limit": gas_limit,
            "max_fee": fee.max_fee,
            "tip": fee.tip,
            "sent_at_block": block,
            "created_at": now,
            "updated_at": now,
        }
