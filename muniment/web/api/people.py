"""Parties, agencies and their officers."""

from typing import Any

from fastapi import APIRouter

from muniment.access import queries as access
from muniment.identity import queries as identity
from muniment.web.api import models
from muniment.web.api.common import NOT_FOUND, HexId, not_found
from muniment.web.api.land import PageNumber, Size
from muniment.web.site import Here

router = APIRouter(prefix="/api", tags=["parties and agencies"])


@router.get("/parties/{party}", response_model=models.Party, responses=NOT_FOUND)
def party(site: Here, party: HexId, page: PageNumber = 1, size: Size = 25) -> Any:
    """A party: who signs for it, what it is, and one page of what it holds."""
    with site.reading() as connection:
        answer = identity.party(connection, party, page, size, site.clock())
    if answer is None:
        raise not_found("No event ever named this party.")
    return models.Party.model_validate(answer, from_attributes=True)


@router.get("/agencies", response_model=models.Agencies)
def agencies(site: Here, page: PageNumber = 1, size: Size = 25) -> Any:
    """All agencies, oldest first."""
    with site.reading() as connection:
        return models.Agencies.model_validate(access.agencies(connection, page, size), from_attributes=True)


@router.get("/agencies/{agency}", response_model=models.Agency, responses=NOT_FOUND)
def agency(site: Here, agency: HexId) -> Any:
    """An agency, its officers' keys as they stand now, and acts that wait for a second officer."""
    with site.reading() as connection:
        answer = access.agency(connection, agency, site.clock(), site.contracts)
    if answer is None:
        raise not_found("No agency is registered under this id.")
    return models.Agency.model_validate(answer, from_attributes=True)
