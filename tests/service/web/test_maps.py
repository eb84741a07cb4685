"""Maps: the projection, the scale, and what hostile geometries do."""

import json
import re
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.web.maps.furniture import scale_bar
from muniment.web.maps.projection import Frame, box_of, metres_per_degree
from muniment.web.maps.register import RegisterMaps
from tests.service.web.conftest import REFS, fill, square

SQUARE = json.loads(square(17.1, 60.6))


@pytest.mark.parametrize(
    ("latitude", "longitude_metres", "latitude_metres"),
    [(0, 111_320, 110_574), (45, 78_847, 111_132), (60, 55_800, 111_412)],
)
def test_length_of_a_degree(latitude: float, longitude_metres: float, latitude_metres: float) -> None:
    """A degree has the length that WGS 84 gives it, to a metre in thousand."""
    assert metres_per_degree(latitude) == pytest.approx((longitude_metres, latitude_metres), rel=1e-3)


def test_north_is_up_and_shapes_keep_their_form() -> None:
    """The parcel stands in the middle, north above, and as wide as it is high in metres."""
    frame = Frame.around(box_of(SQUARE), 800, 600, 0.5)
    start = re.match(r"M([\d.]+) ([\d.]+)l", frame.path(SQUARE))
    assert start is not None
    west, south = map(float, start.groups())
    assert south == pytest.approx(450, abs=0.2)
    per_longitude, per_latitude = metres_per_degree(60.6005)
    assert (800 - 2 * west) / 300 == pytest.approx(per_longitude / per_latitude, abs=1e-3)


def test_holes_and_many_polygons() -> None:
    """Every ring becomes a closed subpath, so that evenodd leaves holes open."""
    ring = SQUARE["coordinates"][0]
    shape = {"type": "MultiPolygon", "coordinates": [[ring, ring], [ring]]}
    path = Frame.around(box_of(shape), 800, 600, 0.5).path(shape)
    assert (path.count("M"), path.count("z")) == (3, 3)


def test_points_too_close_to_see_are_left_out() -> None:
    """A border with thousands of points costs no more than what can be seen of it."""
    fine = [[17.1 + n * 1e-7, 60.6] for n in range(5000)]
    shape = {"type": "Polygon", "coordinates": [[*fine, [17.2, 60.7], fine[0]]]}
    assert len(Frame.around(box_of(shape), 800, 600, 0.5).path(shape)) < 200


def test_a_point_and_a_pole() -> None:
    """A parcel without extent and one at a pole are drawn somehow, not divided by zero."""
    for longitude, latitude in ((17.1, 60.6), (0.0, 90.0), (180.0, -90.0)):
        shape = {"type": "Polygon", "coordinates": [[[longitude, latitude]] * 4]}
        frame = Frame.around(box_of(shape), 800, 600, 0.5)
        assert frame.path(shape).endswith("z")
        assert scale_bar(frame).length <= 200


@pytest.mark.parametrize(("quarter", "label"), [(11, "10 m"), (99, "50 m"), (4_999, "2 km"), (0.9, "0.5 m")])
def test_scale_bar_is_round(quarter: float, label: str) -> None:
    """The bar stands for 1, 2 or 5 times a power of ten, and takes at most a quarter of the width."""
    frame = Frame(width=1000, height=750, scale=250 / quarter, _west=0, _north=0, _x=1, _y=1)
    bar = scale_bar(frame)
    assert bar.label == label
    assert bar.length <= 250


def test_every_parcel_is_on_the_map(web: TestClient) -> None:
    """The register's map is sound SVG with one link per parcel."""
    html = web.get("/land/map?jurisdiction=SE").text
    drawing = ElementTree.fromstring(html[html.index('<svg class="m-map__sheet"') : html.index("</svg>") + 6])
    assert len(drawing.findall(".//a")) == len(REFS)
    assert all(re.fullmatch(r"[Mlz0-9. -]+", path.get("d", "")) for path in drawing.findall(".//a/path"))


def test_map_is_drawn_anew_only_when_the_register_changed(database: Engine) -> None:
    """The same map serves until a title's block changes."""
    fill(database)
    maps = RegisterMaps()
    with reading(database) as connection:
        first = maps.map_of(connection, "SE")
        assert maps.map_of(connection, "SE") is first
        assert maps.map_of(connection, "XX") is None
    with writing(database) as connection:
        connection.execute(update(schema.titles).values(block_hash="0x" + "9" * 64))
    with reading(database) as connection:
        assert maps.map_of(connection, "SE") is not first
