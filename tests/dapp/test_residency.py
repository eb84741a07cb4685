"""Somebody applies for e-residency in a browser without scripts, is approved, and links a wallet."""

import pytest
from playwright.sync_api import Browser, Page, expect

from muniment.db.engine import writing
from muniment.identity.residency.model import Check
from muniment.identity.residency.submit import approve, check
from tests.dapp.conftest import Town, Watched, axe
from tests.dapp.people import until
from tests.dapp.wallet import Wallet

FIELDS = {
    "given_name": "Åsa", "family_name": "Berg", "birth-day": "3", "birth-month": "4", "birth-year": "1985",
    "nationality": "se", "document_number": "AB 12345", "email": "asa@example.org", "reason": "To found a company",
}  # fmt: skip


def _apply(page: Page, town: Town, fields: dict[str, str], language: str = "en") -> None:
    page.goto(f"{town.url}/residency/apply?lang={language}")
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    page.locator("form[method=post] button").click()


def test_errors_are_read_out_and_lead_to_their_fields(town: Town, browser: Watched) -> None:
    """What is wrong stands at the top, each a link to its field, and at the field; axe finds nothing."""
    page = browser.context.new_page()
    _apply(page, town, {**FIELDS, "birth-month": "13", "email": "none"})
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    assert axe(page) == []
    page.get_by_role("link", name="The date of birth must be a real date").click()
    expect(page.locator("#birth-day")).to_be_focused()
    expect(page.locator("#email")).to_have_attribute("aria-describedby", "email-hint email-error")
    expect(page.locator("#given_name")).to_have_value("Åsa")
    browser.complaints[:] = [said for said in browser.complaints if "422" not in said]  # the answer's status


@pytest.mark.parametrize("language", ["en", "et", "sv"])
def test_apply_on_a_phone_without_scripts(town: Town, chromium: Browser, language: str) -> None:
    """At 320 px and with JavaScript off the form, its errors and the case can be used, and nothing scrolls sideways."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    for fields in ({**FIELDS, "email": ""}, FIELDS):
        _apply(page, town, fields, language)
        box = page.locator("html").bounding_box()
        assert box is not None
        assert box["width"] <= 320
    expect(page.locator(".m-steps__step")).to_have_count(5)
    assert "/residency/cases/" in page.url
    assert "Berg" not in page.content()
    context.close()


def test_from_application_to_wallet(town: Town, browser: Watched) -> None:
    """An approved applicant sees each step, gets a code, and links a wallet; the party is then an e-resident."""
    page = browser.context.new_page()
    wallet = Wallet(town.node)
    wallet.install(page)
    _apply(page, town, FIELDS)
    assert axe(page) == []
    case = page.locator("h1 .m-hash").inner_text()
    services = town.services
    with writing(services.engine) as connection:
        now = services.clock()
        for what in Check:
            check(connection, services.sealer, case, what, "first officer", True, "", now)
        approve(connection, services.sealer, case, "second officer", 5, now)
    page.reload()
    expect(page.get_by_text("It was approved")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Get a code").click()
    assert axe(page) == []
    page.get_by_role("button", name="Link your wallet").click()
    page.get_by_role("button", name="Choose a wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    page.get_by_role("button", name="Sign with this wallet").click()
    expect(page.locator("#bind-state")).to_contain_text("Your wallet is linked.")
    party = wallet.signed[0]["message"]["party"]
    until(lambda: "Valid now, until" in browser.open(f"/parties/{party}").content(), "the credential")
