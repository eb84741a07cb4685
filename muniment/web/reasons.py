"""Why a request was refused or held back, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from muniment.sentences import catalogue
from muniment.sentences import sentence as sentence_in


def sentence(name: str, arguments: Mapping[str, Any], language: str = "en") -> str:
    """What an error means, in English where the catalogue of sentences lacks the language."""
    try:
        catalogue(language)
    except LookupError:
        language = "en"
    return sentence_in(name, arguments, language)


def sentence_of(reason: Mapping[str, Any] | None, language: str = "en") -> str | None:
    """What an intent's reason ({"error", "arguments"}) means; None when it has none."""
    if reason is None:
        return None
    return sentence(str(reason.get("error", "")), reason.get("arguments") or {}, language)
