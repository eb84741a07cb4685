"""`muniment ballots`: the enrolment office's work, and what became of elections. Settings as for every command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.ballots import queries
from muniment.ballots.enrolment import eligible, keys, office, roll_building
from muniment.ballots.results_csv import csv_of
from muniment.ballots.setups import setup_of
from muniment.cli import ballots_planning, ballots_receipt, ballots_standing, ballots_verifying
from muniment.cli.console import AsJson, emit_json, say, table
from muniment.config import Settings
from muniment.db.engine import arrange, reading, writing
from muniment.db.schema import ballot_credentials
from muniment.errors import Refused
from muniment.services import build

app = typer.Typer(help="Elections: the enrolment office, turnout, results.", no_args_is_help=True)
eligible_app = typer.Typer(help="Who may enrol.", no_args_is_help=True)
keys_app = typer.Typer(help="The keys that credentials are signed with.", no_args_is_help=True)
roll_app = typer.Typer(help="The roll and the log, as they are published.", no_args_is_help=True)
app.add_typer(eligible_app, name="eligible")
app.add_typer(keys_app, name="keys")
app.add_typer(roll_app, name="roll")

Named = Annotated[str, typer.Argument(metavar="ELECTION", help="The setup's id, the election's, or the box's address.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]


app.command("plan")(ballots_planning.run)
app.command("receipt")(ballots_receipt.run)
app.command("standing")(ballots_standing.run)
app.command("verify")(ballots_verifying.run)


@app.command("list")
def list_elections(
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """List elections, the newest first."""
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = queries.elections_page(connection, services.clock(), page, size)
    if as_json:
        emit_json(found)
        return
    rows = [
        (one["title"], one["phase"], f"{one['ballots']} of {one['lines']}", one["setup"]) for one in found.elections
    ]
    table(f"{found.page.total} elections", ("Title", "Phase", "Ballots", "Setup"), rows)


@app.command("status")
def status(election: Named, as_json: AsJson = False) -> None:
    """Show where an election is: its phase, its windows, turnout by unit, and what the relay still holds."""
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = queries.election(connection, election, services.clock())
    if as_json:
        emit_json(found)
        return
    say(f"{found['title']}: {found['phase']}; enrolment {found['enrolment']}, roll {found['roll']}")
    names = ("unit", "name", "eligible", "issued", "lines", "ballots", "received")
    columns = ("Unit", "Name", "Eligible", "Issued", "Lines", "Ballots", "Waiting")
    table("Units", columns, [tuple(unit[name] for name in names) for unit in found["units"]])


@app.command("results")
def results(
    election: Named,
    csv: Annotated[bool, typer.Option("--csv", help="One line for each contest, area and option.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was counted."""
    with reading(build(Settings.load()).engine) as connection:
        found = queries.results(connection, election)
    if as_json:
        emit_json(found)
        return
    if csv:
        typer.echo(csv_of(found), nl=False)
        return
    say(f"{found['title']}: {found['ballots']} ballots, {'counted' if found['complete'] else 'not counted whole'}")
    for contest in found["contests"]:
        rows: list[Any] = list(zip(contest["options"], contest["counts"] or [], strict=False))
        blank = [] if contest["blank"] is None else [("(blank)", contest["blank"])]
        table(contest["title"], ("Option", "Count"), [*rows, *blank])


# ── The office ──────────────────────────────────────────────────────────────────────────────────────────────────


@eligible_app.command("import")
def import_eligible(
    election: Named,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns voter and unit.")],
    as_json: AsJson = False,
) -> None:
    """Take in the list of eligible voters, all of it or nothing."""
    services = build(Settings.load())
    with _opened(path) as lines, writing(services.engine) as connection:
        done = eligible.import_eligible(connection, services.sealer, setup_of(connection, election), lines)
    if as_json:
        emit_json(done)
    else:
        say(f"{done.new} voters taken in, {done.known} were listed already.")


@eligible_app.command("count")
def count_eligible(election: Named, as_json: AsJson = False) -> None:
    """Count listed voters and issued signatures by unit."""
    with reading(build(Settings.load()).engine) as connection:
        setup = setup_of(connection, election)
        listed = eligible.count(connection, setup)
        issued = office.issued_by_unit(connection, setup.setup)
    rows = [
        {"unit": number, "eligible": unit.eligible, "listed": listed.get(number, 0), "issued": issued.get(number, 0)}
        for number, unit in enumerate(setup.manifest.units)
    ]
    if as_json:
        emit_json(rows)
    else:
        table("Voters", ("Unit", "In the manifest", "Listed", "Issued"), [tuple(row.values()) for row in rows])


@keys_app.command("make")
def make_keys(
    count: Annotated[int, typer.Argument(min=1, max=keys.MOST_AT_ONCE, help="One for each unit.")],
    bits: Annotated[int, typer.Option(min=2048, max=4096)] = 2048,
    as_json: AsJson = False,
) -> None:
    """Make keys, keep their private parts sealed, and print what the manifest publishes, in order."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        made = keys.make(connection, services.sealer, count, bits, services.clock())
    if as_json:
        emit_json({"keys": made})
    else:
        for modulus in made:
            say(modulus)


@roll_app.command("build")
def build_roll(election: Named, output: Output = None, as_json: AsJson = False) -> None:
    """Build and publish the roll once its window has closed, and say what the ballot box is opened with."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        setup = setup_of(connection, election)
        built = roll_building.build(connection, setup, services.clock())
    arrange(services.engine, ballot_credentials)
    _write(output, built.text)
    told = {
        "setup": setup.setup,
        "units": [vars(unit) for unit in built.units],
        "roll_root": built.roll_root,
        "log_root": built.log_root,
    }
    if as_json:
        emit_json(told)
    else:
        lines = sum(unit.lines for unit in built.units)
        say(f"{lines} lines in {len(built.units)} units; roll root {built.roll_root}, log root {built.log_root}.")


@roll_app.command("export")
def export_roll(election: Named, output: Output = None) -> None:
    """Write the published roll, byte for byte."""
    with reading(build(Settings.load()).engine) as connection:
        text = roll_building.built_roll(connection, setup_of(connection, election).setup).text
    _write(output, text, shown=True)


@roll_app.command("log")
def export_log(election: Named, output: Output = None) -> None:
    """Write the office's log."""
    with reading(build(Settings.load()).engine) as connection:
        text = office.log_text(connection, setup_of(connection, election).setup)
    _write(output, text, shown=True)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("FileUnreadable", path=str(path), cause=type(error).__name__) from None


def _write(output: Path | None, text: str, *, shown: bool = False) -> None:
    if output is None:
        if shown:
            typer.echo(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused("FileUnwritable", path=str(output), cause=error.strerror or type(error).__name__) from None
