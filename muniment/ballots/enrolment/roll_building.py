"""The second window: credentials come in without a name, and become the roll.

Nothing that is kept here tells when or in which order they came.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection, delete, insert, select

from muniment.ballots.enrolment.blind import PublicKey, from_text, verify
from muniment.ballots.enrolment.office import issued_by_unit, log_root
from muniment.ballots.hashes import credential_message, unit_leaf
from muniment.ballots.model import UnitRoll
from muniment.ballots.roll import Tree, roll_root
from muniment.ballots.setups import Setup
from muniment.db.engine import insert_once
from muniment.db.schema import ballot_credentials, ballot_rolls
from muniment.errors import Refused


@dataclass(frozen=True)
class BuiltRoll:
    """The roll as it is published (`text`), and what the box is opened with."""

    text: str
    units: tuple[UnitRoll, ...]
    roll_root: str
    log_root: str

    def unit_path(self, unit: int) -> tuple[str, ...]:
        """The siblings of a unit's leaf under the roll's root."""
        return Tree([unit_leaf(one) for one in self.units]).path(unit)


def submit(
    connection: Connection, setup: Setup, unit: int, credential: str, randomizer: str, signature: str, now: int
) -> None:
    """Take a credential (lower-case address) that the office signed blindly; the same again changes nothing.

    Raises Refused: RollClosed outside the window, CredentialRefused, CredentialTaken, NotBase64.
    """
    schedule = setup.manifest.schedule
    if not schedule.enrolment_closes <= now < schedule.roll_closes or setup.box is not None:
        raise Refused("RollClosed", opens=schedule.enrolment_closes, closes=schedule.roll_closes)
    if not 0 <= unit < len(setup.manifest.units):
        raise Refused("CredentialRefused", unit=unit)
    message = credential_message(setup.setup, unit, credential)
    key = PublicKey(setup.manifest.units[unit].modulus)
    if not verify(key, message, from_text(randomizer), from_text(signature)):
        raise Refused("CredentialRefused", unit=unit)
    row = {"setup": setup.setup, "unit": unit, "credential": credential}
    told = {"randomizer": randomizer, "signature": signature}
    if insert_once(connection, ballot_credentials, {**row, **told}):
        return
    where = (ballot_credentials.c[name] == value for name, value in row.items())
    held = connection.execute(select(ballot_credentials).where(*where)).one()
    if (held.randomizer, held.signature) != (randomizer, signature):
        raise Refused("CredentialTaken", unit=unit)


def build(connection: Connection, setup: Setup, now: int) -> BuiltRoll:
    """Make the roll of every unit, once the window has closed, and publish it. Nothing is built twice differently.

    Raises Refused: RollOpen before that, RollEmpty where no unit has a line, RollTooLong for one with more lines
    than signatures.
    """
    if now < setup.manifest.schedule.roll_closes:
        raise Refused("RollOpen", closes=setup.manifest.schedule.roll_closes)
    issued = issued_by_unit(connection, setup.setup)
    rolls: list[UnitRoll] = []
    published: list[Any] = []
    for number, unit in enumerate(setup.manifest.units):
        lines = _lines(connection, setup, number)
        given = issued.get(number, 0)
        if len(lines) > given:
            raise Refused("RollTooLong", unit=number, lines=len(lines), issued=given)
        root = roll_root(number, [credential for credential, _, _ in lines])
        rolls.append(UnitRoll(number, len(lines), given, unit.eligible, root))
        published.append({"unit": number, "issued": given, "lines": lines})
    if not any(roll.lines for roll in rolls):
        raise Refused("RollEmpty")
    text = rfc8785.dumps({"setup": setup.setup, "units": published}).decode()
    root = Tree([unit_leaf(roll) for roll in rolls]).root
    built = BuiltRoll(text, tuple(rolls), root, log_root(connection, setup.setup))
    connection.execute(delete(ballot_rolls).where(ballot_rolls.c.setup == setup.setup))
    row = {"setup": setup.setup, "roll": text, "roll_root": built.roll_root, "log_root": built.log_root}
    units = json.dumps([asdict(roll) for roll in rolls])
    connection.execute(insert(ballot_rolls).values(**row, units=units, built_at=now))
    return built


def built_roll(connection: Connection, setup: str) -> BuiltRoll:
    """The roll as it was published. Raises Refused(RollNotPublished)."""
    row = connection.execute(select(ballot_rolls).where(ballot_rolls.c.setup == setup)).one_or_none()
    if row is None:
        raise Refused("RollNotPublished")
    return BuiltRoll(row.roll, unit_rolls(row.units), row.roll_root, row.log_root)


def credentials_of(connection: Connection, setup: str, unit: int) -> list[str]:
    """The credentials of a unit of the published roll, in order. Raises Refused(RollNotPublished, UnitUnknown)."""
    units = json.loads(built_roll(connection, setup).text)["units"]
    if not 0 <= unit < len(units):
        raise Refused("UnitUnknown", unit=unit)
    return [credential for credential, _, _ in units[unit]["lines"]]


def unit_rolls(text: str) -> tuple[UnitRoll, ...]:
    """Rolls as they are kept."""
    return tuple(UnitRoll(**held) for held in json.loads(text))


def _lines(connection: Connection, setup: Setup, unit: int) -> list[list[Any]]:
    """A unit's lines in order of credential. Sorted here: databases order text in their own ways."""
    mine = (ballot_credentials.c.setup == setup.setup, ballot_credentials.c.unit == unit)
    rows = connection.execute(select(ballot_credentials).where(*mine))
    return sorted([row.credential, row.randomizer, row.signature] for row in rows)
