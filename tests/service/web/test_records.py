"""A title taken along: by ISO 19152, and on paper."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.hashing import keccak
from muniment.land.folio import count_of, every_folio
from muniment.land.ladm import ladm
from tests.service.land.burdened import BANK, CAVEAT, COURT, EASEMENT, FREEZE, LEASE, SALE, TENANT, burden, lien
from tests.service.land.shapes import faults
from tests.service.web.conftest import HOLDERS, HOSTILE, NOW, REFS, title_of

SHAPE = json.loads((Path(__file__).parents[2] / "vectors" / "ladm.schema.json").read_text())


@pytest.fixture
def heavy(web: TestClient, database: Engine) -> str:
    """A title on which everything weighs that can."""
    with writing(database) as connection:
        burden(connection, title_of(REFS[0]), title_of(REFS[3]))
    return title_of(REFS[0])


def told(web: TestClient, title: str) -> dict[str, Any]:
    """A title by ISO 19152; its shape is right."""
    answer: dict[str, Any] = web.get(f"/api/titles/{title}/ladm").json()
    assert faults(SHAPE, answer, SHAPE) == []
    return answer


def test_a_plain_title(web: TestClient) -> None:
    """Each class must be filled from the register: unit, shares, parties, parcel with its INSPIRE id."""
    answer = told(web, title_of(REFS[0]))
    assert (answer["LA_BAUnit"]["name"], answer["LA_BAUnit"]["titleGrade"]) == (REFS[0], "provisional")
    assert [right["class"] for right in answer["LA_RRR"]] == ["LA_Right"] * 3
    assert [right["share"]["numerator"] for right in answer["LA_RRR"]] == ["1", "2", str(2**64 - 4)]
    assert [party["pID"]["localId"] for party in answer["LA_Party"]] == list(HOLDERS)
    (parcel,) = answer["LA_SpatialUnit"]
    assert (parcel["area"][0]["areaSize"], parcel["geometry"]["type"]) == ("6100.50", "Polygon")
    assert parcel["inspireId"]["localId"] == title_of(REFS[0])
    assert parcel["nationalCadastralReference"] == REFS[0]
    assert (answer["as_of"]["block"], answer["LA_Source"]) == (100, [])


def test_a_burdened_title(web: TestClient, heavy: str) -> None:
    """Mortgages must stand in rank order, leases be rights, easements and stops restrictions, each with its source."""
    answer = told(web, heavy)
    found = {right["rID"]["localId"]: right for right in answer["LA_RRR"]}
    mortgages = [right for right in answer["LA_RRR"] if right["class"] == "LA_Mortgage"]
    assert [(one["ranking"], one["rID"]["localId"]) for one in mortgages] == [(1, lien(1)), (2, lien(2))]
    assert (mortgages[0]["amount"], mortgages[1]["amount"]) == ({"value": str(2**70), "currency": "EUR"}, None)
    classes = {name: (found[name]["class"], found[name]["type"]) for name in (LEASE, EASEMENT, FREEZE, CAVEAT, SALE)}
    assert classes == {
        LEASE: ("LA_Right", "lease"),
        EASEMENT: ("LA_Restriction", "servitude"),
        FREEZE: ("LA_Restriction", "courtFreeze"),
        CAVEAT: ("LA_Restriction", "caveat"),
        SALE: ("LA_Restriction", "priorityNotice"),
    }
    assert found[EASEMENT]["dominant"]["localId"] == title_of(REFS[3])
    roles = {party["pID"]["localId"]: (party["type"], party["role"]) for party in answer["LA_Party"]}
    assert roles[BANK] == ("nonNaturalPerson", ["moneyProvider"])
    assert (roles[COURT], roles[TENANT]) == (("nonNaturalPerson", ["court"]), (None, ["lessee"]))
    named = {right["source"]["localId"] for right in answer["LA_RRR"] if right["source"]}
    assert named == {source["sID"]["localId"] for source in answer["LA_Source"]}


def test_hostile_references_and_late_times(web: TestClient, database: Engine, heavy: str) -> None:
    """Any reference must be told as it is, and a right without an end not break a date."""
    assert told(web, title_of(HOSTILE))["LA_BAUnit"]["name"] == HOSTILE
    with writing(database) as connection:
        connection.execute(update(schema.interests).where(schema.interests.c.interest == LEASE).values(until=2**40 - 1))
    spec = next(one["timeSpec"] for one in told(web, heavy)["LA_RRR"] if one["type"] == "lease")
    assert spec == {"until": "9999-12-31T23:59:59Z"}


def test_altered_geometry_is_not_exported(web: TestClient, database: Engine) -> None:
    """Bytes that do not hash to the registered geometry must not be taken along."""
    with writing(database) as connection:
        connection.execute(update(schema.geometries).values(canonical='{"type":"Polygon"}'))
    assert told(web, title_of(REFS[0]))["LA_SpatialUnit"][0]["geometry"] is None


def test_the_whole_register(web: TestClient, database: Engine, heavy: str) -> None:
    """Every title must be exported once, in order, and as it is answered alone."""
    with reading(database) as connection:
        every = [one.title for one in every_folio(connection, None, NOW)]
        assert every == sorted(map(title_of, REFS))
        assert (count_of(connection, "SE"), count_of(connection, "GB")) == (5, 0)
        (one,) = [one for one in every_folio(connection, "SE", NOW) if one.title == heavy]
    alone = told(web, heavy)
    assert ladm(one, 31337, "0x" + "00" * 20, None)["LA_RRR"] == alone["LA_RRR"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("LA_BAUnit", "uID"), {}),
        (("LA_RRR", 0, "class"), "LA_Wrong"),
        (("LA_Party", 0, "name"), "Anna"),
        (("format",), 1),
    ],
)
def test_the_shape_tells_right_from_wrong(web: TestClient, path: tuple[Any, ...], value: Any) -> None:
    """The schema must refuse what is no such record."""
    wrong = deepcopy(told(web, title_of(REFS[0])))
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert faults(SHAPE, wrong, SHAPE)


@pytest.mark.parametrize("path", ["ladm"])
def test_unknown_titles(web: TestClient, path: str) -> None:
    """A title that nobody registered must be said to be none, an id that is none be refused."""
    assert web.get(f"/api/titles/{keccak(b'unknown')}/{path}").status_code == 404
    assert web.get(f"/api/titles/0x12/{path}").status_code == 422
