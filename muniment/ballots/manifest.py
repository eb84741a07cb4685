"""An election's manifest: what is voted on, by whom, when, and under which keys (`docs/ballots-protocol.md`).

The chain holds its bytes (RFC 8785 JSON) and its hash from the key ceremony on. So whatever could not be opened or
counted later is refused here: forms, contests that cannot be decoded, thresholds, times out of order, weak RSA keys.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rfc8785

from muniment.ballots.model import (
    MOST_SHARES,
    MOST_UNITS,
    ContestForm,
    ContestKind,
    UnitRoll,
    check_forms,
    width_of,
)
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak

LARGEST = 98_304  # bytes
MOST_TRUSTEES = 16
LONGEST_VOTING = 60 * 86_400  # seconds from opens to closes
SHORTEST_KEY, LONGEST_KEY = 2_048, 4_096  # bits of an RSA modulus

_LONGEST_TEXT = 500  # characters of a title, an option, a name
_LATEST = 2**40 - 1
_MOST_VOTERS = 2**32 - 1
_AGENCY = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_TIMES = ("enrolmentOpens", "enrolmentCloses", "rollCloses", "opens", "closes")


@dataclass(frozen=True)
class Contest:
    """A question and its options; `form` is what ballots and contracts know of it."""

    title: str
    options: tuple[str, ...]
    form: ContestForm


@dataclass(frozen=True)
class Unit:
    """Voters whose ballots are counted together. Results are summed by `area`; `modulus` is of the unit's RSA key."""

    name: str
    area: str
    eligible: int
    modulus: int


@dataclass(frozen=True)
class Schedule:
    """Times in Unix seconds, in this order; enrolment may close as the roll closes, the roll as voting opens."""

    enrolment_opens: int
    enrolment_closes: int
    roll_closes: int
    opens: int
    closes: int


@dataclass(frozen=True)
class Manifest:
    """A manifest that keeps every rule. Make one with `parse` or `build`."""

    agency: str
    title: str
    language: str
    contests: tuple[Contest, ...]
    units: tuple[Unit, ...]
    min_ballots: int
    trustees: tuple[str, ...]
    threshold: int
    schedule: Schedule

    @cached_property
    def content(self) -> bytes:
        """The canonical bytes (RFC 8785) that go on the chain."""
        return rfc8785.dumps(_to_json(self))

    @cached_property
    def hash(self) -> str:
        """keccak256 of the content."""
        return keccak(self.content)

    @property
    def forms(self) -> tuple[ContestForm, ...]:
        """The contests' forms, in order."""
        return tuple(contest.form for contest in self.contests)

    @property
    def eligible(self) -> int:
        """Voters of all units."""
        return sum(unit.eligible for unit in self.units)


def parse(content: bytes) -> Manifest:
    """Read a manifest's bytes, which must be canonical. Raises Refused."""
    manifest = build(_load(content))
    if manifest.content != content:
        raise _refused("its bytes are not canonical JSON (RFC 8785)")
    return manifest


def read(content: bytes) -> Manifest:
    """Read a manifest that somebody wrote by hand, in any layout of JSON; its content is canonical. Raises Refused."""
    return build(_load(content))


def build(value: Any) -> Manifest:
    """The manifest of a JSON value with exactly the protocol's keys. Raises Refused with one sentence."""
    given = _object(
        value,
        "the manifest",
        ("agency", "title", "language", "contests", "units", "minBallots", "trustees", "threshold", "schedule"),
    )
    agency, language = given["agency"], given["language"]
    if not (isinstance(agency, str) and _AGENCY.fullmatch(agency)) or agency == ZERO_HASH:
        raise _refused("its agency is not 32 bytes in lower-case hexadecimal")
    if not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise _refused("its language is no code of two lower-case letters")
    trustees = _trustees(given["trustees"])
    manifest = Manifest(
        agency=agency,
        title=_text(given["title"], "its title"),
        language=language,
        contests=contests_of(given["contests"]),
        units=_units(_list(given["units"], "units")),
        min_ballots=_number(given["minBallots"], "minBallots", 1, _MOST_VOTERS),
        trustees=trustees,
        threshold=_threshold(given["threshold"], len(trustees)),
        schedule=_schedule(given["schedule"]),
    )
    # Lines on a roll are not known yet: there are at most as many as eligible voters.
    rolls = [UnitRoll(place, unit.eligible, 0, unit.eligible, ZERO_HASH) for place, unit in enumerate(manifest.units)]
    check_forms(manifest.forms, width_of(manifest.eligible), rolls, manifest.min_ballots)
    for number, form in enumerate(manifest.forms):
        shares = form.ciphertexts * manifest.threshold
        if shares > MOST_SHARES:
            raise Refused("CountTooLarge", contest=number, shares=shares)
    if len(manifest.content) > LARGEST:
        raise _refused(f"it has {len(manifest.content)} bytes, more than {LARGEST}")
    return manifest


def encode_modulus(modulus: int) -> str:
    """A unit's RSA modulus as the manifest holds it: base64url without padding (RFC 7518, section 2)."""
    return base64.urlsafe_b64encode(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def _load(content: bytes) -> Any:
    # A key twice, or a number that doubles do not hold, does not survive the comparison with the canonical bytes; a
    # file written by hand has no such comparison.
    if len(content) > 4 * LARGEST:
        raise _refused(f"it has {len(content)} bytes, more than {LARGEST}")
    try:
        return json.loads(content.decode(), object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:  # bytes, JSON, a number of too many digits, lists too deep
        raise _refused(f"it is no JSON in UTF-8 ({type(error).__name__})") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise _refused("an object has a key twice")
    return held


def contests_of(values: Any) -> tuple[Contest, ...]:
    """The contests as a manifest lists them. Raises Refused(ManifestMalformed, FormRefused)."""
    return tuple(_contest(number, value) for number, value in enumerate(_list(values, "contests"), 1))


def _contest(number: int, value: Any) -> Contest:
    place = f"contest {number}"
    form = value.get("form") if isinstance(value, dict) else None
    if form == "choice":
        given = _object(value, place, ("title", "form", "options", "blank"))
        if not isinstance(given["blank"], bool):
            raise _refused(f"the blank of {place} is neither true nor false")
        options = _options(given["options"], place)
        made = ContestForm.choice(len(options), blank=given["blank"])
    elif form == "points":
        given = _object(value, place, ("title", "form", "options", "most", "minimum", "maximum"))
        options = _options(given["options"], place)
        bounds = (_number(given[name], f"{name} of {place}", 0, 0xFFFF) for name in ("most", "minimum", "maximum"))
        made = ContestForm.points(len(options), *bounds)
    else:
        raise _refused(f"the form of {place} is neither choice nor points")
    if made.refused:
        raise Refused("FormRefused", contest=number - 1, form=made.pack() if made.most <= 0xFF else 0)
    return Contest(_text(given["title"], f"the title of {place}"), options, made)


def _options(value: Any, place: str) -> tuple[str, ...]:
    options = tuple(_text(option, f"an option of {place}") for option in _list(value, f"options of {place}"))
    if len(set(options)) != len(options):
        raise _refused(f"{place} has two options of one name")
    if len(options) > 0xFF:
        raise _refused(f"{place} has {len(options)} options")
    return options


def _units(values: Sequence[Any]) -> tuple[Unit, ...]:
    if not 1 <= len(values) <= MOST_UNITS:
        raise _refused(f"it has {len(values)} units, not 1 to {MOST_UNITS}")
    units = []
    for number, value in enumerate(values):
        place = f"unit {number}"
        given = _object(value, place, ("name", "area", "eligible", "key"))
        eligible = _number(given["eligible"], f"eligible of {place}", 1, _MOST_VOTERS)
        name, area = (_text(given[key], f"the {key} of {place}") for key in ("name", "area"))
        units.append(Unit(name, area, eligible, _modulus(given["key"], place)))
    for held in ("name", "modulus"):
        if len({getattr(unit, held) for unit in units}) != len(units):
            raise _refused(f"two units have one {'key' if held == 'modulus' else held}")
    return tuple(units)


def _modulus(value: Any, place: str) -> int:
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise _refused(f"the key of {place} is not base64url") from None
    modulus = int.from_bytes(raw, "big")
    if encode_modulus(modulus) != value:
        raise _refused(f"the key of {place} has padding or leading zeros")
    if not SHORTEST_KEY <= modulus.bit_length() <= LONGEST_KEY or modulus % 2 == 0:
        raise _refused(f"the key of {place} is no RSA modulus of {SHORTEST_KEY} to {LONGEST_KEY} bits")
    return modulus


def _trustees(value: Any) -> tuple[str, ...]:
    trustees = _list(value, "trustees")
    if not 2 <= len(trustees) <= MOST_TRUSTEES:
        raise _refused(f"it has {len(trustees)} trustees, not 2 to {MOST_TRUSTEES}")
    for trustee in trustees:
        if not (isinstance(trustee, str) and _ADDRESS.fullmatch(trustee)) or trustee == ZERO_ADDRESS:
            raise _refused("a trustee is no address in lower-case hexadecimal")
    if len(set(trustees)) != len(trustees):
        raise _refused("a trustee is named twice")
    return tuple(trustees)


def _threshold(value: Any, trustees: int) -> int:
    threshold = _number(value, "threshold", 1, MOST_TRUSTEES)
    if not trustees < 2 * threshold <= 2 * trustees:
        raise _refused(f"its threshold {threshold} is not more than half of {trustees} trustees, or more than all")
    return threshold


def _schedule(value: Any) -> Schedule:
    given = _object(value, "the schedule", _TIMES)
    times = [_number(given[name], name, 0, _LATEST) for name in _TIMES]
    schedule = Schedule(*times)
    if not (times == sorted(times) and times[0] < times[1] and times[3] < times[4]):
        raise _refused(f"its times are not in the order {', '.join(_TIMES)}")
    if schedule.closes - schedule.opens > LONGEST_VOTING:
        raise _refused("voting lasts longer than 60 days")
    return schedule


def _object(value: Any, place: str, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _refused(f"{place} is no JSON object")
    for key in keys:
        if key not in value:
            raise _refused(f"{place} has no {key}")
    for key in value:
        if key not in keys:
            raise _refused(f"{place} has an unknown key {key!r}")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _refused(f"its {what} are no list")
    return value


def _number(value: Any, what: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _refused(f"{what} is no whole number from {least} to {most}")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT or not value.isprintable():
        raise _refused(f"{what} is no line of 1 to {_LONGEST_TEXT} printable characters")
    return value


def _to_json(manifest: Manifest) -> dict[str, Any]:
    schedule = manifest.schedule
    times = (
        schedule.enrolment_opens,
        schedule.enrolment_closes,
        schedule.roll_closes,
        schedule.opens,
        schedule.closes,
    )
    return {
        "agency": manifest.agency,
        "title": manifest.title,
        "language": manifest.language,
        "contests": [_contest_to_json(contest) for contest in manifest.contests],
        "units": [
            {"name": unit.name, "area": unit.area, "eligible": unit.eligible, "key": encode_modulus(unit.modulus)}
            for unit in manifest.units
        ],
        "minBallots": manifest.min_ballots,
        "trustees": list(manifest.trustees),
        "threshold": manifest.threshold,
        "schedule": dict(zip(_TIMES, times, strict=True)),
    }


def _contest_to_json(contest: Contest) -> dict[str, Any]:
    form = contest.form
    named = {"title": contest.title, "options": list(contest.options)}
    if form.kind == ContestKind.CHOICE:
        return {**named, "form": "choice", "blank": form.blank}
    return {**named, "form": "points", "most": form.most, "minimum": form.minimum, "maximum": form.maximum}


def _refused(why: str) -> Refused:
    return Refused("ManifestMalformed", why=why)
