"""Property alerts: every entry on a title is told, once, to whoever held it before or holds it now.

Reading the read tables after the indexer wrote them keeps `project` free of it, and makes it the same whatever killed
the service in between. What lies in a block that left the chain is told again, as withdrawn.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, exists, func, insert, select, update

from muniment.db.answers import AsOf, as_of
from muniment.db.engine import reading, writing
from muniment.db.schema import (
    alert_cursors,
    alert_parties,
    alert_watches,
    deliveries,
    events,
    mentions,
    notices,
    shares,
    subscriptions,
    title_alerts,
    titles,
)
from muniment.errors import Refused
from muniment.notify.queue import Notice, notice_of, queue_notice

ALERT, WITHDRAWN = "title.alert", "title.alert.withdrawn"
WATCH = "title.watch"  # the kind of a subscription that is told of one party's titles alone
MOST = 200  # entries told in one step, and lines of one answer
_WINDOW = 2_000  # events that are searched at once for what was not told: a step costs the same far behind the head
_STRIDE = 256  # blocks after which the cursor moves though there was nothing to tell
_CONTRACTS = ("TitleRegistry", "LienRegistry", "Conveyance", "TitleMigration")


def alert(engine: Engine, now: int) -> int:
    """Tell of what was entered and of what was withdrawn since; return how many notices are new.

    What was read before this ran for the first time on a chain is not told. `now` is in Unix seconds.
    """
    with reading(engine) as connection:
        known, since = as_of(connection), _cursor(connection)
        if known is None:
            return 0
        settled = min(known.finalized_number, known.number)
        waits = since is not None and (_gone(connection, known, since) or _fresh(connection, since))
        if since is not None and not waits and settled - since < _STRIDE:
            return 0
    with writing(engine) as connection:
        known, since = as_of(connection), _cursor(connection)
        if known is None:
            return 0
        if since is None:
            connection.execute(insert(alert_cursors).values(chain_id=known.chain_id, block_number=known.number))
            return 0
        gone, fresh = _gone(connection, known, since), _fresh(connection, since)
        for row in gone:
            _withdraw(connection, row, known, now)
        for row in fresh:
            _tell(connection, row, now)
        if len(gone) < MOST:
            # All before the last block that was told of is told; of that block the next step may find more.
            told = fresh[-1].block_number - 1 if fresh else known.number
            settled = max(since, min(known.finalized_number, told))
            connection.execute(update(alert_cursors).values(block_number=settled))
        return len(gone) + len(fresh)


def watch(connection: Connection, party: str, subscription: int) -> None:
    """Tell a subscription of the kind `WATCH` about one party's titles."""
    connection.execute(insert(alert_watches).values(party=party, subscription=subscription))


def alerts_of(connection: Connection, party: str, after: int = 0, limit: int = MOST) -> list[Notice]:
    """The notices that concern a party behind a cursor, the id of the last one known, in their order."""
    query = select(notices).join(alert_parties, alert_parties.c.notice == notices.c.id)
    mine = query.where(alert_parties.c.party == party, notices.c.id > after)
    return [notice_of(row) for row in connection.execute(mine.order_by(notices.c.id).limit(min(limit, MOST)))]


def _cursor(connection: Connection) -> int | None:
    """The block up to which all is told for good; None when telling begins only now. A database follows one chain."""
    return connection.execute(select(alert_cursors.c.block_number)).scalar_one_or_none()


def _gone(connection: Connection, known: AsOf, since: int) -> Sequence[Row[Any]]:
    """Alerts whose event is not there any more, though its block's height was read again."""
    e, a = events.c, title_alerts.c
    there = exists().where(e.block_number == a.block_number, e.log_index == a.log_index, e.block_hash == a.block_hash)
    query = select(title_alerts, notices.c.facts).join(notices, notices.c.id == a.notice)
    lost = query.where(a.withdrawn_at.is_(None), a.block_number > since, a.block_number <= known.number, ~there)
    return connection.execute(lost.order_by(a.id).limit(MOST)).all()


def _withdraw(connection: Connection, row: Row[Any], known: AsOf, now: int) -> None:
    key = f"{WITHDRAWN}:{row.block_hash}:{row.log_index}:{row.title}:{row.turn}"
    facts = {**json.loads(row.facts), "withdraws": row.notice, "as_of_block": known.number, "as_of_hash": known.hash}
    queue_notice(connection, key, WITHDRAWN, row.title, facts, now)
    _address(connection, key, facts["parties"], now)
    connection.execute(update(title_alerts).where(title_alerts.c.id == row.id).values(withdrawn_at=now))


def _fresh(connection: Connection, since: int) -> Sequence[Row[Any]]:
    """Some of the events about titles behind a block that were not told yet, each with its title, oldest first."""
    number = events.c.block_number
    while True:
        later = select(number).where(number > since).order_by(number).offset(_WINDOW).limit(1)
        until = connection.execute(later).scalar_one_or_none()
        found = _untold(connection, since, until)
        if found or until is None:
            return found
        since = until


def _untold(connection: Connection, since: int, until: int | None) -> Sequence[Row[Any]]:
    """Those behind one block and up to another, or to the last."""
    e, m, a = events.c, mentions.c, title_alerts.c
    last = 2**63 - 1 if until is None else until
    within, mentioned = and_(e.block_number > since, e.block_number <= last), m.block_number.between(since + 1, last)
    subjects = select(e.block_number, e.log_index, e.subject.label("title")).where(within)
    named = select(m.event_block, m.log_index, m.subject).where(mentioned)
    about = subjects.union(named).subquery()
    place = and_(a.block_hash == e.block_hash, a.log_index == e.log_index, a.title == titles.c.title)
    told = exists().where(place, a.withdrawn_at.is_(None))
    query = (
        select(events, titles.c.title, titles.c.jurisdiction)
        .join(about, and_(about.c.block_number == e.block_number, about.c.log_index == e.log_index))
        .join(titles, titles.c.title == about.c.title)
        .where(within, e.contract.in_(_CONTRACTS), ~told)
        .order_by(e.block_number, e.log_index, titles.c.title)
        .limit(MOST)
    )
    return connection.execute(query).all()


def _tell(connection: Connection, row: Row[Any], now: int) -> None:
    a = title_alerts.c
    place = and_(a.block_hash == row.block_hash, a.log_index == row.log_index, a.title == row.title)
    # A block that left the chain may come back: each turn is told.
    turn = connection.execute(select(func.count()).select_from(title_alerts).where(place)).scalar_one()
    key = f"{ALERT}:{row.block_hash}:{row.log_index}:{row.title}:{turn}"
    arguments = json.loads(row.arguments)
    facts = {
        "event": row.name,
        "contract": row.contract,
        "arguments": arguments,
        "title": row.title,
        "jurisdiction": row.jurisdiction,
        "parties": sorted(_concerned(connection, row, arguments)),
        "time": row.time,
        "block_number": row.block_number,
        "block_hash": row.block_hash,
        "tx_hash": row.tx_hash,
        "log_index": row.log_index,
    }
    queue_notice(connection, key, ALERT, row.title, facts, now)
    notice = _address(connection, key, facts["parties"], now)
    at = {"block_number": row.block_number, "block_hash": row.block_hash, "log_index": row.log_index}
    connection.execute(insert(title_alerts).values(title=row.title, turn=turn, notice=notice, **at))


def _concerned(connection: Connection, row: Row[Any], arguments: Any) -> set[str]:
    """Whoever holds the title, held it before the event, or is named in it as a holder."""
    now = connection.execute(select(shares.c.holder).where(shares.c.title == row.title)).scalars()
    found = {*now, *_holders(arguments)}
    e = events.c
    earlier = (
        select(e.arguments)
        .where(e.subject == row.title, e.arguments.contains('"holder"'))
        .where(
            (e.block_number < row.block_number) | ((e.block_number == row.block_number) & (e.log_index < row.log_index))
        )
        .order_by(e.block_number.desc(), e.log_index.desc())
        .limit(1)
    )
    before = connection.execute(earlier).scalar_one_or_none()
    return found if before is None else found | _holders(json.loads(before))


def _holders(told: Any) -> set[str]:
    """Every value under the name "holder", however deep."""
    if isinstance(told, list):
        return set().union(*map(_holders, told))
    if not isinstance(told, dict):
        return set()
    deeper = set().union(*(_holders(value) for value in told.values()))
    holder = told.get("holder")
    return deeper | {holder} if isinstance(holder, str) else deeper


def _address(connection: Connection, key: str, parties: list[str], now: int) -> int:
    """Note whom a notice concerns, and have those told that watch for them; return its id."""
    notice = int(connection.execute(select(notices.c.id).where(notices.c.key == key)).scalar_one())
    if not parties:
        return notice
    connection.execute(insert(alert_parties), [{"party": party, "notice": notice} for party in parties])
    live = select(alert_watches.c.subscription).join(
        subscriptions, and_(subscriptions.c.id == alert_watches.c.subscription, subscriptions.c.ended_at.is_(None))
    )
    watching = connection.execute(live.where(alert_watches.c.party.in_(parties)).distinct()).scalars().all()
    if watching:
        due = {"notice": notice, "state": "waiting", "attempts": 0, "due_at": now, "updated_at": now}
        connection.execute(insert(deliveries), [{**due, "subscription": one} for one in watching])
    return notice


def check_party(party: str) -> str:
    """A party's id in small letters. Raises Refused for what is none."""
    if len(party) != 66 or not party.startswith("0x") or not all(one in "0123456789abcdefABCDEF" for one in party[2:]):
        raise Refused("PartyUnknown", party=party[:100])
    return party.lower()
