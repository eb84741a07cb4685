"""Every change of one field of a transcript; none may leave a verifier's verdict as it was.

`python -m tests.service.ballots.mutations TRANSCRIPT [--deep]` prints them for other verifiers: a line of JSON each,
{"path": [key or place, …], "value": what stands there instead}; without "value" the entry is left out, with "twice" it
is doubled.
"""

import json
import random
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Place = tuple[str | int, ...]
LONG = 130  # characters of hex from which a field is changed in several places
PLACES = 6


@dataclass(frozen=True)
class Mutation:
    """One change. `act` is "set", "drop" or "double"."""

    path: Place
    act: str
    value: Any = None

    def of(self, transcript: Any) -> Any:
        """A changed copy. Only what lies on the way is copied."""
        return self._at(transcript, self.path)

    def _at(self, value: Any, path: Place) -> Any:
        if not path:
            return deepcopy(self.value)
        key, *rest = path
        made = dict(value) if isinstance(value, dict) else list(value)
        if rest or self.act == "set":
            made[key] = self._at(value[key], tuple(rest))  # type: ignore[index]
        elif self.act == "drop":
            del made[key]  # type: ignore[arg-type]
        else:
            made.insert(int(key), value[key])  # type: ignore[union-attr, index]
        return made

    def as_json(self) -> dict[str, Any]:
        """For other verifiers."""
        told: dict[str, Any] = {"path": list(self.path)}
        if self.act == "double":
            return told | {"twice": True}
        return told | ({"value": self.value} if self.act == "set" else {})

    @property
    def kind(self) -> str:
        """Its path without numbers: mutations of one kind are alike."""
        return f"{self.act} " + ".".join("*" if isinstance(step, int) else str(step) for step in self.path)


def mutations(transcript: Any, seed: int = 1) -> Iterator[Mutation]:
    """All of them: each leaf another, each entry of a list or an object left out, each of a list doubled."""
    yield from _below(transcript, (), random.Random(seed))


def sample(transcript: Any, each: int, seed: int = 1) -> list[Mutation]:
    """At most `each` of every kind."""
    source = random.Random(seed)
    kinds: dict[str, list[Mutation]] = {}
    for one in mutations(transcript, seed):
        kinds.setdefault(one.kind, []).append(one)
    return [one for alike in kinds.values() for one in source.sample(alike, min(each, len(alike)))]


def _below(value: Any, path: Place, source: random.Random) -> Iterator[Mutation]:
    if isinstance(value, dict):
        for key, held in value.items():
            yield Mutation((*path, key), "drop")
            yield from _below(held, (*path, key), source)
    elif isinstance(value, list):
        for place, held in enumerate(value):
            yield Mutation((*path, place), "drop")
            yield Mutation((*path, place), "double")
            yield from _below(held, (*path, place), source)
    else:
        for other in _others(value, source):
            yield Mutation(path, "set", other)


def _others(value: Any, source: random.Random) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif re.fullmatch("[0-9]+", value):
        yield str(int(value) + 1)
    elif value.startswith("0x") and len(value) > 2:
        digits = range(2, len(value))
        for at in source.sample(digits, PLACES if len(value) > LONG else 1):
            yield value[:at] + f"{int(value[at], 16) ^ source.randrange(1, 16):x}" + value[at + 1 :]
    elif value:
        at = source.randrange(len(value))
        yield value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
    else:
        yield "A"


if __name__ == "__main__":
    held = json.loads(Path(sys.argv[1]).read_text())
    for found in mutations(held) if "--deep" in sys.argv else sample(held, 3):
        print(json.dumps(found.as_json(), separators=(",", ":")))
