"""Property alerts: every entry told once, to those whom it concerns, and taken back with its block."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, insert, select, update

from muniment.db.engine import reading, writing
from muniment.db.schema import (
    alert_cursors,
    alert_watches,
    checkpoints,
    deliveries,
    events,
    mentions,
    notices,
    shares,
    subscriptions,
)
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.land import alerts
from muniment.land.alerts import ALERT, MOST, WITHDRAWN, alert, alerts_of, check_party
from muniment.notify.queue import notices_after
from tests.service.land.test_queries import HOLDER, OTHER, enter

BUYER, NOW = "0x" + "0b" * 32, 5_000


def read_to(store: Engine, number: int, final: int) -> None:
    """The chain was read up to a block."""
    row = {"chain_id": 1, "genesis_hash": "0x0", "number": number, "hash": hex(number), "time": number}
    with writing(store) as connection:
        connection.execute(delete(checkpoints))
        connection.execute(insert(checkpoints).values(**row, safe_number=final, finalized_number=final))


def happened(
    store: Engine, title: str, block: int, *holders: str, fork: str = "a", name: str = "TitleConveyed"
) -> None:
    """An event about a title, in a block of one of two chains."""
    told = json.dumps({"title": title, "shares": [{"holder": holder, "numerator": 1} for holder in holders]})
    row = {"block_number": block, "log_index": 0, "block_hash": f"0x{fork}{block}", "time": block, "tx_hash": "0x7"}
    with writing(store) as connection:
        connection.execute(
            insert(events).values(**row, contract="TitleRegistry", name=name, subject=title, arguments=told)
        )


def gone(store: Engine, block: int) -> None:
    """A block and what follows left the chain."""
    with writing(store) as connection:
        connection.execute(delete(events).where(events.c.block_number >= block))


def told(store: Engine) -> list[tuple[str, int]]:
    """Kind and block of every notice."""
    with reading(store) as connection:
        return [(one.kind, one.facts["block_number"]) for one in notices_after(connection, 0)]


@pytest.fixture
def watched(any_database: Engine) -> tuple[Engine, str]:
    """A title of two holders, and a service that tells from block 10 on."""
    with writing(any_database) as connection:
        title = enter(connection, "a")
    happened(any_database, title, 5, HOLDER, OTHER, name="TitleRegistered")
    read_to(any_database, 10, 8)
    assert alert(any_database, NOW) == 0
    return any_database, title


def test_the_past_is_not_told(watched: tuple[Engine, str]) -> None:
    """What was read before must not be told: a register of a million titles would flood everybody."""
    store, _ = watched
    assert alert(store, NOW) == 0
    assert told(store) == []


def test_each_event_is_told_once(watched: tuple[Engine, str]) -> None:
    """However often it is looked, and also after the block is final, there must be one notice for each event."""
    store, title = watched
    happened(store, title, 11, HOLDER)
    read_to(store, 12, 9)
    assert alert(store, NOW) == 1
    for final in (9, 12):
        read_to(store, 12, final)
        assert alert(store, NOW) == 0
    read_to(store, 12 + 300, 12 + 290)
    assert alert(store, NOW) == 0
    assert told(store) == [(ALERT, 11)]


def test_who_held_it_before_is_told_too(watched: tuple[Engine, str]) -> None:
    """Whoever lost a title must hear of it, as must whoever gained it: that is what alerts are for."""
    store, title = watched
    with writing(store) as connection:
        connection.execute(delete(shares).where(shares.c.title == title))
        row = {"title": title, "holder": BUYER, "numerator": 1, "place": 0, "block_number": 11, "block_hash": "0xa11"}
        connection.execute(insert(shares).values(**row))
    happened(store, title, 11, BUYER)
    read_to(store, 11, 9)
    assert alert(store, NOW) == 1
    with reading(store) as connection:
        for party in (HOLDER, OTHER, BUYER):
            (one,) = alerts_of(connection, party)
            assert one.facts["parties"] == sorted((HOLDER, OTHER, BUYER))
            assert alerts_of(connection, party, one.id) == []
        assert alerts_of(connection, keccak(b"nobody")) == []


def test_an_event_that_only_mentions_the_title(watched: tuple[Engine, str]) -> None:
    """An event about something else, such as a lien, must be told of each title that it names."""
    store, title = watched
    happened(store, keccak(b"lien"), 11, HOLDER, name="LienAssigned")
    with writing(store) as connection:
        row = {"subject": title, "event_block": 11, "log_index": 0, "block_number": 11, "block_hash": "0xa11"}
        connection.execute(insert(mentions).values(**row))
    read_to(store, 11, 9)
    assert alert(store, NOW) == 1
    with reading(store) as connection:
        (one,) = notices_after(connection, 0)
    assert (one.subject, one.facts["event"]) == (title, "LienAssigned")


def test_a_block_that_left_the_chain(watched: tuple[Engine, str]) -> None:
    """What was told of it must be withdrawn once the height is read again, and the block's return be told anew."""
    store, title = watched
    happened(store, title, 11, HOLDER)
    read_to(store, 12, 9)
    alert(store, NOW)
    gone(store, 11)
    read_to(store, 10, 9)
    assert alert(store, NOW) == 0  # the new chain may still have it
    happened(store, title, 12, HOLDER, fork="b")
    read_to(store, 12, 9)
    assert alert(store, NOW) == 2
    assert told(store) == [(ALERT, 11), (WITHDRAWN, 11), (ALERT, 12)]
    gone(store, 11)
    happened(store, title, 11, HOLDER)
    read_to(store, 12, 9)
    assert alert(store, NOW) == 2
    assert told(store)[3:] == [(WITHDRAWN, 12), (ALERT, 11)]
    assert alert(store, NOW) == 0
    with reading(store) as connection:
        assert len(alerts_of(connection, OTHER)) == 5
        withdrawn = alerts_of(connection, HOLDER)[1]
        assert withdrawn.facts["withdraws"] == alerts_of(connection, HOLDER)[0].id


def test_a_rebuild_tells_nothing_new(watched: tuple[Engine, str]) -> None:
    """While the read tables are filled again nothing must be withdrawn, nor be told a second time."""
    store, title = watched
    happened(store, title, 11, HOLDER)
    read_to(store, 12, 9)
    alert(store, NOW)
    gone(store, 0)
    read_to(store, 3, 9)
    assert alert(store, NOW) == 0
    happened(store, title, 5, HOLDER, OTHER)
    happened(store, title, 11, HOLDER)
    read_to(store, 12, 9)
    assert alert(store, NOW) == 0
    assert len(told(store)) == 1


def test_more_than_one_step_takes(watched: tuple[Engine, str]) -> None:
    """Many entries must be told step by step, none left out."""
    store, title = watched
    for block in range(11, 11 + MOST + 5):
        happened(store, title, block, HOLDER)
    read_to(store, 1_000, 999)
    assert (alert(store, NOW), alert(store, NOW), alert(store, NOW)) == (MOST, 5, 0)


def test_who_watches_is_told_of_one_party_alone(watched: tuple[Engine, str]) -> None:
    """A subscription must be told of its party's titles, no others', and nothing once it ended."""
    store, title = watched
    with writing(store) as connection:
        made: list[Any] = []
        for party, kinds in ((HOLDER, ["title.watch"]), (BUYER, ["title.watch"]), (None, [ALERT])):
            row = {"url": "https://x.example", "secret": "s", "kinds": json.dumps(kinds), "created_at": 1}
            new = insert(subscriptions).values(**row).returning(subscriptions.c.id)
            made.append(connection.execute(new).scalar_one())
            if party:
                connection.execute(insert(alert_watches).values(party=party, subscription=made[-1]))
    happened(store, title, 11, HOLDER)
    read_to(store, 11, 9)
    alert(store, NOW)
    with writing(store) as connection:
        assert sorted(connection.execute(select(deliveries.c.subscription)).scalars()) == [made[0], made[2]]
        connection.execute(update(subscriptions).values(ended_at=2))
    happened(store, title, 12, HOLDER)
    read_to(store, 12, 9)
    assert alert(store, NOW) == 1
    with reading(store) as connection:
        assert connection.execute(select(func.count()).select_from(deliveries)).scalar_one() == 2
        assert connection.execute(select(func.count()).select_from(notices)).scalar_one() == 2


@pytest.mark.parametrize("party", ["", "0x12", "Anna", "0x" + "g" * 64, "1x" + "0" * 64])
def test_what_is_no_party(party: str) -> None:
    """Must be refused."""
    with pytest.raises(Refused, match="PartyUnknown"):
        check_party(party)


def test_a_long_way_behind(watched: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """However much waits, every entry must be told once and in order, and each step begin where the last one ended."""
    monkeypatch.setattr(alerts, "MOST", 3)
    monkeypatch.setattr(alerts, "_WINDOW", 2)
    store, title = watched
    blocks = [11, 12, 13, 15, 18, 19, 20, 24, 25]
    for block in blocks:
        happened(store, title, block, BUYER)
    happened(store, "0x" + "77" * 32, 22, BUYER)  # about no title
    read_to(store, 30, 25)
    cursors = []
    while alert(store, NOW):
        with reading(store) as connection:
            cursors.append(connection.execute(select(alert_cursors.c.block_number)).scalar_one())
    assert told(store) == [(ALERT, block) for block in blocks]
    assert cursors == sorted(set(cursors))
    assert cursors[0] > 10
