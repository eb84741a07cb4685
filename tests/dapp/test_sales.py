"""A sale in the browser: a form makes a paper, wallets sign what its page shows, a payer pays into escrow."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from muniment.chain.abi import encode_call
from muniment.db.engine import reading, writing
from muniment.db.schema import shares
from muniment.hashing import keccak
from muniment.identity.model import party_id
from muniment.land.sales.submit import lodge
from tests.dapp.conftest import Town, Watched, axe
from tests.dapp.people import ADMIN, Citizen, get, officers_of, post, read, send, until
from tests.dapp.test_signing import _choose, _nothing_sideways, _sign
from tests.dapp.wallet import Wallet
from tests.service.nodes import ROOT

STATE, DAY = "#sign-state", 24 * 3600
MONEY = json.loads((Path(ROOT) / "tests" / "service" / "land" / "sales" / "fair_money.json").read_text())
DEED = b"the document that stays in the browser"
PRICE = "250000"


@dataclass
class Trade:
    """A seller with a title, a buyer with a wallet, and money in a token that the register takes."""

    town: Town
    seller: Citizen
    buyer: Citizen
    title: str
    token: str

    @property
    def currency(self) -> str:
        """The token as contracts write it."""
        return "0x" + self.token[2:].rjust(64, "0")

    @property
    def now(self) -> int:
        """The service's time."""
        return self.town.services.clock()

    def signed(self, paper: dict[str, Any], *citizens: Citizen) -> None:
        """Let citizens sign a paper by the API."""
        path = f"/api/sales/papers/{paper['paper']}"
        for citizen in citizens:
            for part in get(self.town, f"{path}/typed-data?party={citizen.party}")["to_sign"]:
                signature = citizen.wallet.sign(part["typed_data"])
                post(
                    self.town,
                    f"{path}/signatures",
                    {"party": citizen.party, "place": part["place"], "signature": signature},
                )

    def listed(self, **changes: Any) -> str:
        """Put the title up for sale by the API; the sale's id."""
        asked = {"title": self.title, "currency": self.token, "price": PRICE, "documentHash": keccak(b"mandate"),
                 "until": self.now + 60 * DAY, **changes}  # fmt: skip
        paper = post(self.town, "/api/sales/listings", asked)
        self.signed(paper, self.seller)
        self.reached(str(paper["sale"]), "listed")
        return str(paper["sale"])

    def offer(self, sale: str, **changes: Any) -> dict[str, Any]:
        """An offer that nobody has signed."""
        asked = {
            "shares": [{"holder": self.buyer.party, "numerator": "1"}],
            "price": PRICE,
            "payers": [self.buyer.wallet.address],
            "documentHash": keccak(b"offer"),
            "until": self.now + 30 * DAY,
            **changes,
        }
        made: dict[str, Any] = post(self.town, f"/api/sales/{sale}/offers", asked)
        return made

    def reached(self, sale: str, status: str) -> None:
        """Wait until a sale has come to a step."""

        def there() -> bool:
            stands = get(self.town, f"/api/sales/{sale}")
            return stands is not None and stands["status"] == status

        until(there, status, 60)


@pytest.fixture(scope="module")
def trade(town: Town) -> Trade:
    """A token of the town, taken by its register; two citizens."""
    admin = town.node.call("eth_accounts")[ADMIN]
    made = town.node.call("eth_sendTransaction", {"from": admin, "data": MONEY["code"]})
    receipt = until(lambda: town.node.call("eth_getTransactionReceipt", made), "the token")
    token = str(receipt["contractAddress"]).lower()
    rates = {"accepted": True, "person": 15_000, "organisation": 42_500, "payee": admin, "fee": 825}
    word = "0x" + token[2:].rjust(64, "0")
    send(town, "SaleEscrow", admin, "setRates", ("0x" + b"GB".hex().ljust(16, "0"), word, rates))
    seller, buyer = Citizen.of(town), Citizen.of(town)
    with reading(town.services.engine) as connection:
        query = select(shares.c.title).where(shares.c.holder == seller.party)
        title = str(connection.execute(query).scalars().first())
    until(lambda: any(line["token"] == token for line in get(town, "/api/sales/rates/GB")["rates"]), "the rates")
    return Trade(town, seller, buyer, title, token)


def _fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#documentHash").set_input_files({"name": "deed.pdf", "mimeType": "application/pdf", "buffer": DEED})


def _make(page: Page) -> None:
    page.get_by_role("button", name="Make the paper").click()
    page.wait_for_url("**/sales/papers/*")


def _forge(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    def answer(route: Route) -> None:
        told = json.loads(route.fetch().text())
        for part in told["to_sign"]:
            change(part["typed_data"])
        route.fulfill(json=told)

    page.route("**/typed-data?**", answer)


def test_a_title_is_put_up_for_sale_and_an_offer_taken(
    town: Town, browser: Watched, chromium: Browser, trade: Trade
) -> None:
    """From the title's page by two forms to an accepted offer: each wallet signs what its page shows, and no more."""
    page = browser.open(f"/land/{trade.title}", trade.seller.wallet)
    for link in page.locator("a[href^='/api/titles/']").all():
        assert page.request.get(f"{town.url}{link.get_attribute('href')}").ok
    page.get_by_role("button", name="Put up for sale").click()
    assert axe(page) == []
    assert _nothing_sideways(chromium, town, f"/land/{trade.title}/sell")
    page.get_by_role("button", name="Make the paper").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter this: Price")
    assert axe(page) == []
    page.locator("#currency").select_option(trade.currency)
    expect(page.locator("#price-hint")).to_contain_text("smallest unit")
    _fill(page, price=PRICE)
    _make(page)
    assert axe(page) == []
    shown = page.locator("dl").first.inner_text()
    for value in (trade.title, trade.seller.party, PRICE, trade.currency, keccak(DEED)):
        assert value in shown
    path = page.url.removeprefix(town.url)
    assert _nothing_sideways(chromium, town, path)
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("it is on the chain", timeout=60_000)
    (signed,) = trade.seller.wallet.signed
    assert signed["message"]["listing"]["price"] == PRICE
    assert signed["message"]["listing"]["documentHash"] == keccak(DEED)
    sale = until(lambda: get(town, f"/api/sales?title={trade.title}")["sales"], "the sale")[0]["sale"]

    page = browser.open(f"/sales/{sale}", trade.buyer.wallet)
    assert axe(page) == []
    assert _nothing_sideways(chromium, town, f"/sales/{sale}")
    page.get_by_role("button", name="Make an offer").click()
    _fill(page, shares=trade.buyer.party, price="240000")
    assert axe(page) == []
    _make(page)
    expect(page.locator("dl").first).to_contain_text(trade.buyer.wallet.address)  # who pays was filled in
    path = page.url.removeprefix(town.url)
    _choose(page)
    _sign(page)
    expect(page.get_by_text("Signed on")).to_have_count(1)
    page = browser.open(path, trade.seller.wallet)
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("it is on the chain", timeout=60_000)
    trade.reached(sale, "offer_accepted")
    page = browser.open(f"/sales/{sale}")
    expect(page.locator("main")).to_contain_text("Draw up the contract")
    assert axe(browser.open("/sales")) == []


@pytest.mark.parametrize("field", ["price", "payers", "until", "sale", "verifyingContract", "type"])
def test_another_paper_than_is_shown(browser: Watched, trade: Trade, field: str) -> None:
    """When the service sends something else to sign than the page shows, the wallet is not even asked."""
    wallet = trade.seller.wallet
    sale = trade.listed(documentHash=keccak(field.encode()))
    page = browser.open(f"/sales/papers/{trade.offer(sale)['paper']}", wallet)
    before = len(wallet.signed)

    def change(data: dict[str, Any]) -> None:
        offer = data["message"]["offer"]
        if field == "price":
            offer["price"] = "1"
        elif field == "payers":
            offer["payers"] = []
        elif field == "until":
            offer["until"] += 1
        elif field == "sale":
            data["message"]["sale"] = keccak(b"another")
        elif field == "verifyingContract":
            data["domain"]["verifyingContract"] = "0x" + "6" * 40
        else:
            data["types"]["Offer"][0]["type"] = "uint256"

    _forge(page, change)
    _choose(page)
    expect(page.locator(STATE)).to_contain_text("something else to sign than this page shows")
    assert len(wallet.signed) == before


def test_decimals_of_a_currency(browser: Watched, trade: Trade) -> None:
    """An amount is typed with the currency's decimals, and the paper says what the wallet will show of it."""
    page = browser.open(f"/land/{trade.title}/sell")
    page.locator("#currency").select_option(label="EUR")
    expect(page.locator("#price-hint")).to_contain_text("250000.50")
    _fill(page, price="250 000,505")
    page.get_by_role("button", name="Make the paper").click()
    expect(page.locator("#price-error")).to_contain_text("must be an amount")
    _fill(page, price="250 000,50")
    _make(page)
    shown = page.locator("dl").first.inner_text()
    assert "250,000.50 EUR" in shown
    assert "25000050" in shown


def test_a_payer_pays_into_escrow(town: Town, browser: Watched, chromium: Browser, trade: Trade) -> None:
    """The payer's wallet sends what the page says, and nothing else; then the sale has the money."""
    payer = Wallet(town.node)
    sale = _lodged(trade, payer)
    due = int(get(town, f"/api/sales/{sale}")["money"]["due"])
    town.node.call("anvil_setBalance", payer.address, hex(10**18))
    admin = town.node.call("eth_accounts")[ADMIN]
    minted = encode_call(MONEY["abi"], "mint", (payer.address, due))
    town.node.call("eth_sendTransaction", {"from": admin, "to": trade.token, "data": minted})

    page = browser.open(f"/sales/{sale}", Wallet(town.node, name="Other wallet", hook="otherWallet"), payer)
    page.get_by_role("button", name="Pay into escrow").click()
    assert axe(page) == []
    assert _nothing_sideways(chromium, town, f"/sales/{sale}/deposit")
    _choose(page, "Other wallet")
    expect(page.locator("#deposit-state")).to_contain_text("may not pay for this sale")
    page.locator("#deposit-amount").fill(str(due + 1))
    page.get_by_role("button", name="Choose a wallet").click()
    expect(page.locator("#deposit-state")).to_contain_text("not more than what is still to be paid")
    page.locator("#deposit-amount").fill(str(due))

    def lie(route: Route) -> None:
        told = json.loads(route.fetch().text())
        told["transactions"][0]["to"] = "0x" + "6" * 40
        route.fulfill(json=told)

    page.route("**/deposit?**", lie)
    _choose(page)
    expect(page.locator("#deposit-state")).to_contain_text("other transactions than this page shows")
    assert payer.sent == []
    page.unroute("**/deposit?**")
    payer.refusals = 1
    _choose(page)
    page.get_by_role("button", name="Pay with this wallet").click()
    expect(page.locator("#deposit-state")).to_contain_text("You declined in your wallet")
    page.get_by_role("button", name="Pay with this wallet").click()
    expect(page.locator("#deposit-state")).to_contain_text("Paid in: it is on the chain", timeout=60_000)
    assert axe(page) == []
    contracts = town.services.deployment.contracts
    assert [sent["to"] for sent in payer.sent] == [trade.token, contracts["Conveyance"].address.lower()]
    assert int(read(town, "SaleEscrow", "depositOf", sale, payer.address), 16) == due
    until(lambda: get(town, f"/api/sales/{sale}")["money"]["open"] == str(due), "the deposit")
    page = browser.open(f"/sales/{sale}")
    expect(page.locator("main")).to_contain_text("Confirm the financing")
    expect(browser.open(f"/sales/{sale}/deposit").locator("main")).to_contain_text("Everything is paid in")


def test_representatives_sign_for_an_organisation(town: Town, browser: Watched, trade: Trade) -> None:
    """Two representatives sign one after the other, each with a wallet of its own, for the organisation."""
    reps = sorted([trade.buyer, Citizen.of(town)], key=lambda citizen: citizen.party)
    reps[1].wallet.name, reps[1].wallet.hook = "Second wallet", "secondWallet"
    commitment = keccak(b"an organisation")
    rule = (town.agency, commitment, 2, [citizen.party for citizen in reps], keccak(b"seen"))
    for officer in officers_of(town):
        send(town, "PartyRegistry", officer, "setRepresentation", rule)
    organisation = party_id(town.agency, commitment)
    until(lambda: (get(town, f"/api/parties/{organisation}") or {}).get("representation"), "the organisation")
    sale = trade.listed(documentHash=keccak(b"for an organisation"))
    paper = trade.offer(sale, shares=[{"holder": organisation, "numerator": "1"}])
    trade.signed(paper, trade.seller)
    page = browser.open(f"/sales/papers/{paper['paper']}", *(citizen.wallet for citizen in reps))
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("The organisation signs by several")
    assert axe(page) == []
    page.get_by_role("button", name="Choose the next representative").click()
    page.get_by_role("dialog").get_by_role("button", name="Second wallet").click()
    expect(page.locator(STATE)).to_contain_text("it is on the chain", timeout=60_000)
    assert reps[0].wallet.signed[-1] == reps[1].wallet.signed[-1]
    trade.reached(sale, "offer_accepted")


def _lodged(trade: Trade, payer: Wallet) -> str:
    """A sale whose contract a registrar has lodged, to be paid by this wallet."""
    sale = trade.listed(documentHash=keccak(b"a mandate of its own"))
    both = (trade.seller, trade.buyer)
    trade.signed(trade.offer(sale, payers=[payer.address]), *both)
    trade.reached(sale, "offer_accepted")
    now = trade.now
    asked = {"documentHash": keccak(b"contract"), "lodgeBy": now + 9 * DAY, "financeBy": now + 19 * DAY,
             "completeBy": now + 29 * DAY}  # fmt: skip
    trade.signed(post(trade.town, f"/api/sales/{sale}/contracts", asked), *both)
    trade.reached(sale, "contract_signed")
    with writing(trade.town.services.engine) as connection:
        lodge(connection, sale, "officer 1", trade.now)
    trade.reached(sale, "pending_title")
    return sale
