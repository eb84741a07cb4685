"""All that stands in the register about titles, many at a time: for exports, which need no neighbours or history."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from muniment.db.answers import AsOf, Finality, as_of, finality_of
from muniment.db.schema import (
    events,
    geometries,
    organisations,
    shares,
    title_interests,
    title_liens,
    title_lineage,
    title_notices,
    title_references,
    title_restrictions,
    titles,
)
from muniment.hashing import keccak
from muniment.land.answers import Interests, Liens, NoticeLine, RestrictionLine
from muniment.land.encumbrances import REFERENCE, interests_of, liens_of
from muniment.land.model import Grade, RestrictionKind, Share
from muniment.land.standing import notice_of, restrictions_of


@dataclass(frozen=True)
class Folio:
    """One title as it stands. `changed_at` is the time of its latest change, `shape` None unless its bytes are checked.

    `parents` and `children` are ids; `organisations` those of its parties that are known to be no person.
    """

    title: str
    jurisdiction: str
    ref: str
    ref_published: bool
    agency: str
    grade: Grade
    area_dm2: int
    denominator: int
    version: int
    source_hash: str
    legal_date: int
    registered_at: int
    changed_at: int
    retired_at: int | None
    retired_by: str | None
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    shares: tuple[Share, ...]
    geometry_hash: str
    shape: Any
    liens: Liens | None
    interests: Interests | None
    restrictions: tuple[RestrictionLine, ...]
    notice: NoticeLine | None
    parents: tuple[str, ...]
    children: tuple[str, ...]
    organisations: frozenset[str]


def folio(connection: Connection, title: str, now: int) -> Folio | None:
    """One title as it stands at `now` (Unix seconds), or None."""
    return next(_folios(connection, [title], now, as_of(connection)), None)


def count_of(connection: Connection, jurisdiction: str | None) -> int:
    """How many titles an export has."""
    return connection.execute(select(func.count()).select_from(titles).where(*_of(jurisdiction))).scalar_one()


def every_folio(connection: Connection, jurisdiction: str | None, now: int) -> Iterator[Folio]:
    """All titles of a jurisdiction, or of all, in order of id; retired ones too. Keeps a few hundred in memory."""
    known, after = as_of(connection), ""
    while True:
        page = select(titles.c.title).where(titles.c.title > after, *_of(jurisdiction)).order_by(titles.c.title)
        ids = list(connection.execute(page.limit(500)).scalars())
        if not ids:
            return
        yield from _folios(connection, ids, now, known)
        after = ids[-1]


def _of(jurisdiction: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if jurisdiction is None else (titles.c.jurisdiction == jurisdiction,)


def _folios(connection: Connection, ids: Sequence[str], now: int, known: AsOf | None) -> Iterator[Folio]:
    rows = connection.execute(_titles().where(titles.c.title.in_(ids)).order_by(titles.c.title)).all()
    held: dict[str, list[Share]] = {}
    order = (shares.c.title, shares.c.place)
    for share in connection.execute(select(shares).where(shares.c.title.in_(ids)).order_by(*order)):
        held.setdefault(share.title, []).append(Share(share.holder, share.numerator))
    # Most titles carry nothing: only those that do are asked about one by one.
    charged, burdened = _which(connection, title_liens, ids), _which(connection, title_interests, ids)
    stopped, noticed = _which(connection, title_restrictions, ids), _which(connection, title_notices, ids)
    times = _times(connection, [row.block_number for row in rows])
    shapes = _shapes(connection, [row.geometry_hash for row in rows])
    parents, children = _lineage(connection, ids)
    for row in rows:
        title = row.title
        liens = liens_of(connection, title) if title in charged else None
        interests = interests_of(connection, title, now) if title in burdened else None
        restrictions = _restrictions(connection, title, now) if title in stopped else ()
        parties = {share.holder for share in held.get(title, ())}
        parties |= {line.holder for line in (liens.liens if liens else ()) if line.holder}
        parties |= {line.beneficiary for line in (interests.interests if interests else ()) if line.beneficiary}
        yield Folio(
            title=title,
            jurisdiction=row.jurisdiction,
            ref=row.shown_ref,
            ref_published=row.shown_ref != title,
            agency=row.agency,
            grade=Grade(row.grade),
            area_dm2=row.area_dm2,
            denominator=row.denominator,
            version=row.version,
            source_hash=row.source_hash,
            legal_date=row.legal_date,
            registered_at=row.registered_at,
            changed_at=times.get(row.block_number, row.registered_at),
            retired_at=row.retired_at,
            retired_by=row.retired_by,
            tx_hash=row.tx_hash,
            block_number=row.block_number,
            block_hash=row.block_hash,
            finality=finality_of(known, row.block_number),
            shares=tuple(held.get(title, ())),
            geometry_hash=row.geometry_hash,
            shape=shapes.get(row.geometry_hash),
            liens=liens,
            interests=interests,
            restrictions=restrictions,
            notice=notice_of(connection, title, now) if title in noticed else None,
            parents=tuple(parents.get(title, ())),
            children=tuple(children.get(title, ())),
            organisations=_organisations(connection, parties) if parties else frozenset(),
        )


def _titles() -> Select[Any]:
    joined = titles.outerjoin(title_references, title_references.c.title == titles.c.title)
    return select(titles, REFERENCE.label("shown_ref")).select_from(joined)


def _which(connection: Connection, table: Table, ids: Sequence[str]) -> set[str]:
    return set(connection.execute(select(table.c.title).where(table.c.title.in_(ids)).distinct()).scalars())


def _times(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    e = events.c
    found = connection.execute(select(e.block_number, e.time).where(e.block_number.in_(set(numbers))).distinct())
    return {row.block_number: row.time for row in found}


def _shapes(connection: Connection, hashes: Sequence[str]) -> dict[str, Any]:
    g = geometries.c
    rows = connection.execute(select(g.geometry_hash, g.canonical).where(g.geometry_hash.in_(set(hashes))))
    return {
        row.geometry_hash: json.loads(row.canonical)
        for row in rows
        if keccak(row.canonical.encode()) == row.geometry_hash
    }


def _restrictions(connection: Connection, title: str, now: int) -> tuple[RestrictionLine, ...]:
    kinds = (RestrictionKind.FREEZE, RestrictionKind.CAVEAT)
    return tuple(line for kind in kinds for line in restrictions_of(connection, title, kind, now).standing)


def _lineage(connection: Connection, ids: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    parents: dict[str, list[str]] = {}
    children: dict[str, list[str]] = {}
    line = title_lineage.c
    for row in connection.execute(select(title_lineage).where(line.child.in_(ids)).order_by(line.parent)):
        parents.setdefault(row.child, []).append(row.parent)
    for row in connection.execute(select(title_lineage).where(line.parent.in_(ids)).order_by(line.child)):
        children.setdefault(row.parent, []).append(row.child)
    return parents, children


def _organisations(connection: Connection, parties: set[str]) -> frozenset[str]:
    known = connection.execute(select(organisations.c.party).where(organisations.c.party.in_(parties))).scalars()
    return frozenset(known)
