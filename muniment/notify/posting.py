"""POST to an address that somebody else chose, without being led to where the service alone can reach.

The name is looked up once and the connection goes to the address that was judged, so that a second answer of the name's
owner changes nothing. Redirects are not followed. The whole exchange is bounded in time and in size.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from muniment.errors import Refused

SECONDS = 10.0  # for the whole exchange
_LONGEST_URL = 500
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_MOST_READ = 4_096  # bytes of an answer


class NotDelivered(Exception):
    """The address did not take it; the message says why, without what it answered."""


def check_url(url: str, loopback: bool = False) -> SplitResult:
    """The parts of an address that may be told. Raises Refused for one that is none, or none of https.

    With `loopback`, http at this machine's own addresses will do: for tests.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise Refused("WebhookRefused", url=url[:100]) from None
    plain = parts.scheme == "http" and loopback and host is not None and _is_loopback(host)
    written = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    named = host and port != 0 and parts.username is None and parts.password is None and not parts.fragment
    if not written or not named or (parts.scheme != "https" and not plain):
        raise Refused("WebhookRefused", url=url[:100])
    literal = _address(str(host))
    if literal is not None and not _may_reach(literal, loopback):
        raise Refused("WebhookPrivate", host=host)
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str], loopback: bool = False, seconds: float = SECONDS) -> None:
    """Send the body. Raises NotDelivered for anything but an answer of 200 to 299 in time, Refused as `check_url`."""
    parts = check_url(url, loopback)
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolved(host, port, loopback)
    connection = _connection(parts.scheme, host, port, address, seconds)
    # Each wait for a byte has its own limit; whoever sends one byte at a time is cut off by this one.
    late = threading.Event()
    watch = threading.Timer(seconds, _cut, (connection, late))
    watch.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        status = answer.status
        answer.read(_MOST_READ)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        raise NotDelivered(f"The connection failed ({type(error).__name__}).") from None
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():  # an answer that was cut off looks like one that ended
        raise NotDelivered("The answer took too long.")
    if not 200 <= status <= 299:
        raise NotDelivered(f"The answer was {status}.")


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was judged, whatever the name says by now."""

    def __init__(self, host: str, port: int, address: str, seconds: float, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=seconds)
        self._pinned, self._context = address, context

    def connect(self) -> None:
        """Connect, and for https make sure of the name's certificate."""
        plain = socket.create_connection((self._pinned, self.port), self.timeout)
        self.sock = plain
        if self._context is not None:
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def _connection(scheme: str, host: str, port: int, address: str, seconds: float) -> _Pinned:
    context = ssl.create_default_context() if scheme == "https" else None
    return _Pinned(host, port, address, seconds, context)


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    held = connection.sock
    if held is not None:
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was over already


def _resolved(host: str, port: int, loopback: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotDelivered("The name has no address.") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        literal = _address(address)
        if literal is None or not _may_reach(literal, loopback):
            raise NotDelivered("The name stands for an address that is not public.")
    if not addresses:
        raise NotDelivered("The name has no address.")
    return addresses[0]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None


def _may_reach(address: ipaddress.IPv4Address | ipaddress.IPv6Address, loopback: bool) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped or address.sixtofour
        if within is None and address in _NAT64:
            within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return _may_reach(within, loopback)
        if not address.is_loopback and (address.is_reserved or address.is_site_local):
            return False
    return (loopback and address.is_loopback) or (address.is_global and not address.is_multicast)


def _is_loopback(host: str) -> bool:
    literal = _address(host)
    return host == "localhost" if literal is None else literal.is_loopback
