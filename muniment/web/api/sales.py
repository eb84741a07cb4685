"""Sales of titles: papers that their parties sign, how each sale stands, and its money."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.chain.outbox import Receipt
from muniment.db.answers import history_length
from muniment.errors import Refused
from muniment.identity.signing import fresh
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain, typed_data
from muniment.land.sales import papers, queries, settling, submit
from muniment.land.sales.model import CONTRACT, PaperKind, SaleStatus
from muniment.notify.queue import notices_after
from muniment.web.api import models
from muniment.web.api import sale_models as shapes
from muniment.web.api.acting import relayed, told, too_many, written
from muniment.web.api.common import NOT_FOUND, REFUSED, HexId, not_found
from muniment.web.api.company_models import Sent, ToSign
from muniment.web.api.land import PageNumber, Size
from muniment.web.api.service import intent_answer
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api", tags=["sales"])

PaperId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
AddressPath = Annotated[str, Path(pattern=models.ADDRESS)]
PartyQuery = Annotated[str, Query(pattern=models.ID)]
IdQuery = Annotated[str | None, Query(pattern=models.ID)]
Status = Literal[
    "listed", "offer_accepted", "contract_signed", "pending_title", "financed", "bill_of_sale_signed", "duty_paid",
    "registered", "cancelled", "expired",
]  # fmt: skip
_DRAFTED: dict[str, Any] = {"response_model": shapes.Paper, "status_code": 201, "responses": REFUSED}

# ── Papers ──────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post("/sales/listings", **_DRAFTED)
def draft_listing(site: Here, request: Request, asked: shapes.ListingAsked) -> Any:
    """Draft the listing of a title; sellers and agent sign it."""
    return _drafted(site, request, PaperKind.LISTING, None, asked)


@router.post("/sales/{sale}/offers", **_DRAFTED)
def draft_offer(site: Here, request: Request, sale: HexId, asked: shapes.OfferAsked) -> Any:
    """Draft an offer; sellers and buyers sign it."""
    return _drafted(site, request, PaperKind.OFFER, sale, asked)


@router.post("/sales/{sale}/contracts", **_DRAFTED)
def draft_contract(site: Here, request: Request, sale: HexId, asked: shapes.ContractAsked) -> Any:
    """Draft the contract; sellers, buyers, agent and the sellers' bank sign it."""
    return _drafted(site, request, PaperKind.CONTRACT, sale, asked)


@router.post("/sales/{sale}/finance", **_DRAFTED)
def draft_finance(site: Here, request: Request, sale: HexId, asked: shapes.FinanceAsked) -> Any:
    """Draft the financing; the buyers' bank signs it, and buyers when it lends."""
    return _drafted(site, request, PaperKind.FINANCE, sale, asked)


@router.post("/sales/{sale}/bills", **_DRAFTED)
def draft_bill(site: Here, request: Request, sale: HexId, asked: shapes.BillAsked) -> Any:
    """Draft the bill of sale; sellers and buyers sign it."""
    return _drafted(site, request, PaperKind.BILL, sale, asked)


@router.post("/sales/{sale}/payoffs", **_DRAFTED)
def draft_payoff(site: Here, request: Request, sale: HexId, asked: shapes.PayoffAsked) -> Any:
    """Draft a payoff statement; the lien's holder signs it, and it is kept for the settlement."""
    return _drafted(site, request, PaperKind.PAYOFF, sale, asked)


@router.post("/sales/{sale}/cancellations", **_DRAFTED)
def draft_cancellation(site: Here, request: Request, sale: HexId, asked: shapes.CancellationAsked) -> Any:
    """Draft the end of a sale; sellers sign it, and once an offer was accepted buyers too."""
    return _drafted(site, request, PaperKind.CANCELLATION, sale, asked)


@router.get("/sales/papers/{paper}", response_model=shapes.Paper, responses=NOT_FOUND)
def paper(site: Here, response: Response, paper: PaperId) -> Any:
    """How a paper stands. Whoever knows its id can see who has signed."""
    response.headers["Cache-Control"] = "no-store"
    found = _asked(site, lambda connection: papers.paper_of(connection, paper, site.clock()))
    return shapes.Paper.model_validate(found)


@router.get("/sales/papers/{paper}/typed-data", response_model=shapes.PaperParts, responses=REFUSED)
def paper_data(site: Here, response: Response, paper: PaperId, party: PartyQuery) -> Any:
    """Everything that a party is asked to sign in a paper."""
    response.headers["Cache-Control"] = "no-store"
    parts = _asked(site, lambda connection: papers.to_sign(connection, site.deployment, paper, party))
    return shapes.PaperParts(to_sign=tuple(shapes.PaperPart.model_validate(part) for part in parts))


@router.post("/sales/papers/{paper}/signatures", response_model=shapes.Paper, responses=REFUSED)
def sign_paper(site: Here, request: Request, paper: PaperId, sent: shapes.PaperSignature) -> Any:
    """Take one signature; with the last one the step is queued, at once or when the sale stands there."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def act(connection: Connection, relay: Relay) -> papers.Paper:
        how = (sent.place, sent.power, sent.attorney)
        return papers.sign(connection, relay, paper, sent.party, sent.signature, *how)

    return shapes.Paper.model_validate(relayed(site, act))


@router.post("/sales/papers/{paper}/submit", response_model=shapes.Paper, responses=REFUSED)
def submit_paper(site: Here, request: Request, paper: PaperId) -> Any:
    """Queue a paper that all have signed now, or say why that cannot be."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    now, most = site.clock(), site.settings.relays_per_day
    return shapes.Paper.model_validate(written(site, lambda connection: papers.submit(connection, paper, now, most)))


# ── Settlement and money ────────────────────────────────────────────────────────────────────────────────────────


@router.post("/sales/settle", response_model=models.Intent, status_code=202, responses=REFUSED)
def settle(site: Here, request: Request, asked: shapes.SettlementAsked) -> Any:
    """Queue the registration of 1 to 8 sales, all or none. Anyone may ask for it."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    now, most = site.clock(), site.settings.relays_per_day
    receipt = written(site, lambda connection: settling.settle(connection, asked.sales, now, most))
    return intent_answer(site, receipt.key)


@router.get("/sales/{sale}/deposit", response_model=shapes.Deposit, responses=REFUSED)
def deposit(
    site: Here,
    response: Response,
    sale: HexId,
    payer: Annotated[str, Query(pattern=models.ADDRESS)],
    amount: Annotated[int | None, Query(ge=1, lt=1 << 128)] = None,
) -> Any:
    """What a payer sends from its own wallet to pay into escrow: two transactions, in this order."""
    response.headers["Cache-Control"] = "no-store"
    found = _asked(site, lambda connection: queries.deposit(connection, site.deployment, sale, payer, amount))
    return shapes.Deposit.model_validate(found)


@router.get("/sales/rates/{jurisdiction}", response_model=shapes.Rates)
def rates(site: Here, jurisdiction: Annotated[str, Path(pattern=shapes.JURISDICTION)]) -> Any:
    """What a register takes of prices."""
    with site.reading() as connection:
        found = queries.rates(connection, jurisdiction)
    return shapes.Rates(rates=tuple(shapes.Rate.model_validate(line) for line in found))


@router.post("/sales/duty", response_model=shapes.Duty, responses=REFUSED)
def duty(site: Here, request: Request, asked: shapes.DutyAsked) -> Any:
    """Stamp duty and fee on a price."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    shares = [share.model_dump() for share in asked.shares]

    def reckon(connection: Connection) -> int:
        return queries.duty(connection, asked.jurisdiction, asked.currency, int(asked.price), shares)

    return shapes.Duty(duty=_asked(site, reckon))


@router.get("/sales/credits/{payee}", response_model=shapes.Credits)
def credits_of(site: Here, payee: AddressPath) -> Any:
    """What a payee may fetch from the escrow."""
    with site.reading() as connection:
        found = queries.credits_of(connection, payee)
    return shapes.Credits(credits=tuple(shapes.Credit.model_validate(line) for line in found))


@router.post("/sales/credits/withdrawals", response_model=models.Intent, status_code=202, responses=REFUSED)
def withdraw(site: Here, request: Request, asked: shapes.WithdrawalAsked) -> Any:
    """Queue that a payee is sent all of its credit in a token: to the payee itself, whoever asks."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    now, most = site.clock(), site.settings.relays_per_day
    receipt = written(site, lambda connection: submit.withdraw(connection, asked.token, asked.payee, most, now))
    return intent_answer(site, receipt.key)


@router.post("/sales/nonces/typed-data", response_model=ToSign, responses=REFUSED)
def nonce_data(site: Here, request: Request, response: Response, asked: shapes.NonceAsked) -> Any:
    """What a party signs to make something useless that it signed for a sale."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    response.headers["Cache-Control"] = "no-store"
    end = {**fresh(site.clock()), "nonce": int(asked.nonce)}
    try:
        data = typed_data(Domain.of(site.deployment, CONTRACT), "CancelNonce", {"party": asked.party, **end})
    except Refused as refused:
        raise told(refused) from None
    return ToSign(party=asked.party, typed_data=data, **end)


@router.post("/sales/nonces", response_model=models.Intent, status_code=202, responses=REFUSED)
def cancel_nonce(site: Here, request: Request, sent: shapes.NonceSigned) -> Any:
    """Queue that a nonce is good for nothing any more."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def act(connection: Connection, relay: Relay) -> Receipt:
        return submit.cancel_nonce(connection, relay, sent.party, int(sent.nonce), sent.deadline, sent.signature)

    return intent_answer(site, relayed(site, act).key)


# ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/sales", response_model=shapes.Sales)
def sales(
    site: Here,
    title: IdQuery = None,
    party: IdQuery = None,
    status: Status | None = None,
    page: PageNumber = 1,
    size: Size = 25,
) -> Any:
    """Sales of a title, or in which a party takes part, the newest first."""
    wanted = None if status is None else SaleStatus[status.upper()]
    with site.reading() as connection:
        found = queries.search(connection, site.clock(), title, party, wanted, page, size)
    return shapes.Sales.model_validate(found)


@router.get("/sales/{sale}", response_model=shapes.Sale, responses=NOT_FOUND)
def sale(site: Here, sale: HexId) -> Any:
    """A sale: its steps, papers and money."""
    return shapes.Sale.model_validate(_sale(site, sale))


@router.get("/sales/{sale}/history", response_model=models.History, responses=NOT_FOUND)
def sale_history(site: Here, sale: HexId) -> Any:
    """The latest 200 events about a sale, oldest first."""
    answer = _sale(site, sale)
    with site.reading() as connection:
        length = history_length(connection, answer.sale)
    return models.History.model_validate({"as_of": answer.as_of, "events": answer.history, "length": length})


@router.get("/notices", response_model=shapes.Notices)
def notices(
    site: Here,
    after: Annotated[int, Query(ge=0, lt=1 << 53)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    kind: Annotated[str | None, Query(pattern="^[a-z_.]{1,40}$")] = None,
) -> Any:
    """What there was to tell behind a cursor, in order: for whoever missed a webhook."""
    with site.reading() as connection:
        found = notices_after(connection, after, limit, kind)
    lines = tuple(shapes.Notice.model_validate(notice) for notice in found)
    return shapes.Notices(notices=lines, next=found[-1].id if found else after)


def _sale(site: Site, sale: str) -> queries.SaleAnswer:
    with site.reading() as connection:
        answer = queries.sale(connection, sale, site.clock())
    if answer is None:
        raise not_found("There is no such sale.")
    return answer


def _asked(site: Site, question: Callable[[Connection], Any]) -> Any:
    try:
        with site.reading() as connection:
            return question(connection)
    except Refused as refused:
        raise told(refused) from None


def _drafted(site: Site, request: Request, kind: PaperKind, sale: str | None, asked: Sent) -> Any:
    """Draft a paper, or answer with the same one that gathers already."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    now, wanted = site.clock(), asked.model_dump(exclude_none=True)
    subject = None if sale is None else sale.lower()

    def act(connection: Connection) -> papers.Paper:
        return papers.open_paper(connection, site.deployment, kind, subject, wanted, now)

    return shapes.Paper.model_validate(written(site, act))
