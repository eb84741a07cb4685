"""A sale in the hands of a test: its papers, and one call for each step. A test changes what it is about."""

from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

from tests.contracts.helpers import DAY, NEVER, ZERO_ID, jurisdiction, keccak, node, now, sign

GB = jurisdiction("GB")
NOBODY = "0x" + "00" * 20
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()
NO_LIEN = {"kind": 0, "creditor": ZERO_ID, "amount": 0, "currency": ZERO_ID, "deedHash": ZERO_ID}
PRICE, PERSON, ORGANISATION, FEE = 3_000_001, 15_000, 42_500, 825
(
    NONE,
    LISTED,
    OFFER_ACCEPTED,
    CONTRACT_SIGNED,
    PENDING_TITLE,
    FINANCED,
    BILL_SIGNED,
    DUTY_PAID,
    REGISTERED,
    CANCELLED,
    EXPIRED,
) = range(11)
STEPS = ("list", "accept", "contract", "lodge", "deposit", "finance", "bill", "duty", "settle")
REACHED = {
    LISTED: "list",
    OFFER_ACCEPTED: "accept",
    CONTRACT_SIGNED: "contract",
    PENDING_TITLE: "lodge",
    FINANCED: "finance",
    BILL_SIGNED: "bill",
    DUTY_PAID: "duty",
    REGISTERED: "settle",
}

_nonces = count(1)


def words(value):
    """A paper as the contract takes it: nested tuples in the order of its fields."""
    if isinstance(value, dict):
        return tuple(words(part) for part in value.values())
    if isinstance(value, list):
        return [words(part) for part in value]
    return value


def currency_of(token):
    """A token as the number that stands for it."""
    return "0x" + token.address[2:].lower().rjust(64, "0")


def consent(world, kind, message, signer, *, party=None, nonce=None, deadline=NEVER, power=ZERO_ID, contract=None):
    """One party's consent; under a power when one is named, and then `party` is the principal."""
    nonce = next(_nonces) if nonce is None else nonce
    full = message | {"party": party or signer.id, "nonce": nonce, "deadline": deadline}
    signature = sign(signer.key, contract or world.sales, kind, full)
    return (power, signer.id if power != ZERO_ID else ZERO_ID, nonce, deadline, signature)


@dataclass
class Deal:
    """Papers are dictionaries in the order of the contract's structs."""

    world: SimpleNamespace
    listing: dict[str, Any]
    offer: dict[str, Any]
    terms: dict[str, Any]
    means: dict[str, Any]
    bill_of_sale: dict[str, Any]
    sellers: list[Any]
    buyers: list[Any]
    token: Any
    mortgages: list[dict[str, Any]] = field(default_factory=list)
    payoffs: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def id(self):
        """The sale's id, from the listing as it is now."""
        return str(self.world.sales.saleIdOf(words(self.listing)))

    @property
    def title(self):
        """The title that is sold."""
        return self.listing["title"]

    @property
    def due(self):
        """What has to be paid into escrow."""
        return self.offer["price"] + self.terms["duty"] - self.terms["fed"]

    @property
    def status(self):
        """Where it stands."""
        return self.world.sales.saleOf(self.id)["status"]

    @property
    def agent(self):
        """The agent, as a list of one or none."""
        return [self.world.agent] if self.listing["agent"] != ZERO_ID else []

    @property
    def sellers_bank(self):
        """The sellers' bank, as a list of one or none."""
        return [self.world.sellers_bank] if self.listing["sellersBank"] != ZERO_ID else []

    @property
    def buyers_bank(self):
        """The buyers' bank, as a list of one or none."""
        return [self.world.buyers_bank] if self.offer["buyersBank"] != ZERO_ID else []

    def consents(self, kind, message, *signers, **changes):
        """Everybody's consent to the same act."""
        return [consent(self.world, kind, message, signer, **changes) for signer in signers]

    def list(self, consents=None):
        """Put the title up for sale."""
        message = {"listing": self.listing}
        given = consents if consents is not None else self.consents("ListTitle", message, *self.sellers, *self.agent)
        return self.world.sales.list(words(self.listing), given, self.world.relay)

    def accept(self, consents=None):
        """Accept the offer."""
        message = {"sale": self.id, "offer": self.offer}
        given = consents if consents is not None else self.consents("AcceptOffer", message, *self.sellers, *self.buyers)
        return self.world.sales.acceptOffer(words(self.listing), words(self.offer), given, self.world.relay)

    def contract(self, consents=None):
        """Sign the contract of sale."""
        message = {"sale": self.id, "offer": self.offer, "terms": self.terms}
        signers = (*self.sellers, *self.buyers, *self.agent, *self.sellers_bank)
        given = consents if consents is not None else self.consents("SignContract", message, *signers)
        return self.world.sales.signContract(*self._papers(), given, self.world.relay)

    def lodge(self, by=None):
        """Take the priority notice."""
        return self.world.sales.lodge(words(self.listing), words(self.terms), {"from": by or self.world.registrar})

    def deposit(self, amount=None, payer=None):
        """Pay into escrow what is due, unless the money is in no token."""
        if self.token is None:
            return None
        amount = self.due if amount is None else amount
        payer = payer or self.world.payer
        self.token.mint(payer, amount, self.world.relay)
        self.token.approve(self.world.escrow, amount, {"from": payer})
        return self.world.sales.deposit(*self._papers(), amount, {"from": payer})

    def finance(self, consents=None):
        """Declare that the money is there."""
        message = {"sale": self.id, "finance": self.means}
        lend = self.buyers if self.means["mortgage"]["kind"] else []
        given = consents if consents is not None else self.consents("FinanceSale", message, *self.buyers_bank, *lend)
        return self.world.sales.finance(*self._papers(), words(self.means), given, self.world.relay)

    def bill(self, consents=None):
        """Sign the bill of sale."""
        offered = {"price": self.offer["price"], "currency": self.offer["currency"], "bill": self.bill_of_sale}
        message = {"sale": self.id, "title": self.title} | offered
        signers = (*self.sellers, *self.buyers)
        given = consents if consents is not None else self.consents("SignBillOfSale", message, *signers)
        papers = (words(self.listing), words(self.offer), words(self.bill_of_sale))
        return self.world.sales.signBillOfSale(*papers, given, self.world.relay)

    def duty(self, by=None, receipt="a receipt"):
        """Confirm that the duty was paid, unless it is in escrow."""
        if self.token is not None:
            return None
        return self.world.sales.confirmDuty(*self._papers(), keccak(receipt), {"from": by or self.world.registrar})

    def settlement(self, payoffs=None):
        """All that was agreed to, with the statements of those whose liens are paid off."""
        payoffs = self.stated() if payoffs is None else payoffs
        return (*self._papers(), words(self.means), words(self.bill_of_sale), payoffs)

    def stated(self, **changes):
        """A statement for each lien that the contract lets be paid off, for the whole of what it allows."""
        fates = {fate["lien"]: fate["payoff"] for fate in self.terms["liens"] if fate["payoff"]}
        made = []
        for lien in self.mortgages:
            lien_id = str(self.world.liens.lienIdOf(words(lien)))
            if lien_id in fates:
                made.append(self.payoff(lien, fates[lien_id], **changes))
        return made

    def payoff(self, lien, amount, *, payout=None, signer=None, **changes):
        """One holder's payoff statement."""
        payout = payout or (self.world.lender_payout if self.token else NOBODY)
        message = {
            "sale": self.id,
            "lien": str(self.world.liens.lienIdOf(words(lien))),
            "amount": amount,
            "currency": self.offer["currency"],
            "payout": str(payout),
        }
        signed = consent(self.world, "PayOffLien", message, signer or self.world.lender, **changes)
        return (words(lien), amount, str(payout), signed)

    def settle(self, payoffs=None):
        """Register the sale alone."""
        return self.world.sales.settle([self.settlement(payoffs)], self.world.relay)

    def cancel(self, consents=None, document="an agreement"):
        """End the sale by agreement."""
        message = {"sale": self.id, "documentHash": keccak(document)}
        signers = self.sellers if self.status == LISTED else (*self.sellers, *self.buyers)
        given = consents if consents is not None else self.consents("CancelSale", message, *signers)
        papers = (words(self.listing), words(self.offer), keccak(document))
        return self.world.sales.cancel(*papers, given, self.world.relay)

    def expire(self):
        """End the sale when its time is over."""
        return self.world.sales.expire(words(self.listing), self.world.relay)

    def to(self, status):
        """Take every step up to the one that reaches this status; itself."""
        last = REACHED[status]
        for step in STEPS[: STEPS.index(last) + 1]:
            getattr(self, step)()
        assert self.status == status
        return self

    def before(self, step):
        """Take every step before this one; itself."""
        for each in STEPS[: STEPS.index(step)]:
            getattr(self, each)()
        return self

    def _papers(self):
        return words(self.listing), words(self.offer), words(self.terms)


def duty_on(price, *parts, rate=PERSON):
    """Stamp duty and fee, each part of the price (numerator, denominator) rounded as the contract says."""
    duty, before = FEE, 0
    for numerator, denominator in parts:
        upto = price * numerator // denominator
        duty += (upto - before) * rate // 1_000_000
        before = upto
    return duty


def papers(world, title, sellers, buyers, *, token, price=PRICE, version=1, seed="", agent=True, bank=True):
    """A deal over a whole title between these, with sound papers: an agent, a sellers' bank, and days of time."""
    start = now()
    currency = currency_of(token) if token else EURO
    shares = [{"holder": buyer.id, "numerator": 1} for buyer in buyers]
    parts = [(place + 1, len(buyers)) for place in range(len(buyers))]
    listing = {
        "title": title,
        "version": version,
        "sellers": [seller.id for seller in sellers],
        "sellersBank": ZERO_ID,
        "agent": world.agent.id if agent else ZERO_ID,
        "currency": currency,
        "price": price + 1,
        "documentHash": keccak(f"a mandate {seed}"),
        "until": start + 10 * DAY,
    }
    offer = {
        "denominator": len(shares),
        "shares": shares,
        "buyersBank": world.buyers_bank.id if bank or not token else ZERO_ID,
        "currency": currency,
        "price": price,
        "payers": [str(world.payer), str(world.second_payer)] if token else [],
        "documentHash": keccak("an offer"),
        "until": start + 20 * DAY,
    }
    terms = {
        "liens": [],
        "payouts": [str(world.payout_of[seller.id]) for seller in sellers] if token else [],
        "agentFee": 60_000 if agent else 0,
        "agentPayout": str(world.agent_payout) if agent and token else NOBODY,
        "duty": duty_on(price, *parts),
        "feeds": ZERO_ID,
        "feedAmount": 0,
        "fed": 0,
        "documentHash": keccak("a contract of sale"),
        "lodgeBy": start + 30 * DAY,
        "financeBy": start + 40 * DAY,
        "completeBy": start + 50 * DAY,
    }
    means = {
        "mortgage": dict(NO_LIEN),
        "rank": 0,
        "reserved": 0 if token else price,
        "documentHash": keccak("an attestation"),
    }
    bill = {"documentHash": keccak("a bill of sale"), "legalDate": 20_260_701}
    return Deal(world, listing, offer, terms, means, bill, list(sellers), list(buyers), token)


def lien(creditor, amount, *, currency=EURO, deed="a deed"):
    """The terms of a contractual lien."""
    return {
        "kind": 1,
        "creditor": creditor.id,
        "amount": amount,
        "currency": currency,
        "deedHash": keccak(deed),
    }


def calls_of(tx, address, signature):
    """Gas that each call of a function burned within a transaction, as the node traces it."""
    selector = keccak(signature)[:10]
    found = []

    def walk(frame):
        if frame.get("to", "").lower() == address.lower() and frame["input"].startswith(selector):
            found.append(int(frame["gasUsed"], 16))
        for inner in frame.get("calls", ()):
            walk(inner)

    walk(node("debug_traceTransaction", tx.txid, {"tracer": "callTracer"}))
    return found
