"""`./run bench NAME [--json]`: measure, and print ours beside the peers'."""

import argparse
import importlib
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = ("ballots", "gas", "indexer", "merkle", "migration")


def main(words: list[str]) -> int:
    """Run one benchmark; exit 0 whether or not its targets are met: the rows tell."""
    parser = argparse.ArgumentParser(prog="./run bench", description="Measure, and print ours beside the peers'.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    asked = parser.parse_args(words)
    rows = importlib.import_module(f"bench.{asked.name}").rows()
    Console(stderr=asked.json).print(table(asked.name, rows))
    if asked.json:
        sys.stdout.write(json.dumps({"bench": asked.name, "rows": rows}) + "\n")
    return 0


def table(name: str, rows: list[dict[str, Any]]) -> Table:
    """The rows as a person reads them."""
    drawn = Table("act", "n", "value", "unit", "target", "met", "peers", title=f"bench {name}")
    for row in rows:
        met = {True: "yes", False: "no", None: ""}[row["met"]]
        target = "" if row["target"] is None else f"{row['target']:,}"
        peers = "\n".join(f"{peer}: {_told(figure)}" for peer, figure in row["peers"].items())
        drawn.add_row(row["act"], f"{row['n']:,}", f"{row['value']:,}", row["unit"], target, met, peers)
    return drawn


def _told(figure: Any) -> str:
    """A peer's figure, which may be text already."""
    if not isinstance(figure, dict):
        return str(figure)
    value = "–" if figure["value"] is None else f"{figure['value']:,}"
    return value + (" (published)" if figure.get("published") else "") + figure.get("note", "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
