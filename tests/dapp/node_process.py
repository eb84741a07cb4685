"""Scripts of this folder that run the pages' own code in Node, and answer one line of JSON with another."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.service.nodes import ROOT


class NodeProcess:
    """One script in one Node process; it builds what it runs into `folder`."""

    def __init__(self, script: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["node", f"tests/dapp/{script}", str(folder)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, act: str, **given: Any) -> Any:
        """What the script answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, **given}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the pages' code ended"
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)
