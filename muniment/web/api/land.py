"""Titles and registers."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from muniment.land import queries
from muniment.land.answers import TitleAnswer
from muniment.web.api import models
from muniment.web.api.common import NOT_FOUND, HexId, not_found
from muniment.web.site import Here
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
            queries.search(connection, searchable(query), jurisdiction, page, size), from_attributes=True
        )


@router.get("/titles/{title}", response_model=models.Title, responses=NOT_FOUND)
def title(site: Here, title: HexId) -> Any:
    """A title as it stands."""
    answer = _title(site, title)
    facts = {name: getattr(answer, name) for name in models.Title.model_fields if hasattr(answer, name)}
    return models.Title.model_validate(
        {**facts, "geometry_hash": answer.geometry.hash, "geometry_state": answer.geometry.state}
    )


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


def _title(site: Here, title: str) -> TitleAnswer:
    with site.reading() as connection:
        answer = queries.title(connection, title)
    if answer is None:
        raise not_found("No title is registered under this id.")
    return answer
