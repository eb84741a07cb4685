"""Answers about applications for e-residency: to the applicant who has the token, and to staff."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from muniment.db.answers import Page, page_bounds
from muniment.db.schema import intents, invitations, residency_cases, residency_checks, residency_decisions, wallets
from muniment.identity.residency.model import Application, CaseState, Check, Checked, latest, token_hash, years_after
from muniment.identity.sealing import Sealer


@dataclass(frozen=True)
class Progress:
    """Whether a thing was looked at, and when; what was found is not told."""

    check: Check
    done: bool
    checked_at: int | None


@dataclass(frozen=True)
class Followed:
    """What the applicant sees. `credential` is the state of the intent; `invitation` "open", "used", "expired", "none".

    Times are Unix seconds; `reason` is that of a refusal.
    """

    case: str
    agency: str
    state: CaseState
    created_at: int
    checks: tuple[Progress, ...]
    decided_at: int | None
    reason: str | None
    party: str | None
    valid_until: int | None
    intent: str | None
    credential: str | None
    invitation: str
    erased: bool


@dataclass(frozen=True)
class CaseLine:
    """A case in the list of staff; nothing of the person."""

    case: str
    agency: str
    state: CaseState
    created_at: int
    done: int
    failed: int
    decided_at: int | None
    erased: bool


@dataclass(frozen=True)
class Cases:
    """One page of cases, the oldest first."""

    page: Page
    lines: tuple[CaseLine, ...]


@dataclass(frozen=True)
class Look:
    """One look at one thing, with the officer's note."""

    check: Check
    officer: str
    passed: bool
    note: str | None
    checked_at: int


@dataclass(frozen=True)
class Decision:
    """How a case was decided, by whom and when."""

    approved: bool
    officer: str
    reason: str | None
    party: str | None
    valid_until: int | None
    intent: str | None
    decided_at: int


@dataclass(frozen=True)
class CaseAnswer:
    """A case as staff works on it; `application` is None once erased."""

    case: str
    agency: str
    state: CaseState
    created_at: int
    application: Application | None
    checks: tuple[Look, ...]
    decision: Decision | None
    erased_at: int | None


def followed(connection: Connection, sealer: Sealer, token: str, now: int) -> Followed | None:
    """The case of a token, or None when there is no such token."""
    query = select(residency_cases).where(residency_cases.c.token_hash == token_hash(token))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    decided, counted = _decision(connection, row.case), latest(checks_of(connection, row.case))
    state = _state(decided, len(counted))
    return Followed(
        case=row.case,
        agency=row.agency,
        state=state,
        created_at=row.created_at,
        checks=tuple(
            Progress(check, check in counted, counted[check].checked_at if check in counted else None)
            for check in Check
        ),
        decided_at=decided and decided.decided_at,
        reason=None if decided is None else sealer.unseal_or_none(decided.reason),
        party=decided and decided.party,
        valid_until=_until(decided),
        intent=decided and decided.intent_key,
        credential=_intent_state(connection, decided),
        invitation=_invitation(connection, decided, now),
        erased=row.erased_at is not None,
    )


def cases(connection: Connection, state: CaseState | None = None, page: int = 1, size: int = 25) -> Cases:
    """Cases in a state, or those that wait for somebody (open and checked)."""
    number, size = page_bounds(page, size)
    done = (
        select(residency_checks.c.case, func.count(func.distinct(residency_checks.c.check)).label("done"))
        .group_by(residency_checks.c.case)
        .subquery()
    )
    looked = func.coalesce(done.c.done, 0)
    query = (
        select(residency_cases.c.case)
        .outerjoin(done, done.c.case == residency_cases.c.case)
        .outerjoin(residency_decisions, residency_decisions.c.case == residency_cases.c.case)
    )
    decided = residency_decisions.c.approved
    waiting = (decided.is_(None), residency_cases.c.erased_at.is_(None))
    wanted = {
        None: waiting,
        CaseState.OPEN: (*waiting, looked < len(Check)),
        CaseState.CHECKED: (*waiting, looked == len(Check)),
        CaseState.APPROVED: (decided == 1,),
        CaseState.REFUSED: (decided == 0,),
    }[state]
    query = query.where(*wanted)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    ordered = query.order_by(residency_cases.c.created_at, residency_cases.c.case)
    found = connection.execute(ordered.limit(size).offset((number - 1) * size)).scalars().all()
    return Cases(Page(number, size, total), tuple(_line(connection, case) for case in found))


def case(connection: Connection, sealer: Sealer, case: str) -> CaseAnswer | None:
    """A case with everything that is said in it, for staff; None when there is none."""
    wanted = case.strip().upper()
    row = connection.execute(select(residency_cases).where(residency_cases.c.case == wanted)).one_or_none()
    if row is None:
        return None
    query = select(residency_checks).where(residency_checks.c.case == wanted).order_by(residency_checks.c.id)
    looks = tuple(
        Look(Check(one.check), one.officer, bool(one.passed), sealer.unseal_or_none(one.note), one.checked_at)
        for one in connection.execute(query)
    )
    decided = _decision(connection, wanted)
    return CaseAnswer(
        case=row.case,
        agency=row.agency,
        state=_state(decided, len({look.check for look in looks})),
        created_at=row.created_at,
        application=None if row.erased_at is not None else _application(sealer, row),
        checks=looks,
        decision=None
        if decided is None
        else Decision(
            approved=bool(decided.approved),
            officer=decided.officer,
            reason=sealer.unseal_or_none(decided.reason),
            party=decided.party,
            valid_until=_until(decided),
            intent=decided.intent_key,
            decided_at=decided.decided_at,
        ),
        erased_at=row.erased_at,
    )


def checks_of(connection: Connection, case: str) -> list[Checked]:
    """All looks at a case, in their order."""
    query = select(residency_checks).where(residency_checks.c.case == case).order_by(residency_checks.c.id)
    return [
        Checked(Check(row.check), row.officer, bool(row.passed), row.checked_at) for row in connection.execute(query)
    ]


def _line(connection: Connection, case: str) -> CaseLine:
    row = connection.execute(select(residency_cases).where(residency_cases.c.case == case)).one()
    decided, counted = _decision(connection, case), latest(checks_of(connection, case))
    return CaseLine(
        case=case,
        agency=row.agency,
        state=_state(decided, len(counted)),
        created_at=row.created_at,
        done=len(counted),
        failed=len([one for one in counted.values() if not one.passed]),
        decided_at=decided and decided.decided_at,
        erased=row.erased_at is not None,
    )


def _decision(connection: Connection, case: str) -> Row[Any] | None:
    return connection.execute(select(residency_decisions).where(residency_decisions.c.case == case)).one_or_none()


def _state(decided: Row[Any] | None, done: int) -> CaseState:
    if decided is not None:
        return CaseState.APPROVED if decided.approved else CaseState.REFUSED
    return CaseState.CHECKED if done == len(Check) else CaseState.OPEN


def _until(decided: Row[Any] | None) -> int | None:
    return None if decided is None or decided.years is None else years_after(decided.decided_at, decided.years)


def _intent_state(connection: Connection, decided: Row[Any] | None) -> str | None:
    if decided is None or decided.intent_key is None:
        return None
    return connection.execute(select(intents.c.state).where(intents.c.key == decided.intent_key)).scalar_one_or_none()


def _invitation(connection: Connection, decided: Row[Any] | None, now: int) -> str:
    if decided is None or decided.party is None:
        return "none"
    if connection.execute(select(wallets.c.party).where(wallets.c.party == decided.party)).first() is not None:
        return "used"
    query = select(invitations).where(invitations.c.party == decided.party).order_by(invitations.c.created_at.desc())
    row = connection.execute(query).first()
    if row is None:
        return "none"
    return "used" if row.intent_key else "expired" if row.expires_at <= now else "open"


def _application(sealer: Sealer, row: Row[Any]) -> Application:
    return Application(**{name: sealer.unseal(getattr(row, name)) for name in Application.__dataclass_fields__})
