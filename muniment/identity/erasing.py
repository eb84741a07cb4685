"""Erase what an agency holds of a person. What stays tells nobody who it was, and the chain needs it.

The id of a party is made of the salted hash of its record. With salt and record destroyed, the hash on the chain is a
number like any other, while titles, wallets and signatures stay true.
"""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from muniment.db.schema import invitations, party_records, residency_cases, residency_decisions
from muniment.errors import Refused
from muniment.identity.residency import erasing as residency

STAYS = ("party", "agency", "commitment", "created_at")  # of the record; and whatever is on the chain


@dataclass(frozen=True)
class Erasure:
    """What goes: the salt and the record, applications with what was said in them, codes that were not used.

    `erased_at` is when it was done, None for what would be done.
    """

    party: str
    salt: bool
    record: bool
    cases: int
    invitations: int
    stays: tuple[str, ...]
    erased_at: int | None


def plan(connection: Connection, party: str) -> Erasure:
    """What erasing a party would destroy. Raises Refused when the agency has no record of it."""
    party = party.lower()
    known = connection.execute(select(party_records).where(party_records.c.party == party)).one_or_none()
    if known is None:
        raise Refused("RecordUnknown", party=party)
    cases = connection.execute(
        select(func.count())
        .select_from(residency_decisions)
        .join(residency_cases, residency_cases.c.case == residency_decisions.c.case)
        .where(residency_decisions.c.party == party, residency_cases.c.erased_at.is_(None))
    ).scalar_one()
    unused = connection.execute(select(func.count()).where(*_unused(party))).scalar_one()
    return Erasure(party, known.salt is not None, known.record is not None, cases, unused, STAYS, known.erased_at)


def erase(connection: Connection, party: str, now: int) -> Erasure:
    """Destroy it, in the caller's transaction; what was erased before stays as it is. Raises Refused.

    Call `muniment.db.engine.forget` after the transaction, so that no page of the database's files keeps it either.
    """
    planned = plan(connection, party)
    party = planned.party
    present = or_(party_records.c.salt.is_not(None), party_records.c.record.is_not(None))
    mine = and_(party_records.c.party == party, or_(present, party_records.c.erased_at.is_(None)))
    connection.execute(update(party_records).where(mine).values(salt=None, record=None, erased_at=now))
    residency.erase(connection, party, now)
    connection.execute(delete(invitations).where(*_unused(party)))
    erased_at = select(party_records.c.erased_at).where(party_records.c.party == party)
    done = connection.execute(erased_at).scalar_one()
    return replace(planned, erased_at=done)


def _unused(party: str) -> tuple[ColumnElement[bool], ...]:
    return (invitations.c.party == party, invitations.c.intent_key.is_(None))
