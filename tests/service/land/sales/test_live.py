"""Whole sales on a real node, through the API and the outbox: in both moneys, in a chain, and to their exits."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from muniment.chain.indexer import Indexer
from muniment.db.engine import migrate, open_engine, reading, writing
from muniment.db.schema import notices, sales
from muniment.hashing import ZERO_HASH, keccak
from muniment.land.sales import submit
from muniment.land.sales.model import SaleStatus
from muniment.services import HANDLERS
from tests.service.chain.reading import contents
from tests.service.conftest import without_sync
from tests.service.land.sales.stage import DAY, FEE, PERSON, PRICE, Deal, Market, build_market
from tests.service.nodes import Node

DUTY = FEE + PRICE * PERSON // 1_000_000


@pytest.fixture
def market(anvil: Callable[..., Node], any_database: Engine, tmp_path: Path) -> Market:
    """The register with its service."""
    return build_market(anvil(), any_database, tmp_path)


def lodge(market: Market, sale: str) -> None:
    """A registrar lodges."""
    with writing(market.services.engine) as connection:
        submit.lodge(connection, sale, "officer 1", market.now)


def test_a_sale_is_paid_through_escrow(market: Market) -> None:
    """A married couple with a mortgage must sell to a buyer with another, and every unit reach its payee."""
    anna, bert, carl = (market.person(name) for name in ("Anna", "Bert", "Carl"))
    lender = market.person("lender", "BANK")
    title = market.title("Example Lane 1", anna, bert)
    lien = market.lien(title, lender, 1_000_000, "a deed", anna, bert)
    deal = Deal(market, title, [anna, bert], [carl], contract={"liens": [{"lien": lien, "payoff": "1000000"}]})
    deal.to_notice(lambda sale: lodge(market, sale))

    check_oracle(market)  # with a lien on the title, which the contract keeps in a hash of its own until then
    stands = market.sale(deal.sale)
    assert stands["money"]["duty"] == str(DUTY)
    assert stands["money"]["due"] == str(PRICE + DUTY)
    assert [step["step"] for step in stands["steps"] if step["state"] == "next"] == ["deposit"]
    market.pay(deal.sale, 1_000_000)
    assert deal.finance()["state"] == "signed"  # it waits for the rest of the money
    market.settle()
    assert deal.status() == "pending_title"
    market.pay(deal.sale)
    market.all_done()
    assert deal.status() == "financed"
    deal.bill()
    market.all_done()

    refused = market.post("/api/sales/settle", 409, sales=[deal.sale])
    assert refused["error"] == "PayoffsRefused"
    paper = deal.draft("payoffs", {"lien": lien, "amount": "990000"})
    assert market.sign(paper, lender)["state"] == "signed"
    assert market.sale(deal.sale)["payoffs"][0]["state"] == "signed"
    market.post("/api/sales/settle", 202, sales=[deal.sale])
    market.all_done()

    sold = market.sale(deal.sale)
    assert sold["status"] == "registered"
    assert sold["end"]["how"] == "registered"
    assert {step["state"] for step in sold["steps"]} == {"done"}
    assert sold["money"]["open"] == "0"
    # listing 3, offer 3, contract 4, finance 2, bill 3, payoff 1
    assert sold["counts"]["signatures"] == 16
    # list, accept, sign, lodge, deposit twice, finance, bill, settle: of the payer's own the service knows no gas
    assert (sold["counts"]["transactions"], sold["counts"]["gas_unknown"]) == (9, 2)
    assert sold["counts"]["gas"] > 1_000_000
    got = {line["payee"]: int(line["amount"]) for line in sold["money"]["releases"]}
    rest = PRICE - 990_000 - 60_000
    first, second = deal.sellers
    assert got == {
        lender.wallet: 990_000, market.treasury: DUTY, deal.agent.wallet: 60_000, first.wallet: rest // 2,
        second.wallet: rest - rest // 2,
    }  # fmt: skip
    assert sum(got.values()) == PRICE + DUTY
    market.post("/api/sales/credits/withdrawals", 202, token=market.token, payee=first.wallet)
    market.all_done()
    assert market.balance(first.wallet) == rest // 2
    assert market.get(f"/api/sales/credits/{first.wallet}")["credits"] == []
    nothing = market.post("/api/sales/credits/withdrawals", 409, token=market.token, payee=first.wallet)
    assert nothing["error"] == "NothingDue"
    shown = market.get(f"/api/titles/{title}")
    assert [share["holder"] for share in shown["shares"]] == [carl.party]
    check_oracle(market)


def test_a_bank_answers_for_the_price(market: Market) -> None:
    """Money in no token must be attested by the buyers' bank, and the duty by a registrar's word."""
    anna, carl = market.person("Anna"), market.person("Carl")
    title = market.title("Example Lane 2", anna)
    deal = Deal(market, title, [anna], [carl], token=False, mortgage=False)
    deal.to_notice(lambda sale: lodge(market, sale))
    assert market.get(f"/api/sales/{deal.sale}/deposit", 409, payer=market.payer)["error"] == "WrongMoney"
    deal.finance()
    market.all_done()
    deal.bill()
    market.all_done()
    assert market.post("/api/sales/settle", 409, sales=[deal.sale])["error"] == "WrongStep"
    sealer = market.services.sealer
    for _ in range(2):
        with writing(market.services.engine) as connection:
            submit.confirm_duty(connection, sealer, deal.sale, "officer 1", "receipt 7", market.now)
    market.all_done()
    assert deal.status() == "duty_paid"
    market.post("/api/sales/settle", 202, sales=[deal.sale])
    market.all_done()
    sold = market.sale(deal.sale)
    assert (sold["status"], sold["money"]["mode"]) == ("registered", "bank")
    assert [step["step"] for step in sold["steps"]] == [
        "list", "accept_offer", "sign_contract", "lodge", "finance", "sign_bill_of_sale", "confirm_duty", "settle",
    ]  # fmt: skip
    assert (sold["counts"]["signatures"], sold["counts"]["transactions"]) == (10, 8)
    assert sold["counts"]["gas_unknown"] == 0
    check_oracle(market)


def test_two_sales_are_settled_together(market: Market) -> None:
    """Anna's buyer Carl sells his own home to Dora: his sale must feed hers, or neither be registered."""
    anna, carl, dora = (market.person(name) for name in ("Anna", "Carl", "Dora"))
    first = Deal(market, market.title("Lane 3", carl), [carl], [dora], mortgage=False)
    second = Deal(market, market.title("Lane 4", anna), [anna], [carl], mortgage=False)
    first.list(), second.list()
    market.all_done()
    for deal in (first, second):
        deal.accept()
    market.all_done()
    feed = 1_000_000
    first.contract = {"feeds": second.sale, "feedAmount": str(feed)}
    second.contract = {"fed": str(feed)}
    for deal in (first, second):
        deal.agree()
    market.all_done()
    for deal in (first, second):
        lodge(market, deal.sale)
    market.all_done()
    for deal in (first, second):
        market.pay(deal.sale)
        deal.finance()
        deal.bill()
    market.all_done()
    assert market.sale(second.sale)["money"]["due"] == str(PRICE + DUTY - feed)
    assert market.post("/api/sales/settle", 409, sales=[first.sale])["error"] == "ChainBroken"
    assert market.post("/api/sales/settle", 422, sales=[second.sale])["error"] == "FeedDiffers"
    market.post("/api/sales/settle", 202, sales=[second.sale, first.sale])
    market.all_done()
    assert [first.status(), second.status()] == ["registered", "registered"]
    assert {one["tx_hash"] for deal in (first, second) for one in [market.sale(deal.sale)["end"]]} == {
        market.sale(first.sale)["end"]["tx_hash"]
    }
    assert market.get("/api/sales", party=carl.party)["page"]["total"] == 2
    check_oracle(market)


def test_a_silent_party_costs_nobody_money(market: Market) -> None:
    """A sale whose time is over must end by itself, and its payer have the money back in the payer's own credit."""
    anna, carl = market.person("Anna"), market.person("Carl")
    deal = Deal(market, market.title("Lane 5", anna), [anna], [carl])
    deal.to_notice(lambda sale: lodge(market, sale))
    market.pay(deal.sale, 500_000)
    market.pass_time(39 * DAY)
    market.services.tend()
    assert deal.status() == "pending_title"
    market.pass_time(3 * DAY)
    assert market.sale(deal.sale)["overdue"]
    market.all_done()
    market.all_done()
    ended = market.sale(deal.sale)
    assert (ended["status"], ended["next"]) == ("expired", None)
    assert ended["money"]["deposits"] == [
        {"payer": market.payer, "paid": "500000", "refunded": "500000", "refund": "done"}
    ]
    assert market.get(f"/api/sales/credits/{market.payer}")["credits"][0]["amount"] == "500000"
    with reading(market.services.engine) as connection:
        told = connection.execute(select(notices.c.kind).where(notices.c.subject == deal.sale)).scalars().all()
    assert {"sale.reminder", "sale.overdue", "sale.ended"} <= set(told)
    # What came too late is refused, and says so.
    assert deal.market.post(f"/api/sales/{deal.sale}/bills", 409, documentHash=keccak(b"b"), legalDate=0)["error"] == (
        "WrongStep"
    )
    check_oracle(market)


def test_a_buyer_without_a_bank_pays_alone(market: Market) -> None:
    """Where nobody lends and no bank answers, the money alone must carry the sale on, with nothing to sign."""
    anna, carl = market.person("Anna"), market.person("Carl")
    deal = Deal(market, market.title("Lane 7", anna), [anna], [carl], offer={"buyersBank": None})
    deal.to_notice(lambda sale: lodge(market, sale))
    paper = deal.draft("finance", {"documentHash": keccak(b"somebody's own paper")})
    assert (paper["signers"], paper["state"]) == ([], "signed")
    assert paper["document"]["documentHash"] == ZERO_HASH
    market.settle()
    assert deal.status() == "pending_title"
    market.pay(deal.sale)
    market.all_done()
    assert deal.status() == "financed"
    check_oracle(market)


def test_both_sides_call_a_sale_off(market: Market) -> None:
    """Sellers and buyers together must be able to end it, and what was paid go back."""
    anna, carl = market.person("Anna"), market.person("Carl")
    deal = Deal(market, market.title("Lane 6", anna), [anna], [carl])
    deal.to_notice(lambda sale: lodge(market, sale))
    market.pay(deal.sale)
    paper = deal.draft("cancellations", {"documentHash": keccak(b"an agreement")})
    assert market.sign(paper, anna)["missing"] == 1
    market.sign(paper, carl)
    market.all_done()
    market.all_done()
    ended = market.sale(deal.sale)
    assert (ended["status"], ended["end"]["document_hash"]) == ("cancelled", keccak(b"an agreement"))
    assert ended["money"]["deposits"][0]["refund"] == "done"
    assert ended["counts"]["signatures"] == 2 + 2 + 3 + 2
    check_oracle(market)


def check_oracle(market: Market) -> None:
    """The rows must be what the contracts hold, and what a replay into an empty database gives."""
    with reading(market.services.engine) as connection:
        rows = connection.execute(select(sales)).all()
    assert rows
    for row in rows:
        held = words(market.registry.view("Conveyance", "saleOf", row.sale))
        assert held == [row.status, row.deadline, row.offer_hash, row.terms_hash, row.closing], SaleStatus(row.status)
        token, amount = words(market.registry.view("SaleEscrow", "openOf", row.sale))
        assert (f"0x{token:040x}", amount) == (row.token, row.open)
    for holder in {market.payer, market.treasury, *(person.wallet for person in market.people.values())}:
        credit = int(market.registry.view("SaleEscrow", "creditOf", market.token, holder), 16)
        told = market.get(f"/api/sales/credits/{holder}")["credits"]
        assert sum(int(line["amount"]) for line in told) == credit
    folder = Path(str(market.services.settings.keystore)).parent
    empty = without_sync(open_engine(f"sqlite:///{folder}/replayed-{secrets.token_hex(4)}.db"))
    migrate(empty)
    again = Indexer(empty, market.registry.rpc, market.registry.deployment, HANDLERS)
    while (read := again.step()).number < read.head:
        continue
    assert contents(empty) == contents(market.services.engine)
    empty.dispose()


def words(answer: str, numbers: int = 2) -> list[Any]:
    """The words of a view's answer, the first ones as numbers, the rest as hex."""
    raw = [answer[2:][place : place + 64] for place in range(0, len(answer) - 2, 64)]
    return [int(word, 16) if place < numbers else "0x" + word for place, word in enumerate(raw)]
