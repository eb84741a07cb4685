"""A register of a million titles that moves in: building its tree, serving proofs, and what the first touch costs."""

import json
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import gas_migration
from muniment.land.migration.build import build
from muniment.land.migration.leaf import MovedTitle
from muniment.land.migration.tree import MovedTree, absence, presence
from muniment.land.model import Grade, Share

TITLES = 1_000_000
ASKED = 2_000  # proofs of each kind
PROOF_TARGET = 5.0  # ms: "milliseconds"


def rows() -> list[dict[str, Any]]:
    """Building in a process of its own, so that its peak of memory is its own; then gas, on a fresh chain."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.migration", str(TITLES), folder]
        told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        with MovedTree(*_files(Path(folder))[::-1]) as tree:
            gas = gas_migration.measured(tree)
    return [
        _row("build the tree and the published file", told["titles"], told["seconds"], "s", 60.0),
        _row("of that, processor time", told["titles"], told["processor"], "s"),
        _row("peak memory of it", told["titles"], told["peak"], "MB", 2_000.0),
        _row("size of the tree's file", told["titles"], told["tree"], "MB"),
        _row("size of the published file", told["titles"], told["leaves"], "MB"),
        _row("serve proof of a title", ASKED, told["presence"], "ms", PROOF_TARGET),
        _row("serve proof of absence", ASKED, told["absence"], "ms", PROOF_TARGET),
        *(_row(act, n, each, "gas", target) for act, n, each, target in gas),
    ]


def _row(act: str, n: int, value: float, unit: str, target: float | None = None) -> dict[str, Any]:
    met = None if target is None else value <= target
    return {"act": act, "n": n, "value": value, "unit": unit, "target": target, "met": met, "peers": {}}


def titles(count: int) -> Iterator[MovedTitle]:
    """Titles as an agency's table has them: one in four with two holders, one in three with a mortgage."""
    for number in range(count):
        holders = [f"0x{number + 1:064x}", f"0x{number + 2**200:064x}"][: 2 if number % 4 == 0 else 1]
        yield MovedTitle(
            f"landregistry-index:{number:08d}",
            f"0x{number * 7919 + 1:064x}",
            1_000 + number,
            Grade.ABSOLUTE,
            len(holders),
            tuple(Share(holder, 1) for holder in holders),
            (f"0x{number + 2**100:064x}",) if number % 3 == 0 else (),
        )


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "leaves.jsonl", folder / "register.tree"


def _measure(count: int, folder: Path) -> dict[str, float]:
    leaves, path = _files(folder)
    started, worked = time.perf_counter(), time.process_time()
    with build("GB", titles(count), leaves, path) as tree:
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        held = [tree.title_id(secrets.randbelow(count)) for _ in range(ASKED)]
        others = [secrets.token_bytes(32) for _ in range(ASKED)]
        return {
            "titles": count,
            "seconds": round(seconds, 1),
            "processor": round(processor, 1),
            "peak": round(peak),
            "tree": round(path.stat().st_size / 1e6),
            "leaves": round(leaves.stat().st_size / 1e6),
            "presence": _milliseconds(lambda title: presence([tree], 0, title), held),
            "absence": _milliseconds(lambda title: absence([tree], title), others),
        }


def _milliseconds(ask: Any, asked: list[bytes]) -> float:
    times = []
    for title in asked:
        started = time.perf_counter()
        ask(title)
        times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 3)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure(int(sys.argv[1]), Path(sys.argv[2]))) + "\n")
