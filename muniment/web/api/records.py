"""What of a title can be taken along: its record in the form of ISO 19152."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from muniment.db.answers import as_of
from muniment.land.folio import folio
from muniment.land.ladm import ladm
from muniment.web.api.common import NOT_FOUND, HexId, not_found
from muniment.web.site import Here

router = APIRouter(prefix="/api/titles", tags=["land"])


class LadmTitle(BaseModel):
    """A title by the Land Administration Domain Model; docs/records.md says which attributes stand for what."""

    model_config = ConfigDict(extra="allow")

    format: str
    edition: str
    as_of: dict[str, Any] | None
    baunit: dict[str, Any] = Field(alias="LA_BAUnit")
    rrr: list[dict[str, Any]] = Field(alias="LA_RRR")
    party: list[dict[str, Any]] = Field(alias="LA_Party")
    spatial_unit: list[dict[str, Any]] = Field(alias="LA_SpatialUnit")
    source: list[dict[str, Any]] = Field(alias="LA_Source")


@router.get("/{title}/ladm", response_model=LadmTitle, responses=NOT_FOUND)
def as_ladm(site: Here, title: HexId) -> Any:
    """A title with its parties, rights, restrictions, parcel and sources, by ISO 19152's classes."""
    with site.reading() as connection:
        found, known = folio(connection, title.lower(), site.clock()), as_of(connection)
    if found is None:
        raise not_found("No title is registered under this id.")
    return ladm(found, site.deployment.chain_id, site.registry_of("TitleRegistry"), known)
