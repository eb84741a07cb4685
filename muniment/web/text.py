"""Text from strangers, made fit to search with and to show."""

import re
import unicodedata

HEX_ID = re.compile(r"0x[0-9a-fA-F]{64}")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
MAX_QUERY = 100


def is_id(text: str) -> bool:
    """Whether the text is a 32-byte id in hex."""
    return HEX_ID.fullmatch(text) is not None


def short(text: str) -> str:
    """A hash or address by its first and last digits: 0x1234abcd…9876."""
    return text if len(text) <= 16 else f"{text[:10]}…{text[-4:]}"


def readable(text: str) -> str:
    """A reference as it can be shown: control and direction characters are replaced by "�".

    Right-to-left overrides (Unicode TR 36) could make one reference look like another.
    """
    return "".join("\N{REPLACEMENT CHARACTER}" if _misleads(character) else character for character in text)


def searchable(text: str) -> str:
    """What somebody typed, without characters that no reference holds, at most 100 characters."""
    return "".join(character for character in text if not _misleads(character)).strip()[:MAX_QUERY]


def _misleads(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or character in "\u200e\u200f\u061c"
        or ("\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069")
    )
