"""The map of one title: its parcel among its neighbours."""

from dataclasses import dataclass

from muniment.land.answers import TitleAnswer
from muniment.web.maps.furniture import ScaleBar, scale_bar
from muniment.web.maps.projection import Frame, box_of

WIDTH, HEIGHT = 800.0, 600.0
_FILL = 0.5  # of the sheet, for the parcel; the rest shows where it lies


@dataclass(frozen=True)
class Drawn:
    """One parcel as path data."""

    title: str
    path: str


@dataclass(frozen=True)
class TitleMap:
    """A sheet of `width` × `height` units with the parcel, its neighbours and a scale bar."""

    width: float
    height: float
    parcel: str
    neighbours: tuple[Drawn, ...]
    bar: ScaleBar


def title_map(answer: TitleAnswer) -> TitleMap | None:
    """The map of a title, or None while its geometry is missing or does not match its hash."""
    shape = answer.geometry.shape
    if shape is None:
        return None
    frame = Frame.around(box_of(shape), WIDTH, HEIGHT, _FILL)
    near = tuple(Drawn(near.title, frame.path(near.shape)) for near in answer.neighbours)
    return TitleMap(WIDTH, HEIGHT, frame.path(shape), near, scale_bar(frame))
