"""What others ship on npm, installed for measurements alone and never with the product.

EAS's package depends on hardhat and needs nothing of it: the lock puts a small package in its place.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("npm")
INSTALLING = 300  # seconds


def installed() -> bool:
    """Whether the peers are there; they are installed from the lock when they are not, or no longer are the lock's."""
    npm, lock = shutil.which("npm"), FOLDER / "package-lock.json"
    done = FOLDER / "node_modules" / ".package-lock.json"
    if done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return True
    if npm is None:
        return False
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        answer = subprocess.run(command, cwd=FOLDER, capture_output=True, timeout=INSTALLING, check=False)
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


def run(script: str, *words: str, timeout: float = 300) -> Any:
    """What a script of the folder prints, read as JSON. Raises CalledProcessError with what it complained of."""
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, script, *words], cwd=FOLDER, capture_output=True, text=True, timeout=timeout, check=True
    )
    return json.loads(done.stdout)


def eas(name: str) -> dict[str, Any]:
    """ABI and creation code of one of EAS's contracts, as compiled by its makers."""
    package = FOLDER / "node_modules" / "@ethereum-attestation-service" / "eas-contracts"
    read: dict[str, Any] = json.loads(
        (package / "artifacts" / "contracts" / f"{name}.sol" / f"{name}.json").read_text()
    )
    return read


def document_store() -> dict[str, Any]:
    """ABI and creation code of TrustVC's document store."""
    read: dict[str, Any] = run("documentStore.mjs")
    return read
