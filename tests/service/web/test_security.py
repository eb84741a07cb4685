"""The outer wall: headers, hosts, other sites, sizes, slow senders, rates."""

import asyncio
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from muniment.chain.deployment import Deployment
from muniment.config import Settings
from muniment.web import security
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.limits import RateLimit

BIND = "/api/identity/bindings"


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/api/titles", "/api/nothing", "/static/assets/styles-1.css", "/metrics"]
)
def test_headers_on_every_answer(web: TestClient, path: str) -> None:
    """Every answer, errors included, carries the strict policy and its companions."""
    headers = web.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["connect-src"] == "'self' http://127.0.0.1:8545"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


def test_public_service_names_no_node(database: Engine, assets: Assets, node: Any) -> None:
    """On a public chain the policy allows our own origin alone, the node stays unnamed, and HTTPS is insisted on."""
    settings = Settings(rpc_urls=("http://127.0.0.1:8545",), public_url="https://land.example", host="0.0.0.0")
    app = create_app(database, Deployment("sepolia", 11155111, "0x", {}), node, settings, assets=assets)
    client = TestClient(app, base_url="https://land.example")
    response = client.get("/?lang=sv")
    assert "connect-src 'self';" in response.headers["content-security-policy"]
    assert response.headers["strict-transport-security"].startswith("max-age=")
    assert "Secure" in response.headers["set-cookie"]
    assert client.get("/api/deployment").json()["rpc"] is None
    assert "demonstration" not in client.get("/?lang=en").text
    assert client.get("/", headers={"Host": "127.0.0.1"}).status_code == 421


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "localhost@evil.example:80"])
def test_other_hosts_are_refused(web: TestClient, host: str) -> None:
    """A request under another name is refused, so that no link or cache is poisoned (DNS rebinding)."""
    assert web.get("/", headers={"Host": host}).status_code == 421


def test_probes_may_come_by_any_name(web: TestClient) -> None:
    """A load balancer asks for health by address."""
    assert web.get("/health/live", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_cannot_write(web: TestClient, headers: dict[str, str]) -> None:
    """A write that another site made a browser send is refused before anything is read."""
    assert web.post(BIND, json={}, headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_forms_cannot_write(web: TestClient, kind: str) -> None:
    """What a plain form of another site can send is no JSON request."""
    assert web.post(BIND, content="{}", headers={"Content-Type": kind}).status_code == 415


def test_large_bodies_are_refused(web: TestClient) -> None:
    """A body above the limit is refused, whether it announces its length or not."""
    big = b"x" * (security.MAX_BODY + 1)
    json_type = {"Content-Type": "application/json"}
    assert web.post(BIND, content=big, headers=json_type).status_code == 413
    assert web.post(BIND, content=iter([big[:9000], big[9000:]]), headers=json_type).status_code == 413
    assert web.get("/" + "a" * 3000).status_code == 414


def test_length_that_is_no_number(web: TestClient) -> None:
    """A length that cannot be read is refused."""
    assert web.get("/", headers={"Content-Length": "-1"}).status_code == 400


@pytest.mark.parametrize(("length", "status"), [(b"9", 408), (b"999999999", 413)])
def test_slow_senders_are_cut_off(monkeypatch: pytest.MonkeyPatch, length: bytes, status: int) -> None:
    """A body that does not arrive in time is answered 408, one announced as too large 413 before it is sent."""
    monkeypatch.setattr(security, "BODY_SECONDS", 0.05)
    start = time.monotonic()
    sent: list[dict[str, Any]] = []

    async def never(*_: Any) -> None:
        raise AssertionError("the handler ran")

    async def silent() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    wall = security.Wall(never, frozenset({"here"}), {})
    headers = [(b"host", b"here"), (b"content-type", b"application/json"), (b"content-length", length)]
    scope = {"type": "http", "method": "POST", "path": BIND, "query_string": b"", "headers": headers}
    asyncio.run(wall(scope, silent, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == status
    assert time.monotonic() - start < 30


def test_writes_are_limited_per_client(web: TestClient) -> None:
    """The eleventh write at once is refused with the seconds to wait."""
    body = {"code": "NONE", "wallet": "0x" + "1" * 40, "signature": "0x" + "00" * 65}
    statuses = [web.post(BIND, json=body).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    assert int(web.post(BIND, json=body).headers["retry-after"]) >= 1


def test_rate_limit_refills() -> None:
    """A client's bucket refills with time, others have their own, and memory is bounded."""
    now = 0.0
    limit = RateLimit(burst=2, per_minute=60, clock=lambda: now)
    assert [limit.wait("a") for _ in range(3)] == [0.0, 0.0, 1.0]
    assert limit.wait("b") == 0.0
    now = 1.0
    assert limit.wait("a") == 0.0
    for number in range(10_050):
        limit.wait(str(number))
    assert len(limit._buckets) == 10_000


@pytest.mark.parametrize("lang", ["en\r\nX-Injected: 1", "sv; Domain=evil", "xx"])
def test_no_header_injection(web: TestClient, lang: str) -> None:
    """A language that is none sets no cookie and adds no header."""
    response = web.get("/", params={"lang": lang})
    assert "set-cookie" not in response.headers
    assert "x-injected" not in response.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods(web: TestClient, method: str) -> None:
    """Nothing else than reading and the one write is possible."""
    assert web.request(method, "/land", headers={"Content-Type": "application/json"}).status_code == 405


def test_no_link_to_another_site(web: TestClient) -> None:
    """A path that looks like another site's address is not echoed into a link."""
    html = web.get("http://127.0.0.1:8000//evil.example/x").text
    assert "evil.example" not in html


HOSTILE = ("%00", "%ff%fe", "%0d%0aX-A:%20b", "..%2f..%2f", "%ed%a0%80", "'", "%f0%9d%94%98", "9" * 400, "{{7*7}}")


@pytest.mark.parametrize(
    "place",
    [
        "/{}", "/land/{}", "/parties/{}", "/agencies/{}", "/bind/{}", "/static/assets/{}", "/land?q={}", "/?lang={}",
        "/land?jurisdiction={}", "/land?page={}", "/land/map?jurisdiction={}", "/api/titles?query={}",
        "/api/titles/{}", "/api/intents/{}", "/api/identity/bindings/{}",
    ],
)  # fmt: skip
def test_hostile_text_anywhere(web: TestClient, place: str) -> None:
    """Hostile text in any part of an address is answered, never with a fault of ours."""
    for text in HOSTILE:
        response = web.get(place.format(text))
        assert response.status_code in (200, 404, 422), text
        assert "x-a" not in response.headers
