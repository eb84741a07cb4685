"""Answers about land titles, from the read tables and the published geometries. No personal data."""

import json
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Join,
    Label,
    Row,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)

from muniment.db.answers import (
    AsOf,
    Page,
    as_of,
    finality_of,
    history,
    history_length,
    like,
    page_bounds,
)
from muniment.db.schema import geometries, registers, shares, title_lineage, title_references, titles, wallets
from muniment.hashing import keccak
from muniment.land.answers import (
    Geometry,
    HoldingLine,
    Holdings,
    Kin,
    Neighbour,
    Overview,
    RegisterLine,
    Search,
    ShareLine,
    TitleAnswer,
    TitleLine,
)
from muniment.land.encumbrances import REFERENCE, counts
from muniment.land.model import Grade, RegisterStatus, RestrictionKind, normalise_text, title_id
from muniment.land.standing import grade_proposal_of, notice_of, noticed, obstacles, restricted, restrictions_of

MAX_NEIGHBOURS = 60
_MARGIN = 4_000  # 1e-7 degrees (about 40 m north–south): the least that a map shows around a parcel


def search(
    connection: Connection,
    text: str,
    jurisdiction: str | None = None,
    page: int = 1,
    size: int = 25,
    now: int | None = None,
) -> Search:
    """Titles whose reference contains the text, or whose id or geometry hash it is; all titles for an empty text.

    Those that were divided or merged come last, and are marked. What stands on each is judged at `now`.
    """
    text = normalise_text(text)[:100]
    number, size = page_bounds(page, size)
    known = as_of(connection)
    found = _matching(text, jurisdiction)
    total = connection.execute(select(func.count()).select_from(_referenced()).where(found)).scalar_one()
    rank = case((func.lower(REFERENCE) == text.lower(), 0), else_=1)
    order = (rank, titles.c.retired_at.is_not(None), REFERENCE, titles.c.title)
    paged = select(titles.c.title).select_from(_referenced()).where(found).order_by(*order)
    shown = list(connection.execute(paged.limit(size).offset((number - 1) * size)).scalars())
    # What stands on each is asked of one page alone, not of all titles that are put in order for it.
    rows = connection.execute(_lines(_moment(now, known)).where(titles.c.title.in_(shown)).order_by(*order))
    return Search(text, jurisdiction, Page(number, size, total), tuple(_line(row, known) for row in rows), known)


def title_of_ref(connection: Connection, jurisdiction: str, ref: str) -> TitleAnswer | None:
    """The title of a cadastral reference, or None."""
    return title(connection, title_id(jurisdiction, normalise_text(ref)))


def title(connection: Connection, title: str, now: int | None = None) -> TitleAnswer | None:
    """Everything public about a title by its id, or None when no event told of it.

    What stands in its way is judged at `now` (Unix seconds), without it at the time of the last block read.
    """
    found = (
        select(titles, REFERENCE.label("shown_ref")).select_from(_referenced()).where(titles.c.title == title.lower())
    )
    row = connection.execute(found).one_or_none()
    if row is None:
        return None
    known = as_of(connection)
    moment = _moment(now, known)
    geometry, box = _geometry(connection, row.geometry_hash)
    register = connection.execute(select(registers).where(registers.c.jurisdiction == row.jurisdiction)).one_or_none()
    freezes = restrictions_of(connection, row.title, RestrictionKind.FREEZE, moment)
    caveats = restrictions_of(connection, row.title, RestrictionKind.CAVEAT, moment)
    retired, notice = row.retired_at is not None, notice_of(connection, row.title, moment)
    parents = _kin(connection, title_lineage.c.parent, title_lineage.c.child == row.title)
    liens, interests = counts(connection, row.title)
    return TitleAnswer(
        title=row.title,
        jurisdiction=row.jurisdiction,
        ref=row.shown_ref,
        agency=row.agency,
        grade=Grade(row.grade),
        area_dm2=row.area_dm2,
        denominator=row.denominator,
        shares=_shares(connection, row.title, row.denominator),
        register_status=RegisterStatus.NONE if register is None else RegisterStatus(register.status),
        register_agency=None if register is None else register.agency,
        geometry=geometry,
        neighbours=() if box is None else _neighbours(connection, row.title, box),
        version=row.version,
        source_hash=row.source_hash,
        legal_date=row.legal_date,
        officer=row.officer,
        registered_at=row.registered_at,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        finality=finality_of(known, row.block_number),
        ref_published=row.shown_ref != row.title,
        origin=parents[0].kind if parents else "admitted" if row.officer is None else "registered",
        retired_at=row.retired_at,
        retired_by=row.retired_by,
        parents=parents,
        children=_kin(connection, title_lineage.c.child, title_lineage.c.parent == row.title),
        notice=notice,
        freezes=len(freezes.standing),
        caveats=len(caveats.standing),
        liens=liens,
        interests=interests,
        grade_proposal=None if retired else grade_proposal_of(connection, row.title, moment),
        obstacles=obstacles(row.title, retired, freezes, caveats, notice),
        history=tuple(history(connection, row.title, known)),
        history_length=history_length(connection, row.title),
        as_of=known,
    )


def holdings(connection: Connection, party: str, page: int = 1, size: int = 25, now: int | None = None) -> Holdings:
    """The titles that a party holds, by reference, and what stands in the way of each at `now`."""
    number, size = page_bounds(page, size)
    known = as_of(connection)
    total = connection.execute(select(func.count()).where(shares.c.holder == party)).scalar_one()
    held = select(shares.c.numerator, titles, REFERENCE.label("shown_ref"), *_flags(_moment(now, known)))
    rows = connection.execute(
        held.select_from(_referenced().join(shares, shares.c.title == titles.c.title))
        .where(shares.c.holder == party)
        .order_by(titles.c.jurisdiction, REFERENCE)
        .limit(size)
        .offset((number - 1) * size)
    )
    lines = tuple(
        HoldingLine(
            title=row.title,
            jurisdiction=row.jurisdiction,
            ref=row.shown_ref,
            part=Fraction(row.numerator, row.denominator),
            frozen=row.frozen,
            caveat=row.caveat,
            notice=row.notice,
            finality=finality_of(known, row.block_number),
        )
        for row in rows
    )
    return Holdings(Page(number, size, total), lines, known)


def geometry(connection: Connection, geometry_hash: str) -> Geometry:
    """The published bytes of a geometry, checked against their hash."""
    return _geometry(connection, geometry_hash.lower())[0]


def overview(connection: Connection) -> Overview:
    """Counts, the registers, and the ten newest titles."""
    known = as_of(connection)
    standing = titles.c.retired_at.is_(None)
    numbers = select(titles.c.jurisdiction, func.count().label("n")).where(standing)
    counted = numbers.group_by(titles.c.jurisdiction).subquery()
    kept = connection.execute(
        select(registers, func.coalesce(counted.c.n, 0).label("n"))
        .outerjoin(counted, counted.c.jurisdiction == registers.c.jurisdiction)
        .order_by(registers.c.jurisdiction)
        .limit(500)
    )
    newest = (titles.c.block_number.desc(), titles.c.ref)
    shown = list(connection.execute(select(titles.c.title).where(standing).order_by(*newest).limit(10)).scalars())
    latest = connection.execute(_lines(_moment(None, known)).where(titles.c.title.in_(shown)).order_by(*newest))
    return Overview(
        titles=connection.execute(select(func.count()).select_from(titles).where(standing)).scalar_one(),
        holders=connection.execute(select(func.count(shares.c.holder.distinct()))).scalar_one(),
        wallets=connection.execute(select(func.count()).select_from(wallets)).scalar_one(),
        registers=tuple(
            RegisterLine(
                row.jurisdiction, row.agency, RegisterStatus(row.status), row.n, finality_of(known, row.block_number)
            )
            for row in kept
        ),
        latest=tuple(_line(row, known) for row in latest),
        as_of=known,
    )


def _matching(text: str, jurisdiction: str | None) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if jurisdiction:
        conditions.append(titles.c.jurisdiction == jurisdiction)
    if len(text) == 66 and text.lower().startswith("0x"):
        conditions.append(or_(titles.c.title == text.lower(), titles.c.geometry_hash == text.lower()))
    elif text:
        conditions.append(REFERENCE.ilike(like(text), escape="\\"))
    return and_(True, *conditions)


def _lines(now: int) -> Select[Any]:
    box = (geometries.c.west, geometries.c.south, geometries.c.east, geometries.c.north)
    sources = _referenced().outerjoin(geometries, geometries.c.geometry_hash == titles.c.geometry_hash)
    return select(titles, REFERENCE.label("shown_ref"), *box, *_flags(now)).select_from(sources)


def _referenced() -> Join:
    """Titles with the references that were published where no event told them."""
    return titles.outerjoin(title_references, title_references.c.title == titles.c.title)


def _flags(now: int) -> tuple[Label[bool], ...]:
    """What stands in the way of a title of the query."""
    frozen, claimed = restricted(RestrictionKind.FREEZE, now), restricted(RestrictionKind.CAVEAT, now)
    return frozen.label("frozen"), claimed.label("caveat"), noticed(now).label("notice")


def _moment(now: int | None, known: AsOf | None) -> int:
    """When what stands is judged: as asked, or at the last block."""
    return now if now is not None else known.time if known else 0


def _kin(connection: Connection, side: Column[str], other: ColumnElement[bool]) -> tuple[Kin, ...]:
    """Titles on one side of the lineage whose other side is as said; at most 16, as the contract has it."""
    rows = connection.execute(
        select(side.label("title"), title_lineage.c.kind, REFERENCE.label("shown_ref"))
        .select_from(_referenced().join(title_lineage, side == titles.c.title))
        .where(other)
        .order_by(title_lineage.c.place)
    )
    return tuple(Kin(row.title, row.shown_ref, row.kind) for row in rows)


def _line(row: Row[Any], known: AsOf | None) -> TitleLine:
    box = None if row.west is None else (row.west / 1e7, row.south / 1e7, row.east / 1e7, row.north / 1e7)
    return TitleLine(
        title=row.title,
        jurisdiction=row.jurisdiction,
        ref=row.shown_ref,
        area_dm2=row.area_dm2,
        grade=Grade(row.grade),
        registered_at=row.registered_at,
        block_number=row.block_number,
        finality=finality_of(known, row.block_number),
        box=box,
        retired=row.retired_at is not None,
        frozen=row.frozen,
        caveat=row.caveat,
        notice=row.notice,
    )


def _shares(connection: Connection, title: str, denominator: int) -> tuple[ShareLine, ...]:
    rows = connection.execute(
        select(shares.c.holder, shares.c.numerator, wallets.c.wallet)
        .outerjoin(wallets, wallets.c.party == shares.c.holder)
        .where(shares.c.title == title)
        .order_by(shares.c.place)
    )
    return tuple(
        ShareLine(row.holder, Fraction(row.numerator, denominator), row.numerator, denominator, row.wallet)
        for row in rows
    )


def _geometry(connection: Connection, wanted: str) -> tuple[Geometry, Row[Any] | None]:
    row = connection.execute(select(geometries).where(geometries.c.geometry_hash == wanted)).one_or_none()
    if row is None:
        return Geometry(wanted, "missing", None, None), None
    if keccak(row.canonical.encode()) != wanted:
        return Geometry(wanted, "altered", None, None), None
    return Geometry(wanted, "checked", json.loads(row.canonical), row.canonical), row


def _neighbours(connection: Connection, title: str, box: Row[Any]) -> tuple[Neighbour, ...]:
    """The titles that reach into the parcel's surroundings, nearest first, at most 60; altered ones are left out."""
    margin = max(_MARGIN, (box.east - box.west) // 2, (box.north - box.south) // 2)
    g = geometries.c
    distance = func.abs(g.west + g.east - box.west - box.east) + func.abs(g.south + g.north - box.south - box.north)
    rows = connection.execute(
        select(titles.c.title, REFERENCE.label("ref"), g.geometry_hash, g.canonical)
        .select_from(_referenced().join(geometries, g.geometry_hash == titles.c.geometry_hash))
        .where(
            titles.c.retired_at.is_(None),
            and_(g.west <= box.east + margin, g.east >= box.west - margin),
            and_(g.south <= box.north + margin, g.north >= box.south - margin),
            titles.c.title != title,
        )
        .order_by(distance, titles.c.title)
        .limit(MAX_NEIGHBOURS)
    )
    return tuple(
        Neighbour(row.title, row.ref, json.loads(row.canonical))
        for row in rows
        if keccak(row.canonical.encode()) == row.geometry_hash
    )
