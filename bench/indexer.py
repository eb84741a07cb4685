"""How fast the chain is read into an empty database: RPC, decoding, projecting and writing, journal on.

A local node gets real titles, registered in batches of 50 in blocks of 60 million gas, as an import makes them. Then
an empty SQLite file (WAL, synchronous=FULL) is filled three times. Beside it, decoding alone against web3.py.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from web3 import HTTPProvider, Web3

from bench.node import fresh_node
from muniment.access import project as access
from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.events import Decoder
from muniment.chain.indexer import Indexer
from muniment.chain.rpc import Rpc
from muniment.db.engine import migrate, open_engine
from muniment.hashing import keccak
from muniment.identity import project as identity
from muniment.land import project as land
from muniment.land.model import MAX_BATCH, jurisdiction_bytes

ROOT = Path(__file__).parents[1]
TITLES = 20_000
BATCHES_PER_BLOCK = 10
RUNS = 3
TARGET = 40_000  # events per second, cold
PEER_LOGS = 2_000
OFFICER = "0x" + "0f" * 20
HANDLERS = {**access.HANDLERS, **identity.HANDLERS, **land.HANDLERS}


def rows() -> list[dict[str, Any]]:
    """Two rows: cold indexing, and decoding beside web3.py. Values are medians of three; spread is slowest, fastest."""
    with tempfile.TemporaryDirectory() as folder, fresh_node("--gas-limit", "60000000", "--no-mining") as web3:
        url = str(web3.provider.endpoint_uri)
        deployment = _deploy(url, Path(folder))
        rpc = Rpc([url], timeout=120.0)
        _register(rpc, deployment)
        cold = [_cold(rpc, deployment, Path(folder) / f"cold{run}.db") for run in range(RUNS)]
        count = cold[0][0]
        ours, peer = _decoding(rpc, url, deployment)
        rpc.close()
    speeds = [events / seconds for events, seconds in cold]
    return [
        {**_figure("index cold, SQLite file", count, speeds), "target": TARGET, "peers": {}}
        | {"met": statistics.median(speeds) >= TARGET},
        {
            **_figure("decode only", PEER_LOGS, ours),
            "target": None,
            "met": None,
            "peers": {"web3.py process_log": round(statistics.median(peer))},
        },
    ]


def _figure(act: str, count: int, speeds: list[float]) -> dict[str, Any]:
    spread = [round(min(speeds)), round(max(speeds))]
    return {"act": act, "n": count, "value": round(statistics.median(speeds)), "unit": "events/s", "spread": spread}


def _deploy(url: str, folder: Path) -> Deployment:
    command = [sys.executable, "-m", "scripts.bootstrap", "--network", "local", "--rpc", url, "--yes"]
    environment = {**os.environ, "MUNIMENT_DEPLOYMENTS": str(folder)}
    rpc = Rpc([url])
    rpc.call("evm_setAutomine", [True])
    subprocess.run([*command, "--officer", OFFICER], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    rpc.call("evm_setAutomine", [False])
    rpc.call("anvil_impersonateAccount", [OFFICER])
    rpc.call("anvil_setBalance", [OFFICER, hex(10**24)])
    rpc.close()
    return Deployment.load(folder / "local.json")


def _register(rpc: Rpc, deployment: Deployment) -> None:
    registry = deployment.contracts["TitleRegistry"]
    code = "0x" + jurisdiction_bytes("GB").hex()
    starts = range(0, TITLES, MAX_BATCH * BATCHES_PER_BLOCK)
    for start in track(starts, f"Registering {TITLES:,} titles", console=Console(stderr=True)):
        for first in range(start, start + MAX_BATCH * BATCHES_PER_BLOCK, MAX_BATCH):
            entries = [_entry(number) for number in range(first, first + MAX_BATCH)]
            data = encode_call(registry.abi, "registerBatch", (code, entries))
            call = {"from": OFFICER, "to": registry.address, "data": data, "gas": hex(5_900_000)}
            rpc.call("eth_sendTransaction", [call])
        rpc.call("evm_mine", [])


def _entry(number: int) -> dict[str, Any]:
    digest = keccak(number.to_bytes(8, "big"))
    return {
        "ref": f"INSPIRE {50_000_000 + number}",
        "geometryHash": digest,
        "area": 1_000 + number,
        "grade": 3,
        "denominator": 1,
        "shares": [{"holder": digest, "numerator": 1}],
        "sourceHash": digest,
        "legalDate": 20260101,
    }


def _cold(rpc: Rpc, deployment: Deployment, path: Path) -> tuple[int, float]:
    """Events read into an empty database, and the seconds that took."""
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    indexer = Indexer(engine, rpc, deployment, HANDLERS)
    count = 0
    started = time.perf_counter()
    while True:
        progress = indexer.step()
        count += progress.events
        if progress.number >= progress.head:
            break
    seconds = time.perf_counter() - started
    engine.dispose()
    assert count >= TITLES, f"the node has {count} of our events"
    return count, seconds


def _decoding(rpc: Rpc, url: str, deployment: Deployment) -> tuple[list[float], list[float]]:
    """Logs decoded per second, by us from the node's JSON and by web3.py from its own log objects."""
    registry = deployment.contracts["TitleRegistry"]
    decoder = Decoder(deployment)
    [topic] = [topic for topic in decoder.topics[registry.address] if topic != _topic_of_registers()]
    head = int(rpc.call("eth_blockNumber"), 16)
    blocks = PEER_LOGS // (MAX_BATCH * BATCHES_PER_BLOCK)
    asked = {"address": registry.address, "topics": [topic], "fromBlock": hex(head - blocks + 1), "toBlock": hex(head)}
    logs = rpc.call("eth_getLogs", [asked])
    web3 = Web3(HTTPProvider(url))
    event = web3.eth.contract(
        address=Web3.to_checksum_address(registry.address), abi=registry.abi
    ).events.TitleRegistered()
    theirs = web3.eth.get_logs({**asked, "address": Web3.to_checksum_address(registry.address)})  # type: ignore[typeddict-item]
    assert len(logs) == len(theirs) == PEER_LOGS
    ours = [_speed(lambda log: decoder.decode(log, 0), logs) for _ in range(RUNS)]
    return ours, [_speed(event.process_log, theirs) for _ in range(RUNS)]


def _topic_of_registers() -> str:
    return keccak(b"RegisterSet(bytes8,bytes32,uint8)")


def _speed(decode: Callable[[Any], Any], logs: list[Any]) -> float:
    started = time.perf_counter()
    for log in logs:
        decode(log)
    return len(logs) / (time.perf_counter() - started)
