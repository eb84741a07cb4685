"""Canonical geometry: one parcel, one sequence of bytes, however it was drawn."""

import json
import math
import random
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.land.geometry import Canonical, canonical_geometry

Ring = list[list[float]]


def square(west: float = 10.0, south: float = 50.0, side: float = 0.01) -> Ring:
    """A closed square, counter-clockwise."""
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: Ring) -> dict[str, Any]:
    """A GeoJSON polygon."""
    return {"type": "Polygon", "coordinates": list(rings)}


@st.composite
def stars(draw: st.DrawFn, west: float = 0.0) -> Ring:
    """A closed ring that is star-shaped, and so never crosses itself."""
    count = draw(st.integers(3, 12))
    radii = [draw(st.integers(20_000, 40_000)) for _ in range(count)]
    turns = [2 * math.pi * n / count for n in range(count)]
    corners = [
        [round(radius * f(turn)) / 1e7 for f in (math.cos, math.sin)] for radius, turn in zip(radii, turns, strict=True)
    ]
    ring = [[west + x, 50 + y] for x, y in corners]
    return [*ring, ring[0]]


def hole_in(ring: Ring, at: float) -> Ring:
    """A small triangle inside a star."""
    west = round(sum(x for x, _ in ring[:-1]) / (len(ring) - 1), 7)
    return [[west + at, 50.0], [west + at + 1e-5, 50.0], [west + at, 50.00001], [west + at, 50.0]]


def redrawn(ring: Ring, chance: random.Random) -> Ring:
    """The same ring from another corner, in either direction, with noise, heights and doubled corners."""
    body = ring[:-1]
    start = chance.randrange(len(body))
    body = body[start:] + body[:start]
    if chance.random() < 0.5:
        body.reverse()
    closed = [*body, body[0]]
    noisy = [
        [x + chance.uniform(-1, 1) * 1e-9, y + chance.uniform(-1, 1) * 1e-9, *([7.5] * chance.randrange(2))]
        for x, y in closed
    ]
    noisy[-1] = list(noisy[0])
    return [position for position in noisy for _ in range(chance.choice([1, 1, 2]))]


@settings(max_examples=60)
@given(stars(), stars(west=1.0), st.randoms(use_true_random=False))
def test_one_parcel_has_one_form(first: Ring, second: Ring, chance: random.Random) -> None:
    """Where a ring starts, its direction, the order of rings and polygons, and extra digits must not matter."""
    parts = [[first, hole_in(first, 0.0), hole_in(first, 3e-5)], [second]]
    other = [
        [part[0], *sorted(part[1:], key=lambda _: chance.random())]
        for part in sorted(parts, key=lambda _: chance.random())
    ]
    other = [[redrawn(ring, chance) for ring in part] for part in other]
    once = canonical_geometry({"type": "MultiPolygon", "coordinates": parts})
    again = canonical_geometry({"type": "MultiPolygon", "coordinates": other})
    assert again == once


@settings(max_examples=60)
@given(stars())
def test_the_canonical_form_is_its_own(ring: Ring) -> None:
    """What was published must come out unchanged when it is brought into canonical form again."""
    once = canonical_geometry(polygon(ring))
    assert canonical_geometry(json.loads(once.text)) == once
    assert once.hash == keccak(once.text.encode())


def test_the_form_is_the_one_written_down() -> None:
    """The bytes must be those of the rule: smallest position first, exterior left, holes right, no spaces."""
    clockwise = [[10.00000004, 50], [10, 50.01], [10.01, 50.01], [10.01, 50], [10.00000004, 50]]
    hole = [[10.002, 50.002], [10.004, 50.002], [10.002, 50.004], [10.002, 50.002]]
    assert canonical_geometry(polygon(clockwise, hole)).text == (
        '{"coordinates":[[[10,50],[10.01,50],[10.01,50.01],[10,50.01],[10,50]],'
        '[[10.002,50.002],[10.002,50.004],[10.004,50.002],[10.002,50.002]]],"type":"Polygon"}'
    )


def test_a_multipolygon_of_one_is_a_polygon() -> None:
    """One outline must not have two hashes for the word in front of it."""
    assert canonical_geometry({"type": "MultiPolygon", "coordinates": [[square()]]}) == canonical_geometry(
        polygon(square())
    )


def test_area_is_geodesic_and_holes_are_not_land() -> None:
    """A cell of a tenth of a degree on the equator must have its area on the ellipsoid, less its hole."""
    whole = canonical_geometry(polygon(square(0, 0, 0.1))).area_dm2
    # Series for the ellipsoidal cell: 123.0840 km² (a = 6378137, f = 1/298.257223563).
    assert whole == pytest.approx(123_090_778 * 100, rel=1e-4)
    hole = canonical_geometry(polygon(square(0.02, 0.02, 0.01))).area_dm2
    assert canonical_geometry(polygon(square(0, 0, 0.1), square(0.02, 0.02, 0.01))).area_dm2 == pytest.approx(
        whole - hole, abs=1
    )


def refusals() -> list[tuple[str, Any]]:
    """What is no land, with the name of the reason."""
    bowtie = [[0, 0], [0.01, 0.01], [0.01, 0], [0, 0.01], [0, 0]]
    return [
        ("GeometryMissing", None),
        ("GeometryTypeRefused", [1]),
        ("GeometryTypeRefused", {"type": "Point", "coordinates": [0, 0]}),
        ("GeometryTypeRefused", {"type": ["Polygon"], "coordinates": []}),
        ("GeometryEmpty", {"type": "Polygon"}),
        ("GeometryEmpty", polygon()),
        ("GeometryEmpty", polygon([])),
        ("GeometryEmpty", {"type": "MultiPolygon", "coordinates": [[]]}),
        ("PositionRefused", {"type": "Polygon", "coordinates": [7]}),
        ("PositionRefused", {"type": "Polygon", "coordinates": [[7]]}),
        ("PositionRefused", {"type": "Polygon", "coordinates": [[[1], [1, 2], [3, 4], [1]]]}),
        ("PositionRefused", {"type": "Polygon", "coordinates": [[[True, 2], [1, 2], [3, 4], [True, 2]]]}),
        ("PositionRefused", {"type": "Polygon", "coordinates": [[["1", "2"]]]}),
        ("CoordinatesOutOfRange", polygon([[531000, 181000], [531001, 181000], [531000, 181001], [531000, 181000]])),
        ("CoordinatesOutOfRange", polygon([[10**400, 0], [1, 0], [0, 1], [10**400, 0]])),
        ("CoordinatesOutOfRange", polygon([[math.inf, 0], [1, 0], [0, 1], [math.inf, 0]])),
        ("CoordinatesOutOfRange", polygon([[0, 90.0000001], [1, 0], [0, 1], [0, 90.0000001]])),
        ("RingOpen", polygon([[0, 0], [1, 0], [1, 1], [0, 1]])),
        ("RingTooShort", polygon([[0, 0], [1, 0], [0, 0]])),
        ("RingTooShort", polygon([[0, 0], [1e-9, 0], [0, 1e-9], [0, 0]])),
        ("GeometryInvalid", polygon(bowtie)),
        ("GeometryInvalid", polygon(square(), square(20, 50))),
        ("GeometryInvalid", polygon([[0, 0], [1, 1], [2, 2], [0, 0]])),
        ("GeometryTooWide", polygon([[-179.9, 0], [179.9, 0], [179.9, 1], [-179.9, 1], [-179.9, 0]])),
        ("GeometryTooLong", polygon([[0, 0]] * 100_001)),
        ("AreaTooLarge", polygon([[0, -80], [100, -80], [100, 80], [0, 80], [0, -80]])),
        ("AreaZero", polygon([[0, 0], [1e-7, 0], [0, 1e-7], [0, 0]])),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "geometry"), refusals())
def test_what_is_no_land_is_refused_with_its_reason(name: str, geometry: Any) -> None:
    """No polygon, out of range, open, crossing itself or without area: each must be refused by name."""
    with pytest.raises(Refused) as refused:
        canonical_geometry(geometry)
    assert refused.value.name == name


def test_validity_is_judged_after_rounding() -> None:
    """A neck that closes at seven decimals must be found, though the delivered digits keep it open."""
    neck = [[0, 0], [0.01, 0.01], [0.02, 0], [0.02, 0.02], [0.01, 0.01000000001], [0, 0.02], [0, 0]]
    assert shapely.Polygon(neck).is_valid
    with pytest.raises(Refused, match="GeometryInvalid"):
        canonical_geometry(polygon(neck))


def test_repair_keeps_the_land_and_tells_the_change() -> None:
    """A bow tie must become its two triangles, and the change against the delivered area be reported."""
    mended: Canonical = canonical_geometry(polygon([[0, 0], [0.01, 0.01], [0.01, 0], [0, 0.01], [0, 0]]), repair=True)
    assert json.loads(mended.text)["type"] == "MultiPolygon"
    assert mended.repaired_by_dm2 == mended.area_dm2 > 0  # the two lobes cancel each other as delivered
    assert shapely.from_geojson(mended.text).is_valid
    assert canonical_geometry(json.loads(mended.text)).hash == mended.hash


def test_repair_leaves_valid_geometry_alone() -> None:
    """Where nothing is wrong, repair must change nothing and claim nothing."""
    assert canonical_geometry(polygon(square()), repair=True) == canonical_geometry(polygon(square()))


def test_repair_of_a_line_is_refused() -> None:
    """Where no area is left, repair must say so."""
    with pytest.raises(Refused, match="NothingLeft"):
        canonical_geometry(polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), repair=True)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=9))
def test_repair_gives_valid_land_or_none(corners: list[tuple[int, int]]) -> None:
    """Whatever scrawl is repaired, snapping to the grid must not make it invalid again."""
    ring = [[x / 1e7, y / 1e7] for x, y in [*corners, corners[0]]]
    try:
        mended = canonical_geometry(polygon(ring), repair=True)
    except Refused as refused:
        if refused.name not in {"NothingLeft", "RingTooShort", "AreaZero"}:
            raise
        return
    assert shapely.from_geojson(mended.text).is_valid
    assert canonical_geometry(json.loads(mended.text)).text == mended.text
