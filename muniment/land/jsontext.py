"""JSON values out of the middle of a long text, strictly: no NaN, no name twice, no bytes that are not UTF-8."""

import json
import re
from typing import Any

from muniment.errors import Refused

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_PAIRS = {"}": "{", "]": "["}
_WINDOW = 16_384  # characters that a value is first looked for in
_LONGEST_WORD = 16  # characters; an error so near a window's end may be the window's own


class JsonError(ValueError):
    """The text is no JSON at the position `at`."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def decode(content: bytes) -> str:
    """The file's text. Bytes that are no UTF-8 stay recognisable (surrogates), so that only their feature suffers.

    Raises Refused for UTF-16 and UTF-32, which a byte order mark gives away.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise Refused("FileNotUtf8")
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def value_at(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at a position, and where it ends.

    Looked for in a window that grows: Python counts the lines up to an error from the text's very beginning, which
    would take time in the square of a long line's broken features. Raises JsonError, Refused, ValueError for a number
    of thousands of digits, and RecursionError.
    """
    size = _WINDOW
    while True:
        window = text[at : at + size]
        try:
            value, end = _DECODER.raw_decode(window)
            return value, at + end
        except json.JSONDecodeError as error:
            inside = error.pos < len(window) - _LONGEST_WORD and not error.msg.startswith("Unterminated string")
            if inside or at + size >= len(text):
                raise JsonError(error.msg, at + error.pos) from None
        size *= 4


def balanced(text: str, at: int, limit: int) -> int | None:
    """The end of the bracketed element that begins at `at`, before `limit`; None when its brackets do not match."""
    open_brackets: list[str] = []
    for token in _TOKEN.finditer(text, at, limit):
        sign = token[0]
        if sign in "{[":
            open_brackets.append(sign)
        elif sign in _PAIRS:
            if not open_brackets or open_brackets.pop() != _PAIRS[sign]:
                return None
            if not open_brackets:
                return token.end()
    return None


def damage(text: str, start: int, end: int) -> Refused | None:
    """Whether bytes that are no UTF-8 stood in this stretch of the text."""
    if text.isascii() or text[start:end].isascii():
        return None
    damaged = any("\udc80" <= character <= "\udcff" for character in text[start:end])
    return Refused("BytesNotUtf8") if damaged else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a name given twice leaves open which value is meant (RFC 8259, section 4)."""
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        raise Refused("MemberTwice", member=next(name for name in names if names.count(name) > 1)[:60])
    return read


def _constant(name: str) -> Any:
    """NaN and the infinities are no JSON (RFC 8259, section 6)."""
    raise Refused("NotANumber", name=name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
