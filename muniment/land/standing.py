"""What stands in the way of changing titles at a moment, as the contracts judge it; grades on their way."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, or_, select

from muniment.db.answers import AsOf, as_of, finality_of
from muniment.db.schema import grade_proposals, restrictions, title_notices, title_restrictions, titles
from muniment.errors import Refused
from muniment.land.answers import GradeLine, NoticeLine, RestrictionLine, Restrictions
from muniment.land.model import Grade, RestrictionKind

MOST_LINES = 200  # restrictions shown of one title


def standing_title(connection: Connection, title: str) -> Row[Any]:
    """The row of a title that stands. Raises Refused."""
    row = connection.execute(select(titles).where(titles.c.title == title)).one_or_none()
    if row is None:
        raise Refused("TitleUnknown", title=title)
    if row.retired_at is not None:
        raise Refused("TitleIsRetired", title=title)
    return row


def restricted(kind: RestrictionKind, now: int) -> ColumnElement[bool]:
    """Whether a title of the query carries a restriction of this kind that stands."""
    carried = select(restrictions.c.restriction).join(
        title_restrictions, title_restrictions.c.restriction == restrictions.c.restriction
    )
    return carried.where(title_restrictions.c.title == titles.c.title, _stands(kind, now)).correlate(titles).exists()


def noticed(now: int) -> ColumnElement[bool]:
    """Whether a sale has its notice on a title of the query."""
    notice = select(title_notices.c.title).where(title_notices.c.title == titles.c.title, title_notices.c.until >= now)
    return notice.correlate(titles).exists()


def restrictions_of(connection: Connection, title: str, kind: RestrictionKind, now: int) -> Restrictions:
    """A title's freezes, or its caveats."""
    known = as_of(connection)
    rows = connection.execute(
        select(restrictions)
        .join(title_restrictions, title_restrictions.c.restriction == restrictions.c.restriction)
        .where(title_restrictions.c.title == title, restrictions.c.kind == int(kind))
        # What stands comes first: however many ended since, it is among those shown.
        .order_by(case((_stands(kind, now), 0), else_=1), restrictions.c.entered_at.desc(), restrictions.c.restriction)
        .limit(MOST_LINES)
    )
    lines = [_restriction(row, now, known) for row in rows]
    return Restrictions(
        title,
        tuple(line for line in lines if line.stands),
        tuple(line for line in lines if not line.stands),
        known,
    )


def restriction(connection: Connection, name: str, now: int) -> RestrictionLine | None:
    """A freeze or caveat by its id, or None."""
    query = select(restrictions).where(restrictions.c.restriction == name.lower())
    row = connection.execute(query).one_or_none()
    return None if row is None else _restriction(row, now, as_of(connection))


def notice_of(connection: Connection, title: str, now: int) -> NoticeLine | None:
    """The notice that stands on a title, or None."""
    query = select(title_notices).where(title_notices.c.title == title, title_notices.c.until >= now)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    finality = finality_of(as_of(connection), row.block_number)
    return NoticeLine(row.sale, row.until, row.set_at, row.tx_hash, finality)


def grade_proposal_of(connection: Connection, title: str, now: int) -> GradeLine | None:
    """The grade that is proposed for a title, or None."""
    row = connection.execute(select(grade_proposals).where(grade_proposals.c.title == title)).one_or_none()
    if row is None:
        return None
    return GradeLine(
        grade=Grade(row.grade),
        ready_at=row.ready_at,
        ready=now >= row.ready_at,
        officer=row.officer,
        source_hash=row.source_hash,
        proposed_at=row.proposed_at,
        tx_hash=row.tx_hash,
        finality=finality_of(as_of(connection), row.block_number),
    )


def obstacles(
    title: str, retired: bool, freezes: Restrictions, caveats: Restrictions, notice: NoticeLine | None
) -> tuple[Refused, ...]:
    """What would refuse a sale, in the contract's words."""
    if retired:
        return (Refused("TitleIsRetired", title=title),)
    found = [Refused("FreezeStands", title=title, freeze=line.restriction) for line in freezes.standing]
    found += [Refused("CaveatStands", title=title, caveat=line.restriction) for line in caveats.standing]
    if notice is not None:
        found.append(Refused("NoticeStands", title=title, sale=notice.sale, until=notice.until))
    return tuple(found)


def check_free(connection: Connection, title: str, now: int, *kinds: RestrictionKind, notice: bool = True) -> None:
    """Raise Refused while a restriction of these kinds stands on a title, or a sale's notice."""
    for kind in kinds:
        for line in restrictions_of(connection, title, kind, now).standing:
            if kind is RestrictionKind.FREEZE:
                raise Refused("FreezeStands", title=title, freeze=line.restriction)
            raise Refused("CaveatStands", title=title, caveat=line.restriction)
    standing = notice_of(connection, title, now) if notice else None
    if standing is not None:
        raise Refused("NoticeStands", title=title, sale=standing.sale, until=standing.until)


def _stands(kind: RestrictionKind, now: int) -> ColumnElement[bool]:
    in_time = or_(restrictions.c.until == 0, restrictions.c.until >= now)
    return and_(restrictions.c.kind == int(kind), restrictions.c.lifted_at.is_(None), in_time)


def _restriction(row: Row[Any], now: int, known: AsOf | None) -> RestrictionLine:
    return RestrictionLine(
        restriction=row.restriction,
        kind=RestrictionKind(row.kind),
        title=row.title,
        by=row.by,
        until=row.until,
        stands=row.lifted_at is None and (row.until == 0 or now <= row.until),
        source_hash=row.source_hash,
        officer=row.officer,
        entered_at=row.entered_at,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        lifted_source=row.lifted_source,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )
