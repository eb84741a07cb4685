"""Applications for e-residency: what is asked of an applicant, what is checked, and when it may be decided."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum

from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.model import new_code

MOST_YEARS = 10
_EARLIEST_BIRTH = date(1900, 1, 1)
_PATTERNS = {
    "nationality": re.compile("[A-Z]{2}"),  # ISO 3166-1 alpha-2
    "document_number": re.compile(r"[A-Za-z0-9][A-Za-z0-9 /-]{2,39}"),
    "email": re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}"),
}
_LONGEST = {"given_name": 200, "family_name": 200, "reason": 2_000}


class Check(StrEnum):
    """What staff looks at before anything is decided; every one of them."""

    IDENTITY_DOCUMENT = "identity_document"
    LIKENESS = "likeness"
    SANCTIONS = "sanctions"


class CaseState(StrEnum):
    """How far a case has come. Checked: nothing is left but to decide."""

    OPEN = "open"
    CHECKED = "checked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True)
class Application:
    """What an applicant says. All of it is personal data."""

    given_name: str
    family_name: str
    date_of_birth: str
    nationality: str
    document_number: str
    email: str
    reason: str

    def columns(self) -> dict[str, str]:
        """The fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def record(self) -> dict[str, str]:
        """The identity record of the party that an approved applicant becomes."""
        return {
            "givenName": self.given_name,
            "familyName": self.family_name,
            "dateOfBirth": self.date_of_birth,
            "nationality": self.nationality,
            "documentNumber": self.document_number,
        }


@dataclass(frozen=True)
class Checked:
    """One look at one thing, by whom and when (Unix seconds)."""

    check: Check
    officer: str
    passed: bool
    checked_at: int


def application(given: Mapping[str, str], today: date) -> Application:
    """An application of trimmed texts. Raises Refused, naming the field, never what it holds."""
    texts = {field.name: " ".join(given.get(field.name, "").split()) for field in fields(Application)}
    texts["nationality"] = texts["nationality"].upper()
    for name, text in texts.items():
        pattern, longest = _PATTERNS.get(name), _LONGEST.get(name, 300)
        sound = 1 <= len(text) <= longest and text.isprintable() and (pattern is None or pattern.fullmatch(text))
        if not sound:
            raise Refused("ApplicationFieldRefused", field=name.replace("_", " "))
    try:
        born = date.fromisoformat(texts["date_of_birth"])
    except ValueError:
        born = date.max
    if not _EARLIEST_BIRTH <= born < today:
        raise Refused("ApplicationFieldRefused", field="date of birth")
    return Application(**texts)


def latest(checks: Sequence[Checked]) -> dict[Check, Checked]:
    """The look that counts for each thing: the last. `checks` in the order in which they were made."""
    return {one.check: one for one in checks}


def years_after(moment: int, years: int) -> int:
    """The same day and time of day so many years later, Unix seconds; 1 March for 29 February where there is none."""
    then = datetime.fromtimestamp(moment, UTC)
    try:
        later = then.replace(year=then.year + years)
    except ValueError:
        later = then.replace(year=then.year + years, month=3, day=1)
    return int(later.timestamp())


def new_case() -> str:
    """A case's number, to be read aloud: 40 random bits."""
    return new_code()[:9]


def new_token() -> str:
    """What an applicant follows the case by: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return keccak(token.encode())
