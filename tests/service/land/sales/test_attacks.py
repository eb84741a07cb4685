"""What somebody who means harm, or is merely late, does with the papers of a sale, and what must not come of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from muniment.chain.typed_data import signed_by
from muniment.db.engine import migrate, open_engine, reading, writing
from muniment.db.schema import intents
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.signing import check_quota
from muniment.identity.typed import Domain, typed_data
from muniment.land.sales import papers, submit
from tests.service.conftest import without_sync
from tests.service.land.sales.stage import DAY, FAR, Deal, Market, Person, build_market
from tests.service.nodes import Node

HASH = keccak(b"an agreement")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """One register for all cases, each with a title of its own."""
    folder = tmp_path_factory.mktemp("market")
    engine = without_sync(open_engine(f"sqlite:///{folder}/muniment.db"))
    migrate(engine)
    with Node() as node:
        yield build_market(node, engine, folder)
    engine.dispose()


def _deal(market: Market, ref: str, **changes: Any) -> Deal:
    anna, carl = market.person("Anna"), market.person("Carl")
    return Deal(market, market.title(ref, anna), [anna], [carl], **changes)


def _listed(market: Market, ref: str, **changes: Any) -> Deal:
    deal = _deal(market, ref, **changes)
    deal.list()
    market.all_done()
    return deal


def _lodge(market: Market, sale: str) -> None:
    with writing(market.services.engine) as connection:
        submit.lodge(connection, sale, "officer 1", market.now)


def _paper(market: Market, paper: Any) -> Any:
    return market.get(f"/api/sales/papers/{paper['paper']}")


def _part(market: Market, paper: Any, party: Person) -> dict[str, Any]:
    (part,) = market.get(f"/api/sales/papers/{paper['paper']}/typed-data", party=party.party)["to_sign"]
    return dict(part["typed_data"])


def _cancel_nonce(market: Market, person: Person, nonce: str) -> Any:
    shown = market.post("/api/sales/nonces/typed-data", party=person.party, nonce=nonce)
    sent = {name: shown[name] for name in ("party", "nonce", "deadline")}
    return market.post("/api/sales/nonces", 202, **sent, signature=signed_by(person.account, shown["typed_data"]))


def _asked(market: Market) -> int:
    with reading(market.services.engine) as connection:
        return connection.execute(select(func.count()).select_from(intents)).scalar_one()


# ── Papers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_seller_alone_cannot_end_what_a_buyer_has_joined(market: Market) -> None:
    """An end drafted before there was a buyer must be overtaken by the offer, and a new one ask for the buyer too."""
    deal = _listed(market, "Joined")
    early = deal.draft("cancellations", {"documentHash": HASH})
    assert [one["role"] for one in early["signers"]] == ["seller"]
    deal.accept()
    market.all_done()
    assert _paper(market, early)["state"] == "overtaken"
    late = deal.draft("cancellations", {"documentHash": HASH})
    assert [one["role"] for one in late["signers"]] == ["seller", "buyer"]
    data = _part(market, early, deal.sellers[0])
    sent = {"party": deal.sellers[0].party, "signature": signed_by(deal.sellers[0].account, data)}
    refused = market.post(f"/api/sales/papers/{early['paper']}/signatures", 409, **sent)
    assert refused["error"] == "PaperClosed"
    market.sign(late, *deal.sellers, *deal.buyers)
    market.all_done()
    assert deal.status() == "cancelled"
    assert (_paper(market, late)["state"], _paper(market, early)["state"]) == ("done", "overtaken")


def test_of_two_ends_only_the_one_that_came_about_is_done(market: Market) -> None:
    """An end that nobody signed must not look signed because another one was."""
    deal = _listed(market, "Two ends")
    other = deal.draft("cancellations", {"documentHash": keccak(b"another agreement")})
    market.sign(deal.draft("cancellations", {"documentHash": HASH}), *deal.sellers)
    market.all_done()
    assert deal.status() == "cancelled"
    assert _paper(market, other)["state"] == "overtaken"


def test_what_was_taken_back_can_be_drafted_anew(market: Market) -> None:
    """A paper with a nonce that its party cancelled can never be used: the same words must get another paper."""
    deal = _listed(market, "Taken back")
    anna = deal.sellers[0]
    first = deal.draft("cancellations", {"documentHash": HASH})
    assert deal.draft("cancellations", {"documentHash": HASH})["paper"] == first["paper"]
    _cancel_nonce(market, anna, str(_part(market, first, anna)["message"]["nonce"]))
    market.all_done()
    second = deal.draft("cancellations", {"documentHash": HASH})
    assert second["paper"] != first["paper"]
    market.sign(second, anna)
    market.all_done()
    assert deal.status() == "cancelled"


def test_a_nonce_may_be_cancelled_twice_over(market: Market) -> None:
    """Whoever asks again with a later deadline must not be told that a key is in use."""
    dora = market.person("Dora")
    first = _cancel_nonce(market, dora, "77")
    market.pass_time(5)
    assert _cancel_nonce(market, dora, "77")["key"] == first["key"]
    market.all_done()
    assert _cancel_nonce(market, dora, "77")["key"] == first["key"]


def test_a_new_holder_of_a_lien_signs_the_same_amount(market: Market) -> None:
    """Once a lien was assigned the old holder's statement is worth nothing, and the new one must be asked."""
    deal = _deal(market, "Assigned", token=False, mortgage=False)
    anna, lender, other = (*deal.sellers, market.person("lender", "BANK"), market.person("other lender", "BANK"))
    lien = market.lien(deal.title, lender, 4_000, "assigned deed", anna)
    deal.contract = {"liens": [{"lien": lien, "payoff": "4000"}], "agentFee": "0"}
    deal.to_notice(lambda sale: _lodge(market, sale))
    first = deal.draft("payoffs", {"lien": lien, "amount": "4000"})
    market.sign(first, lender)
    assert market.sale(deal.sale)["payoffs"][0]["state"] == "signed"
    _assign(market, lien, lender, other)
    second = deal.draft("payoffs", {"lien": lien, "amount": "4000"})
    assert [one["party"] for one in second["signers"]] == [other.party]
    assert market.sale(deal.sale)["payoffs"][0]["state"] == "missing"
    assert _paper(market, first)["state"] == "overtaken"
    market.sign(second, other)
    assert market.sale(deal.sale)["payoffs"][0]["state"] == "signed"


def _assign(market: Market, lien: str, holder: Person, to: Person) -> None:
    end = {"party": holder.party, "nonce": 4_001, "deadline": FAR}
    domain = Domain.of(market.registry.deployment, "LienRegistry")
    signature = signed_by(holder.account, typed_data(domain, "AssignLien", {"lien": lien, "to": to.party, **end}))
    consent = {"power": ZERO_HASH, "attorney": ZERO_HASH, "nonce": 4_001, "deadline": FAR, "signature": signature}
    market.act("LienRegistry", "assign", market.liens[lien], to.party, consent)
    market.settle()


def test_a_listing_that_had_to_wait_is_listed(market: Market) -> None:
    """A listing that all have signed on a day when the title's acts were used up must be sent the day after."""
    deal = _deal(market, "Patient")
    object.__setattr__(market.services.settings, "relays_per_day", 0)
    try:
        assert deal.list()["state"] == "signed"
        market.services.tend()
    finally:
        object.__setattr__(market.services.settings, "relays_per_day", 1_000)
    market.services.tend()
    market.all_done()
    assert deal.status() == "listed"


def test_strangers_cannot_push_the_papers_out_of_sight(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many offers somebody signs, those who sell must find their own papers, and the newest offers."""
    monkeypatch.setattr(papers, "MOST_PAPERS", 3)
    deal = _listed(market, "Flooded")
    mallory = market.person("Mallory")
    asked = {"shares": [{"holder": mallory.party, "numerator": "1"}], "price": "1", "until": market.now + DAY}
    for number in range(5):
        market.sign(deal.draft("offers", {**asked, "documentHash": keccak(bytes([number]))}), mallory)
    deal.accept()
    market.all_done()
    shown = market.sale(deal.sale)["papers"]
    assert {paper["kind"] for paper in shown} == {"listing", "offer"}
    assert "done" in [paper["state"] for paper in shown if paper["kind"] == "offer"]
    steps = {step["step"]: step for step in market.sale(deal.sale)["steps"]}
    assert steps["accept_offer"]["paper"]
    assert steps["list"]["paper"]
    cancellation = deal.draft("cancellations", {"documentHash": HASH})
    market.sign(cancellation, *deal.sellers)
    assert cancellation["paper"] in [paper["paper"] for paper in market.sale(deal.sale)["papers"]]


def test_a_paper_that_came_too_late_says_so(market: Market) -> None:
    """Whoever signs after the last second must hear of the deadline, and the paper stand as expired."""
    deal = _listed(market, "Late")
    last = market.now + 60
    paper = deal.draft("offers", {**_offered(deal), "until": last})
    data = _part(market, paper, deal.sellers[0])
    market.pass_time(61)
    assert _paper(market, paper)["state"] == "expired"
    sent = {"party": deal.sellers[0].party, "signature": signed_by(deal.sellers[0].account, data)}
    refused = market.post(f"/api/sales/papers/{paper['paper']}/signatures", 422, **sent)
    assert refused["error"] == "DeadlinePassed"


def _offered(deal: Deal) -> dict[str, Any]:
    shares = [{"holder": deal.buyers[0].party, "numerator": "1"}]
    return {"shares": shares, "price": "50000", "documentHash": HASH, "until": deal.market.now + DAY}


# ── What is filled in and shown ─────────────────────────────────────────────────────────────────────────────────


def test_buyers_pay_themselves_unless_they_say_otherwise(market: Market) -> None:
    """An offer in a token that names nobody to pay would never be paid: the buyers' wallets must be meant."""
    deal = _listed(market, "Unnamed payers")
    asked = _offered(deal)
    assert deal.draft("offers", asked)["document"]["payers"] == [deal.buyers[0].wallet]
    assert deal.draft("offers", {**asked, "payers": []})["document"]["payers"] == []
    in_euro = {**asked, "currency": "EUR", "buyersBank": deal.bank.party}
    assert deal.draft("offers", in_euro)["document"]["payers"] == []


def test_a_page_shows_every_address_that_is_signed(market: Market) -> None:
    """An agent's address stands in the contract without a fee, too: whoever signs must see it."""
    deal = _listed(market, "Shown")
    deal.accept()
    market.all_done()
    last = market.now + DAY
    terms = {"documentHash": HASH, **dict.fromkeys(("lodgeBy", "financeBy", "completeBy"), last)}
    paper = deal.draft("contracts", {**terms, "agentPayout": market.treasury})
    shown = market.web.get(f"/sales/papers/{paper['paper']}").text.split("data-act=")[0]
    assert market.treasury in shown


@pytest.mark.parametrize("path", ["/api/notices?kind=%00", "/api/sales/rates/%00", "/api/sales/rates/gb"])
def test_what_no_database_holds_is_no_question(market: Market, path: str) -> None:
    """A zero byte, which one of the databases cannot even compare, must be refused with a sentence."""
    answer = market.web.get(path)
    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)


# ── What the service pays for ───────────────────────────────────────────────────────────────────────────────────


def test_sales_are_not_settled_in_two_ways_at_once(market: Market) -> None:
    """Of two settlements with one sale in common the chain takes one: the other must not be paid for."""
    deals = [_deal(market, ref, mortgage=False, offer={"buyersBank": None}) for ref in ("Way 1", "Way 2")]
    for deal in deals:
        deal.to_notice(lambda sale: _lodge(market, sale))
        market.pay(deal.sale)
        deal.draft("finance", {})
        market.all_done()
        deal.bill()
        market.all_done()
    first, second = (deal.sale for deal in deals)
    receipt = market.post("/api/sales/settle", 202, sales=[first, second])
    assert market.post("/api/sales/settle", 202, sales=[second, first])["key"] == receipt["key"]
    for other in ([first], [second]):
        assert market.post("/api/sales/settle", 409, sales=other)["error"] == "SettlementQueued"
    market.all_done()
    assert [deal.status() for deal in deals] == ["registered", "registered"]
    assert market.post("/api/sales/settle", 409, sales=[first])["error"] == "WrongStep"


def test_a_refused_paper_is_not_sent_again_and_again(market: Market) -> None:
    """What the chain refused must rest before anybody has it simulated again, and cost the title none of its acts."""
    deal = _listed(market, "Refused")
    anna = deal.sellers[0]
    paper = deal.draft("cancellations", {"documentHash": HASH})
    data = _part(market, paper, anna)
    _send_cancel_nonce(market, anna, int(data["message"]["nonce"]))
    sent = {"party": anna.party, "signature": signed_by(anna.account, data)}
    assert market.post(f"/api/sales/papers/{paper['paper']}/signatures", **sent)["state"] == "queued"
    market.settle()
    assert _paper(market, paper)["state"] == "failed"
    asked = _asked(market)
    for _ in range(3):
        again = market.post(f"/api/sales/papers/{paper['paper']}/submit", 429)
        assert again["error"] == "RefusedJustNow"
    assert _asked(market) == asked
    market.pass_time(submit.PAUSE + 1)
    assert market.post(f"/api/sales/papers/{paper['paper']}/submit")["state"] == "queued"
    market.settle()
    with reading(market.services.engine) as connection:
        check_quota(connection, deal.title, "sales.cancel", 2, market.now)  # the listing alone was paid for
        with pytest.raises(Refused, match="RelayQuota"):
            check_quota(connection, deal.title, "sales.cancel", 1, market.now)


def _send_cancel_nonce(market: Market, person: Person, nonce: int) -> None:
    """The party's word straight to the contract, which the service has not read yet."""
    end = {"party": person.party, "nonce": nonce, "deadline": FAR}
    domain = Domain.of(market.registry.deployment, "Conveyance")
    signature = signed_by(person.account, typed_data(domain, "CancelNonce", end))
    market.act("Conveyance", "cancelNonce", person.party, nonce, FAR, signature)
