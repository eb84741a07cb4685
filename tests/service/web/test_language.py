"""The three languages: complete, of one shape, and chosen as the reader wishes."""

import re
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from muniment.access.model import AgencyStatus, KeyStanding, Scope
from muniment.ballots.states import BallotState, CeremonyStage, Phase
from muniment.ballots.verifying.findings import Verdict
from muniment.db.answers import Finality
from muniment.identity.companies.model import CompanyStatus, FilingKind, Part
from muniment.identity.model import KNOWN_KINDS, CredentialStanding
from muniment.identity.residency.model import Application, CaseState, Check
from muniment.land.model import Grade, RegisterStatus
from muniment.web import language
from muniment.web.language import LANGUAGES, load_catalogue
from muniment.web.pages.service import STATES

WEB = Path(language.__file__).parent
CATALOGUE = load_catalogue()
ENGLISH = CATALOGUE["en"].messages
# What two officers do together: contract and function.
ACTS = (
    "AgencyRegistry.markCompromised",
    "PartyRegistry.recover",
    "PartyRegistry.attest",
    "PartyRegistry.setRepresentation",
    "PartyRegistry.endRepresentation",
    "CompanyRegistry.strikeOff",
    "CompanyRegistry.orderChange",
)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_key_in_every_language(code: str) -> None:
    """Every language has the same keys, each message the same values to fill in, none is empty or holds markup."""
    messages = CATALOGUE[code].messages
    assert messages.keys() == ENGLISH.keys()
    for key, message in messages.items():
        fields = Counter(re.findall(r"{(\w+)}", message))
        assert fields.keys() == Counter(re.findall(r"{(\w+)}", ENGLISH[key])).keys(), key
        assert message.strip() == message
        assert message
        assert "<" not in message


@pytest.mark.parametrize("code", ["et", "sv"])
def test_translated(code: str) -> None:
    """Hardly a message is the English one: only words that are the same in both."""
    same = [key for key, text in CATALOGUE[code].messages.items() if text == ENGLISH[key]]
    assert len(same) < 12, same


def test_every_key_that_templates_use() -> None:
    """Every key written in a template or a script exists, as do those made from a state's name."""
    templates = "".join(path.read_text() for path in (WEB / "templates").glob("*.html"))
    used = set(re.findall(r'\bt\("([\w.]+)"[,)]', templates))
    used |= {f"{key}.{form}" for key in re.findall(r't\.count\("([\w.]+)"', templates) for form in ("one", "other")}
    scripts = "".join(path.read_text() for path in (WEB.parents[1] / "dapp" / "src").rglob("*.ts"))
    used |= {f"browser.{key}" for key in re.findall(r'\bwords\("([\w.]+)"', scripts)}
    used |= {f"finality.{value}{end}" for value in Finality for end in ("", ".explained")}
    used |= {f"grade.{grade.name.lower()}{end}" for grade in Grade for end in ("", ".explained")}
    used |= {f"register.{status.name.lower()}" for status in RegisterStatus}
    used |= {f"agency.status.{status.name.lower()}" for status in AgencyStatus}
    used |= {f"standing.{standing.name.lower()}" for standing in KeyStanding}
    used |= {f"scope.{scope.name}" for scope in Scope}
    used |= {f"{place}intent.{state}" for state in STATES for place in ("", "browser.")}
    used |= {f"error.{kind}.{part}" for kind in (404, 405, 422, 429, 500, 503) for part in ("title", "text")}
    assert used - ENGLISH.keys() == set()


def test_every_key_that_is_made_of_what_a_register_holds() -> None:
    """Every event, step, status, standing and kind that the registers know has its words."""
    folders = (WEB.parents[1] / "interfaces" / domain for domain in ("identity", "land"))
    interfaces = (path for folder in folders for path in folder.glob("*.sol"))
    events = {name for path in interfaces for name in re.findall(r"^ +event (\w+)\(", path.read_text(), re.MULTILINE)}
    used = {f"event.{name}" for name in events - {"Locked"}}  # that one repeats the credential's issue
    used |= {f"company.status.{name}" for name in (*(one.name.lower() for one in CompanyStatus), "expired")}
    used |= {f"step.{name}" for name in ("reserved", "signed", "contact", "fee", "entered", "done", "here", "open")}
    used |= {f"step.{name}.who" for name in ("signed", "contact", "fee", "entered")}
    used |= {f"filing.{part}.{kind.value}" for part in ("title", "lead") for kind in FilingKind}
    used |= {f"filing.part.{part.value}" for part in Part}
    used |= {f"credential.{standing.name.lower()}" for standing in CredentialStanding}
    used |= {f"kind.{name}" for name in KNOWN_KINDS}
    used |= {f"post.{post}" for post in ("applicant", "founder", "board", "contact")}
    used |= {f"power.state.{state}" for state in ("current", "revoked", "ended", "expired", "suspended")}
    used |= {f"case.state.{state.value}" for state in CaseState} | {f"case.step.{check.value}" for check in Check}
    used |= {f"case.invite.{state}" for state in ("none", "open", "expired")}
    fields = Application.__dataclass_fields__
    used |= {f"apply.{name}" for name in fields}
    used |= {f"apply.error.{name}.{wrong}" for name in fields for wrong in ("missing", "wrong")}
    used |= {f"act.{name}" for name in ACTS}
    between = {"announced", "enrolling", "collecting", "listing", "listed"}  # while the office works: no phase has it
    used |= {f"election.phase.{stage}" for stage in {*Phase, *between}}
    used |= {f"election.says.{stage}" for stage in {*Phase, *between} - {Phase.READY}}
    used |= {f"ceremony.{stage.name.lower()}" for stage in CeremonyStage if stage}
    states = {*(state.name.lower() for state in BallotState), "waiting", "refused"}
    used |= {f"{where}.{state}" for where in ("track.says", "browser.ballot_state") for state in states}
    used |= {f"browser.recount.says.{verdict.value}" for verdict in Verdict}
    assert used - ENGLISH.keys() == set()


def test_query_then_cookie_then_browser(web: TestClient) -> None:
    """?lang= wins and is remembered; without it the cookie counts, then the browser's preference, then English."""
    assert 'lang="et"' in web.get("/", headers={"Accept-Language": "fr, et;q=0.8, en;q=0.5"}).text
    assert 'lang="sv"' in web.get("/", headers={"Accept-Language": "sv;q=0.9, et;q=0.3"}).text
    assert 'lang="sv"' in web.get("/", headers={"Accept-Language": "et;q=0.3, sv;q=0.9"}).text
    assert 'lang="en" class' in web.get("/", headers={"Accept-Language": "fr;q=x,,;q="}).text
    chosen = web.get("/?lang=sv")
    assert chosen.headers["content-language"] == "sv"
    assert "HttpOnly" in chosen.headers["set-cookie"]
    assert web.get("/", headers={"Accept-Language": "et"}).headers["content-language"] == "sv"


def test_switch_keeps_the_search(web: TestClient) -> None:
    """Changing the language stays on the page, with its search."""
    html = unescape(web.get("/land", params={"q": "a&b", "jurisdiction": "SE", "lang": "en"}).text)
    assert 'href="?q=a%26b&jurisdiction=SE&lang=sv"' in html


@pytest.mark.parametrize(("code", "area"), [("en", "61,005.5\u00a0m²"), ("sv", "61\u00a0005,5\u00a0m²")])
def test_areas_as_written_there(code: str, area: str) -> None:
    """Areas are exact, in the language's own separators."""
    assert CATALOGUE[code].area(6_100_550) == area
    assert CATALOGUE[code].area(100) == "1\u00a0m²"


def test_dates_that_are_none() -> None:
    """A number that is no date of the calendar is shown as it stands, and any time can be written."""
    words = CATALOGUE["en"]
    assert words.legal_date(20241301) == "20241301"
    assert words.legal_date(20240229) == "29 February 2024"
    assert words.moment(2**70).startswith("31 December 9999")
