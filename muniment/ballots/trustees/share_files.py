"""Trustees' share files: taken when they hold against the sums on the chain, and handed to whoever counts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from muniment.ballots.model import INFINITY, Point
from muniment.ballots.setups import Setup
from muniment.ballots.trustees.sharing import check_share
from muniment.ballots.trustees.tallying import BoxState, ShareFile, to_json
from muniment.db.schema import ballot_shares, ceremony_trustees
from muniment.errors import Refused


@dataclass(frozen=True)
class Shares:
    """Whose shares are here: JSON as the trustee's tool wrote it, by the trustee's place."""

    trustee: int
    file: dict[str, Any]


def keys_of(connection: Connection, setup: Setup) -> dict[int, Point]:
    """X_j of the trustees who are in, by place."""
    mine = select(ceremony_trustees).where(ceremony_trustees.c.setup == setup.setup)
    return {
        row.place: Point(int(row.key_x, 16), int(row.key_y, 16))
        for row in connection.execute(mine)
        if row.key_x is not None
    }


def check(box: BoxState, file: ShareFile, key: Point | None) -> None:
    """Raise Refused(SharesOfOther, SharesMissing or ShareInvalid) unless the file has a good share of every sum."""
    if file.election != box.election:
        raise Refused("SharesOfOther", election=file.election)
    for what in (one for group in box.sums for one in group):
        share = file.shares.get((what.group, what.ciphertext))
        if share is None:
            raise Refused("SharesMissing", group=what.group, ciphertext=what.ciphertext, good=0, needed=1)
        check_share(what, share, key or INFINITY)


def keep(connection: Connection, box: BoxState, file: ShareFile) -> None:
    """Keep a checked file; a later one of the same trustee takes its place."""
    mine = (ballot_shares.c.box == box.address, ballot_shares.c.trustee == file.place)
    connection.execute(delete(ballot_shares).where(*mine))
    wanted = {(what.group, what.ciphertext) for group in box.sums for what in group}
    own = ShareFile(file.election, file.place, {key: held for key, held in file.shares.items() if key in wanted})
    row = {"box": box.address, "trustee": file.place, "shares": json.dumps(to_json(own))}
    connection.execute(insert(ballot_shares).values(row))


def kept(connection: Connection, setup: Setup) -> Sequence[Shares]:
    """Every file that is here, by place."""
    mine = select(ballot_shares).where(ballot_shares.c.box == (setup.box or "")).order_by(ballot_shares.c.trustee)
    return [Shares(row.trustee, json.loads(row.shares)) for row in connection.execute(mine)]
