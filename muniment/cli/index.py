"""`muniment index`: reading the chain into the read tables."""

import threading
from typing import Annotated

import typer

from muniment.chain.indexer import Progress
from muniment.chain.queries import status
from muniment.chain.rebuild import rebuild as rebuild_tables
from muniment.chain.reorg import lift_halt
from muniment.cli.console import AsJson, emit_json, progress, say
from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.services import HANDLERS, build

app = typer.Typer(help="The read tables, rebuilt from the chain alone.", no_args_is_help=True)


@app.command("run")
def run() -> None:
    """Follow the chain until interrupted."""
    build(Settings.load()).indexer.run(threading.Event())


@app.command("rebuild")
def rebuild(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Empty the read tables and fill them again from the chain."""
    if not yes:
        typer.confirm("Empty the read tables and read the chain again?", abort=True)
    services = build(Settings.load())
    with progress() as bars:
        bar = bars.add_task("Reading the chain", total=None)

        def report(step: Progress) -> None:
            bars.update(bar, completed=step.number, total=step.head)

        end = rebuild_tables(services.engine, services.rpc, services.deployment, HANDLERS, report)
    if as_json:
        emit_json({"number": end.number, "head": end.head})
    else:
        say(f"The read tables show the chain up to block {end.number}.")


@app.command("status")
def show_status(as_json: AsJson = False) -> None:
    """How far the chain has been read, and how much of it is final."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        known = status(connection).as_of
    if as_json:
        emit_json(known)
    elif known is None:
        say("Nothing has been read yet. Start: muniment serve, or muniment index run.")
    else:
        say(
            f"Chain {known.chain_id} read up to block {known.number} ({known.hash}); "
            f"safe up to {known.safe_number}, final up to {known.finalized_number}."
        )
        if known.halted:
            say(f"Reading has stopped: {known.halted}")


@app.command("lift-halt")
def lift() -> None:
    """Let reading go on after it stopped, once a person has judged why (see `index status`)."""
    services = build(Settings.load())
    lift_halt(services.engine, services.deployment.chain_id)
    say("The halt is lifted. If the cause is still there, reading stops again.")
