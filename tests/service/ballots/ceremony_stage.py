"""A key ceremony on a real node, with trustees who type commands."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from eth_abi.abi import encode
from eth_account import Account
from typer.testing import CliRunner

from muniment.access.model import Scope
from muniment.ballots.hashes import setup_id
from muniment.ballots.manifest import Manifest, build, encode_modulus
from muniment.ballots.trustees.ceremony_state import CeremonyState, read_ceremony
from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.cli.main import app
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from tests.service.conftest import ETHER
from tests.service.documents.registry import artifact
from tests.service.nodes import ROOT, Node

PASSWORD = "a password of enough letters"
DOMAIN = keccak(b"elections.example.gov")
PERIOD = 3_600


def compiled(name: str) -> tuple[list[dict[str, Any]], str]:
    """A contract's ABI and creation code; the test is skipped where it was not compiled."""
    try:
        return artifact(name)
    except FileNotFoundError:
        pytest.skip(f"{name} is not compiled; run brownie compile")


def deployed_code(name: str) -> bytes:
    """The compiled code as it will stand, zeros for its immutables; the test is skipped where Brownie made none."""
    path = ROOT / "build" / "contracts" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{name} is not compiled by Brownie; run brownie compile")
    return bytes.fromhex(json.loads(path.read_text())["deployedBytecode"].removeprefix("0x"))


def manifest_of(agency: str, trustees: Sequence[str], threshold: int, **changes: Any) -> Manifest:
    """A small election's manifest."""
    return build(
        {
            "agency": agency,
            "title": "A bench or a tree",
            "language": "en",
            "contests": [{"title": "Which?", "form": "choice", "options": ["Bench", "Tree"], "blank": False}],
            "units": [{"name": "All", "area": "Village", "eligible": 9, "key": encode_modulus(2**2047 + 1)}],
            "minBallots": 2,
            "trustees": list(trustees),
            "threshold": threshold,
            "schedule": {
                "enrolmentOpens": 1_900_000_000,
                "enrolmentCloses": 1_900_100_000,
                "rollCloses": 1_900_200_000,
                "opens": 1_900_300_000,
                "closes": 1_900_400_000,
            },
            **changes,
        }
    )


@dataclass
class Ceremony:
    """The contracts on a node, and a ceremony that has begun."""

    node: Node
    deployment: Deployment
    folder: Path
    officer: str
    second_officer: str
    setup: str
    other_nodes: tuple[str, ...] = ()  # that a trustee names beside `node`

    def run(self, place: int, *words: str) -> dict[str, Any]:
        """What the trustee at a place is answered to a command. Raises what the command raises."""
        told: dict[str, Any] = json.loads(self.invoke(place, *words).stdout)
        return told

    def invoke(self, place: int, *words: str) -> Result:
        """The same with all that was said."""
        environment = {
            "MUNIMENT_NETWORK": "local",
            "MUNIMENT_RPC_URLS": ",".join((self.node.url, *self.other_nodes)),
            "MUNIMENT_DEPLOYMENTS": str(self.folder),
            "MUNIMENT_KEYSTORE": str(self.keystore(place)),
            "MUNIMENT_PASSWORD_FILE": str(self.folder / "password"),
        }
        result = CliRunner().invoke(app, ["trustee", *words], env=environment, catch_exceptions=True)
        if result.exception is not None:
            raise result.exception
        return result

    def step(self, step: str, place: int, *options: str) -> dict[str, Any]:
        """A step of the trustee at a place, with its own file."""
        return self.run(place, step, str(self.secret(place)), *options, "--json")

    def steps(self, *steps: str, places: Sequence[int] = (1, 2, 3)) -> None:
        """Each step by each of these trustees in turn."""
        for step in steps:
            for place in places:
                if step == "init":
                    self.init(place)
                else:
                    self.step(step, place)

    def init(self, place: int) -> dict[str, Any]:
        """A fresh secret."""
        return self.run(place, "init", str(self.secret(place)), self.setup, "--json")

    def finish(self) -> str:
        """End the ceremony; gives its stage."""
        return str(self.run(1, "finish", self.setup, "--json")["stage"])

    def refused(self, step: str, place: int, *options: str) -> str:
        """The name of the refusal with which a step ends."""
        with pytest.raises(Refused) as refused:
            self.step(step, place, *options)
        return refused.value.name

    def state(self) -> CeremonyState:
        """How it stands."""
        return read_ceremony(self.node.rpc, self.deployment, self.setup)

    def deployed(self) -> Deployment:
        """The deployment as its file has it by now."""
        return Deployment.load(self.folder / "local.json")

    def pass_time(self, periods: int = 1) -> None:
        """Let stages run out."""
        self.wait_until(self.now() + periods * PERIOD + 1)

    def wait_until(self, moment: int) -> None:
        """Let time pass up to a moment."""
        self.node.call("evm_setNextBlockTimestamp", hex(moment))
        self.node.mine()

    def now(self) -> int:
        """The head's time."""
        head = self.node.rpc.block("latest")
        assert head is not None
        return head.time

    def send(self, sender: str, name: str, function: str, *arguments: Any) -> None:
        """A call of one of the node's own accounts, which must succeed."""
        info = self.deployment.contracts[name]
        self.send_to(sender, info.address, info.abi, function, *arguments)

    def send_to(self, sender: str, to: str, abi: list[dict[str, Any]], function: str, *arguments: Any) -> None:
        """The same for any contract."""
        mined(self.node, {"from": sender, "to": to, "data": encode_call(abi, function, arguments)})

    def keystore(self, place: int) -> Path:
        """The file of a trustee's key."""
        return self.folder / f"trustee-{place}.json"

    def secret(self, place: int) -> Path:
        """The file of a trustee's secret."""
        return self.folder / f"trustee-{place}.secret"


def begin(node: Node, folder: Path, trustees: int = 3, threshold: int = 2, **changes: Any) -> Ceremony:
    """Deploy, accredit an officer, give trustees keys and money, begin."""
    root, admin, officer, second = (account.lower() for account in node.rpc.call("eth_accounts")[:4])
    contracts: dict[str, Any] = {}
    for name, argument in (("AgencyRegistry", lambda: root), ("TrusteeCeremony", lambda: _address(contracts))):
        abi, code = compiled(name)
        receipt = mined(node, {"from": root, "data": code + encode(["address"], [argument()]).hex()})
        block = int(receipt["blockNumber"], 16)
        contracts[name] = {"address": receipt["contractAddress"].lower(), "abi": abi, "start_block": block}
    genesis = node.rpc.block(0)
    assert genesis is not None
    written = {
        "network": "local",
        "chain_id": node.rpc.chain_id(),
        "genesis_hash": genesis.hash,
        "contracts": contracts,
    }
    (folder / "local.json").write_text(json.dumps(written))
    (folder / "password").write_text(PASSWORD + "\n")
    deployment = Deployment.load(folder / "local.json")

    def send(sender: str, name: str, function: str, *arguments: Any) -> None:
        info = deployment.contracts[name]
        mined(node, {"from": sender, "to": info.address, "data": encode_call(info.abi, function, arguments)})

    scope = int(Scope.ELECTION_OFFICER)
    send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, scope, DOMAIN)
    info = deployment.contracts["AgencyRegistry"]
    asked = {"to": info.address, "data": encode_call(info.abi, "agencyIdOf", (ZERO_HASH, DOMAIN))}
    agency = str(node.rpc.call("eth_call", [asked, "latest"]))
    for key in (officer, second):
        send(admin, "AgencyRegistry", "accredit", agency, key, scope, 0, 2**40 - 1)
    accounts = []
    for place in range(1, trustees + 1):
        account = Account.create()
        encrypted = account.encrypt(PASSWORD, kdf="pbkdf2", iterations=1)  # quick to open
        (folder / f"trustee-{place}.json").write_text(json.dumps(encrypted))
        node.call("anvil_setBalance", account.address, hex(ETHER))
        accounts.append(account.address.lower())
    manifest = manifest_of(agency, accounts, threshold, **changes)
    send(officer, "TrusteeCeremony", "begin", "0x" + manifest.content.hex(), accounts, threshold, PERIOD)
    ceremony = deployment.contracts["TrusteeCeremony"].address
    setup = setup_id(deployment.chain_id, ceremony, agency, manifest.hash)
    return Ceremony(node, deployment, folder, officer, second, setup)


def _address(contracts: dict[str, Any]) -> str:
    return str(contracts["AgencyRegistry"]["address"])


def mined(node: Node, transaction: dict[str, Any]) -> dict[str, Any]:
    """Send a transaction of one of the node's accounts; gives its receipt. It must not revert."""
    sent = node.rpc.call("eth_sendTransaction", [{**transaction, "gas": hex(15_000_000)}])
    for _ in range(6000):
        receipt: dict[str, Any] | None = node.rpc.call("eth_getTransactionReceipt", [sent])
        if receipt is not None:
            assert receipt["status"] == "0x1", receipt
            return receipt
        time.sleep(0.01)
    raise AssertionError("the transaction was not mined within 60 s")
