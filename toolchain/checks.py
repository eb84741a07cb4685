"""`./run test` and `./run lint`: every suite in turn, and one closing line that counts them all."""

import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain.setup import BIN, CACHE, ROOT, environment


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


LINTS: dict[str, Sequence[str]] = {
    "ruff": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "mypy": ("mypy", "--no-error-summary"),
    "solhint": ("solhint", "--quiet", "--noPoster", "contracts/**/*.sol", "interfaces/**/*.sol"),
    "forge fmt": ("forge", "fmt", "--check", "contracts", "interfaces", "tests/invariants"),
    "tsc": ("tsc", "--project", "dapp/tsconfig.json", "--noEmit"),
}


def _lint(_rest: Sequence[str], _deep: bool) -> Count:
    count = Count()
    for name, command in LINTS.items():
        done = subprocess.run(command, cwd=ROOT, env=environment())
        sys.stdout.write(f"  {'✓' if done.returncode == 0 else '✗'} {name}\n")
        count.add(Count(passed=1) if done.returncode == 0 else Count(failed=1))
    return count


def _pytest(*folders: str, brownie: bool = False) -> Callable[[Sequence[str], bool], Count]:
    """A suite that pytest runs. Brownie's plugin is loaded for the contracts alone."""

    def run(rest: Sequence[str], deep: bool) -> Count:
        report = CACHE / f"{folders[0].replace('/', '-')}.xml"
        report.unlink(missing_ok=True)
        plugins = [] if brownie else ["-p", "no:pytest-brownie"]
        command = [BIN / "python", "-m", "pytest", *plugins, "-q", f"--junitxml={report}", *folders, *rest]
        env = environment() | ({"MUNIMENT_DEEP": "1"} if deep else {})
        done = subprocess.run(command, cwd=ROOT, env=env)
        return _junit(report, done.returncode)

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


def _invariants(rest: Sequence[str], deep: bool) -> Count:
    env = environment() | ({"FOUNDRY_INVARIANT_RUNS": "10000", "FOUNDRY_FUZZ_RUNS": "10000"} if deep else {})
    done = subprocess.run(
        ["forge", "test", *rest], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    sys.stdout.write(done.stdout)
    told = re.search(r"(\d+) tests passed, (\d+) failed, (\d+) skipped", done.stdout)
    if not told:
        return Count(failed=1)
    count = Count(*(int(number) for number in told.groups()))
    if done.returncode != 0 and count.failed == 0:
        count.failed = 1
    return count


SUITES: dict[str, Callable[[Sequence[str], bool], Count]] = {
    "lint": _lint,
    "house": _pytest("tests/house"),
    "contracts": _pytest("tests/contracts", brownie=True),
    "invariants": _invariants,
    "service": _pytest("tests/service"),
    "scripts": _pytest("tests/scripts"),
    "dapp": _pytest("tests/dapp"),
}


def run(suites: Sequence[str], rest: Sequence[str]) -> int:
    """Run the suites; print `N passed, N failed` last; return 0 only if nothing failed and something passed.

    Args:
        suites: names out of SUITES.
        rest: `--deep` for long runs of invariants and mutations; all else goes to the suites' own runners.
    """
    deep = "--deep" in rest
    others = [word for word in rest if word != "--deep"]
    whole = Count()
    for name in suites:
        start = time.monotonic()
        sys.stdout.write(f"── {name} {'─' * (60 - len(name))}\n")
        sys.stdout.flush()
        count = SUITES[name](others, deep)
        sys.stdout.write(f"   {name}: {count} in {time.monotonic() - start:.0f} s\n\n")
        whole.add(count)
    sys.stdout.write(f"{whole}\n")
    return 0 if whole.failed == 0 and whole.passed > 0 else 1
