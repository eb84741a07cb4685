"""Titles that pass, or are corrected, without a sale: acts of two registrars that rest on an order."""

import argparse
from enum import IntEnum
from typing import Any

from scripts.common import titles
from scripts.common.cases import shown
from scripts.common.registries import Registries
from scripts.common.settings import Refused
from scripts.common.two_officers import Kind, Plan, Values


class Transmission(IntEnum):
    """As in ITitleRegistry."""

    NONE, INHERITANCE, DIVORCE, COURT = range(4)


WAYS = {
    Transmission.INHERITANCE: "by inheritance",
    Transmission.DIVORCE: "by divorce",
    Transmission.COURT: "by a court's judgment",
}


def _rests_on(source: Any) -> Plan:
    order, date = source
    return [("Order", shown(order)), ("Effect", titles.date_said(date))]


def _passes(_: Registries, values: Values) -> str:
    way = WAYS.get(Transmission(values["kind"]), "by no known way")
    return f"the title {shown(values['title'])} passes {way} to {titles.shares_said(_shares(values))}"


def _shares(values: Any) -> titles.Shares:
    return values["denominator"], [(bytes(holder), part) for holder, part in values["shares"]]


def _passing(registries: Registries, values: Values) -> Plan:
    present = titles.standing(registries, values["title"])
    return [
        ("Title", f"{shown(values['title'])}, version {present.version}"),
        ("Holders", titles.shares_said(titles.shares_in(present))),
        ("Becomes", titles.shares_said(_shares(values))),
        *titles.in_the_way(registries, values["title"]),
        *_rests_on(values["source"]),
    ]


def _passed(registries: Registries, values: Values) -> bool:
    if titles.shares_in(titles.standing(registries, values["title"])) != _shares(values):
        return False
    kind = int(values["kind"]).to_bytes(32, "big")
    orders = titles.events(registries, "TitleRegistry", "TitleTransmitted", values["title"], kind)
    return any((bytes(one["sourceHash"]), one["legalDate"]) == _source(values) for one in orders)


def _source(values: Values) -> tuple[bytes, int]:
    order, date = values["source"]
    return bytes(order), date


def correction(registries: Registries, title: bytes, args: argparse.Namespace) -> Values:
    """What a title shall say: as the options have it, and as it stands where they do not. Raises Refused."""
    present = titles.standing(registries, title)
    geometry = args.geometry or bytes(present.geometryHash)
    if not any(geometry):
        raise Refused("The title moved in, and its geometry is in no record here; pass --geometry. Nothing was sent.")
    grade = titles.Grade[args.grade.upper()] if args.grade else present.grade
    denominator, shares = args.share or titles.shares_in(present)
    said = (geometry, args.area or present.area, int(grade), denominator, shares)
    return {"title": title, "correction": said, "source": (args.order, args.date)}


def _corrected(values: Values) -> tuple[bytes, int, int, titles.Shares]:
    geometry, area, grade, denominator, shares = values["correction"]
    return bytes(geometry), area, grade, _shares({"denominator": denominator, "shares": shares})


def _rectifies(_: Registries, values: Values) -> str:
    return f"the title {shown(values['title'])} is rectified"


def _rectifying(registries: Registries, values: Values) -> Plan:
    present = titles.standing(registries, values["title"])
    geometry, area, grade, shares = _corrected(values)
    before = _record(bytes(present.geometryHash), present.area, present.grade, titles.shares_in(present))
    changes = [
        (heading, f"{old} becomes {new}")
        for (heading, old), (_, new) in zip(before, _record(geometry, area, grade, shares), strict=True)
        if old != new
    ]
    return [
        ("Title", f"{shown(values['title'])}, version {present.version}"),
        *(changes or [("Changes", "nothing but the version")]),
        *titles.in_the_way(registries, values["title"]),
        *_rests_on(values["source"]),
    ]


def _record(geometry: bytes, area: int, grade: int, shares: titles.Shares) -> Plan:
    return [
        ("Geometry", shown(geometry) if any(geometry) else "that it moved in with"),
        ("Area", titles.area_said(area)),
        ("Grade", titles.Grade(grade).name.lower()),
        ("Holders", titles.shares_said(shares)),
    ]


def _rectified(registries: Registries, values: Values) -> bool:
    present = titles.standing(registries, values["title"])
    said = (bytes(present.geometryHash), present.area, present.grade, titles.shares_in(present))
    if said != _corrected(values):
        return False
    orders = titles.events(registries, "TitleRegistry", "TitleRectified", values["title"])
    return any((bytes(one["source"][0]), one["source"][1]) == _source(values) for one in map(_by_place, orders))


def _by_place(told: Any) -> dict[str, Any]:
    """An event's values with its source as a plain pair: web3 gives structs of events as names and values."""
    source = told["source"]
    return {"source": tuple(source.values()) if hasattr(source, "values") else tuple(source)}


TRANSMISSION = Kind("TitleRegistry", "transmit", _passes, _passing, _passed)
RECTIFICATION = Kind("TitleRegistry", "rectify", _rectifies, _rectifying, _rectified)
