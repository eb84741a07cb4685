"""Read JSON so that every reader reads the same: I-JSON (RFC 7493) with bounds, everything else refused.

Two programs that parse one file differently are how a checked document and a shown document come apart: duplicate
keys, numbers that a double cannot hold, lone surrogates, byte order marks.
"""

import json
from typing import Any, NoReturn

DEEPEST = 32  # objects and arrays within each other; scalars do not count
LARGEST = 16 * 2**20  # bytes
_BEYOND = 2.0**53  # from here on a double cannot tell an integer from the next one


class JsonRefused(ValueError):
    """Bytes that are no JSON text in the sense of this module; the message says why."""


def parse(content: bytes, largest: int = LARGEST) -> Any:
    """The value of a JSON text in UTF-8: dict, list, str, int, float, bool or None. Raises JsonRefused, nothing else.

    Refused: more than `largest` bytes, a byte order mark, bad UTF-8, more than 32 levels, a key twice in one object,
    a number whose nearest double is infinite or at least 2^53 in magnitude, a lone surrogate.
    """
    if len(content) > largest:
        raise JsonRefused(f"it has more than {largest} bytes")
    try:
        value = json.loads(
            content.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except (RecursionError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise JsonRefused(f"it is no JSON in UTF-8 ({type(error).__name__})") from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise JsonRefused("an object has the same key twice")
    return held


def _integer(text: str) -> int | float:
    _float(text)
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not abs(value) < _BEYOND:
        raise JsonRefused("a number is beyond what every reader holds exactly")
    return value


def _constant(name: str) -> NoReturn:
    raise JsonRefused(f"{name} is no JSON")


def _check(value: Any) -> None:
    """Refuse deep nesting and lone surrogates, without recursion."""
    level = [value]
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        containers = False
        for held in level:
            if isinstance(held, str):
                _check_text(held)
            elif isinstance(held, dict):
                containers = True
                for key in held:
                    _check_text(key)
                below.extend(held.values())
            elif isinstance(held, list):
                containers = True
                below.extend(held)
        if not containers:
            return
        level = below
    raise JsonRefused(f"it is nested deeper than {DEEPEST} levels")


def _check_text(text: str) -> None:
    # Not isascii is the cheap test; only then may a surrogate hide.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise JsonRefused("a text has half a surrogate pair")
