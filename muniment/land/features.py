"""Read the features of a GeoJSON text one by one, each with its line, and go on after a broken one.

A JSON parser stops at the first error of a file. Here each feature is parsed on its own; after an error, reading
resumes where the next feature begins, so that one broken feature costs no other.
"""

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from muniment.errors import Refused

_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_START = re.compile(r"^([ \t]*)\{", re.MULTILINE)
_FEATURE = re.compile(r'\{\s*"type"\s*:\s*"Feature"\s*,')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_PAIRS = {"}": "{", "]": "["}


@dataclass(frozen=True)
class Piece:
    """One element of the feature list: what it says, or why it cannot be read. `at` is its end in characters."""

    line: int
    value: Any
    error: Refused | None
    at: int


def decode(content: bytes) -> str:
    """The file's text. Bytes that are no UTF-8 stay recognisable (surrogates), so that only their feature suffers.

    Raises Refused for UTF-16 and UTF-32, which a byte order mark gives away.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise Refused("FileNotUtf8")
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


class FeatureReader:
    """The pieces of a FeatureCollection, in the order of the text. Raises Refused when the text is none.

    Once all pieces are read, `members` holds what else the collection says (type, crs, name …), and `whole` tells
    whether the text was read to its proper end.
    """

    def __init__(self, text: str) -> None:
        self.members: dict[str, Any] = {}
        self.whole = False
        self._text = text
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
        self._line, self._counted = 1, 0

    def pieces(self) -> Iterator[Piece]:
        """Each feature, or the reason why it cannot be read."""
        at = self._skip(0)
        if self._char(at) != "{":
            raise Refused("NotGeoJson", line=self._line_of(at))
        seen = False
        at = self._skip(at + 1)
        while self._char(at) == '"':
            try:
                name, at = self._decoder.raw_decode(self._text, at)
                at = self._value(at)
                if name == "features" and not seen and self._char(at) == "[":
                    seen = True
                    at = yield from self._list(at + 1)
                else:
                    at = self._member(name, at)
            except (ValueError, RecursionError, Refused):
                if not seen:
                    raise Refused("NotGeoJson", line=self._line_of(at)) from None
                break
            at = self._skip(at)
            if self._char(at) == ",":
                at = self._skip(at + 1)
        if not seen:
            raise Refused("NotGeoJson", line=self._line_of(at))
        if self._char(at) != "}" or self._skip(at + 1) != len(self._text):
            yield Piece(self._line_of(at), None, Refused("TailNotJson"), len(self._text))
        else:
            self.whole = True

    def _value(self, at: int) -> int:
        """Where a member's value begins, its name ending at `at`. Raises ValueError without a colon."""
        at = self._skip(at)
        if self._char(at) != ":":
            raise ValueError
        return self._skip(at + 1)

    def _member(self, name: str, at: int) -> int:
        """Keep one of the collection's own members; returns the end of its value. Raises ValueError for a second."""
        if name in self.members or name == "features":
            raise ValueError
        self.members[name], end = self._decoder.raw_decode(self._text, at)
        return end

    def _list(self, at: int) -> Generator[Piece, None, int]:
        """The elements up to the list's end; returns the position behind it."""
        at = self._skip(at)
        while self._char(at) not in ("]", ""):
            line = self._line_of(at)
            try:
                value, end = self._decoder.raw_decode(self._text, at)
                error = _damage(self._text, at, end)
            except Refused as refused:
                value, error, end = None, refused, self._resume(at)
            except RecursionError:
                value, error, end = None, Refused("NestedTooDeep"), self._resume(at)
            except ValueError as wrong:
                value, error, end = None, self._why(wrong), self._resume(at)
            yield Piece(line, value, error, end)
            at = self._skip(end)
            if self._char(at) == ",":
                at = self._skip(at + 1)
            elif self._char(at) not in ("]", "{", ""):
                junk, at = at, self._resume(at)
                yield Piece(self._line_of(junk), None, Refused("FeatureNotJson", detail="stray text", line=0), at)
                at = self._skip(at)
        return at + 1

    def _resume(self, broken: int) -> int:
        """Where to go on after the element that begins at `broken`.

        An element that begins its line is followed by the next line that begins one, at the same depth or less: a
        JSON string never spans lines, so this holds even when a quotation mark is missing. Otherwise the element ends
        where its brackets balance, or at the next thing that begins like a feature.
        """
        text = self._text
        line_start = text.rfind("\n", 0, broken) + 1
        indent = broken - line_start
        if not text[line_start:broken].strip():
            for found in _LINE_START.finditer(text, text.find("\n", broken) + 1 or len(text)):
                if len(found[1]) <= indent:
                    return found.end() - 1
        following = _FEATURE.search(text, broken + 1)
        limit = following.start() if following else len(text)
        end = _balanced(text, broken, limit)
        return limit if end is None else end

    def _why(self, wrong: ValueError) -> Refused:
        if isinstance(wrong, json.JSONDecodeError):
            return Refused("FeatureNotJson", detail=wrong.msg, line=self._text.count("\n", 0, wrong.pos) + 1)
        return Refused("NumberTooLong")

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _char(self, at: int) -> str:
        return self._text[at : at + 1]

    def _line_of(self, at: int) -> int:
        """The line of a position; positions are asked for in ascending order, so that each is counted once."""
        if at > self._counted:
            self._line += self._text.count("\n", self._counted, at)
            self._counted = at
        return self._line


def _balanced(text: str, at: int, limit: int) -> int | None:
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


def _damage(text: str, start: int, end: int) -> Refused | None:
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
