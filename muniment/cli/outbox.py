"""`muniment outbox` and `muniment work`: what was asked of the chain, and carrying it out."""

import time
from collections.abc import Mapping
from typing import Annotated

import typer

from muniment.chain.queries import intents_page, status
from muniment.chain.retry import retry as retry_intent
from muniment.chain.retry import retry_all
from muniment.cli.console import AsJson, emit_json, err, printable, progress, say, table
from muniment.config import Settings
from muniment.db.engine import open_engine, reading, writing
from muniment.errors import Refused
from muniment.sentences import sentence
from muniment.services import Services, build

app = typer.Typer(help="Requests to the chain.", no_args_is_help=True)

WAITING = ("queued", "signed", "broadcast")
SETTLED = ("included", "safe", "finalized")
STATES = (*WAITING, *SETTLED, "refused", "parked")


@app.command("status")
def show_status(as_json: AsJson = False) -> None:
    """How many requests stand in each state."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        counts = status(connection).intents
    if as_json:
        emit_json(_summary(counts))
        return
    table("Requests", ("state", "number"), [(state, counts.get(state, 0)) for state in STATES])


@app.command("list")
def show_list(
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """Requests, newest first, with the reason of those that did not go through."""
    if state is not None and state not in STATES:
        raise Refused("StateUnknown", state=state)
    with reading(open_engine(Settings.load().database_url)) as connection:
        found = intents_page(connection, state, page, size)
    if as_json:
        emit_json(found)
        return
    rows = [
        (line.key, line.state, sentence(line.reason["error"], line.reason["arguments"]) if line.reason else "")
        for line in found.lines
    ]
    table(f"Requests, page {found.page.number} of {found.page.pages}", ("key", "state", "reason"), rows)


@app.command("retry")
def retry(
    key: Annotated[str | None, typer.Argument(help="The request's key.")] = None,
    every: Annotated[str | None, typer.Option("--all", help="Instead of a key: all refused, or all parked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put requests that were refused or parked back into the queue, once their cause is removed."""
    if (key is None) == (every is None):
        raise typer.BadParameter("Name either a key or, with --all, a state.")
    now = int(time.time())
    with writing(open_engine(Settings.load().database_url)) as connection:
        if key is not None:
            retry_intent(connection, key, now)
        count = 1 if every is None else retry_all(connection, every, now)
    if as_json:
        emit_json({"queued": count})
    else:
        say(f"{count} request(s) queued again.")


def work(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing is left to do.")] = False,
    timeout: Annotated[int, typer.Option(min=1, help="With --until-idle: seconds after which to give up.")] = 900,
    as_json: AsJson = False,
) -> None:
    """Carry out the outbox and follow the chain, without pages."""
    services = build(Settings.load())
    worker = services.worker  # a missing key is told at once, not by a thread
    if not until_idle:
        with services.running():
            while True:
                time.sleep(1)
    try:
        counts = _until_idle(services, timeout)
    finally:
        worker.close()
    if as_json:
        emit_json(_summary(counts))
    else:
        say(f"{_sum(counts, SETTLED)} settled, {counts.get('refused', 0)} refused, {counts.get('parked', 0)} parked.")


def _until_idle(services: Services, timeout: int) -> dict[str, int]:
    """Step until no request waits and the read tables are at the head. Raises Refused after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    told: set[str] = set()
    with progress() as bars:
        bar = bars.add_task("Registering", total=None)
        while time.monotonic() < deadline:
            services.tend()
            report = services.worker.step()
            read = services.indexer.step()
            with reading(services.engine) as connection:
                counts = dict(status(connection).intents)
            waiting = _sum(counts, WAITING)
            bars.update(bar, total=waiting + _sum(counts, SETTLED), completed=_sum(counts, SETTLED))
            for problem in set(report.problems) - told:
                told.add(problem)
                err.print(printable(problem), markup=False)
            if waiting == 0 and read.number >= read.head:
                return counts
            if not report.moved and not read.events:
                time.sleep(0.2)
    raise Refused("NotIdle", seconds=timeout)


def _sum(counts: Mapping[str, int], states: tuple[str, ...]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _summary(counts: Mapping[str, int]) -> dict[str, int]:
    return {
        **{state: counts.get(state, 0) for state in STATES},
        "waiting": _sum(counts, WAITING),
        "settled": _sum(counts, SETTLED),
    }
