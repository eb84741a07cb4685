"""Ballots: checking many on one core, making one in Python and in Node; Belenios and ElectionGuard beside."""

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import ballot_peers
from muniment.ballots.crypto.ballot import check_ballot, prepare_ballot, sign_ballot
from muniment.ballots.crypto.checking import check_ballots
from muniment.ballots.crypto.packing import pack_ballots, unpack_ballots
from muniment.ballots.model import ContestForm
from tests.vectors.ballots import World, election_of

BALLOTS = 1_000
TIMES = 5
MADE = 30
CHECKED_TARGET = 2_000  # a second, on one core
MADE_TARGET = 100.0  # ms
OPTIONS = 4
ROOT = Path(__file__).parents[1]
CHOICE = (ContestForm.choice(OPTIONS),)
APPROVAL = (ContestForm.points(OPTIONS, 1, 0, OPTIONS),)
# Ballots of 4 options a second on one core, as the makers of Belenios tell of their own.
PUBLISHED = {"Belenios": {"value": 33.6, "published": True, "note": " ballots/s"}}


def rows() -> list[dict[str, Any]]:
    """Ballots a second of processor time, best and spread of TIMES runs; milliseconds for one."""
    belenios, guard = ballot_peers.belenios(), ballot_peers.election_guard()
    rivals: dict[str, Any] = {f"Belenios, {group}": f"{rate:,} ballots/s" for group, rate in (belenios or {}).items()}
    rivals = rivals or {**PUBLISHED, "belenios-tool": "not installed"}
    # Of approval, Belenios and ElectionGuard prove each option 0 or 1, as we do; so options compare with options.
    options = {name: f"{rate * OPTIONS:,.1f} options/s" for name, rate in (belenios or {}).items()}
    if not options:
        options = {"Belenios": f"{33.6 * OPTIONS:,.1f} options/s (published)"}
    options["ElectionGuard 1.4"] = f"{guard['verified']:,.1f} options/s" if guard else "not installed"
    choice, approval = _checked(World("choice", CHOICE)), _checked(World("approval", APPROVAL))
    return [
        _row("check ballots, a choice of 4", BALLOTS, choice, "1/s", CHECKED_TARGET, peers=rivals),
        _row("check ballots, approval of 4", BALLOTS, approval, "1/s", peers=rivals),
        _row("of that, options", BALLOTS * OPTIONS, [rate * OPTIONS for rate in approval], "1/s", peers=options),
        _row("the simple check, a choice of 4", BALLOTS // 4, _checked_simply(World("choice", CHOICE)), "1/s"),
        _made("make a ballot in Python, a choice of 4", World("choice", CHOICE), ((0,),)),
        _made("make a ballot in Python, approval of 4", World("approval", APPROVAL), ((1, 0, 1, 0),)),
        *_in_node("make a ballot in Node, a choice of 4", World("choice", CHOICE)),
        *_in_node("make a ballot in Node, approval of 4", World("approval", APPROVAL)),
    ]


def _row(
    act: str,
    n: int,
    measured: list[float],
    unit: str,
    target: float | None = None,
    peers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A row of the median; more is better of a rate, less of a time."""
    value = statistics.median(measured)
    met = None if target is None else (value >= target if unit == "1/s" else value <= target)
    return {
        "act": act,
        "n": n,
        "value": round(value, 1),
        "unit": unit,
        "target": target,
        "met": met,
        "spread": [round(min(measured), 1), round(max(measured), 1)],
        "peers": peers or {},
    }


def _packed(world: World, count: int) -> bytes:
    """So many ballots of the first unit; its voters' in turn."""
    voters = world.voters[0]
    selections = ((0,),) if world.name == "choice" else ((1, 0, 1, 0),)
    return pack_ballots([world.ballot(voters[n % len(voters)], selections, seed=str(n))[0] for n in range(count)])


def _checked(world: World) -> list[float]:
    paper, packed = world.paper(), _packed(world, BALLOTS)
    rates = []
    for _ in range(TIMES):
        started = time.process_time()
        assert len(check_ballots(paper, packed)) == BALLOTS
        rates.append(BALLOTS / (time.process_time() - started))
    return rates


def _checked_simply(world: World) -> list[float]:
    count = BALLOTS // 4
    paper, packed = world.paper(), _packed(world, count)
    rates = []
    for _ in range(TIMES):
        started = time.process_time()
        assert len([check_ballot(paper, ballot) for ballot in unpack_ballots(paper, packed)]) == count
        rates.append(count / (time.process_time() - started))
    return rates


def _made(act: str, world: World, selections: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    paper, voter = world.paper(), world.voters[0][0]
    times = []
    for _ in range(MADE):
        started = time.perf_counter()
        draft, _ = prepare_ballot(paper, voter.index, voter.credential, selections, path=voter.path)
        pack_ballots([sign_ballot(paper, draft, voter.secret)])
        times.append(1_000 * (time.perf_counter() - started))
    return _row(act, MADE, times, "ms", MADE_TARGET)


def _in_node(act: str, world: World) -> list[dict[str, Any]]:
    """Milliseconds with the pages' own code; the ballot must be one that we accept."""
    node = shutil.which("node")
    if node is None or not (ROOT / "dapp" / "src" / "ballots" / "ballot.ts").is_file():
        missing = {"missing": "node" if node is None else "dapp/src/ballots"}
        return [{"act": act, "n": 0, "value": 0, "unit": "ms", "target": MADE_TARGET, "met": None, "peers": missing}]
    with tempfile.TemporaryDirectory() as folder:
        election = Path(folder) / "election.json"
        election.write_text(json.dumps(election_of(world)))
        command = [node, Path(__file__).with_suffix(".mjs"), election, str(MADE), str(Path(folder) / "built")]
        told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300).stdout)
    assert check_ballots(world.paper(), bytes.fromhex(told["packed"]))
    return [
        _row(act, MADE, told["times"], "ms", MADE_TARGET),
        _row(f"{act}, the first with the key's tables", 1, [told["first"]], "ms"),
    ]
