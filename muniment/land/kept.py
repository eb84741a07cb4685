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
from muniment.identity.model import Seals
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


def kept_parcels(connection: Connection, sealer: Seals, jurisdiction: str, refs: list[str]) -> dict[str, Kept]:
    """The parcels that were imported under these references, at most 500 of them."""
    entries = _entries(connection, jurisdiction, refs)
    records: dict[str, tuple[str, str | None]] = {}
    for some in chunks(share.holder for entry in entries for share in entry.shares):
        found = connection.execute(select(party_records).where(party_records.c.party.in_(some)))
        records |= {row.party: (row.commitment, sealer.unseal_or_none(row.record)) for row in found}
    return {entry.ref: Kept(entry, _holders(entry, records)) for entry in entries}


def holders_of(connection: Connection, jurisdiction: str, ref: str) -> tuple[str, ...]:
    """The party ids that hold an imported parcel. Raises Refused when it was never imported."""
    ref = normalise_ref(ref)
    entries = _entries(connection, check_jurisdiction(jurisdiction), [ref])
    if not entries:
        raise Refused("ParcelUnknown", ref=ref, jurisdiction=jurisdiction)
    return tuple(share.holder for share in entries[0].shares)


def chunks(things: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most 500, which every database takes in one statement."""
    iterator = iter(things)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _entries(connection: Connection, jurisdiction: str, refs: list[str]) -> list[Entry]:
    rows = connection.execute(
        select(intents.c.body)
        .join(parcels, parcels.c.intent_key == intents.c.key)
        .where(parcels.c.jurisdiction == jurisdiction, parcels.c.ref.in_(refs))
    )
    return [entry_of(json.loads(row.body)) for row in rows]


def _holders(entry: Entry, records: dict[str, tuple[str, str | None]]) -> tuple[KeptHolder, ...]:
    holders = []
    for share in entry.shares:
        commitment, record = records.get(share.holder, (None, None))
        part = Fraction(share.numerator, entry.denominator)
        holders.append(KeptHolder(share.holder, commitment, record, part))
    return tuple(holders)
