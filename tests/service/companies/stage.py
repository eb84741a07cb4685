"""An agency that knows e-residents and enters companies, on a real node, with its service and its web application."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from muniment.access.model import Scope
from muniment.chain.deployment import ContractInfo
from muniment.chain.typed_data import signed_by
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.db.schema import intents
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity.model import known_kind
from muniment.identity.residency import submit as residency
from muniment.identity.residency.model import Check
from muniment.services import Services
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.limits import RateLimit
from tests.service.conftest import ETHER, PASSWORD
from tests.service.documents.registry import Registry, artifact, build
from tests.service.nodes import Node

SCOPES = Scope.IDENTITY_OFFICER | Scope.RESIDENCY_OFFICER | Scope.COMPANY_REGISTRAR | Scope.DOCUMENT_ISSUER
DOMAIN = keccak(b"register.example.gov")
FEE = 190
_OPEN = ("queued", "signed", "broadcast")


@dataclass
class Person:
    """A party with its wallet."""

    party: str
    account: LocalAccount

    def sign(self, typed_data: dict[str, Any]) -> str:
        """The wallet's signature over what a page shows."""
        return signed_by(self.account, typed_data)


@dataclass
class Town:
    """The node, the service and the API."""

    registry: Registry
    services: Services
    web: TestClient
    agency: str

    def settle(self) -> None:
        """Let the outbox empty itself, and read what came of it."""
        for _ in range(200):
            self.services.worker.step()
            self.registry.node.mine()
            read_all(self.services)
            if not self.open_intents():
                return
            time.sleep(0.05)
        raise AssertionError(f"intents stay open: {self.states()}")

    def open_intents(self) -> int:
        """How many intents are under way."""
        with reading(self.services.engine) as connection:
            query = select(func.count()).select_from(intents).where(intents.c.state.in_(_OPEN))
            return connection.execute(query).scalar_one()

    def states(self) -> dict[str, tuple[str, str | None]]:
        """Each intent's state and reason."""
        with reading(self.services.engine) as connection:
            rows = connection.execute(select(intents.c.key, intents.c.state, intents.c.reason).order_by(intents.c.id))
            return {row.key: (row.state, row.reason) for row in rows}

    def all_done(self) -> None:
        """Settle; nothing may have been refused or parked."""
        self.settle()
        assert {state for state, _ in self.states().values()} <= {"included", "safe", "finalized"}, self.states()

    def get(self, path: str, **query: Any) -> Any:
        """A question to the API."""
        response = self.web.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, expected: int = 200, **body: Any) -> Any:
        """A request to the API."""
        response = self.web.post(path, json=body)
        assert response.status_code == expected, response.text
        return response.json()

    def resident(self, given_name: str) -> Person:
        """Somebody who applied for e-residency, was checked by two officers, approved, and linked a wallet."""
        made = self.post(
            "/api/residency/applications", 201, agency=self.agency, given_name=given_name, family_name="Testing",
            date_of_birth="1990-02-28", nationality="FI", document_number="P1234567", email="a@example.org",
            reason="To found a company.",
        )  # fmt: skip
        sealer, now = self.services.sealer, self.services.clock()
        with writing(self.services.engine) as connection:
            for check in Check:
                residency.check(connection, sealer, made["case"], check, "officer 1", True, "seen", now)
        with writing(self.services.engine) as connection:
            approved = residency.approve(connection, sealer, made["case"], "officer 2", 5, now)
        code, account = approved.invited.code, Account.create()
        shown = self.get(f"/api/identity/bindings/{code}", wallet=account.address)
        signature = signed_by(account, shown["typed_data"])
        self.post("/api/identity/bindings", 202, code=code, wallet=account.address, signature=signature)
        self.all_done()
        followed = self.get(f"/api/residency/applications/{made['token']}")
        assert followed["state"] == "approved"
        assert followed["invitation"] == "used"
        assert followed["party"] == approved.party
        return Person(approved.party, account)

    def anchored(self, person: Person, root: str) -> None:
        """A root that a person issues in their own name, relayed by the service."""
        asked = {"party": person.party, "root": root, "count": 1}
        shown = self.post("/api/documents/approvals/typed-data", **asked)
        signed = {"nonce": shown["nonce"], "deadline": shown["deadline"], "signature": person.sign(shown["typed_data"])}
        self.post("/api/documents/approvals", 202, **asked, **signed)

    def reserved(self, person: Person, name: str) -> str:
        """The id of a company whose name a person reserves."""
        asked = {"agency": self.agency, "name": name, "party": person.party}
        shown = self.post("/api/companies/reservations/typed-data", **asked)
        signed = {"nonce": shown["nonce"], "deadline": shown["deadline"], "signature": person.sign(shown["typed_data"])}
        made = self.post("/api/companies/reservations", 202, **asked, **signed)
        assert made["company"] == shown["company"]
        return str(made["company"])

    def signed_filing(self, filing: str, people: Sequence[Person]) -> Any:
        """How a filing stands after these people signed whatever they were asked to."""
        stands: Any = None
        for person in people:
            shown = self.get(f"/api/companies/filings/{filing}/typed-data", party=person.party)
            for part in shown["to_sign"]:
                body = {"party": person.party, "part": part["part"], "signature": person.sign(part["typed_data"])}
                stands = self.post(f"/api/companies/filings/{filing}/signatures", **body)
        return stands


def read_all(services: Services) -> None:
    """Read every block that the node has."""
    for _ in range(1_000):
        read = services.indexer.step()
        if read.number >= read.head:
            return
    raise AssertionError("the indexer does not catch up")


def build_town(node: Node, engine: Engine, folder: Path) -> Town:
    """Deploy everything, and give one officer key to the service of an agency that asks a fee and e-residents."""
    registry = build(node)
    accounts = [account.lower() for account in node.rpc.call("eth_accounts")]
    root, admin = accounts[0], accounts[5]
    agencies, parties, documents = (
        registry.deployment.contracts[name].address for name in ("AgencyRegistry", "PartyRegistry", "DocumentRegistry")
    )
    credentials = _deploy(registry, root, "CredentialRegistry", agencies)
    _deploy(registry, root, "CompanyRegistry", agencies, parties, credentials, documents)
    officer = Account.create()
    node.call("anvil_setBalance", officer.address, hex(1000 * ETHER))
    registry.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, int(SCOPES), DOMAIN)
    agency = registry.view("AgencyRegistry", "agencyIdOf", ZERO_HASH, DOMAIN)
    period = (0, 2**40 - 1)
    registry.send(admin, "AgencyRegistry", "accredit", agency, officer.address.lower(), int(SCOPES), *period)
    resident = known_kind("E_RESIDENT")
    rules = {"feeToken": ZERO_ADDRESS, "fee": FEE, "payee": ZERO_ADDRESS, "contactKind": resident}
    registry.send(admin, "CompanyRegistry", "setRules", agency, {**rules, "founderKinds": [resident]})
    services = _services(node, engine, folder, officer, registry)
    read_all(services)
    (folder / "dist" / "assets").mkdir(parents=True)
    names = ("styles", "icon", "bind", "check", "verify")
    assets = Assets(folder / "dist", {name: f"/static/assets/{name}" for name in names})
    app = create_app(engine, registry.deployment, node.rpc, services.settings, assets)
    app.state.site.writes = app.state.site.questions = RateLimit(burst=10_000, per_minute=10_000)
    return Town(registry, services, TestClient(app, base_url="http://127.0.0.1:8000"), agency)


def _services(node: Node, engine: Engine, folder: Path, officer: LocalAccount, registry: Registry) -> Services:
    keystore, password = folder / "officer.json", folder / "password"
    keystore.write_text(json.dumps(officer.encrypt(PASSWORD, kdf="pbkdf2", iterations=1)))
    password.write_text(PASSWORD)
    settings = Settings(
        rpc_urls=(node.url,),
        database_url=str(engine.url),
        keystore=keystore,
        password_file=password,
        identity_key_file=folder / "identity.key",
    )
    services = Services(settings, engine)
    services.deployment = registry.deployment
    return services


def _deploy(registry: Registry, sender: str, name: str, *given: str) -> str:
    abi, code = artifact(name)
    data = code + encode(["address"] * len(given), given).hex()
    sent = registry.rpc.call("eth_sendTransaction", [{"from": sender, "data": data, "gas": hex(15_000_000)}])
    for _ in range(6000):
        receipt = registry.rpc.call("eth_getTransactionReceipt", [sent])
        if receipt is not None:
            assert receipt["status"] == "0x1", receipt
            address = str(receipt["contractAddress"]).lower()
            registry.deployment.contracts[name] = ContractInfo(name, address, abi, int(receipt["blockNumber"], 16))
            return address
        time.sleep(0.01)
    raise AssertionError(f"{name} was not deployed within 60 s")
