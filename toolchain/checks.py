"""`./run test` and `./run lint`: every suite in turn, and one closing line that counts them all."""

import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from toolchain.setup import BIN, CACHE, ROOT, SetupError, compile_contracts, environment


@dataclass
class Count:
    """How many checks went which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Count") -> None:
        """Count another suite in."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        """The closing line."""
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


# A suite takes words for its runner and whether to run deep; it gives its counts and what the runner said.
Suite: TypeAlias = Callable[[Sequence[str], bool], tuple[Count, str]]
DEEP_PROFILE = "deep"  # foundry.toml's: hundreds of runs, thousands for who signs; the default of 16 takes seconds
LANES = 2  # suites at a time

LINTS: dict[str, Sequence[str]] = {
    "ruff": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "mypy": ("mypy", "--no-error-summary"),
    "solhint": ("solhint", "--noPoster", "--max-warnings", "0", "contracts/**/*.sol", "interfaces/**/*.sol"),
    "forge fmt": ("forge", "fmt", "--check", "contracts", "interfaces", "tests/invariants", "bench/peers"),
    "tsc": ("tsc", "--project", "dapp/tsconfig.json", "--noEmit"),
}


def _call(command: Sequence[str | Path], extra: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a checker; give its exit code and all that it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment() | (extra or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


def _lint(_rest: Sequence[str], _deep: bool) -> tuple[Count, str]:
    count = Count()
    told = ""
    for name, command in LINTS.items():
        code, said = _call(command)
        told += f"{said}  {'✓' if code == 0 else '✗'} {name}\n"
        count.add(Count(passed=1) if code == 0 else Count(failed=1))
    return count, told


def _pytest(*folders: str, brownie: bool = False) -> Suite:
    """A suite that pytest runs. Brownie's plugin is loaded for the contracts alone."""

    def run(rest: Sequence[str], deep: bool) -> tuple[Count, str]:
        report = CACHE / f"{folders[0].replace('/', '-')}.xml"
        report.unlink(missing_ok=True)
        plugins = [] if brownie else ["-p", "no:pytest-brownie"]
        command = [BIN / "python", "-m", "pytest", *plugins, "-q", f"--junitxml={report}", *folders, *rest]
        code, told = _call(command, {"MUNIMENT_DEEP": "1"} if deep else None)
        return _junit(report, code), told

    return run


def _junit(report: Path, code: int) -> Count:
    """Counts from the report; a run that died without one, or failed beside its tests, is one failure."""
    if not report.exists():
        return Count(failed=1)
    suite = next(ElementTree.parse(report).iter("testsuite"))  # noqa: S314 -- our own pytest wrote it
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    if code not in {0, 1} or (code == 1 and failed == 0):
        failed += 1
    return Count(passed=max(0, total - failed - skipped), failed=failed, skipped=skipped)


def _invariants(rest: Sequence[str], deep: bool) -> tuple[Count, str]:
    profile = {"FOUNDRY_PROFILE": DEEP_PROFILE} if deep else None
    code, told = _call(["forge", "test", *rest], profile)
    counted = re.search(r"(\d+) tests passed, (\d+) failed, (\d+) skipped", told)
    count = Count(*(int(number) for number in counted.groups())) if counted else Count(failed=1)
    if code != 0 and count.failed == 0:
        count.failed = 1
    return count, told


def _gas(_rest: Sequence[str], _deep: bool) -> tuple[Count, str]:
    """The committed snapshot of gas must be what is measured."""
    code, told = _call([BIN / "python", "-m", "bench.gas", "--check"])
    return (Count(passed=1) if code == 0 else Count(failed=1)), told


def _compiled(suite: Suite) -> Suite:
    """A suite that begins once the contracts are compiled."""

    def run(rest: Sequence[str], deep: bool) -> tuple[Count, str]:
        try:
            compile_contracts()
        except SetupError as error:
            return Count(failed=1), str(error)
        return suite(rest, deep)

    return run


# Two run at a time, the longest first; but while the first has the contracts compiled, what does without them.
SUITES: dict[str, Suite] = {
    "service": _compiled(_pytest("tests/service")),
    "lint": _lint,
    "house": _pytest("tests/house"),
    "contracts": _compiled(_pytest("tests/contracts", brownie=True)),
    "scripts": _compiled(_pytest("tests/scripts")),
    "dapp": _compiled(_pytest("tests/dapp")),
    "stories": _compiled(_pytest("tests/stories")),
    "invariants": _compiled(_invariants),
    "gas": _compiled(_gas),
}


def run(suites: Sequence[str], rest: Sequence[str]) -> int:
    """Run the suites; print `N passed, N failed` last; return 0 only if nothing failed and something passed.

    Args:
        suites: names out of SUITES.
        rest: `--deep` for long runs of invariants and mutations; all else goes to the suites' own runners.
    """
    deep = "--deep" in rest
    others = [word for word in rest if word != "--deep"]

    def timed(name: str) -> tuple[Count, str, float]:
        start = time.monotonic()
        return *SUITES[name](others, deep), time.monotonic() - start

    whole = Count()
    with ThreadPoolExecutor(LANES) as lanes:
        under_way = {lanes.submit(timed, name): name for name in suites}
        sys.stdout.write(f"Running {', '.join(suites)}; each suite is shown when it ends.\n")
        try:
            for ended in as_completed(under_way):
                name = under_way[ended]
                count, told, seconds = ended.result()
                rule = "─" * (60 - len(name))
                sys.stdout.write(f"\n── {name} {rule}\n{told.rstrip()}\n   {name}: {count} in {seconds:.0f} s\n")
                sys.stdout.flush()
                whole.add(count)
        except KeyboardInterrupt:
            lanes.shutdown(cancel_futures=True)  # Ctrl-C has reached the suites that run; no other begins
            raise
    sys.stdout.write(f"\n{whole}\n")
    return 0 if whole.failed == 0 and whole.passed > 0 else 1
