"""Talk JSON-RPC 2.0 to Ethereum nodes: one request or many at once, moving on to the next node when one fails."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import httpx
import structlog

log = structlog.get_logger()

Request: TypeAlias = tuple[str, Sequence[Any]]


class RpcError(Exception):
    """The node understood the request and refused it (JSON-RPC error object)."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"The node answered: {message} (code {code}).")
        self.code = code
        self.message = message
        self.data = data


class RpcUnavailable(Exception):
    """No node gave an answer that can be used: nothing is known about what became of the request."""


@dataclass(frozen=True)
class Block:
    """A block's header, as far as the service needs it. Time in Unix seconds, base fee in wei per gas, limit in gas."""

    number: int
    hash: str
    parent_hash: str
    time: int
    base_fee: int
    gas_limit: int

    @classmethod
    def of(cls, answer: Any) -> Self:
        """Read the answer of eth_getBlockByNumber; raises RpcUnavailable when it is no block."""
        try:
            return cls(
                number=int(answer["number"], 16),
                hash=answer["hash"].lower(),
                parent_hash=answer["parentHash"].lower(),
                time=int(answer["timestamp"], 16),
                base_fee=int(answer.get("baseFeePerGas") or "0x0", 16),
                gas_limit=int(answer["gasLimit"], 16),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RpcUnavailable(f"A node sent a block that cannot be read ({type(error).__name__}).") from error


class Rpc:
    """A client of one or several nodes of the same chain. Safe to share between threads.

    Requests go to the node that last answered; when it fails, to the others in turn. Only requests that may be
    repeated belong here: the bytes of a signed transaction do, since its nonce lets it happen once.
    """

    def __init__(self, urls: Sequence[str], timeout: float = 10.0) -> None:
        """Use the nodes at `urls`; give each `timeout` seconds to connect, and as long between bytes."""
        if not urls:
            raise ValueError("Name at least one node.")
        self._urls = tuple(urls)
        self._client = httpx.Client(timeout=timeout)
        self._ids = itertools.count(1)
        self._favourite = 0

    @property
    def hosts(self) -> str:
        """The nodes' hosts, to be told: never whole addresses, whose paths often hold a key."""
        return ", ".join(httpx.URL(url).host for url in self._urls)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """Ask one thing. Raises RpcError when the node refuses, RpcUnavailable when nobody answers."""
        return self.batch([(method, params)])[0]

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Ask many things in one HTTP request, answered in the order asked. Raises the first RpcError among them."""
        answers = self.answers(requests)
        for answer in answers:
            if isinstance(answer, RpcError):
                raise answer
        return answers

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """As `batch`, but a refusal stands as an RpcError in its place, so that the others' answers are not lost."""
        if not requests:
            return []
        failures = []
        first = self._favourite
        for step in range(len(self._urls)):
            turn = (first + step) % len(self._urls)
            try:
                answers = self._ask(self._urls[turn], requests)
            except (httpx.HTTPError, httpx.InvalidURL, _Unusable) as error:
                host = httpx.URL(self._urls[turn]).host  # never the whole address: its path often holds a key
                failures.append(f"{host}: {type(error).__name__} {error}".strip())
                log.warning("rpc.failed", host=host, error=type(error).__name__, methods=len(requests))
                continue
            self._favourite = turn
            return answers
        raise RpcUnavailable("No node gave a usable answer (" + "; ".join(failures) + ").")

    def chain_id(self) -> int:
        """Return the EIP-155 id of the chain."""
        return quantity(self.call("eth_chainId"))

    def block(self, which: int | str) -> Block | None:
        """Return the header of block `which`: a number, "latest", "safe", "finalized"; None when there is none."""
        answer = self.call("eth_getBlockByNumber", [block_tag(which), False])
        return None if answer is None else Block.of(answer)

    def head(self, which: int | str = "latest") -> Block:
        """The same header, which must be there. Raises RpcUnavailable when the node has none."""
        block = self.block(which)
        if block is None:
            raise RpcUnavailable(f"{self.hosts} has no block {which}.")
        return block

    def _ask(self, url: str, requests: Sequence[Request]) -> list[Any]:
        ids = [next(self._ids) for _ in requests]
        bodies = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in zip(ids, requests, strict=True)
        ]
        response = self._client.post(url, json=bodies if len(bodies) > 1 else bodies[0])
        try:
            answered = json.loads(response.content)
        except (ValueError, RecursionError):
            raise _Unusable(f"HTTP {response.status_code} with no readable JSON") from None
        if isinstance(answered, dict) and len(bodies) > 1 and "error" in answered:
            raise _Unusable("the batch was refused as a whole")
        listed = answered if isinstance(answered, list) else [answered]
        answers = [answer for answer in listed if isinstance(answer, dict) and isinstance(answer.get("id"), int)]
        by_id = {answer["id"]: answer for answer in answers}
        return [_outcome(by_id.get(number)) for number in ids]


class _Unusable(Exception):
    """A reply that is not an answer to what was asked."""


def _outcome(answer: dict[str, Any] | None) -> Any:
    if answer is None:
        raise _Unusable("an answer is missing")
    error = answer.get("error")
    if error is not None:
        if not isinstance(error, dict) or not isinstance(error.get("code"), int):
            raise _Unusable("an error that cannot be read")
        return RpcError(error["code"], str(error.get("message", "")), error.get("data"))
    if "result" not in answer:
        raise _Unusable("an answer without a result")
    return answer["result"]


def block_tag(which: int | str) -> str:
    """Return how JSON-RPC names a block: 18 → "0x12"; tags such as "latest" stay."""
    return hex(which) if isinstance(which, int) else which


def quantity(answer: Any) -> int:
    """Read a JSON-RPC quantity ("0x1b4"); raises RpcUnavailable when it is none."""
    try:
        return int(answer, 16)
    except (TypeError, ValueError):
        raise RpcUnavailable("A node sent a number that cannot be read.") from None
