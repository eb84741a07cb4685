"""Read elections in Pabulib's text format (`.pb`): three tables divided by semicolons, META, PROJECTS and VOTES.

Format: pabulib.org/format. Of a voter nothing is kept but the district. A file that breaks a rule is refused whole,
with the line. Its header may disagree with its rows, as published files do: both are kept, and `remarks` says so.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

MOST_OPTIONS = 64
MOST_POINTS = 15
MOST_VALUES = 8  # of a choice; wider ones become approval
WIDEST_SUM = 63  # maximum - minimum
LARGEST = 256 * 2**20  # bytes

_SECTIONS = ("META", "PROJECTS", "VOTES")
_SINGLE = "choose-1"
_APPROVAL = (_SINGLE, "approval")
_POINTS = ("cumulative", "scoring")


class PabulibRefused(ValueError):
    """A file that is no election in Pabulib's format, or one that no contest form fits; the message is a sentence."""


@dataclass(frozen=True)
class Project:
    """An option. `votes` and `score` as the file publishes them, where it does."""

    id: str
    name: str
    votes: int | None
    score: int | None


@dataclass(frozen=True)
class Voter:
    """One ballot: points for each option in the order of the file, 1 for what was chosen or approved."""

    id: str
    district: str | None
    points: tuple[int, ...]

    @property
    def choice(self) -> int | None:
        """The one option that was chosen, from 0; None for a blank."""
        return next((option for option, points in enumerate(self.points) if points), None)


@dataclass(frozen=True)
class PabulibElection:
    """An election. `contest` is the manifest's JSON object for it; `remarks` say where the file disagrees with itself.

    `published` holds the count of each option that the file gives for this form: votes, or the score of points.
    """

    title: str
    language: str
    meta: Mapping[str, str]
    projects: tuple[Project, ...]
    voters: tuple[Voter, ...]
    contest: Mapping[str, Any]
    published: tuple[int, ...] | None
    remarks: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Points of each option, added up from the rows."""
        sums = [0] * len(self.projects)
        for voter in self.voters:
            for option, points in enumerate(voter.points):
                sums[option] += points
        return tuple(sums)

    @property
    def blanks(self) -> int:
        """Ballots without any option."""
        return sum(not any(voter.points) for voter in self.voters)

    @property
    def expected(self) -> tuple[tuple[int, ...], str]:
        """What a tally must find, and where that comes from: "published" when the rows bear it out, else "recount"."""
        counts = self.counts
        return counts, "published" if counts == self.published else "recount"

    @property
    def districts(self) -> tuple[tuple[str | None, int], ...]:
        """Each district in the order in which the file first names it, and its voters; those without one last."""
        voters = Counter(voter.district for voter in self.voters)
        return tuple(sorted(voters.items(), key=lambda counted: counted[0] is None))

    def limited(self, most: int) -> "PabulibElection":
        """The election of the first `most` voters alone; nothing is published of that one."""
        if most >= len(self.voters):
            return self
        return replace(self, voters=self.voters[:most], published=None)


class _Row(NamedTuple):
    """A row and the number of its line in the file."""

    line: int
    cells: list[str]


def read(path: Path) -> PabulibElection:
    """Read a file. Raises PabulibRefused, also when it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise PabulibRefused(f"The file {path} cannot be read: {error.strerror}.") from None
    return parse(content)


def parse(content: bytes) -> PabulibElection:
    """Read a file's bytes, UTF-8 with or without a byte order mark. Raises PabulibRefused."""
    if len(content) > LARGEST:
        raise PabulibRefused(f"The file has more than {LARGEST} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PabulibRefused(f"Line {line} is not UTF-8.") from None
    sections = _sections(_rows(text))
    meta = _meta(sections["META"])
    projects = _projects(sections["PROJECTS"])
    contest = _contest(meta, projects)
    voters = tuple(_voters(sections["VOTES"], projects, contest, meta["vote_type"]))
    if not voters:
        raise PabulibRefused("The section VOTES has no row.")
    counted_in = "score" if meta["vote_type"] in _POINTS else "votes"
    published = tuple(getattr(project, counted_in) for project in projects)
    election = PabulibElection(
        title=str(contest["title"]),
        language=_language(meta.get("language", "")),
        meta=meta,
        projects=projects,
        voters=voters,
        contest=contest,
        published=None if None in published else published,
        remarks=(),
    )
    return replace(election, remarks=tuple(_remarks(election)))


def _rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise PabulibRefused(f"Line {reader.line_num} cannot be divided into cells: {error}.") from None
        if any(cell.strip() for cell in cells):
            yield _Row(reader.line_num, [cell.strip() for cell in cells])


def _sections(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    """The rows of each section, its header first. Raises PabulibRefused unless all stand there once, in their order."""
    sections: dict[str, list[_Row]] = {}
    rows_of: list[_Row] | None = None
    for row in rows:
        name = row.cells[0].upper()
        if name in _SECTIONS and not any(row.cells[1:]):
            if name != _SECTIONS[len(sections) % 3] or len(sections) == 3:
                raise PabulibRefused(f"Line {row.line} begins {name} where META, PROJECTS, VOTES come once, in order.")
            rows_of = sections.setdefault(name, [])
        elif rows_of is None:
            raise PabulibRefused(f"Line {row.line} stands before META.")
        else:
            rows_of.append(row)
    for name in _SECTIONS:
        if not sections.get(name):
            raise PabulibRefused(f"The section {name} is missing or has no header.")
    return sections


def _table(rows: Sequence[_Row], needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's line and its cells by the names in the header."""
    header = [name.lower() for name in rows[0].cells]
    if len(set(header)) != len(header):
        raise PabulibRefused(f"Line {rows[0].line} names a column twice.")
    for name in needed:
        if name not in header:
            raise PabulibRefused(f"Line {rows[0].line} has no column {name}.")
    for row in rows[1:]:
        if len(row.cells) != len(header):
            raise PabulibRefused(f"Line {row.line} has {len(row.cells)} cells where its header has {len(header)}.")
        yield row.line, dict(zip(header, row.cells, strict=True))


def _meta(rows: Sequence[_Row]) -> dict[str, str]:
    meta: dict[str, str] = {}
    for line, cells in _table(rows, ("key", "value")):
        if cells["key"] in meta:
            raise PabulibRefused(f"Line {line} gives {cells['key']} a second time.")
        meta[cells["key"]] = cells["value"]
    kind = meta.get("vote_type", "")
    if kind not in (*_APPROVAL, *_POINTS):
        known = ", ".join((*_APPROVAL, *_POINTS))
        raise PabulibRefused(f"The vote_type is {kind!r}; Muniment counts {known}.")
    return meta


def _projects(rows: Sequence[_Row]) -> tuple[Project, ...]:
    projects: dict[str, Project] = {}
    for line, cells in _table(rows, ("project_id",)):
        key = cells["project_id"]
        if not key or "," in key:
            raise PabulibRefused(f"Line {line} has a project_id that is empty or has a comma.")
        if key in projects:
            raise PabulibRefused(f"Line {line} has the project {key} a second time.")
        counts = [_optional(line, name, cells.get(name, "")) for name in ("votes", "score")]
        projects[key] = Project(key, cells.get("name") or key, *counts)
    if not 1 <= len(projects) <= MOST_OPTIONS:
        raise PabulibRefused(f"The file has {len(projects)} projects; a contest has 1 to {MOST_OPTIONS} options.")
    return tuple(projects.values())


def _contest(meta: Mapping[str, str], projects: Sequence[Project]) -> dict[str, Any]:
    """The manifest's contest: a choice when one of few options is chosen, else points (approval has most 1)."""
    kind, options = meta["vote_type"], len(projects)
    if kind in _APPROVAL:
        most = 1
        minimum = _number(meta, "min_length", 1)
        maximum = 1 if kind == _SINGLE else min(_number(meta, "max_length", options), options)
        if maximum == 1 and minimum <= 1 and 2 <= options + (1 - minimum) <= MOST_VALUES:
            return {**_titled(meta, projects), "form": "choice", "blank": minimum == 0}
    else:
        largest = _number(meta, "max_sum_points", 0)
        most = _number(meta, "max_points", largest)
        most = min(most, largest) if largest else most
        minimum = _number(meta, "min_sum_points", 0)
        maximum = min(largest, options * most) if largest else options * most
    if not 1 <= most <= MOST_POINTS:
        raise PabulibRefused(f"An option can get {most} points; a contest allows 1 to {MOST_POINTS}.")
    if not minimum <= maximum or maximum < 1:
        raise PabulibRefused(f"No ballot can have at least {minimum} and at most {maximum} in all.")
    if maximum - minimum > WIDEST_SUM and (minimum, maximum) != (0, options * most):
        raise PabulibRefused(f"The sum may range from {minimum} to {maximum}, more than {WIDEST_SUM} apart.")
    bounds = {"most": most, "minimum": minimum, "maximum": maximum}
    return {**_titled(meta, projects), "form": "points", **bounds}


def _titled(meta: Mapping[str, str], projects: Sequence[Project]) -> dict[str, Any]:
    title = meta.get("description") or " ".join(meta[key] for key in ("unit", "instance") if key in meta) or "Election"
    return {"title": title, "options": [project.name for project in projects]}


def _voters(
    rows: Sequence[_Row], projects: Sequence[Project], contest: Mapping[str, Any], kind: str
) -> Iterator[Voter]:
    places = {project.id: place for place, project in enumerate(projects)}
    if contest["form"] == "choice":
        most, minimum, maximum = 1, 0 if contest["blank"] else 1, 1
    else:
        most, minimum, maximum = contest["most"], contest["minimum"], contest["maximum"]
    seen = set()
    needed = ("voter_id", "vote", "points") if kind in _POINTS else ("voter_id", "vote")
    for line, cells in _table(rows, needed):
        if not cells["voter_id"] or cells["voter_id"] in seen:
            raise PabulibRefused(f"Line {line} has a voter_id that is empty or was there before.")
        seen.add(cells["voter_id"])
        chosen = _list(cells["vote"])
        given = [1] * len(chosen)
        if kind in _POINTS:
            given = [_whole(line, "points", text) for text in _list(cells["points"])]
        if len(given) != len(chosen):
            raise PabulibRefused(f"Line {line} names {len(chosen)} projects and gives points to {len(given)}.")
        points = [0] * len(projects)
        for key, some in zip(chosen, given, strict=True):
            if key not in places:
                raise PabulibRefused(f"Line {line} votes for {key}, which is no project of the file.")
            if some > most:
                raise PabulibRefused(f"Line {line} gives {key} {some} points, more than {most}.")
            points[places[key]] = some
        if len(set(chosen)) != len(chosen):
            raise PabulibRefused(f"Line {line} votes for a project twice.")
        if not minimum <= sum(points) <= maximum:
            raise PabulibRefused(f"Line {line} has {sum(points)} in all, where {minimum} to {maximum} are allowed.")
        yield Voter(cells["voter_id"], cells.get("district") or None, tuple(points))


def _remarks(election: PabulibElection) -> Iterator[str]:
    """Where the header or the published counts disagree with the rows."""
    for key, found, noun in (
        ("num_votes", len(election.voters), "votes"),
        ("num_projects", len(election.projects), "projects"),
    ):
        said = election.meta.get(key)
        if said is not None and said != str(found):
            yield f"The header says {said} {noun}; the file has {found} rows of them."
    if election.published is None:
        yield "The file publishes no count of every project; its rows were counted instead."
        return
    for project, published, counted in zip(election.projects, election.published, election.counts, strict=True):
        if published != counted:
            yield f"The file publishes {published} for {project.id}; its rows add up to {counted}."


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _whole(line: int, name: str, text: str) -> int:
    """A number of points or votes; some files write whole numbers as 5.0."""
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise PabulibRefused(f"Line {line} has {text!r} for {name}, which is no whole number.")
    return int(digits)


def _optional(line: int, name: str, text: str) -> int | None:
    return _whole(line, name, text) if text else None


def _number(meta: Mapping[str, str], key: str, default: int) -> int:
    text = meta.get(key, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise PabulibRefused(f"The header gives {text!r} for {key}, which is no whole number.")
    return int(text)


def _language(name: str) -> str:
    """The language's ISO 639-1 code; Pabulib writes English names or codes."""
    return {"polish": "pl", "english": "en", "french": "fr", "dutch": "nl", "german": "de"}.get(
        name.lower(), name.lower() if len(name) == 2 and name.isascii() and name.isalpha() else "en"
    )
