"""One GeoJSON feature → one parcel: its reference, its geometry, and who holds it in which shares."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import rfc8785

from muniment.errors import Refused
from muniment.identity.model import PartyRecord, commitment_of, new_salt, party_id
from muniment.land.geometry import Canonical, canonical_geometry
from muniment.land.kept import Kept
from muniment.land.model import MAX_HOLDERS, Entry, Grade, normalise_ref, whole_shares

# Where a reference is looked for, in this order: INSPIRE's names first (D2.8.I.6, cadastral parcels), then what
# agencies deliver. HM Land Registry's index polygons, as published, carry theirs in "area".
REF_PROPERTIES = ("nationalCadastralReference", "nationalCadastralRef", "inspireId", "INSPIREID", "ref", "area")
_COMMITMENT = re.compile(r"0x[0-9a-f]{64}")
_SHARE = re.compile(r"([0-9]{1,18})/([0-9]{1,18})")


@dataclass(frozen=True)
class Holder:
    """A holder as the file names it: by a commitment that the agency made, or by a record to be salted here."""

    commitment: str | None
    record: str | None
    part: Fraction


@dataclass(frozen=True)
class Parcel:
    """A feature that can become a title. Without holders it gets one party of its own."""

    line: int
    ref: str
    geometry: Canonical
    holders: tuple[Holder, ...]


@dataclass(frozen=True)
class Options:
    """How an agency's file is to be read."""

    jurisdiction: str
    ref_property: str | None = None
    repair: bool = False
    grade: Grade = Grade.PROVISIONAL
    legal_date: int = 0


def reference_of(feature: Any, ref_property: str | None) -> str:
    """The cadastral reference of a feature, normalised. Raises Refused when there is none or it cannot be one."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise Refused("FeatureExpected")
    properties = feature.get("properties")
    named: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
    found = named.get(ref_property) if ref_property else feature.get("id")
    if found is None and not ref_property:
        found = next((named[name] for name in REF_PROPERTIES if isinstance(named.get(name), str)), None)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 1 << 63:
        found = str(found)
    if found is None or found == "":
        raise Refused("ReferenceMissing")
    if not isinstance(found, str):
        raise Refused("ReferenceUnreadable", ref=ascii(found)[:100])
    return normalise_ref(found)


def parcel_of(feature: Mapping[str, Any], line: int, ref: str, repair: bool) -> Parcel:
    """The parcel that a feature describes. Raises Refused for its geometry or its holders."""
    properties = feature.get("properties")
    holders = properties.get("holders") if isinstance(properties, dict) else None
    return Parcel(line, ref, canonical_geometry(feature.get("geometry"), repair), _holders(holders))


def prepare(parcel: Parcel, options: Options, agency: str, source_hash: str) -> tuple[Entry, tuple[PartyRecord, ...]]:
    """The entry to ask the chain for, and the party records to keep; salts are drawn here."""
    holders = parcel.holders or (Holder(None, _unrecorded(options.jurisdiction, parcel.ref), Fraction(1)),)
    records = tuple(_record(holder, agency) for holder in holders)
    denominator, shares = whole_shares(
        (record.party, holder.part) for record, holder in zip(records, holders, strict=True)
    )
    entry = Entry(
        jurisdiction=options.jurisdiction,
        ref=parcel.ref,
        geometry_hash=parcel.geometry.hash,
        area_dm2=parcel.geometry.area_dm2,
        grade=options.grade,
        denominator=denominator,
        shares=shares,
        source_hash=source_hash,
        legal_date=options.legal_date,
    )
    return entry, records


def same_parcel(parcel: Parcel, jurisdiction: str, kept: Kept) -> bool:
    """Whether a parcel says what was imported before: the same geometry, held by the same, salts apart."""
    given = parcel.holders or (Holder(None, _unrecorded(jurisdiction, parcel.ref), Fraction(1)),)
    # A record's commitment is salted anew each time, so that only the record itself can be compared.
    said = sorted((holder.record or holder.commitment or "", holder.part) for holder in given)
    stood = sorted((holder.record or holder.commitment or "", holder.part) for holder in kept.holders)
    return kept.entry.geometry_hash == parcel.geometry.hash and said == stood


def _record(holder: Holder, agency: str) -> PartyRecord:
    if holder.commitment is not None:
        return PartyRecord(party_id(agency, holder.commitment), agency, holder.commitment, None, None)
    salt, record = new_salt(), holder.record or ""
    commitment = commitment_of(salt, record.encode())
    return PartyRecord(party_id(agency, commitment), agency, commitment, salt, record)


def _unrecorded(jurisdiction: str, ref: str) -> str:
    """The record of a holder whom the file does not name: whoever holds this title, and nothing else."""
    return rfc8785.dumps({"holder": "not recorded", "jurisdiction": jurisdiction, "ref": ref}).decode()


def _holders(given: Any) -> tuple[Holder, ...]:
    """Read [{"name" or "commitment": text, "share": "1/2"}, …]; a sole holder needs no share."""
    if given is None or given == []:
        return ()
    if not isinstance(given, list) or len(given) > MAX_HOLDERS:
        raise Refused("HoldersUnreadable")
    holders = tuple(_holder(one, alone=len(given) == 1) for one in given)
    # The sum is judged before any salt is drawn; the ids stand for the holders until then.
    whole_shares((holder.commitment or f"holder {place}", holder.part) for place, holder in enumerate(holders))
    return holders


def _holder(given: Any, alone: bool) -> Holder:
    if not isinstance(given, dict):
        raise Refused("HoldersUnreadable")
    name, commitment = given.get("name"), given.get("commitment")
    share = _SHARE.fullmatch(str(given.get("share", "1/1" if alone else "")))
    if share is None or int(share[2]) == 0 or (name is None) == (commitment is None):
        raise Refused("HoldersUnreadable")
    part = Fraction(int(share[1]), int(share[2]))
    if commitment is not None:
        if not isinstance(commitment, str) or not _COMMITMENT.fullmatch(commitment.lower()) or not int(commitment, 16):
            raise Refused("HoldersUnreadable")
        return Holder(commitment.lower(), None, part)
    if not isinstance(name, str) or not 1 <= len(name) <= 200:
        raise Refused("HoldersUnreadable")
    try:
        return Holder(None, rfc8785.dumps({"name": name}).decode(), part)
    except (rfc8785.CanonicalizationError, UnicodeError):
        raise Refused("HoldersUnreadable") from None
