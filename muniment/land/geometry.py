"""Canonical geometry: one parcel, one sequence of bytes, one hash.

The rule, so that anyone can recompute a title's geometry hash:

1. a GeoJSON Polygon or MultiPolygon (RFC 7946) in WGS 84, longitude before latitude, heights dropped;
2. each coordinate, as an IEEE 754 double, times 10^7 and rounded half to even: a whole number of 1e-7 degrees;
3. consecutive equal positions of a ring merged;
4. exterior rings counter-clockwise, holes clockwise (RFC 7946, section 3.1.6);
5. each ring starts, and ends, at its smallest position (by longitude, then latitude);
6. holes of a polygon, and polygons, in ascending order of their positions; a MultiPolygon of one is a Polygon;
7. {"coordinates":…,"type":…} by RFC 8785, hashed with keccak256.

The result is valid in the sense of OGC Simple Features, judged on the rounded coordinates. The area is that on the
WGS 84 ellipsoid, edges being geodesics, in whole square decimetres, rounded half to even.
"""

import re
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, TypeAlias

import rfc8785
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from muniment.errors import Refused
from muniment.hashing import keccak

UNITS = 10**7  # per degree: a step is about 11 mm along a meridian
MAX_POSITIONS = 100_000
MAX_AREA_DM2 = 10**15  # ten million km²; more is a slip, and JSON numbers end at 2^53

_WGS84 = Geod(ellps="WGS84")

Position: TypeAlias = tuple[int, int]  # longitude, latitude in 1e-7 degrees
Ring: TypeAlias = list[Position]  # closed: the first position stands at the end again
Rings: TypeAlias = list[Ring]  # one polygon: its exterior, then its holes


@dataclass(frozen=True)
class Canonical:
    """A parcel's geometry in its one form.

    `box` is west, south, east, north in 1e-7 degrees; `repaired_by_dm2` how repair changed the area, None when the
    geometry was valid as delivered.
    """

    text: str
    hash: str
    area_dm2: int
    box: tuple[int, int, int, int]
    repaired_by_dm2: int | None = None


def canonical_geometry(geometry: Any, repair: bool = False) -> Canonical:
    """Bring a parsed GeoJSON geometry into canonical form.

    With `repair`, an invalid geometry is replaced by the polygons that it encloses. Raises Refused for anything that
    is no land: no polygon, out of range, invalid (without `repair`), without area.
    """
    delivered = _read(geometry)
    polygons, change = delivered, None
    reason = _invalid(delivered)
    if reason is not None:
        if not repair:
            raise Refused("GeometryInvalid", **reason)
        polygons = _repaired(delivered)
        change = area_dm2(polygons) - area_dm2(delivered)
    area = area_dm2(polygons)
    if area <= 0:
        raise Refused("AreaZero")
    if area > MAX_AREA_DM2:
        raise Refused("AreaTooLarge", area_dm2=area)
    ordered = _ordered(polygons)
    text = _text(ordered)
    xs, ys = zip(*(position for rings in ordered for position in rings[0]), strict=True)
    return Canonical(text, keccak(text.encode()), area, (min(xs), min(ys), max(xs), max(ys)), change)


def area_dm2(polygons: list[Rings]) -> int:
    """Geodesic area on WGS 84 in square decimetres: exteriors less holes, rounded half to even."""
    return round(100 * sum(_area_m2(rings[0]) - sum(map(_area_m2, rings[1:])) for rings in polygons))


def _area_m2(ring: Ring) -> float:
    area, _ = _WGS84.polygon_area_perimeter([x / UNITS for x, _ in ring], [y / UNITS for _, y in ring])
    return abs(float(area))


def _read(geometry: Any) -> list[Rings]:
    """Steps 1 to 3: rounded polygons out of parsed JSON, nothing of which is trusted."""
    if geometry is None:
        raise Refused("GeometryMissing")
    if not isinstance(geometry, dict):
        raise Refused("GeometryTypeRefused", type=type(geometry).__name__)
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise Refused("GeometryTypeRefused", type=str(kind)[:40])
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not polygons or not isinstance(polygons, list) or not all(polygons):
        raise Refused("GeometryEmpty")
    count = 0
    read: list[Rings] = []
    for rings in polygons:
        if not isinstance(rings, list) or not all(isinstance(ring, list) for ring in rings):
            raise Refused("PositionRefused", position=ascii(rings)[:60])
        count += sum(map(len, rings))
        if count > MAX_POSITIONS:
            raise Refused("GeometryTooLong", most=MAX_POSITIONS)
        read.append([_ring(ring) for ring in rings])
    xs = [x for rings in read for ring in rings for x, _ in ring]
    if max(xs) - min(xs) >= 180 * UNITS:
        raise Refused("GeometryTooWide")
    return read


def _ring(positions: list[Any]) -> Ring:
    if not positions:
        raise Refused("GeometryEmpty")
    ring = [position for position, _ in groupby(map(_position, positions))]
    if _position(positions[0]) != _position(positions[-1]):
        raise Refused("RingOpen")
    if len(set(ring)) < 3:
        raise Refused("RingTooShort", positions=len(set(ring)))
    return ring


def _position(position: Any) -> Position:
    if not isinstance(position, list) or len(position) < 2:
        raise Refused("PositionRefused", position=ascii(position)[:60])
    longitude, latitude = position[:2]
    for value in (longitude, latitude):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused("PositionRefused", position=ascii(position)[:60])
    # Compared first: an integer of a thousand digits has no double.
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Refused("CoordinatesOutOfRange", longitude=_short(longitude), latitude=_short(latitude))
    return round(longitude * UNITS), round(latitude * UNITS)


def _short(number: float) -> str:
    try:
        return f"{number:.7g}"
    except OverflowError:
        return "a number beyond all bounds"


def _shape(polygons: list[Rings]) -> BaseGeometry:
    """In degrees, as published: whoever checks the bytes with GEOS comes to the same verdict."""
    parts = [[[(x / UNITS, y / UNITS) for x, y in ring] for ring in rings] for rings in polygons]
    if len(parts) == 1:
        return shapely.Polygon(parts[0][0], parts[0][1:])
    return shapely.MultiPolygon([(part[0], part[1:]) for part in parts])


def _invalid(polygons: list[Rings]) -> dict[str, str] | None:
    """Why GEOS calls the geometry invalid, and where in degrees; None when it is valid."""
    shape = _shape(polygons)
    if shape.is_valid:
        return None
    reason = shapely.is_valid_reason(shape)
    found = re.fullmatch(r"(.*)\[(\S+) (\S+)\]", reason)
    if found is None:
        return {"reason": reason, "at": "no one place"}
    return {"reason": found[1], "at": f"{float(found[2]):.7f}, {float(found[3]):.7f}"}


def _repaired(polygons: list[Rings]) -> list[Rings]:
    """The polygons that the linework encloses, snapped to whole units without becoming invalid again."""
    mended = shapely.make_valid(_shape(polygons), method="structure", keep_collapsed=False)
    snapped = shapely.set_precision(mended, 1 / UNITS)
    kept = [
        [[(round(x * UNITS), round(y * UNITS)) for x, y in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(snapped)
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    if not kept:
        raise Refused("NothingLeft")
    reason = _invalid(kept)
    if reason is not None:
        raise Refused("GeometryInvalid", **reason)
    return kept


def _ordered(polygons: list[Rings]) -> list[Rings]:
    """Steps 4 to 6."""
    return sorted([_turned(rings[0], 1), *sorted(_turned(hole, -1) for hole in rings[1:])] for rings in polygons)


def _turned(ring: Ring, direction: int) -> Ring:
    """The ring in the wanted direction (1 counter-clockwise, -1 clockwise), from its smallest position."""
    twice_area = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(ring))
    body = ring[:-1] if twice_area * direction > 0 else ring[:0:-1]
    first = body.index(min(body))
    return [*body[first:], *body[:first], body[first]]


def _text(polygons: list[Rings]) -> str:
    coordinates = [[[[x / UNITS, y / UNITS] for x, y in ring] for ring in rings] for rings in polygons]
    if len(coordinates) == 1:
        return rfc8785.dumps({"type": "Polygon", "coordinates": coordinates[0]}).decode()
    return rfc8785.dumps({"type": "MultiPolygon", "coordinates": coordinates}).decode()
