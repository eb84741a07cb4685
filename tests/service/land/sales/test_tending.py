"""What is told of sales without anybody asking: everybody is reminded in time, however many sales there are."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from muniment.chain.outbox import Request, enqueue
from muniment.db.engine import reading, writing
from muniment.db.schema import checkpoints, intents, notices, sale_deposits, sales
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.land.sales import queries, tending
from muniment.land.sales.model import SaleStatus
from muniment.land.sales.submit import RETRY, again
from muniment.land.sales.tending import remind

NOW, HOUR = 1_700_000_000, 3_600
EMPTY = {
    **dict.fromkeys(("offer_hash", "terms_hash", "closing", "tx_hash", "block_hash", "currency"), ZERO_HASH),
    "token": ZERO_ADDRESS,
    "price": 1,
    "open": 0,
    "listed_at": NOW,
    "changed_at": NOW,
    "listing": json.dumps(
        {**dict.fromkeys(("agent", "sellersBank", "documentHash"), ZERO_HASH), "sellers": [], "until": NOW}
    ),
}


Told = list[tuple[str, str, int | None]]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once stand for a hundred."""
    monkeypatch.setattr(tending, "_AT_ONCE", 2)


def put(store: Engine, *deadlines: int, status: SaleStatus = SaleStatus.LISTED, **changed: Any) -> list[str]:
    """Sales with these deadlines; their ids."""
    ids = [keccak(f"{status} {place}".encode()) for place, _ in enumerate(deadlines)]
    with writing(store) as connection:
        for sale, deadline in zip(ids, deadlines, strict=True):
            row = {**EMPTY, "sale": sale, "title": sale, "status": int(status), "deadline": deadline, "block_number": 7}
            connection.execute(sales.insert().values(**{**row, **changed}))
    return ids


def reminded(
    store: Engine, now: int, rounds: int, hours: Sequence[int] = (72, 24)
) -> list[tuple[str, str, int | None]]:
    """What was told in so many rounds, in its order: kind, sale, hours."""
    for _ in range(rounds):
        assert remind(store, now, hours) <= 2
    with reading(store) as connection:
        rows = connection.execute(select(notices.c.kind, notices.c.subject, notices.c.key).order_by(notices.c.id))
        return [
            (row.kind, row.subject, int(row.key.rsplit(":", 1)[1]) if row.kind == "sale.reminder" else None)
            for row in rows
        ]


def test_many_sales_keep_nobody_from_being_reminded(any_database: Engine) -> None:
    """The sale whose time ends first must be told of first, and none be left out for those that end later."""
    ids = put(any_database, *(NOW + hour * HOUR for hour in (70, 60, 50, 20, 10, -1)))
    told = reminded(any_database, NOW, rounds=3)
    assert sorted(told, key=str) == sorted(
        [("sale.reminder", sale, 72) for sale in ids[:3]]
        + [("sale.reminder", sale, 24) for sale in ids[3:5]]
        + [("sale.overdue", ids[5], None)],
        key=str,
    )
    assert {sale for _, sale, _ in told[:2]} == {ids[4], ids[5]}
    assert reminded(any_database, NOW, rounds=2) == told
    later = reminded(any_database, NOW + 30 * HOUR, rounds=4)
    assert ("sale.reminder", ids[2], 24) in later
    assert ("sale.overdue", ids[4], None) in later


def test_a_refund_that_is_asked_for_again_is_on_its_way(database: Engine) -> None:
    """Whoever paid must see the newest request for the money, not the first, which the chain refused."""
    (sale,) = put(database, NOW, status=SaleStatus.EXPIRED)
    deposit = {"sale": sale, "payer": ZERO_ADDRESS, "token": ZERO_ADDRESS, "paid": 5, "refunded": 0}
    key = f"sales.refund:{sale}:{ZERO_ADDRESS}:5"
    with writing(database) as connection:
        connection.execute(
            sale_deposits.insert().values(**deposit, tx_hash=ZERO_HASH, block_hash=ZERO_HASH, block_number=7)
        )
        request = Request(f"{key}0", "sales.refund", sale, {})  # of another amount
        enqueue(connection, request, NOW)
        for place, state in enumerate(("refused", "queued")):
            assert _refund(connection, sale) == "due"
            request = Request(f"{key}:{place}" if place else key, "sales.refund", sale, {})
            enqueue(connection, request, NOW)
            connection.execute(intents.update().where(intents.c.key == request.key).values(state=state))
        assert _refund(connection, sale) == "queued"


def _refund(connection: Connection, sale: str) -> str:
    found = queries.sale(connection, sale, NOW)
    assert found is not None
    return found.money.deposits[0].refund


def test_what_the_chain_refused_is_asked_again_after_a_while(database: Engine) -> None:
    """Until then the same request must be meant, and whatever was not refused for ever."""
    with writing(database) as connection:
        enqueue(connection, again(connection, "sales.expire", "one", "lane", {}, NOW), NOW)
        assert again(connection, "sales.expire", "one", "lane", {}, NOW + RETRY).key == "sales.expire:one"
        connection.execute(intents.update().values(state="refused"))
        assert again(connection, "sales.expire", "one", "lane", {}, NOW + RETRY - 1).key == "sales.expire:one"
        assert again(connection, "sales.expire", "one", "lane", {}, NOW + RETRY).key == "sales.expire:one:1"


def test_many_ends_are_all_told(any_database: Engine) -> None:
    """Of sales that end in one block every one must be told, and none before its block is safe."""
    ids = put(any_database, *([NOW] * 5), status=SaleStatus.EXPIRED)
    head = {"chain_id": 1, "genesis_hash": ZERO_HASH, "number": 9, "hash": ZERO_HASH, "time": NOW}
    with writing(any_database) as connection:
        connection.execute(checkpoints.insert().values(**head, safe_number=6, finalized_number=6))
    assert reminded(any_database, NOW, rounds=1) == []
    with writing(any_database) as connection:
        connection.execute(checkpoints.update().values(safe_number=7))
    told = reminded(any_database, NOW, rounds=3)
    assert sorted(told, key=str) == sorted([("sale.ended", sale, None) for sale in ids], key=str)
