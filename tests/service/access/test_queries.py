"""Answers about agencies: keys judged at the moment asked about, pending acts, pages."""

import pytest
from sqlalchemy import Engine

from muniment.access.model import AgencyStatus, KeyStanding
from muniment.access.queries import agencies, agency
from muniment.db.engine import reading, writing
from muniment.db.schema import agencies as agencies_table
from muniment.db.schema import officers, pending_acts

PARENT, CHILD, NOBODY = "0x" + "a1" * 32, "0x" + "a2" * 32, "0x" + "00" * 32
KEY, LATER = "0x" + "11" * 20, "0x" + "22" * 20
BLOCK = {"block_number": 1, "block_hash": "0x" + "bb" * 32}


@pytest.fixture
def told(any_database: Engine) -> Engine:
    """An agency, its child, the child's two keys and an act that waits; on each engine in turn."""
    with writing(any_database) as connection:
        for number, (one, parent) in enumerate([(PARENT, NOBODY), (CHILD, PARENT)]):
            row = {"agency": one, "parent": parent, "admin": KEY, "scopes": 2**63 | 1, "status": 1}
            more = {"domain_hash": NOBODY, "registered_at": number}
            connection.execute(agencies_table.insert().values(**row, **more, **BLOCK))
        for number, key in enumerate((KEY, LATER)):
            row = {"key": key, "agency": CHILD, "scopes": 1, "not_before": 100, "not_after": 200 + number}
            connection.execute(officers.insert().values(**row, accredited_at=number, **BLOCK))
        act = {"act": NOBODY, "target": KEY, "agency": CHILD, "officer": KEY, "scope": 1 << 10, "version": 2**200}
        connection.execute(pending_acts.insert().values(**act, deadline=150, calldata="0x12", **BLOCK))
    return any_database


def test_agencies_are_listed_oldest_first(told: Engine) -> None:
    """Each agency must stand once, with its parent, its powers and its state."""
    with reading(told) as connection:
        found = agencies(connection)
        second = agencies(connection, page=2, size=1)
    assert [(line.agency, line.parent, line.status) for line in found.lines] == [
        (PARENT, None, AgencyStatus.ACTIVE),
        (CHILD, PARENT, AgencyStatus.ACTIVE),
    ]
    assert found.lines[0].scopes == ("LAND_REGISTRAR", "BIT_63")
    assert ([line.agency for line in second.lines], second.page.pages) == ([CHILD], 2)


def test_keys_are_judged_at_the_moment_asked_about(told: Engine) -> None:
    """A key that has just ended must be shown as retired, and one that goes on as current."""
    with reading(told) as connection:
        found = agency(connection, CHILD.upper().replace("0X", "0x"), 200)
    assert found is not None
    assert [(line.key, line.standing) for line in found.officers] == [
        (KEY, KeyStanding.RETIRED),
        (LATER, KeyStanding.CURRENT),
    ]


@pytest.mark.parametrize(("now", "overdue"), [(150, False), (151, True)])
def test_waiting_acts_are_shown_with_their_deadline(told: Engine, now: int, overdue: bool) -> None:
    """An act must name its power and tell whether its second officer is too late."""
    with reading(told) as connection:
        found = agency(connection, CHILD, now)
    assert found is not None
    (act,) = found.pending_acts
    assert (act.scopes, act.version, act.overdue) == (("KEY_CUSTODIAN",), 2**200, overdue)


def test_an_unknown_agency_is_nothing(told: Engine) -> None:
    """An id that no event named must have no answer."""
    with reading(told) as connection:
        assert agency(connection, NOBODY, 0) is None
