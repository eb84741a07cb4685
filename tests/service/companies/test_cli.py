"""`muniment companies` and `muniment residency`: what staff does, said in one line of JSON or one sentence."""

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from muniment.config import Settings
from muniment.db.engine import migrate, open_engine, writing
from muniment.db.schema import invitations
from muniment.identity.companies.project import HANDLERS
from muniment.identity.residency import submit
from muniment.identity.residency.model import Check
from muniment.identity.sealing import open_sealer
from tests.service.companies.test_project import AGENCY, ANNA, COMPANY, FILE, OFFICER, PARTY, founded, told
from tests.service.companies.test_project import reserved as name_reserved
from tests.service.projecting import event, project, rows_of
from tests.service.residency.test_cases import GIVEN
from tests.service.test_cli import Cli

FAR = 2**33  # a time that no test will see


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The program with a key to seal with, and no chain."""
    return Cli(tmp_path, MUNIMENT_IDENTITY_KEY_FILE=str(tmp_path / "identity.key"))


@pytest.fixture
def store(cli: Cli) -> Engine:
    """The program's database."""
    engine = open_engine(cli.env["MUNIMENT_DATABASE_URL"])
    migrate(engine)
    return engine


@pytest.fixture
def case(cli: Cli, store: Engine) -> str:
    """An application."""
    sealer = open_sealer(Settings.load(cli.env))
    with writing(store) as connection:
        return submit.apply(connection, sealer, AGENCY, GIVEN, int(time.time())).case


def test_a_case_goes_from_the_list_to_an_invitation(cli: Cli, store: Engine, case: str) -> None:
    """List, check, decide and show must lead from an application to a code, each act with its officer."""
    assert [line["case"] for line in cli.json("residency", "list")["lines"]] == [case]
    told_early = cli.json("residency", "decide", case, "--officer", "two", "--approve", code=1)
    assert told_early["error"] == "ChecksMissing"
    for check in Check:
        words = ("residency", "check", case, "--check", check.value, "--officer", "one", "--note", "seen")
        done = cli.json(*words)
    assert done == {"case": case, "state": "checked", "check": "sanctions", "passed": True}
    assert cli.json("residency", "decide", case, "--officer", "one", "--approve", code=1)["error"] == "FourEyesMissing"
    made = cli.json("residency", "decide", case.lower(), "--officer", "two", "--approve", "--years", "3")
    assert made["state"] == "approved"
    assert made["url"].endswith(f"/bind/{made['code']}")
    shown = cli.json("residency", "show", case)
    assert (shown["application"]["given_name"], shown["decision"]["officer"]) == ("Grete", "two")
    assert [look["note"] for look in shown["checks"]] == ["seen"] * 3
    assert "Grete" in cli.run("residency", "show", case).stdout
    assert cli.json("outbox", "status")["queued"] == 1
    assert len(rows_of(store, invitations)) == 1


def test_a_refused_case_can_be_erased(cli: Cli, case: str) -> None:
    """After a refusal its data must go on demand, from every page of the file, and the decision stay."""
    for check in Check:
        cli.json("residency", "check", case, "--check", check.value, "--officer", "one", "--failed")
    words = ("residency", "decide", case, "--officer", "two", "--refuse")
    assert cli.json(*words, code=1)["error"] == "ReasonMissing"
    cli.json(*words, "--reason", "The document is not the applicant's.")
    assert cli.json("residency", "erase", case)["erased"]
    shown = cli.json("residency", "show", case)
    assert (shown["application"], shown["decision"]["reason"], shown["decision"]["officer"]) == (None, None, "two")
    assert "erased" in cli.run("residency", "show", case).stdout


def test_companies_are_listed_shown_and_decided(cli: Cli, store: Engine) -> None:
    """A registrar must find a company by part of its name, see what is missing, attest, enter or refuse."""
    project(store, HANDLERS, name_reserved(until=FAR))
    (line,) = cli.json("companies", "list", "munim", "--status", "reserved")["lines"]
    assert (line["company"], line["status"]) == (COMPANY, "reserved")
    project(store, HANDLERS, told("ArticlesSigned", 2, founders=[ANNA], file=FILE, until=FAR))
    enter = ("companies", "enter", "munim", "--number", "1", "--officer", "one")
    assert cli.json(*enter, code=1)["error"] == "ContactNotAccepted"
    project(store, HANDLERS, told("ContactAccepted", 3, contact=ANNA))
    assert cli.json(*enter, code=1)["error"] == "FeeMissing"
    fee = cli.json("companies", "attest-fee", COMPANY, "--officer", "one", "--receipt", "7")
    assert (fee["key"], fee["state"]) == (f"company.attest_fee:{COMPANY}", "queued")
    project(store, HANDLERS, told("FeeAttested", 4, officer=OFFICER, receipt="0x1"))
    assert cli.json(*enter)["key"] == f"company.enter:{COMPANY}:1"
    project(store, HANDLERS, founded()[-1])
    shown = cli.json("companies", "show", PARTY)
    assert (shown["name"], shown["status"], shown["number"]) == ("Muniment OÜ", "entered", "16543210")
    assert "16543210" in cli.run("companies", "show", COMPANY).stdout
    refusal = ("companies", "refuse", COMPANY, "--officer", "one", "--reason", "no")
    assert cli.json(*refusal, code=1)["error"] == "StepRefused"
    assert "is entered" in cli.run(*refusal).stderr


def test_rules_are_shown(cli: Cli, store: Engine) -> None:
    """What an agency asks must be shown in words and as JSON, and told when it has set nothing."""
    assert cli.json("companies", "rules", AGENCY, code=1)["error"] == "RulesMissing"
    given = {"agency": AGENCY, "feeToken": OFFICER, "fee": 2**100, "payee": OFFICER, "contactKind": ANNA}
    project(store, HANDLERS, event("CompanyRegistry", "RulesSet", 1, **given, founderKinds=[ANNA]))
    rules = cli.json("companies", "rules", AGENCY)
    assert (rules["fee"], rules["in_token"], rules["founder_kinds"]) == (str(2**100), True, [ANNA])
    assert OFFICER in cli.run("companies", "rules", AGENCY).stdout


FAILURES = [
    (["residency", "show", "none"], "CaseUnknown"),
    (["residency", "check", "none", "--check", "likeness", "--officer", "one"], "CaseUnknown"),
    (["residency", "check", "none", "--check", "shoes", "--officer", "one"], "UsageError"),
    (["residency", "decide", "none", "--officer", "one"], "DecisionUnclear"),
    (["residency", "decide", "none", "--officer", "one", "--approve"], "CaseUnknown"),
    (["residency", "list", "--state", "odd"], "UsageError"),
    (["residency", "erase", "none"], "CaseUnknown"),
    (["companies", "list", "--status", "odd"], "CompanyStatusUnknown"),
    (["companies", "show", "none"], "CompanyUnknown"),
    (["companies", "show", ""], "CompanyUnknown"),
    (["companies", "enter", "none", "--number", "1", "--officer", "one"], "CompanyUnknown"),
    (["companies", "enter", "none", "--number", "1"], "UsageError"),
    (["companies", "refuse", "none", "--officer", "one", "--reason", "x"], "CompanyUnknown"),
    (["companies", "attest-fee", "none", "--officer", "one", "--receipt", "x"], "CompanyUnknown"),
]


@pytest.mark.parametrize(("words", "name"), FAILURES, ids=[" ".join(words) for words, _ in FAILURES])
def test_every_failure_is_one_sentence(cli: Cli, store: Engine, words: list[str], name: str) -> None:
    """Nothing that staff can get wrong must end in a traceback."""
    assert cli.json(*words, code=1)["error"] == name
