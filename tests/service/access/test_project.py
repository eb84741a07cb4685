"""Agencies, keys and pending acts follow the events of AgencyRegistry."""

from typing import Any

import pytest
from sqlalchemy import Engine

from muniment.access.model import AgencyStatus
from muniment.access.project import HANDLERS
from muniment.chain.events import Event
from muniment.db.rows import RowMissing
from muniment.db.schema import agencies, officers, pending_acts
from tests.service.projecting import TIME, event, project, rows_of

REGISTERED = {"agency": "0xa", "parent": "0x0", "admin": "0xad", "scopes": 2**64 - 1, "domainHash": "0xd"}
ACCREDITED = {"agency": "0xa", "key": "0x1", "id": 7, "scopes": 3, "notBefore": 5, "notAfter": 2**40 - 1}
PROPOSED = {
    "id": "0x1",
    "target": "0x2",
    "agency": "0xa",
    "officer": "0x3",
    "scope": 2**63,
    "version": 2**256 - 1,
    "deadline": 2**40 - 1,
    "act": "0x" + "ab" * 1000,
}


def of(name: str, block: int = 7, **arguments: Any) -> Event:
    """An event of AgencyRegistry."""
    return event("AgencyRegistry", name, block, **arguments)


def test_an_agency_is_active_when_registered(database: Engine) -> None:
    """AgencyRegistered must make a row with every field, the largest mask included."""
    project(database, HANDLERS, of("AgencyRegistered", **REGISTERED))
    assert rows_of(database, agencies) == [
        {
            "agency": "0xa",
            "parent": "0x0",
            "admin": "0xad",
            "scopes": 2**64 - 1,
            "status": AgencyStatus.ACTIVE,
            "domain_hash": "0xd",
            "registered_at": TIME + 84,
            "block_number": 7,
            "block_hash": "0x7",
        }
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "column", "value"),
    [
        ("AgencyScopesChanged", {"scopes": 1, "by": "0xb"}, "scopes", 1),
        ("AgencyStatusChanged", {"status": 3, "by": "0xb"}, "status", 3),
        ("AdminChanged", {"previous": "0xad", "admin": "0xnew"}, "admin", "0xnew"),
    ],
)
def test_an_agency_changes(database: Engine, name: str, arguments: dict[str, Any], column: str, value: Any) -> None:
    """Each change must touch its column of its agency alone, and name its block."""
    other = {**REGISTERED, "agency": "0xb"}
    project(database, HANDLERS, of("AgencyRegistered", **REGISTERED), of("AgencyRegistered", **other))
    before = rows_of(database, agencies)
    project(database, HANDLERS, of(name, block=9, agency="0xa", **arguments))
    after = rows_of(database, agencies)
    assert after == [{**before[0], column: value, "block_number": 9, "block_hash": "0x9"}, before[1]]


def test_a_key_lives_and_ends(database: Engine) -> None:
    """Accreditation, retirement and compromise must add up in one row; times of 40 bits must fit."""
    project(database, HANDLERS, of("OfficerAccredited", **ACCREDITED))
    assert rows_of(database, officers)[0]["compromised_since"] is None
    project(
        database,
        HANDLERS,
        of("OfficerRetired", block=8, agency="0xa", key="0x1", notAfter=2**40 - 2, by="0xad"),
        of("OfficerCompromised", block=9, agency="0xa", key="0x1", since=6),
    )
    assert rows_of(database, officers) == [
        {
            "key": "0x1",
            "agency": "0xa",
            "scopes": 3,
            "not_before": 5,
            "not_after": 2**40 - 2,
            "compromised_since": 6,
            "accredited_at": TIME + 84,
            "officer_id": ACCREDITED["id"],
            "block_number": 9,
            "block_hash": "0x9",
        }
    ]


@pytest.mark.parametrize("end", ["ActConfirmed", "ActWithdrawn"])
def test_an_act_waits_until_it_is_settled(any_database: Engine, end: str) -> None:
    """A proposed act must be listed with its calldata until it is confirmed or withdrawn, and can be proposed again."""
    project(any_database, HANDLERS, of("ActProposed", **PROPOSED))
    (row,) = rows_of(any_database, pending_acts)
    assert (row["act"], row["calldata"], row["version"], row["deadline"]) == (
        "0x1",
        PROPOSED["act"],
        2**256 - 1,
        2**40 - 1,
    )
    project(any_database, HANDLERS, of("ActProposed", block=8, **{**PROPOSED, "officer": "0x4"}))
    assert [row["officer"] for row in rows_of(any_database, pending_acts)] == ["0x4"]
    project(any_database, HANDLERS, of(end, block=9, id="0x1", officer="0x5"))
    project(any_database, HANDLERS, of(end, block=9, id="0x1", officer="0x5"))
    assert rows_of(any_database, pending_acts) == []


def test_a_change_of_an_unknown_agency_is_an_error(database: Engine) -> None:
    """A change of what was never registered means a lost event, and must not pass in silence."""
    with pytest.raises(RowMissing, match="agencies"):
        project(database, HANDLERS, of("AdminChanged", agency="0xz", previous="0x1", admin="0x2"))
