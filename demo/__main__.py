"""`./run demo`: from nothing to public pages, in one command."""

import argparse
import contextlib
import fcntl
import importlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from demo.node import PID, StageError, free_port, require_free
from demo.stage import LOCK, ROOT, Stage, clear

STORIES = ("parcels", "documents", "residency", "land", "ballots")
REGISTERS = {"land": "SE"}  # whose register a story tells of; of the others it is EE
EXAMPLE = ROOT / "examples" / "municipality.geojson"
NODE_PORT, WEB_PORT = 8545, 8000


@dataclass(frozen=True)
class Options:
    """What a story can be told with."""

    parcels: Path
    repair: bool
    election: Path | None
    limit: int | None


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./run demo", description="A whole small state on this machine.")
    parser.add_argument("--once", action="store_true", help="end when the story is told")
    parser.add_argument("--story", choices=STORIES, default="parcels", help="which story (default: %(default)s)")
    parser.add_argument("--parcels", type=Path, metavar="FILE", help="a GeoJSON FeatureCollection of your own")
    parser.add_argument(
        "--jurisdiction", help="ISO 3166 code of its register (default: EE; SE for land; GB with --parcels)"
    )
    parser.add_argument("--repair", action="store_true", help="mend invalid polygons instead of rejecting them")
    parser.add_argument("--election", type=Path, metavar="FILE", help="an election of your own for ballots (Pabulib)")
    parser.add_argument("--limit", type=int, metavar="VOTERS", help="only the first so many of its voters")
    parser.add_argument("--json", action="store_true", help="end with one JSON line of facts read from the chain")
    parser.add_argument("--keep", action="store_true", help="with --once: leave the chain running, to be recounted")
    parser.add_argument("--fresh", action="store_true", help="forget the demo chain of earlier runs first")
    parser.add_argument("--port", type=int, help=f"the pages' port (default: {WEB_PORT}; with --once a free one)")
    parser.add_argument(
        "--node-port", type=int, help=f"the chain's port (default: {NODE_PORT}; with --once a free one)"
    )
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Set the stage, tell the story; then end, or serve until Ctrl-C."""
    asked = arguments(words)
    console = Console(stderr=True, highlight=False)
    try:
        return play(asked, console)
    except StageError as error:
        console.print(f"[red]✗[/] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the demo's folder: two nodes that keep their chains in one file would spoil it.

    The node holds the lock too, so that one which outlives its demo (`--keep`, a kill) keeps others out.

    Raises:
        StageError: another demo holds it.
    """
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            node = folder / PID
            end = f" (the chain with: kill {node.read_text()})" if node.exists() else ""
            raise StageError(
                f"Another demo, or the chain that one left running, holds {folder}; end it first{end}."
            ) from error
        os.set_inheritable(lock.fileno(), True)
        yield


def play(asked: argparse.Namespace, console: Console) -> int:
    """Carry out what was asked.

    Raises:
        StageError: a file is missing, a port is taken, a step failed.
    """
    parcels = (asked.parcels or EXAMPLE).resolve()
    if not parcels.is_file():
        raise StageError(f"There is no file {parcels}.")
    if asked.election is not None and not asked.election.is_file():
        raise StageError(f"There is no file {asked.election}.")
    jurisdiction = asked.jurisdiction or ("GB" if asked.parcels else REGISTERS.get(asked.story, "EE"))
    node_port = asked.node_port or (free_port() if asked.once else NODE_PORT)
    web_port = asked.port or (free_port() if asked.once else WEB_PORT)
    require_free(node_port, "--node-port")
    require_free(web_port, "--port")

    folder = ROOT / "var" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        if asked.fresh:
            clear(folder)
        return tell(asked, parcels, Stage(folder, node_port, web_port, jurisdiction, console))


def tell(asked: argparse.Namespace, parcels: Path, stage: Stage) -> int:
    """Tell the story on a stage; then end, or serve until Ctrl-C."""
    console = stage.console
    console.print("[bold]Muniment demo[/]: public records that anyone can check")
    story = importlib.import_module(f"demo.stories.{asked.story}")
    with stage:
        facts = story.tell(stage, Options(parcels, asked.repair, asked.election, asked.limit))
        if asked.json:
            sys.stdout.write(json.dumps(facts) + "\n")
            sys.stdout.flush()
        if asked.once:
            stage.keep_node = asked.keep
            if asked.keep:
                console.print(f"The chain stays at {stage.node.url}; end it with: kill {stage.node.pid}")
            return 0
        console.print(f"\n[bold green]Open {stage.url}[/]   (Ctrl-C ends the demo; its chain is kept)")
        stage.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
