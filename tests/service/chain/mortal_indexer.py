"""An indexer in a process of its own, to be killed: slow at every title, and it says when it is at one."""

import sys
import time
from pathlib import Path

from muniment.chain.deployment import Deployment
from muniment.chain.events import Event
from muniment.chain.indexer import Indexer
from muniment.chain.rpc import Rpc
from muniment.db.engine import open_engine
from muniment.db.rows import Rows
from muniment.land import project
from tests.service.chain.happenings import HANDLERS


def slow_title(event: Event, rows: Rows) -> None:
    """As the real handler, after a moment in which to die."""
    print(event.arguments["ref"], flush=True)
    time.sleep(0.002)
    project.title_registered(event, rows)


def main(url: str, deployment: str, database: str) -> None:
    """Read to the head."""
    handlers = {**HANDLERS, ("TitleRegistry", "TitleRegistered"): slow_title}
    indexer = Indexer(open_engine(database), Rpc([url]), Deployment.load(Path(deployment)), handlers)
    while True:
        progress = indexer.step()
        if progress.number >= progress.head:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
