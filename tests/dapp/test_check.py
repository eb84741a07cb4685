"""Checked by your browser: the page's facts are read again from the chain, through the reader's wallet."""

import json

from playwright.sync_api import Page, Route, expect

from tests.dapp.conftest import Town, Watched, axe
from tests.dapp.wallet import Wallet

RESULT = "#check-result"


def _check(page: Page, name: str = "Test wallet") -> None:
    page.get_by_role("button", name="Check with my wallet").click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def test_everything_matches(town: Town, browser: Watched) -> None:
    """Everything that a true page says matches the chain, and nothing is asked before the click."""
    wallet = Wallet(town.node)
    page = browser.open(f"/land/{town.titles['10']}", wallet)
    _check(page)
    expect(page.locator(RESULT)).to_contain_text("all of this matches the chain")
    assert page.locator(f"{RESULT} .m-verdict--matches").count() == 9
    assert axe(page) == []


def test_lying_server_is_found_out(town: Town, browser: Watched) -> None:
    """An area and a geometry that differ from the chain are marked, and the page must not be relied on."""
    page = browser.open(f"/land/{town.titles['9']}", Wallet(town.node))

    def lie(route: Route) -> None:
        answer = json.loads(route.fetch().text())
        route.fulfill(json={**answer, "area_dm2": "1"})

    page.route(f"**/api/titles/{town.titles['9']}", lie)
    page.route("**/geometry", lambda route: route.fulfill(body="{}"))
    _check(page)
    expect(page.locator(RESULT)).to_contain_text("something does not match")
    assert page.locator(f"{RESULT} tr", has_text="Does not match").count() == 2


def test_through_the_demo_wallet(town: Town, browser: Watched) -> None:
    """Without a wallet the demo chain can be read through the built-in one, straight from the node."""
    page = browser.open(f"/land/{town.titles['8']}")
    _check(page, "Demo wallet (demo only)")
    expect(page.locator(RESULT)).to_contain_text("all of this matches the chain")
    assert browser.elsewhere == [town.node.url + "/"] * len(browser.elsewhere)
    browser.elsewhere.clear()
