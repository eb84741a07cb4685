"""Applications for e-residency: every step by somebody, nothing twice, nothing before its time, nothing left behind."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from time import sleep
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, func, literal, select, union_all
from sqlalchemy.exc import IntegrityError

from muniment.db.engine import reading, writing
from muniment.db.schema import (
    intents,
    invitations,
    metadata,
    party_records,
    residency_cases,
    residency_checks,
    residency_decisions,
)
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.erasing import erase as erase_party
from muniment.identity.inviting import invite
from muniment.identity.model import commitment_of, known_kind, party_id
from muniment.identity.queries import invitation
from muniment.identity.residency import queries, submit
from muniment.identity.residency.erasing import erase, erase_case
from muniment.identity.residency.model import CaseState, Check, years_after
from muniment.identity.sealing import Sealer

AGENCY, NOW = keccak(b"agency"), 1_790_000_000
GIVEN = {
    "given_name": "  Grete ",
    "family_name": "Õunapuu-Smith",
    "date_of_birth": "1990-02-28",
    "nationality": "fi",
    "document_number": "AB 1234567",
    "email": "grete@example.org",
    "reason": "I want to found a company.",
}
SECRETS = ("Grete", "unapuu", "1990-02-28", "1234567", "grete@", "found a company", "looked well", "on no list")


@dataclass
class Desk:
    """An agency's desk with one application on it."""

    engine: Engine
    sealer: Sealer
    case: str
    token: str

    def check(self, what: Check, officer: str = "officer 1", passed: bool = True, note: str = "looked well") -> None:
        """Write one look down."""
        with writing(self.engine) as connection:
            submit.check(connection, self.sealer, self.case, what, officer, passed, note, NOW + 10)

    def check_all(self, officer: str = "officer 1") -> None:
        """All checks pass."""
        for what in Check:
            self.check(what, officer)

    def approve(self, officer: str = "officer 2", years: int = 5, now: int = NOW + 20) -> submit.Approved:
        """Approve the application."""
        with writing(self.engine) as connection:
            return submit.approve(connection, self.sealer, self.case, officer, years, now)

    def refuse(self, officer: str = "officer 2", reason: str = "on no list") -> None:
        """Refuse the application."""
        with writing(self.engine) as connection:
            submit.refuse(connection, self.sealer, self.case, officer, reason, NOW + 20)

    def followed(self, now: int = NOW + 30) -> queries.Followed:
        """What the applicant sees."""
        with reading(self.engine) as connection:
            found = queries.followed(connection, self.sealer, self.token, now)
        assert found is not None
        return found

    def shown(self) -> queries.CaseAnswer:
        """What staff sees."""
        with reading(self.engine) as connection:
            found = queries.case(connection, self.sealer, self.case)
        assert found is not None
        return found

    def everything(self) -> str:
        """The whole database as text."""
        with reading(self.engine) as connection:
            return json.dumps(
                [str(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
            )

    def count(self, table: Any) -> int:
        """The rows of a table."""
        with reading(self.engine) as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def desk(any_database: Engine) -> Desk:
    """One application, a minute old."""
    sealer = Sealer([Fernet.generate_key()])
    with writing(any_database) as connection:
        made = submit.apply(connection, sealer, AGENCY, GIVEN, NOW)
    return Desk(any_database, sealer, made.case, made.token)


def refused(act: Any, *given: Any, **named: Any) -> str:
    """The name of the reason why something is refused."""
    with pytest.raises(Refused) as told:
        act(*given, **named)
    return told.value.name


def test_from_application_to_e_resident(desk: Desk) -> None:
    """An approval must make record, party, invitation and credential at once, and the applicant see each step."""
    assert [one.done for one in desk.followed().checks] == [False, False, False]
    desk.check_all()
    assert desk.followed().state is CaseState.CHECKED
    made = desk.approve()
    with reading(desk.engine) as connection:
        record = connection.execute(select(party_records)).one()
        intent = connection.execute(select(intents)).one()
        invited = invitation(connection, made.invited.code, NOW + 30)
    identity, salt = desk.sealer.unseal(record.record), desk.sealer.unseal(record.salt)
    assert json.loads(identity)["givenName"] == "Grete"
    assert record.commitment == commitment_of(salt, identity.encode())
    assert made.party == record.party == party_id(AGENCY, record.commitment)
    body = json.loads(intent.body)
    assert (intent.kind, body["party"], body["agency"]) == ("credential.issue", made.party, AGENCY)
    assert body["kind"] == known_kind("E_RESIDENT")
    assert body["until"] == made.valid_until == years_after(NOW + 20, 5)
    assert int(body["source_hash"], 16)
    assert invited is not None
    assert (invited.party, invited.state) == (made.party, "open")
    seen = desk.followed()
    assert (seen.state, seen.party, seen.credential) == (CaseState.APPROVED, made.party, "queued")
    assert (seen.invitation, seen.valid_until, seen.intent) == ("open", made.valid_until, intent.key)
    assert [(look.check, look.officer) for look in desk.shown().checks] == [(check, "officer 1") for check in Check]
    assert desk.shown().decision is not None
    assert desk.everything().count("officer 2") >= 1


def test_personal_data_is_sealed(desk: Desk) -> None:
    """Whoever reads the database without the key must learn nothing of the person, and have no token."""
    desk.check_all()
    desk.refuse()
    held = desk.everything()
    assert not [secret for secret in (*SECRETS, desk.token) if secret in held]
    shown = desk.shown()
    assert shown.application is not None
    assert (shown.application.given_name, shown.application.nationality) == ("Grete", "FI")
    assert shown.checks[0].note == "looked well"


def test_nothing_is_decided_before_all_is_checked(desk: Desk) -> None:
    """Neither approval nor refusal may come before every check."""
    for what in Check:
        assert refused(desk.approve) == "ChecksMissing"
        assert refused(desk.refuse) == "ChecksMissing"
        desk.check(what)
    desk.approve()


def test_a_failed_check_bars_approval_until_checked_again(desk: Desk) -> None:
    """What failed must be refused, or pass at a later look; both looks must stay."""
    desk.check_all()
    desk.check(Check.SANCTIONS, "officer 3", passed=False)
    assert refused(desk.approve) == "ChecksFailed"
    desk.check(Check.SANCTIONS, "officer 3", passed=True)
    desk.approve()
    looks = [(look.check, look.passed) for look in desk.shown().checks if look.check is Check.SANCTIONS]
    assert [passed for _, passed in looks] == [True, False, True]


def test_nobody_checks_all_and_decides(desk: Desk) -> None:
    """Whoever made all checks must not decide, under no spelling; with one check by another, they may."""
    desk.check_all("Officer  One")
    for name in ("Officer One", " officer one ", "OFFICERONE", "One, Officer", "officer\u00a0one", "Officer-One",
                 "Offıcer One", "\u041efficer One", "Officer\ufe0f One", "O\u0301fficer One"):  # fmt: skip
        assert refused(desk.approve, name) == "FourEyesMissing"
        assert refused(desk.refuse, name) == "FourEyesMissing"
    desk.check(Check.LIKENESS, "officer two")
    desk.approve("Officer One")


def test_nothing_is_decided_twice(desk: Desk) -> None:
    """A decided case must take neither another decision nor another check, and nothing of the attempt may stay."""
    desk.check_all()
    desk.approve()
    before = [desk.count(table) for table in (intents, invitations, party_records, residency_checks)]
    assert refused(desk.approve, "officer 3") == "CaseDecided"
    assert refused(desk.refuse, "officer 3") == "CaseDecided"
    assert refused(desk.check, Check.LIKENESS) == "CaseDecided"
    assert [desk.count(table) for table in (intents, invitations, party_records, residency_checks)] == before


def test_a_failed_approval_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """When any part of an approval fails, there must be no party, no intent, no decision."""
    desk.check_all()
    monkeypatch.setattr(submit, "invite", lambda *_: (_ for _ in ()).throw(Refused("PartyUnknown", party="0x")))
    assert refused(desk.approve) == "PartyUnknown"
    assert [desk.count(table) for table in (intents, party_records, residency_decisions)] == [0, 0, 0]


def test_a_refusal_is_told_with_its_reason(desk: Desk) -> None:
    """The applicant must read why, and nothing may go to the chain."""
    desk.check_all()
    for reason in (" ", "a" * 2_001):
        assert refused(desk.refuse, reason=reason) == "ReasonMissing"
    desk.refuse()
    seen = desk.followed()
    assert (seen.state, seen.reason, seen.party, seen.credential) == (CaseState.REFUSED, "on no list", None, None)
    assert desk.count(intents) == desk.count(party_records) == 0


def test_the_applicant_fetches_a_code_while_there_is_no_wallet(desk: Desk) -> None:
    """A lost or expired code must be replaced by the token alone, and only for an approved case."""

    def again(token: str) -> str:
        with writing(desk.engine) as connection:
            return submit.invite_again(connection, token, NOW + 40).code

    assert refused(again, desk.token) == "ApplicationUnknown"
    desk.check_all()
    first = desk.approve().invited.code
    assert desk.followed(NOW + 30 * 86_400).invitation == "expired"
    second = again(desk.token)
    with reading(desk.engine) as connection:
        assert invitation(connection, first, NOW + 50) is None
        assert invitation(connection, second, NOW + 50) is not None
    assert refused(again, desk.token[:-1] + "x") == "ApplicationUnknown"


def test_erasure_leaves_the_skeleton(desk: Desk) -> None:
    """With the party its case must lose everything personal, once, and keep when, what and who decided."""
    desk.check_all()
    party = desk.approve().party
    with writing(desk.engine) as connection:
        assert erase(connection, party, NOW + 99) == 1
        assert erase(connection, party, NOW + 100) == 0
    shown = desk.shown()
    assert shown.application is None
    assert [look.note for look in shown.checks] == [None, None, None]
    assert [look.officer for look in shown.checks] == ["officer 1"] * 3
    assert shown.decision is not None
    assert (shown.decision.officer, shown.decision.party, shown.erased_at) == ("officer 2", party, NOW + 99)
    with reading(desk.engine) as connection:
        row = connection.execute(select(residency_cases)).one()
    personal = {"given_name", "family_name", "date_of_birth", "nationality", "document_number", "email", "reason"}
    assert {name for name, value in row._mapping.items() if value is None} == personal
    assert desk.followed().erased


def test_an_erased_person_is_not_invited(desk: Desk) -> None:
    """With the record gone nobody can tell whose the wallet would be: neither token nor staff may get a code."""
    desk.check_all()
    party = desk.approve().party
    with writing(desk.engine) as connection:
        erase_party(connection, party, NOW + 99)

    def again(act: Any, given: str) -> None:
        with writing(desk.engine) as connection:
            act(connection, given, NOW + 100)

    assert refused(again, submit.invite_again, desk.token) == refused(again, invite, party) == "RecordErased"


def test_two_who_decide_at_once(desk: Desk) -> None:
    """Of many approvals and refusals at the same moment one must count: one party, one credential, one decision."""
    desk.check_all()
    acts = [desk.approve, desk.refuse] * 4
    with ThreadPoolExecutor(len(acts)) as pool:
        outcomes = [future.exception() for future in [pool.submit(act) for act in acts]]
    assert sum(outcome is None for outcome in outcomes) == 1
    assert {str(outcome.name) for outcome in outcomes if isinstance(outcome, Refused)} == {"CaseDecided"}
    assert desk.count(residency_decisions) == 1
    approved = desk.count(party_records)
    assert approved == desk.count(intents) == desk.count(invitations) == (desk.shown().state is CaseState.APPROVED)


def test_an_erasure_waits_for_a_decision(desk: Desk) -> None:
    """What is being approved must be erased with its party or not at all."""
    desk.check_all()
    ready = Event()

    def erase_it() -> None:
        ready.wait(60)
        with writing(desk.engine) as connection:
            erase_case(connection, desk.case, NOW + 30)

    with ThreadPoolExecutor(1) as pool:
        erasing = pool.submit(erase_it)
        with writing(desk.engine) as connection:
            submit.approve(connection, desk.sealer, desk.case, "officer 2", 5, NOW + 20)
            ready.set()
            sleep(0.3)
        assert isinstance(erasing.exception(), Refused)
    assert desk.shown().application is not None


def test_a_refused_case_is_erased_alone_and_an_approved_one_with_its_party(desk: Desk) -> None:
    """A case that made a party must not lose its data behind the party's back."""
    desk.check_all()
    with writing(desk.engine) as connection:
        other = submit.apply(connection, desk.sealer, AGENCY, GIVEN, NOW)
        erase_case(connection, other.case.lower(), NOW + 1)
    desk.approve()

    def erase_mine() -> None:
        with writing(desk.engine) as connection:
            erase_case(connection, desk.case, NOW + 1)

    assert refused(erase_mine) == "CaseOfParty"
    desk.case = other.case
    assert desk.shown().application is None
    assert refused(desk.check, Check.LIKENESS) == "CaseErased"


def test_cases_are_listed_by_what_waits(desk: Desk) -> None:
    """Staff must find open, checked and decided cases, the oldest first, without a word about the person."""
    with writing(desk.engine) as connection:
        later = submit.apply(connection, desk.sealer, AGENCY, GIVEN, NOW + 5).case
    desk.check_all()

    def listed(state: CaseState | None) -> list[str]:
        with reading(desk.engine) as connection:
            found = queries.cases(connection, state)
        assert found.page.total == len(found.lines)
        return [line.case for line in found.lines]

    assert listed(None) == [desk.case, later]
    assert (listed(CaseState.CHECKED), listed(CaseState.OPEN)) == ([desk.case], [later])
    desk.approve()
    assert (listed(None), listed(CaseState.APPROVED), listed(CaseState.REFUSED)) == ([later], [desk.case], [])


@pytest.mark.parametrize(
    "changed",
    [
        {"given_name": ""},
        {"family_name": " "},
        {"given_name": "A\u202eB"},
        {"family_name": "a" * 201},
        {"date_of_birth": "28.2.1990"},
        {"date_of_birth": "2026-12-31"},
        {"date_of_birth": "1850-01-01"},
        {"date_of_birth": "1990-02-30"},
        {"nationality": "FIN"},
        {"nationality": "f1"},
        {"document_number": "1"},
        {"document_number": "<script>"},
        {"email": "nobody"},
        {"email": "a@b@c.org"},
        {"reason": ""},
        {"reason": "a" * 2_001},
    ],
)
def test_what_cannot_be_read_is_refused(desk: Desk, changed: Mapping[str, str]) -> None:
    """A field that is missing or wrong must be named, its content never repeated, and nothing be stored."""
    with pytest.raises(Refused) as told, writing(desk.engine) as connection:
        submit.apply(connection, desk.sealer, AGENCY, {**GIVEN, **changed}, NOW)
    assert told.value.name == "ApplicationFieldRefused"
    (field,) = changed
    assert told.value.arguments == {"field": field.replace("_", " ")}
    assert desk.count(residency_cases) == 1


def test_officers_and_years_are_named(desk: Desk) -> None:
    """An act without an officer, or a credential for no or too many years, must be refused."""
    assert refused(desk.check, Check.LIKENESS, " ") == "OfficerMissing"
    desk.check_all()
    assert refused(desk.approve, "") == "OfficerMissing"
    assert refused(desk.approve, years=0) == refused(desk.approve, years=11) == "YearsRefused"
    assert refused(desk.check, Check.LIKENESS, note="a" * 2_001) == "NoteTooLong"


def test_years_end_on_the_same_day() -> None:
    """Five years after 29 February must be 1 March, not a day in nowhere."""
    leap = int(datetime(2028, 2, 29, 12, tzinfo=UTC).timestamp())
    assert years_after(leap, 5) == int(datetime(2033, 3, 1, 12, tzinfo=UTC).timestamp())
    assert years_after(leap, 4) == int(datetime(2032, 2, 29, 12, tzinfo=UTC).timestamp())


def test_no_error_of_the_database_tells_what_was_said(any_database: Engine) -> None:
    """What a failing statement carried must not be in the error, whose text is logged."""
    row = {"case": "C", "token_hash": "0xsecret", "agency": AGENCY, "created_at": 1, "email": "grete@example.org"}
    twice = union_all(*(select(*map(literal, row.values())) for _ in range(2)))
    with pytest.raises(IntegrityError) as told, writing(any_database) as connection:
        connection.execute(residency_cases.insert().from_select(list(row), twice))
    assert "grete@" not in str(told.value)
    assert "0xsecret" not in str(told.value)
