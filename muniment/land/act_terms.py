"""What an act on titles says, read from what is asked and from the read tables, and refused where the chain would."""

import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, select

from muniment.db.engine import insert_once
from muniment.db.schema import interests, liens, published_terms, restrictions, shares, titles
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.land.act_kinds import ActKind
from muniment.land.encumbrances import interests_of, lien, lien_struct, liens_of
from muniment.land.model import (
    MAX_LIENS,
    MAX_PARTS,
    InterestKind,
    LienKind,
    RestrictionKind,
    interest_id,
    lien_id,
    normalise_ref,
    title_id,
)
from muniment.land.sales.model import currency_word
from muniment.land.standing import check_free, restriction, standing_title

Asked = Mapping[str, Any]
FREEZE, CAVEAT = RestrictionKind.FREEZE, RestrictionKind.CAVEAT


def read_terms(connection: Connection, kind: ActKind, asked: Asked, now: int) -> dict[str, Any]:
    """The terms of an act, as the contract will have them. Raises Refused."""
    terms = _READERS[kind](connection, asked)
    check_current(connection, kind, terms, now)
    return terms


def holders_of(connection: Connection, kind: ActKind, terms: Asked) -> tuple[str, ...]:
    """Who signs, in the contract's order. Raises Refused."""
    if kind in (ActKind.ENTER_LIEN, ActKind.ENTER_INTEREST, ActKind.SUBDIVIDE):
        return _holders(connection, terms["title"])
    if kind is ActKind.MERGE:
        return _holders(connection, terms["titles"][0])
    if kind is ActKind.WITHDRAW_CAVEAT:
        query = select(restrictions.c.by).where(restrictions.c.restriction == terms["caveat"])
        return (str(connection.execute(query).scalar_one()),)
    if kind is ActKind.END_INTEREST:
        served = terms["interest"]["dominant"]
        return (terms["interest"]["beneficiary"],) if served == ZERO_HASH else _holders(connection, served)
    known = lien(connection, lien_id(terms["lien"]))
    return ((known and known.holder) or terms["lien"]["creditor"],)


def check_current(connection: Connection, kind: ActKind, terms: Asked, now: int) -> None:
    """Raise Refused where the chain would refuse the act now, whoever signed."""
    if kind in (ActKind.ENTER_LIEN, ActKind.ENTER_INTEREST):
        _check_version(connection, terms["title"], terms["version"])
        check_free(connection, terms["title"], now, FREEZE)
        _check_room(connection, kind, terms, now)
    elif kind is ActKind.SUBDIVIDE:
        row = _check_version(connection, terms["title"], terms["version"])
        check_free(connection, terms["title"], now, FREEZE)
        _check_areas([row.area_dm2], [int(part["area"]) for part in terms["parts"]])
    elif kind is ActKind.MERGE:
        rows = [_check_version(connection, *pair) for pair in zip(terms["titles"], terms["versions"], strict=True)]
        for title in terms["titles"]:
            check_free(connection, title, now, FREEZE, CAVEAT)
        _check_areas([row.area_dm2 for row in rows], [int(terms["whole"]["area"])])
        _check_alike(connection, rows)
    elif kind is ActKind.WITHDRAW_CAVEAT:
        found = restriction(connection, terms["caveat"], now)
        if found is None or found.kind is not CAVEAT or not found.stands:
            raise Refused("RestrictionMissing", restriction=terms["caveat"])
    elif kind is ActKind.POSTPONE_LIEN:
        _check_postponed(connection, terms, now)
    elif kind is ActKind.DISCHARGE_LIEN:
        _check_weighs(connection, terms["titles"], lien_id(terms["lien"]))
    elif kind is ActKind.END_INTEREST:
        name = interest_id(terms["interest"])
        for title in terms["titles"]:
            if all(line.interest != name for line in interests_of(connection, title, now).interests):
                raise Refused("InterestMissing", title=title, interest=name)
    elif terms["to"] in (ZERO_HASH, holders_of(connection, kind, terms)[0]):
        raise Refused("AssigneeRefused", lien=lien_id(terms["lien"]), to=terms["to"])


def lien_terms(connection: Connection, given: str | Asked) -> dict[str, Any]:
    """A lien's terms by its id, or as given and then published, since its id proves them. Raises Refused."""
    if isinstance(given, str):
        known = lien(connection, given)
        terms = next((found for line in known.lines if (found := lien_struct(line))), None) if known else None
        if terms is None:
            raise Refused("TermsUnknown", id=given)
        return terms
    terms = {
        "kind": int(given["kind"]),
        "creditor": given["creditor"],
        "amount": str(int(given["amount"])),
        "currency": currency_word(given["currency"]),
        "deedHash": given["deedHash"],
    }
    sound = (
        terms["kind"] in tuple(LienKind)
        and 0 < int(terms["amount"]) < 1 << 256
        and ZERO_HASH not in (terms["creditor"], terms["deedHash"])
    )
    if not sound:
        raise Refused("LienRefused", lien=lien_id(terms))
    _publish(connection, liens.c.lien, lien_id(terms), terms)
    return terms


def interest_terms(connection: Connection, given: str | Asked) -> dict[str, Any]:
    """A lease's or an easement's terms by its id, or as given and then published. Raises Refused."""
    if isinstance(given, str):
        row = connection.execute(select(interests).where(interests.c.interest == given)).one_or_none()
        published = select(published_terms.c.terms).where(published_terms.c.id == given)
        told = connection.execute(published).scalar_one_or_none()
        if row is not None and row.kind is not None:
            return {
                "kind": row.kind,
                "beneficiary": row.beneficiary or ZERO_HASH,
                "dominant": row.dominant or ZERO_HASH,
                "until": row.until,
                "deedHash": row.deed_hash,
            }
        if told is None:
            raise Refused("TermsUnknown", id=given)
        return dict(json.loads(told))
    terms = {
        "kind": int(given["kind"]),
        "beneficiary": given.get("beneficiary") or ZERO_HASH,
        "dominant": given.get("dominant") or ZERO_HASH,
        "until": int(given.get("until") or 0),
        "deedHash": given["deedHash"],
    }
    served, lease = terms["dominant"] != ZERO_HASH, terms["kind"] == InterestKind.LEASE
    sound = (
        terms["kind"] in tuple(InterestKind)
        and terms["deedHash"] != ZERO_HASH
        and served != (terms["beneficiary"] != ZERO_HASH)
        and not (lease and (served or not terms["until"]))
        and 0 <= terms["until"] < 1 << 40
    )
    if not sound:
        raise Refused("InterestRefused", interest=interest_id(terms))
    _publish(connection, interests.c.interest, interest_id(terms), terms)
    return terms


# ── Readers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _enter_lien(connection: Connection, asked: Asked) -> dict[str, Any]:
    terms = lien_terms(connection, {"kind": LienKind.CONTRACTUAL, **asked["lien"]})
    if terms["kind"] != LienKind.CONTRACTUAL:
        raise Refused("LienRefused", title=asked["title"], lien=lien_id(terms))
    row = standing_title(connection, asked["title"])
    entered = {"rank": int(asked.get("rank") or 0), "legalDate": int(asked.get("legal_date") or 0)}
    return {"title": row.title, "version": row.version, "lien": terms, **entered}


def _discharge_lien(connection: Connection, asked: Asked) -> dict[str, Any]:
    return {"lien": lien_terms(connection, asked["lien"]), "titles": _some(asked["titles"])}


def _postpone_lien(connection: Connection, asked: Asked) -> dict[str, Any]:
    terms = lien_terms(connection, asked["lien"])
    return {"title": asked["title"], "lien": terms, "behind": asked["behind"], "rank": int(asked["rank"])}


def _assign_lien(connection: Connection, asked: Asked) -> dict[str, Any]:
    return {"lien": lien_terms(connection, asked["lien"]), "to": asked["to"]}


def _enter_interest(connection: Connection, asked: Asked) -> dict[str, Any]:
    terms = interest_terms(connection, asked["interest"])
    row = standing_title(connection, asked["title"])
    if terms["dominant"] != ZERO_HASH:
        standing_title(connection, terms["dominant"])
    if terms["dominant"] == row.title:
        raise Refused("InterestRefused", title=row.title, interest=interest_id(terms))
    legal_date = int(asked.get("legal_date") or 0)
    return {"title": row.title, "version": row.version, "interest": terms, "legalDate": legal_date}


def _end_interest(connection: Connection, asked: Asked) -> dict[str, Any]:
    return {"interest": interest_terms(connection, asked["interest"]), "titles": _some(asked["titles"])}


def _withdraw_caveat(connection: Connection, asked: Asked) -> dict[str, Any]:  # noqa: ARG001 -- one shape for all
    return {"caveat": asked["caveat"]}


def _subdivide(connection: Connection, asked: Asked) -> dict[str, Any]:
    row = standing_title(connection, asked["title"])
    parts = [_part(connection, row.jurisdiction, part) for part in asked["parts"]]
    absences = list(asked.get("absences") or ())
    if not 2 <= len(parts) <= MAX_PARTS or len(absences) not in (0, len(parts)):
        raise Refused("PartsRefused", count=len(parts))
    names = [part["ref"] for part in parts]
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise Refused("TitleExists", title=title_id(row.jurisdiction, twice))
    return {"title": row.title, "version": row.version, "parts": parts, **_source(row, asked), "absences": absences}


def _merge(connection: Connection, asked: Asked) -> dict[str, Any]:
    named = sorted(set(asked["titles"]))
    if not 2 <= len(named) <= MAX_PARTS:
        raise Refused("PartsRefused", count=len(named))
    rows = [standing_title(connection, title) for title in named]
    whole = _part(connection, rows[0].jurisdiction, asked["whole"])
    versions, absence = [row.version for row in rows], asked.get("absence") or "0x"
    return {"titles": named, "versions": versions, "whole": whole, **_source(rows[0], asked), "absence": absence}


_READERS: Mapping[ActKind, Callable[[Connection, Asked], dict[str, Any]]] = {
    ActKind.ENTER_LIEN: _enter_lien,
    ActKind.DISCHARGE_LIEN: _discharge_lien,
    ActKind.POSTPONE_LIEN: _postpone_lien,
    ActKind.ASSIGN_LIEN: _assign_lien,
    ActKind.ENTER_INTEREST: _enter_interest,
    ActKind.END_INTEREST: _end_interest,
    ActKind.WITHDRAW_CAVEAT: _withdraw_caveat,
    ActKind.SUBDIVIDE: _subdivide,
    ActKind.MERGE: _merge,
}


# ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _some(given: Sequence[str]) -> list[str]:
    if not 1 <= len(given) <= MAX_PARTS:
        raise Refused("TitlesRefused", count=len(given))
    return list(dict.fromkeys(given))  # a title that is named twice is released once


def _source(row: Row[Any], asked: Asked) -> dict[str, Any]:
    if asked["source_hash"] == ZERO_HASH:
        raise Refused("SourceMissing", title=row.title)
    return {"sourceHash": asked["source_hash"], "legalDate": int(asked.get("legal_date") or 0)}


def _part(connection: Connection, jurisdiction: str, part: Asked) -> dict[str, Any]:
    ref = normalise_ref(part["ref"])
    title = title_id(jurisdiction, ref)
    known = connection.execute(select(titles.c.retired_at).where(titles.c.title == title)).one_or_none()
    if known is not None:
        raise Refused("TitleExists" if known.retired_at is None else "TitleIsRetired", title=title)
    area = int(part["area"])
    if part["geometryHash"] == ZERO_HASH or not 0 < area < 1 << 64:
        raise Refused("EntryIncomplete", title=title)
    return {"ref": ref, "geometryHash": part["geometryHash"], "area": str(area)}


def _holders(connection: Connection, title: str) -> tuple[str, ...]:
    standing_title(connection, title)
    query = select(shares.c.holder).where(shares.c.title == title).order_by(shares.c.place)
    return tuple(connection.execute(query).scalars())


def _check_version(connection: Connection, title: str, version: int) -> Row[Any]:
    row = standing_title(connection, title)
    if row.version != version:
        raise Refused("VersionStale", title=title, given=version, present=row.version)
    return row


def _check_room(connection: Connection, kind: ActKind, terms: Asked, now: int) -> None:
    title = terms["title"]
    if kind is ActKind.ENTER_INTEREST:
        name = interest_id(terms["interest"])
        weighing = [line.interest for line in interests_of(connection, title, now).interests]
        if name in weighing:
            raise Refused("InterestExists", title=title, interest=name)
        if len(weighing) >= MAX_LIENS:
            raise Refused("InterestsFull", title=title)
        if 0 < terms["interest"]["until"] < now:
            raise Refused("InterestRefused", title=title, interest=name)
        return
    name, standing = lien_id(terms["lien"]), [line.lien for line in liens_of(connection, title).liens]
    if name in standing:
        raise Refused("LienExists", title=title, lien=name)
    if len(standing) >= MAX_LIENS:
        raise Refused("LiensFull", title=title)
    if terms["rank"] not in (0, len(standing) + 1):
        raise Refused("RankRefused", title=title, lien=name, rank=len(standing) + 1)


def _check_weighs(connection: Connection, wanted: Sequence[str], name: str) -> None:
    for title in wanted:
        if all(line.lien != name for line in liens_of(connection, title).liens):
            raise Refused("LienMissing", title=title, lien=name)


def _check_postponed(connection: Connection, terms: Asked, now: int) -> None:
    title, name, behind = terms["title"], lien_id(terms["lien"]), terms["behind"]
    standing_title(connection, title)
    check_free(connection, title, now, FREEZE)
    order = [line.lien for line in liens_of(connection, title).liens]
    if name not in order:
        raise Refused("LienMissing", title=title, lien=name)
    if behind not in order or order.index(behind) <= order.index(name):
        raise Refused("NotPreceding", title=title, lien=name, behind=behind)
    if order.index(behind) + 1 > terms["rank"]:
        raise Refused("RankRefused", title=title, lien=name, rank=order.index(behind) + 1)


def _check_areas(before: Sequence[int], afterwards: Sequence[int]) -> None:
    if sum(before) != sum(afterwards):
        raise Refused("AreaNotConserved", before=sum(before), afterwards=sum(afterwards))


def _check_alike(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Raise Refused unless titles have the same holders in the same shares, and the same liens in the same order."""
    first = rows[0]
    for row in rows[1:]:
        if row.jurisdiction != first.jurisdiction or _parts(connection, row) != _parts(connection, first):
            raise Refused("TitlesDiffer", first=first.title, other=row.title)
        both = [[line.lien for line in liens_of(connection, one.title).liens] for one in (first, row)]
        if both[0] != both[1]:
            raise Refused("LiensDiffer", first=first.title, other=row.title)


def _parts(connection: Connection, row: Row[Any]) -> list[tuple[str, Fraction]]:
    query = select(shares.c.holder, shares.c.numerator).where(shares.c.title == row.title).order_by(shares.c.place)
    return [(one.holder, Fraction(one.numerator, row.denominator)) for one in connection.execute(query)]


def _publish(connection: Connection, column: Any, name: str, terms: Mapping[str, Any]) -> None:
    """Keep terms that an event named by their id alone."""
    known = connection.execute(select(column.table.c.kind).where(column == name)).one_or_none()
    if known is not None and known.kind is None:
        insert_once(connection, published_terms, {"id": name, "terms": json.dumps(terms)})
