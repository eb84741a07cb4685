"""Parties, agencies and their officers' keys."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from muniment.access import queries as access
from muniment.identity import queries as identity
from muniment.web.pages.common import PageNumber, missing
from muniment.web.site import Here
from muniment.web.text import is_id

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/parties/{party}")
def party(site: Here, request: Request, party: str, page: PageNumber = 1) -> HTMLResponse:
    """A party: its wallet and what it holds. No names: the chain knows none."""
    answer = None
    if is_id(party):
        with site.reading() as connection:
            answer = identity.party(connection, party, page, now=site.clock())
    if answer is None:
        raise missing()

    def link(number: int) -> str:
        return f"/parties/{answer.party}?page={number}"

    return site.page(request, "party.html", known=answer.as_of, answer=answer, link=link)


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
    """An agency: its powers, its officers' keys as they stand now, acts that wait for a second officer."""
    answer = None
    if is_id(agency):
        with site.reading() as connection:
            answer = access.agency(connection, agency, site.clock(), site.contracts)
    if answer is None:
        raise missing()
    return site.page(request, "agency.html", known=answer.as_of, answer=answer, agency=answer.agency)
