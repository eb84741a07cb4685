"""How uvicorn runs the application, so that slow or greedy clients hold nothing for long."""

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0  # for a request's head to arrive; uvicorn itself would wait for ever
_MOST_AT_ONCE = 200  # connections and requests; beyond that the answer is 503
_LARGEST_HEAD = 16_384  # bytes
_IDLE_SECONDS = 15


class Impatient(H11Protocol):
    """HTTP/1.1 that hangs up on a client that takes too long over the head of a request (slowloris)."""

    _hang_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client is here: the time for its first request runs."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """More of a request: the time stops when its head is whole, and runs again when the next begins."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        super().connection_lost(exc)
        self._stop()

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop()
        elif self._hang_up is None:
            self._hang_up = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._hang_up is not None:
            self._hang_up.cancel()
            self._hang_up = None


def server_config(app: ASGIApp) -> uvicorn.Config:
    """The settings for uvicorn.Server. No access log: addresses of clients and invitations' codes would be in it."""
    return uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=_IDLE_SECONDS,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
    )
