"""Read the features of a GeoJSON text one by one, each with its line, and go on after a broken one.

A JSON parser stops at the first error of a file. Here each feature is parsed on its own; after an error, reading
resumes where the next feature begins, so that one broken feature costs no other.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from muniment.errors import Refused
from muniment.land.jsontext import JsonError, balanced, damage, value_at

_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_START = re.compile(r"^([ \t]*)\{", re.MULTILINE)
_FEATURE = re.compile(r'\{\s*"type"\s*:\s*"Feature"\s*,')


@dataclass(frozen=True)
class Piece:
    """One element of the feature list: what it says, or why it cannot be read. `at` is its end in characters."""

    line: int
    value: Any
    error: Refused | None
    at: int


class FeatureReader:
    """The pieces of a FeatureCollection, in the order of the text. Raises Refused when the text is none.

    Once all pieces are read, `members` holds what else the collection says (type, crs, name …), and `whole` tells
    whether the text was read to its proper end.
    """

    def __init__(self, text: str) -> None:
        self.members: dict[str, Any] = {}
        self.whole = False
        self._lost = False
        self._text = text
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
                name, at = value_at(self._text, at)
                at = self._value(at)
                if name == "features" and not seen and self._char(at) == "[":
                    seen = True
                    at = yield from self._list(at + 1)
                else:
                    at = self._member(name, at)
            except (ValueError, RecursionError, Refused):
                if not seen:
                    raise Refused("NotGeoJson", line=self._line_of(at)) from None
                yield Piece(self._line_of(at), None, Refused("TailNotJson"), len(self._text))
                return
            at = self._skip(at)
            if self._char(at) == ",":
                at = self._skip(at + 1)
        if not seen:
            raise Refused("NotGeoJson", line=self._line_of(at))
        if self._lost:
            return  # the last feature is broken, and what follows it was taken for a part of it
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
        self.members[name], end = value_at(self._text, at)
        return end

    def _list(self, at: int) -> Generator[Piece, None, int]:
        """The elements up to the list's end; returns the position behind it."""
        at = self._skip(at)
        while self._char(at) not in ("]", ""):
            line = self._line_of(at)
            try:
                value, end = value_at(self._text, at)
                error = damage(self._text, at, end)
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
                line = self._line_of(at)
                at = self._resume(at)
                yield Piece(line, None, Refused("FeatureNotJson", detail="stray text", line=line), at)
                at = self._skip(at)
        return at + 1

    def _resume(self, broken: int) -> int:
        """Where to go on after the element that begins at `broken`.

        An element that begins its line is followed by the next line that begins one, at the same depth or less: a
        JSON string never spans lines, so this holds even when a quotation mark is missing. Otherwise the element ends
        where its brackets balance, or at the next thing that begins like a feature.
        """
        text = self._text
        margin = broken
        while text[margin - 1 : margin] in (" ", "\t"):
            margin -= 1
        if text[margin - 1 : margin] == "\n":
            for found in _LINE_START.finditer(text, text.find("\n", broken) + 1 or len(text)):
                if len(found[1]) <= broken - margin:
                    return found.end() - 1
        following = _FEATURE.search(text, broken + 1)
        limit = following.start() if following else len(text)
        end = balanced(text, broken, limit)
        self._lost = end is None and following is None
        return limit if end is None else end

    def _why(self, wrong: ValueError) -> Refused:
        if isinstance(wrong, JsonError):
            line = self._line + self._text.count("\n", self._counted, wrong.at)
            return Refused("FeatureNotJson", detail=str(wrong), line=line)
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
