"""A small town on a real chain, served by the real service, and a Chromium to look at it with."""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from sqlalchemy import select

from muniment.config import Settings
from muniment.db.answers import as_of
from muniment.db.engine import reading, writing
from muniment.db.schema import parcels, titles
from muniment.identity.inviting import Invited, invite
from muniment.land.importing import import_parcels
from muniment.land.parcels import Options
from muniment.services import Services, build
from muniment.web.app import create_app
from muniment.web.limits import RateLimit
from muniment.web.server import server_config
from tests.dapp.wallet import Wallet
from tests.service.conftest import PASSWORD, Deployed, deployed  # noqa: F401 -- fixtures of this folder, too
from tests.service.nodes import ROOT, Node
from toolchain.setup import compile_contracts

HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'&"
LONGEST = "W" * 100
# Chromium as root, quiet, and asking nobody else for anything.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # ms; a limit for what is broken, far above what a busy machine needs


def _chromium() -> str:
    for name in (os.environ.get("CHROMIUM_PATH"), "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return found
    pytest.fail("No Chromium: install Debian's package chromium, or set CHROMIUM_PATH to one.")


@pytest.fixture(scope="session")
def built() -> None:
    """The pages' styles and scripts, made of the sources as they are."""
    compile_contracts()


@dataclass
class Town:
    """The running service: its address, its node, and the titles of the register."""

    url: str
    node: Node
    services: Services
    titles: dict[str, str]  # reference → id
    parties: list[str]
    agency: str

    def invite(self) -> Invited:
        """Invite the next party that nobody invited yet, as staff do."""
        with writing(self.services.engine) as connection:
            return invite(connection, self.parties.pop(), self.services.clock())

    @property
    def pages(self) -> list[str]:
        """Every kind of page."""
        some = [self.titles[ref] for ref in (HOSTILE, LONGEST, "10")]
        return [
            "/", "/land", "/land?q=1", "/land?q=nothing", "/land/map", *(f"/land/{title}" for title in some),
            f"/parties/{self.parties[0]}", "/agencies", f"/agencies/{self.agency}", "/status",
            f"/bind/{self.invite().code}", "/verify", "/nothing", "/companies", "/elections", "/residency/apply",
            "/sales", f"/land/{some[0]}/sell",
            f"/parties/{self.parties[0]}/veto", f"/parties/{self.parties[0]}/rotate",
            f"/parties/{self.parties[0]}/recover",
        ]  # fmt: skip


def _collection() -> bytes:
    """Forty parcels in a row; two have references that mean harm."""
    features = []
    for at, ref in enumerate([HOSTILE, LONGEST, *map(str, range(1, 39))]):
        west, south = round(17.1 + at * 0.001, 7), 60.6
        east, north = round(west + 0.001, 7), 60.601
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "id": ref, "properties": {}, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture(scope="session")
def town(deployed: Deployed, built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:  # noqa: F811
    """Import the parcels, let worker and indexer carry them to the chain and back, and serve the pages."""
    folder = tmp_path_factory.mktemp("town")
    password = folder / "password"
    password.write_text(PASSWORD)
    with Node("--load-state", str(deployed.state)) as node, socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = Settings(
            rpc_urls=(node.url,), deployments=deployed.deployments, database_url=f"sqlite:///{folder}/town.db",
            keystore=deployed.keystore, password_file=password, public_url=url,
        )  # fmt: skip
        services = build(settings)
        agency = services.keeper_of("GB")
        report = import_parcels(
            services.engine, "town", _collection(), Options("GB"), agency, services.sealer, services.clock()
        )
        assert not report.rejected, report.rejected
        app = create_app(services.engine, services.deployment, services.rpc, settings)
        app.state.site.writes = RateLimit(burst=1_000, per_minute=1_000)  # one machine is everybody here
        server = uvicorn.Server(server_config(app))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        with services.running():
            serving.start()
            known = _registered(services, node, len(report.good))
            with reading(services.engine) as connection:
                parties = list(connection.execute(select(parcels.c.party)).scalars())
            try:
                yield Town(url, node, services, known, parties, agency)
            finally:
                server.should_exit = True
                serving.join()
        services.engine.dispose()


def _registered(services: Services, node: Node, count: int) -> dict[str, str]:
    """Wait until the indexer has seen every parcel registered in a final block."""
    for _ in range(900):
        with reading(services.engine) as connection:
            rows = connection.execute(select(titles.c.ref, titles.c.title, titles.c.block_number)).all()
            known = as_of(connection)
        if len(rows) == count and known and known.finalized_number >= max(row.block_number for row in rows):
            return {row.ref: row.title for row in rows}
        node.mine(1)
        time.sleep(0.1)
    raise AssertionError(f"{len(rows)} of {count} titles were registered and final within 90 s")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, started once, and as patient with what a page shall show as with all else."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests; each test has a context of its own."""
    browser = playwright.chromium.launch(executable_path=_chromium(), args=OPTIONS)
    yield browser
    browser.close()


class Watched:
    """A context in which every request and every complaint of the browser is written down."""

    def __init__(self, context: BrowserContext, town: Town) -> None:
        self.context, self.town = context, town
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.town.url + "/", "data:")):
            self.elsewhere.append(url)

    def open(self, path: str, *wallets: Wallet) -> Page:
        """Open a page, with these wallets in the browser."""
        page = self.context.new_page()
        for wallet in wallets:
            wallet.install(page)
        page.goto(self.town.url + path)
        return page


@pytest.fixture
def browser(chromium: Browser, town: Town) -> Iterator[Watched]:
    """A fresh context. The test fails when the browser complained or asked anybody else for anything."""
    context = chromium.new_context(locale="en-GB")
    watched = Watched(context, town)
    yield watched
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []


def axe(page: Page) -> list[Any]:
    """What axe-core finds wrong with a page (WCAG 2.2 AA and best practice)."""
    page.evaluate((Path(ROOT) / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate(
        """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        .then(result => result.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 120))]))"""
    )
    return list(found)
