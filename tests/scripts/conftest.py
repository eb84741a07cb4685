"""Nodes and shells for the tests of the scripts."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scripts.office import COLLEAGUE, COURT, DAY, Office
from tests.scripts.tools import REGISTRAR, Node, Shell


@pytest.fixture(scope="session")
def new_node() -> Iterator[Callable[..., Node]]:
    """Start nodes; all are stopped at the end."""
    nodes: list[Node] = []

    def start(*options: str) -> Node:
        nodes.append(Node(*options))
        return nodes[-1]

    yield start
    for node in nodes:
        node.stop()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder to run scripts in."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def settled(new_node: Callable[..., Node], tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Shell]:
    """A node where land.example.gov keeps the register of GB and REGISTRAR is its officer; ask for `town` instead."""
    node, shell = new_node(), Shell(tmp_path_factory.mktemp("town"))
    shell.env |= {"MUNIMENT_LOCAL_RPC_URL": node.url, "MUNIMENT_PILOT_RPC_URL": node.url}
    shell.env["MUNIMENT_PILOT_CHAIN_ID"] = "31337"
    shell.run("bootstrap", "--yes", "--officer", REGISTRAR, "--domain", "land.example.gov", "--jurisdiction", "GB")
    return node, shell


@pytest.fixture
def town(settled: tuple[Node, Shell]) -> Iterator[tuple[Node, Shell]]:
    """The node and shell of `settled`; what a test does to chain and record is undone."""
    node, shell = settled
    record, snapshot = shell.record(), node.call("evm_snapshot")
    yield node, shell
    node.call("evm_revert", snapshot)
    (shell.deployments / "local.json").write_text(json.dumps(record))
    (shell.deployments / "pilot.json").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def opened(new_node: Callable[..., Node], tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Shell]:
    """A node where REGISTRAR, COLLEAGUE and COURT have been officers for three days; ask for `office` instead."""
    node, shell = new_node(), Shell(tmp_path_factory.mktemp("office"))
    shell.env |= {"MUNIMENT_LOCAL_RPC_URL": node.url}
    shell.run("bootstrap", "--yes", "--officer", REGISTRAR, "--officer", COLLEAGUE, "--court", COURT)
    node.call("evm_increaseTime", 3 * DAY)
    node.call("evm_mine")
    return node, shell


@pytest.fixture
def office(opened: tuple[Node, Shell], tmp_path: Path) -> Iterator[Office]:
    """The agency at work, in a folder of the test's own; what a test does to the chain is undone."""
    node, shell = opened
    own = Shell(tmp_path / "desk")
    own.env |= shell.env | {"MUNIMENT_DEPLOYMENTS": str(shell.deployments)}
    own.deployments = shell.deployments
    snapshot = node.call("evm_snapshot")
    yield Office(node, own)
    node.call("evm_setAutomine", True)
    node.call("evm_revert", snapshot)
