"""What the contracts must answer at the head, from all that was replayed; and how it differs from what they did."""

from collections.abc import Iterator, Sequence
from typing import Any

from muniment.ballots.model import Ciphertext, Group, Point
from muniment.ballots.verifying.casting import Unit
from muniment.ballots.verifying.findings import Findings
from muniment.ballots.verifying.key_ceremony import KeyCeremony
from muniment.hashing import ZERO_HASH


def ceremony_view(ceremony: KeyCeremony, agency: str, manifest_hash: str, election: str, box: str) -> dict[str, Any]:
    """ceremony(setup), keyOf, trusteeKeyOf, trusteesOf with trusteeOf."""
    return {
        "stage": str(int(ceremony.stage)),
        "agency": agency,
        "manifestHash": manifest_hash,
        "begun": str(ceremony.begun),
        "period": str(ceremony.period),
        "threshold": str(ceremony.threshold),
        "trustees": str(len(ceremony.members)),
        "confirmations": str(ceremony.confirmations),
        "election": election,
        "box": box,
        "key": point_text(ceremony.key),
        "trusteeKeys": [point_text(key) for key in ceremony.keys],
        "members": [
            {
                "account": one.account,
                "revealed": bool(one.coefficients),
                "dealt": one.dealt,
                "confirmed": one.confirmed,
                "out": one.out,
                "commitment": one.commitment,
            }
            for one in ceremony.members
        ],
    }


def turnout_view(units: Sequence[Unit]) -> list[dict[str, str]]:
    """What turnoutOf says of each unit."""
    return [{"ballots": str(unit.ballots), "batches": str(len(unit.roots))} for unit in units]


def standings_view(units: Sequence[Unit], named: set[tuple[int, int]]) -> list[dict[str, Any]]:
    """What standingOf says of each line that an event names alone."""
    lines = [(unit, index, units[unit].line(index)) for unit, index in sorted(named)]
    return [
        {
            "unit": str(unit),
            "index": str(index),
            "voted": line.voted and not line.barred,
            "barred": line.barred,
            "tracker": ZERO_HASH if line.barred else line.word,
        }
        for unit, index, line in lines
    ]


def sums_view(sums: Sequence[tuple[int, Sequence[Ciphertext]]]) -> list[dict[str, Any]]:
    """What sumOf says of each ciphertext of some units."""
    return [
        {"unit": str(unit), "sums": [[word_text(number) for point in one for number in point] for one in own]}
        for unit, own in sums
    ]


def groups_view(groups: Sequence[Group], complete: bool) -> dict[str, Any]:
    """What groupCount and groupOf say."""
    listed = [
        {"firstUnit": str(one.first_unit), "lastUnit": str(one.last_unit), "ballots": str(one.ballots)}
        for one in groups
    ]
    return {"complete": complete, "groups": listed}


def compare(expected: Any, given: Any, where: str, found: Findings) -> None:
    """Note every place where an answer is another, or is missing, or is one too many."""
    for path, says in _differences(expected, given, where):
        found.wrong("ViewDiffers", path, says)


def _differences(expected: Any, given: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(expected, dict) and isinstance(given, dict):
        for key in sorted(expected.keys() | given.keys()):
            if key not in given or key not in expected:
                yield f"{where}.{key}", "It is missing." if key not in given else "Nothing calls for it."
            else:
                yield from _differences(expected[key], given[key], f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        for place, (own, other) in enumerate(zip(expected, given, strict=True)):
            yield from _differences(own, other, f"{where}[{place}]")
    elif type(expected) is not type(given) or expected != given:
        yield where, f"It follows to be {_short(expected)}, and is {_short(given)}."


def _short(value: Any) -> str:
    text = f"{len(value)} entries" if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def point_text(point: Point) -> list[str]:
    """A point as two words of 0x text."""
    return [word_text(point.x), word_text(point.y)]


def word_text(number: int) -> str:
    """A number as a word of 0x text."""
    return f"0x{number:064x}"
