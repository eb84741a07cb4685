"""An agency's GeoJSON file → its own tables and the outbox, in one transaction.

Reading comes first and takes no lock; then everything is written at once or not at all. So an import that is killed
leaves nothing behind, and one that is repeated finds its parcels and leaves them as they are.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from muniment.chain.outbox import enqueue
from muniment.db.engine import reading, writing
from muniment.db.schema import geometries, parcels, party_records
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.model import PartyRecord, Seals
from muniment.land.kept import CHUNK, chunks, kept_parcels
from muniment.land.model import Entry, check_jurisdiction
from muniment.land.parcels import Options, Parcel, prepare, same_parcel
from muniment.land.reading import Progress, read_parcels
from muniment.land.report import Rejection, Report
from muniment.land.submit import register_key, register_request


def import_parcels(
    engine: Engine,
    name: str,
    content: bytes,
    options: Options,
    agency: str,
    sealer: Seals,
    now: int,
    dry_run: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Report:
    """Read a FeatureCollection and queue a title for each parcel that is not there yet.

    `name` is what the file is called in the agency's tables, `agency` the id that parties are made for; `sealer` seals
    what is said of them; `now` is in Unix seconds. With `dry_run` nothing is written. Raises Refused when the file as
    a whole cannot be used; each bad feature is in the report instead.
    """
    check_jurisdiction(options.jurisdiction)
    report = Report()
    found = read_parcels(content, options, report, progress)
    source = _Source(name, keccak(content), agency, sealer, now)
    try:
        with reading(engine) if dry_run else writing(engine) as connection:
            for done, chunk in enumerate(chunks(found)):
                progress("Checking" if dry_run else "Writing", done * CHUNK, len(found))
                _take(connection, chunk, options, source, report, write=not dry_run)
            progress("Checking" if dry_run else "Writing", len(found), len(found))
    except IntegrityError as error:
        raise Refused("ImportCollided") from error
    report.rejected.sort(key=lambda rejection: rejection.line)
    return report


@dataclass(frozen=True)
class _Source:
    name: str
    hash: str
    agency: str
    sealer: Seals
    now: int


def _take(
    connection: Connection, chunk: list[Parcel], options: Options, source: _Source, report: Report, write: bool
) -> None:
    """Sort a chunk into new, unchanged and conflicting parcels, and write the new ones."""
    kept = kept_parcels(connection, source.sealer, options.jurisdiction, [parcel.ref for parcel in chunk])
    new: list[tuple[Parcel, Entry, tuple[PartyRecord, ...]]] = []
    for parcel in chunk:
        if parcel.ref in kept:
            if same_parcel(parcel, options.jurisdiction, kept[parcel.ref]):
                report.unchanged.append(parcel)
            else:
                report.rejected.append(Rejection(parcel.line, parcel.ref, Refused("ParcelChanged", ref=parcel.ref)))
            continue
        entry, records = prepare(parcel, options, source.agency, source.hash)
        try:
            if write:
                enqueue(connection, register_request(entry), source.now)
        except Refused as error:
            report.rejected.append(Rejection(parcel.line, parcel.ref, error))
            continue
        report.queued.append(parcel)
        new.append((parcel, entry, records))
    if write and new:
        _write(connection, new, source)


def _write(connection: Connection, new: list[tuple[Parcel, Entry, tuple[PartyRecord, ...]]], source: _Source) -> None:
    """The agency's own rows for parcels that have just been queued."""
    shapes = {parcel.geometry.hash: parcel.geometry for parcel, _, _ in new}
    stored = connection.execute(select(geometries.c.geometry_hash).where(geometries.c.geometry_hash.in_(shapes)))
    for known in stored.scalars():
        del shapes[known]
    if shapes:
        sides = ("west", "south", "east", "north")
        connection.execute(
            geometries.insert(),
            [
                {"geometry_hash": shape.hash, "canonical": shape.text, **dict(zip(sides, shape.box, strict=True))}
                for shape in shapes.values()
            ],
        )
    people = {record.party: record for _, _, records in new for record in records}
    for some in chunks(list(people)):
        for known in connection.execute(select(party_records.c.party).where(party_records.c.party.in_(some))).scalars():
            del people[known]
    if people:
        connection.execute(party_records.insert(), [_sealed(record, source) for record in people.values()])
    connection.execute(parcels.insert(), [_row(parcel, entry, records, source) for parcel, entry, records in new])


def _sealed(record: PartyRecord, source: _Source) -> dict[str, Any]:
    seal = source.sealer.seal_or_none
    return {
        **vars(record),
        "salt": seal(record.salt),
        "record": seal(record.record),
        "created_at": source.now,
    }


def _row(parcel: Parcel, entry: Entry, records: tuple[PartyRecord, ...], source: _Source) -> dict[str, Any]:
    return {
        "jurisdiction": entry.jurisdiction,
        "ref": entry.ref,
        "title": entry.title,
        "geometry_hash": entry.geometry_hash,
        "area_dm2": entry.area_dm2,
        "party": records[0].party,
        "source_name": source.name,
        "source_line": parcel.line,
        "repaired_by_dm2": parcel.geometry.repaired_by_dm2,
        "intent_key": register_key(entry.jurisdiction, entry.ref),
        "imported_at": source.now,
    }
