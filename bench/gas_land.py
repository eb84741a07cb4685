"""What acts on titles cost: liens, the transfer step of a settlement, dividing and merging, restrictions."""

from pathlib import Path
from typing import Any, NamedTuple

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from bench.node import START, compile_peers, deploy, gas_of

DAY = 86_400
NOBODY = bytes(32)
NEVER = 2**256 - 1
GB = b"GB".ljust(8, b"\0")
MIRROR, ABSOLUTE = 1, 3
CONTRACTUAL, COURT = 1, 3
CHAIN = 7

TARGETS = {
    "lien, by registrar": 105_000,
    "lien, with the owner's signature": 130_000,
    "transfer step": 60_000,
    "transfer step, of 7 together": 40_000,
}
PEERS = {
    "lien, by registrar": {"PropChain (does not bind)": {"value": 122_000, "published": True}},
    "transfer step": {
        "T-REX with KYC": {"value": 139_000, "published": True},
        "HMLR title-token": {"value": 119_000, "published": True},
    },
}


class Land(NamedTuple):
    """The contracts of the land domain."""

    titles: Contract
    liens: Contract
    conveyance: Contract


def deploy_land(web3: Web3, artifacts: Path, agencies: Contract, parties: Contract, sender: str) -> Land:
    """The title and lien registries, each knowing the other, beside stand-ins for sales and migrated registers."""
    address = create_address(sender, web3.eth.get_transaction_count(sender) + 3)
    liens = deploy(web3, artifacts, "LienRegistry", agencies.address, parties.address, address, sender=sender)
    names = ("MigrationDouble", "ConveyanceDouble")
    doubles = [deploy(web3, compile_peers(), name, address, sender=sender) for name in names]
    known = [each.address for each in (agencies, parties, liens, *doubles)]
    titles = deploy(web3, artifacts, "TitleRegistry", *known, sender=sender)
    return Land(titles, liens, doubles[1])


def create_address(sender: str, nonce: int) -> str:
    """The address of the contract that a sender's transaction of a nonce below 128 creates."""
    rlp = b"\xd6\x94" + bytes.fromhex(sender[2:]) + bytes([nonce or 0x80])
    return Web3.to_checksum_address(Web3.keccak(rlp)[-20:])


class Scene:
    """A register of two registrars, owners with wallets, and banks."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3 = web3
        people = web3.eth.accounts
        self.root, self.admin, self.registrar, self.second, self.relayer = people[:5]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.root, sender=people[9])
        self.parties = deploy(web3, artifacts, "PartyRegistry", self.agencies.address, sender=people[9])
        self.titles, self.liens, self.conveyance = deploy_land(web3, artifacts, self.agencies, self.parties, people[9])
        self.agency = self.agencies.functions.agencyIdOf(NOBODY, self._hash("land.example.gov")).call()
        self.nonces = dict.fromkeys(("owner", "bank"), 0)

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many things one transaction did, gas for each)."""
        self._offices()
        done = [*self._liens(), *self._transfers(), *self._parcels(), *self._restrictions()]
        return {act: (n, gas // n) for act, n, gas in done}

    def _offices(self) -> None:
        call, end = self.agencies.functions, START + 3650 * DAY
        scopes = 2**64 - 1
        register = call.registerAgency(NOBODY, self.admin, scopes, self._hash("land.example.gov"))
        gas_of(self.web3, register, self.root)
        for key in (self.registrar, self.second):
            gas_of(self.web3, call.accredit(self.agency, key, scopes, 0, end), self.admin)
        self.web3.provider.make_request("evm_increaseTime", [3 * DAY])
        gas_of(self.web3, self.titles.functions.setRegister(GB, self.agency, MIRROR), self.root)
        self.keys, self.ids = {}, {}
        for name in ("owner", "bank"):
            key, record = Account.from_key(self._hash(f"key of {name}")), self._hash(f"record of {name}")
            party = self.parties.functions.partyIdOf(self.agency, record).call()
            message = {"party": party, "wallet": key.address, "nonce": 0, "deadline": NEVER}
            fields = "bytes32 party,address wallet,uint256 nonce,uint256 deadline"
            signature = signed(
                self.web3, key, self.parties, "PartyRegistry", "BindWallet", {"BindWallet": fields}, message
            )
            bind = self.parties.functions.bind(record, key.address, 0, NEVER, signature)
            gas_of(self.web3, bind, self.registrar)
            self.keys[name], self.ids[name] = key, party

    def _liens(self) -> list[tuple[str, int, int]]:
        title, court = self._title("charged"), self._title("charged by a court")
        call, mortgage = self.liens.functions, self._mortgage("first")
        by_court = (COURT, *self._mortgage("judgment")[1:])
        first = self._send(call.enterByOrder(court, by_court, 20_260_401), self.registrar)
        second = self._send(call.enterByOrder(court, by_court, 20_260_401), self.second)
        signed = self._charge(title, mortgage)
        self._charge(title, self._mortgage("second"))
        lien, behind = (call.lienIdOf(self._mortgage(name)).call() for name in ("first", "second"))
        fields = "bytes32 title,bytes32 lien,bytes32 behind,uint8 rank"
        message = {"title": title, "lien": lien, "behind": behind, "rank": 2}
        consent = self._consent("bank", self.liens, "PostponeLien", {"PostponeLien": fields}, message)
        postpone = self._send(call.postpone(title, mortgage, behind, 2, consent), self.relayer)
        message = {"lien": lien, "titles": [title]}
        types = {"DischargeLien": "bytes32 lien,bytes32[] titles"}
        consent = self._consent("bank", self.liens, "DischargeLien", types, message)
        return [
            ("lien by order, first registrar", 1, first),
            ("lien, by registrar", 1, second),
            ("lien, with the owner's signature", 1, signed),
            ("postpone a lien", 1, postpone),
            ("discharge a lien", 1, self._send(call.discharge([title], mortgage, consent), self.relayer)),
        ]

    def _charge(self, title: bytes, lien: tuple[Any, ...]) -> int:
        terms = "uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash"
        types = {"ChargeTitle": "bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate", "Lien": terms}
        message = {"title": title, "version": 1, "rank": 0, "legalDate": 20_260_401}
        message["lien"] = named(terms, lien)
        consent = self._consent("owner", self.liens, "ChargeTitle", types, message)
        return self._send(self.liens.functions.enter(title, lien, 0, 20_260_401, [consent]), self.registrar)

    def _transfers(self) -> list[tuple[str, int, int]]:
        """Whole transactions of the conveyance contract that move titles and do nothing else."""
        one = self._title("sold")
        chain = [self._title(f"sold {number}") for number in range(CHAIN)]
        for title in (one, *chain):
            until = self.web3.eth.get_block("latest")["timestamp"] + 30 * DAY
            self._send(self._by_sale("setNotice", title, self._hash("sale"), until), self.relayer)
        alone = self._send(self._convey(one), self.relayer)
        many = self.conveyance.functions.actAll(self.titles.address, [self._inner(title) for title in chain])
        return [
            ("transfer step", 1, alone),
            ("transfer step, of 7 together", CHAIN, self._send(many, self.relayer)),
        ]

    def _parcels(self) -> list[tuple[str, int, int]]:
        parts = [(f"part {number}", self._hash(f"part {number}"), 5_000) for number in range(2)]
        done = []
        for name, charged in (("divided", False), ("divided and mortgaged", True)):
            title = self._title(name, 10_000)
            if charged:
                self._charge(title, self._mortgage("carried"))
                parts = [(f"{ref} again", geometry, area) for ref, geometry, area in parts]
            source = (self._hash("survey"), 20_260_401)
            fields = "string ref,bytes32 geometryHash,uint64 area"
            message = {"title": title, "version": 1, "sourceHash": source[0], "legalDate": source[1]}
            message["parts"] = [named(fields, part) for part in parts]
            head = "bytes32 title,uint32 version,Part[] parts,bytes32 sourceHash,uint32 legalDate"
            types = {"SubdivideTitle": head, "Part": fields}
            consent = self._consent("owner", self.titles, "SubdivideTitle", types, message)
            divide = self.titles.functions.subdivide(title, parts, source, [consent], [])
            label = "subdivide a mortgaged title in 2" if charged else "subdivide a title in 2"
            done.append((label, 1, self._send(divide, self.registrar)))
        return done

    def _restrictions(self) -> list[tuple[str, int, int]]:
        title, call = self._title("restricted"), self.titles.functions
        until = self.web3.eth.get_block("latest")["timestamp"] + 30 * DAY
        caveat = call.enterCaveat(title, self.ids["bank"], until, self._hash("claim"))
        return [
            ("caveat", 1, self._send(caveat, self.registrar)),
            ("freeze", 1, self._send(call.freeze(title, self._hash("order")), self.registrar)),
        ]

    def _title(self, ref: str, area: int = 123_456) -> bytes:
        shares = [(self.ids["owner"], 1)]
        entry = (ref, self._hash(f"{ref} geometry"), area, ABSOLUTE, 1, shares, self._hash("deed"), 20_260_401)
        gas_of(self.web3, self.titles.functions.register(GB, entry), self.registrar)
        return bytes(self.titles.functions.titleIdOf(GB, ref).call())

    def _mortgage(self, deed: str) -> tuple[Any, ...]:
        return (CONTRACTUAL, self.ids["bank"], 250_000_00, b"EUR".ljust(32, b"\0"), self._hash(deed))

    def _inner(self, title: bytes) -> str:
        buyer, source = self._hash(f"buyer of {title.hex()}"), (self._hash("bill of sale"), 20_260_401)
        arguments = [title, self._hash("sale"), 1, [self.ids["owner"]], 1, [(buyer, 1)], source]
        return str(self.titles.encode_abi("convey", arguments))

    def _convey(self, title: bytes) -> ContractFunction:
        return self.conveyance.functions.act(self.titles.address, self._inner(title))

    def _by_sale(self, function: str, *arguments: Any) -> ContractFunction:
        return self.conveyance.functions.act(self.titles.address, self.titles.encode_abi(function, list(arguments)))

    def _consent(
        self, name: str, contract: Contract, kind: str, types: dict[str, str], message: dict[str, Any]
    ) -> tuple[Any, ...]:
        self.nonces[name] += 1
        last = {"party": self.ids[name], "nonce": self.nonces[name], "deadline": NEVER}
        full = {kind: f"{types[kind]},bytes32 party,uint256 nonce,uint256 deadline"}
        registry = "TitleRegistry" if contract is self.titles else "LienRegistry"
        signature = signed(self.web3, self.keys[name], contract, registry, kind, types | full, message | last)
        return (NOBODY, NOBODY, self.nonces[name], NEVER, signature)

    def _send(self, function: ContractFunction, sender: str) -> int:
        return gas_of(self.web3, function, sender)

    def _hash(self, text: str) -> bytes:
        return bytes(self.web3.keccak(text=text))


def signed(
    web3: Web3,
    key: LocalAccount,
    contract: Contract,
    registry: str,
    kind: str,
    types: dict[str, str],
    message: dict[str, Any],
) -> bytes:
    """A wallet's signature over typed data of a registry; types are those of its structs, and more do no harm."""
    domain = {
        "name": f"Muniment {registry}",
        "version": "1",
        "chainId": web3.eth.chain_id,
        "verifyingContract": contract.address,
    }
    described = {
        struct: [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
        for struct, fields in _needed(kind, types).items()
    }
    return bytes(key.sign_message(encode_typed_data(domain, described, message)).signature)


def _needed(kind: str, types: dict[str, str]) -> dict[str, str]:
    """A type, and the structs in it, however deep."""
    found = {kind: types[kind]}
    for field in types[kind].split(","):
        struct = field.split(" ")[0].removesuffix("[]")
        if struct in types:
            found |= _needed(struct, types)
    return found


def named(fields: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """A struct of typed data from its type and values."""
    return dict(zip((field.split(" ")[1] for field in fields.split(",")), values, strict=True))
