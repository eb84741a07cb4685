"""Try a call before it is signed: would it revert, why, and how much gas does it take?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from muniment.chain.abi import Abi, ChainError, decode_error
from muniment.chain.rpc import Rpc, RpcError, block_tag, quantity

MOST_GAS = 16_777_216  # of one transaction, EIP-7825
REVERTED = 3  # the JSON-RPC code for a revert, EIP-1474 as clients have it


@dataclass(frozen=True)
class Verdict:
    """The outcome of a trial: a gas limit to sign with, or the error; too large when only the gas stands against it."""

    gas_limit: int = 0
    error: ChainError | None = None
    too_large: bool = False


def most_gas(block_limit: int) -> int:
    """Return the most gas that a transaction may ask for where a block has `block_limit`; nodes take none with more.

    A sixteenth is left, since the limit may sink by 1/1024 with each block, and what is signed cannot be made smaller.
    """
    return min(MOST_GAS, block_limit - block_limit // 16)


def simulate(rpc: Rpc, signer: str, to: str, data: str, abis: Iterable[Abi], most: int = MOST_GAS) -> Verdict:
    """Try the call, with `most` gas, on top of everything that waits for a block, as far as the node shows it.

    Raises RpcError when the node refuses for a reason that says nothing about the call.
    """
    call = {"from": signer, "to": to, "data": data}
    outcome, estimate = rpc.answers([("eth_call", [call, "pending"]), ("eth_estimateGas", [call, "pending"])])
    if isinstance(outcome, RpcError):
        return _judged(outcome, abis)
    if isinstance(estimate, RpcError):
        return _judged(estimate, abis)
    gas = quantity(estimate)
    if gas * 21 // 20 > most:
        return Verdict(too_large=True)
    # What others do first may make it dearer; unused gas costs nothing.
    return Verdict(gas_limit=min(gas * 5 // 4, most))


def simulate_with(rpc: Rpc, signer: str, to: str, data: str, abis: Iterable[Abi], gas: int) -> Verdict:
    """Try the call once in the state after the newest block with this limit, which is what it is signed with then.

    Nodes find out by trial how much gas a call needs, some twenty times: too dear for calls that fill a transaction.
    Raises RpcError as `simulate`.
    """
    call = {"from": signer, "to": to, "data": data, "gas": hex(gas)}
    (outcome,) = rpc.answers([("eth_call", [call, "latest"])])
    return _judged(outcome, abis) if isinstance(outcome, RpcError) else Verdict(gas_limit=gas)


def error_at(rpc: Rpc, signer: str, to: str, data: str, block: int | str, abis: Iterable[Abi]) -> ChainError | None:
    """Return the error that the call ends with in the state after `block`; None when it passes."""
    answer = rpc.answers([("eth_call", [{"from": signer, "to": to, "data": data}, block_tag(block)])])[0]
    if not isinstance(answer, RpcError):
        return None
    verdict = _judged(answer, abis)
    return verdict.error or ChainError("GasExceeded", {})


def _judged(refusal: RpcError, abis: Iterable[Abi]) -> Verdict:
    data = _revert_data(refusal.data)
    words = refusal.message.lower()
    if refusal.code == REVERTED or data is not None or "revert" in words:
        return Verdict(error=decode_error(abis, data) or ChainError("UnknownError", {"data": data or "0x"}))
    # The second is how anvil's EVM says that the gas ran out just before a store (EIP-2200): ReentrancySentryOOG.
    if "gas" in words or "oog" in words:
        return Verdict(too_large=True)
    raise refusal


def _revert_data(data: Any) -> str | None:
    """Find the revert data in an error's `data`: plain, nested, or behind the word Reverted."""
    if isinstance(data, dict):
        return _revert_data(data.get("data") or data.get("result"))
    if isinstance(data, str):
        text = data.removeprefix("Reverted ").strip()
        if text.startswith("0x"):
            return text
    return None
