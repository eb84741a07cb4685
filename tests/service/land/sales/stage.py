"""A land register with its sales on a real node, with service and web application, and people who trade in land."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rlp
from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from muniment.access.model import Scope
from muniment.chain.abi import encode_call
from muniment.chain.deployment import ContractInfo
from muniment.chain.typed_data import signed_by
from muniment.config import Settings
from muniment.db.engine import reading
from muniment.db.schema import intents
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity.model import known_kind, party_id
from muniment.identity.typed import Domain, typed_data
from muniment.land.model import title_id
from muniment.services import Services
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.limits import RateLimit
from tests.service.conftest import ETHER, PASSWORD
from tests.service.documents.registry import Registry, artifact, build
from tests.service.nodes import Node

DAY = 24 * 3600
SCOPES = Scope.LAND_REGISTRAR | Scope.COURT | Scope.LICENSING | Scope.IDENTITY_OFFICER
DOMAIN = keccak(b"land.example.gov")
JURISDICTION = "GB"
EURO = "EUR"
PERSON, ORGANISATION, FEE = 15_000, 42_500, 825
PRICE = 3_000_001
FAR = 2**40 - 1
_OPEN = ("queued", "signed", "broadcast")
_MONEY = json.loads((Path(__file__).parent / "fair_money.json").read_text())


@dataclass
class Person:
    """A party with its wallet."""

    party: str
    account: LocalAccount

    @property
    def wallet(self) -> str:
        """Its address."""
        return str(self.account.address).lower()


@dataclass
class Market:
    """The node, the service and the API."""

    registry: Registry
    services: Services
    web: TestClient
    agency: str
    officer: str
    token: str
    treasury: str
    payer: str
    people: dict[str, Person] = field(default_factory=dict)
    liens: dict[str, dict[str, Any]] = field(default_factory=dict)

    # ── The service ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> int:
        """The service's time."""
        return self.services.clock()

    def settle(self) -> None:
        """Let the outbox empty itself, and read what came of it."""
        for _ in range(400):
            self.services.tend()
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

    def pass_time(self, seconds: int) -> None:
        """Let time pass on the chain, and read it."""
        self.registry.pass_time(seconds)
        read_all(self.services)

    # ── The API ─────────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        """A question to the API."""
        response = self.web.get(path, params=query)
        assert response.status_code == expected, response.text
        return response.json()

    def post(self, path: str, expected: int = 200, **body: Any) -> Any:
        """A request to the API."""
        response = self.web.post(path, json=body)
        assert response.status_code == expected, response.text
        return response.json()

    def sale(self, sale: str) -> Any:
        """How a sale stands."""
        return self.get(f"/api/sales/{sale}")

    def sign(self, paper: Any, *people: Person) -> Any:
        """How a paper stands after these signed whatever they were asked to."""
        stands = paper
        for person in people:
            shown = self.get(f"/api/sales/papers/{paper['paper']}/typed-data", party=person.party)
            for part in shown["to_sign"]:
                signed = {"place": part["place"], "signature": signed_by(person.account, part["typed_data"])}
                stands = self.post(f"/api/sales/papers/{paper['paper']}/signatures", party=person.party, **signed)
        return stands

    # ── The register ────────────────────────────────────────────────────────────────────────────────────────────

    def person(self, name: str, credential: str | None = None) -> Person:
        """Somebody with a wallet; the same again by the same name."""
        if name in self.people:
            return self.people[name]
        account, commitment = Account.create(), keccak(f"record of {name}".encode())
        party, address, deadline = party_id(self.agency, commitment), account.address.lower(), self.registry.now() + DAY
        message = {"party": party, "wallet": address, "nonce": 7, "deadline": deadline}
        domain = Domain.of(self.registry.deployment, "PartyRegistry")
        signature = signed_by(account, typed_data(domain, "BindWallet", message))
        self.act("PartyRegistry", "bind", commitment, address, 7, deadline, signature)
        if credential is not None:
            kind = known_kind(credential)
            self.act("CredentialRegistry", "issue", self.agency, party, kind, 0, FAR, keccak(b"a decision"))
        made = self.people[name] = Person(party, account)
        read_all(self.services)
        return made

    def title(self, ref: str, *holders: Person) -> str:
        """A title of these in equal shares."""
        ordered = sorted(holders, key=lambda person: person.party)
        entry = {
            "ref": ref,
            "geometryHash": keccak(f"geometry of {ref}".encode()),
            "area": 50_000,
            "grade": 3,
            "denominator": len(ordered),
            "shares": [{"holder": person.party, "numerator": 1} for person in ordered],
            "sourceHash": keccak(b"a deed"),
            "legalDate": 20_260_101,
        }
        self.act("TitleRegistry", "register", jurisdiction(), entry)
        read_all(self.services)
        return title_id(JURISDICTION, ref)

    def lien(self, title: str, creditor: Person, amount: int, deed: str, *holders: Person, version: int = 1) -> str:
        """A lien that the holders agree to; its id."""
        terms = {
            "kind": 1,
            "creditor": creditor.party,
            "amount": amount,
            "currency": currency_word(EURO),
            "deedHash": keccak(deed.encode()),
        }
        consents = []
        for place, person in enumerate(sorted(holders, key=lambda one: one.party)):
            end = {"party": person.party, "nonce": 900 + place + amount, "deadline": FAR}
            head = {"title": title, "version": version, "lien": terms, "rank": 0, "legalDate": 0}
            domain = Domain.of(self.registry.deployment, "LienRegistry")
            signature = signed_by(person.account, typed_data(domain, "ChargeTitle", {**head, **end}))
            unpowered = {"power": ZERO_HASH, "attorney": ZERO_HASH, "nonce": end["nonce"], "deadline": FAR}
            consents.append({**unpowered, "signature": signature})
        self.act("LienRegistry", "enter", title, terms, 0, 0, consents)
        read_all(self.services)
        lien = self.registry.view("LienRegistry", "lienIdOf", terms)
        self.liens[lien] = terms
        return lien

    def act(self, contract: str, function: str, *given: Any) -> None:
        """A call by the registrar's own key."""
        self.registry.send(self.registry.registrar, contract, function, *given)

    def pay(self, sale: str, amount: int | None = None) -> None:
        """Let the payer send what the API tells it to."""
        query = {"payer": self.payer} | ({} if amount is None else {"amount": amount})
        told = self.get(f"/api/sales/{sale}/deposit", **query)
        self.token_call("mint", self.payer, int(told["amount"]))
        for call in told["transactions"]:
            self.send_raw(self.payer, call["to"], call["data"])
        read_all(self.services)

    def token_call(self, function: str, *given: Any) -> None:
        """A call of the token."""
        self.send_raw(self.payer, self.token, encode_call(_MONEY["abi"], function, given))

    def balance(self, owner: str) -> int:
        """An owner's tokens."""
        data = encode_call(_MONEY["abi"], "balanceOf", (owner,))
        return int(self.registry.rpc.call("eth_call", [{"to": self.token, "data": data}, "latest"]), 16)

    def send_raw(self, sender: str, to: str, data: str) -> None:
        """A transaction by an unlocked account; it must not revert."""
        mined(self.registry, {"from": sender, "to": to, "data": data})


def jurisdiction() -> str:
    """The register's bytes8."""
    return "0x" + JURISDICTION.encode().hex().ljust(16, "0")


def currency_word(code: str) -> str:
    """An ISO 4217 code as bytes32."""
    return "0x" + code.encode().hex().ljust(64, "0")


def mined(registry: Registry, transaction: dict[str, Any]) -> dict[str, Any]:
    """The receipt of a transaction that must not revert."""
    sent = registry.rpc.call("eth_sendTransaction", [{**transaction, "gas": hex(16_000_000)}])
    for _ in range(3_000):
        receipt: dict[str, Any] | None = registry.rpc.call("eth_getTransactionReceipt", [sent])
        if receipt is not None:
            assert receipt["status"] == "0x1", receipt
            return receipt
        time.sleep(0.01)
    raise AssertionError("the transaction was not mined within 30 s")


def read_all(services: Services) -> None:
    """Read every block that the node has."""
    for _ in range(1_000):
        read = services.indexer.step()
        if read.number >= read.head:
            return
    raise AssertionError("the indexer does not catch up")


def build_market(node: Node, engine: Engine, folder: Path) -> Market:
    """Deploy everything wired as `scripts/deploy.py` does it; a key for the service; rates in two moneys."""
    registry = build(node)
    accounts = [account.lower() for account in node.rpc.call("eth_accounts")]
    root, admin = accounts[0], accounts[5]
    _deploy_land(registry, root)
    token = _deployed(registry, root, "FairMoney", _MONEY["abi"], _MONEY["code"])
    officer = Account.create()
    node.call("anvil_setBalance", officer.address, hex(1000 * ETHER))
    registry.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, int(SCOPES), DOMAIN)
    agency = registry.view("AgencyRegistry", "agencyIdOf", ZERO_HASH, DOMAIN)
    registry.registrar = accounts[6]
    for key in (officer.address.lower(), registry.registrar):
        registry.send(admin, "AgencyRegistry", "accredit", agency, key, int(SCOPES), 0, FAR)
    registry.send(root, "TitleRegistry", "setRegister", jurisdiction(), agency, 1)
    treasury = accounts[7]
    for currency, payee in ((currency_word(EURO), ZERO_ADDRESS), ("0x" + token[2:].rjust(64, "0"), treasury)):
        rates = {"accepted": True, "person": PERSON, "organisation": ORGANISATION, "payee": payee, "fee": FEE}
        registry.send(admin, "SaleEscrow", "setRates", jurisdiction(), currency, rates)
    services = _services(node, engine, folder, officer, registry)
    read_all(services)
    (folder / "dist" / "assets").mkdir(parents=True)
    names = ("styles", "icon", "bind", "check", "verify")
    assets = Assets(folder / "dist", {name: f"/static/assets/{name}" for name in names})
    app = create_app(engine, registry.deployment, node.rpc, services.settings, assets)
    app.state.site.writes = app.state.site.questions = RateLimit(burst=100_000, per_minute=100_000)
    web = TestClient(app, base_url="http://127.0.0.1:8000")
    return Market(registry, services, web, agency, officer.address.lower(), token, treasury, accounts[8])


def _deploy_land(registry: Registry, root: str) -> None:
    """The land contracts name each other by the addresses that the deployer's later nonces will give."""
    at = {name: info.address for name, info in registry.deployment.contracts.items()}
    agencies, parties = at["AgencyRegistry"], at["PartyRegistry"]
    credentials = _deploy(registry, root, "CredentialRegistry", agencies)
    nonce = int(registry.rpc.call("eth_getTransactionCount", [root, "latest"]), 16)
    coming = [_created(root, nonce + place) for place in range(5)]
    conveyance, titles = coming[3], coming[4]
    liens = _deploy(registry, root, "LienRegistry", agencies, parties, titles)
    migration = _deploy(registry, root, "TitleMigration", agencies, titles)
    escrow = _deploy(registry, root, "SaleEscrow", agencies, parties, titles, conveyance)
    given = (agencies, parties, credentials, titles, liens, escrow)
    assert _deploy(registry, root, "Conveyance", *given) == conveyance
    assert _deploy(registry, root, "TitleRegistry", agencies, parties, liens, migration, conveyance) == titles


def _created(deployer: str, nonce: int) -> str:
    """The address of the contract that a deployer's nonce makes (CREATE)."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[-40:]


def _deploy(registry: Registry, sender: str, name: str, *given: str) -> str:
    abi, code = artifact(name)
    return _deployed(registry, sender, name, abi, code + encode(["address"] * len(given), given).hex())


def _deployed(registry: Registry, sender: str, name: str, abi: Sequence[Any], data: str) -> str:
    receipt = mined(registry, {"from": sender, "data": data})
    address = str(receipt["contractAddress"]).lower()
    if name != "FairMoney":
        info = ContractInfo(name, address, list(abi), int(receipt["blockNumber"], 16))
        registry.deployment.contracts[name] = info
    return address


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
        relays_per_day=1_000,
        webhooks_loopback=True,
    )
    services = Services(settings, engine)
    services.deployment = registry.deployment
    return services


# ── A whole sale ────────────────────────────────────────────────────────────────────────────────────────────────

Change = dict[str, Any]


@dataclass
class Deal:
    """Sellers and a buyer with their banks and an agent; each step taken through the API."""

    market: Market
    title: str
    sellers: list[Person]
    buyers: list[Person]
    token: bool = True
    mortgage: bool = True
    listing: Change = field(default_factory=dict)
    offer: Change = field(default_factory=dict)
    contract: Change = field(default_factory=dict)
    sale: str = ""

    def __post_init__(self) -> None:
        """Signers stand in the order of their ids."""
        self.sellers.sort(key=lambda person: person.party)
        self.buyers.sort(key=lambda person: person.party)
        self.agent = self.market.person("agent", "ESTATE_AGENT")
        self.bank = self.market.person("buyers' bank", "BANK")

    def list(self) -> Any:
        """Put the title up for sale."""
        asked = {
            "title": self.title,
            "currency": self.market.token if self.token else EURO,
            "price": str(PRICE + 1),
            "documentHash": keccak(b"a mandate"),
            "until": self.market.now + 10 * DAY,
            "agent": self.agent.party,
        }
        paper = self.market.post("/api/sales/listings", 201, **{**asked, **self.listing})
        self.sale = paper["sale"]
        return self.market.sign(paper, *self.sellers, self.agent)

    def accept(self) -> Any:
        """Accept the buyers' offer."""
        asked = {
            "shares": [{"holder": person.party, "numerator": 1} for person in self.buyers],
            "price": str(PRICE),
            "documentHash": keccak(b"an offer"),
            "until": self.market.now + 20 * DAY,
            "buyersBank": self.bank.party,
            "payers": [self.market.payer] if self.token else [],
        }
        asked = {name: value for name, value in {**asked, **self.offer}.items() if value is not None}
        paper = self.draft("offers", asked)
        return self.market.sign(paper, *self.sellers, *self.buyers)

    def agree(self) -> Any:
        """Sign the contract."""
        now = self.market.now
        asked = {
            "documentHash": keccak(b"a contract"),
            "lodgeBy": now + 30 * DAY,
            "financeBy": now + 40 * DAY,
            "completeBy": now + 50 * DAY,
            "agentFee": "60000",
        }
        paper = self.draft("contracts", {**asked, **self.contract})
        return self.market.sign(paper, *self.sellers, *self.buyers, self.agent)

    def finance(self) -> Any:
        """Declare the money; the buyers' bank lends."""
        asked: Change = {"documentHash": keccak(b"a loan")}
        if self.mortgage:
            asked["mortgage"] = {"amount": "2000000", "currency": EURO, "deedHash": keccak(b"a mortgage deed")}
        paper = self.draft("finance", asked)
        return self.market.sign(paper, self.bank, *(self.buyers if self.mortgage else []))

    def bill(self) -> Any:
        """Sign the bill of sale."""
        paper = self.draft("bills", {"documentHash": keccak(b"a bill of sale"), "legalDate": 20_260_701})
        return self.market.sign(paper, *self.sellers, *self.buyers)

    def draft(self, path: str, asked: Change) -> Any:
        """A paper of this sale."""
        return self.market.post(f"/api/sales/{self.sale}/{path}", 201, **asked)

    def status(self) -> str:
        """Where it stands."""
        return str(self.market.sale(self.sale)["status"])

    def to_contract(self) -> "Deal":
        """Every step up to the contract."""
        for step in (self.list, self.accept, self.agree):
            step()
            self.market.all_done()
        assert self.status() == "contract_signed"
        return self

    def to_notice(self, lodge: Callable[[str], None]) -> "Deal":
        """Every step up to the priority notice."""
        self.to_contract()
        lodge(self.sale)
        self.market.all_done()
        assert self.status() == "pending_title"
        return self
