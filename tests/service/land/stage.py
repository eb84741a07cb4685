"""The land contracts on a real node, with a register, its registrars, a court and people who hold titles."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import rlp
from eth_abi.abi import decode, encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from muniment.access.model import Scope
from muniment.chain.deployment import ContractInfo
from muniment.chain.typed_data import signed_by
from muniment.config import Settings
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import party_id
from muniment.identity.typed import Domain, typed_data
from muniment.land.model import title_id
from muniment.services import Services
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.limits import RateLimit
from tests.service.companies.stage import Person, Town, read_all
from tests.service.conftest import ETHER, PASSWORD
from tests.service.documents.registry import Registry, artifact, build
from tests.service.nodes import Node

DAY = 86_400
GB = "0x" + b"GB".ljust(8, b"\0").hex()
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()
GEOMETRY = "0x" + "ab" * 32
SALE = keccak(b"a sale")
SOURCE = {"sourceHash": keccak(b"a deed"), "legalDate": 20_260_401}
NEVER = 2**40 - 1
# Order of creation, and what each is told.
WIRING: Mapping[str, Sequence[str]] = {
    "CredentialRegistry": ("AgencyRegistry",),
    "LienRegistry": ("AgencyRegistry", "PartyRegistry", "TitleRegistry"),
    "TitleMigration": ("AgencyRegistry", "TitleRegistry"),
    "SaleEscrow": ("AgencyRegistry", "PartyRegistry", "TitleRegistry", "Conveyance"),
    "Conveyance": (
        "AgencyRegistry",
        "PartyRegistry",
        "CredentialRegistry",
        "TitleRegistry",
        "LienRegistry",
        "SaleEscrow",
    ),
    "TitleRegistry": ("AgencyRegistry", "PartyRegistry", "LienRegistry", "TitleMigration", "Conveyance"),
}


@dataclass
class Land(Town):
    """The register "GB". Registrars, court and conveyance are accounts of the node; `officer` is the service's key."""

    registrars: tuple[str, str]
    court: str
    court_agency: str
    nonces: Any = field(default_factory=lambda: count(1))

    def person(self, name: str) -> Person:
        """A party with a wallet."""
        commitment, account = keccak(f"record of {name}".encode()), Account.from_key(keccak(f"key of {name}".encode()))
        party, address = party_id(self.registry.agency, commitment), account.address.lower()
        message = {"party": party, "wallet": address, "nonce": 0, "deadline": NEVER}
        domain = Domain.of(self.registry.deployment, "PartyRegistry")
        signature = signed_by(account, typed_data(domain, "BindWallet", message))
        self.registry.send(self.registry.registrar, "PartyRegistry", "bind", commitment, address, 0, NEVER, signature)
        return Person(party, account)

    def now(self) -> int:
        """The head's time."""
        return self.registry.now()

    def read(self) -> None:
        """Follow the chain to its head."""
        read_all(self.services)

    def enter(self, ref: str, *holders: Person, **changes: Any) -> str:
        """A title of these people in equal shares, entered by the first registrar; its id."""
        shares = [{"holder": party, "numerator": 1} for party in sorted(holder.party for holder in holders)]
        entry = {
            "ref": ref, "geometryHash": GEOMETRY, "area": 1_000, "grade": 1, "denominator": len(shares),
            "shares": shares, "sourceHash": SOURCE["sourceHash"], "legalDate": 0, **changes,
        }  # fmt: skip
        self.one("TitleRegistry", "register", GB, entry)
        return title_id("GB", ref)

    def one(self, contract: str, function: str, *arguments: Any) -> None:
        """An act of one registrar."""
        self.registry.send(self.registrars[0], contract, function, *arguments)

    def two(self, contract: str, function: str, *arguments: Any) -> None:
        """An act of two registrars."""
        for key in self.registrars:
            self.registry.send(key, contract, function, *arguments)

    def ordered(self, contract: str, function: str, *arguments: Any) -> None:
        """An act of a court."""
        self.registry.send(self.court, contract, function, *arguments)

    def convey(self, function: str, *arguments: Any, contract: str = "TitleRegistry") -> None:
        """An act of the conveyance contract, whose address the node lends us."""
        address = self.registry.deployment.contracts["Conveyance"].address
        self.registry.node.call("anvil_impersonateAccount", address)
        self.registry.node.call("anvil_setBalance", address, hex(ETHER))
        self.registry.send(address, contract, function, *arguments)

    def consents(self, contract: str, primary: str, message: Mapping[str, Any], *people: Person) -> list[Any]:
        """What people sign to the same act, in the order of their ids."""
        made = []
        for person in sorted(people, key=lambda one: one.party):
            nonce = next(self.nonces)
            full = {**message, "party": person.party, "nonce": nonce, "deadline": NEVER}
            data = typed_data(Domain.of(self.registry.deployment, contract), primary, full)
            made.append(
                {"power": ZERO_HASH, "attorney": ZERO_HASH, "nonce": nonce, "deadline": NEVER,
                 "signature": person.sign(data)}
            )  # fmt: skip
        return made

    def ask(self, contract: str, function: str, *arguments: Any) -> Any:
        """What a view answers, decoded; bytes as 0x hex."""
        info = self.registry.deployment.contracts[contract]
        answer = self.registry.view(contract, function, *arguments)
        described = next(one for one in info.abi if one.get("name") == function and one["type"] == "function")
        values = decode([_type(output) for output in described["outputs"]], bytes.fromhex(answer[2:]))
        return _plain(values[0] if len(values) == 1 else values)


def build_land(node: Node, engine: Engine, folder: Path) -> Land:
    """Deploy everything, accredit officers, open the register, and build the service of the agency that keeps it."""
    registry = build(node)
    accounts = [account.lower() for account in node.rpc.call("eth_accounts")]
    root, admin, registrars, court = accounts[0], accounts[5], (accounts[6], accounts[7]), accounts[8]
    _deploy(registry, root)
    officer = Account.create()
    node.call("anvil_setBalance", officer.address, hex(1000 * ETHER))
    agency = _agency(registry, root, admin, Scope.LAND_REGISTRAR, b"land.example.gov")
    for key in (*registrars, officer.address.lower()):
        registry.send(admin, "AgencyRegistry", "accredit", agency, key, int(Scope.LAND_REGISTRAR), 0, NEVER)
    court_agency = _agency(registry, root, admin, Scope.COURT, b"court.example.gov")
    registry.send(admin, "AgencyRegistry", "accredit", court_agency, court, int(Scope.COURT), 0, NEVER)
    registry.pass_time(2 * DAY + 1)
    registry.send(root, "TitleRegistry", "setRegister", GB, agency, 2)
    services = _services(node, engine, folder, officer, registry)
    (folder / "dist" / "assets").mkdir(parents=True)
    names = ("styles", "icon", "bind", "check", "verify")
    assets = Assets(folder / "dist", {name: f"/static/assets/{name}" for name in names})
    app = create_app(engine, registry.deployment, node.rpc, services.settings, assets)
    app.state.site.writes = app.state.site.questions = RateLimit(burst=10_000, per_minute=10_000)
    app.state.site.clock = registry.now
    services.clock = registry.now
    web = TestClient(app, base_url="http://127.0.0.1:8000")
    return Land(registry, services, web, agency, registrars, court, court_agency)


def _agency(registry: Registry, root: str, admin: str, scope: Scope, domain: bytes) -> str:
    registry.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, int(scope), keccak(domain))
    return registry.view("AgencyRegistry", "agencyIdOf", ZERO_HASH, keccak(domain))


def _deploy(registry: Registry, sender: str) -> None:
    """The contracts of land, each told the addresses that the others will have."""
    first = int(registry.rpc.call("eth_getTransactionCount", [sender, "latest"]), 16)
    addresses = {name: info.address for name, info in registry.deployment.contracts.items()}
    for nonce, name in enumerate(WIRING, first):
        addresses[name] = "0x" + keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[26:]
    for name, told in WIRING.items():
        abi, code = artifact(name)
        data = code + encode(["address"] * len(told), [addresses[one] for one in told]).hex()
        sent = registry.rpc.call("eth_sendTransaction", [{"from": sender, "data": data, "gas": hex(15_000_000)}])
        receipt = None
        for _ in range(3_000):
            receipt = registry.rpc.call("eth_getTransactionReceipt", [sent])
            if receipt is not None:
                break
            time.sleep(0.01)
        assert receipt is not None
        assert receipt["status"] == "0x1", name
        assert receipt["contractAddress"].lower() == addresses[name]
        registry.deployment.contracts[name] = ContractInfo(name, addresses[name], abi, int(receipt["blockNumber"], 16))


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


def _type(described: Mapping[str, Any]) -> str:
    name = str(described["type"])
    if not name.startswith("tuple"):
        return name
    return "(" + ",".join(map(_type, described["components"])) + ")" + name.removeprefix("tuple")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
