"""What ballots of a unit are judged by, from the read tables."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, select

from muniment.ballots.hashes import domain_separator, unit_leaf
from muniment.ballots.model import BallotPaper, ContestForm, Point, UnitRoll, width_of
from muniment.ballots.roll import Tree
from muniment.db.answers import as_of
from muniment.db.schema import ceremonies, election_units, elections
from muniment.errors import Refused


@dataclass(frozen=True)
class Election:
    """A registered box with its constants, as its events tell. Times in Unix seconds."""

    box: str
    election: str
    setup: str
    domain: str
    key: Point
    width: int
    contests: tuple[ContestForm, ...]
    rolls: tuple[UnitRoll, ...]
    opens_at: int
    closes_at: int
    row: Row[Any]

    def paper(self, unit: int) -> BallotPaper:
        """What ballots of a unit are judged by. Raises Refused(UnitUnknown)."""
        if not 0 <= unit < len(self.rolls):
            raise Refused("UnitUnknown", unit=unit)
        return BallotPaper(self.election, self.domain, self.key, self.width, self.contests, self.rolls[unit])

    def unit_path(self, unit: int) -> tuple[str, ...]:
        """The siblings of a unit's leaf under the roll's root."""
        return self.unit_tree.path(unit)

    @cached_property
    def unit_tree(self) -> Tree:
        """The tree over the units."""
        return Tree([unit_leaf(roll) for roll in self.rolls])


def election_at(connection: Connection, box: str) -> Election:
    """The election of a box. Raises Refused(ElectionUnknown) when none is registered there."""
    query = select(elections, ceremonies.c.key_x, ceremonies.c.key_y).join(
        ceremonies, ceremonies.c.setup == elections.c.setup
    )
    row = connection.execute(query.where(elections.c.box == box)).one_or_none()
    known = as_of(connection)
    if row is None or known is None or row.key_x is None:
        raise Refused("ElectionUnknown", election=box)
    units = connection.execute(select(election_units).where(election_units.c.box == box))
    rolls = sorted((UnitRoll(r.unit, r.lines, r.issued, r.eligible, r.root) for r in units), key=lambda roll: roll.unit)
    return Election(
        box=box,
        election=row.election,
        setup=row.setup,
        domain=domain_separator(known.chain_id, box),
        key=Point(int(row.key_x, 16), int(row.key_y, 16)),
        width=width_of(row.lines),
        contests=tuple(ContestForm.unpack(int(form)) for form in json.loads(row.contests)),
        rolls=tuple(rolls),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        row=row,
    )
