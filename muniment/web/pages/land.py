"""The home page, search, the map, and one title."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from muniment.land import queries
from muniment.land.answers import Overview
from muniment.land.encumbrances import interests_of, liens_of
from muniment.land.model import RestrictionKind
from muniment.land.sales.queries import search as sale_search
from muniment.land.standing import restrictions_of
from muniment.web.maps.register import RegisterMap
from muniment.web.maps.title import title_map
from muniment.web.pages.common import PageNumber, missing
from muniment.web.site import Here, Site
from muniment.web.text import is_id, searchable

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MOST_LINKS = 600  # parcels; above, the home page's map is one link instead of one per parcel
Jurisdiction = Annotated[str, Query(max_length=8)]


@router.get("/")
def home(site: Here, request: Request) -> HTMLResponse:
    """What this is, a search box, the largest register's map, and the newest titles."""
    with site.reading() as connection:
        overview = queries.overview(connection)
        sheet = _largest(site, connection, overview)
    linked = sheet is not None and sheet.drawn <= MOST_LINKS
    return site.page(request, "home.html", known=overview.as_of, overview=overview, map=sheet, linked=linked)


@router.get("/land")
def search(
    site: Here, request: Request, q: str = "", jurisdiction: Jurisdiction = "", page: PageNumber = 1
) -> HTMLResponse:
    """Search results, 25 to a page; all titles for an empty search."""
    text, jurisdiction = searchable(q), searchable(jurisdiction)
    with site.reading() as connection:
        found = queries.search(connection, text, jurisdiction or None, page)

    def link(number: int) -> str:
        return "/land?" + urlencode({"q": text, "jurisdiction": jurisdiction, "page": number})

    return site.page(request, "search.html", known=found.as_of, found=found, link=link)


@router.get("/land/map")
def register_map(site: Here, request: Request, jurisdiction: Jurisdiction = "") -> HTMLResponse:
    """Every parcel of a register, each a link; without a jurisdiction the largest register."""
    with site.reading() as connection:
        overview = queries.overview(connection)
        wanted = searchable(jurisdiction)
        sheet = site.maps.map_of(connection, wanted) if wanted else _largest(site, connection, overview)
    return site.page(request, "map.html", known=overview.as_of, registers=overview.registers, map=sheet)


@router.get("/land/{title}")
def title(site: Here, request: Request, title: str) -> HTMLResponse:
    """One title: its parcel, shares, what stands on it and weighs on it, and the block that all of it is true at."""
    if not is_id(title):
        raise missing()
    now = site.clock()
    with site.reading() as connection:
        answer = queries.title(connection, title, now)
        if answer is None:
            raise missing()
        liens = liens_of(connection, answer.title)
        interests = interests_of(connection, answer.title, now)
        freezes, caveats = (restrictions_of(connection, answer.title, kind, now) for kind in RestrictionKind)
        sales = sale_search(connection, now, title=answer.title, size=1).page.total
    return site.page(
        request,
        "title.html",
        known=answer.as_of,
        answer=answer,
        map=title_map(answer),
        liens=liens.liens,
        ended=liens.ended,
        interests=interests.interests,
        freezes=freezes.standing,
        caveats=caveats.standing,
        sales=sales,
    )


def _largest(site: Site, connection: Connection, overview: Overview) -> RegisterMap | None:
    registers = sorted(overview.registers, key=lambda register: (-register.titles, register.jurisdiction))
    return site.maps.map_of(connection, registers[0].jurisdiction) if registers else None
