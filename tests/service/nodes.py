"""Start anvil for a test, on a port that the system picks."""

import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Self

import pytest

from muniment.chain.rpc import Rpc

ROOT = Path(__file__).parents[2]
LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


class Node:
    """A running anvil. `stop` ends it; with --dump-state among the options it writes its state then."""

    def __init__(self, *options: str) -> None:
        """Start, with epochs of one slot unless told otherwise, so that finality moves; wait until it listens."""
        anvil = shutil.which("anvil") or str(ROOT / "node_modules" / ".bin" / "anvil")
        if not Path(anvil).exists():
            pytest.fail("anvil is not installed; run npm ci.")
        epoch = () if "--slots-in-an-epoch" in options else ("--slots-in-an-epoch", "1")
        command = [anvil, "--port", "0", *epoch, *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.url = f"http://127.0.0.1:{self._port()}"
        self.rpc = Rpc([self.url])
        # Nobody reads the log, and a full pipe would stop the node.
        threading.Thread(target=self._drain, daemon=True).start()

    def _port(self) -> int:
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if found := LISTENING.search(line):
                return int(found[1])
        pytest.fail("anvil ended at once: " + "".join(lines))

    def _drain(self) -> None:
        assert self._process.stdout is not None
        for _ in self._process.stdout:
            pass

    def call(self, method: str, *params: Any) -> Any:
        """Ask the node."""
        return self.rpc.call(method, params)

    def mine(self, blocks: int = 1) -> None:
        """Make blocks, empty or with what waits."""
        self.call("anvil_mine", hex(blocks))

    def stop(self) -> None:
        """End the node, and wait for that."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.rpc.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
