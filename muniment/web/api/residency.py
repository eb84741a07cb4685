"""e-Residency: an application, and how it fares. The address that an applicant follows it by is a secret."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.identity.inviting import Invited
from muniment.identity.residency.queries import Followed, followed
from muniment.identity.residency.submit import Applied, apply, invite_again
from muniment.web.api.acting import sealer_of, too_many, written
from muniment.web.api.common import NOT_FOUND, REFUSED, not_found
from muniment.web.api.company_models import Id, Sent, Text
from muniment.web.api.models import Answer
from muniment.web.reasons import sentence
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api/residency", tags=["residency"])

Token = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{20,100}$")]


class ApplicationSent(Sent):
    """What an applicant says. It is sealed as it comes, and read by the agency's staff alone."""

    agency: Id
    given_name: Text
    family_name: Text
    date_of_birth: Text
    nationality: Text
    document_number: Text
    email: Text
    reason: str = Field(min_length=1, max_length=2_000)


class CheckProgress(Answer):
    """Whether a thing was looked at."""

    check: str
    done: bool
    checked_at: int | None


class Application(Answer):
    """How an application fares; nothing of what was said in it."""

    case: str
    agency: str
    state: str
    created_at: int
    checks: tuple[CheckProgress, ...]
    decided_at: int | None
    reason: str | None
    party: str | None
    valid_until: int | None
    intent: str | None
    credential: str | None
    invitation: str
    erased: bool


class NewApplication(Application):
    """The same with the token, which is shown this once."""

    token: str


class FreshInvitation(Answer):
    """A one-time code to link a wallet with, and the page for it."""

    code: str
    url: str
    expires_at: int


@router.post("/applications", response_model=NewApplication, status_code=201, responses=REFUSED)
def applied(site: Here, request: Request, response: Response, sent: ApplicationSent) -> Any:
    """Take an application in."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    response.headers["Cache-Control"] = "no-store"
    now, given, sealer = site.clock(), sent.model_dump(exclude={"agency"}), sealer_of(site)

    def act(connection: Connection) -> Applied:
        return apply(connection, sealer, sent.agency.lower(), given, now)

    made = written(site, act)
    shown = Application.model_validate(_followed(site, made.token))
    return NewApplication(token=made.token, **shown.model_dump())


@router.get("/applications/{token}", response_model=Application, responses=NOT_FOUND)
def application(site: Here, request: Request, response: Response, token: Token) -> Any:
    """How the application of a token fares."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    response.headers["Cache-Control"] = "no-store"
    return Application.model_validate(_followed(site, token))


@router.post("/applications/{token}/invitation", response_model=FreshInvitation, status_code=201, responses=REFUSED)
def invitation(site: Here, request: Request, response: Response, token: Token) -> Any:
    """A fresh code for an e-resident without a wallet; an unused older one ends."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    response.headers["Cache-Control"] = "no-store"
    now = site.clock()

    def act(connection: Connection) -> Invited:
        return invite_again(connection, token, now)

    made = written(site, act)
    url = f"{site.settings.public_url}/bind/{made.code}"
    return FreshInvitation(code=made.code, url=url, expires_at=made.expires_at)


def _followed(site: Site, token: str) -> Followed:
    sealer = sealer_of(site)
    with site.reading() as connection:
        found = followed(connection, sealer, token, site.clock())
    if found is None:
        raise not_found(sentence("ApplicationUnknown", {}))
    return found
