"""Languages of the pages: one catalogue per language, chosen by ?lang=, then cookie, then Accept-Language."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

LANGUAGES = ("en", "et", "sv")
COOKIE = "lang"
MESSAGES = Path(__file__).parent / "messages"
_THIN = "\N{NO-BREAK SPACE}"
_SEPARATORS = {"en": (",", "."), "et": (_THIN, ","), "sv": (_THIN, ",")}
_MAX_HEADER = 200


@dataclass(frozen=True)
class Words:
    """One language's messages and its way of writing numbers and dates."""

    language: str
    messages: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The message of a key with its {values} filled in; raises KeyError for a key that does not exist."""
        message = self.messages[key]
        return message.format(**values) if values else message

    def has(self, key: str) -> bool:
        """Whether there is such a message, for keys that are made from data."""
        return key in self.messages

    def count(self, key: str, number: int) -> str:
        """`key.one` or `key.other` with {n}, the number as this language writes it."""
        return self(f"{key}.{'one' if number == 1 else 'other'}", n=self.number(number))

    def number(self, value: int) -> str:
        """An integer with its thousands set apart."""
        return f"{value:,}".replace(",", _SEPARATORS[self.language][0])

    def decimal(self, units: int, decimals: int) -> str:
        """An amount of smallest units with its decimals, all of them or, of a whole amount, none."""
        whole, rest = divmod(units, 10**decimals)
        point = _SEPARATORS[self.language][1]
        return self.number(whole) + (f"{point}{rest:0{decimals}d}" if rest else "")

    def area(self, dm2: int) -> str:
        """An area in dm² written in m², to the last registered digit that is not a trailing zero."""
        whole, rest = divmod(dm2, 100)
        decimals = f"{rest:02d}".rstrip("0")
        point = _SEPARATORS[self.language][1]
        return f"{self.number(whole)}{point + decimals if decimals else ''}{_THIN}m²"

    def date(self, moment: int) -> str:
        """The day of a Unix time in UTC, e.g. "22 November 2026"."""
        day = time.gmtime(min(max(moment, 0), 253_402_300_799))
        return self(f"date.{day.tm_mon:02d}", day=day.tm_mday, year=day.tm_year)

    def moment(self, moment: int) -> str:
        """A Unix time to the minute in UTC, e.g. "22 November 2026, 08:15 UTC"."""
        day = time.gmtime(min(max(moment, 0), 253_402_300_799))
        return f"{self.date(moment)}, {day.tm_hour:02d}:{day.tm_min:02d} UTC"

    def legal_date(self, number: int) -> str:
        """A date written as the number YYYYMMDD; as it stands when it is no date of the calendar."""
        year, month, day = number // 10_000, number // 100 % 100, number % 100
        if 1 <= month <= 12 and 1 <= day <= 31:
            return self(f"date.{month:02d}", day=day, year=year)
        return str(number)

    def browser(self, *others: str) -> str:
        """The messages that the pages' scripts use, as JSON; with those that begin as one of `others`."""
        return json.dumps({key: text for key, text in self.messages.items() if key.startswith(("browser.", *others))})


def load_catalogue() -> dict[str, Words]:
    """Every language's messages, from messages/<language>.json."""
    return {
        language: Words(language, json.loads((MESSAGES / f"{language}.json").read_text(encoding="utf-8")))
        for language in LANGUAGES
    }


def choose(request: Request) -> str:
    """The language asked for, remembered, or preferred by the browser (RFC 9110, 12.5.4); else English."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return str(wanted)
    return _preferred(request.headers.get("accept-language", "")[:_MAX_HEADER])


def _preferred(header: str) -> str:
    best, best_weight = LANGUAGES[0], 0.0
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        try:
            weight = float(parameter.strip().removeprefix("q=") or "1")
        except ValueError:
            continue
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best
