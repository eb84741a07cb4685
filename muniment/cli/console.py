"""What the commands print: tables for people, one line of JSON for programs. Progress goes to standard error."""

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from muniment.errors import Refused
from muniment.sentences import sentence_of

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of text.")]
Jurisdiction = Annotated[str, typer.Option("--jurisdiction", help="ISO 3166 code, such as GB, SE or GB-SCT.")]


def emit_json(value: Any) -> None:
    """Print a value, or an answer of the queries, as one line of JSON."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")


def plain(value: Any) -> Any:
    """An answer as JSON holds it: fractions as "1/2", enumerations by their lower-case name, refusals in words."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, Refused):
        return {"error": value.name, "sentence": sentence_of(value)}
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return value


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table; what comes from files and chains is never taken for markup."""
    drawn = Table(*columns, title=Text(title), title_justify="left")
    for row in rows:
        drawn.add_row(*(Text(printable(str(cell))) for cell in row))
    out.print(drawn)


def say(text: str) -> None:
    """Print one sentence."""
    out.print(Text(printable(text)))


def printable(text: str) -> str:
    """Text without characters that steer a terminal, or that no terminal can write."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def progress() -> Progress:
    """A progress bar on standard error; nothing is drawn where that is no terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    return Progress(*columns, TimeElapsedColumn(), console=err, disable=not err.is_terminal)
