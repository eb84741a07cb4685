"""An agency's GeoJSON file → parcels, and a reason for whatever is none."""

from collections.abc import Callable, Mapping
from typing import Any

from muniment.errors import Refused
from muniment.land.features import FeatureReader, Piece
from muniment.land.jsontext import decode
from muniment.land.parcels import Options, Parcel, parcel_of, reference_of
from muniment.land.report import Rejection, Report

# What the obsolete `crs` member may say: WGS 84, longitude first (RFC 7946, section 4).
_WGS84_NAMES = {
    "epsg:4326",
    "http://www.opengis.net/def/crs/ogc/1.3/crs84",
    "ogc:crs84",
    "urn:ogc:def:crs:epsg::4326",
    "urn:ogc:def:crs:ogc:1.3:crs84",
    "urn:ogc:def:crs:ogc::crs84",
}

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, how much there is


def read_parcels(content: bytes, options: Options, report: Report, progress: Progress) -> list[Parcel]:
    """The parcels of a file, in its order; what is none goes to the report. Raises Refused for the file as a whole."""
    text = decode(content)
    reader = FeatureReader(text)
    lines: dict[str, int] = {}
    found: list[Parcel] = []
    for piece in reader.pieces():
        report.features += 1
        taken = _parcel(piece, options, lines)
        if isinstance(taken, Parcel):
            found.append(taken)
            lines[taken.ref] = taken.line
        else:
            report.rejected.append(taken)
        progress("Reading", piece.at, len(text))
    if reader.members.get("type") != "FeatureCollection" and ("type" in reader.members or reader.whole):
        raise Refused("NotGeoJson", line=1)
    _check_crs(reader.members)
    if not report.features:
        raise Refused("NoFeatures")
    return found


def _parcel(piece: Piece, options: Options, lines: Mapping[str, int]) -> Parcel | Rejection:
    """The parcel of one piece; `lines` tells where each reference was taken from."""
    if piece.error is not None:
        return Rejection(piece.line, None, piece.error)
    ref: str | None = None
    try:
        ref = reference_of(piece.value, options.ref_property)
        if ref in lines:
            return Rejection(piece.line, ref, Refused("ReferenceTwice", ref=ref, line=lines[ref]))
        return parcel_of(piece.value, piece.line, ref, options.repair)
    except Refused as error:
        return Rejection(piece.line, ref, error)


def _check_crs(members: dict[str, Any]) -> None:
    if "crs" not in members:
        return
    crs = members["crs"]
    named = crs.get("properties") if isinstance(crs, dict) else None
    name = str(named.get("name")) if isinstance(named, dict) else str(crs)
    if name.lower() not in _WGS84_NAMES:
        raise Refused("CrsRefused", crs=name[:80])
