"""A title as the Land Administration Domain Model (ISO 19152) has it, as JSON.

Classes and attributes bear the standard's names. What it leaves open, and what it has no attribute for, is set out in
docs/records.md; tests/vectors/ladm.schema.json is the shape. Times are UTC in ISO 8601, areas square metres.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from muniment.db.answers import AsOf
from muniment.hashing import ZERO_HASH
from muniment.land.answers import InterestLine, LienLine
from muniment.land.folio import Folio
from muniment.land.model import InterestKind, RestrictionKind

FORMAT = "muniment-ladm-1"
EDITION = "ISO 19152:2012"
_LAST = 253_402_300_799  # the end of the year 9999, where dates end


def ladm(folio: Folio, chain_id: int, registry: str, known: AsOf | None) -> dict[str, Any]:
    """One title with its parties, rights, restrictions, its parcel and the sources that it rests on.

    `registry` is the address of the TitleRegistry, which with the chain makes the namespace of its ids.
    """
    space = f"{folio.jurisdiction}.muniment.{chain_id}.{registry}"
    rights = [*_rights(folio, space), *_mortgages(folio, space), *_interests(folio, space), *_stops(folio, space)]
    return {
        "format": FORMAT,
        "edition": EDITION,
        "as_of": None if known is None else {"chainId": known.chain_id, "block": known.number, "hash": known.hash},
        "LA_BAUnit": {
            "uID": _oid(space, folio.title),
            "name": folio.ref if folio.ref_published else None,
            "type": "basicPropertyUnit",
            "titleGrade": folio.grade.name.lower(),
            "relations": [
                *({"kind": "parent", "baunit": _oid(space, one)} for one in folio.parents),
                *({"kind": "child", "baunit": _oid(space, one)} for one in folio.children),
            ],
            "registration": _registration(folio),
            **_versioned(folio.changed_at, folio.retired_at, folio.version),
        },
        "LA_RRR": rights,
        "LA_Party": _parties(folio, space, rights),
        "LA_SpatialUnit": [_parcel(folio, space)],
        "LA_Source": list(_sources(folio, space)),
    }


def _rights(folio: Folio, space: str) -> Iterator[dict[str, Any]]:
    for share in folio.shares:
        yield {
            "class": "LA_Right",
            "rID": _oid(space, f"{folio.title}.{share.holder}"),
            "type": "ownership",
            "share": {"numerator": str(share.numerator), "denominator": str(folio.denominator)},
            "party": _oid(space, share.holder),
            "baunit": _oid(space, folio.title),
            "source": _source_id(space, folio.source_hash),
            **_versioned(folio.changed_at, folio.retired_at, folio.version),
        }


def _mortgages(folio: Folio, space: str) -> Iterator[dict[str, Any]]:
    for line in folio.liens.liens if folio.liens else ():
        yield {
            "class": "LA_Mortgage",
            "rID": _oid(space, line.lien),
            "type": "mortgage" if line.kind is None else f"mortgage.{line.kind.name.lower()}",
            "ranking": line.rank,
            "amount": None if line.amount is None else {"value": str(line.amount), "currency": _currency(line)},
            "mortgagee": None if line.holder is None else _oid(space, line.holder),
            "baunit": _oid(space, folio.title),
            "source": _source_id(space, line.deed_hash),
            "transaction": line.tx_hash,
            **_versioned(line.entered_at, line.ended_at),
        }


def _interests(folio: Folio, space: str) -> Iterator[dict[str, Any]]:
    """A lease is its holder's right; an easement restricts the title, for a party or for another title."""
    for line in folio.interests.interests if folio.interests else ():
        lease = line.kind is InterestKind.LEASE
        yield {
            "class": "LA_Right" if lease else "LA_Restriction",
            "rID": _oid(space, line.interest),
            "type": "lease" if lease else "servitude" if line.kind is InterestKind.EASEMENT else "unknown",
            "timeSpec": _until(line),
            "party": None if line.beneficiary is None else _oid(space, line.beneficiary),
            "dominant": None if line.dominant is None else _oid(space, line.dominant),
            "baunit": _oid(space, folio.title),
            "source": _source_id(space, line.deed_hash),
            "transaction": line.tx_hash,
            **_versioned(line.entered_at, line.ended_at),
        }


def _stops(folio: Folio, space: str) -> Iterator[dict[str, Any]]:
    for line in folio.restrictions:
        yield {
            "class": "LA_Restriction",
            "rID": _oid(space, line.restriction),
            "type": "courtFreeze" if line.kind is RestrictionKind.FREEZE else "caveat",
            "timeSpec": None if not line.until else {"until": _time(line.until)},
            "party": _oid(space, line.by),
            "baunit": _oid(space, folio.title),
            "source": _source_id(space, line.source_hash),
            "transaction": line.tx_hash,
            **_versioned(line.entered_at, line.lifted_at),
        }
    if folio.notice is not None:
        yield {
            "class": "LA_Restriction",
            "rID": _oid(space, folio.notice.sale),
            "type": "priorityNotice",
            "timeSpec": {"until": _time(folio.notice.until)},
            "party": None,
            "baunit": _oid(space, folio.title),
            "source": None,
            "transaction": folio.notice.tx_hash,
            **_versioned(folio.notice.set_at, None),
        }


def _parties(folio: Folio, space: str, rights: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each party once, with the parts that it has here. Whether it is a person is public of organisations alone."""
    roles: dict[str, set[str]] = {share.holder: {"holder"} for share in folio.shares}
    for right in rights:
        for member, role in (("party", "beneficiary"), ("mortgagee", "moneyProvider")):
            named: Mapping[str, str] | None = right.get(member)
            if named is not None and right["type"] != "ownership":
                roles.setdefault(named["localId"], set()).add(_role(right, role))
    return [
        {
            "pID": _oid(space, party),
            "type": "nonNaturalPerson" if party in folio.organisations or "court" in roles[party] else None,
            "role": sorted(roles[party]),
        }
        for party in sorted(roles)
    ]


def _role(right: Mapping[str, Any], role: str) -> str:
    return {"courtFreeze": "court", "caveat": "claimant", "lease": "lessee"}.get(right["type"], role)


def _parcel(folio: Folio, space: str) -> dict[str, Any]:
    return {
        "suID": _oid(space, f"{folio.title}.parcel"),
        "inspireId": {
            "localId": folio.title,
            "namespace": space,
            "versionId": str(folio.version),
        },
        "nationalCadastralReference": folio.ref if folio.ref_published else None,
        "label": folio.ref if folio.ref_published else folio.title[:10],
        "dimension": "2D",
        "area": [{"areaSize": f"{folio.area_dm2 // 100}.{folio.area_dm2 % 100:02}", "type": "officialArea"}],
        "geometry": folio.shape,
        "geometryHash": folio.geometry_hash,
        "baunit": _oid(space, folio.title),
        **_versioned(folio.changed_at, folio.retired_at, folio.version),
    }


def _sources(folio: Folio, space: str) -> Iterator[dict[str, Any]]:
    """Each document once: only its hash is public."""
    found: dict[str, tuple[str, int, int]] = {folio.source_hash: ("title", folio.legal_date, folio.changed_at)}
    for lien in folio.liens.liens if folio.liens else ():
        found.setdefault(lien.deed_hash or ZERO_HASH, ("mortgage", lien.legal_date, lien.entered_at))
    for interest in folio.interests.interests if folio.interests else ():
        found.setdefault(interest.deed_hash or ZERO_HASH, ("deed", interest.legal_date, interest.entered_at))
    for stop in folio.restrictions:
        kind = "courtOrder" if stop.kind is RestrictionKind.FREEZE else "caveat"
        found.setdefault(stop.source_hash, (kind, 0, stop.entered_at))
    for name, (kind, legal_date, entered_at) in sorted(found.items()):
        if name == ZERO_HASH:
            continue
        yield {
            "class": "LA_AdministrativeSource",
            "sID": _oid(space, name),
            "type": kind,
            "acceptance": _date(legal_date),
            "recordation": _time(entered_at),
            "availabilityStatus": "archiveUnknown",
        }


def _registration(folio: Folio) -> dict[str, Any]:
    return {
        "agency": folio.agency,
        "registered": _time(folio.registered_at),
        "transaction": folio.tx_hash,
        "block": folio.block_number,
        "blockHash": folio.block_hash,
        "finality": folio.finality.value,
    }


def _versioned(begin: int, end: int | None, version: int | None = None) -> dict[str, Any]:
    """VersionedObject: its life span, by the blocks' times."""
    ended = None if end is None else _time(end)
    span: dict[str, Any] = {"beginLifespanVersion": _time(begin), "endLifespanVersion": ended}
    return span if version is None else {**span, "version": version}


def _oid(space: str, local: str) -> dict[str, str]:
    return {"localId": local, "namespace": space}


def _source_id(space: str, name: str | None) -> dict[str, str] | None:
    return None if name is None or name == ZERO_HASH else _oid(space, name)


def _currency(line: LienLine) -> str | None:
    return line.currency_text or line.currency


def _until(line: InterestLine) -> dict[str, str] | None:
    return {"until": _time(line.until)} if line.until else None


def _time(seconds: int) -> str:
    seconds = min(seconds, _LAST)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _date(number: int) -> str | None:
    """YYYYMMDD as ISO 8601; None where it is not recorded."""
    return f"{number // 10000:04}-{number // 100 % 100:02}-{number % 100:02}" if number else None
