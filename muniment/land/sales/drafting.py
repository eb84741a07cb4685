"""Draft a paper: fill in what the service knows, and refuse what the contract would refuse, before anybody signs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from muniment.db.schema import sales
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak_words
from muniment.identity.typed import struct_hash, struct_json
from muniment.land.sales.case import (
    BANK,
    ESTATE_AGENT,
    Case,
    case_of,
    charges_on,
    check_licence,
    holders_of,
    is_organisation,
    rates_of,
    require_version,
    wallet_or_none,
)
from muniment.land.sales.model import (
    EARLIEST,
    FROM,
    LIFETIME,
    MAX_LIENS,
    MOST_PAYERS,
    NO_LIEN,
    NOTICE_LIMIT,
    STRUCT,
    PaperKind,
    Role,
    SaleStatus,
    check_shares,
    currency_word,
    duty_of,
    is_nobody,
    is_nowhere,
    sale_id,
    token_of,
)
from muniment.land.standing import standing_title

Signers = list[tuple[Role, str]]


@dataclass(frozen=True)
class Draft:
    """A sound paper: who must sign it in the contract's order, and until when that is any use."""

    kind: PaperKind
    sale: str
    title: str
    document: Mapping[str, Any]
    hash: str
    deadline: int
    signers: Sequence[tuple[Role, str]]


def draft(connection: Connection, kind: PaperKind, sale: str | None, wanted: Mapping[str, Any], now: int) -> Draft:
    """A paper out of what somebody wants. Raises Refused."""
    if kind is PaperKind.LISTING or sale is None:
        return _listing(connection, wanted, now)
    case = case_of(connection, sale)
    check_step(case, kind, now)
    document, deadline, signers = _DRAFTERS[kind](connection, case, wanted, now)
    if kind in STRUCT:
        document = struct_json(STRUCT[kind], document)
    end = min(deadline, now + LIFETIME)
    return Draft(kind, case.sale, case.title, document, paper_hash(kind, case.sale, document), end, signers)


def paper_hash(kind: PaperKind, sale: str, document: Mapping[str, Any]) -> str:
    """What tells one paper from another: hashStruct where it is a struct."""
    if kind in STRUCT:
        return struct_hash(STRUCT[kind], document)
    if kind is PaperKind.CANCELLATION:
        return str(document["documentHash"])
    amount = int(document["amount"]).to_bytes(32, "big")
    return keccak_words(sale, document["lien"], amount, bytes(12) + bytes.fromhex(document["payout"][2:]))


def check_step(case: Case, kind: PaperKind, now: int) -> None:
    """Raise Refused when it is too early or too late to sign such a paper."""
    latest = FROM.get(kind, SaleStatus.DUTY_PAID)
    if not case.status.under_way or not EARLIEST.get(kind, SaleStatus.LISTED) <= case.status <= latest:
        raise Refused("WrongStep", sale=case.sale, present=int(case.status))
    if case.deadline < now:
        raise Refused("SaleOverdue", sale=case.sale, deadline=case.deadline)


def sellers_of(case: Case) -> Signers:
    """The sellers in their order."""
    return [(Role.SELLER, party) for party in case.listing["sellers"]]


def buyers_of(case: Case, offer: Mapping[str, Any] | None = None) -> Signers:
    """The buyers in their order."""
    return [(Role.BUYER, share["holder"]) for share in (offer or case.offer_or_refused())["shares"]]


# ── Agreement ───────────────────────────────────────────────────────────────────────────────────────────────────


def _listing(connection: Connection, wanted: Mapping[str, Any], now: int) -> Draft:
    row = standing_title(connection, wanted["title"])
    sellers = [share.holder for share in holders_of(connection, row.title)]
    agent, bank = wanted.get("agent") or ZERO_HASH, wanted.get("sellersBank") or ZERO_HASH
    document = struct_json(
        "Listing",
        {
            **{name: wanted[name] for name in ("title", "price", "documentHash", "until")},
            "version": row.version,
            "sellers": sellers,
            "sellersBank": bank,
            "agent": agent,
            "currency": currency_word(wanted["currency"]),
        },
    )
    paper = struct_hash("Listing", document)
    sale = sale_id(paper)
    known = connection.execute(select(sales.c.sale).where(sales.c.sale == sale)).first()
    if known is not None:
        raise Refused("SaleExists", sale=sale)
    _check_time(sale, document["until"], now)
    _check_document(sale, document["documentHash"])
    rates_of(connection, row.jurisdiction, document["currency"])
    if not is_nobody(agent):
        check_licence(connection, agent, ESTATE_AGENT, now)
    if not is_nobody(bank):
        check_licence(connection, bank, BANK, now)
    signers: Signers = [(Role.SELLER, party) for party in sellers]
    if not is_nobody(agent):
        signers.append((Role.AGENT, agent))
    end = min(document["until"], now + LIFETIME)
    return Draft(PaperKind.LISTING, sale, row.title, document, paper, end, signers)


def _offer(
    connection: Connection, case: Case, wanted: Mapping[str, Any], now: int
) -> tuple[Mapping[str, Any], int, Signers]:
    shares = sorted(
        ({"holder": one["holder"], "numerator": int(one["numerator"])} for one in wanted["shares"]),
        key=lambda share: str(share["holder"]),
    )
    denominator = int(wanted.get("denominator") or sum(int(share["numerator"]) for share in shares))
    check_shares(case.title, denominator, shares)
    currency = currency_word(wanted["currency"]) if wanted.get("currency") else str(case.listing["currency"])
    payers = _payers(connection, currency, shares) if wanted.get("payers") is None else list(wanted["payers"])
    if len(payers) > MOST_PAYERS:
        raise Refused("PayersRefused", most=MOST_PAYERS)
    bank = wanted.get("buyersBank") or ZERO_HASH
    document = {
        "denominator": denominator,
        "shares": shares,
        "buyersBank": bank,
        "currency": currency,
        "price": wanted["price"],
        "payers": payers,
        "documentHash": wanted["documentHash"],
        "until": wanted["until"],
    }
    _check_time(case.sale, wanted["until"], now)
    _check_document(case.sale, wanted["documentHash"])
    if int(wanted["price"]) == 0:
        raise Refused("PriceMissing", sale=case.sale)
    rates_of(connection, require_version(connection, case.listing).jurisdiction, currency)
    if token_of(currency) is None and is_nobody(bank):
        raise Refused("BankMissing", sale=case.sale)
    if not is_nobody(bank):
        check_licence(connection, bank, BANK, now)
    return document, min(case.deadline, wanted["until"]), sellers_of(case) + buyers_of(case, document)


def _payers(connection: Connection, currency: str, shares: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who pays where the buyers did not say: they themselves, since else nobody could."""
    if token_of(currency) is None:
        return []
    found = [wallet_or_none(connection, str(share["holder"])) for share in shares]
    return [wallet for wallet in found if wallet is not None][:MOST_PAYERS]


def _contract(
    connection: Connection, case: Case, wanted: Mapping[str, Any], now: int
) -> tuple[Mapping[str, Any], int, Signers]:
    offer, sale = case.offer_or_refused(), case.sale
    _check_document(sale, wanted["documentHash"])
    lodge_by, finance_by, complete_by = (wanted[name] for name in ("lodgeBy", "financeBy", "completeBy"))
    if not now <= lodge_by <= finance_by <= complete_by:
        raise Refused("DeadlinesRefused", sale=sale)
    if complete_by > lodge_by + NOTICE_LIMIT:
        raise Refused("NoticeRefused", title=case.title, sale=sale, until=complete_by)
    title = require_version(connection, case.listing)
    agent, bank = case.listing["agent"], case.listing["sellersBank"]
    agent_fee = int(wanted.get("agentFee") or 0)
    if agent_fee and is_nobody(agent):
        raise Refused("AgentMissing", sale=sale)
    rates = rates_of(connection, title.jurisdiction, offer["currency"])
    buyers = [(int(share["numerator"]), is_organisation(connection, share["holder"])) for share in offer["shares"]]
    document = {
        "liens": _fates(connection, case, wanted.get("liens") or ()),
        "payouts": _payouts(connection, case, wanted.get("payouts")),
        "agentFee": agent_fee,
        "agentPayout": _agent_payout(connection, case, agent_fee, wanted.get("agentPayout")),
        "duty": duty_of(rates, int(offer["price"]), int(offer["denominator"]), buyers),
        "feeds": wanted.get("feeds") or ZERO_HASH,
        "feedAmount": int(wanted.get("feedAmount") or 0),
        "fed": int(wanted.get("fed") or 0),
        "documentHash": wanted["documentHash"],
        "lodgeBy": lodge_by,
        "financeBy": finance_by,
        "completeBy": complete_by,
    }
    _check_feed(case, offer, document)
    claims = agent_fee + document["feedAmount"] + sum(int(fate["payoff"]) for fate in document["liens"])
    if claims > int(offer["price"]):
        raise Refused("ClaimsExceedPrice", sale=sale, claims=claims, price=int(offer["price"]))
    signers = sellers_of(case) + buyers_of(case)
    if not is_nobody(agent):
        check_licence(connection, agent, ESTATE_AGENT, now)
        signers.append((Role.AGENT, agent))
    if not is_nobody(bank):
        check_licence(connection, bank, BANK, now)
        signers.append((Role.SELLERS_BANK, bank))
    return document, min(case.deadline, lodge_by), signers


def _fates(connection: Connection, case: Case, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every lien on the title in the order of its rank; one that nobody named stays."""
    asked = {fate["lien"]: int(fate["payoff"]) for fate in wanted}
    charges = charges_on(connection, case.title)
    present = [charge.lien for charge in charges]
    if len(asked) != len(wanted) or not asked.keys() <= set(present):
        raise Refused("LiensChanged", sale=case.sale, present=present)
    untold = next((charge.lien for charge in charges if asked.get(charge.lien) and charge.terms is None), None)
    if untold is not None:
        raise Refused("LienTermsUnknown", lien=untold)
    return [{"lien": lien, "payoff": asked.get(lien, 0)} for lien in present]


def _payouts(connection: Connection, case: Case, wanted: Sequence[str] | None) -> list[str]:
    """Where each seller's money goes: to its wallet unless said otherwise."""
    sellers = case.listing["sellers"]
    if case.token is None:
        if wanted:
            raise Refused("PayoutRefused", sale=case.sale, payout=wanted[0])
        return []
    payouts = list(wanted) if wanted else [wallet_or_none(connection, party) or ZERO_ADDRESS for party in sellers]
    if len(payouts) != len(sellers):
        raise Refused("PayoutRefused", sale=case.sale, payout=ZERO_ADDRESS)
    for seller, payout in zip(sellers, payouts, strict=True):
        known = wallet_or_none(connection, seller) is not None or is_organisation(connection, seller)
        if not known and is_nobody(case.listing["sellersBank"]):
            raise Refused("SellerUnbanked", sale=case.sale, seller=seller)
        _check_payout(case, payout)
    return payouts


def _agent_payout(connection: Connection, case: Case, fee: int, wanted: str | None) -> str:
    if case.token is None:
        if wanted is not None and not is_nowhere(wanted):
            raise Refused("PayoutRefused", sale=case.sale, payout=wanted)
        return ZERO_ADDRESS
    if not fee and wanted is None:
        return ZERO_ADDRESS
    payout = wanted or wallet_or_none(connection, case.listing["agent"]) or ZERO_ADDRESS
    if fee or not is_nowhere(payout):
        _check_payout(case, payout)
    return payout


def _check_payout(case: Case, payout: str) -> None:
    if is_nowhere(payout) or payout == case.token:
        raise Refused("PayoutRefused", sale=case.sale, payout=payout)


def _check_feed(case: Case, offer: Mapping[str, Any], terms: Mapping[str, Any]) -> None:
    feeds, amount, fed = terms["feeds"], terms["feedAmount"], terms["fed"]
    untold = case.token is None and (not is_nobody(feeds) or fed)
    too_much = fed > int(offer["price"]) + terms["duty"]
    if is_nobody(feeds) != (amount == 0) or feeds == case.sale or untold or too_much:
        raise Refused("FeedRefused", sale=case.sale, feeds=feeds)


# ── Money, handing over, exits ──────────────────────────────────────────────────────────────────────────────────


def _finance(
    connection: Connection, case: Case, wanted: Mapping[str, Any], now: int
) -> tuple[Mapping[str, Any], int, Signers]:
    offer, terms = case.offer_or_refused(), case.terms_or_refused()
    bank, asked = offer["buyersBank"], wanted.get("mortgage")
    if is_nobody(bank) and (asked or case.token is None):
        raise Refused("BankMissing", sale=case.sale)
    # Without a bank nobody signs, and the chain takes an empty paper alone.
    document_hash = ZERO_HASH if is_nobody(bank) else wanted.get("documentHash") or ZERO_HASH
    if asked or case.token is None:
        _check_document(case.sale, document_hash)
    mortgage, rank = NO_LIEN, 0
    if asked:
        kept = [fate for fate in terms["liens"] if int(fate["payoff"]) == 0]
        own = len(kept) + 1
        rank = own if wanted.get("rank") is None else int(wanted["rank"])
        currency = currency_word(asked["currency"]) if asked.get("currency") else offer["currency"]
        mortgage = {
            "kind": 1, "creditor": bank, "amount": asked["amount"], "currency": currency, "deedHash": asked["deedHash"],
        }  # fmt: skip
        if int(asked["amount"]) == 0 or asked["deedHash"] == ZERO_HASH or rank not in (0, own) or own > MAX_LIENS:
            raise Refused("MortgageRefused", sale=case.sale)
    document = {
        "mortgage": mortgage,
        "rank": rank,
        "reserved": 0 if case.token else int(offer["price"]),
        "documentHash": document_hash,
    }
    signers: Signers = []
    if not is_nobody(bank):
        check_licence(connection, bank, BANK, now)
        signers.append((Role.BUYERS_BANK, bank))
    if asked:
        signers += buyers_of(case)
    return document, int(terms["financeBy"]), signers


def _bill(
    _connection: Connection, case: Case, wanted: Mapping[str, Any], _now: int
) -> tuple[Mapping[str, Any], int, Signers]:
    _check_document(case.sale, wanted["documentHash"])
    if wanted["legalDate"]:
        try:
            datetime.strptime(str(wanted["legalDate"]).zfill(8), "%Y%m%d")  # noqa: DTZ007 -- a date
        except ValueError:
            raise Refused("DateUnreadable", date=wanted["legalDate"]) from None
    document = {"documentHash": wanted["documentHash"], "legalDate": wanted["legalDate"]}
    return document, int(case.terms_or_refused()["completeBy"]), sellers_of(case) + buyers_of(case)


def _payoff(
    connection: Connection, case: Case, wanted: Mapping[str, Any], _now: int
) -> tuple[Mapping[str, Any], int, Signers]:
    terms, lien, amount = case.terms_or_refused(), wanted["lien"], int(wanted["amount"])
    most = next((int(fate["payoff"]) for fate in terms["liens"] if fate["lien"] == lien), 0)
    if not most or amount > most:
        raise Refused("PayoffRefused", sale=case.sale, lien=lien, amount=amount)
    charge = next((charge for charge in charges_on(connection, case.title) if charge.lien == lien), None)
    if charge is None:
        raise Refused("LiensChanged", sale=case.sale, present=[])
    if charge.terms is None or charge.holder is None:
        raise Refused("LienTermsUnknown", lien=lien)
    payout = ZERO_ADDRESS
    if case.token is None:
        if wanted.get("payout") and not is_nowhere(wanted["payout"]):
            raise Refused("PayoutRefused", sale=case.sale, payout=wanted["payout"])
    else:
        payout = wanted.get("payout") or wallet_or_none(connection, charge.holder) or ZERO_ADDRESS
        _check_payout(case, payout)
    document = {
        "lien": lien,
        "terms": charge.terms,
        "amount": str(amount),
        "currency": case.currency,
        "payout": payout,
    }
    return document, int(terms["completeBy"]), [(Role.LIEN_HOLDER, charge.holder)]


def _cancellation(
    _connection: Connection, case: Case, wanted: Mapping[str, Any], _now: int
) -> tuple[Mapping[str, Any], int, Signers]:
    _check_document(case.sale, wanted["documentHash"])
    both = case.status is not SaleStatus.LISTED
    document = {"documentHash": wanted["documentHash"], "offer": both}
    return document, _now + LIFETIME, sellers_of(case) + (buyers_of(case) if both else [])


_Drafter = Callable[[Connection, Case, Mapping[str, Any], int], tuple[Mapping[str, Any], int, Signers]]
_DRAFTERS: Mapping[PaperKind, _Drafter] = {
    PaperKind.OFFER: _offer,
    PaperKind.CONTRACT: _contract,
    PaperKind.FINANCE: _finance,
    PaperKind.BILL: _bill,
    PaperKind.PAYOFF: _payoff,
    PaperKind.CANCELLATION: _cancellation,
}


def _check_time(sale: str, deadline: int, now: int) -> None:
    if deadline < now:
        raise Refused("SaleOverdue", sale=sale, deadline=deadline)


def _check_document(sale: str, document_hash: str) -> None:
    if document_hash == ZERO_HASH:
        raise Refused("DocumentMissing", sale=sale)
