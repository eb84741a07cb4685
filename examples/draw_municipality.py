"""Draw examples/municipality.geojson: Munavik, a small harbour town that does not exist, at a place in the open sea.

Run `python examples/draw_municipality.py` to draw it again; the same program draws the same town, byte for byte.
Streets cut the land into blocks, blocks are cut into parcels, and the river and the shore cut what they meet. Holders
are called "Holder 1" and so on.
"""

import json
import math
import random
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

WEST, SOUTH = 20.0, 58.6  # degrees; the south-western corner of the drawing
METRE_NORTH = 1 / 111_320  # degrees
METRE_EAST = METRE_NORTH / math.cos(math.radians(SOUTH))
STREET = 9.0  # metres
SMALLEST = 110.0  # m²; what streets and shore leave below this joins no parcel
OUTPUT = Path(__file__).with_name("municipality.geojson")

SHORE = LineString(
    [(-60, 150), (60, 135), (150, 165), (250, 140), (345, 160), (420, 120), (520, 150), (620, 130), (760, 165)]
)
RIVER = LineString([(470, 60), (455, 160), (480, 250), (440, 340), (395, 430), (410, 520), (370, 620), (340, 720)])


def land() -> BaseGeometry:
    """Everything north of the shore that the river leaves, in metres."""
    north = Polygon([*SHORE.coords, (760, 700), (-60, 700)])
    town = box(0, 0, 700, 640)
    return (north & town) - RIVER.buffer(13, quad_segs=4)


def blocks() -> list[tuple[str, Polygon]]:
    """The blocks between the streets, in metres, each with the name of its quarter."""
    columns = [0, 118, 232, 342, 452, 570, 700]
    rows = [150, 228, 322, 424, 520, 640]
    quarters = ["Hamn", "Torp", "Kyrka", "Äng", "Backe"]
    drawn = []
    for y, (south, north) in enumerate(pairwise(rows)):
        for x, (west, east) in enumerate(pairwise(columns)):
            lean = 7 * math.sin(1.3 * x + 0.7 * y)
            corners = [
                (west + lean, south + 0.03 * west),
                (east + lean * 0.6, south + 0.03 * east),
                (east - lean * 0.4, north + 0.03 * east),
                (west - lean, north + 0.03 * west),
            ]
            drawn.append((quarters[y], Polygon(corners).buffer(-STREET / 2, join_style="mitre")))
    return drawn


def cut(block: Polygon, chance: random.Random) -> list[Polygon]:
    """Two rows of parcels back to back, of unequal width, the line between them a little askew."""
    west, south, east, north = block.bounds
    ridge = (south + north) / 2 + chance.uniform(-7, 7)
    halves = [box(west, south, east, ridge), box(west, ridge, east, north)]
    parcels = []
    for half in halves:
        places = [west]
        while places[-1] < east - 24:
            places.append(places[-1] + chance.choice([19, 23, 26, 32, 40]))
        places[-1] = east + 1
        # Neighbours share one leaning line, so that nothing lies between them and nothing twice.
        lines = [(place + chance.uniform(-1.5, 1.5), place + chance.uniform(-1.5, 1.5)) for place in places]
        lines[0] = (west - 1, west - 1)
        for (low, high), (next_low, next_high) in pairwise(lines):
            strip = Polygon([(low, south - 1), (next_low, south - 1), (next_high, north + 1), (high, north + 1)])
            parcels.append(block & half & strip)
    return [part for part in parcels if part.area >= SMALLEST]


def whole(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape, without slivers."""
    parts = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon" and part.area >= SMALLEST]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def parcels() -> list[tuple[str, BaseGeometry]]:
    """All parcels, with the quarter that each belongs to, none overlapping another."""
    chance = random.Random(1895)  # noqa: S311 -- the same town every time is what is wanted
    ground = land()
    drawn: list[tuple[str, BaseGeometry]] = []
    park = next(block for quarter, block in blocks() if quarter == "Kyrka" and block.contains(Point(287, 375)))
    pond = affinity.scale(box(262, 352, 306, 392).buffer(0), 0.9, 0.7).buffer(12)
    lighthouse = box(282, 369, 290, 377)
    drawn += [("Park", park - pond), ("Park", pond - lighthouse), ("Park", lighthouse)]
    quay = whole((SHORE.buffer(30) & box(6, 90, 440, 200)) - RIVER.buffer(13))
    quay = quay - box(118, 0, 127, 400) - box(300, 0, 309, 400) - box(38, 0, 54, 110)
    drawn.append(("Hamn", quay))
    drawn += [("Pir", box(40, 60, 52, 110)), ("Pir", box(40, 40, 96, 52) | box(84, 52, 96, 74))]
    drawn.append(
        ("Holm", MultiPolygon([affinity.scale(box(560, 60, 610, 95).buffer(9), 1, 0.8), box(632, 70, 650, 84)]))
    )
    taken = park | quay.buffer(STREET / 2)
    for quarter, block in blocks():
        for parcel in cut(block, chance):
            rest = whole((parcel & ground) - taken)
            if not rest.is_empty:
                drawn.append((quarter, rest))
    return merged(drawn)


def merged(drawn: list[tuple[str, BaseGeometry]]) -> list[tuple[str, BaseGeometry]]:
    """Join three neighbours into an L, and two parcels across a street into one of two parts."""
    corners = [n for n, (quarter, _) in enumerate(drawn) if quarter == "Äng"]
    first = drawn[corners[0]][1]
    touching = [n for n in corners[1:] if drawn[n][1].buffer(0.01).intersection(first).area > 0.1]
    bent = whole(first.union(drawn[touching[0]][1]).union(drawn[touching[-1]][1]).buffer(0.02, join_style="mitre"))
    apart = whole(drawn[corners[-1]][1].union(drawn[corners[-6]][1]))
    gone = {corners[0], touching[0], touching[-1], corners[-1], corners[-6]}
    joined = [("Äng", bent.buffer(-0.02, join_style="mitre")), ("Äng", apart)]
    return [one for n, one in enumerate(drawn) if n not in gone] + joined


def degrees(shape: BaseGeometry) -> dict[str, Any]:
    """The shape as GeoJSON, metres turned into degrees with seven decimals."""
    moved = affinity.affine_transform(shape, [METRE_EAST, 0, 0, METRE_NORTH, WEST, SOUTH])
    text = json.dumps(mapping(moved))
    return dict(json.loads(text, parse_float=lambda number: round(float(number), 7)))


def holders(number: int, people: "count[int]") -> list[dict[str, str]]:
    """One holder mostly, couples at every fifth parcel, three heirs at every twenty-third."""
    shares = ["1/2", "1/4", "1/4"] if number % 23 == 0 else ["1/2", "1/2"] if number % 5 == 0 else ["1/1"]
    return [{"name": f"Holder {next(people)}", "share": share} for share in shares]


def draw() -> str:
    """The whole file, one feature a line."""
    numbers: dict[str, int] = {}
    people = count(1)
    lines = []
    for number, (quarter, shape) in enumerate(parcels(), start=1):
        numbers[quarter] = numbers.get(quarter, 0) + 1
        feature = {
            "type": "Feature",
            "id": f"Munavik {quarter} 1:{numbers[quarter]}",
            "properties": {"holders": holders(number, people)},
            "geometry": degrees(shape),
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    OUTPUT.write_text(draw(), encoding="utf-8")
