"""Notices reach those who asked for them: signed, again until they are taken, and nowhere that is not public."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select

from muniment.db.engine import reading, writing
from muniment.db.schema import deliveries, notices, subscriptions
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.sealing import Sealer
from muniment.notify import posting
from muniment.notify.delivering import MOST_ATTEMPTS, deliver_due, wait_after
from muniment.notify.posting import NotDelivered, check_url, post
from muniment.notify.queue import notices_after, queue_notice
from muniment.notify.subscribing import retry, subscribe, subscriptions_of, unsubscribe

NOW = 1_700_000_000
SALE = keccak(b"a sale")
SEALER = Sealer([Fernet.generate_key()])
SECRET = "a secret of some length"


@dataclass
class Listener:
    """A server that keeps what it is told, and answers as it is set to."""

    port: int = 0
    status: int = 204
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?for=tests"


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A running one."""
    made = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.status)
            if made.status == 302:
                self.send_header("Location", f"http://127.0.0.1:{made.port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def subscribed(store: Engine, url: str, *kinds: str) -> int:
    """A subscription to these kinds."""
    with writing(store) as connection:
        return subscribe(connection, SEALER, url, kinds, NOW, SECRET, loopback=True)[0]


def told(store: Engine, key: str = "sale.reminder:1", kind: str = "sale.reminder") -> bool:
    """Queue a notice; is it new?"""
    with writing(store) as connection:
        return queue_notice(connection, key, kind, SALE, {"hours": 24, "amount": "1"}, NOW)


def deliver(store: Engine, now: int = NOW) -> int:
    """Send what is due."""
    return deliver_due(store, lambda: SEALER, lambda: now, loopback=True)


def states(store: Engine) -> list[tuple[str, int]]:
    """How each delivery stands."""
    with reading(store) as connection:
        rows = connection.execute(select(deliveries.c.state, deliveries.c.attempts).order_by(deliveries.c.notice))
        return [(row.state, row.attempts) for row in rows]


def test_a_notice_is_delivered_once_and_signed(any_database: Engine, listener: Listener) -> None:
    """Whoever asked for the kind must hear it once, signed over time and body; the same key must tell nothing new."""
    subscribed(any_database, listener.url, "sale.reminder")
    subscribed(any_database, listener.url, "title.alert")
    assert told(any_database)
    assert not told(any_database)
    assert deliver(any_database) == 1
    assert deliver(any_database) == 0
    ((headers, body),) = listener.heard
    signed = headers["muniment-timestamp"].encode() + b"." + body
    expected = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(headers["muniment-signature"], expected)
    assert headers["muniment-event"] == "sale.reminder:1"
    facts = {"amount": "1", "hours": 24}
    assert json.loads(body) == {
        "id": 1, "key": "sale.reminder:1", "kind": "sale.reminder", "subject": SALE, "facts": facts, "created_at": NOW,
    }  # fmt: skip
    assert states(any_database) == [("taken", 1)]


def test_what_is_not_taken_is_sent_again_and_given_up_in_the_end(database: Engine, listener: Listener) -> None:
    """Any answer but 2xx, a redirection too, must wait longer each time; an operator may begin anew."""
    listener.status = 302
    subscription = subscribed(database, listener.url, "sale.reminder")
    told(database)
    now = NOW
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert deliver(database, now) == 0
        assert len(listener.heard) == attempt  # and nobody followed the redirection
        assert deliver(database, now + wait_after(attempt) - 1) == 0
        assert len(listener.heard) == attempt
        now += wait_after(attempt)
    assert states(database) == [("given_up", MOST_ATTEMPTS)]
    assert [(one.waiting, one.given_up) for one in _subscriptions(database)] == [(0, 1)]
    listener.status = 200
    with writing(database) as connection:
        assert retry(connection, subscription, now) == 1
    assert deliver(database, now) == 1
    assert wait_after(1) < wait_after(2) <= wait_after(40) == 12 * 3600


def test_a_dead_address_keeps_nobody_else_waiting(database: Engine, listener: Listener) -> None:
    """A listener that is gone must not keep the others from being told."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    subscribed(database, dead, "sale.reminder")
    subscribed(database, listener.url, "sale.reminder")
    told(database)
    assert deliver(database) == 1
    assert sorted(states(database)) == [("taken", 1), ("waiting", 1)]


def test_a_dead_address_with_much_to_hear_keeps_nobody_waiting(database: Engine, listener: Listener) -> None:
    """However much waits for one that is gone, it must be tried once in a round, and the others have their turn."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    subscribed(database, dead, "title.alert")
    subscribed(database, listener.url, "sale.reminder")
    for number in range(30):
        told(database, f"title.alert:{number}", "title.alert")
    told(database)
    assert deliver(database) + deliver(database) == 1
    assert sum(attempts for _, attempts in states(database)) == 2
    assert {state for state, _ in states(database)} == {"taken", "waiting"}
    deliver(database, NOW + wait_after(1))
    assert sum(attempts for _, attempts in states(database)) == 3


def test_an_ended_subscription_hears_nothing(database: Engine, listener: Listener) -> None:
    """What waits must not be sent after the end, and what comes later not be kept for it."""
    subscription = subscribed(database, listener.url, "sale.reminder")
    told(database)
    with writing(database) as connection:
        unsubscribe(connection, subscription, NOW)
    told(database, "sale.reminder:2")
    assert deliver(database) == 0
    assert listener.heard == []
    with writing(database) as connection, pytest.raises(Refused, match="SubscriptionUnknown"):
        unsubscribe(connection, subscription, NOW)


def test_the_same_notice_many_times_at_once_is_one(any_database: Engine) -> None:
    """Of many who queue one key at once exactly one must find it new."""
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: told(any_database), range(20))) == 1


def test_a_cursor_finds_what_was_missed(database: Engine) -> None:
    """Notices must come in their order, from the cursor on, of one kind where asked."""
    for number in range(5):
        told(database, f"key {number}", "title.alert" if number % 2 else "sale.reminder")
    with reading(database) as connection:
        found = notices_after(connection, 2)
        assert [notice.key for notice in found] == ["key 2", "key 3", "key 4"]
        assert [notice.key for notice in notices_after(connection, 0, kind="title.alert")] == ["key 1", "key 3"]
        assert len(notices_after(connection, 0, limit=2)) == 2


def test_secrets_are_sealed(database: Engine, listener: Listener) -> None:
    """The database alone must not give a secret away; one that is made must be long, one that is given not short."""
    subscribed(database, listener.url, "sale.reminder")
    with reading(database) as connection:
        kept = connection.execute(select(subscriptions.c.secret)).scalar_one()
    assert SECRET not in kept
    with writing(database) as connection:
        _, made = subscribe(connection, SEALER, "https://example.org/", ["title.alert"], NOW)
        assert len(made) >= 32
        with pytest.raises(Refused, match="WebhookSecretShort"):
            subscribe(connection, SEALER, "https://example.org/", ["title.alert"], NOW, "short")
        for kinds in ([], ["Sale"], ["sale"], ["sale.reminder; drop"], ["a." + "b" * 50]):
            with pytest.raises(Refused, match="NoticeKindRefused"):
                subscribe(connection, SEALER, "https://example.org/", kinds, NOW)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://example.org/", "WebhookRefused"),
        ("ftp://example.org/", "WebhookRefused"),
        ("https://user:secret@example.org/", "WebhookRefused"),
        ("https://example.org/#part", "WebhookRefused"),
        ("https://example.org/ two", "WebhookRefused"),
        ("https://[::1", "WebhookRefused"),
        ("https://example.org:99999/", "WebhookRefused"),
        ("https:///path", "WebhookRefused"),
        ("https://example.org/" + "a" * 600, "WebhookRefused"),
        ("https://127.0.0.1/", "WebhookPrivate"),
        ("https://10.1.2.3/", "WebhookPrivate"),
        ("https://169.254.169.254/latest", "WebhookPrivate"),
        ("https://[::1]/", "WebhookPrivate"),
        ("https://[::ffff:10.0.0.1]/", "WebhookPrivate"),
        ("https://[64:ff9b::a00:1]/", "WebhookPrivate"),
        ("https://[fe80::1]/", "WebhookPrivate"),
        ("https://[fec0::1]/", "WebhookPrivate"),
        ("https://[::127.0.0.1]/", "WebhookPrivate"),
        ("https://[::ffff:0:10.0.0.1]/", "WebhookPrivate"),
        ("https://[64:ff9b:1::a00:1]/", "WebhookPrivate"),
        ("https://[2002:a00:1::]/", "WebhookPrivate"),
        ("https://0.0.0.0/", "WebhookPrivate"),
        ("https://224.0.0.1/", "WebhookPrivate"),
    ],
)
def test_addresses_that_are_not_public_are_refused(url: str, error: str) -> None:
    """What lies inside, and what is no plain https address, must be refused when it is entered."""
    with pytest.raises(Refused) as refused:
        check_url(url)
    assert refused.value.name == error


def test_a_name_that_leads_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name that stands for an inner address, among others even, must not be connected to."""

    def resolved(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.215.14", "10.0.0.7")]

    monkeypatch.setattr(posting.socket, "getaddrinfo", resolved)
    with pytest.raises(NotDelivered, match="not public"):
        post("https://example.org/", b"{}", {})


def test_a_listener_that_dawdles_is_cut_off() -> None:
    """One byte at a time must not hold the service longer than the whole exchange may last."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dawdle() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        connection.sendall(b"X-A: b\r\n")
                        time.sleep(0.2)
                except OSError:
                    return

        thread = threading.Thread(target=dawdle)
        thread.start()
        with pytest.raises(NotDelivered):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, loopback=True, seconds=1.0)
        thread.join(60)
        assert not thread.is_alive()


def test_a_handshake_that_dawdles_is_cut_off() -> None:
    """The time for the whole exchange must hold while keys are agreed upon, too."""
    ended: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dawdle() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")  # a long record begins
                    for _ in range(100):
                        connection.sendall(b"\0")
                        time.sleep(0.2)
                except OSError:
                    ended.append("cut off")
                    return
            ended.append("heard out")

        thread = threading.Thread(target=dawdle)
        thread.start()
        with pytest.raises(NotDelivered):
            post(f"https://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, loopback=True, seconds=1.0)
        thread.join(60)
    assert ended == ["cut off"]


def _subscriptions(store: Engine) -> Any:
    with reading(store) as connection:
        assert connection.execute(select(notices.c.id)).first() is not None
        return subscriptions_of(connection)
