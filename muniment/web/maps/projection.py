"""From degrees to a drawing: a local equirectangular projection, y downwards, no longer than a municipality."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

# (west, south, east, north) in degrees
Box = tuple[float, float, float, float]
_LEAST = 1e-6  # degrees; a point has no extent to scale by


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Length of a degree of longitude and of latitude in metres on WGS 84 (series of Snyder, 1987, p. 25)."""
    phi = math.radians(latitude)
    longitude = 111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi) + 0.118 * math.cos(5 * phi)
    return longitude, 111_132.92 - 559.82 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)


def box_of(shape: Mapping[str, Any]) -> Box:
    """The bounding box of a GeoJSON Polygon or MultiPolygon; raises ValueError when it has no positions."""
    longitudes, latitudes = zip(*(position for ring in rings(shape) for position in ring), strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def rings(shape: Mapping[str, Any]) -> Iterable[Sequence[Sequence[float]]]:
    """Every ring of a GeoJSON Polygon or MultiPolygon, outer rings and holes alike."""
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return (ring for polygon in polygons for ring in polygon)


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around others; raises ValueError when there are none."""
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


@dataclass(frozen=True)
class Frame:
    """A sheet of `width` × `height` units and how degrees lie on it. `scale` is units per metre."""

    width: float
    height: float
    scale: float
    _west: float
    _north: float
    _x: float  # units per degree of longitude
    _y: float  # units per degree of latitude

    @classmethod
    def around(cls, box: Box, width: float, height: float, fill: float) -> Self:
        """A sheet with the box in its middle, taking at most the part `fill` (0 to 1) of either side."""
        west, south, east, north = box
        per_longitude, per_latitude = metres_per_degree((south + north) / 2)
        per_longitude = max(per_longitude, 1.0)  # at a pole degrees of longitude have no length
        metres_wide = max(east - west, _LEAST) * per_longitude
        metres_high = max(north - south, _LEAST) * per_latitude
        scale = fill * min(width / metres_wide, height / metres_high)
        x, y = per_longitude * scale, per_latitude * scale
        return cls(width, height, scale, (west + east) / 2 - width / 2 / x, (south + north) / 2 + height / 2 / y, x, y)

    @classmethod
    def fitting(cls, box: Box, width: float, tallest: float, margin: float) -> Self:
        """A sheet of this width, as high as the box wants up to `tallest`, with a margin in units."""
        west, south, east, north = box
        per_longitude, per_latitude = metres_per_degree((south + north) / 2)
        ratio = max(north - south, _LEAST) * per_latitude / (max(east - west, _LEAST) * max(per_longitude, 1.0))
        height = round(min(max(width * ratio, width / 3), tallest))
        return cls.around(box, width, height, 1 - 2 * margin / min(width, height))

    def path(self, shape: Mapping[str, Any], decimals: int = 1) -> str:
        """SVG path data, one closed subpath per ring; points that fall on the one before are left out."""
        return "".join(self._ring(ring, decimals) for ring in rings(shape))

    def points(self, ring: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        """A ring's positions on the sheet, from its upper left corner."""
        return [((position[0] - self._west) * self._x, (self._north - position[1]) * self._y) for position in ring]

    def _ring(self, ring: Sequence[Sequence[float]], decimals: int) -> str:
        grid = 10**decimals
        steps: list[str] = []
        last: tuple[int, int] | None = None
        for longitude, latitude in ring[:-1]:
            point = (
                round((longitude - self._west) * self._x * grid),
                round((self._north - latitude) * self._y * grid),
            )
            if last is None:
                steps.append(f"M{_number(point[0], grid)} {_number(point[1], grid)}l")
            elif point != last:
                steps.append(f"{_number(point[0] - last[0], grid)} {_number(point[1] - last[1], grid)} ")
            last = point
        return "".join(steps).rstrip(" l").replace(" -", "-") + "z" if last else ""


def _number(value: int, grid: int) -> str:
    return f"{value / grid:.6g}"
