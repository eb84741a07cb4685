"""A small register laid straight into the read tables, and the application over it."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.chain.rpc import Block, RpcUnavailable
from muniment.config import Settings
from muniment.db import schema
from muniment.db.engine import writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.land.model import title_id
from muniment.web import site
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.limits import RateLimit

NOW = 1_790_000_000
AGENCY = keccak(b"agency")
OFFICER = "0x" + "1" * 40
HOSTILE = "<script>alert(1)</script>\u202egnp\"'&"
LONGEST = "W" * 100
REFS = ("Gävle Torp 1:1", HOSTILE, LONGEST, "1", "2%_")
HOLDERS = tuple(sorted(keccak(f"party {number}".encode()) for number in range(3)))
PARTY_REGISTRY = "0x" + "b" * 40


def square(west: float, south: float, side: float = 0.001) -> str:
    """A square's canonical GeoJSON text."""
    east, north = round(west + side, 7), round(south + side, 7)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"coordinates": [ring], "type": "Polygon"}, separators=(",", ":"))


def title_of(ref: str) -> str:
    """The id of a title in the test register."""
    return title_id("SE", ref)


def fill(engine: Engine) -> None:
    """An agency with three keys, a register of five titles, a bound wallet; block 60 final, 80 safe, 100 read."""
    block = {"block_number": 60, "block_hash": keccak(b"60")}
    with writing(engine) as connection:
        connection.execute(
            insert(schema.checkpoints).values(
                chain_id=31337, genesis_hash=keccak(b"0"), number=100, hash=keccak(b"100"), time=NOW - 10,
                safe_number=80, finalized_number=60,
            )
        )  # fmt: skip
        connection.execute(
            insert(schema.agencies).values(
                agency=AGENCY, parent=ZERO_HASH, admin="0x" + "a" * 40, scopes=(1 << 63) | 17, status=1,
                domain_hash=keccak(b"d"), registered_at=NOW - 900, **block,
            )
        )  # fmt: skip
        for digit, start, end, since in (("1", -90, 900, None), ("2", -90, -9, None), ("3", -90, 900, -5)):
            connection.execute(
                insert(schema.officers).values(
                    key="0x" + digit * 40, agency=AGENCY, scopes=1, not_before=NOW + start, not_after=NOW + end,
                    compromised_since=None if since is None else NOW + since, accredited_at=NOW + start, **block,
                )
            )  # fmt: skip
        connection.execute(insert(schema.registers).values(jurisdiction="SE", agency=AGENCY, status=1, **block))
        connection.execute(
            insert(schema.wallets).values(
                party=HOLDERS[0], wallet="0x" + "c" * 40, agency=AGENCY, bound_at=NOW - 50, tx_hash=keccak(b"w"),
                **block,
            )
        )  # fmt: skip
        for at, ref in enumerate(REFS):
            _title(connection, at, ref)


def _title(connection: Any, at: int, ref: str) -> None:
    canonical = square(17.1 + at * 0.0011, 60.6)
    geometry, title = keccak(canonical.encode()), title_of(ref)
    number = (60, 80, 100)[at % 3]
    block = {"block_number": number, "block_hash": keccak(str(number).encode())}
    west = round((17.1 + at * 0.0011) * 1e7)
    connection.execute(
        insert(schema.geometries).values(
            geometry_hash=geometry, canonical=canonical, west=west, south=606000000, east=west + 10000, north=606010000
        )
    )
    connection.execute(
        insert(schema.titles).values(
            title=title, jurisdiction="SE", ref=ref, agency=AGENCY, geometry_hash=geometry, area_dm2=610_050,
            grade=1 + at % 3, denominator=2**64 - 1, version=1, source_hash=ZERO_HASH, legal_date=20240229,
            officer=OFFICER, registered_at=NOW - 100 + at, tx_hash=keccak(ref.encode()), **block,
        )
    )  # fmt: skip
    for place, (holder, numerator) in enumerate(zip(HOLDERS, (1, 2, 2**64 - 4), strict=True)):
        connection.execute(
            insert(schema.shares).values(title=title, holder=holder, place=place, numerator=numerator, **block)
        )
    connection.execute(
        insert(schema.events).values(
            log_index=at, time=NOW - 100, tx_hash=keccak(ref.encode()), contract="TitleRegistry",
            name="TitleRegistered", subject=title, arguments=json.dumps({"ref": ref}), **block,
        )
    )  # fmt: skip


MAGIC = "0x1626ba7e".ljust(66, "0")  # what a wallet that is a contract answers to its own signature


class FakeNode:
    """Answers what the web layer asks a node: the head, and whether contracts take a signature."""

    newest: int | None = 101
    taken = "0x"  # what a contract answers to a signature; nothing where there is none
    asked = 0

    def head(self) -> Block:
        """The newest block."""
        if self.newest is None:
            raise RpcUnavailable("No node gave a usable answer.")
        return Block(self.newest, keccak(b"head"), keccak(b"parent"), NOW, 1, 30_000_000)

    def call(self, method: str, params: Any = ()) -> Any:
        """What a contract says to a signature."""
        assert method == "eth_call"
        self.asked += 1
        return self.taken


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    """Built files, as far as the server cares."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    names = {"styles": "styles-1.css", "icon": "icon-1.svg", "bind": "bind-1.js", "check": "check-1.js",
             "company": "company-1.js", "deposit": "deposit-1.js", "draft": "draft-1.js",
             "sign": "sign-1.js", "verify": "verify-1.js"}  # fmt: skip
    for name in names.values():
        (folder / "assets" / name).write_text("/* built */")
    return Assets(folder, {entry: f"/static/assets/{name}" for entry, name in names.items()})


@pytest.fixture
def deployment() -> Deployment:
    """Contracts that nobody calls."""
    contracts = {"PartyRegistry": ContractInfo("PartyRegistry", PARTY_REGISTRY, [{"type": "function"}], 1)}
    return Deployment("local", 31337, keccak(b"0"), contracts)


@pytest.fixture
def node() -> FakeNode:
    """A node without a chain."""
    return FakeNode()


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes for limits of how often one may ask, however slow the machine is."""
    monkeypatch.setattr(site, "RateLimit", partial(RateLimit, clock=lambda: 0.0))


@pytest.fixture
def empty(database: Engine, assets: Assets, deployment: Deployment, node: FakeNode) -> Iterator[TestClient]:
    """The application over a database without a single row."""
    app = create_app(database, deployment, node, Settings(), assets=assets, clock=lambda: NOW)  # type: ignore[arg-type]
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def web(empty: TestClient, database: Engine) -> TestClient:
    """The application over the small register."""
    fill(database)
    return empty
