"""An agency's file of titles as they are to move in: JSON lines, CSV or GeoJSON, each title with the line it stands in.

JSON lines have the fields of the published file (`muniment/land/migration/leaf.py`), in any order; CSV has the columns
ref, geometry_hash, area_dm2, grade, shares ("PARTY=1/2;PARTY=1/2"), liens and interests (";" between them), of which a
retired title fills ref alone. GeoJSON names holders by commitment, as for an import, and no liens.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from muniment.errors import Refused as Unfit
from muniment.identity.model import party_id
from muniment.land.migration.leaf import MovedTitle, check
from muniment.land.model import Grade, Share, normalise_ref, whole_shares
from muniment.land.parcels import Options, Parcel
from muniment.land.reading import read_parcels
from muniment.land.report import Report
from muniment.sentences import sentence_of
from scripts.common.settings import Misused

MOST_SAID = 20  # faults of a file
COLUMNS = ("ref", "geometry_hash", "area_dm2", "grade", "shares")
LINES, TABLE, MAP = (".jsonl", ".ndjson"), (".csv",), (".geojson", ".json")

Progress = Callable[[int], None]  # how many bytes of the file are read
Found = Iterator[tuple[int, Callable[[], MovedTitle]]]  # where a title stands, and how it reads


class _Fault(Exception):
    """Why a line is no title."""


def titles_in(path: Path, agency: str | None, options: Options, show: Progress) -> Iterator[MovedTitle]:
    """The titles of a file. Raises Misused with up to MOST_SAID of its faults once all of it is read.

    `agency` is the one whose commitments GeoJSON names, `options` say how that is to be read.
    """
    kind = path.suffix.lower()
    if kind not in (*LINES, *TABLE, *MAP):
        raise Misused(f"{path} is read by its name's end: {', '.join((*LINES, *TABLE, *MAP))}.")
    faults: list[str] = []
    try:
        with path.open("rb") as file:
            if kind in LINES:
                found = _lines(file, show)
            elif kind in TABLE:
                found = _rows(path, file, show)
            else:
                found = _features(file, agency, options, show)
            for line, read in found:
                try:
                    moved = read()
                    check(moved)
                    yield moved
                except (_Fault, Unfit) as fault:
                    said = sentence_of(fault) if isinstance(fault, Unfit) else str(fault)
                    faults.append(f"{path}:{line}: {said}")
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Misused(f"{path} is not in UTF-8.") from None
    except Unfit as fault:
        raise Misused(f"{path}: {sentence_of(fault)}") from None
    if faults:
        more = [f"… and {len(faults) - MOST_SAID:,} more."] if len(faults) > MOST_SAID else []
        raise Misused("\n".join([*faults[:MOST_SAID], *more, "Nothing was written."]))


def _lines(file: IO[bytes], show: Progress) -> Found:
    at = 0
    for number, line in enumerate(file, 1):
        at += len(line)
        if line.strip():
            yield number, lambda line=line: _of_fields(_parsed(line))
        show(at)


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(line)
    except ValueError:
        raise _Fault("this is no line of JSON.") from None
    if not isinstance(read, dict):
        raise _Fault("a title is a JSON object.")
    return read


def _of_fields(given: Mapping[str, Any]) -> MovedTitle:
    try:
        ref = normalise_ref(given["ref"])
        if not given.get("shares"):
            return MovedTitle.retired(ref)
        return MovedTitle(
            ref,
            str(given["geometry_hash"]).lower(),
            _whole(given["area_dm2"]),
            _grade(given["grade"]),
            _whole(given["denominator"]),
            tuple(sorted(Share(str(holder).lower(), _whole(numerator)) for holder, numerator in given["shares"])),
            tuple(str(lien).lower() for lien in given.get("liens", ())),
            tuple(str(interest).lower() for interest in given.get("interests", ())),
        )
    except KeyError as missing:
        raise _Fault(f"the field {missing} is missing.") from None
    except (TypeError, ValueError):
        raise _Fault("a field is not what it should be; docs/deployment.md has an example.") from None


def _whole(given: Any) -> int:
    """A whole number, also as text where it is beyond 2^53. Raises ValueError for anything else."""
    if isinstance(given, str) and given.isdecimal():
        return int(given)
    if type(given) is not int:
        raise ValueError
    return given


def _grade(given: Any) -> Grade:
    named = isinstance(given, str) and given.upper() in Grade.__members__
    return Grade[given.upper()] if named else Grade(_whole(given))


def _rows(path: Path, file: IO[bytes], show: Progress) -> Found:
    at = 0

    def text() -> Iterable[str]:
        nonlocal at
        for line in file:
            at += len(line)
            yield line.decode("utf-8-sig" if at == len(line) else "utf-8")

    reader = csv.DictReader(text())
    lacking = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if lacking:
        raise Misused(f"{path} lacks the columns {', '.join(lacking)}.")
    for row in reader:
        yield reader.line_num, lambda row=row: _of_row(row)
        show(at)


def _of_row(row: Mapping[str, Any]) -> MovedTitle:
    if None in row or None in row.values():
        raise _Fault("the line has more or fewer columns than the first.")
    shares = []
    for text in _several(row["shares"]):
        written = re.fullmatch(r"(0x[0-9a-fA-F]{64})(?:=([1-9][0-9]{0,17}(?:/[1-9][0-9]{0,17})?))?", text)
        if written is None:
            raise _Fault(f"“{text}” is no share; write PARTY=1/2.")
        shares.append((written[1].lower(), Fraction(written[2] or 1)))
    if not shares:
        if any(value for column, value in row.items() if column != "ref"):
            raise _Fault("a title without shares is a retired one, which has a ref and nothing else.")
        return _of_fields({"ref": row["ref"]})
    denominator, parts = whole_shares(shares)
    fields = {word: _several(row.get(word) or "") for word in ("liens", "interests")}
    return _of_fields(
        {**row, **fields, "denominator": denominator, "shares": [(part.holder, part.numerator) for part in parts]}
    )


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(";") if one.strip()]


def _features(file: IO[bytes], agency: str | None, options: Options, show: Progress) -> Found:
    content = file.read()
    report = Report()
    parcels = read_parcels(content, options, report, lambda _, done, total: show(len(content) * done // total))
    for rejection in report.rejected:
        yield rejection.line, lambda rejection=rejection: _raise(rejection.error)
    for parcel in parcels:
        yield parcel.line, lambda parcel=parcel: _of_parcel(parcel, agency, options.grade)


def _raise(error: Unfit) -> MovedTitle:
    raise error


def _of_parcel(parcel: Parcel, agency: str | None, grade: Grade) -> MovedTitle:
    if agency is None or not parcel.holders or any(holder.commitment is None for holder in parcel.holders):
        raise _Fault("a title that moves in has holders with their commitments, and --agency is theirs.")
    parts = [(party_id(agency, str(holder.commitment)), holder.part) for holder in parcel.holders]
    denominator, shares = whole_shares(parts)
    return MovedTitle(parcel.ref, parcel.geometry.hash, parcel.geometry.area_dm2, grade, denominator, shares)
