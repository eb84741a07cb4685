"""`muniment ballots plan`: divide an election into tally units, before there is a manifest."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.ballots.manifest import contests_of
from muniment.ballots.model import MOST_UNITS
from muniment.ballots.planning import District, Plan, plan_units
from muniment.cli.console import AsJson, emit_json, say, table
from muniment.errors import Refused

KEYS = {"contests", "minBallots", "areas"}
SHOWN = 120  # units in a table


def run(
    draft: Annotated[Path, typer.Argument(help="JSON: contests, minBallots, and areas as [{name, voters}, …].")],
    least: Annotated[int | None, typer.Option(min=1, help="Fewest voters of a unit; else 3 times minBallots.")] = None,
    ceiling: Annotated[int, typer.Option(min=1, max=MOST_UNITS, help="Most units.")] = MOST_UNITS,
    as_json: AsJson = False,
) -> None:
    """Divide areas into the tally units whose counts are found soonest: what a manifest lists under units."""
    contests, least_ballots, areas = _read(draft)
    forms = [contest.form for contest in contests_of(contests)]
    plan = plan_units(areas, forms, least_ballots, least=least, ceiling=ceiling)
    units = units_of(plan, [area.name or "" for area in areas])
    if as_json:
        emit_json({"units": units, "seconds": round(plan.seconds, 3)})
        return
    rows = [(unit["name"], unit["area"], unit["eligible"]) for unit in units]
    table(f"{len(units)} units", ("Unit", "Area", "Voters"), rows[:SHOWN])
    say(f"Finding all counts takes about {plan.seconds:.1f} s on one core.")
    say(f"Next, a key for each unit: `muniment ballots keys make {len(units)}`.")


def units_of(plan: Plan, names: list[str]) -> list[dict[str, Any]]:
    """The plan's units with a name, area and number of voters each, in the order of the manifest."""
    joined = [" and ".join(names[place] for place in area) for area in plan.areas]
    parts = [sum(unit.area == area for unit in plan.units) for area in range(len(plan.areas))]
    return [
        {
            "name": joined[unit.area] + (f" {unit.number}" if parts[unit.area] > 1 else ""),
            "area": joined[unit.area],
            "eligible": unit.voters,
        }
        for unit in plan.units
    ]


def _read(path: Path) -> tuple[Any, int, list[District]]:
    """Contests, minBallots and districts of the draft. Raises Refused with one sentence."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused("DraftMalformed", why=f"it cannot be read ({error})") from error
    if not isinstance(given, dict) or set(given) != KEYS:
        raise Refused("DraftMalformed", why=f"its keys are not {', '.join(sorted(KEYS))}")
    if not _is_count(given["minBallots"]):
        raise Refused("DraftMalformed", why="minBallots is no whole number from 1 on")
    areas = given["areas"]
    if not isinstance(areas, list) or not areas or not all(map(_is_area, areas)):
        raise Refused("DraftMalformed", why="each of its areas must have a name and a whole number of voters")
    return given["contests"], given["minBallots"], [District(area["name"], area["voters"]) for area in areas]


def _is_area(area: Any) -> bool:
    return (
        isinstance(area, dict)
        and set(area) == {"name", "voters"}
        and isinstance(area["name"], str)
        and bool(area["name"].strip())
        and _is_count(area["voters"])
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
