"""A node of the test's own, and scripts run as an operator runs them: in a process and a folder of their own."""

import http.client
import json
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[2]
ANVIL = HOUSE / "node_modules" / ".bin" / "anvil"
# The first accounts of every anvil, by the part that they play here.
DEPLOYER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
ROOT = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
ADMIN = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"
REGISTRAR = "0x90f79bf6eb2c4f870365e785982e1f101e93b906"
STRANGER = "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65"
NAMES = (
    "AgencyRegistry",
    "PartyRegistry",
    "DocumentRegistry",
    "CredentialRegistry",
    "CompanyRegistry",
    "LienRegistry",
    "TitleMigration",
    "SaleEscrow",
    "Conveyance",
    "TitleRegistry",
    "TrusteeCeremony",
)

# Importing Brownie takes two seconds, loading the contracts another; this server does both once and forks a fresh
# process for each script.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["brownie", "tests.scripts.loaded"])


class Node:
    """A local Ethereum node of the test's own."""

    def __init__(self, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._stopped = threading.Event()
        self._process = subprocess.Popen([ANVIL, "--port", str(port), "--silent", *options])
        until = time.monotonic() + 60
        while True:
            try:
                self.call("eth_chainId")
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def call(self, method: str, *params: Any) -> Any:
        """The node's answer to one request."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        assert "result" in told, told
        return told["result"]

    def height(self) -> int:
        """The newest block's number."""
        return int(self.call("eth_blockNumber"), 16)

    def nonce(self, address: str) -> int:
        """How many transactions of an address are mined."""
        return int(self.call("eth_getTransactionCount", address, "latest"), 16)

    def mine_often(self) -> None:
        """Make blocks from now on, ten a second; the node's own interval is a second at least."""

        def mine() -> None:
            while not self._stopped.wait(0.1):
                with suppress(OSError, http.client.HTTPException):  # it may end meanwhile, as tests let it
                    self.call("evm_mine")

        threading.Thread(target=mine, daemon=True).start()

    def stop(self) -> None:
        """End the node."""
        self._stopped.set()
        self._process.terminate()
        self._process.wait(60)


def _script(name: str, words: tuple[str, ...], folder: str, env: dict[str, str]) -> None:
    """In the new process: what `python -m scripts.NAME` does, in a folder, with an environment, heard by a file."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits deafness to Ctrl-C
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    heard = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(heard, 1)
    os.dup2(heard, 2)
    sys.argv = [name, *words]
    sys.stdin = os.fdopen(0, closefd=False)
    runpy.run_module(f"scripts.{name}", run_name="__main__")


class Shell:
    """Runs scripts in a folder of its own, with nothing of this machine's settings."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.deployments = folder / "deployments"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
        self.env.setdefault("SOLCX_BINARY_PATH", str(HOUSE / ".cache" / "solcx"))

    @property
    def said(self) -> str:
        """Everything that scripts said here, on both channels."""
        path = self.folder / "said"
        return path.read_text() if path.exists() else ""

    def start(self, script: str, *words: str) -> multiprocessing.process.BaseProcess:
        """Start a script and leave it running."""
        process = _FORKS.Process(target=_script, args=(script, words, str(self.folder), self.env), daemon=True)
        process.start()
        return process

    def run(self, script: str, *words: str, status: int | None = 0) -> str:
        """Run a script to its end and give what it said on both channels. Its exit status is `status`; None: 1 or 2."""
        before = len(self.said)
        process = self.start(script, *words)
        process.join(300)
        said = self.said[before:]
        assert process.exitcode in ((1, 2) if status is None else (status,)), said
        return said

    def run_afresh(self, script: str, *words: str) -> str:
        """Run a script exactly as `./run script` does, in a new interpreter; give its standard output."""
        command = [sys.executable, "-m", f"scripts.{script}", *words]
        env = {**self.env, "HOME": str(self.folder), "PYTHONPATH": str(HOUSE)}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def record(self, network: str = "local") -> dict[str, Any]:
        """What deployments/<network>.json says."""
        return json.loads((self.deployments / f"{network}.json").read_text())
