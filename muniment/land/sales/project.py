"""What the events of `Conveyance` and `SaleEscrow` add up to: sales, who takes part, and whose money lies where.

A cancelled nonce changes no sale; it stays in `events` alone.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.chain.text import readable
from muniment.db.rows import Rows
from muniment.db.schema import (
    sale_credits,
    sale_deposits,
    sale_parties,
    sale_payoffs,
    sale_rates,
    sales,
    title_interests,
    title_liens,
)
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH
from muniment.identity.typed import struct_hash, struct_json
from muniment.land.encumbrances import revision_of
from muniment.land.sales.model import CONTRACT, ESCROW, Role, SaleStatus, closing_of, is_nobody


def sale_listed(event: Event, rows: Rows) -> None:
    """A title is for sale."""
    given, listing = event.arguments, struct_json("Listing", event.arguments["listing"])
    rows.insert(
        sales,
        {
            "sale": given["sale"],
            "title": given["title"],
            "status": int(SaleStatus.LISTED),
            "deadline": listing["until"],
            "listing": json.dumps(listing),
            **dict.fromkeys(("offer", "terms", "finance", "bill", "lodgement", "notice_until", "officer", "released")),
            **dict.fromkeys(("offer_hash", "terms_hash", "closing"), ZERO_HASH),
            "currency": listing["currency"],
            "price": int(listing["price"]),
            "token": ZERO_ADDRESS,
            "open": 0,
            "listed_at": event.time,
            "changed_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )
    _take_part(event, rows, Role.SELLER, listing["sellers"])
    _take_part(event, rows, Role.AGENT, [listing["agent"]])
    _take_part(event, rows, Role.SELLERS_BANK, [listing["sellersBank"]])


def offer_accepted(event: Event, rows: Rows) -> None:
    """Sellers and buyers agree on a price."""
    offer = struct_json("Offer", event.arguments["offer"])
    changed = {
        "status": int(SaleStatus.OFFER_ACCEPTED),
        "deadline": offer["until"],
        "offer": json.dumps(offer),
        "offer_hash": struct_hash("Offer", offer),
        "currency": offer["currency"],
        "price": int(offer["price"]),
    }
    _change(event, rows, changed)
    _take_part(event, rows, Role.BUYER, [share["holder"] for share in offer["shares"]])
    _take_part(event, rows, Role.BUYERS_BANK, [offer["buyersBank"]])


def contract_signed(event: Event, rows: Rows) -> None:
    """Both sides are bound."""
    terms = struct_json("SaleContract", event.arguments["terms"])
    changed = {
        "status": int(SaleStatus.CONTRACT_SIGNED),
        "deadline": terms["lodgeBy"],
        "terms": json.dumps(terms),
        "terms_hash": struct_hash("SaleContract", terms),
        "closing": _burdens(rows, event.arguments["title"]),
    }
    _change(event, rows, changed)


def sale_lodged(event: Event, rows: Rows) -> None:
    """The title is kept for this sale."""
    given, row = event.arguments, _row(event, rows)
    changed = {
        "status": int(SaleStatus.PENDING_TITLE),
        "deadline": json.loads(row["terms"])["financeBy"],
        "lodgement": given["lodgement"],
        "notice_until": given["until"],
        "officer": given["officer"],
    }
    _change(event, rows, changed)


def sale_financed(event: Event, rows: Rows) -> None:
    """The money is there."""
    finance, row = struct_json("Finance", event.arguments["finance"]), _row(event, rows)
    changed = {
        "status": int(SaleStatus.FINANCED),
        "deadline": json.loads(row["terms"])["completeBy"],
        "finance": json.dumps(finance),
        "closing": struct_hash("Finance", finance),
    }
    _change(event, rows, changed)


def bill_of_sale_signed(event: Event, rows: Rows) -> None:
    """The title is handed over as soon as the rest is done; the deadline stays."""
    bill, row = struct_json("BillOfSale", event.arguments["bill"]), _row(event, rows)
    changed = {
        "status": int(SaleStatus.BILL_OF_SALE_SIGNED),
        "bill": json.dumps(bill),
        "closing": closing_of(row["closing"], struct_hash("BillOfSale", bill)),
    }
    _change(event, rows, changed)


def duty_paid(event: Event, rows: Rows) -> None:
    """Duty was paid: a step of its own, unless the settlement under way pays it out of escrow."""
    if event.arguments["officer"] != ZERO_ADDRESS:
        _change(event, rows, {"status": int(SaleStatus.DUTY_PAID)})


def lien_paid_off(event: Event, rows: Rows) -> None:
    """A lien's holder gets its money at the settlement."""
    given = event.arguments
    rows.put(
        sale_payoffs,
        {
            "sale": given["sale"],
            "lien": given["lien"],
            "holder": given["holder"],
            "currency": given["currency"],
            "amount": given["amount"],
            "payout": given["payout"],
            "tx_hash": event.tx_hash,
        },
    )


def sale_registered(event: Event, rows: Rows) -> None:
    """The title is the buyers'."""
    _change(event, rows, {"status": int(SaleStatus.REGISTERED)})


def sale_cancelled(event: Event, rows: Rows) -> None:
    """The parties ended it."""
    _change(event, rows, {"status": int(SaleStatus.CANCELLED)})


def sale_expired(event: Event, rows: Rows) -> None:
    """Its time was over."""
    _change(event, rows, {"status": int(SaleStatus.EXPIRED)})


# ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────


def rates_set(event: Event, rows: Rows) -> None:
    """A register says what it takes."""
    given = event.arguments
    rates = given["rates"]
    rows.put(
        sale_rates,
        {
            "jurisdiction": readable(bytes.fromhex(given["jurisdiction"][2:]).rstrip(b"\0")),
            "currency": given["currency"],
            "accepted": int(rates["accepted"]),
            "person": rates["person"],
            "organisation": rates["organisation"],
            "payee": rates["payee"],
            "fee": rates["fee"],
            "set_at": event.time,
        },
    )


def deposited(event: Event, rows: Rows) -> None:
    """A payer paid into a sale."""
    given, row = event.arguments, _row(event, rows)
    _change(event, rows, {"token": given["token"], "open": row["open"] + given["amount"]})
    key = {"sale": given["sale"], "payer": given["payer"]}
    before = rows.get(sale_deposits, key) or {"paid": 0, "refunded": 0}
    paid = {"token": given["token"], "paid": before["paid"] + given["amount"], "refunded": before["refunded"]}
    rows.put(sale_deposits, {**key, **paid, "tx_hash": event.tx_hash})


def released(event: Event, rows: Rows) -> None:
    """All that a sale had open goes to its payees' credit, and to the sale that it feeds."""
    given, token = event.arguments, event.arguments["token"]
    given_out = [{"payee": one["payee"], "amount": str(one["amount"])} for one in given["credits"] if one["amount"]]
    _change(event, rows, {"token": ZERO_ADDRESS, "open": 0, "released": json.dumps(given_out)})
    for one in given_out:
        _credit(rows, token, one["payee"], int(one["amount"]))
    if given["fed"]:
        fed = rows.get(sales, {"sale": given["feeds"]})
        # A sale that nobody listed can hold money in the contract's books alone: settlement does not come to that.
        if fed is not None:
            rows.update(sales, {"sale": given["feeds"]}, {"token": token, "open": fed["open"] + given["fed"]})


def refunded(event: Event, rows: Rows) -> None:
    """A payer's money of a sale that came to nothing is to its credit."""
    given, row = event.arguments, _row(event, rows)
    _change(event, rows, {"open": row["open"] - given["amount"]})
    key = {"sale": given["sale"], "payer": given["payer"]}
    held = rows.get(sale_deposits, key) or {"refunded": 0}
    rows.update(sale_deposits, key, {"refunded": held["refunded"] + given["amount"], "tx_hash": event.tx_hash})
    _credit(rows, given["token"], given["payer"], given["amount"])


def withdrawn(event: Event, rows: Rows) -> None:
    """A payee has its money."""
    given = event.arguments
    _credit(rows, given["token"], given["payee"], -given["amount"])


def _burdens(rows: Rows, title: str) -> str:
    """All that weighs on a title in one hash: until the financing the contract keeps it in that place."""
    liens = [row for row in rows.find(title_liens, title=title) if row["rank"] is not None]
    interests = [row for row in rows.find(title_interests, title=title) if row["place"] is not None]
    return revision_of(
        [row["lien"] for row in sorted(liens, key=lambda row: int(row["rank"]))],
        [row["interest"] for row in sorted(interests, key=lambda row: int(row["place"]))],
    )


def _row(event: Event, rows: Rows) -> Mapping[str, Any]:
    row = rows.get(sales, {"sale": event.arguments["sale"]})
    return {} if row is None else row


def _change(event: Event, rows: Rows, changed: Mapping[str, Any]) -> None:
    told = {"changed_at": event.time, "tx_hash": event.tx_hash}
    rows.update(sales, {"sale": event.arguments["sale"]}, {**changed, **told})


def _take_part(event: Event, rows: Rows, role: Role, parties: Iterable[str]) -> None:
    for place, party in enumerate(parties):
        if not is_nobody(party):
            key = {"sale": event.arguments["sale"], "role": role.value, "place": place}
            rows.insert(sale_parties, {**key, "party": party})


def _credit(rows: Rows, token: str, payee: str, amount: int) -> None:
    key = {"token": token, "payee": payee}
    held = rows.get(sale_credits, key) or {"amount": 0}
    rows.put(sale_credits, {**key, "amount": held["amount"] + amount})


HANDLERS: dict[tuple[str, str], Handler] = {
    (CONTRACT, "SaleListed"): sale_listed,
    (CONTRACT, "OfferAccepted"): offer_accepted,
    (CONTRACT, "ContractSigned"): contract_signed,
    (CONTRACT, "SaleLodged"): sale_lodged,
    (CONTRACT, "SaleFinanced"): sale_financed,
    (CONTRACT, "BillOfSaleSigned"): bill_of_sale_signed,
    (CONTRACT, "DutyPaid"): duty_paid,
    (CONTRACT, "LienPaidOff"): lien_paid_off,
    (CONTRACT, "SaleRegistered"): sale_registered,
    (CONTRACT, "SaleCancelled"): sale_cancelled,
    (CONTRACT, "SaleExpired"): sale_expired,
    (ESCROW, "RatesSet"): rates_set,
    (ESCROW, "Deposited"): deposited,
    (ESCROW, "Released"): released,
    (ESCROW, "Refunded"): refunded,
    (ESCROW, "Withdrawn"): withdrawn,
}
