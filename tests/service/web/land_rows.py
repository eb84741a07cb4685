"""Titles with all that can stand on them and weigh on them, and sales at several steps, laid into the read tables."""

import json
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from muniment.db import schema
from muniment.db.engine import writing
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity.typed import struct_hash
from muniment.land.sales.model import SaleStatus
from tests.service.web.conftest import AGENCY, HOLDERS, HOSTILE, LONGEST, NOW, OFFICER, REFS, title_of

DAY = 24 * 3600
BLOCK = {"block_number": 60, "block_hash": keccak(b"60")}
TOKEN = "0x" + "20" * 20
TOKEN_WORD = "0x" + TOKEN[2:].rjust(64, "0")
SEK = "0x" + b"SEK".hex().ljust(64, "0")
SELLER, BUYER, BANK = HOLDERS[0], keccak(b"the buyer"), keccak(b"the bank")
AGENT, CLAIMANT = keccak(b"the agent"), keccak(b"the claimant")
PAYER, WALLET = "0x" + "7" * 40, "0x" + "8" * 40
BURDENED, FROZEN, RETIRED, PART, MOVED = (title_of(ref) for ref in REFS)
LIENS = [keccak(f"lien {number}".encode()) for number in range(3)]
FREEZE, CAVEAT = keccak(b"freeze"), keccak(b"caveat")
DOCUMENT = keccak(b"document")
GATHERING, PAYOFF, CONTRACT, LISTING = ("ab" * 16, "cd" * 16, "ef" * 16, "12" * 16)


def fill_land(engine: Engine) -> None:
    """Everything that the pages of titles and sales can show."""
    with writing(engine) as connection:
        _weigh(connection)
        _stand(connection)
        _became(connection)
        for sale in SALES:
            _sale(connection, sale)
        _papers(connection)
        rates = {"accepted": 1, "person": 15_000, "organisation": 42_500, "payee": WALLET, "fee": 825, "set_at": NOW}
        for currency in (SEK, TOKEN_WORD):
            _put(connection, schema.sale_rates, jurisdiction="SE", currency=currency, **rates, **BLOCK)


def _put(connection: Connection, table: Any, **values: Any) -> None:
    connection.execute(insert(table).values(**values))


def _weigh(connection: Connection) -> None:
    """Three liens, one of them moved in and untold; one that ended; a lease that ran out and an easement."""
    for at, lien in enumerate(LIENS):
        told = at < 2
        _put(
            connection, schema.liens, lien=lien, kind=at + 1 if told else None, creditor=BANK if told else None,
            amount=(150_000_000, 4_250_050)[at] if told else None, currency=SEK if told else None,
            deed_hash=keccak(b"deed") if told else None, holder=BANK if told else None, **BLOCK,
        )  # fmt: skip
        _put(
            connection, schema.title_liens, title=BURDENED, lien=lien, rank=at + 1, legal_date=20240229, sale=None,
            entered_by=OFFICER, entered_at=NOW - 90, end=None, ended_at=None, ended_by=None, end_source=None,
            tx_hash=keccak(b"l"), **BLOCK,
        )  # fmt: skip
    _put(
        connection, schema.liens, lien=keccak(b"old lien"), kind=1, creditor=BANK, amount=2**200, currency=TOKEN_WORD,
        deed_hash=keccak(b"deed"), holder=BANK, **BLOCK,
    )  # fmt: skip
    _put(
        connection, schema.title_liens, title=BURDENED, lien=keccak(b"old lien"), rank=None, legal_date=0, sale=None,
        entered_by=OFFICER, entered_at=NOW - 900, end="discharged", ended_at=NOW - 40, ended_by=None,
        end_source=keccak(b"order"), tx_hash=keccak(b"l"), **BLOCK,
    )  # fmt: skip
    for at, (kind, beneficiary, dominant, until) in enumerate(
        ((1, AGENT, None, NOW - 5), (2, None, title_of(REFS[3]), 0), (1, BUYER, None, NOW + 900 * DAY))
    ):
        interest = keccak(f"interest {at}".encode())
        _put(
            connection, schema.interests, interest=interest, kind=kind, beneficiary=beneficiary, dominant=dominant,
            until=until, deed_hash=keccak(b"deed"), **BLOCK,
        )  # fmt: skip
        _put(
            connection, schema.title_interests, title=BURDENED, interest=interest, place=at + 1, legal_date=0,
            entered_by=OFFICER, entered_at=NOW - 80, end=None, ended_at=None, ended_by=None, end_source=None,
            tx_hash=keccak(b"i"), **BLOCK,
        )  # fmt: skip
    happened = (
        ("LienEntered", {"amount": "150000000", "currency": SEK, "rank": 1, "creditor": BANK}),
        ("LienPostponed", {"rank": 2}),
        ("LienAssigned", {"from": AGENT, "to": BANK}),
        ("NoticeSet", {"sale": MIDWAY, "until": NOW + 30 * DAY}),
        ("CaveatEntered", {"until": NOW + 30 * DAY}),
        ("TitleConveyed", {"sale": MIDWAY}),
    )
    for log, (name, arguments) in enumerate(happened):
        _put(
            connection, schema.events, log_index=200 + log, time=NOW - 60 + log, tx_hash=keccak(b"e"),
            contract="TitleRegistry", name=name, subject=BURDENED, arguments=json.dumps(arguments), **BLOCK,
        )  # fmt: skip


def _stand(connection: Connection) -> None:
    """A freeze and a caveat on one title; a sale's notice and another grade on its way on the other."""
    for restriction, kind, by, until in ((FREEZE, 1, AGENCY, 0), (CAVEAT, 2, CLAIMANT, NOW + 60 * DAY)):
        _put(
            connection, schema.restrictions, restriction=restriction, kind=kind, title=FROZEN, by=by, until=until,
            source_hash=keccak(b"order"), officer=OFFICER, entered_at=NOW - 3 * DAY, lifted_at=None, lifted_by=None,
            lifted_source=None, tx_hash=keccak(b"f"), **BLOCK,
        )  # fmt: skip
        _put(connection, schema.title_restrictions, title=FROZEN, restriction=restriction, **BLOCK)
    _put(
        connection, schema.title_notices, title=BURDENED, sale=MIDWAY, until=NOW + 30 * DAY, set_at=NOW - DAY,
        tx_hash=keccak(b"n"), **BLOCK,
    )  # fmt: skip
    _put(
        connection, schema.grade_proposals, title=BURDENED, grade=3, ready_at=NOW + 20 * DAY, officer=OFFICER,
        source_hash=keccak(b"survey"), proposed_at=NOW - 10 * DAY, tx_hash=keccak(b"g"), **BLOCK,
    )  # fmt: skip


def _became(connection: Connection) -> None:
    """One title was divided, another is a part of it, and the last moved in with its register."""
    ended = update(schema.titles).where(schema.titles.c.title == RETIRED)
    connection.execute(ended.values(retired_at=NOW - 30, retired_by="division"))
    connection.execute(schema.shares.delete().where(schema.shares.c.title == RETIRED))
    _put(
        connection, schema.title_lineage, parent=RETIRED, child=PART, kind="division", place=0, **BLOCK
    )  # fmt: skip
    moved = update(schema.titles).where(schema.titles.c.title == MOVED)
    connection.execute(moved.values(ref=None, officer=None))


def _listing(title: str, **changes: Any) -> dict[str, Any]:
    return {
        "title": title, "version": 1, "sellers": [SELLER, HOLDERS[1]], "sellersBank": ZERO_HASH, "agent": AGENT,
        "currency": TOKEN_WORD, "price": "300000", "documentHash": DOCUMENT, "until": NOW + 90 * DAY, **changes,
    }  # fmt: skip


OFFER = {
    "denominator": "1", "shares": [{"holder": BUYER, "numerator": "1"}], "buyersBank": BANK, "currency": TOKEN_WORD,
    "price": "295000", "payers": [PAYER], "documentHash": DOCUMENT, "until": NOW + 9 * DAY,
}  # fmt: skip
TERMS = {
    "liens": [{"lien": LIENS[0], "payoff": "200000"}, {"lien": LIENS[1], "payoff": "0"}],
    "payouts": [WALLET, PAYER], "agentFee": "6000", "agentPayout": WALLET, "duty": "5250", "feeds": ZERO_HASH,
    "feedAmount": "0", "fed": "0", "documentHash": DOCUMENT, "lodgeBy": NOW + 10 * DAY, "financeBy": NOW + 20 * DAY,
    "completeBy": NOW + 30 * DAY,
}  # fmt: skip
MORTGAGE = {"kind": 1, "creditor": BANK, "amount": "150000", "currency": TOKEN_WORD, "deedHash": keccak(b"deed")}
FINANCE = {"mortgage": MORTGAGE, "rank": 2, "reserved": "0", "documentHash": DOCUMENT}
BILL = {"documentHash": DOCUMENT, "legalDate": 20261201}
LISTED, ACCEPTED, MIDWAY, BANKED, OVERDUE, CANCELLED, REGISTERED = SALES = tuple(
    keccak(f"sale {name}".encode())
    for name in ("listed", "accepted", "midway", "banked", "overdue", "cancelled", "registered")
)
_STATUS = dict(zip(SALES, (1, 2, 4, 6, 2, 9, 8), strict=True))


def _sale(connection: Connection, sale: str) -> None:
    """A sale at its step, with the events that led there."""
    status = SaleStatus(_STATUS[sale])
    currency = SEK if sale == BANKED else TOKEN_WORD
    listing = _listing(FROZEN if sale == LISTED else BURDENED, currency=currency)
    reached = 4 if sale == CANCELLED else int(status)
    offer = {**OFFER, "currency": currency, "payers": [] if sale == BANKED else OFFER["payers"]}
    papers = {
        "listing": listing,
        "offer": offer if reached >= 2 else None,
        "terms": TERMS if reached >= 3 else None,
        "finance": FINANCE if reached >= 5 else None,
        "bill": BILL if reached >= 6 else None,
    }
    deadline = NOW - 1 if sale == OVERDUE else NOW + 9 * DAY
    _put(
        connection, schema.sales, sale=sale, title=listing["title"], status=int(status), deadline=deadline,
        **{name: None if paper is None else json.dumps(paper) for name, paper in papers.items()},
        offer_hash=ZERO_HASH, terms_hash=ZERO_HASH, closing=ZERO_HASH, currency=currency,
        price=295_000 if reached >= 2 else 300_000, lodgement=7 if reached >= 4 else None,
        notice_until=NOW + 30 * DAY if reached >= 4 else None, officer=OFFICER if reached >= 4 else None,
        token=ZERO_ADDRESS if sale == BANKED else TOKEN, open=100_250 if sale == MIDWAY else 0,
        released=json.dumps([{"payee": WALLET, "amount": "300250"}]) if sale == REGISTERED else None,
        listed_at=NOW - 9 * DAY, changed_at=NOW - DAY, tx_hash=keccak(b"s"), **BLOCK,
    )  # fmt: skip
    roles = [("seller", SELLER), ("seller", HOLDERS[1]), ("agent", AGENT)]
    roles += [("buyer", BUYER), ("buyers_bank", BANK)] if reached >= 2 else []
    for place, (role, party) in enumerate(roles):
        _put(connection, schema.sale_parties, sale=sale, role=role, place=place, party=party, **BLOCK)
    if reached >= 4 and sale != BANKED:
        refunded = 0 if sale != CANCELLED else 50
        _put(
            connection, schema.sale_deposits, sale=sale, payer=PAYER, token=TOKEN, paid=100_250, refunded=refunded,
            tx_hash=keccak(b"d"), **BLOCK,
        )  # fmt: skip
    names = ["SaleListed", "OfferAccepted", "ContractSigned", "SaleLodged", "SaleFinanced", "BillOfSaleSigned"]
    names = names[:reached] + {8: ["DutyPaid", "SaleRegistered"], 9: ["SaleCancelled"]}.get(int(status), [])
    for log, name in enumerate(names):
        arguments = {"sale": sale, "title": listing["title"], "before": 4, "documentHash": DOCUMENT, "until": NOW}
        _put(
            connection, schema.events, log_index=300 + 20 * SALES.index(sale) + log, time=NOW - 9 * DAY + log * DAY,
            tx_hash=keccak(f"{sale}{log}".encode()), contract="Conveyance", name=name, subject=sale,
            arguments=json.dumps(arguments), **BLOCK,
        )  # fmt: skip


def _papers(connection: Connection) -> None:
    """Papers of four kinds: one of two has signed each; the listing is not on the chain yet."""
    payoff = {"lien": LIENS[0], "terms": {**MORTGAGE, "currency": SEK}, "amount": "180000", "currency": TOKEN_WORD,
              "payout": WALLET}  # fmt: skip
    listing = _listing(PART)
    for paper, kind, sale, title, document, struct in (
        (GATHERING, "offer", LISTED, FROZEN, {**OFFER, "payers": []}, "Offer"),
        (PAYOFF, "payoff", MIDWAY, BURDENED, payoff, None),
        (CONTRACT, "contract", ACCEPTED, BURDENED, TERMS, "SaleContract"),
        (LISTING, "listing", keccak(b"a sale to come"), PART, listing, "Listing"),
        ("34" * 16, "finance", MIDWAY, BURDENED, FINANCE, "Finance"),
        ("56" * 16, "bill", MIDWAY, BURDENED, BILL, "BillOfSale"),
        ("78" * 16, "cancellation", MIDWAY, BURDENED, {"documentHash": DOCUMENT, "offer": True}, None),
    ):
        hashed = struct_hash(struct, document) if struct else keccak(paper.encode())
        _put(
            connection, schema.sale_papers, paper=paper, draft=keccak(paper.encode()), kind=kind, sale=sale,
            title=title, document=json.dumps(document), hash=hashed, deadline=NOW + 8 * DAY, missing=1, signed=1,
            attempts=0, intent_key=None, created_at=NOW,
        )  # fmt: skip
        roles = {"payoff": ["lien_holder"] * 2, "finance": ["buyers_bank", "buyer"]}.get(kind, ["seller", "buyer"])
        parties = (SELLER, BANK if kind == "payoff" else HOLDERS[1])
        for place, (role, party) in enumerate(zip(roles, parties, strict=True)):
            signed = NOW - 5 if place else None
            _put(
                connection, schema.sale_signatures, paper=paper, place=place, role=role, party=party, nonce=7 + place,
                power=None, attorney=None, signature="0x11" if signed else None, signed_at=signed,
            )  # fmt: skip


assert HOSTILE in REFS  # the frozen title's reference means harm
assert LONGEST in REFS  # the divided one's is the longest possible
