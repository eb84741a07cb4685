"""How often one client may write: a token bucket per address, in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

_MOST_CLIENTS = 10_000


class RateLimit:
    """`burst` writes at once, refilled at `per_minute`. Safe to share between threads.

    At most 10,000 clients are remembered; beyond that the one longest silent is forgotten, and starts full again.
    """

    def __init__(self, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with every bucket full."""
        self._burst, self._rate, self._clock = burst, per_minute / 60, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, client: str) -> float:
        """Take one token: 0 when there was one, else the seconds until there is."""
        now = self._clock()
        with self._lock:
            tokens, then = self._buckets.pop(client, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - then) * self._rate)
            allowed = tokens >= 1
            self._buckets[client] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._rate
