"""What is due in sales without anybody asking: steps that all have signed, ends, refunds, reminders.

A silent party deadlocks nothing: when the time for a step is over the sale is ended, and its payers get back what they
paid.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, String, cast, select

from muniment.chain.outbox import Request, enqueue
from muniment.db.answers import as_of
from muniment.db.engine import reading, writing
from muniment.db.schema import intents, notices, sale_deposits, sales
from muniment.errors import Refused
from muniment.land.sales.case import case_from
from muniment.land.sales.model import SaleStatus
from muniment.land.sales.papers import ready_papers, submit
from muniment.land.sales.steps import who_is_next
from muniment.land.sales.submit import expiry, refund
from muniment.notify.queue import queue_notice

_AT_ONCE = 100
_HOUR = 3_600
_LOOK_BACK = 7 * 24 * _HOUR  # seconds in which an end is told
_ENDS = (SaleStatus.REGISTERED, SaleStatus.CANCELLED, SaleStatus.EXPIRED)

_Notice = tuple[str, str, str, Mapping[str, Any]]


def tend_sales(engine: Engine, now: int, most: int) -> int:
    """Queue steps that are ready, ends and refunds that are due; return how many requests are new."""
    with reading(engine) as connection:
        ready = ready_papers(connection, now)
        wanted = [*_expiries(connection, now), *_refunds(connection, now)]
        known = _known(connection, wanted)
    new = [request for request in wanted if request.key not in known]
    count = 0
    for paper in ready:
        with writing(engine) as connection:
            try:
                count += submit(connection, paper, now, most, waits=True).state == "queued"
            except Refused:
                continue  # something changed since it was read: the next look tells
    if new:
        with writing(engine) as connection:
            count += sum(enqueue(connection, request, now).new for request in new)
    return count


def remind(engine: Engine, now: int, hours: Sequence[int]) -> int:
    """Queue notices of deadlines that come near or have passed, and of ends; return how many are new."""
    with reading(engine) as connection:
        wanted = [*_reminders(connection, now, hours), *_endings(connection, now)][:_AT_ONCE]
    if not wanted:
        return 0
    with writing(engine) as connection:
        return sum(queue_notice(connection, *notice, now) for notice in wanted)


def _expiries(connection: Connection, now: int) -> list[Request]:
    """The chain judges by its own time: that of the last block read."""
    known = as_of(connection)
    if known is None:
        return []
    over = _under_way() & (sales.c.deadline < known.time)
    query = select(sales).where(over).order_by(sales.c.deadline.desc()).limit(_AT_ONCE)
    return [expiry(connection, case_from(row), now) for row in connection.execute(query).all()]


def _refunds(connection: Connection, now: int) -> list[Request]:
    ended = sales.c.status.in_((int(SaleStatus.CANCELLED), int(SaleStatus.EXPIRED)))
    query = (
        select(sale_deposits, sales.c.title)
        .join(sales, sales.c.sale == sale_deposits.c.sale)
        .where(ended, sale_deposits.c.paid != sale_deposits.c.refunded)
        .order_by(sales.c.changed_at.desc())
        .limit(_AT_ONCE)
    )
    return [
        refund(connection, row.sale, row.payer, row.title, row.paid, now) for row in connection.execute(query).all()
    ]


def _reminders(connection: Connection, now: int, hours: Sequence[int]) -> list[_Notice]:
    """Those whose time ends first come first. Who comes late hears the latest reminder that is due, not all."""
    steps = sales.c.sale + ":" + cast(sales.c.status, String) + ":" + cast(sales.c.deadline, String)
    over = select(sales).where(_under_way(), sales.c.deadline < now, _is_new("sale.overdue:" + steps))
    found: list[_Notice] = [
        (f"sale.overdue:{_about(row)}", "sale.overdue", row.sale, _facts(row))
        for row in connection.execute(over.order_by(sales.c.deadline).limit(_AT_ONCE)).all()
    ]
    since = now
    for hour in sorted(set(hours)):
        until = now + hour * _HOUR
        span = _under_way() & sales.c.deadline.between(since, until)
        near = select(sales).where(span, _is_new("sale.reminder:" + steps + f":{hour}"))
        found += [
            (f"sale.reminder:{_about(row)}:{hour}", "sale.reminder", row.sale, {**_facts(row), "hours": hour})
            for row in connection.execute(near.order_by(sales.c.deadline).limit(_AT_ONCE)).all()
        ]
        since = until + 1
    return found


def _about(row: Row[Any]) -> str:
    return f"{row.sale}:{row.status}:{row.deadline}"


def _endings(connection: Connection, now: int) -> list[_Notice]:
    """Ends that no common reorganisation takes back."""
    known = as_of(connection)
    if known is None:
        return []
    ended = sales.c.status.in_([int(status) for status in _ENDS]) & (sales.c.changed_at >= now - _LOOK_BACK)
    safe = (sales.c.block_number <= known.safe_number) & _is_new("sale.ended:" + sales.c.sale)
    query = select(sales).where(ended, safe).order_by(sales.c.changed_at).limit(_AT_ONCE)
    return [(f"sale.ended:{row.sale}", "sale.ended", row.sale, _facts(row)) for row in connection.execute(query).all()]


def _is_new(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether nothing was told under a key: what was told must not stand before what was not."""
    return ~select(notices.c.id).where(notices.c.key == key).exists()


def _facts(row: Row[Any]) -> dict[str, Any]:
    case = case_from(row)
    facts: dict[str, Any] = {"sale": case.sale, "title": case.title, "status": case.status.name.lower()}
    if case.status.under_way:
        who = [{"role": role.value, "party": party} for role, party in who_is_next(case)]
        facts |= {"deadline": case.deadline, "who": json.loads(json.dumps(who))}
    return facts


def _under_way() -> Any:
    return (sales.c.status > int(SaleStatus.NONE)) & (sales.c.status < int(SaleStatus.REGISTERED))


def _known(connection: Connection, wanted: Sequence[Request]) -> set[str]:
    keys = [request.key for request in wanted]
    return set(connection.execute(select(intents.c.key).where(intents.c.key.in_(keys))).scalars()) if keys else set()
