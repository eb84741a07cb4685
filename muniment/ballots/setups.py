"""Find an election by any of its names, with its manifest."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, select

from muniment.ballots.hashes import election_id
from muniment.ballots.manifest import Manifest, parse
from muniment.ballots.model import Point
from muniment.db.answers import as_of
from muniment.db.schema import ceremonies, elections
from muniment.errors import Refused


@dataclass(frozen=True)
class Setup:
    """An election from its announcement on; `box` and `election` once it is registered."""

    setup: str
    agency: str
    manifest: Manifest
    election: str | None
    box: str | None
    row: Row[Any]


def setup_of(connection: Connection, name: str, *, lock: bool = False) -> Setup:
    """The election of a setup's id, an election's id or a box's address; `lock` lets one after the other change it.

    Raises Refused: ElectionUnknown, or ManifestMalformed when nobody can read what is voted on.
    """
    for column in (ceremonies.c.setup, ceremonies.c.box, ceremonies.c.election):
        query = select(ceremonies).where(column == name.lower())
        found = connection.execute(query.with_for_update() if lock else query).all()
        # A box says itself what its election is called, and may say another's name.
        for row in found if len(found) < 2 else (row for row in found if _is_rightly_called(connection, row)):
            return Setup(row.setup, row.agency, manifest_of(row.manifest), row.election, row.box, row)
    raise Refused("ElectionUnknown", election=name)


def _is_rightly_called(connection: Connection, row: Row[Any]) -> bool:
    """Whether the election's id is the one that its box, key, roll, manifest and times make."""
    opened = connection.execute(select(elections).where(elections.c.box == row.box)).one_or_none()
    known = as_of(connection)
    if opened is None or known is None or row.key_x is None:
        return False
    key, times = Point(int(row.key_x, 16), int(row.key_y, 16)), (opened.opens_at, opened.announced)
    made = election_id(known.chain_id, row.box, key, opened.roll_root, row.manifest_hash, *times)
    return bool(made == row.election)


@lru_cache(maxsize=64)
def manifest_of(text: str) -> Manifest:
    """A manifest as the chain has it. Raises Refused(ManifestMalformed)."""
    return parse(text.encode())
