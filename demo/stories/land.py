"""A house is sold, three families move in a chain, a court stops a sale, a mortgaged parcel is divided."""

import time
from typing import Any

from demo import krona
from demo.krona import KRONA
from demo.stage import Stage
from demo.stories.land_acts import divide, mortgage
from demo.stories.land_chain import Chain
from demo.stories.land_court import FrozenSale
from demo.stories.land_facts import Told, recount
from demo.stories.land_sale import Deal, settle, withdraw
from demo.stories.land_village import Village
from demo.university import ROOT_PLACE

# Places among the node's own accounts: who makes the sample money, and where duty and fees of the register go.
MAKER_PLACE, TREASURY_PLACE = ROOT_PLACE, 9
PRICE, AGENT_FEE = 3_000_000 * KRONA, 60_000 * KRONA
OLD_LOAN, PAYOFF, PAID_OFF = 1_000_000 * KRONA, 950_000 * KRONA, 940_000 * KRONA
LOAN = PRICE * 85 // 100  # the most that is lent on a home in Sweden
# What the register takes, in per cent and öre: the rates of Sweden.
PERSON, ORGANISATION, FEE = "1.5", "4.25", 825 * KRONA


def tell(stage: Stage, options: Any) -> dict[str, Any]:
    """Sell, sell in a chain, freeze, divide; then read it all back from the chain.

    Returns:
        The facts of the story, from the chain's logs, receipts and state alone.

    Raises:
        StageError: something does not add up.
    """
    del options  # its parcels are its own
    start = time.monotonic()
    return Story(stage).tell(start)


class Story:
    """One telling, in a village of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.say = stage.console.print
        self.village = Village(stage)
        self.people = self.village.people
        accounts = stage.node.rpc.call("eth_accounts", [])
        self.treasury = str(accounts[TREASURY_PLACE]).lower()
        self.krona = krona.deploy(stage.node.rpc, accounts[MAKER_PLACE])

    def tell(self, start: float) -> dict[str, Any]:
        """Tell the story; `start` is on the monotonic clock."""
        self.say("\n[bold]A village[/]: parcels, people, an agent and two banks; a sample token for the money")
        self._prepare()
        self.say("\n[bold]Wife and husband sell their house[/]: from the listing to the register")
        first = self.stage.head()
        sale = self._sell()
        last = self.stage.head()
        self.say("\n[bold]A sells to B, who sells to C[/]: nobody is left without a home, or with two")
        chain = Chain(self.stage, self.village, self.krona)
        chain.settle()
        self.say("\n[bold]A court freezes a title[/] on the day before it is sold on")
        frozen = FrozenSale(self.stage, self.village, self.krona)
        frozen.tell()
        self.say("\n[bold]The buyer divides the new house's land[/], which the bank's mortgage is on")
        divide(self.stage, self.village, "1:1")
        self.say("  ✓ the buyer signs, a registrar enters: two titles, each with the whole mortgage on it")
        gets = self._shares_of_price()
        told = recount(self.stage, Told(sale, (first + 1, last), self.lien, PAID_OFF, gets, chain, frozen))
        figures = told["sale"]
        self.say(
            f"\n  the first sale: {figures['signatures']} signatures, {figures['transactions']} transactions, "
            f"{figures['gas']:,} gas\n  the sale: {self.stage.url}/sales/{sale.sale}",
            soft_wrap=True,
        )
        return {"story": "land", **told, "seconds": round(time.monotonic() - start, 1)}

    def _prepare(self) -> None:
        self.village.settle_down()
        rates = ["--person", PERSON, "--organisation", ORGANISATION, "--fee", str(FEE), "--payee", self.treasury]
        words = ["set", "--jurisdiction", self.stage.jurisdiction, "--currency", self.krona.address, *rates]
        self.stage.script("sale_rates", *words)
        self.say(f"  ✓ the register takes prices in the sample token, and {PERSON} % and {FEE // KRONA} kronor of them")
        self.lien = mortgage(self.stage, self.village, "1:1", self.people["sellers' bank"], OLD_LOAN)
        self.say("  ✓ the couple's house is mortgaged to their bank")

    def _sell(self) -> Deal:
        """The first sale, with an agent, both banks, and a mortgage that goes and one that comes."""
        people, say = self.people, self.say
        buyer, bank = people["buyer"], people["buyer's bank"]
        deal = Deal(
            self.stage, self.village, self.krona, "1:1", (people["wife"], people["husband"]), buyer, PRICE,
            people["agent"], people["sellers' bank"], bank,
        )  # fmt: skip
        deal.list()
        say("  ✓ listed: both of the couple, and the agent, sign")
        deal.accept()
        say("  ✓ an offer is accepted: the couple and the buyer sign")
        deal.contract(liens=[{"lien": self.lien, "payoff": str(PAYOFF)}], agentFee=str(AGENT_FEE))
        say("  ✓ the contract: the couple, the buyer, the agent and the sellers' bank sign")
        deal.lodge()
        say("  ✓ a registrar lodges it: the title is kept for this sale")
        own = deal.due() - LOAN
        for payer, amount in ((buyer, own), (bank, LOAN)):
            self.krona.mint(payer.address, amount)
            deal.deposit(payer, amount)
        say(f"  ✓ the buyer pays {own // KRONA:,} kronor into escrow, the buyer's bank {LOAN // KRONA:,}")
        deal.finance(LOAN)
        say("  ✓ the buyer's bank and the buyer sign the loan")
        deal.bill()
        say("  ✓ the bill of sale: the couple and the buyer sign")
        deal.pay_off(self.lien, people["sellers' bank"], PAID_OFF)
        say(f"  ✓ the sellers' bank signs that it lets the house go for {PAID_OFF // KRONA:,} kronor")
        settle(self.stage, deal)
        say("  ✓ registered: title, mortgages and money change hands in one transaction")
        for payee in self._shares_of_price():
            withdraw(deal, payee)
        say("  ✓ the couple, their bank, the agent and the treasury have their money")
        return deal

    def _shares_of_price(self) -> dict[str, int]:
        """What each payee gets of price and duty, in öre."""
        rest = PRICE - PAID_OFF - AGENT_FEE
        duty = PRICE * 15 // 1000 + FEE
        couple = sorted((self.people["wife"], self.people["husband"]), key=lambda one: one.party)
        return {
            couple[0].address: rest // 2,
            couple[1].address: rest - rest // 2,
            self.people["sellers' bank"].address: PAID_OFF,
            self.people["agent"].address: AGENT_FEE,
            self.treasury: duty,
        }
