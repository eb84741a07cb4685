"""The agency's own parcels against the register: what the read tables show, and on demand what the contract says."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from muniment.chain.abi import ChainError
from muniment.chain.deployment import Deployment
from muniment.chain.differences import Findings, Repair
from muniment.chain.rpc import Rpc
from muniment.chain.views import View, answers
from muniment.db.answers import AsOf
from muniment.db.schema import geometries, intents, parcels, party_records, shares, titles
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import party_id
from muniment.land.jurisdiction import jurisdiction_text
from muniment.land.kept import CHUNK, chunks
from muniment.land.model import Grade, Share, entry_of, title_id

Progress = Callable[[str, int, int], None]  # what is being compared, how much of it, how much there is

# How an intent that names a title which is not there stands: on its way, or said to be done.
_COMING = ("queued", "signed", "broadcast")


@dataclass(frozen=True)
class Stated:
    """A title as one side states it; `shares` ascend by holder."""

    geometry_hash: str
    area_dm2: int
    grade: int
    denominator: int
    shares: tuple[Share, ...]

    @property
    def holders(self) -> str:
        """The shares in one line."""
        return ", ".join(f"{share.holder} {share.numerator}/{self.denominator}" for share in self.shares)


@dataclass(frozen=True)
class _Read:
    """A title of the read tables; `ref` is None where no event told it."""

    stated: Stated
    ref: str | None
    version: int
    jurisdiction: str
    retired: bool


def jurisdictions_of(connection: Connection) -> list[str]:
    """The jurisdictions that the agency has parcels in."""
    rows = connection.execute(select(parcels.c.jurisdiction).distinct().order_by(parcels.c.jurisdiction))
    return list(rows.scalars())


def compare(connection: Connection, jurisdiction: str, known: AsOf | None, findings: Findings, told: Progress) -> None:
    """Compare the agency's parcels, their geometries and their parties' records with the read tables."""
    total = connection.execute(
        select(func.count()).select_from(parcels).where(parcels.c.jurisdiction == jurisdiction)
    ).scalar_one()
    done = 0
    for rows in _pages(connection, jurisdiction):
        read = _titles(connection, [row.title for row in rows])
        kept = _geometries(connection, [row.geometry_hash for row in rows])
        for row in rows:
            _compare_parcel(row, read.get(row.title), known, findings)
            _compare_bytes(row, kept, findings)
        _compare_parties(connection, rows, findings)
        done += len(rows)
        told(f"Comparing {jurisdiction}", done, total)
    findings.count("parcels", total)
    _unknown(connection, jurisdiction, findings)


def compare_sources(connection: Connection, jurisdiction: str, hashes: Iterable[str], findings: Findings) -> None:
    """Compare the sources that titles name on chain with the agency's files, given by their keccak-256."""
    t = titles.c
    named = connection.execute(
        select(t.source_hash, func.count().label("n"), func.min(t.title).label("title"))
        .where(t.jurisdiction == jurisdiction, t.source_hash != ZERO_HASH)
        .group_by(t.source_hash)
        .order_by(t.source_hash)
    ).all()
    files = set(hashes)
    findings.count("sources", len(named))
    for row in named:
        if row.source_hash not in files:
            findings.add("DiffersSource", row.title, source=row.source_hash, titles=row.n, title=row.title)


def compare_chain(
    connection: Connection,
    rpc: Rpc,
    deployment: Deployment,
    known: AsOf,
    jurisdiction: str,
    start: str | None,
    most: int | None,
    findings: Findings,
    told: Progress,
) -> None:
    """Compare titles of the read tables, and parcels that they lack, with the contract at the checkpoint's block.

    With `most` a sample: ids are hashes, so the ones that follow `start` are a fair choice. Raises RpcError, also when
    the node lacks that block by now, and RpcUnavailable.
    """
    ids = list(_sample(connection, jurisdiction, start, most))
    for at, some in enumerate(chunks(ids)):
        read = _titles(connection, some)
        refs = _refs(connection, some)
        asked = [View("TitleRegistry", function, (title,)) for title in some for function in ("titleOf", "retired")]
        said = answers(rpc, deployment, asked, known.hash)
        for title in some:
            _compare_said(title, refs.get(title) or title, read.get(title), next(said), next(said), findings)
        told(f"Asking the chain about {jurisdiction}", at * CHUNK + len(some), len(ids))
    findings.count("titles on chain", len(ids))


def _compare_parcel(row: Row[Any], read: _Read | None, known: AsOf | None, findings: Findings) -> None:
    named = {"ref": row.ref, "jurisdiction": row.jurisdiction}
    if read is None:
        _missing(row, named, known, findings)
        return
    if read.ref not in (None, row.ref):
        ours, theirs = f"the reference {read.ref}", f"the id of {row.ref}"
        findings.add("DiffersRead", row.title, ref=row.ref, read=ours, chain=theirs)
    if read.retired:
        findings.add("DiffersRetired", row.title, **named)
        return
    if row.body is None:
        findings.add("DiffersUnqueued", row.title, **named)
        return
    entry = entry_of(json.loads(row.body))
    own = Stated(entry.geometry_hash, entry.area_dm2, int(entry.grade), entry.denominator, entry.shares)
    kept = Stated(row.geometry_hash, row.area_dm2, own.grade, own.denominator, own.shares)
    for name, mine, theirs in _apart(kept, read.stated):
        findings.add(name, row.title, **named, agency=mine, chain=theirs, version=read.version)


def _missing(row: Row[Any], named: Mapping[str, Any], known: AsOf | None, findings: Findings) -> None:
    asked = {**named, "request": row.intent_key, "state": row.state}
    if row.state is None:
        findings.add("DiffersUnqueued", row.title, **named)
    elif row.state in ("refused", "parked"):
        why = json.loads(row.reason or "{}").get("error", "UnknownError")
        how = Repair.QUEUE if row.state == "refused" else Repair.PERSON
        findings.add("DiffersStopped", row.title, how, **asked, error=why)
    elif row.state in _COMING or known is None:
        findings.add("DiffersPending", row.title, Repair.WAIT, **asked)
    else:
        findings.add("DiffersLost", row.title, **asked)


def _apart(mine: Stated, theirs: Stated) -> Iterator[tuple[str, str, str]]:
    """What differs: its name, and both sides in words."""
    if mine.geometry_hash != theirs.geometry_hash:
        yield "DiffersGeometry", mine.geometry_hash, theirs.geometry_hash
    if mine.area_dm2 != theirs.area_dm2:
        yield "DiffersArea", _area(mine.area_dm2), _area(theirs.area_dm2)
    if mine.grade != theirs.grade:
        yield "DiffersGrade", Grade(mine.grade).name.lower(), Grade(theirs.grade).name.lower()
    if (mine.denominator, mine.shares) != (theirs.denominator, theirs.shares):
        yield "DiffersHolders", mine.holders, theirs.holders


def _compare_bytes(row: Row[Any], kept: Mapping[str, str], findings: Findings) -> None:
    canonical = kept.get(row.geometry_hash)
    if canonical is None or keccak(canonical.encode()) != row.geometry_hash:
        name = "DiffersUnpublished" if canonical is None else "DiffersBytes"
        findings.add(name, row.title, ref=row.ref, jurisdiction=row.jurisdiction, hash=row.geometry_hash)


def _compare_parties(connection: Connection, rows: Sequence[Row[Any]], findings: Findings) -> None:
    named = {row.party: row for row in rows}
    found = connection.execute(select(party_records).where(party_records.c.party.in_(list(named))))
    records = {record.party: record for record in found}
    findings.count("parties", len(named))
    for party, row in named.items():
        record = records.get(party)
        if record is None:
            findings.add("DiffersPartyMissing", party, ref=row.ref, party=party)
        elif party_id(record.agency, record.commitment) != party:
            findings.add("DiffersParty", party, ref=row.ref, party=party)


def _unknown(connection: Connection, jurisdiction: str, findings: Findings) -> None:
    t = titles.c
    joined = titles.outerjoin(parcels, parcels.c.title == t.title)
    rows = connection.execute(
        select(t.title, t.ref, t.tx_hash)
        .select_from(joined)
        .where(t.jurisdiction == jurisdiction, t.retired_at.is_(None), parcels.c.title.is_(None))
        .order_by(t.title)
    )
    for row in rows:
        name = row.ref or row.title
        findings.add("DiffersUnknown", row.title, ref=name, jurisdiction=jurisdiction, tx_hash=row.tx_hash)
    count = select(func.count()).select_from(titles).where(t.jurisdiction == jurisdiction)
    findings.count("titles", connection.execute(count).scalar_one())


def _compare_said(title: str, ref: str, read: _Read | None, said: Any, retired: Any, findings: Findings) -> None:
    """One title of the read tables against the contract's own words."""
    if isinstance(said, ChainError) or isinstance(retired, ChainError):
        theirs, version, code = "no title", 0, None
    else:
        version, code = int(said["version"]), jurisdiction_text(said["jurisdiction"])
        theirs = _said(said) if version else "no title"
    on_chain = "retired" if retired is True else theirs
    if read is not None and read.ref is not None and title_id(read.jurisdiction, read.ref) != title:
        findings.add("DiffersRead", title, ref=ref, read=f"the reference {read.ref}", chain="the id of another")
    if read is None:
        ours, now = "no title", 0
    else:
        ours, now = ("retired", read.version) if read.retired else (_words(read.stated), read.version)
    if ours != on_chain or (read is not None and not read.retired and (code, version) != (read.jurisdiction, now)):
        findings.add(
            "DiffersRead", title, ref=ref, read=f"version {now}: {ours}", chain=f"version {version}: {on_chain}"
        )


def _said(record: Mapping[str, Any]) -> str:
    holders = tuple(Share(share["holder"], int(share["numerator"])) for share in record["shares"])
    stated = Stated(
        record["geometryHash"], int(record["area"]), int(record["grade"]), int(record["denominator"]), holders
    )
    return _words(stated)


def _words(stated: Stated) -> str:
    grade = Grade(stated.grade).name.lower()
    return f"{_area(stated.area_dm2)}, {grade}, geometry {stated.geometry_hash}, held by {stated.holders}"


def _area(area_dm2: int) -> str:
    return f"{area_dm2 // 100}.{area_dm2 % 100:02} m²"


def _pages(connection: Connection, jurisdiction: str) -> Iterator[list[Row[Any]]]:
    """The agency's parcels with their requests, in order of reference, so many at a time."""
    p, after = parcels.c, ""
    while True:
        page = (
            select(parcels, intents.c.body, intents.c.state, intents.c.reason)
            .outerjoin(intents, intents.c.key == p.intent_key)
            .where(p.jurisdiction == jurisdiction, p.ref > after)
            .order_by(p.ref)
            .limit(CHUNK)
        )
        rows = list(connection.execute(page))
        if not rows:
            return
        yield rows
        after = rows[-1].ref


def _titles(connection: Connection, ids: Sequence[str]) -> dict[str, _Read]:
    rows = list(connection.execute(select(titles).where(titles.c.title.in_(ids))))
    held: dict[str, list[Share]] = {}
    found = connection.execute(select(shares).where(shares.c.title.in_(ids)).order_by(shares.c.title, shares.c.place))
    for share in found:
        held.setdefault(share.title, []).append(Share(share.holder, share.numerator))
    return {
        row.title: _Read(
            Stated(row.geometry_hash, row.area_dm2, row.grade, row.denominator, tuple(held.get(row.title, ()))),
            row.ref,
            row.version,
            row.jurisdiction,
            row.retired_at is not None,
        )
        for row in rows
    }


def _refs(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    rows = connection.execute(select(parcels.c.title, parcels.c.ref).where(parcels.c.title.in_(ids)))
    return {row.title: row.ref for row in rows}


def _geometries(connection: Connection, hashes: Sequence[str]) -> dict[str, str]:
    g = geometries.c
    rows = connection.execute(select(g.geometry_hash, g.canonical).where(g.geometry_hash.in_(hashes)))
    return {row.geometry_hash: row.canonical for row in rows}


def _sample(connection: Connection, jurisdiction: str, start: str | None, most: int | None) -> Iterator[str]:
    """Ids of titles that either side knows, ascending; with `most` those from `start` on, and from the lowest again."""
    t, p = titles.c, parcels.c
    known = select(t.title).where(t.jurisdiction == jurisdiction)
    either = known.union(select(p.title).where(p.jurisdiction == jurisdiction)).subquery()
    ordered = select(either.c.title).order_by(either.c.title)
    if most is None or start is None:
        yield from connection.execute(ordered).scalars()
        return
    first = list(connection.execute(ordered.where(either.c.title >= start).limit(most)).scalars())
    yield from first
    rest = ordered.where(and_(either.c.title < start)).limit(most - len(first))
    yield from connection.execute(rest).scalars()
