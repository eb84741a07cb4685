"""Citizens sign in the browser what a page shows: a veto, another wallet, the founding of a company."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from muniment.hashing import keccak
from tests.dapp.conftest import Town, Watched, axe
from tests.dapp.people import Citizen, read, recover, until
from tests.dapp.wallet import Wallet

STATE = "#sign-state"


def _choose(page: Page, name: str = "Test wallet") -> None:
    page.get_by_role("button", name="Choose a wallet").click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def _sign(page: Page, name: str = "Sign with this wallet") -> None:
    page.get_by_role("button", name=name).click()


def _nothing_sideways(chromium: Browser, town: Town, path: str) -> bool:
    context = chromium.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    page.goto(f"{town.url}{path}?lang=et")
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    return bool(width <= 320)


@pytest.fixture(scope="module")
def robbed(town: Town) -> Citizen:
    """A citizen who still has the wallet, while two officers move the party to somebody else's."""
    citizen = Citizen.of(town)
    recover(town, citizen.party, Wallet(town.node))
    return citizen


@pytest.mark.parametrize("field", ["party", "wallet", "attempt", "deadline", "verifyingContract", "chainId", "type"])
def test_something_else_to_sign(town: Town, browser: Watched, robbed: Citizen, field: str) -> None:
    """When the service sends something else to sign than the page shows, the wallet is not even asked."""
    page = browser.open(f"/parties/{robbed.party}/veto", robbed.wallet)

    def forge(route: Route) -> None:
        answer: dict[str, Any] = json.loads(route.fetch().text())
        data = answer["typed_data"]
        if field == "type":
            data["types"]["VetoRecovery"][1]["type"] = "bytes32"
        else:
            where = data["domain" if field in data["domain"] else "message"]
            where[field] = 2**40 if isinstance(where[field], int) else "0x" + "6" * len(where[field][2:])
        route.fulfill(json=answer)

    page.route("**/typed-data/veto", forge)
    _choose(page)
    expect(page.locator(STATE)).to_contain_text("something else to sign than this page shows")
    assert robbed.wallet.signed == []


def test_another_wallet_cannot_veto(town: Town, browser: Watched, robbed: Citizen) -> None:
    """Who chooses another wallet than the party's reads which one is meant."""
    page = browser.open(f"/parties/{robbed.party}/veto", Wallet(town.node))
    _choose(page)
    expect(page.locator(STATE)).to_contain_text("does not sign here")
    expect(page.locator(STATE)).to_contain_text(robbed.wallet.address)


def test_veto(town: Town, browser: Watched, chromium: Browser, robbed: Citizen) -> None:
    """The warning leads to the veto; the page's words are what is signed; the chain then knows of no recovery."""
    page = browser.open(f"/parties/{robbed.party}", robbed.wallet)
    expect(page.get_by_role("region", name="Warning")).to_contain_text("move this party to a new wallet")
    assert axe(page) == []
    page.get_by_role("link", name="Stop the recovery").click()
    for path in (f"/parties/{robbed.party}", f"/parties/{robbed.party}/veto"):
        assert _nothing_sideways(chromium, town, path)
    _choose(page)
    expect(page.locator("#sign-deadline")).to_contain_text("UTC")
    assert axe(page) == []
    shown = page.locator("dl").first.inner_text()
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("it is on the chain")
    assert axe(page) == []
    (signed,) = robbed.wallet.signed
    for name in ("party", "wallet", "attempt"):
        assert str(signed["message"][name]) in shown
    assert int(read(town, "PartyRegistry", "recoveryOf", robbed.party), 16) == 0
    needed = until(
        lambda: "Needs an order of a court" in browser.open(f"/parties/{robbed.party}").content(), "the page"
    )
    assert needed


def test_another_wallet_of_ones_own(town: Town, browser: Watched, chromium: Browser) -> None:
    """Both wallets sign the same words, the new one chosen first; then the chain knows the new one."""
    citizen, new = Citizen.of(town), Wallet(town.node, name="New wallet", hook="newWallet")
    page = browser.open(f"/parties/{citizen.party}/rotate", citizen.wallet, new)
    assert axe(page) == []
    assert _nothing_sideways(chromium, town, f"/parties/{citizen.party}/rotate")
    _choose(page)
    expect(page.locator(STATE)).to_contain_text("That is the present wallet")
    _choose(page, "New wallet")
    expect(page.locator("#sign-to")).to_have_text(new.address)
    _sign(page, "Sign with the present wallet")
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(page.locator(STATE)).to_contain_text("Now sign with the new one")
    assert axe(page) == []
    _sign(page, "Sign with the new wallet")
    expect(page.locator(STATE)).to_contain_text("it is on the chain")
    assert citizen.wallet.signed == new.signed
    assert read(town, "PartyRegistry", "walletOf", citizen.party)[-40:] == new.address[2:]


def test_new_wallet_of_somebody_who_lost_the_old(town: Town, browser: Watched, chromium: Browser) -> None:
    """The new wallet signs what the page shows; nothing is sent, and what officers need is there to be handed over."""
    citizen, new = Citizen.of(town), Wallet(town.node)
    page = browser.open(f"/parties/{citizen.party}/recover", new)
    _choose(page)
    expect(page.locator("#sign-wallet")).to_have_text(new.address)
    assert axe(page) == []
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("Give these three to the agency")
    assert axe(page) == []
    assert _nothing_sideways(chromium, town, f"/parties/{citizen.party}/recover")
    (signed,) = new.signed
    deadline = signed["message"]["deadline"]
    assert signed["message"] == {"party": citizen.party, "wallet": new.address, "attempt": 1, "deadline": deadline}
    shown = page.locator(STATE).inner_text()
    for value in (new.address, str(deadline), new.sign(signed)):
        assert value in shown


def test_found_a_company(town: Town, browser: Watched, chromium: Browser) -> None:
    """Two of a board sign what the page shows; the last signature sends it; the contact accepts on a page, too."""
    founder, member, articles = Citizen.of(town), Citizen.of(town), keccak(b"articles of the browser's company")
    founder.become_e_resident()
    company = founder.reserve("Kuusk ja Pojad OÜ")
    founder.anchor(articles)
    filing = founder.found(company, sorted([founder.party, member.party]), articles, threshold=2)
    path = f"/companies/filings/{filing}"
    for citizen, others_sign in ((founder, True), (member, False)):
        page = browser.open(path, citizen.wallet)
        assert axe(page) == []
        shown = page.locator("dl").first.inner_text()
        _choose(page)
        expect(page.locator("#sign-nonce")).not_to_have_text("Shown before you sign")
        assert axe(page) == []
        _sign(page)
        if others_sign:
            expect(page.get_by_text("Signed on")).to_have_count(1)
        else:
            expect(page.locator(STATE)).to_contain_text("it is on the chain")
        (signed,) = citizen.wallet.signed
        file = signed["message"]["file"]
        for value in (company, articles, *file["board"], *signed["message"]["founders"], file["contact"]):
            assert value in shown
    assert _nothing_sideways(chromium, town, path)

    until(lambda: "Are you the contact person?" in browser.open(f"/companies/{company}").content(), "the articles")
    page = browser.open(f"/companies/{company}", founder.wallet)
    assert axe(page) == []
    page.get_by_role("button", name="Check with my wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(page.locator("#check-result")).to_contain_text("all of this matches the chain")
    page.get_by_role("link", name="Are you the contact person?").click()
    assert _nothing_sideways(chromium, town, f"/companies/{company}")
    assert _nothing_sideways(chromium, town, f"/companies/{company}/contact")
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("it is on the chain")
    until(lambda: "The contact person has accepted" in browser.open(f"/companies/{company}/contact").content(), "it")
