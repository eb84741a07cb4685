"""Whether the process lives, and whether it can serve true answers."""

from http import HTTPStatus

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from muniment.web.site import Here, Site

router = APIRouter(include_in_schema=False)

MOST_LAG = 32  # blocks behind the head, one epoch


@router.get("/health/live")
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready")
def ready(site: Here) -> JSONResponse:
    """Ready when the database answers, the indexer runs, and it is at most 32 blocks behind; else 503 and why."""
    state = _state(site)
    status = HTTPStatus.OK if state["status"] == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(state, status, {"Cache-Control": "no-store"})


def _state(site: Site) -> dict[str, str | int]:
    try:
        known = site.known()
    except SQLAlchemyError:
        return {"status": "database"}
    if known is None:
        return {"status": "not indexed"}
    if known.halted:
        return {"status": "halted", "block": known.number}
    head = site.head.number()
    if head is None:
        return {"status": "no node", "block": known.number}
    behind = max(head - known.number, 0)
    return {"status": "ok" if behind <= MOST_LAG else "behind", "block": known.number, "behind": behind}
