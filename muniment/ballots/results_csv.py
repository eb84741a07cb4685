"""Results for spreadsheets."""

import csv
import io
from collections.abc import Mapping
from typing import Any


def csv_of(found: Mapping[str, Any]) -> str:
    """Results as `queries.results` gives them, as CSV (RFC 4180): the whole election's lines have no area."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("contest", "area", "option", "count"))
    for contest in found["contests"]:
        for place in ({**contest, "area": ""}, *contest["areas"]):
            lines = list(zip(contest["options"], place["counts"] or (), strict=False))
            lines += [("(blank)", place["blank"])] if place["blank"] is not None else []
            writer.writerows((_cell(contest["title"]), _cell(place["area"]), _cell(name), n) for name, n in lines)
    return written.getvalue()


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
