"""Lines of the roll that the enrolment office never signed. What it does to a whole roll is in hostile_office.py."""

from tests.service.ballots.election import FIRST, SECOND, Election
from tests.service.ballots.forgeries import Transcript


def line_signed_otherwise(_held: Election, made: Transcript) -> None:
    """A bit of a line's signature is another."""
    line = made["roll"]["units"][FIRST]["lines"][0]
    line[2] = ("B" if line[2][0] == "A" else "A") + line[2][1:]


def line_of_another_key(held: Election, made: Transcript) -> None:
    """A line is signed with another key than the manifest announces for its unit: whoever has that key is marked."""
    lines = made["roll"]["units"][FIRST]["lines"]
    lines[0], _ = held.signed_line(FIRST, lines[0][0], held.unit_keys[SECOND])


def line_of_another_unit(held: Election, made: Transcript) -> None:
    """A line is signed with its unit's key, as a line of another unit."""
    lines = made["roll"]["units"][FIRST]["lines"]
    lines[0], _ = held.signed_line(SECOND, lines[0][0], held.unit_keys[FIRST])
