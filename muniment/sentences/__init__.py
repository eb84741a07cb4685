"""One plain sentence or two for every error: what happened, and what to do next.

One catalogue for the command line, the API and the pages; `en.json` maps an error's name (a custom error of the
contracts, or a Refused of the service) to a template over its arguments. A translation is a file beside it.
"""

import json
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from muniment.access.model import AgencyStatus, KeyStanding, scopes_of
from muniment.ballots.states import CeremonyStage
from muniment.errors import Refused
from muniment.identity.companies.model import CompanyStatus
from muniment.land.sales.model import SaleStatus

_FOLDER = Path(__file__).parent


def sentence(name: str, arguments: Mapping[str, Any] | None = None, language: str = "en") -> str:
    """What an error means. A name that the catalogue lacks is shown as it is, with its arguments.

    Raises LookupError for a language without a catalogue.
    """
    arguments = arguments or {}
    template = catalogue(language).get(name)
    if template is None:
        values = ", ".join(f"{key} {value}" for key, value in arguments.items())
        template = catalogue(language)["UnknownName"]
        arguments = {"name": name, "values": values or "–"}
    return _Plain().vformat(template, (), arguments)


def sentence_of(error: Refused, language: str = "en") -> str:
    """What a refusal of the service means."""
    return sentence(error.name, error.arguments, language)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Error name → template in a language. Raises LookupError when there is none."""
    path = _FOLDER / f"{language}.json"
    if not language.isalpha() or not path.is_file():
        raise LookupError(f"there are no sentences in {language!r}")
    read: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return read


class _Plain(string.Formatter):
    """Fills templates without ever failing: {deadline:time}, {scope:powers}, {status:step}, {present:sale}."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002 -- the base class's signature
        value = kwargs.get(str(key), "?")
        return "\N{REPLACEMENT CHARACTER}" if value is None else value

    def format_field(self, value: Any, format_spec: str) -> str:
        try:
            return _SHOWN[format_spec](value)
        except (LookupError, ValueError, TypeError, OverflowError, OSError):
            return str(value)


def _time(value: Any) -> str:
    return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M} UTC"


def _powers(value: Any) -> str:
    return ", ".join(scopes_of(int(value))) or "none"


def _gwei(value: Any) -> str:
    return f"{int(value) / 10**9:g} gwei"


# RFC 5280, section 5.3.1.
_REASONS = {
    0: "no reason was given",
    1: "a key was compromised",
    2: "the authority's key was compromised",
    3: "the affiliation changed",
    4: "it was superseded",
    5: "the issuer's operation ceased",
    9: "the privilege was withdrawn",
    10: "the attribute authority's key was compromised",
}


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "": str,
    "time": _time,
    "powers": _powers,
    "gwei": _gwei,
    "revocation": lambda value: str(_REASONS[int(value)]),
    "status": lambda value: AgencyStatus(int(value)).name.lower(),
    "step": lambda value: CompanyStatus(int(value)).name.lower().replace("_", " "),
    "ceremony": lambda value: CeremonyStage(int(value)).name.lower(),
    "sale": lambda value: SaleStatus(int(value)).name.lower().replace("_", " "),
    "standing": lambda value: KeyStanding(int(value)).name.lower().replace("_", " "),
}
