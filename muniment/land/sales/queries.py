"""Answers about sales: how each stands, who must do what by when, where its money lies, and what happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, distinct, func, or_, select

from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.db.answers import AsOf, Finality, HistoryLine, Page, as_of, finality_of, history, page_bounds
from muniment.db.schema import (
    events,
    intents,
    sale_credits,
    sale_deposits,
    sale_parties,
    sale_payoffs,
    sale_rates,
    sales,
    titles,
    transactions,
)
from muniment.errors import Refused
from muniment.land.sales.case import (
    Case,
    case_from,
    case_of,
    charges_on,
    is_organisation,
    rates_from,
    rates_of,
)
from muniment.land.sales.model import (
    CONTRACT,
    ESCROW,
    PaperKind,
    Rates,
    SaleStatus,
    check_shares,
    currency_text,
    currency_word,
    duty_of,
    token_of,
)
from muniment.land.sales.papers import Paper, papers_of
from muniment.land.sales.steps import Done, Step, next_sentence, signature_count, step_of, steps_of

MOST_LINES = 200  # credits of a payee, rates of a register
_APPROVE = {
    "type": "function",
    "name": "approve",
    "inputs": [{"name": "spender", "type": "address"}, {"name": "value", "type": "uint256"}],
}


@dataclass(frozen=True)
class SaleLine:
    """A sale in a list; `price` is the one asked until an offer is accepted. `overdue`: its step's time is over."""

    sale: str
    title: str
    jurisdiction: str | None
    ref: str | None
    status: SaleStatus
    deadline: int
    overdue: bool
    price: int
    currency: str
    currency_text: str
    sellers: tuple[str, ...]
    buyers: tuple[str, ...]
    listed_at: int
    block_number: int
    finality: Finality


@dataclass(frozen=True)
class Sales:
    """One page of sales, the newest first."""

    page: Page
    lines: tuple[SaleLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class PartyLine:
    """Who takes part, and as what."""

    role: str
    party: str
    place: int


@dataclass(frozen=True)
class DepositLine:
    """What a payer paid in and was given back; `refund`: none (nothing to give back), due, queued or done."""

    payer: str
    paid: int
    refunded: int
    refund: str


@dataclass(frozen=True)
class ReleaseLine:
    """What a payee had credited when the sale was settled."""

    payee: str
    amount: int


@dataclass(frozen=True)
class Money:
    """The money of a sale. `mode`: escrow, bank; None before an offer. `due`: what payers pay in altogether."""

    mode: str | None
    currency: str
    currency_text: str
    token: str | None
    price: int
    duty: int | None
    fed: int | None
    due: int | None
    open: int
    deposits: tuple[DepositLine, ...]
    releases: tuple[ReleaseLine, ...]


@dataclass(frozen=True)
class PayoffLine:
    """A lien that is paid off; `state`: missing, gathering, signed or paid. `most` is what the contract allows."""

    lien: str
    most: int
    holder: str | None
    paper: str | None
    amount: int | None
    payout: str | None
    state: str
    tx_hash: str | None


@dataclass(frozen=True)
class PaperLine:
    """A paper of the sale that somebody has signed."""

    paper: str
    kind: PaperKind
    state: str
    missing: int


@dataclass(frozen=True)
class Ended:
    """How a sale ended: registered, cancelled or expired."""

    how: str
    at: int
    tx_hash: str
    document_hash: str | None


@dataclass(frozen=True)
class Counts:
    """What a sale took so far; `gas` where the service knows it, `gas_unknown` counts transactions where not."""

    signatures: int
    transactions: int
    gas: int
    gas_unknown: int


@dataclass(frozen=True)
class SaleAnswer:
    """Everything public about a sale; times are Unix seconds."""

    sale: str
    title: str
    jurisdiction: str | None
    ref: str | None
    status: SaleStatus
    deadline: int
    overdue: bool
    documents: Mapping[str, Mapping[str, Any] | None]
    parties: tuple[PartyLine, ...]
    lodgement: int | None
    notice_until: int | None
    officer: str | None
    money: Money
    payoffs: tuple[PayoffLine, ...]
    steps: tuple[Step, ...]
    end: Ended | None
    next: str | None
    counts: Counts
    papers: tuple[PaperLine, ...]
    listed_at: int
    changed_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    history: tuple[HistoryLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class PayerCall:
    """A transaction that a payer sends: to whom, with which data; no ether goes with it."""

    what: str
    to: str
    data: str
    value: str = "0"


@dataclass(frozen=True)
class Deposit:
    """What a payer has to send to pay into escrow; `by` is the last second."""

    payer: str
    token: str
    amount: int
    due: int
    open: int
    by: int
    transactions: tuple[PayerCall, ...]


@dataclass(frozen=True)
class CreditLine:
    """What a payee may fetch."""

    token: str
    payee: str
    amount: int
    finality: Finality


@dataclass(frozen=True)
class RatesLine:
    """What a register takes of prices in a currency; duty in millionths of the price."""

    currency: str
    currency_text: str
    token: str | None
    accepted: bool
    person: int
    organisation: int
    payee: str
    fee: int


def sale(connection: Connection, sale: str, now: int) -> SaleAnswer | None:
    """A sale by its id; None when there is none."""
    query = (
        select(sales, titles.c.jurisdiction, titles.c.ref)
        .join(titles, titles.c.title == sales.c.title, isouter=True)
        .where(sales.c.sale == sale.lower())
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    known, case = as_of(connection), case_from(row)
    overdue = _overdue(row, now)
    told = _events(connection, case.sale)
    done = {step: Done(each.time, each.tx_hash) for each in told if (step := step_of(each.name)) is not None}
    if case.token is not None:
        done.pop("confirm_duty", None)
    gas = _gas(connection, {each.tx_hash for each in told})
    papers = papers_of(connection, case.sale, now)
    payoffs = _payoffs(connection, case, papers)
    steps = steps_of(case, done, gas, papers, overdue)
    return SaleAnswer(
        sale=case.sale,
        title=case.title,
        jurisdiction=row.jurisdiction,
        ref=row.ref,
        status=case.status,
        deadline=case.deadline,
        overdue=overdue,
        documents={
            "listing": case.listing,
            "offer": case.offer,
            "contract": case.terms,
            "finance": case.finance,
            "bill": case.bill,
        },
        parties=_parties(connection, case.sale),
        lodgement=row.lodgement,
        notice_until=row.notice_until,
        officer=row.officer,
        money=_money(connection, case, row),
        payoffs=payoffs,
        steps=steps,
        end=_end(case, told),
        next=next_sentence(case, steps, overdue),
        counts=_counts(connection, case, told, done, payoffs, gas),
        papers=tuple(PaperLine(paper.paper, paper.kind, paper.state, paper.missing) for paper in papers),
        listed_at=row.listed_at,
        changed_at=row.changed_at,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        finality=finality_of(known, row.block_number),
        history=tuple(history(connection, case.sale, known)),
        as_of=known,
    )


def search(
    connection: Connection,
    now: int,
    title: str | None = None,
    party: str | None = None,
    status: SaleStatus | None = None,
    page: int = 1,
    size: int = 25,
) -> Sales:
    """Sales of a title, or in which a party takes part, or at a step; the newest first."""
    number, size = page_bounds(page, size)
    wanted: list[ColumnElement[bool]] = []
    if title is not None:
        wanted.append(sales.c.title == title.lower())
    if party is not None:
        theirs = select(sale_parties.c.sale).where(sale_parties.c.party == party.lower())
        wanted.append(sales.c.sale.in_(theirs))
    if status is not None:
        wanted.append(sales.c.status == int(status))
    total = connection.execute(select(func.count()).select_from(sales).where(*wanted)).scalar_one()
    query = (
        select(sales, titles.c.jurisdiction, titles.c.ref)
        .join(titles, titles.c.title == sales.c.title, isouter=True)
        .where(*wanted)
        .order_by(sales.c.listed_at.desc(), sales.c.sale)
        .limit(size)
        .offset((number - 1) * size)
    )
    known = as_of(connection)
    lines = tuple(_line(row, now, known) for row in connection.execute(query))
    return Sales(Page(number, size, total), lines, known)


def deposit(connection: Connection, deployment: Deployment, sale: str, payer: str, amount: int | None) -> Deposit:
    """What a payer sends to pay into a sale: all that is due unless an amount is named. Raises Refused."""
    case = case_of(connection, sale)
    if case.status is not SaleStatus.PENDING_TITLE:
        raise Refused("WrongStep", sale=case.sale, present=int(case.status))
    if case.token is None or case.due is None:
        raise Refused("WrongMoney", sale=case.sale, currency=case.currency)
    payer = payer.lower()
    if payer not in case.offer_or_refused()["payers"]:
        raise Refused("PayerRefused", sale=case.sale, payer=payer)
    missing = case.due - case.open
    amount = missing if amount is None else amount
    if not missing or not amount:
        raise Refused("NothingDue", who=payer)
    if amount > missing:
        raise Refused("DepositExceedsDue", sale=case.sale, total=case.open + amount, due=case.due)
    if CONTRACT not in deployment.contracts or ESCROW not in deployment.contracts:
        raise Refused("ContractMissing", contract=CONTRACT, network=deployment.network)
    conveyance = deployment.contracts[CONTRACT]
    approve = encode_call([_APPROVE], "approve", (deployment.contracts[ESCROW].address, amount))
    paid = encode_call(conveyance.abi, "deposit", (case.listing, case.offer, case.terms, amount))
    calls = (PayerCall("approve", case.token, approve), PayerCall("deposit", conveyance.address, paid))
    return Deposit(payer, case.token, amount, case.due, case.open, case.deadline, calls)


def credits_of(connection: Connection, payee: str) -> tuple[CreditLine, ...]:
    """What a payee may fetch of each token; at most 200 lines."""
    known = as_of(connection)
    mine = sale_credits.c.payee == payee.lower()
    query = select(sale_credits).where(mine).order_by(sale_credits.c.token).limit(MOST_LINES)
    return tuple(
        CreditLine(row.token, row.payee, row.amount, finality_of(known, row.block_number))
        for row in connection.execute(query)
        if row.amount
    )


def rates(connection: Connection, jurisdiction: str) -> tuple[RatesLine, ...]:
    """What a register takes, by currency."""
    query = select(sale_rates).where(sale_rates.c.jurisdiction == jurisdiction).order_by(sale_rates.c.currency)
    return tuple(_rates(rates_from(row)) for row in connection.execute(query.limit(MOST_LINES)))


def duty(connection: Connection, jurisdiction: str, currency: str, price: int, shares: list[dict[str, Any]]) -> int:
    """Stamp duty and fee on a price, each buyer by its share and kind. Raises Refused."""
    asked = sorted(shares, key=lambda share: str(share["holder"]))
    denominator = sum(int(share["numerator"]) for share in asked)
    check_shares("", denominator, asked)
    buyers = [(int(share["numerator"]), is_organisation(connection, share["holder"])) for share in asked]
    return duty_of(rates_of(connection, jurisdiction, currency_word(currency)), price, denominator, buyers)


def _rates(given: Rates) -> RatesLine:
    currency = given.currency
    text, token = currency_text(currency), token_of(currency)
    return RatesLine(currency, text, token, given.accepted, given.person, given.organisation, given.payee, given.fee)


def _line(row: Row[Any], now: int, known: AsOf | None) -> SaleLine:
    case = case_from(row)
    return SaleLine(
        sale=case.sale,
        title=case.title,
        jurisdiction=row.jurisdiction,
        ref=row.ref,
        status=case.status,
        deadline=case.deadline,
        overdue=_overdue(row, now),
        price=case.price,
        currency=case.currency,
        currency_text=currency_text(case.currency),
        sellers=tuple(case.listing["sellers"]),
        buyers=() if case.offer is None else tuple(share["holder"] for share in case.offer["shares"]),
        listed_at=row.listed_at,
        block_number=row.block_number,
        finality=finality_of(known, row.block_number),
    )


def _overdue(row: Row[Any], now: int) -> bool:
    return SaleStatus(row.status).under_way and bool(row.deadline < now)


def _events(connection: Connection, sale: str) -> list[Row[Any]]:
    """The events of a sale, oldest first."""
    columns = (events.c.name, events.c.time, events.c.tx_hash, events.c.arguments)
    ours = (events.c.subject == sale) & events.c.contract.in_((CONTRACT, ESCROW))
    # Only named payers can add to them at will: the newest thousand hold every step for all that.
    newest = select(*columns).where(ours).order_by(events.c.block_number.desc(), events.c.log_index.desc())
    return list(reversed(connection.execute(newest.limit(1_000)).all()))


def _gas(connection: Connection, hashes: set[str]) -> dict[str, int]:
    """Gas of those transactions that the service sent itself."""
    if not hashes:
        return {}
    query = select(transactions.c.hash, transactions.c.gas_used).where(transactions.c.hash.in_(hashes))
    return {row.hash: row.gas_used for row in connection.execute(query) if row.gas_used is not None}


def _counts(
    connection: Connection,
    case: Case,
    told: list[Row[Any]],
    done: Mapping[str, Done],
    payoffs: tuple[PayoffLine, ...],
    gas: Mapping[str, int],
) -> Counts:
    ours = (events.c.subject == case.sale) & events.c.contract.in_((CONTRACT, ESCROW))
    total = connection.execute(select(func.count(distinct(events.c.tx_hash))).where(ours)).scalar_one()
    cancelled = next((each for each in told if each.name == "SaleCancelled"), None)
    before = None if cancelled is None else SaleStatus(int(json.loads(cancelled.arguments)["before"]))
    paid = len([line for line in payoffs if line.state == "paid"])
    signatures = signature_count(case, list(done), paid, before)
    return Counts(signatures, total, sum(gas.values()), total - len(gas))


def _parties(connection: Connection, sale: str) -> tuple[PartyLine, ...]:
    query = select(sale_parties).where(sale_parties.c.sale == sale).order_by(sale_parties.c.role, sale_parties.c.place)
    return tuple(PartyLine(row.role, row.party, row.place) for row in connection.execute(query))


def _money(connection: Connection, case: Case, row: Row[Any]) -> Money:
    terms = case.terms
    mode = None if case.offer is None else "bank" if case.token is None else "escrow"
    ended = case.status in (SaleStatus.CANCELLED, SaleStatus.EXPIRED)
    query = select(sale_deposits).where(sale_deposits.c.sale == case.sale).order_by(sale_deposits.c.payer)
    return Money(
        mode=mode,
        currency=case.currency,
        currency_text=currency_text(case.currency),
        token=case.token,
        price=case.price,
        duty=None if terms is None else int(terms["duty"]),
        fed=None if terms is None else int(terms["fed"]),
        due=case.due,
        open=case.open,
        deposits=tuple(_deposit(connection, line, ended) for line in connection.execute(query).all()),
        releases=tuple(
            ReleaseLine(credit["payee"], int(credit["amount"])) for credit in json.loads(row.released or "[]")
        ),
    )


def _deposit(connection: Connection, line: Row[Any], ended: bool) -> DepositLine:
    refund = "none"
    if ended:
        key = f"sales.refund:{line.sale}:{line.payer}:{line.paid}"
        mine = or_(intents.c.key == key, intents.c.key.startswith(f"{key}:", autoescape=True))
        tried = select(intents.c.state).where(mine).order_by(intents.c.id.desc()).limit(1)
        asked = connection.execute(tried).scalar_one_or_none()
        refund = "queued" if asked not in (None, "refused", "parked") else "due"
    return DepositLine(line.payer, line.paid, line.refunded, "done" if line.paid == line.refunded else refund)


def _payoffs(connection: Connection, case: Case, papers: tuple[Paper, ...]) -> tuple[PayoffLine, ...]:
    if case.terms is None:
        return ()
    query = select(sale_payoffs).where(sale_payoffs.c.sale == case.sale)
    paid = {row.lien: row for row in connection.execute(query)}
    holders = {charge.lien: charge.holder for charge in charges_on(connection, case.title)}
    lines = []
    for fate in case.terms["liens"]:
        lien, most = fate["lien"], int(fate["payoff"])
        if not most:
            continue
        stated = [paper for paper in papers if paper.kind is PaperKind.PAYOFF and paper.document["lien"] == lien]
        live = [paper for paper in stated if paper.state in ("gathering", "signed", "done")]
        paper = live[-1] if live else None
        if lien in paid:
            row = paid[lien]
            held = (row.holder, None if paper is None else paper.paper, row.amount, row.payout, "paid", row.tx_hash)
        elif paper is not None:
            told = paper.document
            held = (holders.get(lien), paper.paper, int(told["amount"]), told["payout"], paper.state, None)
        else:
            held = (holders.get(lien), None, None, None, "missing", None)
        lines.append(PayoffLine(lien, most, *held))
    return tuple(lines)


def _end(case: Case, told: list[Row[Any]]) -> Ended | None:
    names = {"SaleRegistered": "registered", "SaleCancelled": "cancelled", "SaleExpired": "expired"}
    last = next((each for each in reversed(told) if each.name in names), None)
    if last is None or case.status.under_way:
        return None
    document = json.loads(last.arguments).get("documentHash")
    return Ended(names[last.name], last.time, last.tx_hash, document)
