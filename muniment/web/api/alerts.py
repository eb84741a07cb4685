"""Property alerts of one party: every entry on a title that it holds or held."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from muniment.land.alerts import MOST, alerts_of
from muniment.web.api.common import HexId
from muniment.web.api.models import Answer
from muniment.web.site import Here

router = APIRouter(prefix="/api/parties", tags=["land"])


class Alert(Answer):
    """`kind` is title.alert or title.alert.withdrawn: the block that held the entry left the chain."""

    id: int
    key: str
    kind: str
    subject: str
    facts: dict[str, Any]
    created_at: int


class Alerts(BaseModel):
    """Alerts in their order; `next` is the cursor to ask from."""

    alerts: list[Alert]
    next: int


@router.get("/{party}/alerts", response_model=Alerts)
def alerts(
    site: Here,
    party: HexId,
    after: Annotated[int, Query(ge=0, lt=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Any:
    """What happened to the titles that a party holds or held, from a cursor on."""
    with site.reading() as connection:
        found = alerts_of(connection, party.lower(), after, limit)
    return Alerts(alerts=[Alert.model_validate(one) for one in found], next=found[-1].id if found else after)
