"""Browsers of a voter's, as small as a phone."""

import json
import os
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from muniment.ballots.enrolment import blind
from tests.dapp.conftest import PATIENCE, axe
from tests.dapp.polling import Poll
from tests.dapp.wallet import Wallet
from tests.service.ballots.stage import Voter

PICTURES = os.environ.get("MUNIMENT_PICTURES")  # a folder; then each page is photographed on the way
PHONE = {"width": 360, "height": 740}


class Device:
    """A browser of the voter's, which writes down what it complains of and whom it asks."""

    def __init__(self, chromium: Browser, poll: Poll) -> None:
        self.poll = poll
        self.context: BrowserContext = chromium.new_context(viewport=PHONE, locale="en-GB", accept_downloads=True)
        self.context.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.context.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.poll.url + "/", self.poll.node.url, "data:", f"blob:{self.poll.url}/")):
            self.elsewhere.append(url)

    def open(self, what: str, *wallets: Wallet) -> Page:
        """Open a page of the election."""
        page = self.context.new_page()
        for wallet in wallets:
            wallet.install(page)
        page.goto(self.poll.url + self.poll.page(what))
        return page


def key_file(poll: Poll, voter: Voter, folder: Path) -> Path:
    """The file of a voter's key, as the page for enrolling saves it."""
    file = folder / f"{voter.credential}.json"
    kept = {
        "format": "Muniment.CredentialFile.v1", "setup": poll.polls.setup, "unit": voter.unit,
        "secret": f"0x{voter.secret:064x}", "credential": voter.credential,
        "randomizer": blind.to_text(voter.randomizer), "signature": blind.to_text(voter.signature),
    }  # fmt: skip
    file.write_text(json.dumps(kept))
    return file


def take_key(page: Page, what: str, file: Path) -> None:
    """Open a key's file, once the page shows its control: only then has the script heard what election it is."""
    control = page.locator(f"#{what}-file")
    expect(control).to_be_visible()
    control.set_input_files(file)


def opened(device: Device, what: str, voter: Voter, folder: Path, *wallets: Wallet) -> Page:
    """A page with the file of the voter's key opened in it."""
    page = device.open(what, *wallets)
    take_key(page, what, key_file(device.poll, voter, folder))
    return page


def seen(page: Page, name: str) -> None:
    """A page as it stands now: nothing that axe finds, nothing wider than the phone, and a picture if wanted."""
    if PICTURES:
        for width, height in ((360, 740), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{name} is too wide"
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert axe(page) == [], name
