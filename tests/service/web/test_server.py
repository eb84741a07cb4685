"""The running server and clients who take their time."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi.testclient import TestClient

from muniment.web import server

WAIT = 1  # seconds, in place of the real patience


@pytest.fixture
def port(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The application under uvicorn, with little patience."""
    monkeypatch.setattr(server, "HEAD_SECONDS", WAIT)
    running = uvicorn.Server(server.server_config(web.app))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        running.should_exit = True
        thread.join()


def _ask(client: socket.socket, path: str = "/health/live") -> bytes:
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"}"):
        part = client.recv(65_536)
        assert part, "the server hung up"
        answer += part
    return answer


@pytest.mark.parametrize("first", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_slow_head_is_cut_off(port: int, first: str) -> None:
    """A client that does not finish the head of its request in time is hung up on, however it dribbles."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(first.encode())
        client.settimeout(WAIT / 4)
        while True:
            try:
                if client.recv(100) == b"":
                    break
            except TimeoutError:
                client.sendall(b"x" if first else b"")
            except ConnectionError:
                break
            assert time.monotonic() - start < WAIT * 40
    assert time.monotonic() - start > WAIT / 2


def test_second_request_is_awaited_again(port: int) -> None:
    """A kept connection serves again, and the second head must come in time as well."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        assert b"200 OK" in _ask(client)
        time.sleep(WAIT * 2)
        assert b"200 OK" in _ask(client)
        client.sendall(b"GET /health")
        assert client.recv(100) == b""


def test_server_does_not_name_itself(port: int) -> None:
    """The answer says nothing about the software that gave it."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        assert b"uvicorn" not in _ask(client).lower()
