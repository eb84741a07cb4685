"""Gather documents into a batch that survives interruption: what was drawn for each is on disk before it is used.

A batch is a folder with a journal, `batch.jsonl`: first who issues what, then a line for each document with its hash
and the random values that hide it. The same command on the same folder goes on where the last one stopped, and comes
to the same root.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import rfc8785

from muniment.documents.content import hash_of_json, hash_of_path
from muniment.documents.issuing import Draft, Issuer, new_hash
from muniment.documents.proof import Content, FileContent, JsonContent
from muniment.documents.strict import LARGEST, JsonRefused, parse
from muniment.errors import Refused

JOURNAL = "batch.jsonl"
PROOF_SUFFIX = ".proof.json"
Progress = Callable[[int, int], None]
_SLOT = re.compile(r"\{\{([^{}]+)\}\}")


@dataclass(frozen=True)
class Gathered:
    """A document on disk and its draft."""

    path: Path
    draft: Draft


def files_below(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named, without proofs and journals. Raises Refused."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob("*") if one.is_file() and _is_document(one))
        elif path.is_file():
            found.append(path)
        else:
            raise Refused("FileUnreadable", path=str(path), cause="no such file")
    resolved = [path.resolve() for path in found]
    return list(dict.fromkeys(resolved))


def from_table(table: Path, template: Path, folder: Path) -> list[Path]:
    """Write a JSON document for each row of a CSV file (UTF-8, with headings) and return their paths.

    In the template every text may hold {{heading}}; a text that is one slot alone and ends in ":json" takes the cell
    as JSON, for numbers and lists. Files that exist with other content are refused, never overwritten.
    """
    try:
        shape = parse(template.read_bytes())
        rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines(keepends=True), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error, JsonRefused) as error:
        raise Refused("TableRefused", path=str(table), reason=str(error)) from None
    folder.mkdir(parents=True, exist_ok=True)
    width = len(str(len(rows)))
    written = []
    for number, row in enumerate(rows, 1):
        path = folder / f"{number:0{width}d}.json"
        text = rfc8785.dumps(_filled(shape, row, number))
        if path.exists() and path.read_bytes() != text:
            raise Refused("FileExists", path=str(path))
        path.write_bytes(text)
        written.append(path.resolve())
    return written


def gather(folder: Path, issuer: Issuer, documents: Sequence[Path], as_files: bool, show: Progress) -> list[Gathered]:
    """Draw id, salt and secret for each document, or read back what was drawn before.

    `*.json` is read as JSON, so that single fields can be disclosed, unless `as_files`. Raises Refused when the folder
    holds another batch, or a document has changed since it was drawn for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / JOURNAL
    heading = {"format": "muniment-batch-1", **asdict(issuer), "documents": len(documents)}
    known = _read_journal(journal, heading)
    gathered = []
    with journal.open("a", encoding="utf-8") as opened:
        if not known and opened.tell() == 0:
            _append(opened, heading)
        for done, path in enumerate(documents):
            entry = known.get(str(path))
            drawn = _redrawn(path, entry) if entry else _drawn(path, as_files)
            if entry is None:
                _append(opened, {"path": str(path), **_entry(drawn)})
            gathered.append(Gathered(path, drawn))
            show(done + 1, len(documents))
        opened.flush()
        os.fsync(opened.fileno())
    return gathered


def _is_document(path: Path) -> bool:
    return not path.name.endswith(PROOF_SUFFIX) and path.name != JOURNAL and not path.name.startswith(".")


def _filled(shape: Any, row: dict[str, str], number: int) -> Any:
    """The template's value with a row's cells in its slots."""
    if isinstance(shape, dict):
        return {key: _filled(held, row, number) for key, held in shape.items()}
    if isinstance(shape, list):
        return [_filled(held, row, number) for held in shape]
    if not isinstance(shape, str):
        return shape

    def cell(heading: str) -> str:
        value = row.get(heading)
        if value is None:
            raise Refused("CellMissing", heading=heading, row=number)
        return value

    whole = _SLOT.fullmatch(shape)
    if whole and whole[1].endswith(":json"):
        try:
            return parse(cell(whole[1].removesuffix(":json")).encode())
        except JsonRefused as error:
            raise Refused("TableRefused", path=f"row {number}", reason=str(error)) from None
    return _SLOT.sub(lambda slot: cell(slot[1]), shape)


def _content_hash(path: Path, content: Content) -> str:
    try:
        if isinstance(content, JsonContent):
            if path.stat().st_size > LARGEST:
                raise Refused("DocumentRefused", path=str(path), reason="it is larger than JSON may be")
            return hash_of_json(path.read_bytes(), content.secret)
        return hash_of_path(path)
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "it cannot be read") from None
    except JsonRefused as error:
        raise Refused("DocumentRefused", path=str(path), reason=str(error)) from None


def _drawn(path: Path, as_files: bool) -> Draft:
    is_json = path.suffix.lower() == ".json" and not as_files
    content: Content = JsonContent(new_hash()) if is_json else FileContent()
    return Draft(_content_hash(path, content), content, new_hash(), new_hash())


def _redrawn(path: Path, entry: dict[str, str]) -> Draft:
    content: Content = JsonContent(entry["secret"]) if "secret" in entry else FileContent()
    if _content_hash(path, content) != entry["contentHash"]:
        raise Refused("DocumentChanged", path=str(path))
    return Draft(entry["contentHash"], content, entry["docId"], entry["salt"])


def _entry(drawn: Draft) -> dict[str, str]:
    secret = {"secret": drawn.content.secret} if isinstance(drawn.content, JsonContent) else {}
    return {"contentHash": drawn.content_hash, "docId": drawn.doc_id, "salt": drawn.salt, **secret}


def _append(opened: Any, entry: dict[str, Any]) -> None:
    opened.write(json.dumps(entry) + "\n")


def _read_journal(journal: Path, heading: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Drafts by path. A last line that was cut off by an interruption is taken away."""
    if not journal.exists():
        return {}
    lines = list(_whole_lines(journal))
    if lines and lines[0] != heading:
        raise Refused("BatchDiffers", path=str(journal))
    return {entry["path"]: entry for entry in lines[1:]}


def _whole_lines(journal: Path) -> Iterator[dict[str, Any]]:
    raw = journal.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) != len(raw):
        with journal.open("r+b") as opened:
            opened.truncate(len(whole))
    for line in whole.splitlines():
        yield json.loads(line)
