"""The documents commands, from files to verdicts, against a real node."""

import base64
import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import segno
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from muniment.chain.deployment import Deployment
from muniment.chain.signer import create_keystore, unlock
from muniment.chain.typed_data import signed_by, signer_of
from muniment.cli import main
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

    def run(self, *words: str, group: str = "documents") -> tuple[int, Any]:
        """Exit code, and the JSON of the last line when --json was asked for.

        It runs in this process: starting Python anew for every command would take minutes.
        """
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            patch.setattr(os, "environ", self.env)
            patch.setattr(sys, "argv", ["muniment", *group.split(), *words])
            with pytest.raises(SystemExit) as ended:
                main()
        structlog.reset_defaults()
        said = json.loads(out.getvalue()) if "--json" in words else out.getvalue() + err.getvalue()
        return int(ended.value.code or 0), said

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


def key(commands: Commands, name: str) -> str:
    """A funded key in a keystore of the folder, and the commands set to it; returns its address."""
    keystore, password = commands.folder / f"{name}.json", commands.folder / "password"
    password.write_text("correct horse battery")
    address = create_keystore(keystore, "correct horse battery")
    commands.registry.rpc.call("anvil_setBalance", [address, hex(10**20)])
    hold(commands, name)
    return address


def hold(commands: Commands, name: str) -> None:
    """Let the commands use a key that `key` made."""
    commands.env["MUNIMENT_KEYSTORE"] = str(commands.folder / f"{name}.json")
    commands.env["MUNIMENT_PASSWORD_FILE"] = str(commands.folder / "password")


def work(commands: Commands) -> None:
    """Carry out the outbox until nothing waits; nothing may be refused."""
    code, counts = commands.run("--until-idle", "--json", group="work")
    assert (code, counts["refused"], counts["parked"]) == (0, 0, 0)


def verdict(commands: Commands, name: str) -> str:
    """The verdict on a file of the batch, by the proof in the batch's folder."""
    return str(commands.run("verify", name, "--proof", f"batch/{name}.proof.json", "--json")[1]["verdict"])


def test_each_act_reaches_the_chain(commands: Commands) -> None:
    """Holds, releases, successors and revocations queued by the commands must be what verdicts and exports then say."""
    for name in ("a.json", "b.json", "c.json", "d.json"):
        (commands.folder / name).write_text(json.dumps({"name": name}))
    commands.registry.accredit(key(commands, "registrar"))
    words = ("issue", "--issuer", commands.registry.agency, "a.json", "b.json", "c.json", "d.json", "--out", "batch")
    assert commands.run(*words)[0] == 0
    work(commands)
    held = ("batch/b.json.proof.json", "--json")
    assert commands.run("revoke", *held, "--reason", "certificate-hold")[0] == 0
    assert commands.run("revoke", "batch/c.json.proof.json", "--reason", "privilege-withdrawn")[0] == 0
    assert commands.run("supersede", "batch/d.json.proof.json", "batch/a.json.proof.json")[0] == 0
    work(commands)
    found = [verdict(commands, name) for name in ("a.json", "b.json", "c.json", "d.json")]
    assert found == ["VALID", "SUSPENDED", "REVOKED", "SUPERSEDED"]

    sealed = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (commands.folder / "seal.pem").write_bytes(sealed)
    seal = ("--key", "seal.pem", "--key-id", "did:web:a.example#1", "--issuer", "did:web:a.example")
    seal += ("--list-url", "https://a.example/list")
    assert commands.run("export-vc", "a.json", "--proof", "batch/a.json.proof.json", "--out", "a.jwt", *seal)[0] == 0
    assert commands.run("export-vc", "c.json", "--proof", "batch/c.json.proof.json", "--out", "c.jwt", *seal)[0] == 1
    for purpose, marked in (("revocation", [2, 3]), ("suspension", [1])):
        out = f"{purpose}.json"
        words = ("status-list", "batch/a.json.proof.json", "--out", out, *seal, "--purpose", purpose, "--plain")
        assert commands.run(*words)[0] == 0
        encoded = json.loads((commands.folder / out).read_text())["credentialSubject"]["encodedList"]
        bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=="))
        assert [place for place in range(8) if bits[0] >> (7 - place) & 1] == marked

    assert commands.run("release", *held)[0] == 0
    work(commands)
    assert verdict(commands, "b.json") == "VALID"
    assert commands.run("revoke", "--root", "batch/a.json.proof.json", "--reason", "certificate-hold")[0] == 0
    work(commands)
    assert verdict(commands, "a.json") == "SUSPENDED"
    assert commands.run("release", "--root", "batch/a.json.proof.json")[0] == 0
    work(commands)
    assert verdict(commands, "a.json") == "VALID"


def test_a_stamp_says_where_and_changes_no_verdict(commands: Commands) -> None:
    """Proofs must tell transaction, block and key of their root once it is anchored, and be refused before."""
    (commands.folder / "a.txt").write_text("a")
    words = ("issue", "--issuer", commands.registry.agency, "a.txt", "--out", "batch", "--json")
    issued = commands.run(*words)[1]
    code, said = commands.run("stamp", "batch", "--json")
    assert (code, said["error"]) == (1, "NotAnchored")
    commands.registry.issue(issued["root"], 1)
    assert commands.run("stamp", "batch", "--json")[1]["proofs"] == 1
    told = json.loads((commands.folder / "batch" / "a.txt.proof.json").read_text())["issued"]
    receipt = commands.registry.rpc.call("eth_getTransactionReceipt", [told["transaction"]])
    assert (told["blockHash"], told["blockNumber"]) == (receipt["blockHash"], int(receipt["blockNumber"], 16))
    assert told["key"] == {"id": 1, "address": commands.registry.registrar}
    assert verdict(commands, "a.txt") == "VALID"


def test_two_of_three_issue_together(commands: Commands) -> None:
    """A root must be anchored once two members approved, and its proofs name them; one approval must not do."""
    registry, folder = commands.registry, commands.folder
    (folder / "a.txt").write_text("a")
    members = [key(commands, name) for name in ("one", "two", "three")]
    for member in members:
        registry.accredit(member)
    policy = {"threshold": 2, "members": members}
    (folder / "policy.json").write_text(json.dumps(policy))
    ordered = {"threshold": 2, "members": sorted("0x" + member[2:].rjust(64, "0") for member in members)}
    registry.send(registry.admin, "DocumentRegistry", "setPolicy", registry.agency, ordered, True)
    words = ("issue", "--issuer", registry.agency, "a.txt", "--out", "batch", "--policy", "policy.json", "--json")
    asked = commands.run(*words)[1]["request"]
    before = (folder / asked).read_bytes()
    assert commands.run(*words)[0] == 0
    assert (folder / asked).read_bytes() == before  # approvals may be under way
    for name in ("one", "three"):
        hold(commands, name)
        assert commands.run("approve", asked, "--out", f"{name}.approval")[0] == 0
    code, said = commands.run("submit", asked, "one.approval", "--json")
    assert (code, said["error"]) == (1, "ApprovalsMissing")
    signature = json.loads((folder / "one.approval").read_text())["signature"]
    forged = ("--member", members[1], "--signature", signature, "--out", "two.approval")
    assert commands.run("approve", asked, *forged)[0] == 1
    assert not (folder / "two.approval").exists()
    assert commands.run("submit", asked, "three.approval", "one.approval", "--json")[1]["new"] is True
    work(commands)
    assert verdict(commands, "a.txt") == "VALID"
    assert commands.run("stamp", "batch", "--json")[0] == 0
    told = json.loads((folder / "batch" / "a.txt.proof.json").read_text())["issued"]
    assert {one["member"][-40:] for one in told["approvals"]} == {members[0][2:], members[2][2:]}
    assert "key" not in told


def test_a_party_issues_with_its_wallet(commands: Commands) -> None:
    """A party's root must be anchored with its wallet's signature over the typed data that the command prints."""
    registry = commands.registry
    wallet = key(commands, "wallet")
    party = registry.bound_party(unlock(commands.folder / "wallet.json", "correct horse battery"))
    (commands.folder / "a.txt").write_text("a")
    asked = commands.run("issue", "--issuer", party, "a.txt", "--out", "batch", "--as-party", "--json")[1]["request"]
    typed = json.loads(commands.run("approve", asked, "--typed-data")[1])
    signature = signed_by(unlock(commands.folder / "wallet.json", "correct horse battery"), typed)
    assert signer_of(typed, signature) == wallet
    assert commands.run("approve", asked, "--member", party, "--signature", signature, "--out", "own.approval")[0] == 0
    assert commands.run("submit", asked, "own.approval", "--json")[0] == 0
    work(commands)
    assert verdict(commands, "a.txt") == "VALID"


def test_the_code_on_paper_leads_to_the_verification_page(commands: Commands) -> None:
    """A QR code must be the one that segno draws of the page's address, and other pictures be refused."""
    commands.env["MUNIMENT_PUBLIC_URL"] = "https://land.example.gov/"
    assert commands.run("qr", "--out", "code.svg")[0] == 0
    drawn = io.BytesIO()
    segno.make_qr("https://land.example.gov/verify", error="q").save(drawn, kind="svg", scale=4)
    assert (commands.folder / "code.svg").read_bytes() == drawn.getvalue()
    assert commands.run("qr", "--out", "code.gif")[0] == 1
