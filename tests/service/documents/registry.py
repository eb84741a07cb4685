"""A node with the agency, party and document registries in place, driven through its unlocked accounts."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount

from muniment.access.model import Scope
from muniment.chain.abi import encode_call
from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.rpc import Rpc
from muniment.chain.typed_data import signed_by
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import party_id
from muniment.identity.typed import Domain, typed_data
from tests.service.nodes import ROOT, Node

SCOPES = Scope.DOCUMENT_ISSUER | Scope.KEY_CUSTODIAN | Scope.IDENTITY_OFFICER
DOMAIN = keccak(b"diplomas.university.example")


def artifact(name: str) -> tuple[list[dict[str, Any]], str]:
    """A contract's ABI and creation code, from whichever compiler ran; the test is skipped where none did."""
    brownie, forge = ROOT / "build" / "contracts", ROOT / ".cache" / "forge" / "out"
    # All from one compiler: the contracts of two builds may not fit.
    if (brownie / "DocumentRegistry.json").exists():
        held = json.loads((brownie / f"{name}.json").read_text())
        return held["abi"], "0x" + held["bytecode"]
    if (forge / "DocumentRegistry.sol").exists():
        held = json.loads((forge / f"{name}.sol" / f"{name}.json").read_text())
        return held["abi"], held["bytecode"]["object"]
    pytest.skip("the contracts are not compiled; run brownie compile or forge build")


@dataclass
class Registry:
    """The contracts on a fresh node; accounts by what they do."""

    node: Node
    deployment: Deployment
    admin: str
    registrar: str
    agency: str

    @property
    def rpc(self) -> Rpc:
        """The node."""
        return self.node.rpc

    def send(self, sender: str, contract: str, function: str, *arguments: Any) -> dict[str, Any]:
        """Send a call and return its receipt; it must not revert."""
        info = self.deployment.contracts[contract]
        return _mined(
            self.rpc, {"from": sender, "to": info.address, "data": encode_call(info.abi, function, arguments)}
        )

    def view(self, contract: str, function: str, *arguments: Any) -> str:
        """What a view answers, as 0x hex."""
        info = self.deployment.contracts[contract]
        data = encode_call(info.abi, function, arguments)
        return str(self.rpc.call("eth_call", [{"to": info.address, "data": data}, "latest"]))

    def issue(self, root: str, count: int, expires_at: int = 0) -> None:
        """Anchor a root by the registrar."""
        entry = {"root": root, "schema": ZERO_HASH, "count": count, "expiresAt": expires_at}
        self.send(self.registrar, "DocumentRegistry", "issue", self.agency, entry)

    def accredit(self, key: str) -> None:
        """Let a key issue documents, judge other keys and bind wallets."""
        self.send(self.admin, "AgencyRegistry", "accredit", self.agency, key, int(SCOPES), 0, 2**40 - 1)

    def bound_party(self, wallet: LocalAccount) -> str:
        """A party with this wallet, bound by the registrar; returns its id."""
        commitment, address = keccak(b"somebody"), wallet.address.lower()
        party, deadline = party_id(self.agency, commitment), self.now() + 1_000
        message = {"party": party, "wallet": address, "nonce": 7, "deadline": deadline}
        signed = signed_by(wallet, typed_data(Domain.of(self.deployment, "PartyRegistry"), "BindWallet", message))
        self.send(self.registrar, "PartyRegistry", "bind", commitment, address, 7, deadline, signed)
        return party

    def now(self) -> int:
        """The head's time."""
        head = self.rpc.block("latest")
        assert head is not None
        return head.time

    def pass_time(self, seconds: int) -> None:
        """Let time pass, and a block with it."""
        self.rpc.call("evm_increaseTime", [seconds])
        self.rpc.call("evm_mine", [])


def build(node: Node) -> Registry:
    """Deploy, register an agency, accredit its registrar."""
    accounts = [account.lower() for account in node.rpc.call("eth_accounts")]
    root, admin, registrar = accounts[:3]
    contracts: dict[str, ContractInfo] = {}

    def deploy(name: str, types: Sequence[str], values: Sequence[Any]) -> str:
        abi, code = artifact(name)
        receipt = _mined(node.rpc, {"from": root, "data": code + encode(types, values).hex()})
        address = receipt["contractAddress"].lower()
        contracts[name] = ContractInfo(name, address, abi, int(receipt["blockNumber"], 16))
        return str(address)

    agencies = deploy("AgencyRegistry", ["address"], [root])
    parties = deploy("PartyRegistry", ["address"], [agencies])
    deploy("DocumentRegistry", ["address", "address"], [agencies, parties])
    genesis = node.rpc.block(0)
    assert genesis is not None
    deployment = Deployment("test", node.rpc.chain_id(), genesis.hash, contracts)
    made = Registry(node, deployment, admin, registrar, "")
    scopes = int(SCOPES)
    made.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, scopes, DOMAIN)
    made.agency = made.view("AgencyRegistry", "agencyIdOf", ZERO_HASH, DOMAIN)
    made.accredit(registrar)
    return made


def _mined(rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
    sent = rpc.call("eth_sendTransaction", [{**transaction, "gas": hex(15_000_000)}])
    for _ in range(6000):
        receipt: dict[str, Any] | None = rpc.call("eth_getTransactionReceipt", [sent])
        if receipt is not None:
            assert receipt["status"] == "0x1", receipt
            return receipt
        time.sleep(0.01)
    raise AssertionError("the transaction was not mined within 60 s")
