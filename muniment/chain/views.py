"""Ask contracts what they say, by their views: many questions in one request, all at one block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from muniment.chain.abi import ChainError, decode_error, encode_call
from muniment.chain.codec import AbiDataRefused, head_size, members_of
from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable, block_tag

MOST = 200  # questions in one request

At: TypeAlias = int | str  # a block's number, its hash, or "latest"


@dataclass(frozen=True)
class View:
    """One question: a contract's function, by the names of its ABI, and its arguments.

    `address` is that of a contract of a kind, whose name `contract` is then.
    """

    contract: str
    function: str
    arguments: tuple[Any, ...] = ()
    address: str | None = None


def ask(rpc: Rpc, deployment: Deployment, view: View, at: At = "latest") -> Any:
    """One answer, as `answers` gives it. Raises RpcError where the contract reverts."""
    (answer,) = answers(rpc, deployment, [view], at)
    if isinstance(answer, ChainError):
        raise RpcError(3, f"{view.contract}.{view.function} reverted with {answer.name}")
    return answer


def answers(rpc: Rpc, deployment: Deployment, views: Sequence[View], at: At = "latest") -> Iterator[Any]:
    """Each answer in turn: the value of a view that returns one, the list of several, as `codec` reads them.

    A ChainError stands for a view that reverted. Raises RpcError, RpcUnavailable.
    """
    for first in range(0, len(views), MOST):
        some = views[first : first + MOST]
        requests = [("eth_call", [_call(deployment, view), _block(at)]) for view in some]
        for view, answer in zip(some, rpc.answers(requests), strict=True):
            yield _read(deployment, view, answer)


def _block(at: At) -> str | dict[str, str]:
    if isinstance(at, str) and len(at) == 66:
        return {"blockHash": at}  # EIP-1898: a block that was reorganised away answers nothing
    return block_tag(at)


def _call(deployment: Deployment, view: View) -> dict[str, str]:
    contract = deployment.at(view.contract, view.address)
    return {"to": contract.address, "data": encode_call(contract.abi, view.function, view.arguments)}


def _read(deployment: Deployment, view: View, answer: Any) -> Any:
    if isinstance(answer, RpcError):
        error = decode_error(deployment.abis, answer.data if isinstance(answer.data, str) else None)
        if error is None:
            raise answer
        return error
    try:
        read = outputs(deployment.at(view.contract, view.address), view.function, answer)
    except ValueError:
        raise RpcUnavailable(f"A node's answer to {view.contract}.{view.function} cannot be read.") from None
    return read[0] if len(read) == 1 else read


def outputs(contract: ContractInfo, function: str, answer: Any) -> list[Any]:
    """What a view returned, output by output, as `muniment.chain.codec` reads values. Raises AbiDataRefused."""
    (described,) = [one for one in contract.abi if one["type"] == "function" and one["name"] == function]
    raw = bytes.fromhex(str(answer).removeprefix("0x"))
    members = members_of(described["outputs"])
    if len(raw) < head_size(members):
        raise AbiDataRefused(f"{function} answered {len(raw)} bytes")
    return [member.read(raw, member.at, 0) for member in members]
