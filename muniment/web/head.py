"""How far the chain itself is, without asking the node for every request."""

import time
from dataclasses import dataclass, field
from threading import Lock

from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable

_KEEP = 2.0  # seconds that an answer is remembered


@dataclass
class Head:
    """The newest block's number, asked for at most every two seconds. Safe to share between threads."""

    rpc: Rpc
    _number: int | None = None
    _asked: float = field(default=-_KEEP)
    _lock: Lock = field(default_factory=Lock)

    def number(self) -> int | None:
        """The newest block's number, or None when no node answers."""
        with self._lock:
            if time.monotonic() - self._asked >= _KEEP:
                try:
                    self._number = self.rpc.head().number
                except (RpcError, RpcUnavailable):
                    self._number = None
                self._asked = time.monotonic()
            return self._number
