"""Asking for an act: once per key, with the caller's own rows or not at all."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from muniment.chain.outbox import KeyReused, Request, enqueue
from muniment.chain.queries import intent
from muniment.db.engine import reading, writing
from muniment.db.schema import intents
from muniment.errors import Refused
from tests.service.chain.titles import NOW, ask, states, title


def test_fifty_at_once(any_database: Engine) -> None:
    """Must make one intent of the same request sent fifty times at once, and tell exactly one caller that it is new."""
    with ThreadPoolExecutor(16) as pool:
        receipts = [receipt for (receipt,) in pool.map(lambda _: ask(any_database, title("A")), range(50))]
    assert states(any_database) == {"A": "queued"}
    assert [receipt.new for receipt in receipts].count(True) == 1
    assert {(receipt.key, receipt.state) for receipt in receipts} == {("title:A", "queued")}


@pytest.mark.parametrize("change", [{"kind": "test.other"}, {"lane": "SE"}, {"body": {"ref": "A", "area": 9}}])
def test_key_of_another_act(change: dict[str, object], any_database: Engine) -> None:
    """Must refuse a key that stands for something else, and leave what it stands for alone."""
    ask(any_database, title("A"))
    with pytest.raises(KeyReused):
        ask(any_database, replace(title("A"), **change))
    assert ask(any_database, title("A"))[0].new is False


def test_same_body_in_another_order(database: Engine) -> None:
    """Must take a body for the same however its fields are ordered."""
    first, second = {"ref": "A", "area": 1}, {"area": 1, "ref": "A"}
    ask(database, replace(title("A"), body=first))
    assert ask(database, replace(title("A"), body=second))[0].new is False


def test_the_callers_transaction(any_database: Engine) -> None:
    """Must leave no intent behind when the caller's transaction fails."""
    with contextlib.suppress(ZeroDivisionError), writing(any_database) as connection:
        enqueue(connection, title("A"), NOW)
        raise ZeroDivisionError
    assert states(any_database) == {}


@pytest.mark.parametrize("key", ["Gävle Torp 1:1", "地籍/Ω/🏠", "a'); DROP TABLE intents;--", "x" * 200])
def test_keys_of_any_script(key: str, any_database: Engine) -> None:
    """Must keep any Unicode key as it is; letters that only look alike are other keys."""
    request = replace(title("A"), key=key)
    assert ask(any_database, request)[0].key == key
    assert ask(any_database, request)[0].new is False
    with reading(any_database) as connection:
        assert connection.execute(select(intents.c.key)).scalar_one() == key


def test_composed_and_decomposed_letters(any_database: Engine) -> None:
    """Must not take two spellings of a letter for one key: the caller's bytes count."""
    ask(any_database, replace(title("A"), key="caf\u00e9"), replace(title("A"), key="cafe\u0301"))
    with reading(any_database) as connection:
        assert connection.execute(select(func.count()).select_from(intents)).scalar_one() == 2


@pytest.mark.parametrize(
    "request_",
    [
        Request("", "test.title", "GB", {}),
        Request("x" * 201, "test.title", "GB", {}),
        Request("nul\0", "test.title", "GB", {}),
        Request("half \ud800", "test.title", "GB", {}),
        Request("A", "test.title", "x" * 101, {}),
        Request("A", "test.title", "GB", {"nonce": 2**256}),
        Request("A", "test.title", "GB", {"area": float("nan")}),
        Request("A", "test.title", "GB", {"ref": "half \ud800"}),
        Request("A", "test.title", "GB", {"raw": b"bytes"}),
    ],
)
def test_malformed_requests(request_: Request, any_database: Engine) -> None:
    """Must refuse in words what could not be stored and read back the same."""
    with pytest.raises(Refused, match="RequestMalformed"):
        ask(any_database, request_)
    assert states(any_database) == {}


def test_a_key_that_no_request_has(any_database: Engine) -> None:
    """Whatever text is asked for, the answer must be that there is no such request."""
    with reading(any_database) as connection:
        assert [intent(connection, key) for key in ("", "a\0b", "%", "x" * 10_000)] == [None] * 4
