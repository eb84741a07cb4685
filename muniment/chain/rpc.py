"""Talk JSON-RPC to Ethereum nodes: one request or many at once, moving on to the next node when one fails."""

import itertools
from collections.abc import Sequence
from typing import Any

import httpx
import structlog

log = structlog.get_logger()

type Request = tuple[str, Sequence[Any]]
