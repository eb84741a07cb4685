"""The catalogue of sentences: every error that anybody can meet has one."""

import re
import string
from pathlib import Path

import pytest

from muniment.errors import Refused
from muniment.sentences import catalogue, sentence, sentence_of

ROOT = Path(__file__).resolve().parents[2]
ERROR = re.compile(r"^\s*error (\w+)\(([^)]*)\);", re.MULTILINE)
REFUSED = re.compile(r'(?:\bRefused|\breason)\(\s*"(\w+)"')


def contract_errors() -> dict[str, set[str]]:
    """Every custom error of interfaces and contracts, with the names of its arguments in all its forms."""
    found: dict[str, set[str]] = {}
    for path in [*(ROOT / "interfaces").rglob("*.sol"), *(ROOT / "contracts").rglob("*.sol")]:
        for name, inputs in ERROR.findall(path.read_text()):
            found.setdefault(name, set()).update(part.split()[-1] for part in inputs.split(",") if part.strip())
    return found


def service_errors() -> set[str]:
    """Every name that the service refuses, parks or delays with."""
    return {name for path in (ROOT / "muniment").rglob("*.py") for name in REFUSED.findall(path.read_text())}


@pytest.mark.parametrize("name", sorted(contract_errors()))
def test_every_error_of_the_contracts_has_a_sentence(name: str) -> None:
    """A custom error must be told in plain words, with no argument that it does not carry."""
    template = catalogue("en")[name]
    fields = {field for _, field, _, _ in string.Formatter().parse(template) if field}
    assert fields <= contract_errors()[name]


@pytest.mark.parametrize("name", sorted(service_errors()))
def test_every_refusal_of_the_service_has_a_sentence(name: str) -> None:
    """A refusal of the service must be told in plain words."""
    assert name in catalogue("en")


@pytest.mark.parametrize("name", sorted(catalogue("en")))
def test_a_sentence_ends_and_never_fails(name: str) -> None:
    """Each entry must be whole sentences, and be told even when its arguments are missing or strange."""
    assert catalogue("en")[name].endswith(".")
    for strange in ({}, dict.fromkeys(contract_errors().get(name, set()), "x{0}"), {"deadline": 10**40}):
        assert sentence(name, strange)


def test_values_are_shown_as_people_read_them() -> None:
    """Times, powers and states must be words, not numbers."""
    assert "1970-01-02 00:00 UTC" in sentence("DeadlinePassed", {"deadline": 86_400})
    assert "LAND_REGISTRAR" in sentence("ScopeMissing", {"key": "0x1", "scope": 1})
    assert "is suspended" in sentence("AgencyNotActive", {"agency": "0x1", "status": 2})
    assert "50 gwei" in sentence("FeeCeiling", {"ceiling": 50 * 10**9})


def test_an_unknown_error_is_shown_as_it_is() -> None:
    """An error that the catalogue lacks must keep its name and values, braces and all."""
    assert (
        sentence("Novel", {"a": "{b}"}) == "The request was refused: Novel (a {b}). Ask the operator what this means."
    )
    assert sentence_of(Refused("Novel")) == "The request was refused: Novel (–). Ask the operator what this means."


@pytest.mark.parametrize("language", ["xx", "../en", ""])
def test_a_language_without_sentences_is_an_error(language: str) -> None:
    """A catalogue must be named by its language alone, and exist."""
    with pytest.raises(LookupError):
        catalogue(language)
