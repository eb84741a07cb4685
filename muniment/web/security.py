"""The outer wall: hosts, headers, body size, slow senders, and requests that another site made a browser send."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muniment.config import Settings
from muniment.web.problem import problem

MAX_BODY = 16_384  # bytes; the largest request is a wallet's signature
# But of ballots, and of trustees' shares of a whole election. The end of a path → bytes.
LARGER = {"/ballots": 262_144, "/shares": 4_194_304}
ELECTIONS = "/api/elections/"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FORMS = "/residency/"  # the pages that a form is sent to; everything else takes JSON
BODY_SECONDS = 10.0
MAX_TARGET = 2_048  # bytes of path and query
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def content_policy(extra_connect: str | None = None) -> str:
    """Content-Security-Policy (W3C CSP 3): our own files only, and nobody may frame us.

    Images from data: are the icons that wallets announce (EIP-6963). `extra_connect` is the demo node.
    """
    connect = f"'self' {extra_connect}" if extra_connect else "'self'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src {connect}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def headers_for(settings: Settings, extra_connect: str | None) -> dict[str, str]:
    """The security headers of every answer."""
    headers = {
        "Content-Security-Policy": content_policy(extra_connect),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if settings.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=63072000"
    return headers


def trusted_hosts(settings: Settings) -> frozenset[str]:
    """The names that the service answers to: its public one, and when it listens on loopback, that machine's."""
    names = {_host(urlsplit(settings.public_url).netloc)}
    if settings.host in ("localhost", "") or _is_loopback(settings.host):
        names |= {"127.0.0.1", "localhost", "::1"}
    return frozenset(names)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host(netloc: str) -> str:
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""


@dataclass
class Wall:
    """ASGI middleware. Refuses in a problem detail (RFC 9457) what no handler should see."""

    app: ASGIApp
    hosts: frozenset[str]
    headers: dict[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, collect its body, and add the headers to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await _collect(receive, _most(scope))
            except TimeoutError:
                refusal = HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive."
            except _TooLargeError:
                refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may have at most {_most(scope):,} bytes."
            except _GoneError:
                return
        if refusal is not None:
            status, sentence = refusal
            await problem(status, sentence, headers={"Connection": "close"})(scope, receive, answer)
            return
        await self.app(scope, _replay(body, receive), answer)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[HTTPStatus, str] | None:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET:
            return HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long."
        if _host(headers.get("host", "")) not in self.hosts and not scope["path"].startswith("/health/"):
            return HTTPStatus.MISDIRECTED_REQUEST, "This service does not answer to that name."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 12:
            return HTTPStatus.BAD_REQUEST, "The length of the request cannot be read."
        if int(length) > _most(scope):
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may have at most {_most(scope):,} bytes."
        if scope["method"] not in SAFE_METHODS:
            return self._foreign(headers, FORM if scope["path"].startswith(FORMS) else JSON)
        return None

    def _foreign(self, headers: Headers, wanted: str) -> tuple[HTTPStatus, str] | None:
        """Refuse a write that another site made a browser send (Fetch Metadata, and Origin for older browsers).

        Any site can make a browser send a form, without asking the server first: a form says where it comes from.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        same = site in ("same-origin", "none") or (site is None and (wanted == JSON or origin is not None))
        if not same or (origin is not None and _host(origin.partition("://")[2]) not in self.hosts):
            return HTTPStatus.FORBIDDEN, "This request came from another site."
        if headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
            kind = "JSON" if wanted == JSON else "a form"
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send {kind}, with the content type {wanted}."
        return None


class _TooLargeError(Exception):
    pass


class _GoneError(Exception):
    """The client hung up."""


def _most(scope: Scope) -> int:
    """How many bytes a request to this path may have."""
    path = scope["path"]
    larger = LARGER.get(path[path.rfind("/") :]) if path.startswith(ELECTIONS) else None
    return larger or MAX_BODY


async def _collect(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        if len(body) > most:
            raise _TooLargeError
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: Iterable[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replay() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replay
