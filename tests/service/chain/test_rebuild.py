"""On a real node: whatever happens, the tables are those of a rebuild, byte for byte."""

import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from muniment.chain.indexer import PASSING, Indexer
from muniment.chain.rebuild import rebuild
from muniment.chain.reorg import IndexerHalted
from muniment.chain.rpc import Rpc
from muniment.db.engine import migrate, open_engine
from muniment.db.schema import journal, officers, titles
from tests.service.chain.happenings import HANDLERS
from tests.service.chain.live import Registrar
from tests.service.chain.reading import checkpoint, contents, count, follow
from tests.service.conftest import Chain, Deployed
from tests.service.nodes import ROOT, Node

LONG_EPOCHS = ("--slots-in-an-epoch", "32")  # finalized lies 64 blocks back


@pytest.fixture
def registrar(chain: Chain, deployed: Deployed, anvil: Callable[..., Node]) -> Registrar:
    """The officer on a node where the last 64 blocks may be reorganised."""
    return Registrar.of(chain, anvil(*LONG_EPOCHS, "--load-state", str(deployed.state)))


def indexer_on(engine: Engine, registrar: Registrar, rpc: Rpc | None = None) -> Indexer:
    """An indexer of the registrar's node."""
    return Indexer(engine, rpc or registrar.node.rpc, registrar.deployment, HANDLERS)


def rebuilt(engine: Engine, registrar: Registrar) -> bytes:
    """The tables after a rebuild of the same database."""
    rebuild(engine, registrar.node.rpc, registrar.deployment, HANDLERS)
    return contents(engine)


def test_a_life_with_reorgs_equals_a_rebuild(any_database: Engine, registrar: Registrar) -> None:
    """Rows read live through re-mined, dropped and moved transactions must equal those of a database refilled."""
    indexer = indexer_on(any_database, registrar)
    for number in range(70):
        changes = [registrar.retirement()] if number % 5 == 0 else []
        registrar.block(registrar.title(), *changes)
        if number % 9 == 0:
            follow(indexer)
    follow(indexer)
    assert count(any_database, journal) > 5
    for depth in (1, 2, 7, 33, 64):
        again = [[registrar.title(), offset] for offset in range(0, depth, 2)]
        registrar.node.call("anvil_reorg", depth, [*again, [registrar.retirement(), depth - 1]])
        follow(indexer)
        registrar.block(registrar.title())
        follow(indexer)
    live = contents(any_database)
    assert count(any_database, titles) > 20
    assert rebuilt(any_database, registrar) == live
    assert checkpoint(any_database).halted is None


def test_a_reverted_node_is_followed_once_it_is_as_long(any_database: Engine, registrar: Registrar) -> None:
    """After evm_revert the node is behind, which changes nothing; its new chain must be followed once it is as long."""
    indexer = indexer_on(any_database, registrar)
    registrar.block(registrar.title("kept"))
    snapshot = registrar.node.call("evm_snapshot")
    for number in range(5):
        registrar.block(registrar.title(f"lost {number}"), registrar.retirement())
    follow(indexer)
    before = contents(any_database)
    registrar.node.call("evm_revert", snapshot)
    indexer.step()
    assert contents(any_database) == before
    for number in range(6):
        registrar.block(registrar.title(f"new {number}"))
    follow(indexer)
    live = contents(any_database)
    assert b"lost" not in live
    assert live.count(b"new ") > 0
    assert rebuilt(any_database, registrar) == live


def test_finality_moves_and_forbids(database: Engine, chain: Chain) -> None:
    """With epochs of one slot, finalized is two blocks back; a reorg beyond it must halt with the rows unchanged."""
    registrar = Registrar.of(chain)
    indexer = indexer_on(database, registrar)
    for _ in range(6):
        registrar.block(registrar.title())
    follow(indexer)
    head = checkpoint(database).number
    assert (checkpoint(database).safe_number, checkpoint(database).finalized_number) == (head - 1, head - 2)
    registrar.node.call("anvil_reorg", 2, [])
    follow(indexer)
    assert count(database, titles) == 4
    before = contents(database)
    registrar.node.call("anvil_reorg", 3, [])
    with pytest.raises(IndexerHalted, match="were final"):
        follow(indexer)
    assert contents(database) == before


@pytest.fixture
def truncating(registrar: Registrar) -> Iterator[str]:
    """The address of a proxy to the registrar's node that cuts one answer in five short."""
    chance = random.Random(7)
    url = registrar.node.url

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = httpx.post(url, content=asked, headers={"Content-Type": "application/json"}).content
            if chance.random() < 0.2:
                answer = answer[: chance.randrange(len(answer))]
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_truncated_answers_lose_nothing(database: Engine, registrar: Registrar, truncating: str) -> None:
    """When one answer in five is cut short, with reorgs in between, reading must still end where a rebuild ends."""
    indexer = indexer_on(database, registrar, Rpc([truncating]))
    failures = 0
    for number in range(40):
        registrar.block(registrar.title())
        if number % 8 == 7:
            registrar.node.call("anvil_reorg", number // 2, [[registrar.title(), 0]])
        try:
            indexer.step()
        except PASSING:
            failures += 1
    while checkpoint(database).number < int(registrar.node.call("eth_blockNumber"), 16):
        try:
            indexer.step()
        except PASSING:
            failures += 1
    assert failures > 3
    live = contents(database)
    assert rebuilt(database, registrar) == live


def test_kill_in_the_middle_of_a_chunk(empty_database_url: str, registrar: Registrar, chain: Chain) -> None:
    """An indexer killed at any event must leave only whole chunks, and the next one must end where a rebuild ends."""
    engine = open_engine(empty_database_url)
    migrate(engine)
    for _ in range(15):
        registrar.block(*(registrar.title() for _ in range(3)), registrar.retirement())
    program = [sys.executable, "-m", "tests.service.chain.mortal_indexer"]
    arguments = [registrar.node.url, str(chain.deployment_path), empty_database_url]
    for deadly in (1, 20):
        process = subprocess.Popen([*program, *arguments], stdout=subprocess.PIPE, cwd=ROOT)
        assert process.stdout is not None
        for _ in range(deadly):
            process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
        at = checkpoint(engine).number
        assert count(engine, titles) == registered(registrar, at), "a chunk was written in part"
    follow(indexer_on(engine, registrar))
    live = contents(engine)
    assert (count(engine, titles), count(engine, officers)) == (45, 1)
    assert rebuilt(engine, registrar) == live
    engine.dispose()


def registered(registrar: Registrar, last: int) -> int:
    """How many titles the chain registers up to a block: logs of the registry with more than a status in their data."""
    address = registrar.deployment.contracts["TitleRegistry"].address
    logs = registrar.node.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(last), "address": address})
    return sum(len(log["data"]) > 66 for log in logs)


def test_a_node_that_lost_its_state_is_recognised(
    database: Engine, registrar: Registrar, anvil: Callable[..., Node]
) -> None:
    """A fresh anvil at the same chain id must be told from a reorganisation, however many blocks it has."""
    registrar.block(registrar.title())
    follow(indexer_on(database, registrar))
    before = contents(database)
    fresh = anvil()
    fresh.mine(50)
    with pytest.raises(Exception, match="deploy again") as lost:
        indexer_on(database, registrar, fresh.rpc).step()
    assert type(lost.value).__name__ == "NodeLostState"
    assert contents(database) == before


def test_rebuild_reports_and_lifts_a_halt(database: Engine, registrar: Registrar, tmp_path: Path) -> None:
    """A rebuild must tell how far it is, and start clean whatever the checkpoint said."""
    for _ in range(40):
        registrar.block(registrar.title())
    follow(indexer_on(database, registrar))
    seen = []
    last = rebuild(database, registrar.node.rpc, registrar.deployment, HANDLERS, seen.append)
    assert seen[-1] == last
    assert sum(progress.events for progress in seen) >= 40
    assert [progress.number for progress in seen] == sorted(progress.number for progress in seen)
