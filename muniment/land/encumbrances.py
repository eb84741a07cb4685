"""What weighs on titles: liens in their rank, leases and easements, with their terms as far as anybody told them."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from muniment.db.answers import AsOf, Page, as_of, finality_of, page_bounds
from muniment.db.schema import interests, liens, published_terms, title_interests, title_liens, title_references, titles
from muniment.hashing import ZERO_HASH, keccak
from muniment.land.answers import InterestLine, Interests, LienAnswer, LienLine, LienPage, Liens
from muniment.land.model import InterestKind, LienKind
from muniment.land.sales.model import currency_text

MOST_LINES = 500  # titles that one lien weighs on, as far as they are shown
REFERENCE = func.coalesce(titles.c.ref, title_references.c.ref, titles.c.title)


def liens_of(connection: Connection, title: str) -> Liens:
    """A title's liens in rank order, and those that ended, the latest first."""
    known = as_of(connection)
    lines = [_lien(row, known) for row in connection.execute(_liens().where(title_liens.c.title == title))]
    standing = sorted((line for line in lines if line.rank is not None), key=lambda line: line.rank or 0)
    ended = sorted((line for line in lines if line.rank is None), key=lambda line: (-(line.ended_at or 0), line.lien))
    revision = revision_of([line.lien for line in standing], [line.interest for line in _standing(connection, title)])
    return Liens(title, revision, tuple(standing), tuple(ended), known)


def lien(connection: Connection, name: str) -> LienAnswer | None:
    """A lien by its id, on at most 500 titles, or None when no event named it."""
    row = connection.execute(select(liens).where(liens.c.lien == name)).one_or_none()
    if row is None:
        return None
    known = as_of(connection)
    query = _liens().where(title_liens.c.lien == name).order_by(title_liens.c.title).limit(MOST_LINES)
    lines = tuple(_lien(one, known) for one in connection.execute(query))
    holder = next((line.holder for line in lines if line.holder), row.holder)
    return LienAnswer(name, holder, lines, known)


def liens_held(connection: Connection, party: str, page: int = 1, size: int = 25) -> LienPage:
    """The liens that a party holds, title by title."""
    number, size = page_bounds(page, size)
    held = (liens.c.holder == party, title_liens.c.rank.is_not(None))
    counted = select(func.count()).select_from(title_liens).join(liens, liens.c.lien == title_liens.c.lien)
    total = connection.execute(counted.where(*held)).scalar_one()
    order = (titles.c.jurisdiction, REFERENCE, title_liens.c.rank)
    rows = connection.execute(_liens().where(*held).order_by(*order).limit(size).offset((number - 1) * size))
    known = as_of(connection)
    return LienPage(Page(number, size, total), tuple(_lien(row, known) for row in rows), known)


def interests_of(connection: Connection, title: str, now: int) -> Interests:
    """A title's leases and easements, in the contract's order, and those that ended, the latest first."""
    known = as_of(connection)
    rows = connection.execute(_interests().where(title_interests.c.title == title))
    lines = [_interest(row, now, known) for row in rows]
    standing = sorted((line for line in lines if line.place is not None), key=lambda line: line.place or 0)
    ended = sorted((line for line in lines if line.place is None), key=lambda line: (-(line.ended_at or 0), line.title))
    return Interests(title, tuple(standing), tuple(ended), known)


def counts(connection: Connection, title: str) -> tuple[int, int]:
    """How many liens weigh on a title, and how many leases and easements."""
    ranked = select(func.count()).where(title_liens.c.title == title, title_liens.c.rank.is_not(None))
    placed = select(func.count()).where(title_interests.c.title == title, title_interests.c.place.is_not(None))
    return connection.execute(ranked).scalar_one(), connection.execute(placed).scalar_one()


def lien_struct(line: LienLine) -> dict[str, Any] | None:
    """A lien's terms as `ILienRegistry.Lien`; None where nobody told them."""
    if line.kind is None or line.amount is None:
        return None
    return {
        "kind": int(line.kind),
        "creditor": line.creditor,
        "amount": str(line.amount),
        "currency": line.currency,
        "deedHash": line.deed_hash,
    }


def revision_of(standing: list[str], weighing: list[str]) -> str:
    """keccak256(abi.encode(liens, interests)), as LienRegistry.revisionOf gives it."""
    second = 64 + 32 * (1 + len(standing))
    words = [64, second, len(standing), *(int(one, 16) for one in standing)]
    words += [len(weighing), *(int(one, 16) for one in weighing)]
    return keccak(b"".join(word.to_bytes(32, "big") for word in words))


def _standing(connection: Connection, title: str) -> list[Any]:
    query = select(title_interests.c.interest).where(
        title_interests.c.title == title, title_interests.c.place.is_not(None)
    )
    return list(connection.execute(query.order_by(title_interests.c.place)))


def _liens() -> Select[Any]:
    terms = (liens.c.kind, liens.c.creditor, liens.c.amount, liens.c.currency, liens.c.deed_hash, liens.c.holder)
    return (
        select(title_liens, *terms, published_terms.c.terms, REFERENCE.label("ref"))
        .join(liens, liens.c.lien == title_liens.c.lien)
        .join(titles, titles.c.title == title_liens.c.title)
        .outerjoin(title_references, title_references.c.title == titles.c.title)
        .outerjoin(published_terms, published_terms.c.id == title_liens.c.lien)
    )


def _lien(row: Row[Any], known: AsOf | None) -> LienLine:
    told: Mapping[str, Any] = json.loads(row.terms) if row.kind is None and row.terms else {}
    kind = row.kind if row.kind is not None else told.get("kind")
    amount = row.amount if row.amount is not None else told.get("amount")
    currency = row.currency or told.get("currency")
    creditor = row.creditor or told.get("creditor")
    return LienLine(
        title=row.title,
        ref=row.ref,
        lien=row.lien,
        rank=row.rank,
        kind=None if kind is None else LienKind(kind),
        creditor=creditor,
        holder=row.holder or creditor,
        amount=None if amount is None else int(amount),
        currency=currency,
        currency_text=None if currency is None else currency_text(currency),
        deed_hash=row.deed_hash or told.get("deedHash"),
        legal_date=row.legal_date,
        sale=row.sale,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        end=row.end,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end_source=row.end_source,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )


def _interests() -> Select[Any]:
    terms = (interests.c.kind, interests.c.beneficiary, interests.c.dominant, interests.c.until, interests.c.deed_hash)
    return (
        select(title_interests, *terms, published_terms.c.terms, REFERENCE.label("ref"))
        .join(interests, interests.c.interest == title_interests.c.interest)
        .join(titles, titles.c.title == title_interests.c.title)
        .outerjoin(title_references, title_references.c.title == titles.c.title)
        .outerjoin(published_terms, published_terms.c.id == title_interests.c.interest)
    )


def _interest(row: Row[Any], now: int, known: AsOf | None) -> InterestLine:
    told: Mapping[str, Any] = json.loads(row.terms) if row.kind is None and row.terms else {}
    kind = row.kind if row.kind is not None else told.get("kind")
    until = row.until if row.until is not None else told.get("until")
    return InterestLine(
        title=row.title,
        ref=row.ref,
        interest=row.interest,
        place=row.place,
        kind=None if kind is None else InterestKind(kind),
        beneficiary=row.beneficiary or _known(told.get("beneficiary")),
        dominant=row.dominant or _known(told.get("dominant")),
        until=until,
        over=until is not None and 0 < until < now,
        deed_hash=row.deed_hash or told.get("deedHash"),
        legal_date=row.legal_date,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        end=row.end,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end_source=row.end_source,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )


def _known(word: str | None) -> str | None:
    return None if word == ZERO_HASH else word
