"""Talking to nodes: answers in order, the next node when one fails, and never half an answer."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable

Reply = Callable[[Any], bytes]


@pytest.fixture
def node() -> Iterator[Callable[[Reply], str]]:
    """A function that starts a server whose replies are made from the request's JSON; returns its address."""
    servers = []

    def start(reply: Reply, status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = reply(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/v3/secret-key"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def echo(request: Any) -> bytes:
    """Answer each request with its method, in reverse order, as the specification allows."""
    listed = request if isinstance(request, list) else [request]
    answers = [{"jsonrpc": "2.0", "id": one["id"], "result": one["method"]} for one in reversed(listed)]
    return json.dumps(answers if isinstance(request, list) else answers[0]).encode()


def fault(request: Any) -> bytes:
    """Refuse."""
    error = {"code": 3, "message": "execution reverted", "data": "0x1234"}
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()


def test_order(node: Any) -> None:
    """Must give answers in the order asked, whatever order they came in."""
    rpc = Rpc([node(echo)])
    assert rpc.batch([("a", []), ("b", []), ("c", [])]) == ["a", "b", "c"]
    assert rpc.call("only", []) == "only"
    assert rpc.batch([]) == []


def test_refusal(node: Any) -> None:
    """Must tell a node's refusal, with its data, from no answer at all."""
    with pytest.raises(RpcError, match="reverted") as refusal:
        Rpc([node(fault)]).call("eth_call", [])
    assert (refusal.value.code, refusal.value.data) == (3, "0x1234")


UNUSABLE: dict[str, Reply] = {
    "truncated": lambda request: echo(request)[:-5],
    "no JSON": lambda _: b"<html>502 Bad Gateway</html>",
    "empty": lambda _: b"",
    "another id": lambda _: b'{"jsonrpc":"2.0","id":999999,"result":"0x1"}',
    "unhashable id": lambda _: b'{"jsonrpc":"2.0","id":[1],"result":"0x1"}',
    "no result": lambda request: json.dumps({"jsonrpc": "2.0", "id": request["id"]}).encode(),
    "odd error": lambda request: json.dumps({"id": request["id"], "error": "no"}).encode(),
    "odd code": lambda request: json.dumps({"id": request["id"], "error": {"code": "x" * 9}}).encode(),
    "not UTF-8": lambda _: b'{"id":1,"result":"\xff"}',
    "deep": lambda _: b"[" * 100_000,
    "number": lambda _: b"7",
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_unusable_answers(kind: str, node: Any) -> None:
    """Must take no garbled answer for one, and go to the next node for it."""
    bad = node(UNUSABLE[kind])
    with pytest.raises(RpcUnavailable):
        Rpc([bad]).call("eth_chainId", [])
    assert Rpc([bad, node(echo)]).call("eth_chainId", []) == "eth_chainId"


def test_half_a_batch(node: Any) -> None:
    """Must not take a batch for answered of which an answer is missing."""
    short = node(lambda request: json.dumps(json.loads(echo(request))[1:]).encode())
    with pytest.raises(RpcUnavailable):
        Rpc([short]).batch([("a", []), ("b", [])])


def test_unreachable(node: Any) -> None:
    """Must go on to the next node, remember which one answered, and tell nobody the key in an address."""
    dead = "http://127.0.0.1:1/v3/secret-key"
    rpc = Rpc([dead, node(echo)])
    assert rpc.call("a", []) == "a"
    assert rpc._favourite == 1
    with pytest.raises(RpcUnavailable) as unavailable:
        Rpc([dead]).call("a", [])
    assert "secret-key" not in str(unavailable.value)


def test_slow_node(node: Any) -> None:
    """Must give up on a node that does not answer in time."""
    import time

    slow = node(lambda request: time.sleep(1) or echo(request))
    with pytest.raises(RpcUnavailable):
        Rpc([slow], timeout=0.1).call("a", [])


def test_blocks(node: Any) -> None:
    """Must raise for a block that cannot be read, and give None for one that does not exist."""
    reply = lambda result: lambda request: json.dumps({"id": request["id"], "result": result}).encode()  # noqa: E731
    assert Rpc([node(reply(None))]).block("latest") is None
    with pytest.raises(RpcUnavailable, match="has no block latest"):
        Rpc([node(reply(None))]).head()
    for garbled in ({}, {"number": "0x1"}, {"number": 7}, "0x", []):
        with pytest.raises(RpcUnavailable):
            Rpc([node(reply(garbled))]).block(1)
    with pytest.raises(RpcUnavailable):
        Rpc([node(reply(None))]).chain_id()
