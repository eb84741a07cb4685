"""An election on a real node, served by the real service, for a browser to take part in."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from muniment.config import Settings
from muniment.db.engine import migrate, open_engine
from muniment.web.app import create_app
from muniment.web.limits import RateLimit
from muniment.web.server import server_config
from tests.service.ballots import stage
from tests.service.ballots.stage import Polls, build_polls
from tests.service.conftest import without_sync
from tests.service.nodes import Node

HOSTILE = "<img src=x onerror=alert(1)>\"'&"  # a manifest holds no character that cannot be seen
UNITS = (3, 2)
CONTESTS: list[dict[str, Any]] = [
    {"title": "Mayor", "form": "choice", "options": ["Ada", HOSTILE], "blank": True},
    {"title": "Parks", "form": "points", "options": ["North", "South"], "most": 1, "minimum": 0, "maximum": 2},
    {"title": "Budget", "form": "points", "options": ["Roads", "Trees"], "most": 5, "minimum": 1, "maximum": 5},
]


@dataclass
class Poll:
    """The election, its node, and where its pages are."""

    polls: Polls
    node: Node
    url: str

    def page(self, what: str = "") -> str:
        """The address of one of its pages."""
        return f"/elections/{self.polls.setup}{'/' + what if what else ''}"

    @property
    def pages(self) -> list[str]:
        """Every kind of page."""
        ways = ("", "enrol", "vote", "test", "paper", "track", f"track?tracker=0x{'1' * 64}", "track?tracker=1")
        return ["/elections", *(self.page(way) for way in (*ways, "results", "verify"))]


@contextmanager
def polling(folder: Path, spare: int = 0) -> Iterator[Poll]:
    """An election whose key stands and whose enrolment is open; nobody is enrolled. `spare` more fit each unit."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Node() as node,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        patch.setattr(stage, "CONTESTS", CONTESTS)
        engine = without_sync(open_engine(f"sqlite:///{folder}/poll.db"))
        migrate(engine)
        polls = build_polls(node, engine, folder)
        polls.begin(tuple(size + spare for size in UNITS), "Council and budget")
        polls.make_key()
        polls.citizens(UNITS)
        polls.pass_to("enrolmentOpens")
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = Settings(**{**vars(polls.services.settings), "public_url": url})
        app = create_app(engine, polls.registry.deployment, node.rpc, settings)
        app.state.site.writes = app.state.site.casting = RateLimit(burst=10_000, per_minute=10_000)
        server = uvicorn.Server(server_config(app))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        try:
            yield Poll(polls, node, url)
        finally:
            server.should_exit = True
            serving.join()
            engine.dispose()
