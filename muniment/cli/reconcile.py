"""`muniment reconcile`: the agency's tables against the chain, in a report that an officer can sign."""

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.chain.signer import account_of
from muniment.chain.typed_data import signed_by
from muniment.cli.console import AsJson, emit_json, progress, say, table
from muniment.cli.importing import SHOWN, shown_on
from muniment.config import Settings
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.land.model import check_jurisdiction
from muniment.reconciling import Scope, check_signed, reconcile, repair, sign
from muniment.services import build

DIFFERENT = 2  # the exit code


def run(
    jurisdiction: Annotated[list[str] | None, typer.Option(help="Only this one; repeat for more.")] = None,
    chain: Annotated[bool, typer.Option("--chain", help="Ask the contracts too, not the read tables alone.")] = False,
    sample: Annotated[int | None, typer.Option(min=1, help="With --chain: so many titles instead of all.")] = None,
    sources: Annotated[
        list[Path] | None, typer.Option("--source", help="A file that titles were imported from, or a folder of them.")
    ] = None,
    repairing: Annotated[
        bool, typer.Option("--repair/--dry-run", help="Queue again what can be; else only say.")
    ] = False,
    signing: Annotated[bool, typer.Option("--sign", help="Sign the report with the officer's key.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to this file.")] = None,
    verify: Annotated[Path | None, typer.Option(help="Only check a report's digest and signature.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the agency's tables, the chain and the documents. Exit 0: equal; 2: something differs; 1: not done."""
    if verify is not None:
        _verify(verify, as_json)
        return
    services = build(Settings.load())
    hashes = None if sources is None else [_keccak(path) for path in _files(sources)]
    names = [check_jurisdiction(name) for name in jurisdiction or ()]
    account = account_of(services.settings) if signing else None  # before the work, since it may be refused
    with progress() as bars:
        report = reconcile(
            services.engine,
            lambda: services.deployment,
            lambda: services.rpc,
            Scope(names, hashes, chain, sample),
            services.clock(),
            shown_on(bars),
        )
    if account is not None:
        sign(report, account.address, partial(signed_by, account))
    if output is not None:
        _write(output, report)
    queued = repair(services.engine, report, services.clock()) if repairing else []
    if as_json:
        emit_json({**report, "queued": queued})
    else:
        _tell(report, queued, repairing)
    raise typer.Exit(0 if report["equal"] else DIFFERENT)


def _tell(report: dict[str, Any], queued: list[str], repairing: bool) -> None:
    compared = ", ".join(f"{number:,} {kind}" for kind, number in report["compared"].items())
    at = report["as_of"]
    say(f"Compared at block {at['number']} ({at['hash']}): {compared or 'nothing'}.")
    found = report["differences"]
    if not found:
        say("Everything is equal.")
    else:
        kinds = Counter((one["difference"], one["repair"]) for one in found)
        rows = [(name.removeprefix("Differs").lower(), how, number) for (name, how), number in kinds.most_common()]
        table(f"{len(found)} differences", ("what", "repair", "number"), rows)
        for one in found[:SHOWN]:
            say(one["sentence"])
        if len(found) > SHOWN:
            say(f"… and {len(found) - SHOWN} more; --json or -o lists them.")
    can = sum(one["repair"] == "queue" for one in found)
    if repairing:
        say(f"Queued again: {len(queued)}.")
    elif can:
        say(f"{can} can be queued again with --repair; nothing was changed.")
    say(f"The report's digest is {report['digest']}.")


def _verify(path: Path, as_json: bool) -> None:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None
    except (ValueError, RecursionError):
        raise Refused("ReportUnreadable") from None
    if not isinstance(report, dict):
        raise Refused("ReportUnreadable")
    key = check_signed(report)
    if as_json:
        emit_json({"valid": True, "digest": report["digest"], "key": key, "equal": report["equal"]})
    elif key is None:
        say("The report is as it was made. Nobody signed it.")
    else:
        say(f"The report is as it was made, and was signed by {key}. Whose key that is, the agency's page tells.")


def _files(paths: list[Path]) -> list[Path]:
    return [
        file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if not file.is_dir()
    ]


def _keccak(path: Path) -> str:
    try:
        return keccak(path.read_bytes())
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None


def _write(path: Path, report: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(report, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise Refused("FileUnwritable", path=str(path), cause=str(error.strerror)) from None
