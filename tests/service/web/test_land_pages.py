"""The pages of titles in full, sales, their papers and forms, read without a browser."""

import json
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from muniment.chain.deployment import ContractInfo, Deployment
from muniment.hashing import keccak
from muniment.web.language import LANGUAGES
from tests.service.web.conftest import AGENCY, HOLDERS, NOW, PARTY_REGISTRY, FakeNode
from tests.service.web.land_rows import (
    ACCEPTED,
    BANK,
    BANKED,
    BURDENED,
    BUYER,
    CANCELLED,
    CONTRACT,
    DAY,
    FROZEN,
    GATHERING,
    LIENS,
    LISTED,
    LISTING,
    MIDWAY,
    MOVED,
    OFFER,
    OVERDUE,
    PART,
    PAYER,
    PAYOFF,
    REGISTERED,
    RETIRED,
    SALES,
    SELLER,
    TERMS,
    TOKEN,
    fill_land,
)
from tests.service.web.test_pages import test_pages_are_sound as sound

CONVEYANCE, ESCROW = "0x" + "ce" * 20, "0x" + "e5" * 20
TITLES = (BURDENED, FROZEN, RETIRED, PART, MOVED)
PAPERS = (GATHERING, PAYOFF, CONTRACT, LISTING, "34" * 16, "56" * 16, "78" * 16)
PAGES = (
    *(f"/land/{title}" for title in TITLES),
    f"/land/{PART}/sell",
    "/sales",
    f"/sales?title={BURDENED}&status=registered",
    f"/sales?party={SELLER}",
    *(f"/sales/{sale}" for sale in SALES),
    *(f"/sales/papers/{paper}" for paper in PAPERS),
    f"/sales/{LISTED}/draft/offer",
    f"/sales/{ACCEPTED}/draft/contract",
    f"/sales/{MIDWAY}/draft/finance",
    f"/sales/{MIDWAY}/draft/bill",
    f"/sales/{MIDWAY}/draft/payoff?lien={LIENS[0]}",
    f"/sales/{MIDWAY}/draft/cancellation",
    f"/sales/{BANKED}/draft/settle",
    f"/sales/{LISTED}/draft/contract",
    f"/sales/{MIDWAY}/deposit",
    f"/sales/{LISTED}/deposit",
)


@pytest.fixture
def deployment() -> Deployment:
    """The contracts of sales, that nobody calls."""
    names = {"PartyRegistry": PARTY_REGISTRY, "Conveyance": CONVEYANCE, "SaleEscrow": ESCROW}
    contracts = {name: ContractInfo(name, address, [], 1) for name, address in names.items()}
    return Deployment("local", 31337, keccak(b"0"), contracts)


@pytest.fixture
def land(web: TestClient, database: Engine) -> TestClient:
    """The application over titles with everything, and sales at several steps."""
    fill_land(database)
    return web


def text_of(html: str) -> str:
    """What a person reads, without line breaks in between."""
    return " ".join(unescape(html).split())


def test_pages_of_land_are_sound(land: TestClient) -> None:
    """Every page nests properly, has one heading, unique ids, and nothing inline or from elsewhere."""
    for path in PAGES:
        sound(land, path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_each_language(land: TestClient, language: str) -> None:
    """No page lacks a message in any language."""
    for path in PAGES:
        response = land.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert (path, response.status_code) == (path, 200)
        assert f'<html lang="{language}"' in response.text


def test_what_is_not_there(land: TestClient) -> None:
    """What is not there is 404."""
    unknown = keccak(b"none")
    for path in (
        "/sales/x", f"/sales/{unknown}", "/sales/papers/x", f"/sales/papers/{'0' * 32}", f"/sales/{LISTED}/draft/x",
        f"/sales/{unknown}/draft/offer", f"/sales/{unknown}/deposit", f"/land/{unknown}/sell", "/land/x/sell",
        f"/land/{RETIRED}/sell", f"/sales/{MIDWAY}/draft/payoff?lien={LIENS[1]}", f"/sales/{MIDWAY}/draft/payoff",
    ):  # fmt: skip
        assert (path, land.get(path).status_code) == (path, 404)


def test_liens_in_rank_order(land: TestClient) -> None:
    """Liens stand in rank order with holder, amount in the currency's decimals, since and deed; untold terms are said."""
    words = text_of(land.get(f"/land/{BURDENED}").text)
    assert "1,500,000 SEK" in words
    assert "42,500.50 SEK" in words
    assert words.index("1,500,000 SEK") < words.index("By law") < words.index("Terms not published")
    assert BANK[:10] in words
    assert "1 lien that ended" in words
    for said in ("Ran out on", "Without an end", "Kept for a sale until", "A registrar proposes another grade: Absolute"):
        assert said in words


def test_a_title_that_cannot_be_sold(land: TestClient) -> None:
    """A freeze and a caveat are told before anything else, with court, claimant and documents; no sale is offered."""
    html = land.get(f"/land/{FROZEN}").text
    words = text_of(html)
    assert words.index("This title cannot be sold now") < words.index("Holders and shares")
    for said in ("A court has frozen it", f"/agencies/{AGENCY}", "Somebody claims a right to it", keccak(b"order")):
        assert said in words
    assert f"/land/{FROZEN}/sell" not in html
    assert f"/land/{PART}/sell" in land.get(f"/land/{PART}").text


def test_what_became_of_a_title(land: TestClient) -> None:
    """A divided title says so and links to its parts; a part links back; one that moved in offers its proof."""
    html = land.get(f"/land/{RETIRED}").text
    assert "This title stands no more" in html
    assert f'href="/land/{PART}"' in html
    assert ">Holders and shares</h2>" not in html
    assert f'href="/land/{RETIRED}"' in land.get(f"/land/{PART}").text
    moved = land.get(f"/land/{MOVED}").text
    assert f"/api/migration/SE/proof?title={MOVED}" in moved
    assert "has not been published here yet" in moved
    assert "/api/migration/" not in html
    assert f"/api/titles/{MOVED}/extract.pdf" in moved
    assert f"/api/titles/{MOVED}/ladm" in moved


def test_the_next_step_comes_first(land: TestClient) -> None:
    """A sale mid-way says what is next, by when and from whom, before the list of steps, with the way to do it."""
    html = land.get(f"/sales/{MIDWAY}").text
    words = text_of(html)
    assert words.index("Next step") < words.index("Pay into escrow") < words.index("The steps")
    assert "9 days left" not in words  # of the step, not of the sale
    assert "20 days left" in words
    assert f'href="/sales/{MIDWAY}/deposit"' in html
    assert words.count("This is next") == 1
    assert "How else this sale can end" in words
    assert f"/sales/{MIDWAY}/draft/payoff?lien={LIENS[0]}" not in html  # its holder is signing
    assert f"/sales/papers/{PAYOFF}" in html


def test_an_overdue_sale(land: TestClient) -> None:
    """When the time is over the page says so, and offers no further step."""
    html = land.get(f"/sales/{OVERDUE}").text
    assert "Nobody did this in time" in html
    assert f"/sales/{OVERDUE}/draft/contract" not in html


def test_ends_and_refunds(land: TestClient) -> None:
    """A cancelled sale tells that, and what becomes of what was paid in; a registered one who got the money."""
    words = text_of(land.get(f"/sales/{CANCELLED}").text)
    assert "Cancelled by those who agreed to it" in words
    assert "To be paid back" in words
    assert "Next step" not in words
    assert "Who got the money" in land.get(f"/sales/{REGISTERED}").text


def test_a_frozen_title_under_way(land: TestClient) -> None:
    """A sale of a frozen title says that it can be neither lodged nor registered, and why."""
    assert "A court has frozen this title" in land.get(f"/sales/{LISTED}").text
    assert "A court has frozen this title" not in land.get(f"/sales/{MIDWAY}").text


def _act(html: str) -> dict[str, Any]:
    laid = html.partition('data-act="')[2].partition('"')[0]
    found: dict[str, Any] = json.loads(unescape(laid))
    return found


def test_a_paper_lays_out_what_is_signed(land: TestClient) -> None:
    """Every value of the message stands in the page, in full, beside what it means; who has signed is not asked again."""
    response = land.get(f"/sales/papers/{CONTRACT}")
    words = text_of(response.text)
    act = _act(response.text)
    (part,) = act["parts"]
    assert (act["registry"], act["address"], part["type"]) == ("Conveyance", CONVEYANCE, "SignContract")
    assert part["message"] == {"sale": ACCEPTED, "offer": OFFER, "terms": TERMS, "party": SELLER,
                               "deadline": NOW + 8 * DAY}  # fmt: skip
    assert part["body"] == {"party": SELLER, "place": 0}
    for value in _leaves({**part["message"], "deadline": "16", "party": SELLER}):
        assert str(value) in words, value
    assert "1 signature is missing" in words
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.text


def _leaves(value: Any) -> list[Any]:
    """All that a message says, but for zeros, which stand for nothing."""
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    return [] if str(value).strip("0x") == "" else [value]


def test_each_kind_of_paper(land: TestClient) -> None:
    """The page of each kind has all that is signed in its text."""
    for paper in PAPERS:
        html = land.get(f"/sales/papers/{paper}").text
        words = text_of(html.partition('id="sign"')[0])
        (part,) = _act(html)["parts"]
        # Kinds of liens and what stands for the whole are said in words.
        told = [leaf for leaf in _leaves(part["message"]) if leaf not in (1, "1", NOW + 8 * DAY)]
        assert [leaf for leaf in told if str(leaf) not in words] == []


def test_amounts_in_the_smallest_unit_say_so(land: TestClient) -> None:
    """A token that does not tell its decimals has its amounts in the smallest unit, and the page says that."""
    words = text_of(land.get(f"/sales/{MIDWAY}").text)
    assert "300,250 smallest units of 0x20202020…2020" in words


def test_a_token_that_tells_its_decimals(land: TestClient, node: FakeNode) -> None:
    """A token's decimals and symbol are used, its address beside them; what it says is not taken for more."""
    node.taken = "0x" + (2).to_bytes(32, "big").hex()
    assert "3,002.50 0x20202020" in text_of(land.get(f"/sales/{MIDWAY}").text)


def test_only_payers_are_offered_to_pay(land: TestClient) -> None:
    """The page to pay on has token, payers, what is left and the papers as signed; a sale at another step is closed."""
    html = land.get(f"/sales/{MIDWAY}/deposit").text
    laid = json.loads(unescape(html.partition('data-deposit="')[2].partition('"')[0]))
    assert (laid["token"], laid["payers"], laid["left"]) == (TOKEN, [PAYER], "200000")
    assert (laid["offer"], laid["terms"]) == (OFFER, TERMS)
    assert 'data-deposit="' not in land.get(f"/sales/{LISTED}/deposit").text


def test_forms_have_sensible_deadlines(land: TestClient) -> None:
    """A listing runs 90 days, a contract's deadlines follow each other; currencies are those that the register takes."""
    html = land.get(f"/land/{PART}/sell").text
    assert 'value="2026-12-' in html
    assert ">SEK</option>" in html
    draft = json.loads(unescape(html.partition('data-draft="')[2].partition('"')[0]))
    assert (draft["post"], draft["fixed"]) == ("/api/sales/listings", {"title": PART})
    contract = land.get(f"/sales/{ACCEPTED}/draft/contract").text
    days = [contract.partition(f'id="{name}" type="date" value="')[2][:10] for name in ("lodgeBy", "financeBy", "completeBy")]
    assert days == sorted(days)
    assert len(set(days)) == 3
    assert all(lien in contract for lien in LIENS)


def test_sales_of_a_party(land: TestClient) -> None:
    """The list keeps to a title, a party or a step; what is no id is no filter."""
    assert f"/sales/{LISTED}" not in land.get(f"/sales?party={BUYER}").text
    assert f"/sales/{REGISTERED}" in land.get("/sales?status=registered").text
    assert f"/sales/{MIDWAY}" not in land.get("/sales?status=registered").text
    assert land.get('/sales?title="><script>&status=<b>').status_code == 200
    assert "7 sales found" in land.get(f"/sales?party={HOLDERS[1]}").text
