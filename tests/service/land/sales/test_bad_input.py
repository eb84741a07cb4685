"""What a sale refuses, judged as the chain would judge it: each case with its name, status and one clear sentence."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from muniment.chain.typed_data import signed_by
from muniment.db.engine import migrate, open_engine, writing
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity.model import known_kind, power_id
from muniment.identity.typed import Domain, typed_data
from muniment.land.sales import submit
from tests.service.conftest import without_sync
from tests.service.land.sales.stage import DAY, FAR, PRICE, Deal, Market, build_market
from tests.service.nodes import Node

Change = Callable[[Market], dict[str, Any]]
HASH = keccak(b"a document")
NOBODY = keccak(b"nobody")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """One register for all cases: a refusal leaves nothing behind."""
    folder = tmp_path_factory.mktemp("market")
    engine = without_sync(open_engine(f"sqlite:///{folder}/muniment.db"))
    migrate(engine)
    with Node() as node:
        yield build_market(node, engine, folder)
    engine.dispose()


@pytest.fixture(scope="module")
def listed(market: Market) -> Deal:
    """A title for sale."""
    deal = _deal(market, "Listed")
    deal.list()
    market.all_done()
    return deal


@pytest.fixture(scope="module")
def agreed(market: Market) -> Deal:
    """An accepted offer for a title with a lien."""
    deal = _deal(market, "Agreed")
    lender, anna = market.person("lender", "BANK"), market.person("Anna")
    market.lien(deal.title, lender, 1_000_000, "a deed", anna)
    deal.list()
    market.all_done()
    deal.accept()
    market.all_done()
    return deal


@pytest.fixture(scope="module")
def pending(market: Market) -> Deal:
    """A lodged contract that pays a lien off."""
    deal = _deal(market, "Pending")
    lender, anna = market.person("lender", "BANK"), market.person("Anna")
    lien = market.lien(deal.title, lender, 2_000_000, "another deed", anna)
    deal.contract = {"liens": [{"lien": lien, "payoff": "1000000"}]}
    return deal.to_notice(lambda sale: _lodge(market, sale))


def _deal(market: Market, ref: str, **changes: Any) -> Deal:
    anna, carl = market.person("Anna"), market.person("Carl")
    return Deal(market, market.title(ref, anna), [anna], [carl], **changes)


def _lodge(market: Market, sale: str) -> None:
    with writing(market.services.engine) as connection:
        submit.lodge(connection, sale, "officer 1", market.now)


def _refused(answer: dict[str, Any], error: str) -> None:
    """Name and sentence: whole, and without a hole in it."""
    assert answer["error"] == error
    assert answer["detail"].endswith(".")
    assert "{" not in answer["detail"]
    assert "?" not in answer["detail"]


LISTINGS: list[tuple[str, int, Change]] = [
    ("TitleUnknown", 404, lambda _: {"title": NOBODY}),
    ("DocumentMissing", 422, lambda _: {"documentHash": ZERO_HASH}),
    ("SaleOverdue", 409, lambda market: {"until": market.now - 1}),
    ("CurrencyRefused", 422, lambda _: {"currency": "SEK"}),
    ("CurrencyUnreadable", 422, lambda _: {"currency": "euro"}),
    ("CredentialMissing", 422, lambda market: {"agent": market.person("Carl").party}),
    ("CredentialMissing", 422, lambda market: {"sellersBank": market.person("Carl").party}),
]


@pytest.mark.parametrize(("error", "status", "change"), LISTINGS)
def test_a_listing_is_judged(market: Market, listed: Deal, error: str, status: int, change: Change) -> None:
    """Title, time, document, currency and licences must be sound."""
    asked = {
        "title": listed.title,
        "currency": market.token,
        "price": "5",
        "documentHash": HASH,
        "until": market.now + DAY,
    }
    _refused(market.post("/api/sales/listings", status, **{**asked, **change(market)}), error)


OFFERS: list[tuple[str, int, Change]] = [
    ("PriceMissing", 422, lambda _: {"price": "0"}),
    ("DocumentMissing", 422, lambda _: {"documentHash": ZERO_HASH}),
    ("SaleOverdue", 409, lambda market: {"until": market.now - 1}),
    ("SharesNotWhole", 422, lambda _: {"denominator": "2"}),
    ("SharesNotWhole", 422, lambda _: {"shares": [{"holder": HASH, "numerator": "2"}], "denominator": "2"}),
    ("ShareMissing", 422, lambda _: {"shares": [{"holder": HASH, "numerator": "0"}]}),
    ("HolderOrder", 422, lambda _: {"shares": [{"holder": HASH, "numerator": "1"}] * 2}),
    ("HolderOrder", 422, lambda _: {"shares": [{"holder": ZERO_HASH, "numerator": "1"}]}),
    ("CurrencyRefused", 422, lambda _: {"currency": "SEK"}),
    ("BankMissing", 422, lambda _: {"currency": "EUR"}),
    ("CredentialMissing", 422, lambda market: {"buyersBank": market.person("Carl").party}),
]


@pytest.mark.parametrize(("error", "status", "change"), OFFERS)
def test_an_offer_is_judged(market: Market, listed: Deal, error: str, status: int, change: Change) -> None:
    """Shares must sum to one, the price be there, and the money be of a kind that somebody answers for."""
    asked = {
        "shares": [{"holder": market.person("Carl").party, "numerator": "1"}],
        "price": "5",
        "documentHash": HASH,
        "until": market.now + DAY,
    }
    _refused(market.post(f"/api/sales/{listed.sale}/offers", status, **{**asked, **change(market)}), error)


def _lien(market: Market) -> str:
    return next(lien for lien, terms in market.liens.items() if terms["amount"] == 1_000_000)


CONTRACTS: list[tuple[str, int, Change]] = [
    ("DocumentMissing", 422, lambda _: {"documentHash": ZERO_HASH}),
    ("DeadlinesRefused", 422, lambda market: {"lodgeBy": market.now - 1}),
    ("DeadlinesRefused", 422, lambda market: {"financeBy": market.now + 51 * DAY}),
    ("NoticeRefused", 422, lambda market: {"completeBy": market.now + 300 * DAY}),
    ("LiensChanged", 409, lambda _: {"liens": [{"lien": NOBODY, "payoff": "1"}]}),
    ("LiensChanged", 409, lambda market: {"liens": [{"lien": _lien(market), "payoff": "1"}] * 2}),
    ("ClaimsExceedPrice", 422, lambda market: {"liens": [{"lien": _lien(market), "payoff": str(PRICE + 1)}]}),
    ("ClaimsExceedPrice", 422, lambda _: {"agentFee": str(PRICE + 1)}),
    ("PayoutRefused", 422, lambda market: {"payouts": [market.token]}),
    ("PayoutRefused", 422, lambda _: {"payouts": [ZERO_ADDRESS]}),
    ("PayoutRefused", 422, lambda market: {"payouts": [market.payer, market.payer]}),
    ("PayoutRefused", 422, lambda market: {"payouts": [market.registry.deployment.contracts["SaleEscrow"].address]}),
    ("FeedRefused", 422, lambda _: {"feeds": NOBODY}),
    ("FeedRefused", 422, lambda _: {"feedAmount": "5"}),
    ("FeedRefused", 422, lambda _: {"fed": str(2 * PRICE)}),
]


@pytest.mark.parametrize(("error", "status", "change"), CONTRACTS)
def test_a_contract_is_judged(market: Market, agreed: Deal, error: str, status: int, change: Change) -> None:
    """Deadlines must follow each other, every lien be dealt with, and the money add up and have somewhere to go."""
    now = market.now
    asked = {
        "documentHash": HASH,
        "lodgeBy": now + 30 * DAY,
        "financeBy": now + 40 * DAY,
        "completeBy": now + 50 * DAY,
    }
    _refused(market.post(f"/api/sales/{agreed.sale}/contracts", status, **{**asked, **change(market)}), error)


def test_money_is_judged(market: Market, pending: Deal) -> None:
    """A stranger, too much, a mortgage without a deed and a statement above what was agreed must be refused."""
    sale = f"/api/sales/{pending.sale}"
    _refused(market.get(f"{sale}/deposit", 422, payer=ZERO_ADDRESS), "PayerRefused")
    _refused(market.get(f"{sale}/deposit", 422, payer=market.payer, amount=2 * PRICE), "DepositExceedsDue")
    mortgage = {"amount": "5", "deedHash": HASH}
    for wrong in ({"amount": "0"}, {"deedHash": ZERO_HASH}):
        asked = {"documentHash": HASH, "mortgage": {**mortgage, **wrong}}
        _refused(market.post(f"{sale}/finance", 422, **asked), "MortgageRefused")
    _refused(market.post(f"{sale}/finance", 422, mortgage=mortgage), "DocumentMissing")
    _refused(market.post(f"{sale}/finance", 422, documentHash=HASH, mortgage=mortgage, rank=2), "MortgageRefused")
    lien = pending.contract["liens"][0]["lien"]
    _refused(market.post(f"{sale}/payoffs", 422, lien=lien, amount="1000001"), "PayoffRefused")
    _refused(market.post(f"{sale}/payoffs", 422, lien=NOBODY, amount="1"), "PayoffRefused")
    _refused(market.post(f"{sale}/payoffs", 422, lien=lien, amount="1", payout=ZERO_ADDRESS), "PayoutRefused")
    _refused(market.post(f"{sale}/bills", 422, documentHash=HASH, legalDate=20_260_230), "DateUnreadable")
    _refused(market.post(f"{sale}/bills", 422, documentHash=ZERO_HASH, legalDate=0), "DocumentMissing")
    _refused(market.post(f"{sale}/cancellations", 422, documentHash=ZERO_HASH), "DocumentMissing")


def test_what_is_signed_for_the_money_waits_until_it_is_there(market: Market, pending: Deal) -> None:
    """Financing that all have signed must say what is missing, and a bill signed ahead wait for its step."""
    paper = pending.finance()
    assert paper["state"] == "signed"
    _refused(market.post(f"/api/sales/papers/{paper['paper']}/submit", 409), "AmountRefused")
    bill = pending.bill()
    assert bill["state"] == "signed"
    _refused(market.post(f"/api/sales/papers/{bill['paper']}/submit", 409), "WrongStep")


def test_steps_come_in_their_order(market: Market, listed: Deal) -> None:
    """Whatever comes too early, or about no sale, must be refused."""
    for path in ("finance", "bills", "payoffs", "contracts"):
        asked: dict[str, Any] = {"documentHash": HASH}
        if path == "bills":
            asked["legalDate"] = 0
        if path == "payoffs":
            asked = {"lien": NOBODY, "amount": "1"}
        if path == "contracts":
            asked |= dict.fromkeys(("lodgeBy", "financeBy", "completeBy"), market.now + DAY)
        _refused(market.post(f"/api/sales/{listed.sale}/{path}", 409, **asked), "WrongStep")
        _refused(market.post(f"/api/sales/{NOBODY}/{path}", 404, **asked), "SaleUnknown")
    _refused(market.get(f"/api/sales/{listed.sale}/deposit", 409, payer=market.payer), "WrongStep")
    _refused(market.post("/api/sales/settle", 409, sales=[listed.sale]), "WrongStep")
    assert market.get(f"/api/sales/{NOBODY}", 404)["detail"] == "There is no such sale."
    with writing(market.services.engine) as connection, pytest.raises(Refused, match="WrongStep"):
        submit.lodge(connection, listed.sale, "officer 1", market.now)


@pytest.mark.parametrize("chain", [[], [NOBODY, NOBODY], [keccak(bytes([place])) for place in range(9)]])
def test_a_chain_has_one_to_eight_different_sales(market: Market, chain: list[str]) -> None:
    """No sales, one twice and nine must be refused."""
    _refused(market.post("/api/sales/settle", 422, sales=chain), "ChainRefused")


# ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_forged_and_foreign_signatures_are_refused(market: Market, listed: Deal) -> None:
    """Only the wallet of who must sign, over these very words, on this chain, must count."""
    paper = _drafted(market, listed, b"forged")
    path = f"/api/sales/papers/{paper['paper']}"
    anna, carl, dora = (market.person(name) for name in ("Anna", "Carl", "Dora"))
    (part,) = market.get(f"{path}/typed-data", party=anna.party)["to_sign"]
    assert part["act"] == "land.sell"
    assert part["wallets"] == [anna.wallet]
    data = part["typed_data"]
    elsewhere = {**data, "domain": {**data["domain"], "chainId": 1}}
    cheaper = {**data, "message": {**data["message"], "offer": {**data["message"]["offer"], "price": 1}}}
    for signer, signed, error in (
        (carl, data, "SignatureInvalid"),
        (anna, elsewhere, "SignedForOtherChain"),
        (anna, cheaper, "SignatureInvalid"),
    ):
        sent = {"party": anna.party, "signature": signed_by(signer.account, signed)}
        _refused(market.post(f"{path}/signatures", 422, **sent), error)
    for nothing in ("0x", "0x1234"):
        _refused(market.post(f"{path}/signatures", 422, party=anna.party, signature=nothing), "SignatureInvalid")
    sent = {"party": dora.party, "signature": signed_by(dora.account, data)}
    _refused(market.post(f"{path}/signatures", 422, **sent), "SignatoryRefused")
    _refused(market.get(f"{path}/typed-data", 422, party=dora.party), "SignatoryRefused")
    _refused(market.post(f"{path}/submit", 422), "SignaturesMissing")
    _refused(market.get(f"/api/sales/papers/{'0' * 32}", 404), "PaperUnknown")
    assert market.get(path)["missing"] == 2


def test_a_replayed_signature_does_not_count_elsewhere(market: Market, listed: Deal) -> None:
    """What was signed for one paper must not do for the next."""
    first, second = _drafted(market, listed, b"first"), _drafted(market, listed, b"second")
    anna = market.person("Anna")
    (part,) = market.get(f"/api/sales/papers/{first['paper']}/typed-data", party=anna.party)["to_sign"]
    sent = {"party": anna.party, "signature": signed_by(anna.account, part["typed_data"])}
    _refused(market.post(f"/api/sales/papers/{second['paper']}/signatures", 422, **sent), "SignatureInvalid")


def test_a_cancelled_nonce_is_useless(market: Market, listed: Deal) -> None:
    """A party must be able to take its word back before the others have given theirs."""
    paper = _drafted(market, listed, b"taken back")
    anna = market.person("Anna")
    (part,) = market.get(f"/api/sales/papers/{paper['paper']}/typed-data", party=anna.party)["to_sign"]
    nonce = part["typed_data"]["message"]["nonce"]
    shown = market.post("/api/sales/nonces/typed-data", party=anna.party, nonce=nonce)
    sent = {name: shown[name] for name in ("party", "nonce", "deadline")}
    market.post("/api/sales/nonces", 202, **sent, signature=signed_by(anna.account, shown["typed_data"]))
    market.all_done()
    signed = {"party": anna.party, "signature": signed_by(anna.account, part["typed_data"])}
    _refused(market.post(f"/api/sales/papers/{paper['paper']}/signatures", 409, **signed), "NonceUsed")


def test_an_attorney_signs_within_the_power(market: Market, listed: Deal) -> None:
    """A power for this act, from this principal, at this price must do, and no other."""
    anna, attorney = market.person("Anna"), market.person("attorney")
    sound = _grant(market, "land.sell", PRICE - 5, nonce=1)
    wrong_act, too_dear = _grant(market, "land.buy", 0, nonce=2), _grant(market, "land.sell", PRICE + 5, nonce=3)
    paper = _drafted(market, listed, b"by attorney")
    path = f"/api/sales/papers/{paper['paper']}/signatures"
    (part,) = market.get(f"/api/sales/papers/{paper['paper']}/typed-data", party=anna.party)["to_sign"]
    sent = {
        "party": anna.party,
        "signature": signed_by(attorney.account, part["typed_data"]),
        "attorney": attorney.party,
    }
    _refused(market.post(path, 422, **sent, power=wrong_act), "PowerOutOfScope")
    _refused(market.post(path, 422, **sent, power=too_dear), "PriceRefused")
    _refused(market.post(path, 404, **sent, power=NOBODY), "PowerUnknown")
    _refused(
        market.post(path, 422, **{**sent, "attorney": market.person("Carl").party}, power=sound), "PowerOutOfScope"
    )
    signed = market.post(path, **sent, power=sound)
    assert [one["attorney"] for one in signed["signers"]] == [attorney.party, None]


def _grant(market: Market, act: str, floor: int, nonce: int) -> str:
    anna, attorney = market.person("Anna"), market.person("attorney")
    grant = {
        "principal": anna.party,
        "attorney": attorney.party,
        "act": act,
        "subject": ZERO_HASH,
        "priceFloor": floor,
        "currency": "0x" + market.token[2:].rjust(64, "0") if floor else ZERO_HASH,
        "until": market.now + 400 * DAY,
        "nonce": nonce,
    }
    domain = Domain.of(market.registry.deployment, "PartyRegistry")
    signature = signed_by(anna.account, typed_data(domain, "GrantPower", {**grant, "deadline": FAR}))
    market.act("PartyRegistry", "grantPower", grant, FAR, signature)
    market.settle()
    return power_id(anna.party, nonce)


def _drafted(market: Market, deal: Deal, document: bytes) -> Any:
    asked = {
        "shares": [{"holder": market.person("Carl").party, "numerator": "1"}],
        "price": str(PRICE),
        "documentHash": keccak(document),
        "until": deal.market.sale(deal.sale)["deadline"],
    }
    return market.post(f"/api/sales/{deal.sale}/offers", 201, **asked)


# ── Races and changes ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_draft_many_times_is_one_paper(market: Market, listed: Deal) -> None:
    """Twenty requests at once must find one paper, which nobody else sees before it is signed."""
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: _drafted(market, listed, b"the same")["paper"], range(20)))
    assert len(set(found)) == 1
    assert found[0] not in [paper["paper"] for paper in market.sale(listed.sale)["papers"]]


def test_a_title_that_changed_stops_a_sale_that_was_agreed(market: Market) -> None:
    """A lien added between contract and lodging must be refused by name before anything is sent."""
    deal = _deal(market, "Changing").to_contract()
    anna, lender = market.person("Anna"), market.person("lender", "BANK")
    market.lien(deal.title, lender, 777, "a late deed", anna)
    with writing(market.services.engine) as connection, pytest.raises(Refused) as refused:
        submit.lodge(connection, deal.sale, "officer 1", market.now)
    assert refused.value.name == "LiensChanged"


def test_a_freeze_stops_lodging_and_not_the_exit(market: Market) -> None:
    """While a court's freeze stands nothing may be lodged, and the parties must be able to part all the same."""
    deal = _deal(market, "Frozen").to_contract()
    market.act("TitleRegistry", "freeze", deal.title, keccak(b"an order"))
    market.settle()
    with writing(market.services.engine) as connection, pytest.raises(Refused) as refused:
        submit.lodge(connection, deal.sale, "officer 1", market.now)
    assert refused.value.name == "FreezeStands"
    market.sign(deal.draft("cancellations", {"documentHash": HASH}), *deal.sellers, *deal.buyers)
    market.all_done()
    assert deal.status() == "cancelled"


def test_a_second_sale_of_one_parcel_is_refused_once_one_is_lodged(market: Market) -> None:
    """Of two contracts over one title the first that is lodged must win."""
    first = _deal(market, "Twice")
    first.listing = {"documentHash": keccak(b"first mandate")}
    second = Deal(market, first.title, first.sellers, first.buyers)
    first.to_contract()
    second.to_contract()
    _lodge(market, first.sale)
    market.all_done()
    with writing(market.services.engine) as connection, pytest.raises(Refused) as refused:
        submit.lodge(connection, second.sale, "officer 1", market.now)
    assert refused.value.name == "NoticeStands"


def test_a_bank_that_loses_its_licence_cannot_sign(market: Market) -> None:
    """What was sound when the paper was drafted must be judged again when it is signed."""
    deal = _deal(market, "Losing", token=False, mortgage=False)
    bank = market.person("failing bank", "BANK")
    deal.bank = bank
    deal.to_notice(lambda sale: _lodge(market, sale))
    paper = deal.draft("finance", {"documentHash": HASH})
    market.act("CredentialRegistry", "revoke", bank.party, known_kind("BANK"), 9)
    market.settle()
    (part,) = market.get(f"/api/sales/papers/{paper['paper']}/typed-data", party=bank.party)["to_sign"]
    sent = {"party": bank.party, "signature": signed_by(bank.account, part["typed_data"])}
    _refused(market.post(f"/api/sales/papers/{paper['paper']}/signatures", 422, **sent), "CredentialWithdrawn")


@pytest.mark.parametrize(
    "wrong",
    [{"price": "-1"}, {"price": "1.5"}, {"price": str(1 << 128)}, {"title": "0x12"}, {"unknown": 1}, {"until": -1}],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(market: Market, wrong: dict[str, Any]) -> None:
    """Numbers, ids and names that are none must be told as such, with nothing written."""
    asked = {"title": NOBODY, "currency": "EUR", "price": "5", "documentHash": HASH, "until": market.now + DAY}
    answer = market.post("/api/sales/listings", 422, **{**asked, **wrong})
    assert answer["detail"]


def test_more_than_the_quota_is_refused(market: Market) -> None:
    """A title whose acts of the day are used up must still gather signatures, and queue nothing."""
    deal = _deal(market, "Busy")
    object.__setattr__(market.services.settings, "relays_per_day", 0)
    try:
        paper = deal.list()
        assert (paper["state"], paper["intent_key"]) == ("signed", None)
        _refused(market.post(f"/api/sales/papers/{paper['paper']}/submit", 429), "RelayQuota")
    finally:
        object.__setattr__(market.services.settings, "relays_per_day", 1_000)
    assert market.post(f"/api/sales/papers/{paper['paper']}/submit")["state"] == "queued"
    market.all_done()
