"""What the service judges before the chain does: powers of attorney, a wallet in recovery, settlement, duty, chains."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from muniment.chain.typed_data import signed_by
from muniment.db.engine import migrate, open_engine, writing
from muniment.db.schema import recoveries
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import power_id
from muniment.identity.typed import Domain, typed_data
from muniment.land.sales import settling, submit
from muniment.land.sales.case import Case, case_of
from muniment.land.sales.drafting import check_step
from muniment.land.sales.model import PaperKind, SaleStatus
from muniment.land.sales.settling import ordered
from tests.service.conftest import without_sync
from tests.service.land.sales.stage import DAY, FAR, PRICE, Deal, Market, build_market, currency_word
from tests.service.nodes import Node

HASH = keccak(b"a document")


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


def _lodge(market: Market, sale: str) -> None:
    with writing(market.services.engine) as connection:
        submit.lodge(connection, sale, "officer 1", market.now)


def _billed(market: Market, ref: str, *, token: bool) -> Deal:
    """A sale up to its bill of sale."""
    deal = _deal(market, ref, token=token, mortgage=False)
    deal.to_notice(lambda sale: _lodge(market, sale))
    if token:
        market.pay(deal.sale)
    deal.finance()
    market.all_done()
    deal.bill()
    market.all_done()
    assert deal.status() == "bill_of_sale_signed"
    return deal


def refusal(work: Callable[[], Any]) -> str:
    """What something is refused for."""
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.name


# ── Who signs ───────────────────────────────────────────────────────────────────────────────────────────────────


def _power(market: Market, nonce: int, **changes: Any) -> str:
    anna, attorney = market.person("Anna"), market.person("attorney")
    grant = {
        "principal": anna.party,
        "attorney": attorney.party,
        "act": "land.sell",
        "subject": ZERO_HASH,
        "priceFloor": 0,
        "currency": ZERO_HASH,
        "until": market.now + 400 * DAY,
        "nonce": nonce,
        **changes,
    }
    domain = Domain.of(market.registry.deployment, "PartyRegistry")
    signature = signed_by(anna.account, typed_data(domain, "GrantPower", {**grant, "deadline": FAR}))
    market.act("PartyRegistry", "grantPower", grant, FAR, signature)
    market.settle()
    return power_id(anna.party, nonce)


def test_an_attorney_stays_within_subject_currency_and_time(market: Market) -> None:
    """A power about another title, with a floor in another currency, that has run out or was revoked must not do."""
    deal = _deal(market, "By attorney")
    deal.list()
    market.all_done()
    anna, attorney, carl = (market.person(name) for name in ("Anna", "attorney", "Carl"))
    shares = [{"holder": carl.party, "numerator": "1"}]
    asked = {"shares": shares, "price": str(PRICE), "documentHash": HASH, "until": market.now + 5 * DAY}
    paper = deal.draft("offers", asked)
    path = f"/api/sales/papers/{paper['paper']}"
    (part,) = market.get(f"{path}/typed-data", party=anna.party)["to_sign"]
    sent: dict[str, Any] = {
        "party": anna.party,
        "signature": signed_by(attorney.account, part["typed_data"]),
        "attorney": attorney.party,
    }

    def error(power: str) -> str:
        return str(market.post(f"{path}/signatures", 422, **sent, power=power)["error"])

    assert error(_power(market, 31, subject=keccak(b"another title"))) == "PowerOutOfScope"
    assert error(_power(market, 32, priceFloor=1, currency=currency_word("EUR"))) == "PriceRefused"
    short = _power(market, 33, until=market.now + 600)
    revoked = _power(market, 34)
    end = {"party": anna.party, "power": revoked, "deadline": FAR}
    domain = Domain.of(market.registry.deployment, "PartyRegistry")
    signature = signed_by(anna.account, typed_data(domain, "RevokePower", end))
    market.act("PartyRegistry", "revokePower", revoked, anna.party, FAR, signature)
    market.pass_time(601)
    assert error(short) == "PowerExpired"
    assert market.post(f"{path}/signatures", 409, **sent, power=revoked)["error"] == "PowerEnded"
    assert market.get(path)["missing"] == 2
    sound = _power(market, 35, subject=deal.title)
    assert market.post(f"{path}/signatures", 200, **sent, power=sound)["missing"] == 1


def test_a_wallet_in_recovery_signs_nothing(market: Market) -> None:
    """While a party's wallet is being recovered whoever has the old one must not sell with it."""
    deal = _deal(market, "In recovery")
    deal.list()
    market.all_done()
    carl = market.person("Carl")
    shares = [{"holder": carl.party, "numerator": "1"}]
    asked = {"shares": shares, "price": "5", "documentHash": HASH, "until": market.now + DAY}
    paper = deal.draft("offers", asked)
    path = f"/api/sales/papers/{paper['paper']}"
    (part,) = market.get(f"{path}/typed-data", party=carl.party)["to_sign"]
    row = {
        **dict.fromkeys(("evidence", "court_order", "tx_hash", "block_hash"), ZERO_HASH),
        "party": carl.party,
        "attempt": 1,
        "wallet": market.payer,
        "state": "begun",
        "block_number": 1,
        "ready_at": market.now + DAY,
        "begun_at": market.now,
    }
    sent = {"party": carl.party, "signature": signed_by(carl.account, part["typed_data"])}
    with writing(market.services.engine) as connection:
        connection.execute(recoveries.insert().values(**row))
    try:
        assert market.post(f"{path}/signatures", 409, **sent)["error"] == "RecoveryPending"
    finally:
        with writing(market.services.engine) as connection:
            connection.execute(recoveries.delete())
    assert market.post(f"{path}/signatures", 200, **sent)["missing"] == 1


# ── Duty and settlement ─────────────────────────────────────────────────────────────────────────────────────────


def test_duty_is_confirmed_once_and_only_for_a_banks_word(market: Market) -> None:
    """Duty that the escrow pays is nobody's to confirm, and another receipt for the same duty must be refused."""
    escrowed, banked = _billed(market, "Escrowed", token=True), _billed(market, "Banked", token=False)

    def confirm(sale: str, receipt: str) -> None:
        with writing(market.services.engine) as connection:
            submit.confirm_duty(connection, market.services.sealer, sale, "officer 1", receipt, market.now)

    assert refusal(lambda: confirm(escrowed.sale, "receipt 1")) == "WrongMoney"
    confirm(banked.sale, "receipt 1")
    confirm(banked.sale, " receipt 1 ")
    assert refusal(lambda: confirm(banked.sale, "receipt 2")) == "DutyConfirmedAlready"
    market.all_done()
    assert banked.status() == "duty_paid"


def test_what_stands_on_a_title_stops_its_sale(market: Market) -> None:
    """A freeze that came after the notice, and a caveat before it, must be named before anything is sent."""
    frozen = _billed(market, "Frozen late", token=True)
    market.act("TitleRegistry", "freeze", frozen.title, HASH)
    market.settle()
    assert market.post("/api/sales/settle", 409, sales=[frozen.sale])["error"] == "FreezeStands"
    claimed = _deal(market, "Claimed").to_contract()
    until = market.now + DAY
    market.act("TitleRegistry", "enterCaveat", claimed.title, market.person("Dora").party, until, HASH)
    market.settle()
    assert refusal(lambda: _lodge(market, claimed.sale)) == "CaveatStands"
    market.pass_time(DAY + 60)
    _lodge(market, claimed.sale)
    market.all_done()
    assert claimed.status() == "pending_title"


def test_what_is_overdue_is_not_settled(market: Market) -> None:
    """After the last second for registration nothing must be queued that the chain would refuse."""
    deal = _billed(market, "Overdue", token=True)
    with writing(market.services.engine) as connection:
        late = market.now + 51 * DAY
        assert refusal(lambda: settling.settle(connection, [deal.sale], late, 10)) == "SaleOverdue"
        case = case_of(connection, deal.sale)
        assert refusal(lambda: check_step(case, PaperKind.PAYOFF, late)) == "SaleOverdue"


def _case(sale: str, currency: str, **terms: Any) -> Case:
    agreed = {"feeds": ZERO_HASH, "feedAmount": "0", "fed": "0", "liens": [], **terms}
    status = SaleStatus.BILL_OF_SALE_SIGNED
    return Case(sale, sale, status, 0, {}, {}, agreed, {}, {}, currency, 0, 0, ZERO_HASH)


def test_a_chain_is_put_in_order(market: Market) -> None:
    """Each sale must come after those that feed it; a circle, another currency and a sum that differs be refused."""
    one, two, three = (keccak(bytes([place])) for place in (1, 2, 3))
    token, other = "0x" + market.token[2:].rjust(64, "0"), "0x" + "1" * 40 + "0" * 24
    first = _case(one, token, feeds=two, feedAmount="5")
    second = _case(two, token, fed="5", feeds=three, feedAmount="7")
    third = _case(three, token, fed="7")
    assert ordered([third, second, first]) == [first, second, third]
    assert refusal(lambda: ordered([replace(second, currency=other), first, third])) == "ChainBroken"
    assert refusal(lambda: ordered([first, second])) == "ChainBroken"
    assert refusal(lambda: ordered([second, third])) == "FeedDiffers"
    circle = _case(three, token, fed="7", feeds=one, feedAmount="1")
    assert refusal(lambda: ordered([_case(one, token, fed="1", feeds=two, feedAmount="5"), second, circle])) == (
        "ChainBroken"
    )


def test_a_sale_does_not_feed_itself(market: Market) -> None:
    """A contract must not pay its own price out of it."""
    deal = _deal(market, "Itself")
    deal.list()
    market.all_done()
    deal.accept()
    market.all_done()
    last = market.now + DAY
    terms = {"documentHash": HASH, **dict.fromkeys(("lodgeBy", "financeBy", "completeBy"), last)}
    refused = market.post(f"/api/sales/{deal.sale}/contracts", 422, **terms, feeds=deal.sale, feedAmount="5", fed="5")
    assert refused["error"] == "FeedRefused"
