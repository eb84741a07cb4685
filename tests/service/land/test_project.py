"""Registers, titles and shares follow the events of TitleRegistry."""

from typing import Any

import pytest
from sqlalchemy import Engine

from muniment.chain.text import readable
from muniment.db.schema import registers, shares, titles
from muniment.land.project import HANDLERS, jurisdiction_text
from tests.service.projecting import TIME, event, project, rows_of

GB = "0x4742000000000000"
REGISTERED: dict[str, Any] = {
    "title": "0x1",
    "jurisdiction": GB,
    "agency": "0xa",
    "officer": "0x0f",
    "ref": "Gävle Torp 1:1",
    "geometryHash": "0x9",
    "area": 2**64 - 1,
    "grade": 3,
    "denominator": 2**64 - 1,
    "shares": [{"holder": "0x5", "numerator": 1}, {"holder": "0x6", "numerator": 2**64 - 2}],
    "sourceHash": "0x0",
    "legalDate": 2**32 - 1,
}


def test_a_title_and_its_shares(any_database: Engine) -> None:
    """TitleRegistered must make one title and a share per holder, in their order, numbers at their largest."""
    project(any_database, HANDLERS, event("TitleRegistry", "TitleRegistered", **REGISTERED))
    block = {"block_number": 7, "block_hash": "0x7"}
    assert rows_of(any_database, titles) == [
        {
            "title": "0x1",
            "jurisdiction": "GB",
            "ref": "Gävle Torp 1:1",
            "agency": "0xa",
            "geometry_hash": "0x9",
            "area_dm2": 2**64 - 1,
            "grade": 3,
            "denominator": 2**64 - 1,
            "version": 1,
            "source_hash": "0x0",
            "legal_date": 2**32 - 1,
            "officer": "0x0f",
            "registered_at": TIME + 84,
            "tx_hash": "0xt7",
            "retired_at": None,
            "retired_by": None,
            **block,
        }
    ]
    assert rows_of(any_database, shares) == [
        {"title": "0x1", "holder": "0x5", "place": 0, "numerator": 1, **block},
        {"title": "0x1", "holder": "0x6", "place": 1, "numerator": 2**64 - 2, **block},
    ]


def test_a_register_has_its_latest_keeper_and_status(database: Engine) -> None:
    """RegisterSet must replace what stood for the jurisdiction, and no other."""
    project(
        database,
        HANDLERS,
        event("TitleRegistry", "RegisterSet", jurisdiction=GB, agency="0xa", status=1),
        event("TitleRegistry", "RegisterSet", jurisdiction="0x5345000000000000", agency="0xb", status=1),
        event("TitleRegistry", "RegisterSet", 8, jurisdiction=GB, agency="0xc", status=2),
    )
    found = [(row["jurisdiction"], row["agency"], row["status"]) for row in rows_of(database, registers)]
    assert found == [("GB", "0xc", 2), ("SE", "0xb", 1)]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (GB, "GB"),
        ("0x47422d5343540000", "GB-SCT"),
        ("0x4142434445464748", "ABCDEFGH"),
        ("0x4700420000000000", "G\ufffd00B"),
        ("0xffffffffffffffff", "\ufffdff" * 8),
    ],
)
def test_jurisdictions_as_text(any_database: Engine, code: str, shown: str) -> None:
    """A bytes8 must show as text without its padding, and fit the column however hostile."""
    assert jurisdiction_text(code) == shown
    project(any_database, HANDLERS, event("TitleRegistry", "RegisterSet", jurisdiction=code, agency="0xa", status=1))
    assert [row["jurisdiction"] for row in rows_of(any_database, registers)] == [shown]


def test_references_that_are_no_text_stay_apart(any_database: Engine) -> None:
    """Two references that no text can hold must be two titles: uniqueness must not merge what the chain keeps apart."""
    for number, raw in enumerate((b"a\x00", b"a\xff", b"a\xed\xa0\x80", "a\ufffd".encode())):
        given = {**REGISTERED, "title": hex(number), "ref": readable(raw)}
        project(any_database, HANDLERS, event("TitleRegistry", "TitleRegistered", **given))
    assert len(rows_of(any_database, titles)) == 4
