"""A citizen links a wallet: staff invite, the wallet signs, the chain knows."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from muniment.chain.abi import encode_call
from tests.dapp.conftest import Town, Watched, axe
from tests.dapp.people import until
from tests.dapp.wallet import Wallet

STATE = "#bind-state"


def _choose(page: Page, name: str = "Test wallet") -> None:
    page.get_by_role("button", name="Choose a wallet").click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def _sign(page: Page) -> None:
    page.get_by_role("button", name="Sign with this wallet").click()


def _wallet_on_chain(town: Town, party: str) -> str:
    registry = town.services.deployment.contracts["PartyRegistry"]
    data = encode_call(registry.abi, "walletOf", (party,))
    return "0x" + town.node.call("eth_call", {"to": registry.address, "data": data}, "latest")[-40:]


def test_citizen_links_a_wallet(town: Town, browser: Watched) -> None:
    """The page shows what is signed, exactly that is signed, and then page, server and chain know the wallet."""
    invited, wallet = town.invite(), Wallet(town.node)
    page = browser.open(f"/bind/{invited.code}", wallet)
    expect(page.locator("#bind-wallet")).to_have_text("The one that you choose in the next step")
    _choose(page)
    expect(page.locator("#bind-wallet")).to_have_text(wallet.address)
    assert axe(page) == []
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("Your wallet is linked.")
    town.node.mine(4)
    expect(page.locator(STATE)).to_contain_text("Final.")
    assert axe(page) == []
    (signed,) = wallet.signed
    assert signed["message"] == {
        "party": invited.party, "wallet": wallet.address, "nonce": str(invited.nonce), "deadline": invited.expires_at
    }  # fmt: skip
    shown = page.locator("dl").first.inner_text()
    assert invited.party in shown
    assert str(invited.nonce) in shown
    assert _wallet_on_chain(town, invited.party) == wallet.address
    until(lambda: wallet.address in browser.open(f"/parties/{invited.party}").content(), "the wallet's line")
    again = browser.open(f"/bind/{invited.code}")
    expect(again.get_by_role("button", name="Choose a wallet")).to_have_count(0)
    expect(again.locator(STATE)).to_contain_text("Final")


def test_declined_signature(town: Town, browser: Watched) -> None:
    """Who declines in the wallet reads that nothing was signed, and can sign after all."""
    wallet = Wallet(town.node, refusals=1)
    page = browser.open(f"/bind/{town.invite().code}", wallet)
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("You declined in your wallet. Nothing was signed.")
    assert wallet.signed == []
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("Your wallet is linked.")


def test_wrong_chain(town: Town, browser: Watched) -> None:
    """A wallet on another chain is asked to switch; one that will not is told which chain is needed."""
    wallet = Wallet(town.node, chain_id=1, switches=False)
    page = browser.open(f"/bind/{town.invite().code}", wallet)
    _choose(page)
    expect(page.locator(STATE)).to_contain_text("Switch it to chain 31337")
    assert wallet.signed == []
    wallet.switches = True
    _choose(page)
    expect(page.get_by_role("button", name="Sign with this wallet")).to_be_visible()
    assert wallet.chain_id == 31337


def test_no_wallet(town: Town, browser: Watched) -> None:
    """A browser without a wallet says so in words, and the dialog closes by Escape."""
    page = browser.open(f"/bind/{town.invite().code}")

    def without_demo(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "rpc": None})

    page.route("**/api/deployment", without_demo)
    page.get_by_role("button", name="Choose a wallet").click()
    expect(page.get_by_role("dialog")).to_contain_text("No wallet was found in this browser.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_demo_wallet(town: Town, browser: Watched) -> None:
    """On the demo chain a newcomer without a wallet can link the built-in one, which asks before it signs."""
    invited = town.invite()
    page = browser.open(f"/bind/{invited.code}")
    _choose(page, "Demo wallet (demo only)")
    expect(page.get_by_role("dialog")).to_contain_text("show this page your demo address")
    assert axe(page) == []
    page.get_by_role("button", name="Allow").click()
    _sign(page)
    expect(page.get_by_role("dialog")).to_contain_text(invited.party)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(STATE)).to_contain_text("Your wallet is linked.")
    key = page.evaluate("localStorage.getItem('muniment-demo-key')")
    assert re.fullmatch("0x[0-9a-f]{64}", key)
    assert page.locator("#bind-wallet").inner_text() == _wallet_on_chain(town, invited.party)


def test_demo_wallet_declines(town: Town, browser: Watched) -> None:
    """Declining in the demo wallet is a refusal like any other."""
    page = browser.open(f"/bind/{town.invite().code}")
    _choose(page, "Demo wallet (demo only)")
    page.get_by_role("button", name="Decline").click()
    expect(page.locator(STATE)).to_contain_text("Nothing was signed")


@pytest.mark.parametrize("field", ["party", "nonce", "deadline", "wallet", "verifyingContract"])
def test_something_else_to_sign(town: Town, browser: Watched, field: str) -> None:
    """When the service sends something else to sign than the page shows, the wallet is not even asked."""
    wallet = Wallet(town.node)
    page = browser.open(f"/bind/{town.invite().code}", wallet)

    def forge(route: Route) -> None:
        answer = json.loads(route.fetch().text())
        where = answer["typed_data"]["domain" if field == "verifyingContract" else "message"]
        where[field] = 1 if field == "deadline" else "0x" + "6" * len(str(where[field])[2:])
        route.fulfill(json=answer)

    page.route("**/api/identity/bindings/*", forge)
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("something else to sign than this page shows")
    assert wallet.signed == []


def test_hostile_wallet(town: Town, browser: Watched) -> None:
    """A wallet's name is text whatever it holds, and an icon from elsewhere is never fetched."""
    wallet = Wallet(town.node, name="<img src=x onerror=alert(1)>\u202eevil", icon="https://evil.example/pixel.png")
    page = browser.open(f"/bind/{town.invite().code}", wallet)
    page.get_by_role("button", name="Choose a wallet").click()
    choice = page.get_by_role("dialog").get_by_role("button", name="<img")
    expect(choice).to_have_text("<img src=x onerror=alert(1)>evil")
    assert choice.locator("img").count() == 0


def test_used_invitation(town: Town, browser: Watched) -> None:
    """A second wallet that signs for a used code is refused in words, and the first stays linked."""
    invited = town.invite()
    first, second = Wallet(town.node), Wallet(town.node)
    late = browser.open(f"/bind/{invited.code}", second)
    _choose(late)
    page = browser.open(f"/bind/{invited.code}", first)
    _choose(page)
    _sign(page)
    expect(page.locator(STATE)).to_contain_text("Your wallet is linked.")
    _sign(late)
    expect(late.locator(STATE)).to_contain_text(re.compile("used|something else"))
    assert _wallet_on_chain(town, invited.party) == first.address
