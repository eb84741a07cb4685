"""Ask contracts what they say, by their views: many questions in one request, all at one block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.chain.abi import ChainError, decode_error, decode_result, encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable, block_tag

MOST = 200  # questions in one request


@dataclass(frozen=True)
class View:
    """One question: a contract's function, by the names of its ABI, and its arguments."""

    contract: str
    function: str
    arguments: tuple[Any, ...] = ()


def ask(rpc: Rpc, deployment: Deployment, view: View, block: int | str = "latest") -> Any:
    """One answer, as `answers` gives it. Raises RpcError where the contract reverts."""
    (answer,) = answers(rpc, deployment, [view], block)
    if isinstance(answer, ChainError):
        raise RpcError(3, f"{view.contract}.{view.function} reverted with {answer.name}")
    return answer


def answers(rpc: Rpc, deployment: Deployment, views: Sequence[View], block: int | str = "latest") -> Iterator[Any]:
    """Each answer in turn, in JSON's kinds: a mapping for several values or a struct, else the value itself.

    A ChainError stands for a view that reverted. Raises RpcError, RpcUnavailable.
    """
    for at in range(0, len(views), MOST):
        some = views[at : at + MOST]
        requests = [("eth_call", [_call(deployment, view), block_tag(block)]) for view in some]
        for view, answer in zip(some, rpc.answers(requests), strict=True):
            yield _read(deployment, view, answer)


def _call(deployment: Deployment, view: View) -> dict[str, str]:
    contract = deployment.contracts[view.contract]
    return {"to": contract.address, "data": encode_call(contract.abi, view.function, view.arguments)}


def _read(deployment: Deployment, view: View, answer: Any) -> Any:
    if isinstance(answer, RpcError):
        error = decode_error(deployment.abis, answer.data if isinstance(answer.data, str) else None)
        if error is None:
            raise answer
        return error
    try:
        return decode_result(deployment.contracts[view.contract].abi, view.function, str(answer))
    except ValueError:
        raise RpcUnavailable(f"A node's answer to {view.contract}.{view.function} cannot be read.") from None
