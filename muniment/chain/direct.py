"""Send one transaction of one's own and wait for it: for a person at a terminal, without database or outbox.

Nothing is remembered between two runs; whoever calls looks at the chain first, and finds there what was done before.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.chain.broadcast import Answer, send
from muniment.chain.deployment import Deployment
from muniment.chain.fees import first_fee
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable, quantity
from muniment.chain.signer import Signer
from muniment.chain.simulation import error_at, most_gas, simulate
from muniment.errors import Refused

LONGEST_WAIT = 300.0  # seconds until a transaction is in a block
_SOONEST, _LATEST = 0.05, 2.0  # seconds between two looks for a receipt


@dataclass(frozen=True)
class Sent:
    """A transaction that is in a block. `gas` is what it took."""

    hash: str
    block: int
    gas: int


@dataclass(frozen=True)
class Started:
    """A transaction that a node has taken."""

    hash: str
    to: str
    data: str


def try_call(rpc: Rpc, deployment: Deployment, sender: str, to: str, data: str) -> int:
    """The gas limit that a call should be signed with. Raises Refused as the contract does."""
    most = _most_gas(rpc)
    verdict = simulate(rpc, sender, to, data, deployment.abis, most)
    if verdict.error is not None:
        raise Refused(verdict.error.name, **verdict.error.arguments)
    if verdict.too_large:
        raise Refused("GasExceeded", most=most)
    return verdict.gas_limit


class Sender:
    """Sends calls from one account, one after the other, without waiting for each before the next."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        signer: Signer,
        max_fee: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`max_fee` is the most to pay per gas, in wei. Raises Refused when the node is on another chain."""
        if rpc.chain_id() != deployment.chain_id:
            raise Refused("ChainUnexpected", expected=deployment.chain_id)
        self._rpc, self._deployment, self._signer = rpc, deployment, signer
        self._max_fee, self._sleep = max_fee, sleep
        self._nonce: int | None = None

    def start(self, to: str, data: str) -> Started:
        """Try a call, sign it and send it.

        Raises Refused when the contract refuses, the fee is above the most or money is missing; and SigningRefused,
        RpcError, RpcUnavailable.
        """
        gas_limit = try_call(self._rpc, self._deployment, self._signer.address, to, data)
        latest = self._rpc.head()
        if self._nonce is None:
            self._nonce = quantity(self._rpc.call("eth_getTransactionCount", [self._signer.address, "pending"]))
        tip = quantity(self._rpc.call("eth_maxPriorityFeePerGas"))
        fee = first_fee(latest.base_fee, tip, self._max_fee)
        if fee is None:
            raise Refused("FeeCeiling", ceiling=self._max_fee)
        signed = self._signer.sign(
            {
                "type": 2,
                "chainId": self._deployment.chain_id,
                "nonce": self._nonce,
                "to": to,
                "value": 0,
                "data": data,
                "gas": gas_limit,
                "maxFeePerGas": fee.max_fee,
                "maxPriorityFeePerGas": fee.tip,
            }
        )
        ((answer, words),) = send(self._rpc, [signed.raw])
        if answer is Answer.NO_FUNDS:
            raise Refused("FundsMissing", account=self._signer.address)
        if answer is not Answer.TAKEN:
            raise RpcError(0, words)
        self._nonce += 1
        return Started(signed.hash, to, data)

    def finish(self, started: Started) -> Sent:
        """Wait until it is in a block. Raises Refused when it reverted there, or nothing came of it in time."""
        receipt = _receipt(self._rpc, started.hash, self._sleep)
        block = quantity(receipt["blockNumber"])
        if quantity(receipt["status"]) == 1:
            return Sent(started.hash, block, quantity(receipt["gasUsed"]))
        abis = self._deployment.abis
        error = error_at(self._rpc, self._signer.address, started.to, started.data, block, abis)
        if error is None:  # good again since: somebody came in between
            raise Refused("UnknownError", data="0x")
        raise Refused(error.name, **error.arguments)


def event_logs(rpc: Rpc, address: str, topics: Sequence[str | None], first: int, last: int) -> list[dict[str, Any]]:
    """Logs of one contract with these topics (None: any), in order. Raises RpcError, RpcUnavailable.

    What a node refuses is asked by halves: many limit how many blocks, or logs, one question may be about.
    """
    query = {"address": address, "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}
    try:
        logs = rpc.call("eth_getLogs", [query])
    except RpcError:
        if first >= last:
            raise
        middle = (first + last) // 2
        return event_logs(rpc, address, topics, first, middle) + event_logs(rpc, address, topics, middle + 1, last)
    if not isinstance(logs, list):
        raise RpcUnavailable("A node sent logs that cannot be read.")
    return logs


def _most_gas(rpc: Rpc) -> int:
    return most_gas(rpc.head().gas_limit)


def _receipt(rpc: Rpc, transaction: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    waited, pause = 0.0, _SOONEST
    while waited < LONGEST_WAIT:
        receipt = rpc.call("eth_getTransactionReceipt", [transaction])
        if isinstance(receipt, dict):
            return receipt
        sleep(pause)
        waited += pause
        pause = min(2 * pause, _LATEST)
    raise Refused("StillWaiting", transaction=transaction)
