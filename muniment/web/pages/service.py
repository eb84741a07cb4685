"""The service's status, and the page on which a citizen links a wallet."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from muniment.chain import queries
from muniment.db.answers import as_of
from muniment.identity.queries import invitation
from muniment.web.language import choose
from muniment.web.pages.common import missing
from muniment.web.reasons import sentence_of
from muniment.web.site import Here

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

STATES = ("queued", "signed", "broadcast", "included", "safe", "finalized", "refused", "parked")
MAX_CODE = 64


@router.get("/status")
def status(site: Here, request: Request) -> HTMLResponse:
    """How far the chain was read, the outbox, and where the contracts are."""
    with site.reading() as connection:
        answer = queries.status(connection)
    return site.page(request, "status.html", known=answer.as_of, status_answer=answer, states=STATES)


@router.get("/bind/{code}")
def bind(site: Here, request: Request, code: str) -> HTMLResponse:
    """What the bearer of an invitation will sign, in plain words; afterwards what became of it."""
    intent = None
    if len(code) > MAX_CODE:
        raise missing()
    with site.reading() as connection:
        found = invitation(connection, code, site.clock())
        known = as_of(connection)
        if found is not None and found.intent_key is not None:
            intent = queries.intent(connection, found.intent_key)
    if found is None:
        raise missing()
    response = site.page(
        request,
        "bind.html",
        known=known,
        invitation=found,
        code=code,
        intent=intent,
        settled=found.state == "expired" or (intent is not None and intent.state in ("finalized", "refused")),
        reason=sentence_of(intent.reason, choose(request)) if intent is not None else None,
        registry=site.deployment.contracts["PartyRegistry"].address,
    )
    # The address holds the code: it belongs in no cache and no search engine.
    response.headers["Cache-Control"] = "no-store"
    return response
