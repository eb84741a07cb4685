"""From an application to an e-resident: every step is a row of its own, and nothing is taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, select, update

from muniment.chain.outbox import Receipt
from muniment.db.engine import insert_once
from muniment.db.schema import party_records, residency_cases, residency_checks, residency_decisions
from muniment.errors import Refused
from muniment.identity.inviting import Invited, invite
from muniment.identity.issuing import issue
from muniment.identity.model import commitment_of, known_kind, new_salt, party_id
from muniment.identity.residency.deciding import check_decision
from muniment.identity.residency.model import (
    MOST_YEARS,
    Application,
    Check,
    Checked,
    application,
    new_case,
    new_token,
    token_hash,
    years_after,
)
from muniment.identity.residency.queries import checks_of
from muniment.identity.sealing import Sealer

_LONGEST_OFFICER = 100  # characters
_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Applied:
    """A fresh application. The token is shown this once: only its hash is stored."""

    case: str
    token: str


@dataclass(frozen=True)
class Approved:
    """What an approval made: the party, its invitation to link a wallet, and the credential under way."""

    party: str
    valid_until: int
    invited: Invited
    receipt: Receipt


def apply(connection: Connection, sealer: Sealer, agency: str, given: Mapping[str, str], now: int) -> Applied:
    """Take an application in. `now` in Unix seconds. Raises Refused."""
    wanted = application(given, datetime.fromtimestamp(now, UTC).date())
    applied = Applied(new_case(), new_token())
    connection.execute(
        residency_cases.insert().values(
            case=applied.case,
            token_hash=token_hash(applied.token),
            agency=agency,
            created_at=now,
            **{name: sealer.seal(text) for name, text in wanted.columns().items()},
        )
    )
    return applied


def check(
    connection: Connection, sealer: Sealer, case: str, what: Check, officer: str, passed: bool, note: str, now: int
) -> None:
    """Write down one look at one thing. A later one counts; the earlier stays. Raises Refused."""
    row = _open_case(connection, case)
    if len(note) > _LONGEST_TEXT:
        raise Refused("NoteTooLong", longest=_LONGEST_TEXT)
    connection.execute(
        residency_checks.insert().values(
            case=row.case,
            check=what.value,
            officer=_officer(officer),
            passed=int(passed),
            note=sealer.seal(note.strip()) if note.strip() else None,
            checked_at=now,
        )
    )


def approve(connection: Connection, sealer: Sealer, case: str, officer: str, years: int, now: int) -> Approved:
    """Make the applicant a party with an e-resident's credential under way. All of it or nothing. Raises Refused."""
    row, officer = _open_case(connection, case), _officer(officer)
    if not 1 <= years <= MOST_YEARS:
        raise Refused("YearsRefused", years=years, most=MOST_YEARS)
    checks = checks_of(connection, row.case)
    check_decision(checks, officer, approve=True)
    party = _new_party(connection, sealer, row, now)
    salt, valid_until = new_salt(), years_after(now, years)
    source = commitment_of(salt, _decision_record(row.case, officer, checks, now))
    receipt = issue(connection, row.agency, party, known_kind("E_RESIDENT"), valid_until, source, now)
    decided = {"approved": 1, "years": years, "party": party, "intent_key": receipt.key, "salt": sealer.seal(salt)}
    _decide(connection, row.case, officer, now, decided)
    return Approved(party, valid_until, invite(connection, party, now), receipt)


def refuse(connection: Connection, sealer: Sealer, case: str, officer: str, reason: str, now: int) -> None:
    """Refuse an application, and say why. Raises Refused."""
    row, officer = _open_case(connection, case), _officer(officer)
    check_decision(checks_of(connection, row.case), officer, approve=False)
    if not 1 <= len(reason.strip()) <= _LONGEST_TEXT:
        raise Refused("ReasonMissing", longest=_LONGEST_TEXT)
    _decide(connection, row.case, officer, now, {"approved": 0, "reason": sealer.seal(reason.strip())})


def invite_again(connection: Connection, token: str, now: int) -> Invited:
    """A fresh code for an e-resident who has no wallet yet; an unused older one ends. Raises Refused."""
    query = (
        select(residency_decisions.c.party)
        .join(residency_cases, residency_cases.c.case == residency_decisions.c.case)
        .where(residency_cases.c.token_hash == token_hash(token), residency_decisions.c.party.is_not(None))
    )
    party = connection.execute(query).scalar_one_or_none()
    if party is None:
        raise Refused("ApplicationUnknown")
    return invite(connection, party, now)


def _open_case(connection: Connection, case: str) -> Row[Any]:
    """A case that can still be worked on, locked until the transaction ends. Raises Refused."""
    mine = residency_cases.c.case == case.strip().upper()
    # Whoever checks and whoever decides take turns, so that no decision passes over a check made at the same time.
    connection.execute(update(residency_cases).where(mine).values(case=residency_cases.c.case))
    row = connection.execute(select(residency_cases).where(mine)).one_or_none()
    if row is None:
        raise Refused("CaseUnknown", case=case)
    if row.erased_at is not None:
        raise Refused("CaseErased", case=case)
    decided = connection.execute(select(residency_decisions).where(residency_decisions.c.case == row.case)).first()
    if decided is not None:
        raise Refused("CaseDecided", case=case, officer=decided.officer, decided_at=decided.decided_at)
    return row


def _officer(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_OFFICER or not name.isprintable():
        raise Refused("OfficerMissing", longest=_LONGEST_OFFICER)
    return name


def _decide(connection: Connection, case: str, officer: str, now: int, decided: Mapping[str, Any]) -> None:
    new = insert_once(connection, residency_decisions, {"case": case, "officer": officer, "decided_at": now, **decided})
    if not new:
        raise Refused("CaseDecided", case=case, officer=officer, decided_at=now)


def _new_party(connection: Connection, sealer: Sealer, row: Row[Any], now: int) -> str:
    """The applicant as a party: a salted commitment to the identity record, both kept sealed."""
    given = {name: sealer.unseal(getattr(row, name)) for name in Application.__dataclass_fields__}
    salt, record = new_salt(), rfc8785.dumps(Application(**given).record())
    commitment = commitment_of(salt, record)
    party = party_id(row.agency, commitment)
    connection.execute(
        party_records.insert().values(
            party=party,
            agency=row.agency,
            commitment=commitment,
            salt=sealer.seal(salt),
            record=sealer.seal(record.decode()),
            created_at=now,
        )
    )
    return party


def _decision_record(case: str, officer: str, checks: list[Checked], now: int) -> bytes:
    """What the credential's source hash commits to: who checked and decided what, when; nothing of the person."""
    looked = [
        {"check": one.check.value, "officer": one.officer, "passed": one.passed, "time": one.checked_at}
        for one in checks
    ]
    return rfc8785.dumps({"case": case, "decision": "approved", "officer": officer, "time": now, "checks": looked})
