"""Find an election by any of its names, with its manifest."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from muniment.ballots.manifest import Manifest, parse
from muniment.db.schema import ceremonies
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
    columns = (ceremonies.c.setup, ceremonies.c.election, ceremonies.c.box)
    query = select(ceremonies).where(or_(*(column == name.lower() for column in columns)))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise Refused("ElectionUnknown", election=name)
    return Setup(row.setup, row.agency, manifest_of(row.manifest), row.election, row.box, row)


@lru_cache(maxsize=64)
def manifest_of(text: str) -> Manifest:
    """A manifest as the chain has it. Raises Refused(ManifestMalformed)."""
    return parse(text.encode())
