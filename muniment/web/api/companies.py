"""Companies: names, what persons sign to found and change them, and what is on file."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.chain.outbox import Receipt
from muniment.db.answers import as_of, history_length
from muniment.errors import Refused
from muniment.identity.companies import filing as filings
from muniment.identity.companies import queries, submit
from muniment.identity.companies.model import CONTRACT, CompanyStatus, Part, company_id
from muniment.identity.companies.names import name_key, normalise
from muniment.identity.companies.permits import NO_PERMIT, permit_data, permit_struct
from muniment.identity.companies.signing import data_of
from muniment.identity.queries import party as party_answer
from muniment.identity.signing import fresh
from muniment.identity.submit import Relay
from muniment.web.api import company_models as shapes
from muniment.web.api import models
from muniment.web.api.acting import relayed, sealer_of, told, too_many, written
from muniment.web.api.common import NOT_FOUND, REFUSED, HexId, not_found
from muniment.web.api.land import PageNumber, Size
from muniment.web.api.service import intent_answer
from muniment.web.reasons import sentence
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api", tags=["companies"])

FilingId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
PartyQuery = Annotated[str, Query(pattern="^0x[0-9a-fA-F]{64}$")]
Status = Literal["reserved", "signed", "entered", "released", "struck_off"]

# ── Names ───────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post("/companies/names/check", response_model=shapes.NameAnswer)
def check_name(site: Here, request: Request, asked: shapes.NameAsked) -> Any:
    """Whether a name can be had, how it would be written, and why not."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    with site.reading() as connection:
        try:
            found = queries.check_name(connection, asked.agency.lower(), asked.name, site.clock())
        except Refused as refused:
            why = {"error": refused.name, "sentence": sentence(refused.name, refused.arguments)}
            none = {"name": None, "name_key": None, "free": False, "holder": None}
            return shapes.NameAnswer.model_validate({"as_of": as_of(connection), **none, **why}, from_attributes=True)
    taken = found.holder is not None
    holder = {"nameKey": found.name_key, "company": found.holder.company} if found.holder else {}
    return shapes.NameAnswer.model_validate(
        {
            "as_of": found.as_of,
            "name": found.name,
            "name_key": found.name_key,
            "free": not taken,
            "error": "NameTaken" if taken else None,
            "sentence": sentence("NameTaken", holder) if taken else None,
            "holder": found.holder,
        },
        from_attributes=True,
    )


@router.post("/companies/reservations/typed-data", response_model=shapes.ReservationData, responses=REFUSED)
def reservation_data(site: Here, request: Request, asked: shapes.ReservationAsked) -> Any:
    """What an applicant signs to have a name held."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    agency, party, end = asked.agency.lower(), asked.party.lower(), fresh(site.clock())
    try:
        name, key = normalise(asked.name), name_key(asked.name)
        typed_data = data_of(site.deployment, "ReserveName", submit.reserve_message(agency, name, party, **end))
    except Refused as refused:
        raise told(refused) from None
    company = company_id(agency, key, party, end["nonce"])
    return shapes.ReservationData(name=name, name_key=key, company=company, typed_data=typed_data, **end)


@router.post("/companies/reservations", response_model=shapes.Reserved, status_code=202, responses=REFUSED)
def reserve(site: Here, request: Request, sent: shapes.Reservation) -> Any:
    """Queue the reservation of a name."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def act(connection: Connection, relay: Relay) -> tuple[Receipt, str]:
        what = (sent.agency.lower(), sent.name, sent.party.lower())
        return submit.reserve(connection, relay, *what, int(sent.nonce), sent.deadline, sent.signature)

    receipt, company = relayed(site, act)
    return shapes.Reserved(company=company, intent=intent_answer(site, receipt.key))


# ── What one person signs ───────────────────────────────────────────────────────────────────────────────────────


@router.get("/companies/{company}/withdrawal/typed-data", response_model=shapes.ToSign, responses=REFUSED)
def withdrawal_data(site: Here, response: Response, company: HexId) -> Any:
    """What the applicant signs to give a name or an application up."""
    waiting = (CompanyStatus.RESERVED, CompanyStatus.SIGNED)
    row = _asked(site, lambda connection: queries.standing(connection, company.lower(), *waiting))
    return _to_sign(site, response, "WithdrawApplication", row.applicant, {"company": row.company})


@router.post("/companies/{company}/withdrawal", response_model=models.Intent, status_code=202, responses=REFUSED)
def withdraw(site: Here, request: Request, company: HexId, sent: shapes.Signed) -> Any:
    """Queue that the applicant gives it up."""
    return _relay_signed(site, request, submit.withdraw, company.lower(), sent)


@router.get("/companies/{company}/contact/typed-data", response_model=shapes.ToSign, responses=REFUSED)
def contact_data(site: Here, response: Response, company: HexId) -> Any:
    """What the contact person of a company under foundation signs."""
    row = _asked(site, lambda connection: queries.applied(connection, company.lower(), site.clock()))
    message = {"company": row.company, "file": row.file.struct()}
    return _to_sign(site, response, "AcceptContact", row.file.contact, message)


@router.post("/companies/{company}/contact", response_model=models.Intent, status_code=202, responses=REFUSED)
def accept_contact(site: Here, request: Request, company: HexId, sent: shapes.Signed) -> Any:
    """Queue the contact person's acceptance."""
    return _relay_signed(site, request, submit.accept_contact, company.lower(), sent)


@router.get("/companies/{company}/fee/typed-data", response_model=shapes.FeeToSign, responses=REFUSED)
def fee_data(site: Here, response: Response, company: HexId, party: PartyQuery) -> Any:
    """What a party signs to pay the fee from its wallet, and the permit for the token."""
    now, payer = site.clock(), party.lower()
    end = fresh(now)

    def ask(connection: Connection) -> tuple[dict[str, Any], str]:
        message = submit.fee_message(connection, company.lower(), payer, end["nonce"], end["deadline"], now)
        found = party_answer(connection, payer)
        if found is None or found.wallet is None:
            raise Refused("PartyUnbound", party=payer)
        return message, found.wallet.wallet

    message, wallet = _asked(site, ask)
    response.headers["Cache-Control"] = "no-store"
    spender = site.deployment.contracts[CONTRACT].address
    permit = permit_data(site.rpc, message["token"], wallet, spender, message["amount"], end["deadline"])
    typed_data = data_of(site.deployment, "PayFee", message)
    return shapes.FeeToSign(party=payer, typed_data=typed_data, permit=permit, **end)


@router.post("/companies/{company}/fee", response_model=models.Intent, status_code=202, responses=REFUSED)
def pay_fee(site: Here, request: Request, company: HexId, sent: shapes.Payment) -> Any:
    """Queue the payment of the fee."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def act(connection: Connection, relay: Relay) -> Receipt:
        permit = NO_PERMIT
        if sent.permit_signature is not None:
            permit = dict(permit_struct(sent.permit_signature, sent.permit_deadline or 0))
        payer, nonce = sent.party.lower(), int(sent.nonce)
        return submit.pay_fee(connection, relay, company.lower(), payer, nonce, sent.deadline, sent.signature, permit)

    return intent_answer(site, relayed(site, act).key)


@router.post("/companies/nonces/typed-data", response_model=shapes.ToSign, responses=REFUSED)
def nonce_data(site: Here, request: Request, response: Response, asked: shapes.NonceAsked) -> Any:
    """What a party signs to make something useless that it signed for a company."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    nonce = int(asked.nonce)
    return _to_sign(site, response, "CancelNonce", asked.party.lower(), {}, nonce)


@router.post("/companies/nonces", response_model=models.Intent, status_code=202, responses=REFUSED)
def cancel_nonce(site: Here, request: Request, sent: shapes.SignedByParty) -> Any:
    """Queue that a nonce is good for nothing any more."""
    return _relay_signed(site, request, submit.cancel_nonce, sent.party.lower(), sent)


# ── What several sign ───────────────────────────────────────────────────────────────────────────────────────────


@router.post("/companies/{company}/filings", response_model=shapes.Filing, status_code=201, responses=REFUSED)
def open_filing(site: Here, request: Request, company: HexId, asked: shapes.FilingAsked) -> Any:
    """Open a founding, a change or a dissolution. Whoever knows the filing's id can see who has signed."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    now, subject, sealer = site.clock(), company.lower(), sealer_of(site)
    wanted = filings.Wanted(asked.threshold, asked.board, asked.contact, asked.articles, asked.address)

    def act(connection: Connection) -> filings.Filing:
        if asked.kind == "founding":
            made = filings.open_founding(connection, sealer, subject, asked.founders, wanted, now)
        elif asked.kind == "change":
            made = filings.open_change(connection, sealer, subject, wanted, now)
        else:
            made = filings.open_dissolution(connection, sealer, subject, now)
        return filings.filing_of(connection, made)

    return shapes.Filing.model_validate(written(site, act))


@router.get("/companies/filings/{filing}", response_model=shapes.Filing, responses=NOT_FOUND)
def filing(site: Here, response: Response, filing: FilingId) -> Any:
    """How a filing stands."""
    response.headers["Cache-Control"] = "no-store"
    return shapes.Filing.model_validate(_asked(site, lambda connection: filings.filing_of(connection, filing)))


@router.get("/companies/filings/{filing}/typed-data", response_model=shapes.FilingParts, responses=REFUSED)
def filing_data(site: Here, response: Response, filing: FilingId, party: PartyQuery) -> Any:
    """Everything that one person is asked to sign in a filing."""
    response.headers["Cache-Control"] = "no-store"
    parts = _asked(site, lambda connection: filings.to_sign(connection, site.deployment, filing, party))
    return shapes.FilingParts(to_sign=tuple(shapes.FilingPart.model_validate(part) for part in parts))


@router.post("/companies/filings/{filing}/signatures", response_model=shapes.Filing, responses=REFUSED)
def sign_filing(site: Here, request: Request, filing: FilingId, sent: shapes.FilingSignature) -> Any:
    """Take one person's signature; with the last one the filing is queued."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    part = Part(sent.part)

    def act(connection: Connection, relay: Relay) -> filings.Filing:
        return filings.sign(connection, relay, filing, sent.party, part, sent.signature)

    return shapes.Filing.model_validate(relayed(site, act))


@router.post("/companies/filings/{filing}/submit", response_model=shapes.Filing, responses=REFUSED)
def submit_filing(site: Here, request: Request, filing: FilingId) -> Any:
    """Queue a filing that all have signed; needed only where the articles were anchored after that."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    now, most = site.clock(), site.settings.relays_per_day
    return shapes.Filing.model_validate(written(site, lambda connection: filings.submit(connection, filing, now, most)))


# ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/companies", response_model=shapes.Companies)
def companies(
    site: Here,
    query: Annotated[str, Query(max_length=200)] = "",
    agency: Annotated[str | None, Query(pattern="^0x[0-9a-fA-F]{64}$")] = None,
    status: Status | None = None,
    page: PageNumber = 1,
    size: Size = 25,
) -> Any:
    """Companies whose name contains the query, or whose number, id or party it is."""
    wanted = None if status is None else CompanyStatus[status.upper()]
    with site.reading() as connection:
        found = queries.search(connection, query, site.clock(), agency and agency.lower(), wanted, page, size)
    return shapes.Companies.model_validate(found)


@router.get("/companies/rules/{agency}", response_model=shapes.Rules, responses=NOT_FOUND)
def rules(site: Here, agency: HexId) -> Any:
    """What an agency asks of companies."""
    with site.reading() as connection:
        found = queries.rules_of(connection, agency.lower())
    if found is None:
        raise not_found("The agency has set no rules for companies.")
    return shapes.Rules.model_validate(found)


@router.get("/companies/numbers/{agency}/{number}", response_model=shapes.Company, responses=NOT_FOUND)
def company_numbered(site: Here, agency: HexId, number: Annotated[str, Path(max_length=32)]) -> Any:
    """The company that has a number in an agency's register."""
    with site.reading() as connection:
        found = queries.company_numbered(connection, agency.lower(), number)
    return shapes.Company.model_validate(_company(site, found or ""))


@router.get("/companies/{company}", response_model=shapes.Company, responses=NOT_FOUND)
def company(site: Here, company: HexId) -> Any:
    """A company by its id, or by its party."""
    return shapes.Company.model_validate(_company(site, company))


@router.get("/companies/{company}/history", response_model=models.History, responses=NOT_FOUND)
def company_history(site: Here, company: HexId) -> Any:
    """The latest 200 events about a company, oldest first."""
    answer = _company(site, company)
    with site.reading() as connection:
        length = history_length(connection, answer.company)
    return models.History.model_validate({"as_of": answer.as_of, "events": answer.history, "length": length})


@router.get("/parties/{party}/posts", response_model=shapes.Posts)
def posts(site: Here, party: HexId) -> Any:
    """The posts in companies that a party holds."""
    with site.reading() as connection:
        found = queries.posts_of(connection, party)
    return shapes.Posts(posts=tuple(shapes.Post.model_validate(post) for post in found))


def _company(site: Site, company: str) -> queries.CompanyAnswer:
    with site.reading() as connection:
        answer = queries.company(connection, company, site.clock())
    if answer is None:
        raise not_found("There is no such company.")
    return answer


def _asked(site: Site, question: Callable[[Connection], Any]) -> Any:
    try:
        with site.reading() as connection:
            return question(connection)
    except Refused as refused:
        raise told(refused) from None


def _to_sign(
    site: Site, response: Response, primary: str, party: str, message: dict[str, Any], nonce: int | None = None
) -> shapes.ToSign:
    response.headers["Cache-Control"] = "no-store"
    end = fresh(site.clock())
    if nonce is not None:
        end["nonce"] = nonce
    try:
        typed_data = data_of(site.deployment, primary, {"party": party, **message, **end})
    except Refused as refused:
        raise told(refused) from None
    return shapes.ToSign(party=party, typed_data=typed_data, **end)


def _relay_signed(site: Site, request: Request, act: Callable[..., Receipt], subject: str, sent: shapes.Signed) -> Any:
    """Queue an act that one person signs, `act(connection, relay, subject, nonce, deadline, signature)`."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def signed(connection: Connection, relay: Relay) -> Receipt:
        return act(connection, relay, subject, int(sent.nonce), sent.deadline, sent.signature)

    return intent_answer(site, relayed(site, signed).key)
