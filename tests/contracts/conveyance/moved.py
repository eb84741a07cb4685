"""The land registries under the addresses that the vectors of typed data name, with the people and titles of a case."""

from types import SimpleNamespace

from brownie import Contract, Conveyance, LienRegistry, SaleEscrow, TitleRegistry, accounts, web3
from brownie.exceptions import VirtualMachineError
from eth_account import Account

from tests.contracts.conveyance.deals import GB, NOBODY, Deal
from tests.contracts.helpers import DAY, MIRROR, NEVER, ZERO_ID, keccak, node, now, plain, sign
from tests.contracts.identity.test_typed_data import numbers, poke
from tests.vectors.sales import AGENT, BUYERS_BANK, SELLERS_BANK
from tests.vectors.typed_data import ADDRESSES
from tests.vectors.typed_data import of as cases_of

KINDS = {"titles": TitleRegistry, "liens": LienRegistry, "sales": Conveyance, "escrow": SaleEscrow}
CASES = {name: cases_of(name) for name in ("TitleRegistry", "LienRegistry", "Conveyance")}
TYPES = {name: members for cases in CASES.values() for case in cases for name, members in case["types"].items()}
HOME_NONCE, VERSION = 12_345, 4  # the version's place in Title


def paper(kind, told):
    """A paper of a case with integers for decimal text."""
    return numbers({"types": TYPES, "kind": kind}, told)


class Moved(SimpleNamespace):
    """A world whose titles, liens and sales lie where a case has them; each knows the others there."""

    @classmethod
    def of(cls, world, case, officer):
        """Move the code, and make the people and titles of the case."""
        places = {name: ADDRESSES.get(kind._name) for name, kind in KINDS.items()} | {"escrow": world.escrow.address}
        contracts = {}
        for name, place in places.items():
            code = bytes(web3.eth.get_code(getattr(world, name).address))
            # Its own address stays: by that it sees that it has moved, and reckons its domain anew.
            for other in places.keys() - {name}:
                old, new = getattr(world, other).address, places[other]
                code = code.replace(bytes.fromhex(old[2:]), bytes.fromhex(new[2:]))
            node("anvil_setCode", place, "0x" + code.hex())
            contracts[name] = KINDS[name].at(place)
        self = cls(**vars(world) | contracts, case=case, officer=officer)
        self.titles.setRegister(GB, self.ids.land, MIRROR, {"from": self.agencies.root()})
        self.known = {}
        for each in case.get("titles", []):
            self._register(each)
            self.holders(each)
        for each in (*case.get("people", []), *case["signatures"]):
            self.person(each)
        if case["contract"] == "Conveyance" and "listing" in case:
            self._license()
        return self

    @property
    def registry(self):
        """The one that takes the case."""
        return {"TitleRegistry": self.titles, "LienRegistry": self.liens, "Conveyance": self.sales}[
            self.case["contract"]
        ]

    def person(self, told):
        """Somebody with a wallet, whom the agency knows."""
        if told["party"] not in self.known:
            key = Account.from_key(told["key"].to_bytes(32))
            message = {"party": told["party"], "wallet": key.address, "nonce": HOME_NONCE, "deadline": NEVER}
            signature = sign(key, self.parties, "BindWallet", message)
            values = (told["commitment"], key.address, HOME_NONCE, NEVER, signature)
            self.parties.bind(*values, {"from": self.officer})
            self.known[told["party"]] = SimpleNamespace(id=told["party"], key=key)
        return self.known[told["party"]]

    def holders(self, title):
        """The holders of a title, in their order."""
        return [self.person(each) for each in title["holders"]]

    def carry(self, title, liens, interests=()):
        """Let these weigh on a title from its first moment."""
        node("anvil_impersonateAccount", self.titles.address)
        node("anvil_setBalance", self.titles.address, hex(10**18))
        by_titles = {"from": accounts.at(self.titles.address, force=True)}
        self.liens.carryIn(title, list(liens), list(interests), by_titles)

    def deal(self, liens=()):
        """The sale of the case, with sound terms of its own and these liens dealt with as told: (lien, payoff)."""
        case, (title,) = self.case, self.case["titles"]
        offer = paper("Offer", case["offer"])
        token = self._money(offer["currency"])
        self.carry(title["id"], [lien for lien, _ in liens])
        self.take(offer["currency"], 1)
        terms = {
            "liens": [{"lien": lien, "payoff": payoff} for lien, payoff in liens],
            "payouts": [str(self.payer)] * len(title["holders"]) if token else [],
            "agentFee": 0,
            "agentPayout": NOBODY,
            "duty": 1,
            "feeds": ZERO_ID,
            "feedAmount": 0,
            "fed": 0,
            "documentHash": keccak("a contract of sale"),
            **dict.fromkeys(("lodgeBy", "financeBy", "completeBy"), now() + DAY),
        }
        bill = {"documentHash": keccak("a bill of sale"), "legalDate": 0}
        buyers = [self.known[share["holder"]] for share in offer["shares"]]
        papers = (paper("Listing", case["listing"]), offer, terms, paper("Finance", case["finance"]), bill)
        return Deal(self, *papers, self.holders(title), buyers, token)

    def take(self, currency, fee):
        """Let the register take a fee of each sale, and nothing of its price."""
        payee = self.treasury if _is_token(currency) else NOBODY
        self.escrow.setRates(GB, currency, (True, 0, 0, payee, fee), {"from": self.admin})

    def _money(self, currency):
        """The token that a currency is, with code there; None when it is none."""
        if not _is_token(currency):
            return None
        place, code = "0x" + currency[-40:], web3.eth.get_code(self.money.FairMoney.address)
        node("anvil_setCode", place, "0x" + bytes(code).hex())
        return Contract.from_abi("Money", web3.to_checksum_address(place), self.money.FairMoney.abi, persist=False)

    def _license(self):
        banks, agent = self.credentials.BANK(), self.credentials.ESTATE_AGENT()
        numbered = {told["key"]: told["party"] for told in self.case["people"]}
        for name, number, kind in (
            ("agent", AGENT, agent),
            ("sellers_bank", SELLERS_BANK, banks),
            ("buyers_bank", BUYERS_BANK, banks),
        ):
            issued = (self.ids.land, numbered[number], kind, 0, self.state.end, keccak("a decision"))
            self.credentials.issue(*issued, {"from": self.licensing})
            setattr(self, name, self.known[numbered[number]])

    def _register(self, told):
        shares = [(share["holder"], int(share["numerator"])) for share in told["shares"]]
        land = (told["ref"], keccak("a geometry"), int(told["area"]), 3)
        entry = (*land, int(told["denominator"]), shares, keccak("a deed"), 0)
        made = self.titles.register(GB, entry, {"from": self.registrar})
        assert str(made.return_value) == told["id"]
        if told["version"] != "1":
            poke(self.titles, _Title(self.titles, told["id"]), VERSION, int(told["version"]))


class _Title:
    """What the registry says of a title."""

    def __init__(self, titles, title):
        self.view, self.title = titles.titleOf, title

    def call(self):
        """Ask; nothing when what was written makes no title at all."""
        try:
            return plain(self.view(self.title))
        except VirtualMachineError:
            return ()

    def encode_input(self):
        """The calldata."""
        return self.view.encode_input(self.title)


def _is_token(currency):
    return int(currency, 16) < 2**160
