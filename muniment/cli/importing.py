"""What an import says: as a line of JSON, or in tables."""

import re
from collections import Counter
from typing import Any

from rich.progress import Progress as Bars
from rich.progress import TaskID

from muniment.access.model import agency_named
from muniment.cli.console import say, table
from muniment.land.model import title_id
from muniment.land.parcels import Parcel
from muniment.land.reading import Progress
from muniment.land.report import Report
from muniment.sentences import sentence_of

SHOWN = 20  # lines of a table; --json has them all


def agency_of(text: str) -> str:
    """An agency's id as it is written, or of its domain (of the domains above it too, joined by "/")."""
    return text.lower() if re.fullmatch("0x[0-9a-fA-F]{64}", text) else agency_named(text)


def shown_on(bars: Bars) -> Progress:
    """A listener that keeps one bar for each stage."""
    tasks: dict[str, TaskID] = {}

    def show(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

    return show


def summary(report: Report, name: str, jurisdiction: str, dry_run: bool, seconds: float) -> dict[str, Any]:
    """Everything about an import. `accepted` counts parcels that are or will be titles; areas in dm²."""
    return {
        "file": name,
        "jurisdiction": jurisdiction,
        "dry_run": dry_run,
        "features": report.features,
        "accepted": len(report.good),
        "queued": len(report.queued),
        "unchanged": len(report.unchanged),
        "rejected": len(report.rejected),
        "repaired": len(report.repaired),
        "seconds": round(seconds, 2),
        "rejections": [
            {
                "line": rejection.line,
                "ref": rejection.ref,
                "error": rejection.error.name,
                "sentence": sentence_of(rejection.error),
            }
            for rejection in report.rejected
        ],
        "repairs": [
            {
                "line": parcel.line,
                "ref": parcel.ref,
                "area_dm2": parcel.geometry.area_dm2,
                "change_dm2": parcel.geometry.repaired_by_dm2,
            }
            for parcel in report.repaired
        ],
        "slivers": [parcel.ref for parcel in report.slivers],
        "coincident": [[parcel.ref for parcel in group] for group in report.coincident],
        "refs": [parcel.ref for parcel in report.good],
        "titles": [title_id(jurisdiction, parcel.ref) for parcel in report.good],
    }


def tell(report: Report, dry_run: bool) -> None:
    """The same for people: what was taken, what was not and why, and what is worth a look."""
    verb = "would be queued" if dry_run else "queued"
    say(
        f"{report.features} features: {len(report.queued)} {verb}, {len(report.unchanged)} unchanged, "
        f"{len(report.rejected)} rejected, {len(report.repaired)} repaired."
    )
    if report.rejected:
        reasons = Counter(rejection.error.name for rejection in report.rejected)
        table("Rejected", ("reason", "number"), reasons.most_common())
        lines = [(one.line, one.ref or "", sentence_of(one.error)) for one in report.rejected[:SHOWN]]
        table(_first(len(report.rejected)), ("line", "reference", "why"), lines)
    if report.repaired:
        by_change = sorted(report.repaired, key=lambda parcel: -abs(parcel.geometry.repaired_by_dm2 or 0))
        rows = [(one.line, one.ref, *_areas(one)) for one in by_change[:SHOWN]]
        table(f"Repaired, {_first(len(by_change))}", ("line", "reference", "area, m²", "change, m²"), rows)
    if report.slivers:
        say(f"Under half a square metre: {_some([parcel.ref for parcel in report.slivers])}")
    for group in report.coincident[:SHOWN]:
        say(f"The same geometry: {_some([parcel.ref for parcel in group])}")
    if len(report.coincident) > SHOWN:
        say(f"… and {len(report.coincident) - SHOWN} more groups with the same geometry; --json lists them.")


def _areas(parcel: Parcel) -> tuple[str, str]:
    """The area after repair and by how much repair changed it, in m²."""
    return f"{parcel.geometry.area_dm2 / 100:,.2f}", f"{(parcel.geometry.repaired_by_dm2 or 0) / 100:+.2f}"


def _first(count: int) -> str:
    return f"the first {SHOWN} of {count}" if count > SHOWN else f"all {count}"


def _some(refs: list[str]) -> str:
    more = len(refs) - SHOWN
    return ", ".join(refs[:SHOWN]) + (f" and {more} more; --json lists them." if more > 0 else ".")
