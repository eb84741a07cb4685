"""The documents commands, from files to verdicts, against a real node."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muniment.chain.deployment import Deployment
from muniment.documents.gathering import JOURNAL
from tests.service.documents.registry import Registry, build
from tests.service.nodes import ROOT, Node


class Commands:
    """Runs `muniment documents` in a folder of its own, against one node."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self.registry, self.folder = registry, folder
        (folder / "deployments").mkdir()
        (folder / "deployments" / "local.json").write_text(json.dumps(_written(registry.deployment)))
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")} | {
            "MUNIMENT_RPC_URLS": registry.node.url,
            "MUNIMENT_DATABASE_URL": f"sqlite:///{folder}/muniment.db",
            "MUNIMENT_DEPLOYMENTS": str(folder / "deployments"),
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *words: str) -> tuple[int, Any]:
        """Exit code, and the JSON of the last line when --json was asked for."""
        command = [sys.executable, "-m", "muniment.cli", "documents", *words]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout) if "--json" in words else done.stdout + done.stderr

    def issue(self, *words: str) -> dict[str, Any]:
        """Issue a batch, and anchor its root as the worker would."""
        code, issued = self.run("issue", "--issuer", self.registry.agency, *words, "--json")
        assert code == 0, issued
        self.registry.issue(issued["root"], issued["count"])
        return dict(issued)


def _written(deployment: Deployment) -> dict[str, Any]:
    contracts = {
        name: {"address": one.address, "abi": one.abi, "start_block": one.start_block}
        for name, one in deployment.contracts.items()
    }
    names = {"network": "local", "chain_id": deployment.chain_id, "genesis_hash": deployment.genesis_hash}
    return {**names, "contracts": contracts}


@pytest.fixture
def commands(anvil: Callable[..., Node], tmp_path: Path) -> Commands:
    """The commands on a fresh registry."""
    return Commands(build(anvil()), tmp_path)


def test_from_table_to_verdict(commands: Commands) -> None:
    """Diplomas from a table must verify with a node, offline, and one field at a time; changed ones must not."""
    folder = commands.folder
    (folder / "people.csv").write_text("name,average\nAda Õun,4.5\nBo Ek,3.9\nCy Oja,5\n")
    (folder / "template.json").write_text('{"name":"{{name}}","title":"MSc {{name}}","average":"{{average:json}}"}')
    issued = commands.issue("--csv", "people.csv", "--template", "template.json", "--out", "batch")
    assert issued["count"] == 3
    again = commands.run(
        "issue", "--issuer", commands.registry.agency, "--csv", "people.csv", "--template", "template.json",
        "--out", "batch", "--json",
    )[1]  # fmt: skip
    assert (again["root"], again["new"]) == (issued["root"], False)
    proof = "batch/1.json.proof.json"
    code, said = commands.run("verify", "batch/documents/1.json", "--proof", proof, "--json")
    assert (code, said["verdict"]) == (0, "VALID")
    assert said["as_of"]["number"] > 0
    assert (
        commands.run("disclose", "batch/documents/1.json", "--proof", proof, "--field", "/name", "--out", "name.json")[
            0
        ]
        == 0
    )
    code, said = commands.run("verify", "name.json", "--json")
    assert (code, said["verdict"], said["fields"]) == (0, "VALID", {"/name": '"Ada Õun"'})
    made = ("--block", "latest", "--checkpoint-out", "checkpoint.json", "--out", "offline.proof.json")
    assert commands.run("offline", "batch/documents/1.json", "--proof", proof, *made)[0] == 0
    commands.env["MUNIMENT_RPC_URLS"] = "http://127.0.0.1:1"
    alone = ("--proof", "offline.proof.json", "--checkpoint", "checkpoint.json", "--offline", "--json")
    code, said = commands.run("verify", "batch/documents/1.json", *alone)
    assert (code, said["verdict"]) == (0, "VALID")
    assert "as of" in said["sentence"]
    code, said = commands.run("verify", "batch/documents/1.json", "--proof", proof, "--json")
    assert (code, said["verdict"]) == (1, "CANNOT_TELL")
    code, said = commands.run("verify", "batch/documents/2.json", *alone)
    assert (code, said["verdict"]) == (1, "ALTERED")


def test_an_interrupted_batch_goes_on(commands: Commands) -> None:
    """A batch cut off amid a line must come to the root that its first random values lead to."""
    for name in ("a.txt", "b.txt", "c.txt"):
        (commands.folder / name).write_text(name)
    words = ("a.txt", "b.txt", "c.txt", "--out", "batch")
    first = commands.issue(*words)
    journal = commands.folder / "batch" / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    code, second = commands.run("issue", "--issuer", commands.registry.agency, *words, "--json")
    assert code == 0
    assert second["root"] != first["root"]  # the third was drawn anew
    after = journal.read_bytes().splitlines(keepends=True)
    assert (after[:3], len(after)) == (lines[:3], 4)
    (commands.folder / "a.txt").write_text("changed")
    code, said = commands.run("issue", "--issuer", commands.registry.agency, *words, "--json")
    assert (code, said["error"]) == (1, "DocumentChanged")


def test_revoking_queues_what_was_named(commands: Commands) -> None:
    """Revocations must be queued once, by words, and unknown reasons be refused in a sentence."""
    (commands.folder / "a.txt").write_text("a")
    commands.issue("a.txt", "--out", "batch")
    words = ("revoke", "batch/a.txt.proof.json", "--reason", "key-compromise", "--json")
    code, said = commands.run(*words)
    assert (code, said["requests"][0]["new"]) == (0, True)
    assert commands.run(*words)[1]["requests"][0]["new"] is False
    code, said = commands.run("revoke", "batch/a.txt.proof.json", "--reason", "whim", "--json")
    assert (code, said["error"]) == (1, "ReasonUnknown")
