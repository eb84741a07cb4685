"""An election on a real node: its officers, trustees and voters, the office with its service, and the API."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from muniment.access.model import Scope
from muniment.ballots import hashes
from muniment.ballots.crypto.ballot import prepare_ballot, replacing, sign_ballot
from muniment.ballots.crypto.group import address_of, draw_scalar, multiply, sign
from muniment.ballots.crypto.packing import pack_ballot, pack_replaced
from muniment.ballots.enrolment import blind
from muniment.ballots.enrolment.eligible import import_eligible
from muniment.ballots.enrolment.keys import make as make_keys
from muniment.ballots.enrolment.roll_building import BuiltRoll
from muniment.ballots.enrolment.roll_building import build as build_roll
from muniment.ballots.manifest import build as build_manifest
from muniment.ballots.model import Ballot, BallotPaper, BatchPlace, Replaced
from muniment.ballots.papers import election_at
from muniment.ballots.roll import roll_tree
from muniment.ballots.setups import setup_of
from muniment.ballots.trustees.ceremony import TrusteeSecret, deal, draw_secret
from muniment.chain.abi import canonical_type
from muniment.chain.deployment import ContractInfo, ContractKind, Deployment
from muniment.chain.typed_data import signed_by
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import party_id
from muniment.identity.typed import Domain, typed_data
from muniment.services import Services
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.limits import RateLimit
from tests.service.companies.stage import Person, Town, read_all
from tests.service.conftest import ETHER, PASSWORD
from tests.service.documents.registry import Registry, artifact, build
from tests.service.nodes import Node

SCOPES = Scope.ELECTION_OFFICER | Scope.IDENTITY_OFFICER
DOMAIN = keccak(b"elections.example.gov")
CONTESTS = [
    {"title": "Mayor", "form": "choice", "options": ["Ada", "Bo"], "blank": True},
    {"title": "Parks", "form": "points", "options": ["North", "South"], "most": 1, "minimum": 0, "maximum": 2},
]
THRESHOLD = 2
MIN_BALLOTS = 2
STEP = 1_000  # seconds that each window lasts


@dataclass
class Voter:
    """A citizen, and the credential that nobody can tell to be theirs."""

    person: Person
    unit: int
    secret: int = field(default_factory=draw_scalar)
    randomizer: bytes = b""
    signature: bytes = b""

    @property
    def credential(self) -> str:
        """The address that stands on the roll."""
        return address_of(multiply(self.secret))


@dataclass
class Polls(Town):
    """One election from its ceremony to its result."""

    officers: tuple[str, str]
    trustees: tuple[str, ...]
    setup: str = ""
    box: str = ""
    begun: int = 0
    secrets: dict[str, TrusteeSecret] = field(default_factory=dict)
    voters: list[Voter] = field(default_factory=list)

    # ── The trustees' ceremony ──

    def begin(self, units: Sequence[int], title: str = "Council", keys: Sequence[str] = ()) -> None:
        """Announce an election with so many eligible voters in each unit, with new keys unless some are given."""
        with writing(self.services.engine) as connection:
            keys = keys or make_keys(connection, self.services.sealer, len(units), 2048, 0)
        self.begun = self.registry.now()
        windows = ("enrolmentOpens", "enrolmentCloses", "rollCloses", "opens", "closes")
        manifest = build_manifest(
            {
                "agency": self.agency, "title": title, "language": "en", "contests": CONTESTS,
                "units": [
                    {"name": f"unit {n}", "area": f"area {n // 2}", "eligible": size, "key": key}
                    for n, (size, key) in enumerate(zip(units, keys, strict=True))
                ],
                "minBallots": MIN_BALLOTS, "trustees": list(self.trustees), "threshold": THRESHOLD,
                "schedule": {name: self.begun + STEP * (n + 1) for n, name in enumerate(windows)},
            }
        )  # fmt: skip
        ceremony = self.registry.deployment.contracts["TrusteeCeremony"]
        self.setup = hashes.setup_id(31_337, ceremony.address, self.agency, manifest.hash)
        content = "0x" + manifest.content.hex()
        self.registry.send(self.officers[0], "TrusteeCeremony", "begin", content, list(self.trustees), THRESHOLD, 3_600)

    def make_key(self) -> None:
        """Every trustee does every step, none complains."""
        for trustee in self.trustees:
            self.secrets[trustee] = draw_secret(self.setup, trustee, THRESHOLD)
            self._trustee(trustee, "commit", self.secrets[trustee].revealed.commitment(self.setup, trustee))
        for trustee in self.trustees:
            self._trustee(trustee, "reveal", _reveal(self.secrets[trustee]))
        keys = {n: self.secrets[trustee].revealed.encryption_key for n, trustee in enumerate(self.trustees, 1)}
        for place, trustee in enumerate(self.trustees, 1):
            dealt = deal(self.secrets[trustee], place, keys, len(self.trustees))
            self._trustee(trustee, "deal", list(dealt))
        for trustee in self.trustees:
            self._trustee(trustee, "confirm")
        self._trustee(self.trustees[0], "finish")
        self.read()

    def _trustee(self, trustee: str, function: str, *arguments: Any) -> None:
        self.registry.send(trustee, "TrusteeCeremony", function, self.setup, *arguments)

    # ── Enrolment ──

    def citizens(self, units: Sequence[int]) -> None:
        """Voters with wallets, as many as the numbers say in each unit; listed as eligible."""
        for unit, size in enumerate(units):
            self.voters += [Voter(self.person(f"{self.setup} {unit} {number}"), unit) for number in range(size)]
        lines = ["voter,unit", *(f"{voter.person.party},{voter.unit}" for voter in self.voters)]
        with writing(self.services.engine) as connection:
            import_eligible(connection, self.services.sealer, setup_of(connection, self.setup), lines)
        self.read()

    def person(self, name: str) -> Person:
        """A party with a wallet."""
        commitment, account = keccak(name.encode()), Account.from_key(keccak(f"key of {name}".encode()))
        party, address = party_id(self.agency, commitment), account.address.lower()
        message = {"party": party, "wallet": address, "nonce": 0, "deadline": 2**40 - 1}
        domain = Domain.of(self.registry.deployment, "PartyRegistry")
        signature = signed_by(account, typed_data(domain, "BindWallet", message))
        officer = self.officers[0]
        self.registry.send(officer, "PartyRegistry", "bind", commitment, address, 0, 2**40 - 1, signature)
        return Person(party, account)

    def enrol(self, voter: Voter) -> dict[str, Any]:
        """As the page does it: blind, sign, send, unblind."""
        key = self.unit_key(voter.unit)
        message = hashes.credential_message(self.setup, voter.unit, voter.credential)
        prepared, voter.randomizer = blind.prepare(message)
        blinded, secret = blind.blind(key, prepared)
        body = self.enrolment(voter, blinded)
        issued: dict[str, Any] = self.post(self.path("enrolments"), 200, **body)
        voter.signature = blind.finalize(key, prepared, blind.from_text(issued["signature"]), secret)
        return {**body, **issued}

    def enrolment(self, voter: Voter, blinded: bytes) -> dict[str, Any]:
        """The request for a blind signature, signed by the voter's wallet."""
        shown = self.get(
            self.path("typed-data/enrol"), voter=voter.person.party, unit=voter.unit, blinded=keccak(blinded)
        )
        typed = shown["typed_data"]
        return {
            "voter": voter.person.party, "unit": voter.unit, "blinded": blind.to_text(blinded),
            "deadline": int(typed["message"]["deadline"]), "signature": voter.person.sign(typed),
        }  # fmt: skip

    def unit_key(self, unit: int) -> blind.PublicKey:
        """The office's key of a unit, as the manifest publishes it."""
        with reading(self.services.engine) as connection:
            return blind.PublicKey(setup_of(connection, self.setup).manifest.units[unit].modulus)

    def submit(self, voter: Voter, status: int = 200) -> Any:
        """Send the credential without saying whose it is."""
        told = {"randomizer": blind.to_text(voter.randomizer), "signature": blind.to_text(voter.signature)}
        return self.post(self.path("credentials"), status, unit=voter.unit, credential=voter.credential, **told)

    def enrol_all(self) -> None:
        """Everybody enrols, and hands the credential in."""
        for voter in self.voters:
            self.enrol(voter)
        self.pass_to("enrolmentCloses")
        for voter in self.voters:
            self.submit(voter)

    # ── The box ──

    def open(self) -> BuiltRoll:
        """Build the roll, create the box, register it by two officers."""
        self.pass_to("rollCloses")
        with writing(self.services.engine) as connection:
            setup = setup_of(connection, self.setup)
            built = build_roll(connection, setup, self.services.clock())
        abi, code = artifact("BallotBox")
        schedule = setup.manifest.schedule
        opening = (
            self.registry.deployment.contracts["TrusteeCeremony"].address, bytes.fromhex(self.setup[2:]),
            schedule.opens, schedule.closes, MIN_BALLOTS, bytes.fromhex(built.log_root[2:]),
            [form.pack() for form in setup.manifest.forms],
        )  # fmt: skip
        units = [(r.unit, r.lines, r.issued, r.eligible, bytes.fromhex(r.root[2:])) for r in built.units]
        described = next(one for one in abi if one["type"] == "constructor")
        types = [canonical_type(one) for one in described["inputs"]]
        self.box = create(self.registry, code + encode(types, [opening, units]).hex())
        for officer in self.officers:
            self.registry.send(officer, "TrusteeCeremony", "openElection", self.setup, self.box)
        self.read()
        return built

    def paper(self, unit: int) -> BallotPaper:
        """The paper of a unit, from the read tables."""
        with reading(self.services.engine) as connection:
            return election_at(connection, self.box).paper(unit)

    def place(self, voter: Voter) -> tuple[int, tuple[str, ...]]:
        """The voter's line of the roll, found in the whole unit."""
        lines = [line[0] for line in self.get(self.path(f"roll/units/{voter.unit}"))["lines"]]
        index = lines.index(voter.credential)
        return index, roll_tree(voter.unit, lines).path(index)

    def ballot(
        self,
        voter: Voter,
        selections: Sequence[Sequence[int]],
        previous: str = ZERO_HASH,
        replaced: Replaced | None = None,
    ) -> Ballot:
        """A signed ballot."""
        paper, (index, path) = self.paper(voter.unit), self.place(voter)
        made, _ = prepare_ballot(
            paper, index, voter.credential, selections, path=path, previous=previous, replaced=replaced
        )
        return sign_ballot(paper, made, voter.secret)

    def again(self, voter: Voter, before: Ballot, selections: Sequence[Sequence[int]]) -> Ballot:
        """A ballot that replaces another, by what the service tells of where that one lies."""
        told = self.get(self.path(f"ballots/{self.tracker(voter.unit, before)}"))
        batched = told["batch"] is not None
        place = BatchPlace(told["batch"], told["place"], tuple(told["path"])) if batched else None
        replaced = replacing(before, place)
        return self.ballot(voter, selections, told["tracker"], replaced)

    def tracker(self, unit: int, ballot: Ballot) -> str:
        """A ballot's tracker."""
        content = hashes.content_hash(self.paper(unit).election, unit, ballot.credential, ballot.ciphertexts)
        return hashes.tracker_of(content, ballot.previous, hashes.proofs_hash(ballot.proofs))

    def cast(self, unit: int, *ballots: Ballot) -> list[dict[str, Any]]:
        """Hand ballots to the relay; what it answers to each."""
        packed = ["0x" + pack_ballot(ballot).hex() for ballot in ballots]
        told = self.post(self.path("ballots"), 200, unit=unit, ballots=packed)
        return list(told["outcomes"])

    def withdraw(self, voter: Voter, before: Ballot | None = None, *, settled: bool = True) -> int:
        """Withdraw as the voter's credential signs, with the ballot that counts until then; the voter's line."""
        index, _ = self.place(voter)
        signature = signature_of(hashes.withdrawal_digest(self.paper(voter.unit).domain, voter.unit, index), voter)
        replaced = "0x"
        if before is not None:
            named = self.again(voter, before, [(0,), (0, 0)]).replaced
            assert named is not None
            replaced = f"0x{1 if named.place else 2:02x}{pack_replaced(named).hex()}"
        sent = {"unit": voter.unit, "index": index, "credential": voter.credential}
        self.post(self.path("withdrawals"), 202, **sent, signature=signature, replaced=replaced)
        if settled:
            self.all_done()
        return index

    # ── Around it ──

    def path(self, what: str) -> str:
        """A route of this election."""
        return f"/api/elections/{self.setup}/{what}"

    def read(self) -> None:
        """Follow the chain to its head."""
        read_all(self.services)

    def pass_to(self, window: str, more: int = 0) -> None:
        """Let time pass to a time of the schedule, and some seconds more."""
        windows = ("enrolmentOpens", "enrolmentCloses", "rollCloses", "opens", "closes")
        wanted = self.begun + STEP * (windows.index(window) + 1) + more
        self.registry.pass_time(max(wanted - self.registry.now(), 0) + 1)
        self.read()


def signature_of(digest: str, voter: Voter) -> str:
    """What a voter's credential signs: r, s, v."""
    compact = sign(bytes.fromhex(digest[2:]), voter.secret)
    parity, s = compact[32] >> 7, int.from_bytes(compact[32:], "big") & (2**255 - 1)
    return "0x" + (compact[:32] + s.to_bytes(32, "big") + bytes([27 + parity])).hex()


def create(registry: Registry, data: str) -> str:
    """Create a contract; its address."""
    sender = registry.rpc.call("eth_accounts")[9]
    sent = registry.rpc.call("eth_sendTransaction", [{"from": sender, "data": data, "gas": hex(16_000_000)}])
    for _ in range(3_000):
        receipt = registry.rpc.call("eth_getTransactionReceipt", [sent])
        if receipt is not None:
            assert receipt["status"] == "0x1", receipt
            return str(receipt["contractAddress"]).lower()
        time.sleep(0.01)
    raise AssertionError("the contract was not created within 30 s")


def build_polls(node: Node, engine: Engine, folder: Path) -> Polls:
    """Deploy everything, and build the service of the agency that holds elections."""
    registry = build(node)
    accounts = [account.lower() for account in node.rpc.call("eth_accounts")]
    root, admin, officers, trustees = accounts[0], accounts[5], (accounts[3], accounts[4]), tuple(accounts[6:9])
    ceremony, code = artifact("TrusteeCeremony")
    agencies = registry.deployment.contracts["AgencyRegistry"].address
    address = create(registry, code + encode(["address"], [agencies]).hex())
    contracts = {
        **registry.deployment.contracts,
        "TrusteeCeremony": ContractInfo("TrusteeCeremony", address, ceremony, 1),
    }
    found = ("TrusteeCeremony", "ElectionOpened", "box", "BoxOpened")
    kinds = {"BallotBox": ContractKind("BallotBox", artifact("BallotBox")[0], *found)}
    known = registry.deployment
    registry.deployment = Deployment(known.network, known.chain_id, known.genesis_hash, contracts, kinds)
    registry.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, int(SCOPES), DOMAIN)
    agency = registry.view("AgencyRegistry", "agencyIdOf", ZERO_HASH, DOMAIN)
    for officer in officers:
        registry.send(admin, "AgencyRegistry", "accredit", agency, officer, int(SCOPES), 0, 2**40 - 1)
    registry.pass_time(3 * 86_400)  # two officers who were accredited just now do not count as two
    services = _services(node, engine, folder, registry.deployment)
    read_all(services)
    (folder / "dist" / "assets").mkdir(parents=True)
    names = ("styles", "icon", "bind", "check", "verify")
    assets = Assets(folder / "dist", {name: f"/static/assets/{name}" for name in names})
    app = create_app(engine, registry.deployment, node.rpc, services.settings, assets)
    app.state.site.writes = app.state.site.casting = RateLimit(burst=10_000, per_minute=10_000)
    web = TestClient(app, base_url="http://127.0.0.1:8000")
    return Polls(registry, services, web, agency, officers, trustees)


def _services(node: Node, engine: Engine, folder: Path, deployment: Deployment) -> Services:
    relayer = Account.create()
    node.call("anvil_setBalance", relayer.address, hex(1000 * ETHER))
    keystore, password = folder / "relayer.json", folder / "password"
    keystore.write_text(json.dumps(relayer.encrypt(PASSWORD, kdf="pbkdf2", iterations=1)))
    password.write_text(PASSWORD)
    settings = Settings(
        rpc_urls=(node.url,),
        database_url=str(engine.url),
        keystore=keystore,
        password_file=password,
        identity_key_file=folder / "identity.key",
    )
    services = Services(settings, engine)
    services.deployment = deployment
    return services


def _reveal(secret: TrusteeSecret) -> Mapping[str, Any]:
    revealed = secret.revealed
    return {
        "coefficients": [_point(point) for point in revealed.coefficients],
        "encryptionKey": _point(revealed.encryption_key),
        "constantProof": _proof(revealed.constant_proof),
        "keyProof": _proof(revealed.key_proof),
    }


def _point(point: Any) -> Mapping[str, str]:
    return {"x": str(point.x), "y": str(point.y)}


def _proof(proof: Any) -> Mapping[str, str]:
    return {"challenge": str(proof.challenge), "response": str(proof.response)}
