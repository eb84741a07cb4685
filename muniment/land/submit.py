"""What the land registry asks of the chain by itself: entering titles, caveats, grades, and what time brings about.

What parties sign stands in `acts`. What takes two officers is done by scripts, never by the service.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from muniment.chain.outbox import Act, Call, Receipt, Request, enqueue
from muniment.db.engine import insert_once
from muniment.db.schema import migration_roots, title_references, titles
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.land import act_kinds
from muniment.land.act_terms import interest_terms
from muniment.land.encumbrances import interests_of
from muniment.land.migration.leaf import MovedTitle, check
from muniment.land.migration.proof import StandingRoot, check_presence
from muniment.land.migration.serving import is_released
from muniment.land.model import (
    MAX_BATCH,
    Entry,
    Grade,
    RestrictionKind,
    RootStatus,
    entry_body,
    entry_of,
    interest_id,
    jurisdiction_bytes,
    restriction_id,
    title_id,
)
from muniment.land.roots import status_at
from muniment.land.standing import check_free, grade_proposal_of, restriction, standing_title

CONTRACT, LIENS = "TitleRegistry", "LienRegistry"
CAVEAT_LIMIT = 365 * 24 * 3600  # seconds that a caveat stands at most, as the contract has it


def register_key(jurisdiction: str, ref: str) -> str:
    """The idempotency key of a registration: a parcel is entered once."""
    return f"land.register:{jurisdiction}:{ref}"


def register_request(entry: Entry) -> Request:
    """Ask for one title to be entered; titles of one jurisdiction may share a transaction."""
    return Request(
        key=register_key(entry.jurisdiction, entry.ref),
        kind="land.register",
        lane=entry.jurisdiction,
        body=entry_body(entry),
    )


def _register(bodies: Sequence[Mapping[str, Any]]) -> Call:
    """One call for 1 to 50 titles of one jurisdiction."""
    entries = [entry_of(body) for body in bodies]
    jurisdiction = "0x" + jurisdiction_bytes(entries[0].jurisdiction).hex()
    structs = [_struct(entry) for entry in entries]
    if len(structs) == 1:
        return Call("TitleRegistry", "register", (jurisdiction, structs[0]))
    return Call("TitleRegistry", "registerBatch", (jurisdiction, structs))


def _struct(entry: Entry) -> dict[str, Any]:
    """The entry as `ITitleRegistry.Entry`."""
    return {
        "ref": entry.ref,
        "geometryHash": entry.geometry_hash,
        "area": entry.area_dm2,
        "grade": int(entry.grade),
        "denominator": entry.denominator,
        "shares": [{"holder": share.holder, "numerator": share.numerator} for share in entry.shares],
        "sourceHash": entry.source_hash,
        "legalDate": entry.legal_date,
    }


# ── By one registrar ────────────────────────────────────────────────────────────────────────────────────────────


def register_absent(connection: Connection, entry: Entry, absence: str, now: int) -> Receipt:
    """Queue the entry of a title where a register moved in, with the proof that it is none of those. Raises Refused."""
    known = connection.execute(select(titles.c.retired_at).where(titles.c.title == entry.title)).one_or_none()
    if known is not None:
        raise Refused("TitleExists" if known.retired_at is None else "TitleIsRetired", title=entry.title)
    body = {"entry": entry_body(entry), "absence": absence}
    key = f"land.register_absent:{entry.jurisdiction}:{keccak(entry.ref.encode())}:{keccak(absence.encode())[:18]}"
    return enqueue(connection, Request(key, "land.register_absent", entry.jurisdiction, body), now)


def enter_caveat(
    connection: Connection, title: str, claimant: str, until: int, source_hash: str, now: int
) -> tuple[Receipt, str]:
    """Queue a caveat for a claimant until a time (Unix seconds); its id beside it. Raises Refused."""
    standing_title(connection, title)
    check_free(connection, title, now)
    if source_hash == ZERO_HASH:
        raise Refused("SourceMissing", title=title)
    if claimant == ZERO_HASH or not now < until <= now + CAVEAT_LIMIT:
        raise Refused("CaveatRefused", title=title, claimant=claimant, until=until)
    caveat = restriction_id(title, RestrictionKind.CAVEAT, claimant, source_hash)
    if restriction(connection, caveat, now) is not None:
        raise Refused("RestrictionExists", restriction=caveat)
    body = {"title": title, "claimant": claimant, "until": until, "sourceHash": source_hash}
    return enqueue(connection, _request("enter_caveat", caveat, title, body), now), caveat


def cancel_caveat(connection: Connection, caveat: str, source_hash: str, now: int) -> Receipt:
    """Queue that a caveat is struck out; `source_hash` is of what shows why. Raises Refused."""
    found = restriction(connection, caveat, now)
    if found is None or found.kind is not RestrictionKind.CAVEAT or not found.stands:
        raise Refused("RestrictionMissing", restriction=caveat)
    if source_hash == ZERO_HASH:
        raise Refused("SourceMissing", title=found.title)
    body = {"caveat": caveat, "sourceHash": source_hash}
    return enqueue(connection, _request("cancel_caveat", f"{caveat}:{source_hash}", found.title, body), now)


def propose_grade(connection: Connection, title: str, grade: Grade, source_hash: str, now: int) -> Receipt:
    """Queue another grade for a title, which takes effect after the time for objections. Raises Refused."""
    row = standing_title(connection, title)
    if source_hash == ZERO_HASH:
        raise Refused("SourceMissing", title=title)
    if grade is Grade.NONE or grade == row.grade:
        raise Refused("GradeRefused", title=title, grade=grade.name.lower())
    body = {"title": title, "grade": int(grade), "sourceHash": source_hash}
    known = grade_proposal_of(connection, title, now)
    subject = f"{title}:{row.version}:{0 if known is None else known.ready_at}:{source_hash}"
    return enqueue(connection, _request("propose_grade", subject, title, body), now)


def withdraw_grade(connection: Connection, title: str, now: int) -> Receipt:
    """Queue that a proposal is taken back. Raises Refused."""
    standing_title(connection, title)
    known = grade_proposal_of(connection, title, now)
    if known is None:
        raise Refused("GradeMissing", title=title)
    return enqueue(connection, _request("withdraw_grade", f"{title}:{known.ready_at}", title, {"title": title}), now)


# ── By anyone ───────────────────────────────────────────────────────────────────────────────────────────────────


def complete_grade(connection: Connection, title: str, now: int) -> Receipt:
    """Queue that a proposed grade takes effect. Raises Refused."""
    standing_title(connection, title)
    known = grade_proposal_of(connection, title, now)
    if known is None:
        raise Refused("GradeMissing", title=title)
    if not known.ready:
        raise Refused("GradeTooEarly", title=title, readyAt=known.ready_at)
    check_free(connection, title, now, *RestrictionKind)
    return enqueue(connection, _request("complete_grade", f"{title}:{known.ready_at}", title, {"title": title}), now)


def expire_interest(connection: Connection, title: str, interest: str, now: int) -> Receipt:
    """Queue that a lease or an easement whose time is over is struck out. Raises Refused."""
    terms = interest_terms(connection, interest)
    name = interest_id(terms)
    found = next((line for line in interests_of(connection, title, now).interests if line.interest == name), None)
    if found is None:
        raise Refused("InterestMissing", title=title, interest=name)
    if not found.over:
        raise Refused("InterestStands", interest=name, until=terms["until"])
    body = {"title": title, "interest": terms}
    return enqueue(connection, _request("expire_interest", f"{title}:{name}:{found.entered_at}", title, body), now)


def admit(connection: Connection, jurisdiction: str, moved: MovedTitle, proof: str, now: int) -> Receipt:
    """Queue that a title which moved in with its register is written down, and publish its reference. Raises Refused.

    `proof` is a presence as ITitleMigration takes it, 0x hex.
    """
    check(moved)
    title = title_id(jurisdiction, moved.ref)
    known = connection.execute(select(titles.c.retired_at).where(titles.c.title == title)).one_or_none()
    if known is not None or not moved.shares:
        raise Refused(
            "TitleExists" if known is not None and known.retired_at is None else "TitleIsRetired", title=title
        )
    _check_proven(connection, jurisdiction, moved, proof, now)
    publish_reference(connection, jurisdiction, moved.ref)
    body = {"migrated": moved_struct(jurisdiction, moved), "proof": proof}
    return enqueue(connection, _request("admit", f"{title}:{keccak(proof.encode())[:18]}", title, body), now)


def publish_reference(connection: Connection, jurisdiction: str, ref: str) -> None:
    """Let everyone read the reference behind a title's id."""
    row = {"title": title_id(jurisdiction, ref), "jurisdiction": jurisdiction, "ref": ref}
    insert_once(connection, title_references, row)


def moved_struct(jurisdiction: str, moved: MovedTitle) -> dict[str, Any]:
    """A title that moves in, as `ITitleRegistry.MigratedTitle`."""
    return {
        "title": title_id(jurisdiction, moved.ref),
        "jurisdiction": "0x" + jurisdiction_bytes(jurisdiction).hex(),
        "geometryHash": moved.geometry_hash,
        "area": str(moved.area_dm2),
        "grade": int(moved.grade),
        "denominator": str(moved.denominator),
        "shares": [{"holder": share.holder, "numerator": str(share.numerator)} for share in moved.shares],
        "liens": list(moved.liens),
        "interests": list(moved.interests),
    }


def _check_proven(connection: Connection, jurisdiction: str, moved: MovedTitle, proof: str, now: int) -> None:
    """Raise Refused unless the proof shows this very title in a root that is in effect, and nobody released it.

    Without this, whoever sends a title that no root holds would use up the key of the one that a root does hold.
    """
    standing = select(migration_roots).where(
        migration_roots.c.jurisdiction == jurisdiction, migration_roots.c.end.is_(None)
    )
    rows = connection.execute(standing.order_by(migration_roots.c.number)).all()
    roots = [StandingRoot(bytes.fromhex(row.root[2:]), row._mapping["count"]) for row in rows]
    title = title_id(jurisdiction, moved.ref)
    try:
        words = bytes.fromhex(proof.removeprefix("0x"))
    except ValueError:
        raise Refused("TitleUnproven", title=title) from None
    row = rows[check_presence(jurisdiction, roots, moved, words)]
    status = status_at(row, now)
    if status is not RootStatus.IN_EFFECT:
        raise Refused("RootNotInEffect", jurisdiction=jurisdiction, number=row.number, status=status.name.lower())
    if is_released(connection, jurisdiction, title):
        raise Refused("TitleIsReleased", title=title)


def _request(act: str, subject: str, lane: str, body: Mapping[str, Any]) -> Request:
    return Request(f"land.{act}:{subject}", f"land.{act}", lane, body)


def _plain(kind: str, contract: str, function: str, *names: str) -> Act:
    """An act whose arguments stand in the body under these names."""

    def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
        (body,) = bodies
        return Call(contract, function, tuple(body[name] for name in names))

    return Act(f"land.{kind}", build)


def _register_absent(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    entry = entry_of(body["entry"])
    jurisdiction = "0x" + jurisdiction_bytes(entry.jurisdiction).hex()
    return Call(CONTRACT, "registerAbsent", (jurisdiction, _struct(entry), body["absence"]))


ACTS = (
    Act("land.register", _register, MAX_BATCH),
    Act("land.register_absent", _register_absent),
    _plain("enter_caveat", CONTRACT, "enterCaveat", "title", "claimant", "until", "sourceHash"),
    _plain("cancel_caveat", CONTRACT, "cancelCaveat", "caveat", "sourceHash"),
    _plain("propose_grade", CONTRACT, "proposeGrade", "title", "grade", "sourceHash"),
    _plain("withdraw_grade", CONTRACT, "withdrawGrade", "title"),
    _plain("complete_grade", CONTRACT, "completeGrade", "title"),
    _plain("expire_interest", LIENS, "expireInterest", "title", "interest"),
    _plain("admit", CONTRACT, "admit", "migrated", "proof"),
    *act_kinds.ACTS,
)
FUNCTIONS = (
    *((CONTRACT, name) for name in ("register", "registerBatch", "registerAbsent", "enterCaveat", "cancelCaveat")),
    *((CONTRACT, name) for name in ("proposeGrade", "withdrawGrade", "completeGrade", "admit")),
    (LIENS, "expireInterest"),
    *act_kinds.FUNCTIONS,
)
