"""What of the register can be taken along: an export by ISO 19152, and a title's printable extract."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from muniment.cli.console import AsJson, emit_json, progress, say
from muniment.config import Settings
from muniment.db.answers import as_of
from muniment.db.engine import reading
from muniment.errors import Refused
from muniment.land.folio import count_of, every_folio
from muniment.land.ladm import ladm
from muniment.land.model import check_jurisdiction
from muniment.services import build


def export(
    as_ladm: Annotated[bool, typer.Option("--ladm", help="By ISO 19152, one title a line, as JSON.")] = False,
    jurisdiction: Annotated[str | None, typer.Option(help="Only titles of this jurisdiction.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; else standard output.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole register, as of one block. The file appears when it is whole."""
    if not as_ladm:
        raise typer.BadParameter("Name the form: --ladm.")
    if as_json and output is None:
        raise typer.BadParameter("With --json, name a file with -o: standard output holds one line then.")
    services = build(Settings.load())
    code = None if jurisdiction is None else check_jurisdiction(jurisdiction)
    deployment, now, written = services.deployment, services.clock(), 0
    registry = deployment.contracts["TitleRegistry"].address
    with reading(services.engine) as connection, _target(output) as file, progress() as bars:
        known = as_of(connection)
        bar = bars.add_task("Exporting", total=count_of(connection, code))
        for one in every_folio(connection, code, now):
            file.write(json.dumps(ladm(one, deployment.chain_id, registry, known), ensure_ascii=False) + "\n")
            written += 1
            bars.update(bar, completed=written)
    if as_json:
        emit_json({"titles": written, "file": str(output), "as_of": None if known is None else vars(known)})
    elif output is not None:
        say(f"Wrote {written:,} titles to {output}.")


@contextmanager
def _target(path: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that takes its name once all is written."""
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise Refused("FileUnwritable", path=str(path), cause=str(error.strerror)) from None
    finally:
        part.unlink(missing_ok=True)
