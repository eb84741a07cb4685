"""What is answered about land titles. No personal data; times are Unix seconds, areas square decimetres."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from muniment.db.answers import AsOf, Finality, HistoryLine, Page
from muniment.land.model import Grade, RegisterStatus


@dataclass(frozen=True)
class TitleLine:
    """A title in a list; `box` is (west, south, east, north) in degrees, None while its geometry is not published."""

    title: str
    jurisdiction: str
    ref: str
    area_dm2: int
    grade: Grade
    registered_at: int
    block_number: int
    finality: Finality
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Search:
    """One page of titles, exact matches first."""

    text: str
    jurisdiction: str | None
    page: Page
    lines: tuple[TitleLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class ShareLine:
    """A holder's part of a title; `wallet` is None when the holder has none bound."""

    holder: str
    part: Fraction
    numerator: int
    denominator: int
    wallet: str | None


@dataclass(frozen=True)
class Geometry:
    """A title's geometry. `shape` is GeoJSON, and None unless the bytes hash to the title's geometry hash.

    `state`: "checked"; "missing" (the agency has not published it here); "altered" (what is stored does not match).
    """

    hash: str
    state: str
    shape: Mapping[str, Any] | None
    canonical: str | None


@dataclass(frozen=True)
class Neighbour:
    """A title near another, to draw around it."""

    title: str
    ref: str
    shape: Mapping[str, Any]


@dataclass(frozen=True)
class TitleAnswer:
    """Everything public about a title. Times are Unix seconds, areas square decimetres."""

    title: str
    jurisdiction: str
    ref: str
    agency: str
    grade: Grade
    area_dm2: int
    denominator: int
    shares: tuple[ShareLine, ...]
    register_status: RegisterStatus
    register_agency: str | None
    geometry: Geometry
    neighbours: tuple[Neighbour, ...]
    version: int
    source_hash: str
    legal_date: int
    officer: str
    registered_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    history: tuple[HistoryLine, ...]
    history_length: int
    as_of: AsOf | None


@dataclass(frozen=True)
class RegisterLine:
    """Who keeps a jurisdiction's register, and how many titles stand in it."""

    jurisdiction: str
    agency: str
    status: RegisterStatus
    titles: int
    finality: Finality


@dataclass(frozen=True)
class Overview:
    """The registers as a whole; `holders` counts distinct parties, `latest` the newest titles."""

    titles: int
    holders: int
    wallets: int
    registers: tuple[RegisterLine, ...]
    latest: tuple[TitleLine, ...]
    as_of: AsOf | None
