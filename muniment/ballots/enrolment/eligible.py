"""Who may enrol: the agency's list, line by line."""

import csv
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from muniment.ballots.setups import Setup
from muniment.db.schema import ballot_salts, ballot_voters
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import Seals

_PARTY = re.compile("0x[0-9a-fA-F]{64}")
_LONGEST = 200  # characters of a reference
_CHUNK = 500


@dataclass(frozen=True)
class Imported:
    """How many lines were new, and how many stood already."""

    new: int
    known: int


def import_eligible(connection: Connection, sealer: Seals, setup: Setup, lines: Iterable[str]) -> Imported:
    """Take in CSV with the columns voter and unit (its number, or its name in the manifest).

    A voter is a party's id, or a reference of the agency's own, which is kept as a salted hash.
    Raises Refused(EligibleMalformed) with the line, and UnitOverfull when a unit has more voters than the manifest
    says; nothing is taken in then.
    """
    units = {unit.name: number for number, unit in enumerate(setup.manifest.units)}
    known = {row.voter: row.unit for row in connection.execute(select(ballot_voters).where(_of(setup)))}
    salt = salt_of(connection, sealer, setup)
    new: dict[str, int] = {}
    again = 0
    for number, line in _rows(lines):
        voter = voter_of(salt, line["voter"])
        unit = units.get(line["unit"].strip(), _number(line["unit"], len(setup.manifest.units)))
        if unit is None or not voter:
            raise Refused("EligibleMalformed", line=number)
        if known.get(voter, new.get(voter, unit)) != unit:
            raise Refused("EligibleTwice", line=number)
        again += voter in known or voter in new
        if voter not in known:
            new[voter] = unit
    counted = Counter([*known.values(), *new.values()])
    for place, held in enumerate(setup.manifest.units):
        if counted[place] > held.eligible:
            raise Refused("UnitOverfull", unit=place, voters=counted[place], eligible=held.eligible)
    rows = [{"setup": setup.setup, "voter": voter, "unit": unit} for voter, unit in sorted(new.items())]
    for some in (rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK)):
        connection.execute(insert(ballot_voters), some)
    return Imported(len(new), again)


def voter_of(salt: str, reference: str) -> str:
    """A party's id as it is; of any other reference a salted hash; empty for what is none."""
    text = reference.strip()
    if _PARTY.fullmatch(text):
        return text.lower()
    return keccak(bytes.fromhex(salt[2:]) + text.encode()) if 1 <= len(text) <= _LONGEST else ""


def salt_of(connection: Connection, sealer: Seals, setup: Setup) -> str:
    """What references of this election are hashed with; made when it is first asked for."""
    known = _salt(connection, sealer, setup)
    if known is not None:
        return known
    salt = "0x" + secrets.token_hex(32)
    connection.execute(insert(ballot_salts).values(setup=setup.setup, salt=sealer.seal(salt)))
    return salt


def find(connection: Connection, sealer: Seals, setup: Setup, reference: str) -> str:
    """The voter whom a reference names, as the list has it. Raises Refused(NotEligible) when it lists none."""
    # Without a salt nobody but parties is listed.
    voter = voter_of(_salt(connection, sealer, setup) or ZERO_HASH, reference)
    mine = (_of(setup), ballot_voters.c.voter == voter)
    if connection.execute(select(ballot_voters.c.voter).where(*mine)).one_or_none() is None:
        raise Refused("NotEligible", voter=voter)
    return voter


def count(connection: Connection, setup: Setup) -> dict[int, int]:
    """How many voters are listed, by unit."""
    query = select(ballot_voters.c.unit, func.count()).where(_of(setup)).group_by(ballot_voters.c.unit)
    return dict(connection.execute(query).all())


def _salt(connection: Connection, sealer: Seals, setup: Setup) -> str | None:
    query = select(ballot_salts.c.salt).where(ballot_salts.c.setup == setup.setup)
    sealed = connection.execute(query).scalar_one_or_none()
    return None if sealed is None else sealer.unseal(sealed)


def _of(setup: Setup) -> Any:
    return ballot_voters.c.setup == setup.setup


def _rows(lines: Iterable[str]) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(lines, strict=True)
    try:
        if not {"voter", "unit"} <= set(reader.fieldnames or ()):
            raise Refused("EligibleMalformed", line=1)
        for row in reader:
            if row["voter"] is None or row["unit"] is None:
                raise Refused("EligibleMalformed", line=reader.line_num)
            yield reader.line_num, row
    except csv.Error:
        raise Refused("EligibleMalformed", line=reader.line_num) from None


def _number(text: str, units: int) -> int | None:
    found = text.strip()
    return int(found) if re.fullmatch("[0-9]{1,4}", found) and int(found) < units else None
