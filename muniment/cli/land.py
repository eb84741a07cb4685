"""`muniment land`: importing parcels, and looking titles up."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli import importing, land_acts, migration, records, titles
from muniment.cli.console import AsJson, Jurisdiction, emit_json, progress, table
from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.errors import Refused
from muniment.land.importing import import_parcels
from muniment.land.model import Grade, check_jurisdiction
from muniment.land.parcels import Options
from muniment.land.queries import search
from muniment.services import build

app = typer.Typer(help="Parcels and land titles.", no_args_is_help=True)
app.command("show")(titles.show)
app.command("liens")(titles.liens)
app.command("interests")(titles.interests)
app.command("restrictions")(titles.restrictions)
app.command("admit")(land_acts.admit)
app.command("register-absent")(land_acts.register_absent)
app.add_typer(land_acts.act, name="act")
app.add_typer(land_acts.lien, name="lien")
app.add_typer(land_acts.caveat, name="caveat")
app.add_typer(land_acts.grade, name="grade")
app.add_typer(migration.app, name="migration")
app.command("export")(records.export)

MOST_BYTES = 512 * 2**20


@app.command("import")
def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A GeoJSON FeatureCollection in WGS 84.")],
    jurisdiction: Jurisdiction,
    repair: Annotated[bool, typer.Option("--repair", help="Mend invalid polygons, and say how areas change.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    ref_property: Annotated[str | None, typer.Option(help="The property that holds the cadastral reference.")] = None,
    agency: Annotated[str | None, typer.Option(help="The agency's id or domain; else who keeps the register.")] = None,
    grade: Annotated[str, typer.Option(help="provisional, qualified or absolute.")] = "provisional",
    legal_date: Annotated[str | None, typer.Option(help="Date of legal effect, such as 2024-03-31.")] = None,
    as_json: AsJson = False,
) -> None:
    """Queue a title for each parcel of a file. Exit 0: all taken; 2: some were rejected; 1: nothing was taken."""
    started = time.monotonic()
    options = Options(check_jurisdiction(jurisdiction), ref_property, repair, _grade(grade), _date(legal_date))
    content = _content(path)
    services = build(Settings.load())
    keeper = importing.agency_of(agency) if agency else services.keeper_of(jurisdiction)
    with progress() as bars:
        report = import_parcels(
            services.engine,
            path.name,
            content,
            options,
            keeper,
            services.sealer,
            services.clock(),
            dry_run,
            importing.shown_on(bars),
        )
    if as_json:
        emit_json(importing.summary(report, path.name, jurisdiction, dry_run, time.monotonic() - started))
    else:
        importing.tell(report, dry_run)
    raise typer.Exit(report.exit_code)


@app.command("list")
def show_list(
    text: Annotated[str, typer.Argument(help="Part of a reference.")] = "",
    jurisdiction: Annotated[str | None, typer.Option(help="Only titles of this jurisdiction.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """Registered titles."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        found = search(connection, text, jurisdiction, page, size)
    if as_json:
        emit_json(found)
        return
    heading = f"{found.page.total} titles, page {found.page.number} of {found.page.pages}"
    rows = [
        (line.jurisdiction, line.ref, f"{line.area_dm2 / 100:,.2f}", line.grade.name.lower(), line.finality.value)
        for line in found.lines
    ]
    table(heading, ("jurisdiction", "reference", "area, m²", "grade", "finality"), rows)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused("FileTooLarge", path=str(path), most=MOST_BYTES // 2**20)
        return path.read_bytes()
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None


def _grade(name: str) -> Grade:
    grade = Grade.__members__.get(name.upper(), Grade.NONE)
    if grade is Grade.NONE:
        raise Refused("GradeRefused", grade=name)
    return grade


def _date(text: str | None) -> int:
    """The date as the number YYYYMMDD; 0 for none."""
    if text is None:
        return 0
    try:
        return int(f"{datetime.fromisoformat(text).date():%Y%m%d}")
    except ValueError:
        raise Refused("LegalDateRefused", date=text) from None
