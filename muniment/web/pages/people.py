"""Parties, agencies and their officers' keys; and the pages on which a party signs about its own wallet."""

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from muniment.access import queries as access
from muniment.identity import queries as identity
from muniment.identity import standing
from muniment.identity.answers import KindLine, PartyAnswer
from muniment.identity.companies.queries import posts_of, rules_of
from muniment.identity.model import kind_name
from muniment.web.pages import signing
from muniment.web.pages.acts import waiting
from muniment.web.pages.common import PageNumber, missing
from muniment.web.site import Here, Site
from muniment.web.text import is_id

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_REGISTRY = "PartyRegistry"


@router.get("/parties/{party}")
def party(site: Here, request: Request, party: str, page: PageNumber = 1) -> HTMLResponse:
    """A party: its wallet, what it is, for whom it signs and what it holds. No names: the chain knows none."""
    answer = _party(site, party, page)
    with site.reading() as connection:
        posts = posts_of(connection, answer.party)

    def link(number: int) -> str:
        return f"/parties/{answer.party}?page={number}"

    return site.page(
        request,
        "party.html",
        known=answer.as_of,
        answer=answer,
        link=link,
        posts=posts,
        now=site.clock(),
        currency=_currency,
    )


@router.get("/parties/{party}/veto")
def veto(site: Here, request: Request, party: str) -> HTMLResponse:
    """The page on which the present wallet stops a recovery that its owner did not ask for."""
    answer = _party(site, party)
    recovery, wallet = answer.recovery, answer.wallet
    open_ = recovery is not None and wallet is not None and recovery.vetoable and site.clock() < recovery.ready_at
    parts = []
    if open_ and recovery is not None and wallet is not None:
        message = {"party": answer.party, "wallet": recovery.wallet, "attempt": recovery.attempt}
        address = f"/api/parties/{answer.party}"
        asked = f"{address}/typed-data/veto"
        parts.append(
            signing.Part(
                "VetoRecovery", wallet.wallet, message, asked, f"{address}/veto", body={}, echo=("attempt", "deadline")
            )
        )
    act = signing.act(site, _REGISTRY, parts)
    return site.page(
        request, "veto.html", known=answer.as_of, answer=answer, open=open_, act=act, over=_is_over(site, answer)
    )


@router.get("/parties/{party}/rotate")
def rotate(site: Here, request: Request, party: str) -> HTMLResponse:
    """The page on which a party moves from one wallet of its own to another."""
    answer = _party(site, party)
    parts = []
    if answer.wallet is not None and answer.recovery is None:
        message = {"party": answer.party, "from": answer.wallet.wallet}
        address = f"/api/parties/{answer.party}"
        asked = f"{address}/typed-data/rotate"
        parts.append(
            signing.Part(
                "RotateWallet",
                answer.wallet.wallet,
                message,
                asked,
                f"{address}/rotate",
                body={},
                echo=("nonce", "deadline"),
            )
        )
    act = signing.act(site, _REGISTRY, parts, joins="to")
    return site.page(request, "rotate.html", known=answer.as_of, answer=answer, open=bool(parts), act=act)


@router.get("/parties/{party}/recover")
def recover(site: Here, request: Request, party: str) -> HTMLResponse:
    """The page on which the new wallet of somebody who lost the old one signs, before two officers begin a recovery."""
    answer = _party(site, party)
    parts = []
    if answer.wallet is not None and answer.recovery is None:
        attempt = answer.recoveries[0].attempt + 1 if answer.recoveries else 1
        message = {"party": answer.party, "attempt": attempt}
        asked = f"/api/parties/{answer.party}/typed-data/recover"
        parts.append(signing.Part("RecoverWallet", None, message, asked, send="", body={}, echo=("deadline",)))
    act = signing.act(site, _REGISTRY, parts, hands_over="wallet")
    return site.page(request, "recover.html", known=answer.as_of, answer=answer, parts=parts, act=act)


def _party(site: Site, party: str, page: int = 1) -> PartyAnswer:
    """A party by its id. Raises Problem (404)."""
    answer = None
    if is_id(party):
        with site.reading() as connection:
            answer = identity.party(connection, party, page, now=site.clock())
    if answer is None:
        raise missing()
    return answer


def _currency(currency: str) -> str:
    """An ISO 4217 code in left-aligned ASCII, or a token's address (`PowerGrant` of the interface)."""
    code = bytes.fromhex(currency.removeprefix("0x")).rstrip(b"\0")
    return code.decode() if len(code) == 3 and code.isalpha() else "0x" + currency[-40:]


def _is_over(site: Site, answer: PartyAnswer) -> bool:
    """Whether the time for a veto has passed."""
    return answer.recovery is not None and site.clock() >= answer.recovery.ready_at


@router.get("/agencies")
def agencies(site: Here, request: Request, page: PageNumber = 1) -> HTMLResponse:
    """All agencies."""
    with site.reading() as connection:
        answer = access.agencies(connection, page)
    return site.page(
        request, "agencies.html", known=answer.as_of, answer=answer, link=lambda number: f"/agencies?page={number}"
    )


@router.get("/agencies/{agency}")
def agency(site: Here, request: Request, agency: str) -> HTMLResponse:
    """An agency: its powers, its officers' keys as they stand now, what it issued, acts that wait for a second one."""
    answer, now = None, site.clock()
    if is_id(agency):
        with site.reading() as connection:
            answer = access.agency(connection, agency, now, site.contracts)
            issued = [] if answer is None else _issued(connection, answer.agency.agency, now)
            rules = rules_of(connection, agency.lower())
    if answer is None:
        raise missing()
    return site.page(
        request,
        "agency.html",
        known=answer.as_of,
        answer=answer,
        agency=answer.agency,
        waiting=waiting(site.deployment, answer.pending_acts),
        issued=issued,
        rules=rules,
        kind_name=kind_name,
    )


def _issued(connection: Connection, agency: str, now: int) -> list[tuple[KindLine, int]]:
    """How many credentials of each kind an agency issued, however they stand now."""
    own = [kind for kind in standing.kinds(connection) if kind.agency in (None, agency)]
    counted = [(kind, standing.credentials_page(connection, now, kind.kind, agency, size=1).page.total) for kind in own]
    return [(kind, count) for kind, count in counted if count]
