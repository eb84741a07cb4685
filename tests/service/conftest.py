"""What the tests of the service stand on: a database, a node, and a node with the contracts in place."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from eth_account import Account
from jinja2 import Environment, FileSystemBytecodeCache
from sqlalchemy import Engine, event

from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.chain.signer import KeystoreSigner, Policy
from muniment.config import Settings
from muniment.db.engine import migrate, open_engine
from muniment.web import site
from tests.service import postgres
from tests.service.nodes import ROOT, Node

PASSWORD = "of no secret"
ETHER = 10**18
FUNCTIONS = [("TitleRegistry", "register"), ("TitleRegistry", "registerBatch"), ("PartyRegistry", "bind")]


def without_sync(engine: Engine) -> Engine:
    """Let SQLite leave its writes to the operating system: a killed process loses nothing that way, and tests fly."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each application of the tests has its own templates; what Jinja makes of their text they share."""
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "Environment", partial(Environment, bytecode_cache=cache))
        yield


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them: a copy is there at once, a migration takes its time."""
    path = tmp_path_factory.mktemp("blank") / "blank.db"
    engine = without_sync(open_engine(f"sqlite:///{path}"))
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def database(tmp_path: Path, blank: Path) -> Iterator[Engine]:
    """A SQLite database with all tables."""
    engine = _copied(blank, tmp_path / "muniment.db")
    yield engine
    engine.dispose()


def _copied(blank: Path, path: Path) -> Engine:
    shutil.copyfile(blank, path)
    return without_sync(open_engine(f"sqlite:///{path}"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server; the test is skipped where PostgreSQL is not installed."""
    folder = postgres.programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (no initdb in PATH or under /usr/lib/postgresql)")
    with postgres.Cluster(folder) as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    return cluster.database()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with all tables, on each engine in turn."""
    if request.param == "sqlite":
        engine = _copied(request.getfixturevalue("blank"), tmp_path / "any.db")
        yield engine
        engine.dispose()
        return
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    with cluster.migrated() as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def anvil() -> Iterator[Callable[..., Node]]:
    """A function that starts a fresh node with the given options, ended after the test."""
    with contextlib.ExitStack() as running:
        yield lambda *options: running.enter_context(Node(*options))


@dataclass(frozen=True)
class Deployed:
    """Files of a chain on which the contracts stand; an agency and its officer are accredited, "GB" has a register."""

    state: Path
    deployments: Path
    keystore: Path


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Deploy once, by the same scripts that an operator runs."""
    folder = tmp_path_factory.mktemp("deployed")
    officer = Account.create()
    keystore = folder / "officer.json"
    keystore.write_text(json.dumps(officer.encrypt(PASSWORD, kdf="pbkdf2", iterations=1)))  # quick to open
    files = Deployed(folder / "state.json", folder / "deployments", keystore)
    with Node("--dump-state", str(files.state)) as node:
        command = [sys.executable, "-m", "scripts.bootstrap", "--network", "local", "--rpc", node.url, "--yes"]
        done = subprocess.run(
            [*command, "--officer", officer.address],
            cwd=ROOT,
            env={**_without_settings(), "MUNIMENT_DEPLOYMENTS": str(files.deployments)},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        node.call("anvil_setBalance", officer.address, hex(1000 * ETHER))
    return files


def _without_settings() -> dict[str, str]:
    """Return the environment without the operator's own settings: tests depend on none."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}


@dataclass(frozen=True)
class Chain:
    """A node of one test, with everything that a worker or an indexer needs beside a database."""

    node: Node
    deployment: Deployment
    deployment_path: Path
    keystore: Path
    password: str
    signer: KeystoreSigner
    settings: Settings

    @property
    def url(self) -> str:
        """The node's address."""
        return self.node.url

    @property
    def rpc(self) -> Rpc:
        """A client of the node."""
        return self.node.rpc


@pytest.fixture
def chain(deployed: Deployed, anvil: Callable[..., Node]) -> Chain:
    """A fresh node with the contracts in place: an agency, its officer and the register "GB"."""
    node = anvil("--load-state", str(deployed.state))
    path = deployed.deployments / "local.json"
    deployment = Deployment.load(path)
    policy = Policy.of(deployment, FUNCTIONS, max_gas_per_day=10**12)
    return Chain(
        node=node,
        deployment=deployment,
        deployment_path=path,
        keystore=deployed.keystore,
        password=PASSWORD,
        signer=KeystoreSigner(deployed.keystore, PASSWORD, policy),
        settings=Settings(rpc_urls=(node.url,), deployments=deployed.deployments),
    )
