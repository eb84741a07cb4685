"""Everybody can use the pages: by keyboard, on a phone, magnified, without scripts, in each language."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dapp.conftest import HOSTILE, Town, Watched, axe
from tests.dapp.wallet import Wallet

LANGUAGES = ("en", "et", "sv")


def _ask(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


def test_axe_finds_nothing(town: Town, browser: Watched) -> None:
    """No page has a fault that axe can find."""
    found = {path: wrong for path in town.pages if (wrong := axe(browser.open(path)))}
    browser.complaints[:] = [said for said in browser.complaints if "404" not in said]  # /nothing is meant to be
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_narrow_and_magnified(town: Town, chromium: Browser, language: str) -> None:
    """At 320 px, which is also 1280 px at 400 %, nothing scrolls sideways (WCAG 1.4.10)."""
    context = chromium.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    wide = []
    for path in town.pages:
        page.goto(town.url + _ask(path, language))
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path)
    context.close()
    assert wide == []


def test_dialog_fits_a_phone(town: Town, chromium: Browser) -> None:
    """The choice of wallets lies within a screen of 320 px, its buttons whole."""
    context = chromium.new_context(viewport={"width": 320, "height": 400})
    page = context.new_page()
    page.goto(f"{town.url}/land/{town.titles['1']}")
    page.get_by_role("button", name="Check with my wallet").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Demo wallet")).to_be_visible()
    for part in page.locator("dialog, dialog button").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    context.close()


def test_targets_are_large_enough(town: Town, chromium: Browser) -> None:
    """Buttons and the menus' links are at least 24 × 24 px (WCAG 2.5.8)."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(town.url)
    for target in page.locator("header a, footer a, button").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, target.inner_text()
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_scripts(town: Town, chromium: Browser, language: str) -> None:
    """With JavaScript off every page is there, and a search leads to a title and its map."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 800, "height": 600})
    page = context.new_page()
    for path in town.pages:
        response = page.goto(town.url + _ask(path, language))
        assert response is not None
        assert response.status == (404 if path == "/nothing" else 200)
        assert page.locator("html").get_attribute("lang") == language
        expect(page.locator("h1")).to_be_visible()
    page.goto(town.url + _ask("/", language))
    page.locator("#q").fill("onerror")
    page.locator("#q").press("Enter")
    page.get_by_role("link", name="<img").click()
    expect(page.locator("h1")).to_contain_text(HOSTILE.partition("\u202e")[0])
    expect(page.locator(".m-map__parcel--here")).to_be_visible()
    page.goto(f"{town.url}/bind/{town.invite().code}")
    expect(page.locator("noscript")).to_be_visible()
    expect(page.locator("#bind-button")).to_be_hidden()
    context.close()


def test_by_keyboard_alone(town: Town, browser: Watched) -> None:
    """From the skip link through the dialog to the signature, without a mouse, the focus always to be seen."""
    wallet = Wallet(town.node)
    page = browser.open(f"/bind/{town.invite().code}", wallet)
    page.keyboard.press("Tab")
    assert _focused(page) == "Skip to main content"
    page.keyboard.press("Enter")
    _tab_to(page, "Choose a wallet")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    _tab_to(page, "Test wallet")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign with this wallet")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#bind-state")).to_contain_text("Your wallet is linked.")
    assert len(wallet.signed) == 1


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText.trim()"))


def _tab_to(page: Page, name: str) -> None:
    for _ in range(20):
        if _focused(page) == name:
            outlined = page.evaluate(
                """(style => style.outlineStyle !== "none" || style.boxShadow !== "none")
                (getComputedStyle(document.activeElement))"""
            )
            assert outlined, f"the focus on {name} cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} was not reached by the Tab key")


def test_map_is_clickable(town: Town, browser: Watched) -> None:
    """A click on a parcel of the map leads to its title, and the map takes no tab stops."""
    page = browser.open("/land/map")
    page.locator(f'a[href="/land/{town.titles["3"]}"] path').click()
    expect(page.locator("h1")).to_have_text("3")
    assert page.locator("svg a:not([tabindex='-1'])").count() == 0
