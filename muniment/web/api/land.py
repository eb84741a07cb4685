"""Titles and registers: what is said of each, what stands in its way, what weighs on it, and whence it came."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from muniment.land import encumbrances, queries
from muniment.land.answers import TitleAnswer
from muniment.land.model import RestrictionKind
from muniment.land.roots import roots_of
from muniment.land.standing import restrictions_of
from muniment.web.api import land_models as shapes
from muniment.web.api import models
from muniment.web.api.common import NOT_FOUND, HexId, not_found
from muniment.web.reasons import sentence
from muniment.web.site import Here, Site
from muniment.web.text import searchable

router = APIRouter(prefix="/api", tags=["land"])

Jurisdiction = Annotated[str | None, Query(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$", description='ISO 3166, e.g. "GB"')]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
Size = Annotated[int, Query(ge=1, le=100)]


@router.get("/titles", response_model=models.Titles)
def titles(
    site: Here,
    query: Annotated[str, Query(max_length=200)] = "",
    jurisdiction: Jurisdiction = None,
    page: PageNumber = 1,
    size: Size = 25,
) -> Any:
    """Titles whose reference contains the query, or whose id or geometry hash it is."""
    with site.reading() as connection:
        return models.Titles.model_validate(
            queries.search(connection, searchable(query), jurisdiction, page, size, site.clock()),
            from_attributes=True,
        )


@router.get("/titles/{title}", response_model=models.Title, responses=NOT_FOUND)
def title(site: Here, title: HexId) -> Any:
    """A title as it stands, whether it could be sold now, and what stands in the way."""
    answer = _title(site, title)
    facts = {name: getattr(answer, name) for name in models.Title.model_fields if hasattr(answer, name)}
    retired = {"at": answer.retired_at, "by": answer.retired_by}
    told = [{"error": one.name, "sentence": sentence(one.name, one.arguments)} for one in answer.obstacles]
    return models.Title.model_validate(
        {
            **facts,
            "geometry_hash": answer.geometry.hash,
            "geometry_state": answer.geometry.state,
            "retired": None if answer.retired_at is None else retired,
            "obstacles": told,
        }
    )


@router.get("/titles/{title}/liens", response_model=shapes.Liens, responses=NOT_FOUND)
def liens(site: Here, title: HexId) -> Any:
    """The liens on a title in the order of their rank, and those that ended."""
    _title(site, title)
    with site.reading() as connection:
        return shapes.Liens.model_validate(encumbrances.liens_of(connection, title.lower()))


@router.get("/titles/{title}/interests", response_model=shapes.Interests, responses=NOT_FOUND)
def interests(site: Here, title: HexId) -> Any:
    """The leases and easements on a title, and those that ended."""
    _title(site, title)
    with site.reading() as connection:
        return shapes.Interests.model_validate(encumbrances.interests_of(connection, title.lower(), site.clock()))


@router.get("/titles/{title}/caveats", response_model=shapes.Restrictions, responses=NOT_FOUND)
def caveats(site: Here, title: HexId) -> Any:
    """The caveats on a title, and those that ended."""
    return _restrictions(site, title, RestrictionKind.CAVEAT)


@router.get("/titles/{title}/freezes", response_model=shapes.Restrictions, responses=NOT_FOUND)
def freezes(site: Here, title: HexId) -> Any:
    """The courts' freezes on a title, and those that were lifted."""
    return _restrictions(site, title, RestrictionKind.FREEZE)


@router.get("/liens/{lien}", response_model=shapes.Lien, responses=NOT_FOUND)
def lien(site: Here, lien: HexId) -> Any:
    """A lien: its terms, its holder, and every title that it weighs on or weighed on."""
    with site.reading() as connection:
        found = encumbrances.lien(connection, lien.lower())
    if found is None:
        raise not_found("No lien is known under this id.")
    return shapes.Lien.model_validate(found)


@router.get("/parties/{party}/titles", response_model=shapes.Holdings)
def holdings(site: Here, party: HexId, page: PageNumber = 1, size: Size = 25) -> Any:
    """The titles that a party holds, and what stands in the way of each."""
    with site.reading() as connection:
        return shapes.Holdings.model_validate(queries.holdings(connection, party.lower(), page, size, site.clock()))


@router.get("/parties/{party}/liens", response_model=shapes.LiensHeld)
def liens_held(site: Here, party: HexId, page: PageNumber = 1, size: Size = 25) -> Any:
    """The liens that a party holds, title by title."""
    with site.reading() as connection:
        return shapes.LiensHeld.model_validate(encumbrances.liens_held(connection, party.lower(), page, size))


@router.get("/titles/{title}/geometry", responses={**NOT_FOUND, 200: {"content": {"application/geo+json": {}}}})
def geometry(site: Here, request: Request, title: Annotated[str, Path(pattern="^0x[0-9a-fA-F]{64}$")]) -> Response:
    """The published geometry, byte for byte as it was hashed: keccak256 of the body is the ETag."""
    shown = _title(site, title).geometry
    if shown.canonical is None:
        raise not_found("The agency has not published this geometry here.")
    etag = f'"{shown.hash}"'
    headers = {"ETag": etag, "Cache-Control": "public, no-cache"}
    if etag in [known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(shown.canonical.encode(), media_type="application/geo+json", headers=headers)


@router.get("/titles/{title}/history", response_model=models.History, responses=NOT_FOUND)
def history(site: Here, title: HexId) -> Any:
    """The latest 200 events about a title, oldest first."""
    answer = _title(site, title)
    return models.History.model_validate(
        {"as_of": answer.as_of, "events": answer.history, "length": answer.history_length}
    )


@router.get("/registers", response_model=models.Registers)
def registers(site: Here) -> Any:
    """All registers, who keeps them, and counts."""
    with site.reading() as connection:
        return models.Registers.model_validate(queries.overview(connection), from_attributes=True)


@router.get("/registers/{jurisdiction}/migration", response_model=shapes.Roots)
def roots(site: Here, jurisdiction: Annotated[str, Path(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]) -> Any:
    """The registers that moved in, or are to, with the courts' stops."""
    with site.reading() as connection:
        return shapes.Roots.model_validate(roots_of(connection, jurisdiction, site.clock()))


def _restrictions(site: Site, title: str, kind: RestrictionKind) -> shapes.Restrictions:
    _title(site, title)
    with site.reading() as connection:
        found = restrictions_of(connection, title.lower(), kind, site.clock())
    return shapes.Restrictions.model_validate(found)


def _title(site: Here, title: str) -> TitleAnswer:
    with site.reading() as connection:
        answer = queries.title(connection, title, site.clock())
    if answer is None:
        raise not_found("No title is registered under this id.")
    return answer
