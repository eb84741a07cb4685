"""Companies as the events of CompanyRegistry leave them."""

import json
import re
from typing import Any

from sqlalchemy import Engine

from muniment.chain.events import Event
from muniment.db.engine import reading
from muniment.db.schema import companies, company_files, company_posts, company_rules
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity.companies import queries, submit
from muniment.identity.companies.model import CompanyStatus
from muniment.identity.companies.names import name_key
from muniment.identity.companies.project import HANDLERS
from tests.service.nodes import ROOT
from tests.service.projecting import TIME, event, project, rows_of

AGENCY, COMPANY, PARTY = keccak(b"agency"), keccak(b"company"), keccak(b"the company itself")
ANNA, BORIS, CHEN = sorted(keccak(name) for name in (b"anna", b"boris", b"chen"))
OFFICER = "0x" + "0f" * 20
NOW = TIME + 1_000
KEY = name_key("Muniment OÜ")
FILE = {"threshold": 1, "board": [ANNA, BORIS], "contact": CHEN, "articles": "0xa1", "addressHash": "0xad"}


def told(name: str, block: int, **arguments: Any) -> Event:
    """An event about the company."""
    return event("CompanyRegistry", name, block, **{"company": COMPANY, **arguments})


def reserved(block: int = 1, **changes: Any) -> Event:
    """The reservation of a name by Anna."""
    given = {"agency": AGENCY, "applicant": ANNA, "nameKey": KEY, "until": NOW + 500, "nonce": 7}
    made = told("NameReserved", block, **{**given, **changes})
    return made._replace(arguments={**made.arguments, "name": "Muniment OÜ"})


def founded() -> list[Event]:
    """Everything from the reservation to the entry."""
    return [
        reserved(),
        told("ArticlesSigned", 2, founders=[ANNA, BORIS], file=FILE, until=NOW + 900),
        told("ContactAccepted", 3, contact=CHEN),
        told("FeeAttested", 4, officer=OFFICER, receipt="0x77"),
        told("CompanyEntered", 5, party=PARTY, agency=AGENCY, number="16543210", officer=OFFICER),
    ]


def row(store: Engine) -> dict[str, Any]:
    """The company's row."""
    (found,) = rows_of(store, companies)
    return found


def posts(store: Engine) -> list[tuple[str, str]]:
    """Who holds which post."""
    return sorted((one["post"], one["party"]) for one in rows_of(store, company_posts))


def test_a_company_from_name_to_entry(any_database: Engine) -> None:
    """Each step must leave what the contract holds: name, file, contact, fee, number, party."""
    project(any_database, HANDLERS, reserved())
    first = row(any_database)
    assert (first["status"], first["until"], first["version"]) == (CompanyStatus.RESERVED, NOW + 500, 0)
    assert posts(any_database) == [("applicant", ANNA)]
    project(any_database, HANDLERS, *founded()[1:])
    last = row(any_database)
    assert (last["status"], last["until"], last["version"]) == (CompanyStatus.ENTERED, 0, 1)
    assert (last["party"], last["number"], last["officer"]) == (PARTY, "16543210", OFFICER)
    assert (last["contact_accepted"], last["fee_settled"]) == (1, 1)
    assert (last["entered_at"], last["tx_hash"], last["block_number"]) == (TIME + 60, "0xt5", 5)
    assert (json.loads(last["board"]), json.loads(last["founders"])) == ([ANNA, BORIS], [ANNA, BORIS])
    board = [("applicant", ANNA), ("board", ANNA), ("board", BORIS), ("contact", CHEN)]
    assert posts(any_database) == sorted([*board, ("founder", ANNA), ("founder", BORIS)])
    (kept,) = rows_of(any_database, company_files)
    assert (kept["version"], kept["articles"], kept["court_order"]) == (1, "0xa1", ZERO_HASH)


def test_a_change_supersedes_and_keeps_what_was(any_database: Engine) -> None:
    """A change must move the posts, count the version and leave the earlier file readable."""
    file = {**FILE, "board": [BORIS, CHEN], "contact": BORIS, "articles": "0xa2"}
    project(
        any_database, HANDLERS, *founded(),
        told("CompanyChanged", 9, version=2, file=file, officer=OFFICER, courtOrder=ZERO_HASH),
    )  # fmt: skip
    assert (row(any_database)["version"], row(any_database)["articles"]) == (2, "0xa2")
    held = [post for post in posts(any_database) if post[0] in ("board", "contact")]
    assert held == sorted([("board", BORIS), ("board", CHEN), ("contact", BORIS)])
    kept = rows_of(any_database, company_files)
    assert [(one["version"], one["articles"]) for one in kept] == [(1, "0xa1"), (2, "0xa2")]
    since = {(one["post"], one["party"]): one["since"] for one in rows_of(any_database, company_posts)}
    assert (since["board", BORIS], since["board", CHEN]) == (TIME + 24, TIME + 108)


def test_a_court_wakes_a_company_that_was_struck_off(database: Engine) -> None:
    """Struck off must end it with its file readable; a court's order must let it stand again."""
    project(database, HANDLERS, *founded(), told("CompanyStruckOff", 8, version=2, officer=OFFICER, sourceHash="0x5"))
    assert (row(database)["status"], row(database)["version"]) == (CompanyStatus.STRUCK_OFF, 2)
    assert json.loads(row(database)["board"]) == [ANNA, BORIS]
    woken = told("CompanyChanged", 9, version=3, file=FILE, officer=OFFICER, courtOrder="0xc0")
    project(database, HANDLERS, woken)
    assert (row(database)["status"], row(database)["version"]) == (CompanyStatus.ENTERED, 3)
    assert rows_of(database, company_files)[-1]["court_order"] == "0xc0"


def test_a_released_name_is_free_again(database: Engine) -> None:
    """Given up, refused or run out, a name must be free; entered or struck off, it must be taken."""

    def holder(now: int) -> str | None:
        with reading(database) as connection:
            return queries.name_holder(connection, AGENCY, KEY, now)

    project(database, HANDLERS, reserved())
    assert (holder(NOW), holder(NOW + 500)) == (COMPANY, None)
    project(database, HANDLERS, told("ApplicationReleased", 2, by=ZERO_ADDRESS, sourceHash=ZERO_HASH))
    assert holder(NOW) is None
    again = {"company": keccak(b"other")}
    project(database, HANDLERS, *(one._replace(arguments={**one.arguments, **again}) for one in founded()))
    assert holder(NOW + 10**9) == keccak(b"other")
    struck = told("CompanyStruckOff", 9, version=2, officer=OFFICER, sourceHash="0x5")
    project(database, HANDLERS, struck._replace(arguments={**struck.arguments, **again}))
    assert holder(NOW + 10**9) == keccak(b"other")


def test_rules_are_those_set_last(any_database: Engine) -> None:
    """What an agency asks of companies must be what its admin said last, fees above 63 bits included."""
    given = {"agency": AGENCY, "feeToken": "0x" + "20" * 20, "fee": 2**200, "payee": OFFICER, "contactKind": ZERO_HASH}
    first = event("CompanyRegistry", "RulesSet", 1, **given, founderKinds=["0x1"])
    second = event("CompanyRegistry", "RulesSet", 2, **{**given, "fee": 0}, founderKinds=["0x1", "0x2"])
    project(any_database, HANDLERS, first)
    assert rows_of(any_database, company_rules)[0]["fee"] == 2**200
    project(any_database, HANDLERS, second)
    with reading(any_database) as connection:
        rules = queries.rules_of(connection, AGENCY)
        assert queries.rules_of(connection, COMPANY) is None
    assert rules is not None
    assert (rules.fee, rules.contact_kind, rules.founder_kinds, rules.in_token) == (0, None, ("0x1", "0x2"), False)


def test_every_event_of_the_registry_has_a_handler_or_means_nothing() -> None:
    """No event that changes a company may be forgotten."""
    source = (ROOT / "interfaces" / "identity" / "ICompanyRegistry.sol").read_text()
    named = {line.split("(")[0].split()[1] for line in source.splitlines() if line.strip().startswith("event ")}
    assert named == {name for _, name in HANDLERS}


def test_every_act_names_the_arguments_of_its_function() -> None:
    """Bodies in the outbox must name exactly what the contract's functions take, in their order."""
    source = (ROOT / "interfaces" / "identity" / "ICompanyRegistry.sol").read_text()
    source += (ROOT / "interfaces" / "identity" / "IPartyNonces.sol").read_text()
    declared = {
        name: tuple(part.split()[-1] for part in given.split(",") if part.strip())
        for name, given in re.findall(r"function (\w+)\(([^)]*)\)", source)
    }
    for act in submit.ACTS:
        body = _Named()
        call = act.build([body])
        assert declared[call.function] == call.arguments, act.kind
    assert {function for _, function in submit.FUNCTIONS} <= declared.keys()


class _Named(dict[str, str]):
    """A body in which every value is its own name."""

    def __missing__(self, name: str) -> str:
        return name


def test_search_and_answer(any_database: Engine) -> None:
    """A company must be found by part of its name in any case, by number and by party, and be told whole."""
    project(any_database, HANDLERS, *founded())
    with reading(any_database) as connection:
        for text in ("munim", "OÜ", "16543210", PARTY, COMPANY.upper().replace("0X", "0x")):
            assert [line.name for line in queries.search(connection, text, NOW).lines] == ["Muniment OÜ"], text
        assert queries.search(connection, "%", NOW).lines == ()
        assert queries.search(connection, "", NOW, agency=COMPANY).page.total == 0
        assert queries.search(connection, "", NOW, status=CompanyStatus.RESERVED).page.total == 0
        answer = queries.company(connection, PARTY, NOW)
        held = queries.posts_of(connection, BORIS)
        number = queries.company_numbered(connection, AGENCY, "16543210")
    assert answer is not None
    assert answer.file is not None
    assert (answer.company, answer.file.board, answer.founders) == (COMPANY, (ANNA, BORIS), (ANNA, BORIS))
    assert answer.articles == queries.ArticlesLine("0xa1", None, anchored=False, standing=False)
    assert [post.post for post in held] == ["board", "founder"]
    assert number == COMPANY
