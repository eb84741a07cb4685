"""The map of a whole register: every parcel, coloured by its size."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, func, select

from muniment.db.schema import geometries, titles
from muniment.hashing import keccak
from muniment.web.maps.furniture import ScaleBar, scale_bar
from muniment.web.maps.projection import Box, Frame, union
from muniment.web.maps.title import Drawn

WIDTH, TALLEST, MARGIN = 1600.0, 1100.0, 40.0
MAX_PARCELS = 4_000
SIZES = (150_00, 500_00, 2_000_00, 10_000_00)  # dm²: where one colour ends and the next begins
_CACHED = 8
_PATH = Markup('<path class="m-map__parcel m-map__parcel--{}" fill-rule="evenodd" d="{}"/>')
_LINK = Markup('<a href="/land/{}" tabindex="-1">') + _PATH + Markup("</a>")


@dataclass(frozen=True)
class SizeClass:
    """The parcels of one colour; `least` and `below` in dm², None where it is open."""

    number: int
    least: int | None
    below: int | None
    parcels: tuple[Drawn, ...]


@dataclass(frozen=True)
class RegisterMap:
    """A sheet with the parcels of one register; `drawn` of `total`, for a register may be larger than a map.

    Its markup is made once and kept with it: thousands of parcels are too many to write for every reader.
    """

    jurisdiction: str
    width: float
    height: float
    classes: tuple[SizeClass, ...]
    bar: ScaleBar
    drawn: int
    total: int

    @cached_property
    def linked(self) -> Markup:
        """SVG in which each parcel is a link to its title. Tab stops would be thousands, so it takes none."""
        return Markup("\n").join(
            _LINK.format(parcel.title, of.number, parcel.path) for of in self.classes for parcel in of.parcels
        )

    @cached_property
    def plain(self) -> Markup:
        """The same SVG without links, in one path for each colour."""
        return Markup("\n").join(
            _PATH.format(of.number, "".join(parcel.path for parcel in of.parcels)) for of in self.classes if of.parcels
        )


class RegisterMaps:
    """Maps of registers, drawn anew when the register changed. Safe to share between threads."""

    def __init__(self) -> None:
        """Start with none drawn."""
        self._drawn: dict[str, tuple[object, RegisterMap | None]] = {}
        self._lock = Lock()

    def map_of(self, connection: Connection, jurisdiction: str) -> RegisterMap | None:
        """The map of a jurisdiction's register, or None when there is nothing to draw."""
        state = _state(connection, jurisdiction)
        with self._lock:
            known = self._drawn.get(jurisdiction)
            if known is not None and known[0] == state:
                return known[1]
            drawn = _draw(connection, jurisdiction)
            if drawn is None:
                return None  # not kept: whoever asks for jurisdictions that do not exist would fill the cache
            if len(self._drawn) >= _CACHED:
                self._drawn.pop(next(iter(self._drawn)))
            self._drawn[jurisdiction] = (state, drawn)
            return drawn


def _state(connection: Connection, jurisdiction: str) -> tuple[Any, ...]:
    """What changes whenever the register does: how many titles, and the newest of their blocks (by hash)."""
    newest = (
        select(titles.c.block_number, titles.c.block_hash)
        .where(titles.c.jurisdiction == jurisdiction)
        .order_by(titles.c.block_number.desc())
        .limit(1)
    )
    published = select(func.count()).select_from(geometries)
    counted = select(func.count()).select_from(titles).where(titles.c.jurisdiction == jurisdiction)
    return (
        connection.execute(counted).scalar_one(),
        connection.execute(published).scalar_one(),
        *map(tuple, connection.execute(newest)),
    )


def _draw(connection: Connection, jurisdiction: str) -> RegisterMap | None:
    g = geometries.c
    rows = connection.execute(
        select(titles.c.title, titles.c.area_dm2, g.geometry_hash, g.canonical)
        .add_columns(g.west, g.south, g.east, g.north)
        .join(geometries, g.geometry_hash == titles.c.geometry_hash)
        .where(titles.c.jurisdiction == jurisdiction, titles.c.retired_at.is_(None))
        .order_by(titles.c.ref)
        .limit(MAX_PARCELS)
    ).all()
    shapes: list[tuple[str, int, Mapping[str, Any]]] = []
    boxes: list[Box] = []
    for row in rows:
        if keccak(row.canonical.encode()) == row.geometry_hash:
            shapes.append((row.title, row.area_dm2, json.loads(row.canonical)))
            boxes.append((row.west / 1e7, row.south / 1e7, row.east / 1e7, row.north / 1e7))
    if not shapes:
        return None
    frame = Frame.fitting(union(boxes), WIDTH, TALLEST, MARGIN)
    classes: list[list[Drawn]] = [[] for _ in range(len(SIZES) + 1)]
    # The largest first, so that a plot within a larger one is drawn above it.
    for title, area, shape in sorted(shapes, key=lambda parcel: -parcel[1]):
        classes[bisect_right(SIZES, area)].append(Drawn(title, frame.path(shape)))
    mine = (titles.c.jurisdiction == jurisdiction, titles.c.retired_at.is_(None))
    counted = select(func.count()).select_from(titles).where(*mine)
    return RegisterMap(
        jurisdiction=jurisdiction,
        width=frame.width,
        height=frame.height,
        classes=tuple(
            SizeClass(at + 1, SIZES[at - 1] if at else None, SIZES[at] if at < len(SIZES) else None, tuple(drawn))
            for at, drawn in reversed(list(enumerate(classes)))
        ),
        bar=scale_bar(frame),
        drawn=len(shapes),
        total=connection.execute(counted).scalar_one(),
    )
