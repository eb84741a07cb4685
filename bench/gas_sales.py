"""What whole sales cost: in escrow and by a bank's word, alone and in chains, every transaction that they take."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from bench.gas_land import create_address, named, signed
from bench.node import START, compile_peers, deploy, gas_of, sent

DAY = 86_400
NOBODY, NOWHERE = bytes(32), "0x" + "00" * 20
NEVER = 2**256 - 1
GB = b"GB".ljust(8, b"\0")
EURO = b"EUR".ljust(32, b"\0")
MIRROR, ABSOLUTE, CONTRACTUAL = 1, 3, 1
PRICE, FEE, PERSON = 300_000_00, 825, 15_000
PEOPLE = ("anna", "bert", "agent", "lender", "sellers_bank", "buyers_bank", *(f"mover {place}" for place in range(9)))

STRUCTS = {
    "Listing": "bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,"
    "uint128 price,bytes32 documentHash,uint40 until",
    "Offer": "uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,"
    "bytes32 documentHash,uint40 until",
    "Share": "bytes32 holder,uint64 numerator",
    "SaleContract": "LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,"
    "bytes32 feeds,uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,"
    "uint40 completeBy",
    "LienFate": "bytes32 lien,uint128 payoff",
    "Finance": "Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash",
    "Lien": "uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash",
    "BillOfSale": "bytes32 documentHash,uint32 legalDate",
}
SIGNED = {
    "ListTitle": "Listing listing",
    "AcceptOffer": "bytes32 sale,Offer offer",
    "SignContract": "bytes32 sale,Offer offer,SaleContract terms",
    "FinanceSale": "bytes32 sale,Finance finance",
    "SignBillOfSale": "bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill",
    "PayOffLien": "bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout",
    "ChargeTitle": "bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate",
}
CONVEY = Web3.keccak(text="convey(bytes32,bytes32,uint32,bytes32[],uint64,(bytes32,uint64)[],(bytes32,uint32))")[:4]
STEPS = ("list", "acceptOffer", "signContract", "lodge", "deposit", "finance", "signBillOfSale", "confirmDuty")


class Scene:
    """A register with its rates, licensed banks and an agent, and people who sell and buy."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3 = web3
        self.root, self.admin, self.registrar, self.relayer, self.payer, self.payee = web3.eth.accounts[:6]
        maker = web3.eth.accounts[9]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.root, sender=maker)
        self.parties = deploy(web3, artifacts, "PartyRegistry", self.agencies.address, sender=maker)
        self.credentials = deploy(web3, artifacts, "CredentialRegistry", self.agencies.address, sender=maker)
        first = web3.eth.get_transaction_count(maker)
        titles, sales = create_address(maker, first + 4), create_address(maker, first + 3)
        known = (self.agencies.address, self.parties.address)
        self.liens = deploy(web3, artifacts, "LienRegistry", *known, titles, sender=maker)
        migration = deploy(web3, compile_peers(), "MigrationDouble", titles, sender=maker)
        self.escrow = deploy(web3, artifacts, "SaleEscrow", *known, titles, sales, sender=maker)
        beside = (self.credentials.address, titles, self.liens.address, self.escrow.address)
        self.sales = deploy(web3, artifacts, "Conveyance", *known, *beside, sender=maker)
        around = (self.liens.address, migration.address, self.sales.address)
        self.titles = deploy(web3, artifacts, "TitleRegistry", *known, *around, sender=maker)
        self.money = deploy(web3, compile_peers(), "PlainMoney", sender=maker)
        self.agency = self.agencies.functions.agencyIdOf(NOBODY, hashed("land.example.gov")).call()
        self.nonces = 0
        self.keys: dict[str, LocalAccount] = {}
        self.ids: dict[str, bytes] = {}

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many things one transaction did, gas for each)."""
        self._offices()
        self._people()
        done = [*self._sales(), *self._agreement(), *self._chains()]
        return {act: (n, gas // n) for act, n, gas in done}

    def _offices(self) -> None:
        call, end = self.agencies.functions, START + 3650 * DAY
        self._send(call.registerAgency(NOBODY, self.admin, 2**64 - 1, hashed("land.example.gov")), self.root)
        self._send(call.accredit(self.agency, self.registrar, 2**64 - 1, 0, end), self.admin)
        self._send(self.titles.functions.setRegister(GB, self.agency, MIRROR), self.root)
        for currency, payee in ((EURO, NOWHERE), (self._token(), self.web3.eth.accounts[6])):
            rates = (True, PERSON, 42_500, payee, FEE)
            self._send(self.escrow.functions.setRates(GB, currency, rates), self.admin)
        self._send(self.money.functions.mint(self.payer, 2**100), self.payer)
        self._send(self.money.functions.approve(self.escrow.address, 2**256 - 1), self.payer)

    def _people(self) -> None:
        for name in PEOPLE:
            key, record = Account.from_key(hashed(f"key of {name}")), hashed(f"record of {name}")
            party = self.parties.functions.partyIdOf(self.agency, record).call()
            message = {"party": party, "wallet": key.address, "nonce": 0, "deadline": NEVER}
            fields = {"BindWallet": "bytes32 party,address wallet,uint256 nonce,uint256 deadline"}
            signature = signed(self.web3, key, self.parties, "PartyRegistry", "BindWallet", fields, message)
            self._send(self.parties.functions.bind(record, key.address, 0, NEVER, signature), self.registrar)
            self.keys[name], self.ids[name] = key, party
        call = self.credentials.functions
        bank, agent = call.BANK().call(), call.ESTATE_AGENT().call()
        for name, kind in (("agent", agent), ("sellers_bank", bank), ("buyers_bank", bank)):
            issued = (self.agency, self.ids[name], kind, 0, START + 3650 * DAY, hashed("a decision"))
            self._send(call.issue(*issued), self.registrar)

    def _sales(self) -> Iterator[tuple[str, int, int]]:
        """A couple sells; an agent helps, a lien is paid off, a bank lends."""
        for place, (name, currency) in enumerate((("in escrow", self._token()), ("by a bank's word", EURO))):
            couple = sorted(("anna", "bert"), key=lambda each: self.ids[each])
            deal = Deal(self, f"home {place}", couple, ["mover 0"], currency, agent=True, lent=True)
            costs = deal.until_settlement()
            yield f"whole sale {name}, with mortgage, payoff, agent and duty", 1, sum(costs.values()) + deal.settle()
            yield f"settle a sale {name}, with mortgage and payoff", 1, deal.settled
            yield f"transfer step, traced in a settlement {name}", 1, deal.conveyed[0]
        plain = Deal(self, "plain", ["anna"], ["mover 1"], self._token())
        plain.until_settlement()
        yield "settle a sale in escrow, nothing else to do", 1, plain.settle()

    def _agreement(self) -> Iterator[tuple[str, int, int]]:
        """What the service sends once everybody has signed."""
        deal = Deal(self, "agreed", ["anna"], ["mover 2"], self._token(), agent=True)
        calls = [deal.step(name).build_transaction({"gas": 1})["data"] for name in STEPS[:3]]
        yield (
            "list, offer and contract in one transaction",
            1,
            self._send(self.sales.functions.multicall(calls), self.relayer),
        )

    def _chains(self) -> Iterator[tuple[str, int, int]]:
        """Each sale feeds the next."""
        for length in (7, 8):
            deals = [
                Deal(self, f"{length} {place}", [f"mover {place + 1}"], [f"mover {place}"], self._token())
                for place in range(length)
            ]
            for one, next_ in pairwise(deals):
                one.terms |= {"feeds": next_.id, "feedAmount": PRICE // 2}
                next_.terms["fed"] = PRICE // 2
            for deal in deals:
                deal.until_settlement()
            settle = self.sales.functions.settle([deal.settlement() for deal in deals])
            receipt = sent(self.web3, settle, self.relayer)
            yield f"settle a chain of {length}, each", length, int(receipt["gasUsed"])
            yield f"transfer step, traced in a chain of {length}", length, sum(self.traced(receipt["transactionHash"]))

    def traced(self, transaction: bytes) -> list[int]:
        """What each title's passing burned within a settlement, as the node traces it."""
        answer = self.web3.provider.make_request(
            "debug_traceTransaction", ["0x" + bytes(transaction).hex(), {"tracer": "callTracer"}]
        )
        found: list[int] = []

        def walk(frame: dict[str, Any]) -> None:
            if frame["input"].startswith("0x" + CONVEY.hex()):
                found.append(int(frame["gasUsed"], 16))
            for inner in frame.get("calls", ()):
                walk(inner)

        walk(answer["result"])
        return found

    def consent(self, name: str, kind: str, message: dict[str, Any], contract: Contract | None = None) -> Any:
        """A party's consent to an act of the conveyance contract, or of another registry."""
        self.nonces += 1
        full = message | {"party": self.ids[name], "nonce": self.nonces, "deadline": NEVER}
        types = STRUCTS | {kind: f"{SIGNED[kind]},bytes32 party,uint256 nonce,uint256 deadline"}
        registry = "Conveyance" if contract is None else "LienRegistry"
        signature = signed(self.web3, self.keys[name], contract or self.sales, registry, kind, types, full)
        return (NOBODY, NOBODY, self.nonces, NEVER, signature)

    def _token(self) -> bytes:
        return bytes.fromhex(self.money.address[2:]).rjust(32, b"\0")

    def _send(self, function: ContractFunction, sender: str) -> int:
        return gas_of(self.web3, function, sender)


class Deal:
    """One sale: its papers, and a call for each step."""

    def __init__(
        self,
        scene: Scene,
        ref: str,
        sellers: list[str],
        buyers: list[str],
        currency: bytes,
        *,
        agent: bool = False,
        lent: bool = False,
    ) -> None:
        self.scene, self.sellers, self.buyers, self.agent = scene, sellers, buyers, agent
        self.in_token, self.lent = currency != EURO, lent
        now = scene.web3.eth.get_block("latest")["timestamp"]
        self.title = self._title(ref)
        lien = self._charge(ref) if lent else None
        payouts = [scene.payee] * len(sellers) if self.in_token else []
        self.listing: dict[str, Any] = {
            "title": self.title,
            "version": 1,
            "sellers": [scene.ids[each] for each in sellers],
            "sellersBank": NOBODY,
            "agent": scene.ids["agent"] if agent else NOBODY,
            "currency": currency,
            "price": PRICE,
            "documentHash": hashed("a mandate"),
            "until": now + 10 * DAY,
        }
        self.offer: dict[str, Any] = {
            "denominator": len(buyers),
            "shares": [{"holder": scene.ids[each], "numerator": 1} for each in buyers],
            "buyersBank": scene.ids["buyers_bank"] if lent or not self.in_token else NOBODY,
            "currency": currency,
            "price": PRICE,
            "payers": [scene.payer] if self.in_token else [],
            "documentHash": hashed("an offer"),
            "until": now + 20 * DAY,
        }
        self.terms: dict[str, Any] = {
            "liens": [{"lien": lien, "payoff": PRICE // 3}] if lien else [],
            "payouts": payouts,
            "agentFee": PRICE // 50 if agent else 0,
            "agentPayout": scene.web3.eth.accounts[7] if agent and self.in_token else NOWHERE,
            "duty": FEE + PRICE * PERSON // 1_000_000,
            "feeds": NOBODY,
            "feedAmount": 0,
            "fed": 0,
            "documentHash": hashed("a contract"),
            "lodgeBy": now + 30 * DAY,
            "financeBy": now + 40 * DAY,
            "completeBy": now + 50 * DAY,
        }
        mortgage = (CONTRACTUAL, scene.ids["buyers_bank"], PRICE // 2, EURO, hashed(f"mortgage of {ref}"))
        nothing = (0, NOBODY, 0, NOBODY, NOBODY)
        documented = lent or not self.in_token
        self.means: dict[str, Any] = {
            "mortgage": named(STRUCTS["Lien"], mortgage if lent else nothing),
            "rank": 1 if lent else 0,
            "reserved": 0 if self.in_token else PRICE,
            "documentHash": hashed("a loan") if documented else NOBODY,
        }
        self.bill = {"documentHash": hashed("a bill of sale"), "legalDate": 20_260_701}
        self.settled, self.conveyed = 0, [0]

    @property
    def id(self) -> bytes:
        """The sale's id."""
        return bytes(self.scene.sales.functions.saleIdOf(_words(self.listing)).call())

    def until_settlement(self) -> dict[str, int]:
        """Take every step but the last; what each cost."""
        costs = {}
        for name in STEPS:
            if name == ("confirmDuty" if self.in_token else "deposit"):
                continue
            by = {"lodge": self.scene.registrar, "confirmDuty": self.scene.registrar, "deposit": self.scene.payer}
            costs[name] = gas_of(self.scene.web3, self.step(name), by.get(name, self.scene.relayer))
        return costs

    def settle(self) -> int:
        """Settle it alone; what that cost."""
        function = self.scene.sales.functions.settle([self.settlement()])
        receipt = sent(self.scene.web3, function, self.scene.relayer)
        self.conveyed = self.scene.traced(receipt["transactionHash"])
        self.settled = int(receipt["gasUsed"])
        return self.settled

    def step(self, name: str) -> ContractFunction:
        """A step's call, signed by all who must."""
        sale, bill = {"sale": self.id}, self.bill
        price = {"price": self.offer["price"], "currency": self.offer["currency"]}
        both = [*self.sellers, *self.buyers]
        agent = ["agent"] if self.agent else []
        listing, offer, terms, means = (_words(each) for each in (self.listing, self.offer, self.terms, self.means))
        lenders = ["buyers_bank", *self.buyers] if self.lent else ["buyers_bank"] if not self.in_token else []
        due = self.offer["price"] + self.terms["duty"] - self.terms["fed"]
        papers = sale | {"offer": self.offer}
        handed = sale | {"title": self.title} | price | {"bill": bill}
        take: dict[str, tuple[Any, ...]] = {
            "list": (listing, self._all("ListTitle", {"listing": self.listing}, self.sellers + agent)),
            "acceptOffer": (listing, offer, self._all("AcceptOffer", papers, both)),
            "signContract": (
                listing, offer, terms, self._all("SignContract", papers | {"terms": self.terms}, both + agent)
            ),
            "lodge": (listing, terms),
            "deposit": (listing, offer, terms, due),
            "finance": (
                listing, offer, terms, means, self._all("FinanceSale", sale | {"finance": self.means}, lenders)
            ),
            "signBillOfSale": (listing, offer, _words(bill), self._all("SignBillOfSale", handed, both)),
            "confirmDuty": (listing, offer, terms, hashed("a receipt")),
        }  # fmt: skip
        return self.scene.sales.functions[name](*take[name])

    def settlement(self) -> tuple[Any, ...]:
        """All that was agreed to, with the statement of whoever is paid off."""
        payoffs = []
        for fate in self.terms["liens"]:
            payout = self.scene.web3.eth.accounts[8] if self.in_token else NOWHERE
            message = {"sale": self.id, "lien": fate["lien"], "amount": fate["payoff"]}
            message |= {"currency": self.offer["currency"], "payout": payout}
            consent = self.scene.consent("lender", "PayOffLien", message)
            payoffs.append((self.lien, fate["payoff"], payout, consent))
        papers = (self.listing, self.offer, self.terms, self.means, self.bill)
        return (*(_words(each) for each in papers), payoffs)

    def _all(self, kind: str, message: dict[str, Any], signers: list[str]) -> list[Any]:
        return [self.scene.consent(name, kind, message) for name in signers]

    def _title(self, ref: str) -> bytes:
        scene, shares = self.scene, [(self.scene.ids[each], 1) for each in self.sellers]
        entry = (ref, hashed(f"geometry of {ref}"), 123_456, ABSOLUTE, len(shares), shares, hashed("deed"), 20_260_401)
        gas_of(scene.web3, scene.titles.functions.register(GB, entry), scene.registrar)
        return bytes(scene.titles.functions.titleIdOf(GB, ref).call())

    def _charge(self, ref: str) -> bytes:
        scene = self.scene
        self.lien = (CONTRACTUAL, scene.ids["lender"], PRICE // 3, EURO, hashed(f"lien on {ref}"))
        message = {"title": self.title, "version": 1, "lien": named(STRUCTS["Lien"], self.lien)}
        message |= {"rank": 0, "legalDate": 0}
        consents = [scene.consent(each, "ChargeTitle", message, scene.liens) for each in self.sellers]
        gas_of(scene.web3, scene.liens.functions.enter(self.title, self.lien, 0, 0, consents), scene.registrar)
        return bytes(scene.liens.functions.lienIdOf(self.lien).call())


def hashed(text: str) -> bytes:
    """keccak256 of a text."""
    return bytes(Web3.keccak(text=text))


def _words(value: Any) -> Any:
    """A paper as the contract takes it: nested tuples in the order of its fields."""
    if isinstance(value, dict):
        return tuple(_words(part) for part in value.values())
    if isinstance(value, list):
        return [_words(part) for part in value]
    return value
