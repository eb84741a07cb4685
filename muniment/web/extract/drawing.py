"""The parcel on the sheet: itself and its neighbours to scale, north above."""

from collections.abc import Mapping
from typing import Any

from muniment.land.answers import TitleAnswer
from muniment.web.extract.sheet import Sheets
from muniment.web.maps.projection import Frame, box_of, rings

_STEPS = (1, 2, 5)


def draw_parcel(sheets: Sheets, title: TitleAnswer, x: float, y: float, side: float) -> None:
    """Draw into a square whose lower left corner is (x, y); a sentence stands there when no geometry is published."""
    canvas = sheets.canvas
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(x, y, side, side)
    canvas.clipPath(clip, stroke=0, fill=0)
    shape = title.geometry.shape
    if shape is not None:
        frame = Frame.around(box_of(shape), side, side, 0.7)
        for neighbour in title.neighbours:
            _shape(sheets, frame, neighbour.shape, x, y, side, None)
        _shape(sheets, frame, shape, x, y, side, 0.88)
        _scale(sheets, frame, x, y)
    canvas.restoreState()
    canvas.setLineWidth(0.5)
    canvas.rect(x, y, side, side)
    if shape is None:
        sheets.at("The geometry is not published here.", x + 8, y + side / 2)
    else:
        sheets.at("N", x + side - 14, y + side - 22, 8)
        canvas.setLineWidth(0.8)
        canvas.line(x + side - 11, y + side - 14, x + side - 11, y + side - 5)


def _shape(
    sheets: Sheets, frame: Frame, shape: Mapping[str, Any], x: float, y: float, side: float, fill: float | None
) -> None:
    placed = [[(x + right, y + side - down) for right, down in frame.points(ring)] for ring in rings(shape)]
    sheets.polygon(placed, fill, 0.4 if fill is None else 1.2)


def _scale(sheets: Sheets, frame: Frame, x: float, y: float) -> None:
    """A bar of 1, 2 or 5 times a power of ten metres, a quarter of the sheet long at most."""
    most = frame.width / 4 / frame.scale
    power = 1e-3
    while power * 10 <= most:
        power *= 10
    metres = max(step * power for step in _STEPS if step * power <= max(most, power))
    sheets.canvas.setLineWidth(1.5)
    sheets.canvas.line(x + 8, y + 8, x + 8 + metres * frame.scale, y + 8)
    sheets.at(f"{metres:g} m", x + 8, y + 12, 6.5)
