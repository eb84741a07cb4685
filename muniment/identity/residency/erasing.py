"""Erase what is said of a person in applications. The skeleton stays: when, which checks, who decided."""

from sqlalchemy import Connection, select, update

from muniment.db.schema import residency_cases, residency_checks, residency_decisions
from muniment.errors import Refused

_PERSONAL = ("given_name", "family_name", "date_of_birth", "nationality", "document_number", "email", "reason")


def erase(connection: Connection, party: str, now: int) -> int:
    """Erase the cases of a party, in the caller's transaction; return how many were not erased before."""
    query = select(residency_decisions.c.case).where(residency_decisions.c.party == party.lower())
    return sum(_erase(connection, case, now) for case in connection.execute(query).scalars().all())


def erase_case(connection: Connection, case: str, now: int) -> None:
    """Erase one case that became no party: refused, or given up; an open one can be worked on no more.

    Raises Refused for an unknown case, and for one whose party must be erased instead.
    """
    case = case.strip().upper()
    mine = residency_cases.c.case == case
    # Locked until the transaction ends: whoever decides at the same time has done so, or finds the case erased.
    if not connection.execute(update(residency_cases).where(mine).values(case=case)).rowcount:
        raise Refused("CaseUnknown", case=case)
    query = select(residency_decisions.c.party).where(residency_decisions.c.case == case)
    party = connection.execute(query).scalar_one_or_none()
    if party is not None:
        raise Refused("CaseOfParty", case=case, party=party)
    _erase(connection, case, now)


def _erase(connection: Connection, case: str, now: int) -> int:
    mine = (residency_cases.c.case == case, residency_cases.c.erased_at.is_(None))
    nothing = dict.fromkeys(_PERSONAL)
    erased = connection.execute(update(residency_cases).where(*mine).values(**nothing, erased_at=now)).rowcount
    connection.execute(update(residency_checks).where(residency_checks.c.case == case).values(note=None))
    decided = residency_decisions.c.case == case
    connection.execute(update(residency_decisions).where(decided).values(reason=None, salt=None))
    return erased
