"""e-Residency: the form of an application, and the page on which the applicant follows the case. No script needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from muniment.access import queries as access
from muniment.access.model import AgencyStatus
from muniment.db.answers import as_of
from muniment.errors import Refused
from muniment.identity.inviting import Invited
from muniment.identity.residency.model import CaseState, application
from muniment.identity.residency.queries import followed
from muniment.identity.residency.submit import Applied, apply, invite_again
from muniment.web.api.acting import written
from muniment.web.pages.common import missing
from muniment.web.problem import Problem
from muniment.web.site import Here, Site

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_MOST_AGENCIES = 100
_MOST_FIELDS = 30
_LONGEST_TOKEN = 100
# A value that no field refuses, to judge the fields one by one.
_SOUND = {
    "given_name": "x",
    "family_name": "x",
    "date_of_birth": "1990-01-31",
    "nationality": "FI",
    "document_number": "X000",
    "email": "x@x.example",
    "reason": "x",
}


@dataclass(frozen=True)
class Form:
    """What somebody filled in, and what is wrong with it: field → message's key."""

    values: Mapping[str, str]
    errors: Mapping[str, str]


@router.get("/residency")
def residency() -> RedirectResponse:
    """The form is all there is to begin with."""
    return RedirectResponse("/residency/apply")


@router.get("/residency/apply")
def form(site: Here, request: Request) -> HTMLResponse:
    """The empty form."""
    return _form(site, request, Form({}, {}), HTTPStatus.OK)


async def _sent(request: Request) -> dict[str, str]:
    """The form's fields (application/x-www-form-urlencoded); of a field that comes twice, the first."""
    try:
        sent = parse_qs((await request.body()).decode("utf-8", "replace"), True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: texts[0] for name, texts in sent.items()}


@router.post("/residency/apply")
def applied(site: Here, request: Request, values: Annotated[dict[str, str], Depends(_sent)]) -> Response:
    """Take an application in, and lead to the case's own page; or the form again, saying what to mend."""
    if site.writes.wait(request.client.host if request.client else ""):
        return _form(site, request, Form(values, {"": "too_many"}), HTTPStatus.TOO_MANY_REQUESTS)
    now, given = site.clock(), _given(values)
    agency = values.get("agency", "").lower()
    wrong = _wrong(given, values, now)
    if agency not in _agencies(site):
        wrong = {**wrong, "agency": "agency"}
    if wrong:
        return _form(site, request, Form(values, wrong), HTTPStatus.UNPROCESSABLE_ENTITY)

    def act(connection: Connection) -> Applied:
        return apply(connection, site.sealer, agency, given, now)

    made = written(site, act)
    # See other: reloading the page that follows sends nothing again.
    return RedirectResponse(f"/residency/cases/{made.token}?new=1", HTTPStatus.SEE_OTHER)


@router.get("/residency/cases/{token}")
def case(site: Here, request: Request, token: str, new: bool = False) -> HTMLResponse:
    """How an application fares. The address is a secret that only the applicant has."""
    return _case(site, request, token, new=new)


@router.post("/residency/cases/{token}")
def invitation(site: Here, request: Request, token: str) -> HTMLResponse:
    """A fresh code with which an e-resident links a wallet; an unused older one ends."""
    if site.writes.wait(request.client.host if request.client else ""):
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests in a short time.")

    def act(connection: Connection) -> Invited:
        return invite_again(connection, token[:_LONGEST_TOKEN], site.clock())

    made = written(site, act)
    return _case(site, request, token, made)


def _case(site: Site, request: Request, token: str, invited: Invited | None = None, new: bool = False) -> HTMLResponse:
    if len(token) > _LONGEST_TOKEN:
        raise missing()
    with site.reading() as connection:
        found = followed(connection, site.sealer, token, site.clock())
        known = as_of(connection)
    if found is None:
        raise missing()
    approved = found.state is CaseState.APPROVED
    page = site.page(
        request, "case.html", known=known, case=found, token=token, invited=invited, new=new, approved=approved
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _form(site: Site, request: Request, form: Form, status: HTTPStatus) -> HTMLResponse:
    page = site.page(
        request,
        "apply.html",
        status.value,
        known=site.known(),
        form=form,
        agencies=_agencies(site),
        sealed=_seals(site),
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _agencies(site: Site) -> list[str]:
    """The agencies that give e-residency."""
    with site.reading() as connection:
        lines = access.agencies(connection, size=_MOST_AGENCIES).lines
    return [line.agency for line in lines if line.status is AgencyStatus.ACTIVE and "RESIDENCY_OFFICER" in line.scopes]


def _seals(site: Site) -> bool:
    """Whether this service has a key to seal personal data with: without one it takes none in."""
    try:
        return site.sealer is not None
    except Refused:
        return False


def _given(values: Mapping[str, str]) -> dict[str, str]:
    """The fields as the application has them: one date of the three parts that were typed."""
    parts = [values.get(f"birth_{part}", "").strip() for part in ("year", "month", "day")]
    year, month, day = parts
    whole = len(year) == 4 and all(part.isascii() and part.isdecimal() for part in parts)
    born = f"{year}-{month.zfill(2)}-{day.zfill(2)}" if whole else ""
    names = ("given_name", "family_name", "nationality", "document_number", "email", "reason")
    return {**{name: values.get(name, "") for name in names}, "date_of_birth": born}


def _wrong(given: Mapping[str, str], values: Mapping[str, str], now: int) -> dict[str, str]:
    """Every field that an application would be refused for: its name, and the key of what to say."""
    today = datetime.fromtimestamp(now, UTC).date()
    wrong = {}
    for name in _SOUND:
        try:
            application({**_SOUND, name: given[name]}, today)
        except Refused:
            typed = [values.get(f"birth_{part}", "") for part in ("day", "month", "year")]
            empty = not "".join(typed).strip() if name == "date_of_birth" else not given[name].strip()
            wrong[name] = f"{name}.{'missing' if empty else 'wrong'}"
    return wrong
