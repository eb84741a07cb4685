"""The desk where a voter who withdrew is given a paper ballot: one for each credential, to whoever holds it.

Everybody can read on the chain which lines are barred. So the desk tells a new number each time, which the credential
has to sign; and who was given a ballot is written down here, for all desks of this service.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from muniment.ballots.crypto.ballot import is_at_desk
from muniment.ballots.enrolment.roll_building import credentials_of
from muniment.ballots.papers import Election
from muniment.db.engine import insert_once
from muniment.db.schema import paper_ballots
from muniment.errors import Refused

NUMBERS = 10**6
_CODE = re.compile("([0-9]{1,10})-([0-9]{1,10})")


def code_of(unit: int, index: int) -> str:
    """How a voter names its place on the roll at the desk."""
    return f"{unit}-{index}"


def place_of(election: Election, code: str) -> tuple[int, int]:
    """The unit and the line, both from 0, that a code stands for. Raises Refused(PlaceUnknown)."""
    read = _CODE.fullmatch(code.strip())
    unit, index = (int(read[1]), int(read[2])) if read else (-1, -1)
    if not 0 <= unit < len(election.rolls) or index >= election.rolls[unit].lines:
        raise Refused("PlaceUnknown", code=code)
    return unit, index


def ask(connection: Connection, election: Election, unit: int, index: int) -> int:
    """A new number for a voter who stands at a desk; the one before it is worth nothing from now on.

    Raises Refused: PaperGivenAlready.
    """
    number, place = secrets.randbelow(NUMBERS), _place(election, unit, index)
    if insert_once(connection, paper_ballots, {**place, "number": number}):
        return number
    again = update(paper_ballots).where(*_mine(place), paper_ballots.c.handed_at.is_(None))
    if not connection.execute(again.values(number=number, signature=None)).rowcount:
        raise _given(connection, place)
    return number


def answer(connection: Connection, election: Election, unit: int, index: int, number: int, signature: str) -> None:
    """Take what the voter's credential signed. Raises Refused: PlaceUnknown, DeskNumberRefused, NumberNotSigned."""
    place_of(election, code_of(unit, index))
    place = _place(election, unit, index)
    told = connection.execute(select(paper_ballots).where(*_mine(place))).one_or_none()
    if told is None or told.handed_at is not None or told.number != number:
        raise Refused("DeskNumberRefused", number=number)
    if not _is_signed(connection, election, unit, index, number, signature):
        raise Refused("NumberNotSigned", number=number)
    connection.execute(update(paper_ballots).where(*_mine(place)).values(signature=signature))


def is_answered(connection: Connection, election: Election, unit: int, index: int, number: int) -> bool:
    """Whether the credential has signed this number by now. Raises Refused: PaperGivenAlready, PaperAskedElsewhere."""
    place = _place(election, unit, index)
    told = connection.execute(select(paper_ballots).where(*_mine(place))).one()
    if told.number != number or told.handed_at is not None:
        raise _given(connection, place)
    return told.signature is not None and _is_signed(connection, election, unit, index, number, told.signature)


def hand_out(connection: Connection, election: Election, unit: int, index: int, number: int, now: int) -> None:
    """Write down that the voter is given a paper ballot. Raises Refused: PaperGivenAlready, PaperAskedElsewhere."""
    place = _place(election, unit, index)
    waits = (paper_ballots.c.number == number, paper_ballots.c.handed_at.is_(None))
    if not connection.execute(update(paper_ballots).where(*_mine(place), *waits).values(handed_at=now)).rowcount:
        raise _given(connection, place)


def _is_signed(connection: Connection, election: Election, unit: int, index: int, number: int, signature: str) -> bool:
    credential = credentials_of(connection, election.setup, unit)[index]
    return is_at_desk(election.domain, unit, index, number, credential, bytes.fromhex(signature[2:]))


def _place(election: Election, unit: int, index: int) -> Mapping[str, Any]:
    return {"box": election.box, "unit": unit, "voter_index": index}


def _mine(place: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(paper_ballots.c[name] == value for name, value in place.items())


def _given(connection: Connection, place: Mapping[str, Any]) -> Refused:
    """Somebody else was faster: another desk, just now or long ago."""
    at = connection.execute(select(paper_ballots.c.handed_at).where(*_mine(place))).scalar_one()
    code = code_of(place["unit"], place["voter_index"])
    return Refused("PaperAskedElsewhere", code=code) if at is None else Refused("PaperGivenAlready", code=code, time=at)
