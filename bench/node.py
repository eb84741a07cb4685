"""A fresh local node and the compiled contracts, for measurements."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from toolchain.setup import BUILD, ROOT, compile_contracts, environment

# Block times stand in calldata and storage; a fixed start makes every run cost the same.
START = 1_767_225_600
START_SECONDS = 20
GAS_LIMIT = 16_000_000  # below the 2^24 that EIP-7825 allows a transaction


@contextmanager
def fresh_node(*options: str) -> Iterator[Web3]:
    """A new anvil on a free port with unlocked accounts, ended on leaving.

    Args:
        options: further command-line options of anvil.

    Raises:
        RuntimeError: it does not answer within START_SECONDS.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [_program("anvil"), "--silent", "--port", str(port), "--timestamp", str(START), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}", request_kwargs={"timeout": 120}))
    try:
        deadline = time.monotonic() + START_SECONDS
        while not web3.is_connected():
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"anvil does not answer on port {port}")
            time.sleep(0.05)
        yield web3
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def compile_own() -> Path:
    """The folder of our contracts' artifacts, compiled anew only when a source has changed."""
    compile_contracts()
    return BUILD / "contracts"


@cache
def compile_peers() -> Path:
    """Compile what ours is measured beside, and what stands in for contracts beside ours; the folder of artifacts."""
    return _compile("bench", "peers")


@cache
def compile_semaphore() -> Path:
    """Compile Semaphore, which npm has installed; the folder of artifacts."""
    return _compile("semaphore", "semaphore")


def _compile(profile: str, folder: str) -> Path:
    env = environment() | {"FOUNDRY_PROFILE": profile}
    subprocess.run([_program("forge"), "build", "--quiet"], cwd=ROOT, env=env, check=True)
    return ROOT / ".cache" / "forge" / folder / "out"


def deploy(web3: Web3, artifacts: Path, name: str, *arguments: Any, sender: str) -> Contract:
    """Deploy a compiled contract of a name that only one file has."""
    artifact = json.loads(next(artifacts.rglob(f"{name}.json")).read_text())
    code = artifact["bytecode"]  # Brownie gives it plainly, forge among what belongs to it
    return create(web3, artifact["abi"], code if isinstance(code, str) else code["object"], *arguments, sender=sender)


def create(web3: Web3, abi: list[dict[str, Any]], code: str, *arguments: Any, sender: str) -> Contract:
    """Deploy creation code, whoever compiled it."""
    factory = web3.eth.contract(abi=abi, bytecode=code)
    receipt = web3.eth.wait_for_transaction_receipt(factory.constructor(*arguments).transact({"from": sender}))
    return web3.eth.contract(address=receipt["contractAddress"], abi=abi)


def gas_of(web3: Web3, function: ContractFunction, sender: str) -> int:
    """What a transaction that must succeed costs, the 21,000 of every transaction included."""
    return int(sent(web3, function, sender)["gasUsed"])


def sent(web3: Web3, function: ContractFunction, sender: str) -> TxReceipt:
    """The receipt of a transaction that must succeed."""
    receipt = web3.eth.wait_for_transaction_receipt(function.transact({"from": sender, "gas": GAS_LIMIT}))
    assert receipt["status"] == 1, function.fn_name
    return receipt


def _program(name: str) -> str:
    """The program on the PATH, or npm's of this project."""
    return shutil.which(name) or str(ROOT / "node_modules" / ".bin" / name)
