"""One sale of a title, step by step, as its people take it: over the service's API, each with their own wallet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.citizens import Citizen
from demo.krona import KRONA, Krona, pay
from demo.stage import Stage
from demo.stories.land_village import Village

DAY = 24 * 3600
REGISTRAR = ("--officer", "registrar 1")
LEGAL_DATE = 20_260_701


@dataclass
class Deal:
    """Who sells what to whom. `price` is in öre; `agent` and banks are None where they do without."""

    stage: Stage
    village: Village
    krona: Krona
    number: str
    sellers: Sequence[Citizen]
    buyer: Citizen
    price: int
    agent: Citizen | None = None
    sellers_bank: Citizen | None = None
    buyers_bank: Citizen | None = None
    sale: str = ""
    begun: int = field(default=0, init=False)

    @property
    def title(self) -> str:
        """The title that is sold."""
        return self.village.titles[self.number]

    @property
    def path(self) -> str:
        """The sale in the API."""
        return f"/api/sales/{self.sale}"

    def show(self) -> dict[str, Any]:
        """The sale as the service tells it."""
        return self.stage.api("GET", self.path)

    # ── Agreement ───────────────────────────────────────────────────────────────────────────────────────────────────

    def list(self) -> None:
        """Put it up for sale: sellers and agent sign."""
        self.begun = self.stage.now()
        body = {
            "title": self.title,
            "currency": self.krona.address,
            "price": str(self.price),
            "documentHash": self._paper("mandate"),
            "until": self.begun + DAY,
            **_named(agent=self.agent, sellersBank=self.sellers_bank),
        }
        made = self.village.ask(self.sellers[0], "/api/sales/listings", body)
        self.sale = made["sale"]
        self._sign(made)

    def accept(self) -> None:
        """Agree to an offer: sellers and buyer sign."""
        banks = [] if self.buyers_bank is None else [self.buyers_bank]
        body = {
            "shares": [{"holder": self.buyer.party, "numerator": "1"}],
            "price": str(self.price),
            "payers": [citizen.address for citizen in (self.buyer, *banks)],
            "documentHash": self._paper("offer"),
            "until": self.begun + 2 * DAY,
            **_named(buyersBank=self.buyers_bank),
        }
        self._sign(self.village.ask(self.buyer, f"{self.path}/offers", body))

    def contract(self, **terms: Any) -> None:
        """Bind both sides: sellers, buyer, agent and the sellers' bank sign."""
        body = {
            "documentHash": self._paper("contract"),
            "lodgeBy": self.begun + 3 * DAY,
            "financeBy": self.begun + 4 * DAY,
            "completeBy": self.begun + 5 * DAY,
            **terms,
        }
        self._sign(self.village.ask(self.agent or self.sellers[0], f"{self.path}/contracts", body))

    def lodge(self) -> None:
        """A registrar lodges the contract: the title is kept for this sale."""
        self.stage.settled(self.stage.muniment("sales", "lodge", self.sale, *REGISTRAR)["intent"])

    # ── Money and handing over ──────────────────────────────────────────────────────────────────────────────────────

    def deposit(self, payer: Citizen, amount: int) -> None:
        """Pay into escrow, by the payer's own transactions: allow it, then pay."""
        before = int(self.show()["money"]["open"])
        asked = self.stage.api("GET", f"{self.path}/deposit?payer={payer.address}&amount={amount}")
        pay(self.stage.node.rpc, payer.wallet, asked["transactions"])

        def seen() -> bool:
            return int(self.show()["money"]["open"]) == before + amount

        self.stage.until(seen, f"the money of the {payer.name} is seen")

    def due(self) -> int:
        """What is still to be paid in, in öre."""
        money = self.show()["money"]
        return int(money["due"]) - int(money["open"])

    def finance(self, mortgage: int = 0) -> None:
        """Say that the money is there: the bank that lends signs, and the buyer whose title will be charged."""
        body: dict[str, Any] = {}
        if mortgage:
            deed = {"amount": str(mortgage), "currency": "SEK", "deedHash": self._paper("mortgage deed")}
            body = {"documentHash": self._paper("loan"), "mortgage": deed}
        self._sign(self.village.ask(self.buyers_bank or self.buyer, f"{self.path}/finance", body))

    def bill(self) -> None:
        """Hand over: sellers and buyer sign the bill of sale."""
        body = {"documentHash": self._paper("bill of sale"), "legalDate": LEGAL_DATE}
        self._sign(self.village.ask(self.sellers[0], f"{self.path}/bills", body))

    def pay_off(self, lien: str, holder: Citizen, amount: int) -> None:
        """The holder of a mortgage says for how much it lets the title go."""
        self._sign(self.village.ask(holder, f"{self.path}/payoffs", {"lien": lien, "amount": str(amount)}))

    def to_bill(self, **terms: Any) -> None:
        """Every step up to the bill of sale, paid by the buyer alone."""
        self.list()
        self.accept()
        self.contract(**terms)
        self.lodge()
        self.deposit(self.buyer, self.due())
        self.finance()
        self.bill()

    # ── Signing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sign(self, paper: Mapping[str, Any]) -> None:
        """Let everyone whom a paper asks sign it; with the last signature the service relays the step."""
        path = f"/api/sales/papers/{paper['paper']}"
        for party in dict.fromkeys(signer["party"] for signer in paper["signers"]):
            citizen = self.village.person(party)
            for part in self.stage.api("GET", f"{path}/typed-data?party={party}")["to_sign"]:
                signed = {"party": party, "place": part["place"], "signature": citizen.sign(part["typed_data"])}
                paper = self.village.ask(citizen, f"{path}/signatures", signed)
        if paper["kind"] != "payoff":  # which is kept for the settlement
            self.stage.until(lambda: self._done(path), f"the {paper['kind']} is on the chain")

    def _done(self, path: str) -> bool:
        paper = self.stage.api("GET", path)
        if paper["state"] in ("queued", "done") and paper["intent_key"]:
            self.stage.settled(paper["intent_key"])
        return bool(self.stage.api("GET", path)["state"] == "done")

    def _paper(self, name: str) -> str:
        amount = f"{self.price // KRONA} kronor"
        return self.village.paper(f"{self.number} {name} {self.begun}", f"{name}: {self.title} for {amount}\n")


def settle(stage: Stage, *deals: Deal) -> str:
    """Register sales together, or none; gives the request's key."""
    made = stage.api("POST", "/api/sales/settle", {"sales": [deal.sale for deal in deals]})
    stage.settled(made["key"])
    return str(made["key"])


def withdraw(deal: Deal, payee: str) -> None:
    """Have all that a payee has to its credit sent to it; the service pays for the transaction."""
    body = {"token": deal.krona.address, "payee": payee}
    deal.stage.settled(deal.stage.api("POST", "/api/sales/credits/withdrawals", body)["key"])


def _named(**people: Citizen | None) -> dict[str, str]:
    return {role: citizen.party for role, citizen in people.items() if citizen is not None}
