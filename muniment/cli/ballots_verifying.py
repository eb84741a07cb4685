"""`muniment ballots verify`: needs no database, no key and no trust in whoever publishes roll and log."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import TaskID

from muniment.ballots.verifying.contracts import BUILD, Contracts
from muniment.ballots.verifying.findings import Verdict
from muniment.ballots.verifying.judging import Mapped, dask, pool
from muniment.ballots.verifying.loading import ElectionUnreadable, load
from muniment.ballots.verifying.published import PATIENCE, Named, json_of
from muniment.ballots.verifying.verifier import Verification, verify
from muniment.chain.rpc import Rpc
from muniment.cli.console import AsJson, emit_json, progress, say, table
from muniment.config import Settings
from muniment.errors import Refused

EXITS = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INCOMPLETE: 3}
SHOWN = 20  # findings in a table


def run(
    election: Annotated[
        str, typer.Argument(help="The setup's id, the election's, the box's address, or the file of a transcript.")
    ],
    rpc: Annotated[list[str] | None, typer.Option(help="A node; may be repeated. Else those of the settings.")] = None,
    roll: Annotated[str | None, typer.Option(help="The roll: a file or an address; else as it is published.")] = None,
    log: Annotated[str | None, typer.Option(help="The office's log; else beside the roll's address.")] = None,
    block: Annotated[str, typer.Option(help="latest, safe, finalized, or a number.")] = "latest",
    save: Annotated[Path | None, typer.Option(help="Write the transcript here.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="A Dask scheduler, tcp://…; else all cores here.")] = None,
    contracts: Annotated[Path, typer.Option(help="What the compiler made of the contracts' sources.")] = BUILD,
    as_json: AsJson = False,
) -> None:
    """Verify an election from the chain, the roll and the log alone. Exit 0 valid, 1 invalid, 3 not complete yet."""
    known = Contracts.built(contracts)
    with progress() as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, whole: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=whole)
            bar.update(tasks[what], completed=done, total=whole)

        transcript = _transcript(election, rpc, roll, log, block, told)
        if save is not None:
            save.write_text(json.dumps(transcript, ensure_ascii=False) + "\n", encoding="utf-8")

        def judging(ballots: int) -> AbstractContextManager[Mapped]:
            return dask(scheduler) if scheduler else pool(ballots)

        outcome = verify(transcript, known, judging, told)
    if as_json:
        emit_json(summary(outcome))
    else:
        _show(outcome)
    raise typer.Exit(EXITS[outcome.verdict])


def summary(outcome: Verification) -> dict[str, Any]:
    """What --json prints."""
    return {
        "verdict": outcome.verdict.value,
        "election": outcome.election,
        "head": outcome.head,
        "ballots": outcome.ballots,
        "cast": outcome.cast,
        "findings": [{"what": one.what, "where": one.where, "says": one.says} for one in outcome.findings],
        "results": [
            {
                "contest": one.contest,
                "title": one.title,
                "options": list(one.options),
                "counts": list(one.counts),
                **({} if one.blank is None else {"blank": one.blank}),
                "areas": {area: None if counts is None else list(counts) for area, counts in one.areas.items()},
            }
            for one in outcome.results
        ],
        "seconds": outcome.seconds,
    }


def _show(outcome: Verification) -> None:
    say(f"{outcome.verdict.value}: {outcome.title or 'an election without a readable manifest'}")
    if outcome.findings:
        rows = [(one.what, one.where, one.says) for one in outcome.findings[:SHOWN]]
        table("Findings", ("what", "where", "says"), rows)
        if len(outcome.findings) > SHOWN:
            say(f"… and {len(outcome.findings) - SHOWN} more; --json has them all.")
    for one in outcome.results:
        counts = [(option, f"{count:,}") for option, count in zip(one.options, one.counts, strict=True)]
        blank = [] if one.blank is None else [("(blank)", f"{one.blank:,}")]
        table(one.title, ("option", "count"), counts + blank)
    if outcome.head is not None:
        say(f"Up to the block {outcome.head}.")
    say(f"{outcome.ballots:,} ballots count; {outcome.cast:,} were checked in {outcome.seconds} s.")


def _transcript(election: str, urls: list[str] | None, roll: str | None, log: str | None, block: str, told: Any) -> Any:
    if not election.startswith("0x"):
        return json_of(election)
    settings = Settings.load()
    rpc = Rpc(urls or settings.rpc_urls, timeout=PATIENCE)
    named = Named(election, settings, rpc)
    beside = roll.removesuffix("roll") + "log" if roll is not None and roll.endswith("/roll") else None
    source = log or beside
    if roll is not None and source is None:
        raise Refused("LogMissing", roll=roll)
    try:
        box = named.box
        parts = (
            named.publication.roll if roll is None else json_of(roll),
            named.publication.log if source is None else json_of(source),
        )
        which: int | str = int(block) if block.isdigit() else block
        transcript = load(rpc, box, *parts, which, told)
    except ElectionUnreadable as error:
        raise Refused("ElectionUnreadable", cause=str(error)) from error
    finally:
        rpc.close()
    _check_name(election.lower(), box, transcript["views"]["box"])
    return transcript


def _check_name(name: str, box: str, view: Mapping[str, Any]) -> None:
    """Whoever said where the box is may have named another; that the box says the truth is verified."""
    if name not in (box, view["setup"], view["election"]):
        raise Refused("BoxOfOther", box=box, election=name)
