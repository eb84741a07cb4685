"""Companies: the search, one company, and the pages on which persons sign for one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from muniment.db.answers import HistoryLine, as_of
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.identity.companies import queries
from muniment.identity.companies.filing import Filing, Signer, filing_of
from muniment.identity.companies.model import CONTRACT, CompanyStatus, FilingKind, Part
from muniment.identity.companies.queries import CompanyAnswer
from muniment.identity.model import kind_name
from muniment.identity.queries import wallet_of
from muniment.web.pages import signing
from muniment.web.pages.common import PageNumber, missing
from muniment.web.site import Here, Site
from muniment.web.text import is_id, searchable

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_DIGITS = frozenset("0123456789abcdef")
_TYPES = {Part.ARTICLES: "SignArticles", Part.POST: "AcceptPost", Part.COMPANY: "ChangeCompany"}


@dataclass(frozen=True)
class Step:
    """A step of a founding, and the event that made it; `here` is where it stands now."""

    name: str
    event: HistoryLine | None
    done: bool
    here: bool


@router.get("/companies")
def search(site: Here, request: Request, q: str = "", page: PageNumber = 1) -> HTMLResponse:
    """Search results, 25 to a page; all companies for an empty search."""
    text = searchable(q)
    with site.reading() as connection:
        found = queries.search(connection, text, site.clock(), page=page)

    def link(number: int) -> str:
        return "/companies?" + urlencode({"q": text, "page": number})

    return site.page(request, "companies.html", known=found.as_of, found=found, text=text, link=link)


@router.get("/companies/filings/{filing}")
def filing(site: Here, request: Request, filing: str) -> HTMLResponse:
    """What is founded, changed or ended, who has signed, and the button to sign. The address is a secret."""
    if len(filing) != 32 or not set(filing) <= _DIGITS:
        raise missing()
    with site.reading() as connection:
        try:
            stands = filing_of(connection, filing)
        except Refused:
            raise missing() from None
        answer = queries.company(connection, stands.company, site.clock())
        if answer is None:
            raise missing()
        known = as_of(connection)
        parts = _parts(site, request, connection, stands, answer)
    over = stands.intent_key is None and stands.deadline <= site.clock()
    response = site.page(
        request,
        "filing.html",
        known=known,
        filing=stands,
        answer=answer,
        over=over,
        act=signing.act(site, CONTRACT, [] if over else parts, stands.intent_key),
        kinds=_kinds(answer),
    )
    # Who knows the address may see the filing: it belongs in no cache and no search engine.
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/companies/{company}")
def company(site: Here, request: Request, company: str) -> HTMLResponse:
    """One company: how far it has come, who signs for it, what is on file, and the block that all of it is true at."""
    answer = _company(site, company)
    return site.page(
        request,
        "company.html",
        known=answer.as_of,
        answer=answer,
        steps=_steps(answer),
        kinds=_kinds(answer),
        checked=json.dumps(
            {
                "company": answer.company,
                "agency": answer.agency,
                "party": answer.party,
                "name_key": answer.name_key,
                "status": int(answer.status),
                "version": answer.version,
                "founders": answer.founders,
                "file": answer.file and answer.file.struct(),
            }
        ),
    )


@router.get("/companies/{company}/contact")
def contact(site: Here, request: Request, company: str) -> HTMLResponse:
    """The page on which the contact person of a company that is being founded accepts."""
    answer = _company(site, company)
    if answer.file is None:
        raise missing()
    with site.reading() as connection:
        wallet = wallet_of(connection, answer.file.contact)
    address = f"/api/companies/{answer.company}/contact"
    part = signing.Part(
        type="AcceptContact",
        wallet=wallet.wallet if wallet else None,
        message={"party": answer.file.contact, "company": answer.company, "file": answer.file.struct()},
        ask=f"{address}/typed-data",
        send=address,
        body={},
        echo=("nonce", "deadline"),
    )
    open_ = answer.status is CompanyStatus.SIGNED and not answer.expired and not answer.contact_accepted
    return site.page(
        request,
        "contact.html",
        known=answer.as_of,
        answer=answer,
        wallet=wallet,
        open=open_,
        act=signing.act(site, CONTRACT, [part] if open_ else []),
        kinds=_kinds(answer),
    )


def _company(site: Site, company: str) -> CompanyAnswer:
    """A company by its id or its party. Raises Problem (404)."""
    answer = None
    if is_id(company):
        with site.reading() as connection:
            answer = queries.company(connection, company, site.clock())
    if answer is None:
        raise missing()
    return answer


def _steps(answer: CompanyAnswer) -> list[Step]:
    """The way to an entry; none once the company stands, or when it came to nothing."""
    if answer.status not in (CompanyStatus.RESERVED, CompanyStatus.SIGNED, CompanyStatus.ENTERED):
        return []
    events = {line.name: line for line in answer.history}
    paid = events.get("FeePaid") or events.get("FeeAttested")
    free = answer.rules is not None and answer.rules.fee == 0
    made: list[tuple[str, HistoryLine | None, bool]] = [
        ("reserved", events.get("NameReserved"), True),
        ("signed", events.get("ArticlesSigned"), answer.status is not CompanyStatus.RESERVED),
        ("contact", events.get("ContactAccepted"), answer.contact_accepted),
        *([] if free and paid is None else [("fee", paid, answer.fee_settled)]),
        ("entered", events.get("CompanyEntered"), answer.status is CompanyStatus.ENTERED),
    ]
    waiting = next((name for name, _, done in made if not done), None)
    return [Step(name, event, done, name == waiting) for name, event, done in made]


def _kinds(answer: CompanyAnswer) -> dict[str, str | None]:
    """Names of the credentials that the agency asks for."""
    rules = answer.rules
    return (
        {} if rules is None else {kind: kind_name(kind) for kind in (rules.contact_kind, *rules.founder_kinds) if kind}
    )


def _parts(
    site: Site, request: Request, connection: Connection, filing: Filing, answer: CompanyAnswer
) -> Sequence[signing.Part]:
    """What is still to be signed, each part with the wallet that signs it."""
    words = site.words_of(request)
    address = f"/api/companies/filings/{filing.filing}"
    parts = []
    for signer in filing.signers:
        if signer.signed_at is not None:
            continue
        wallet = wallet_of(connection, signer.party)
        parts.append(
            signing.Part(
                type=_type(filing, signer),
                wallet=wallet.wallet if wallet else None,
                message=_message(filing, signer, answer),
                ask=f"{address}/typed-data?party={signer.party}",
                send=f"{address}/signatures",
                body={"party": signer.party, "part": signer.part.value},
                echo=(),
                label=words(f"filing.part.{signer.part.value}"),
            )
        )
    return parts


def _type(filing: Filing, signer: Signer) -> str:
    ends = filing.kind is FilingKind.DISSOLUTION
    return "DissolveCompany" if ends else _TYPES[signer.part]


def _message(filing: Filing, signer: Signer, answer: CompanyAnswer) -> dict[str, object]:
    """What the page shows of the message; only the one-time number is the service's to choose."""
    always: dict[str, object] = {"company": filing.company, "deadline": filing.deadline}
    if filing.file is not None:
        always["file"] = filing.file.struct()
    if signer.part is Part.ARTICLES:
        return {"party": signer.party, "founders": list(filing.founders), **always}
    party = signer.party if signer.part is Part.POST else answer.party or ZERO_HASH
    return {"party": party, "version": filing.version, **always}
