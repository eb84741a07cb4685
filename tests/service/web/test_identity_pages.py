"""The pages of parties, companies and e-residency, read without a browser."""

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, update

from muniment.access.model import Scope
from muniment.chain.abi import encode_call
from muniment.chain.deployment import ContractInfo, Deployment
from muniment.config import Settings
from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import party_id
from muniment.identity.residency.model import Check
from muniment.identity.residency.submit import check, refuse
from muniment.identity.sealing import open_sealer
from muniment.web.app import create_app
from muniment.web.assets import Assets
from muniment.web.language import LANGUAGES
from tests.service.web.conftest import AGENCY, HOLDERS, NOW, OFFICER, PARTY_REGISTRY, FakeNode, fill
from tests.service.web.identity_rows import (
    APPLIED_FILING,
    COMPANIES,
    DAY,
    ENTERED,
    EXPIRED,
    FILE,
    FILING,
    NEW_WALLET,
    PARTY_OF_COMPANY,
    RELEASED,
    RESERVED,
    SIGNED,
    STRUCK_OFF,
    WALLETS,
    fill_identity,
)
from tests.service.web.test_pages import test_pages_are_sound as sound

COMPANY_REGISTRY = "0x" + "9" * 40
RECOVER = {
    "type": "function",
    "name": "recover",
    "inputs": [
        {"name": name, "type": kind}
        for name, kind in (
            ("agency", "bytes32"), ("commitment", "bytes32"), ("wallet", "address"), ("evidence", "bytes32"),
            ("courtOrder", "bytes32"), ("deadline", "uint256"), ("signature", "bytes"),
        )
    ],
}  # fmt: skip
STRIKE_OFF = {
    "type": "function",
    "name": "strikeOff",
    "inputs": [{"name": "company", "type": "bytes32"}, {"name": "sourceHash", "type": "bytes32"}],
}
PAGES = (
    "/companies",
    "/companies?q=script",
    *(f"/companies/{company}" for company in COMPANIES),
    f"/companies/{SIGNED}/contact",
    f"/companies/{ENTERED}/contact",
    f"/companies/filings/{FILING}",
    f"/companies/filings/{APPLIED_FILING}",
    *(f"/parties/{party}" for party in HOLDERS),
    f"/parties/{PARTY_OF_COMPANY}",
    *(f"/parties/{party}/{act}" for party in HOLDERS for act in ("veto", "rotate", "recover")),
    f"/agencies/{AGENCY}",
    "/residency/apply",
)
APPLICATION = {
    "agency": AGENCY, "given_name": "Åsa", "family_name": "Berg", "birth_day": "3", "birth_month": "04",
    "birth_year": "1985", "nationality": "se", "document_number": "AB 12345", "email": "asa@example.org",
    "reason": "To found a company",
}  # fmt: skip
SAME = {"Origin": "http://127.0.0.1:8000"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A service with a key to seal personal data with."""
    key = tmp_path / "identity.key"
    key.write_bytes(Fernet.generate_key())
    key.chmod(0o600)
    return Settings(identity_key_file=key)


@pytest.fixture
def web(database: Engine, assets: Assets, node: FakeNode, settings: Settings) -> TestClient:
    """The application over everything that its pages can show."""
    contracts = {
        "PartyRegistry": ContractInfo("PartyRegistry", PARTY_REGISTRY, [RECOVER], 1),
        "CompanyRegistry": ContractInfo("CompanyRegistry", COMPANY_REGISTRY, [STRIKE_OFF], 1),
    }
    fill(database)
    fill_identity(database)
    with writing(database) as connection:
        powers = update(schema.agencies).values(scopes=int(Scope.RESIDENCY_OFFICER | Scope.IDENTITY_OFFICER))
        connection.execute(powers)
    deployment = Deployment("local", 31337, keccak(b"0"), contracts)
    app = create_app(database, deployment, node, settings, assets=assets, clock=lambda: NOW)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def act_of(html: str) -> dict[str, Any]:
    """What a page lets a wallet sign."""
    act: dict[str, Any] = json.loads(unescape(html.partition('data-act="')[2].partition('"')[0]))
    return act


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sound(web: TestClient, path: str) -> None:
    """Every page nests properly, has one heading, unique ids, and nothing inline or from elsewhere."""
    sound(web, path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_in_every_language(web: TestClient, language: str) -> None:
    """No page lacks a word in any language."""
    for path in PAGES:
        response = web.get(path, params={"lang": language} if "?" not in path else None)
        assert response.status_code == 200, path
        assert f'lang="{language}"' in response.text


def test_hostile_names_stay_text(web: TestClient) -> None:
    """Names of companies, kinds and acts with markup and direction overrides are shown as text, wherever they stand."""
    for path in PAGES:
        html = web.get(path).text
        assert "<script>alert" not in html
        assert "\u202e" not in html
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;\N{REPLACEMENT CHARACTER}gnp" in web.get("/companies").text


@pytest.mark.parametrize(
    ("company", "words"),
    [
        (RESERVED, "It does not exist yet"),
        (SIGNED, "Are you the contact person?"),
        (ENTERED, "16543212"),
        (RELEASED, "was never founded: the application was given up or refused"),
        (STRUCK_OFF, "This company was struck off on"),
        (EXPIRED, "its time ran out on"),
    ],
)
def test_how_a_company_stands(web: TestClient, company: str, words: str) -> None:
    """A page says in words how the company stands, and at which block that is true."""
    html = web.get(f"/companies/{company}").text
    assert words in html
    assert "True at block 100" in html


def test_steps_of_a_founding(web: TestClient) -> None:
    """Done steps carry when and which transaction; the first that is not done is next; an entry ends them."""
    html = web.get(f"/companies/{SIGNED}").text
    steps = html.partition('<ol class="m-steps')[2].partition("</ol>")[0].split("<li")[1:]
    assert [step.count("m-steps__step--open") for step in steps] == [0, 0, 1, 0, 1]
    assert [step.count('aria-current="step"') for step in steps] == [0, 0, 1, 0, 0]
    assert [keccak(b"e") in step for step in steps] == [True, True, False, True, False]
    assert "m-steps" not in web.get(f"/companies/{ENTERED}").text


def test_entered_company(web: TestClient) -> None:
    """Board with its rule, contact, articles, versions and a court's order; found by party and number, too."""
    html = web.get(f"/companies/{ENTERED}").text
    for shown in (
        *FILE["board"],
        FILE["contact"],
        FILE["articles"],
        "2 of 2 must sign",
        "Version 1:",
        keccak(b"order"),
    ):
        assert str(shown) in html
    assert web.get(f"/companies/{PARTY_OF_COMPANY}").text.partition("<main")[2] == html.partition("<main")[2]
    assert "Last board" in web.get(f"/companies/{STRUCK_OFF}").text
    assert f'href="/companies/{ENTERED}"' in web.get("/companies", params={"q": "16543212"}).text
    assert "No company found" in web.get("/companies", params={"q": "nothing of this name"}).text


def test_recovery_is_told_on_the_party(web: TestClient, database: Engine) -> None:
    """While a recovery is pending its page warns: the new wallet, until when, what to do; not when by a court."""
    html = web.get(f"/parties/{HOLDERS[0]}").text
    for words in (NEW_WALLET, "Stop the recovery", "5 October 2026, 14:13 UTC", f"/parties/{HOLDERS[0]}/veto"):
        assert words in html
    assert "/rotate" not in html
    with writing(database) as connection:
        connection.execute(update(schema.recoveries).values(court_order=keccak(b"order")))
    html = web.get(f"/parties/{HOLDERS[0]}").text
    assert keccak(b"order") in html
    assert "/veto" not in html
    assert "A court ordered this recovery" in web.get(f"/parties/{HOLDERS[0]}/veto").text


def test_party_and_what_it_is(web: TestClient) -> None:
    """Credentials with their standing, powers, posts, an organisation's rule, and what officers signed."""
    html = web.get(f"/parties/{HOLDERS[1]}").text
    assert '<span class="m-hash">EUR</span>' in html
    for words in ("E-resident", "Valid now, until", "Revoked on", "a key was compromised", "Sell land",
                  "In force until", "Expired on", "/rotate"):  # fmt: skip
        assert words in html
    assert "on the board, since" in web.get(f"/parties/{HOLDERS[0]}").text
    assert "2 of 2 must sign" in web.get(f"/parties/{PARTY_OF_COMPANY}").text
    assert "Signed by officers for this party" in web.get(f"/parties/{HOLDERS[2]}").text


def test_veto_signs_what_the_page_shows(web: TestClient, database: Engine) -> None:
    """The page names the party, both wallets and the attempt, and lets exactly that be signed; only in time."""
    html = web.get(f"/parties/{HOLDERS[0]}/veto").text
    act = act_of(html)
    (part,) = act["parts"]
    assert part["message"] == {"party": HOLDERS[0], "wallet": NEW_WALLET, "attempt": 1}
    assert (act["address"], act["chain"], part["wallet"]) == (PARTY_REGISTRY, 31337, WALLETS[0])
    for shown in (HOLDERS[0], NEW_WALLET, WALLETS[0], PARTY_REGISTRY):
        assert f">{shown}<" in html
    assert "There is nothing to stop" in web.get(f"/parties/{HOLDERS[1]}/veto").text
    with writing(database) as connection:
        connection.execute(update(schema.recoveries).values(ready_at=NOW))
    late = web.get(f"/parties/{HOLDERS[0]}/veto").text
    assert "could be stopped until" in late
    assert "data-act" not in late


def test_filing_signs_what_the_page_shows(web: TestClient) -> None:
    """Only who has not signed is asked; the message holds every founder, the whole file and the deadline, all shown."""
    html = web.get(f"/companies/filings/{FILING}").text
    act = act_of(html)
    (part,) = act["parts"]
    assert part["body"] == {"party": HOLDERS[1], "part": "articles"}
    assert part["message"] == {
        "party": HOLDERS[1], "company": RESERVED, "founders": [HOLDERS[0]], "file": FILE, "deadline": NOW + DAY
    }  # fmt: skip
    for shown in (*FILE["board"], FILE["contact"], FILE["articles"], FILE["addressHash"], RESERVED):
        assert f">{shown}<" in html
    assert html.count("Has not signed yet") == 1
    change = web.get(f"/companies/filings/{APPLIED_FILING}").text
    assert act_of(change)["intent"] == f"company.change:{APPLIED_FILING}"
    assert "Of the present board, 1 of 2 must sign." in change
    for secret in (FILING, APPLIED_FILING):
        assert web.get(f"/companies/filings/{secret}").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/companies/x", f"/companies/{keccak(b'unknown')}", f"/companies/{keccak(b'unknown')}/contact",
        f"/companies/{RESERVED}/contact", "/companies/filings/x", "/companies/filings/" + "0" * 32,
        "/parties/x/veto", f"/parties/{keccak(b'u')}/rotate", "/residency/cases/none", "/residency/cases/" + "A" * 500,
    ],
)  # fmt: skip
def test_missing_pages(web: TestClient, path: str) -> None:
    """What is not there is 404."""
    assert web.get(path).status_code == 404


def test_pending_acts_in_words(web: TestClient, database: Engine) -> None:
    """What waits for a second officer is said in words, with whom it is about; calldata that is none stays an act."""
    commitment, source = keccak(b"commitment"), keccak(b"source")
    recovery = (AGENCY, commitment, NEW_WALLET, keccak(b"evidence"), ZERO_HASH, NOW, "0x" + "1" * 130)
    waiting = (
        (PARTY_REGISTRY, encode_call([RECOVER], "recover", recovery)),
        (COMPANY_REGISTRY, encode_call([STRIKE_OFF], "strikeOff", (ENTERED, source))),
        (PARTY_REGISTRY, "0x12345678"),
        (PARTY_REGISTRY, encode_call([RECOVER], "recover", recovery)[:60]),
    )
    with writing(database) as connection:
        for at, (target, calldata) in enumerate(waiting):
            connection.execute(
                schema.pending_acts.insert().values(
                    act=keccak(bytes([at])), target=target, agency=AGENCY, officer=OFFICER, scope=1 << 4, version=0,
                    deadline=NOW + 9, calldata=calldata, block_number=60, block_hash=keccak(b"60"),
                )
            )  # fmt: skip
    html = web.get(f"/agencies/{AGENCY}").text
    for words in ("Move a party to a new wallet", f"/parties/{party_id(AGENCY, commitment)}", NEW_WALLET,
                  "Strike a company off", f"/companies/{ENTERED}"):  # fmt: skip
        assert words in html
    assert html.count("An act of the contract") == 2
    assert "Credentials issued" in html


# ── e-Residency ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_application_leads_to_its_case(web: TestClient, database: Engine, settings: Settings) -> None:
    """A sound application is sealed and leads to the case's own page: steps, and nothing of the person."""
    response = web.post("/residency/apply", data=APPLICATION, headers=SAME, follow_redirects=False)
    assert response.status_code == 303
    address = response.headers["location"].partition("?")[0]
    page = web.get(response.headers["location"])
    assert "Application received" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.text
    for private in ("Åsa", "Berg", "AB 12345", "asa@example.org", "1985"):
        assert private not in page.text
    with reading(database) as connection:
        row = connection.execute(select(schema.residency_cases)).one()
    assert "Berg" not in str(row)
    sealer = open_sealer(settings)
    assert sealer.unseal(row.date_of_birth) == "1985-04-03"
    assert sealer.unseal(row.nationality) == "SE"
    with writing(database) as connection:
        for what in Check:
            check(connection, sealer, row.case, what, "one", True, "seen", NOW + 60)
        refuse(connection, sealer, row.case, "two", "Not <b>this</b> time", NOW + 120)
    told = web.get(address).text
    assert "Not &lt;b&gt;this&lt;/b&gt; time" in told
    assert told.count(">Done<") == 5
    assert web.post(address, headers=SAME, data={"": ""}).status_code == 404


def test_every_wrong_field_is_named(web: TestClient) -> None:
    """An unsound application comes back with what was typed, a summary, and one error at each field that is wrong."""
    wrong = {**APPLICATION, "given_name": '"><script>alert(1)</script>', "family_name": " ", "birth_month": "13",
             "nationality": "Sweden", "email": "none", "document_number": "", "reason": "x" * 2_001}  # fmt: skip
    response = web.post("/residency/apply", data=wrong, headers=SAME)
    assert response.status_code == 422
    for words in ("There is a problem", "Enter your family name", "must be a real date", "must be two letters",
                  "in the right format", "Enter the number of your passport", "2,000 characters or fewer"):  # fmt: skip
        assert words in response.text
    assert response.text.count('class="govuk-error-message"') == 6
    assert "<script>alert" not in response.text
    assert 'value="&#34;&gt;&lt;script&gt;' in response.text
    assert "<title>Error:" in response.text
    nobody = web.post("/residency/apply", data={**APPLICATION, "agency": keccak(b"other")}, headers=SAME)
    assert "Choose an agency" in nobody.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({**SAME, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
def test_form_from_another_site(web: TestClient, headers: dict[str, str], status: int) -> None:
    """A form counts only when the browser says that it came from our own page."""
    response = web.post("/residency/apply", data=APPLICATION, headers=headers, follow_redirects=False)
    assert response.status_code == status


def test_forms_are_taken_nowhere_else(web: TestClient) -> None:
    """The API takes JSON, and the form no JSON."""
    assert web.post("/api/residency/applications", data=APPLICATION, headers=SAME).status_code == 415
    assert web.post("/residency/apply", json=APPLICATION, headers=SAME).status_code == 415


def test_many_applications(web: TestClient) -> None:
    """Whoever sends the form again and again is asked to wait, in the form, with nothing that was typed lost."""
    for _ in range(10):
        web.post("/residency/apply", data={"agency": AGENCY}, headers=SAME)
    response = web.post("/residency/apply", data=APPLICATION, headers=SAME)
    assert response.status_code == 429
    assert "Wait a minute" in response.text
    assert 'value="Berg"' in response.text


def test_without_a_key_nothing_is_taken(web: TestClient, database: Engine, assets: Assets, node: FakeNode) -> None:
    """A service without a key to seal with offers no form, and takes none."""
    contracts = {"PartyRegistry": ContractInfo("PartyRegistry", PARTY_REGISTRY, [], 1)}
    deployment = Deployment("local", 31337, keccak(b"0"), contracts)
    keyless = Settings(database_url="postgresql://nowhere/none")
    app = create_app(database, deployment, node, keyless, assets=assets, clock=lambda: NOW)  # type: ignore[arg-type]
    client = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    assert "This service takes no applications" in client.get("/residency/apply").text
    refused = client.post("/residency/apply", data=APPLICATION, headers=SAME, follow_redirects=False)
    assert refused.status_code == 422
    with reading(database) as connection:
        assert connection.execute(select(schema.residency_cases)).first() is None
