"""What a map needs besides parcels: a scale bar of a round length."""

import math
from dataclasses import dataclass

from muniment.web.maps.projection import Frame


@dataclass(frozen=True)
class ScaleBar:
    """A bar of `length` units that stands for `label`, e.g. "50 m"."""

    length: float
    label: str


def scale_bar(frame: Frame) -> ScaleBar:
    """The longest of 1, 2 and 5 times a power of ten metres that takes at most a quarter of the sheet's width."""
    metres = frame.width / 4 / frame.scale
    power = 10.0 ** math.floor(math.log10(metres))
    whole = max(factor * power for factor in (1, 2, 5) if factor * power <= metres)
    label = f"{whole / 1000:g} km" if whole >= 1000 else f"{whole:g} m"
    return ScaleBar(round(whole * frame.scale, 1), label)
