"""The commands of `./run`."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from toolchain import checks
from toolchain.setup import BIN, ROOT, SetupError, environment, set_up

HELP = """\
./run demo [--once] [--story NAME] [--parcels FILE] [--json] [--keep]
                          a local chain, the contracts, an agency's parcels, the pages: everything, from nothing
./run test [SUITE ...]    every test, or: lint house contracts invariants gas service scripts dapp stories
./run lint                formatting, types and rules of every language
./run bench NAME [--json] a measurement beside its peers: ballots gas indexer
./run serve [...]         the service on an existing chain, as .env says
./run muniment ...        the service's command line (try: ./run muniment --help)
./run script NAME ...     a Brownie script of scripts/ (see scripts/README.md)
./run setup               only set up what the others need
./run help                this text
"""


def main(words: Sequence[str]) -> int:
    """Carry out `./run WORDS`; return the exit code."""
    name, rest = (words[0], list(words[1:])) if words else ("help", [])
    if name in {"help", "--help", "-h"}:
        sys.stdout.write(HELP)
        return 0
    if name not in COMMANDS:
        sys.stderr.write(f"There is no `./run {name}`. The commands are:\n\n{HELP}")
        return 2
    try:
        set_up(contracts=name not in {"test", "lint"})  # these compile beside what does without
        return COMMANDS[name](rest)
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _python(*module: str) -> Callable[[list[str]], int]:
    """A command that is a module of the project; it replaces this process, so signals reach it."""

    def run(rest: list[str]) -> int:
        os.chdir(ROOT)
        command = [str(BIN / "python"), "-m", *module, *rest]
        sys.stdout.flush()
        os.execve(command[0], command, environment())  # noqa: S606

    return run


def _script(rest: list[str]) -> int:
    scripts = sorted(path.stem for path in (ROOT / "scripts").glob("*.py") if path.stem not in {"__init__", "session"})
    if not rest or rest[0] not in scripts:
        sys.stderr.write(f"Name a script: {', '.join(scripts)}. scripts/README.md tells what each is for.\n")
        return 2
    return _python(f"scripts.{rest[0]}")(rest[1:])


def _lint(rest: list[str]) -> int:
    return checks.run(["lint"], rest)


def _test(rest: list[str]) -> int:
    suites = [word for word in rest if word in checks.SUITES]
    return checks.run(suites or list(checks.SUITES), [word for word in rest if word not in checks.SUITES])


def _ready(rest: list[str]) -> int:
    if rest:
        return subprocess.run(rest, cwd=ROOT, env=environment()).returncode
    sys.stdout.write("Ready. Next: ./run demo\n")
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": _python("demo"),
    "test": _test,
    "lint": _lint,
    "bench": _python("bench"),
    "serve": _python("muniment.cli", "serve"),
    "muniment": _python("muniment.cli"),
    "script": _script,
    "setup": _ready,
}
