"""What the events of `TitleRegistry` add up to: registers, titles, who holds which share, what became of which.

A proposal by the first of two registrars changes no table; `AgencyRegistry` tells of it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.chain.mentions import mention
from muniment.db.rows import Rows
from muniment.db.schema import grade_proposals, registers, shares, title_lineage, titles
from muniment.hashing import ZERO_HASH
from muniment.land import project_liens, project_restrictions, project_roots
from muniment.land.jurisdiction import jurisdiction_text


def register_set(event: Event, rows: Rows) -> None:
    """An agency keeps the jurisdiction's register from now on, with this legal status."""
    rows.put(
        registers,
        {
            "jurisdiction": jurisdiction_text(event.arguments["jurisdiction"]),
            "agency": event.arguments["agency"],
            "status": event.arguments["status"],
        },
    )


def title_registered(event: Event, rows: Rows) -> None:
    """A title with its holders.

    Inserted without asking whether it exists, unlike everything rarer: the contract refuses a second registration,
    and a register of a million titles is read once.
    """
    given = event.arguments
    told = {
        "ref": given["ref"],
        "agency": given["agency"],
        "source_hash": given["sourceHash"],
        "legal_date": given["legalDate"],
        "officer": given["officer"],
    }
    _begin(event, rows, told)


def title_admitted(event: Event, rows: Rows) -> None:
    """A title moved in with its register. No event tells its reference, nor what it rests on."""
    kept = rows.get(registers, {"jurisdiction": jurisdiction_text(event.arguments["jurisdiction"])})
    agency = ZERO_HASH if kept is None else kept["agency"]
    _begin(event, rows, {"ref": None, "agency": agency, "source_hash": ZERO_HASH, "legal_date": 0, "officer": None})


def title_conveyed(event: Event, rows: Rows) -> None:
    """A sale passed the title on, and used up its notice."""
    project_restrictions.notice_cleared(event, rows)
    _pass(event, rows, event.arguments, event.arguments)


def title_transmitted(event: Event, rows: Rows) -> None:
    """The title passed by inheritance, divorce or a court's judgment."""
    _pass(event, rows, event.arguments, event.arguments)


def title_rectified(event: Event, rows: Rows) -> None:
    """What the title says was corrected by order; a grade that was proposed is none any more."""
    correction = event.arguments["correction"]
    rows.delete(grade_proposals, {"title": event.subject})
    corrected = {
        "geometry_hash": correction["geometryHash"],
        "area_dm2": correction["area"],
        "grade": correction["grade"],
    }
    _pass(event, rows, correction, event.arguments["source"], corrected)


def grade_proposed(event: Event, rows: Rows) -> None:
    """A registrar proposes another grade, in place of any before."""
    given = event.arguments
    rows.put(
        grade_proposals,
        {
            "title": given["title"],
            "grade": given["grade"],
            "ready_at": given["readyAt"],
            "officer": given["officer"],
            "source_hash": given["sourceHash"],
            "proposed_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def grade_withdrawn(event: Event, rows: Rows) -> None:
    """The proposal was taken back."""
    rows.delete(grade_proposals, {"title": event.subject})


def grade_changed(event: Event, rows: Rows) -> None:
    """The proposal took effect."""
    rows.delete(grade_proposals, {"title": event.subject})
    _change(event, rows, event.subject, {"grade": event.arguments["grade"], "version": event.arguments["version"]})


def title_subdivided(event: Event, rows: Rows) -> None:
    """The title became several; what weighed on it weighs on each."""
    title, parts = event.subject, event.arguments["parts"]
    _retire(event, rows, title, event.arguments["version"], "division")
    for place, part in enumerate(parts):
        rows.insert(title_lineage, {"parent": title, "child": part, "kind": "division", "place": place})
    project_restrictions.carry(event, rows, title, parts)
    project_liens.carry(event, rows, [title], parts)
    mention(event, rows, parts)


def titles_merged(event: Event, rows: Rows) -> None:
    """Several titles became one."""
    whole, merged = event.subject, event.arguments["titles"]
    for place, title in enumerate(merged):
        before = rows.get(titles, {"title": title})
        _retire(event, rows, title, 0 if before is None else before["version"] + 1, "merger")
        rows.insert(title_lineage, {"parent": title, "child": whole, "kind": "merger", "place": place})
    project_liens.carry(event, rows, merged, [whole])
    mention(event, rows, merged)


def _begin(event: Event, rows: Rows, told: Mapping[str, Any]) -> None:
    """The first version of a title."""
    given = event.arguments
    row = {
        "title": given["title"],
        "jurisdiction": jurisdiction_text(given["jurisdiction"]),
        "geometry_hash": given["geometryHash"],
        "area_dm2": given["area"],
        "grade": given["grade"],
        "denominator": given["denominator"],
        "version": 1,
        "registered_at": event.time,
        "tx_hash": event.tx_hash,
        "retired_at": None,
        "retired_by": None,
    }
    rows.insert(titles, {**row, **told})
    _hold(rows, given["title"], given["shares"])


def _pass(
    event: Event,
    rows: Rows,
    held: Mapping[str, Any],
    source: Mapping[str, Any],
    changed: Mapping[str, Any] | None = None,
) -> None:
    """Let others hold the title, in the shares of `held`."""
    title = event.subject
    for share in rows.find(shares, title=title):
        rows.delete(shares, share)
    _hold(rows, title, held["shares"])
    passed = {
        "denominator": held["denominator"],
        "version": event.arguments["version"],
        "source_hash": source["sourceHash"],
        "legal_date": source["legalDate"],
    }
    _change(event, rows, title, {**passed, **(changed or {})})


def _retire(event: Event, rows: Rows, title: str, version: int, by: str) -> None:
    """End a title for good: nobody holds it any more."""
    for share in rows.find(shares, title=title):
        rows.delete(shares, share)
    _change(event, rows, title, {"version": version, "retired_at": event.time, "retired_by": by})


def _change(event: Event, rows: Rows, title: str, changed: Mapping[str, Any]) -> None:
    rows.update(titles, {"title": title}, {**changed, "tx_hash": event.tx_hash})


def _hold(rows: Rows, title: str, held: Iterable[Mapping[str, Any]]) -> None:
    for place, share in enumerate(held):
        rows.insert(
            shares, {"title": title, "holder": share["holder"], "place": place, "numerator": share["numerator"]}
        )


_TITLES: dict[str, Handler] = {
    "RegisterSet": register_set,
    "TitleRegistered": title_registered,
    "TitleAdmitted": title_admitted,
    "TitleConveyed": title_conveyed,
    "TitleTransmitted": title_transmitted,
    "TitleRectified": title_rectified,
    "GradeProposed": grade_proposed,
    "GradeWithdrawn": grade_withdrawn,
    "GradeChanged": grade_changed,
    "TitleSubdivided": title_subdivided,
    "TitlesMerged": titles_merged,
}
HANDLERS: dict[tuple[str, str], Handler] = {
    **{("TitleRegistry", name): handler for name, handler in _TITLES.items()},
    **project_restrictions.HANDLERS,
    **project_liens.HANDLERS,
    **project_roots.HANDLERS,
}
