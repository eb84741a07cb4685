"""What the agency keeps of the parcels that it imported: the entry asked for, and the holders' records."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, select

from muniment.db.schema import intents, parcels, party_records
from muniment.errors import Refused
from muniment.land.model import Entry, check_jurisdiction, entry_of, normalise_ref

CHUNK = 500  # values in one statement

T = TypeVar("T")


@dataclass(frozen=True)
class KeptHolder:
    """A holder as the agency knows it; `record` is None when another system keeps it, or once it is erased."""

    party: str
    commitment: str | None
    record: str | None
    part: Fraction


@dataclass(frozen=True)
class Kept:
    """A parcel that was imported."""

    entry: Entry
    holders: tuple[KeptHolder, ...]


def kept_parcels(connection: Connection, jurisdiction: str, refs: list[str]) -> dict[str, Kept]:
    """The parcels that were imported under these references, at most 500 of them."""
    rows = connection.execute(
        select(intents.c.body)
        .join(parcels, parcels.c.intent_key == intents.c.key)
        .where(parcels.c.jurisdiction == jurisdiction, parcels.c.ref.in_(refs))
    )
    entries = [entry_of(json.loads(row.body)) for row in rows]
    records: dict[str, tuple[str, str | None]] = {}
    for some in chunks(share.holder for entry in entries for share in entry.shares):
        found = connection.execute(select(party_records).where(party_records.c.party.in_(some)))
        records |= {row.party: (row.commitment, row.record) for row in found}
    return {entry.ref: Kept(entry, _holders(entry, records)) for entry in entries}


def holders_of(connection: Connection, jurisdiction: str, ref: str) -> tuple[str, ...]:
    """The party ids that hold an imported parcel. Raises Refused when it was never imported."""
    ref = normalise_ref(ref)
    kept = kept_parcels(connection, check_jurisdiction(jurisdiction), [ref]).get(ref)
    if kept is None:
        raise Refused("ParcelUnknown", ref=ref, jurisdiction=jurisdiction)
    return tuple(holder.party for holder in kept.holders)


def chunks(things: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most 500, which every database takes in one statement."""
    iterator = iter(things)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _holders(entry: Entry, records: dict[str, tuple[str, str | None]]) -> tuple[KeptHolder, ...]:
    holders = []
    for share in entry.shares:
        commitment, record = records.get(share.holder, (None, None))
        part = Fraction(share.numerator, entry.denominator)
        holders.append(KeptHolder(share.holder, commitment, record, part))
    return tuple(holders)
