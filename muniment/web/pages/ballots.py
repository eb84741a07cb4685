"""Elections: the list, one election, and the pages on which voters enrol, vote, test, track, and check the count."""

import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from muniment.ballots import queries
from muniment.ballots.ballot_codes import groups_of, read_code
from muniment.errors import Refused
from muniment.web.language import choose
from muniment.web.pages.common import PageNumber, missing
from muniment.web.reasons import sentence_of
from muniment.web.site import Here, Site
from muniment.web.text import ADDRESS, is_id

router = APIRouter(prefix="/elections", include_in_schema=False, default_response_class=HTMLResponse)

T = TypeVar("T")
_CLOSED = ("grace", "joining", "counting", "counted", "undecrypted")


@router.get("")
def elections(site: Here, request: Request, page: PageNumber = 1) -> HTMLResponse:
    """Every election from its announcement on, 25 to a page, the newest first."""
    with site.reading() as connection:
        found = queries.elections_page(connection, site.clock(), page)

    def link(number: int) -> str:
        return "/elections?" + urlencode({"page": number})

    return site.page(request, "elections.html", known=found.as_of, found=found, link=link)


@router.get("/{election}")
def election(site: Here, request: Request, election: str) -> HTMLResponse:
    """One election: what is voted on, how far it is, who made the key, how many voted, and what can be done now."""
    return _page(site, request, "election.html", election)


@router.get("/{election}/enrol")
def enrol(site: Here, request: Request, election: str, voter: str = "") -> HTMLResponse:
    """Where a voter gets a credential, and later hands it in for the roll."""
    return _page(site, request, "election_enrol.html", election, voter=voter.lower() if is_id(voter) else "")


@router.get("/{election}/vote")
def vote(site: Here, request: Request, election: str) -> HTMLResponse:
    """The ballot paper, and the way from it into the box."""
    return _page(site, request, "election_vote.html", election)


@router.get("/{election}/paper")
def paper(site: Here, request: Request, election: str) -> HTMLResponse:
    """Where a voter withdraws, to vote on paper instead."""
    return _page(site, request, "election_paper.html", election)


@router.get("/{election}/test")
def test(site: Here, request: Request, election: str) -> HTMLResponse:
    """The second device's page: whether the first made the ballot that it was asked for."""
    return _page(site, request, "election_test.html", election)


@router.get("/{election}/track")
def track(site: Here, request: Request, election: str, tracker: str = "") -> HTMLResponse:
    """What became of a ballot, by its tracker."""
    code = read_code(tracker[:200]) if tracker.strip() else None
    found = None
    if code is not None:
        try:
            with site.reading() as connection:
                found = queries.ballot(connection, election, code)
        except Refused as refused:
            if refused.name != "BallotUnknown":
                raise missing() from None
    reason = None if found is None or found["reason"] is None else sentence_of(found["reason"], choose(request))
    return _page(
        site,
        request,
        "election_track.html",
        election,
        asked=tracker.strip()[:200],
        tracker=code,
        code=None if code is None else groups_of(code),
        found=found,
        reason=reason,
        followed=json.dumps(found and {key: found[key] for key in ("tracker", "unit", "index", "state")}),
    )


@router.get("/{election}/results")
def results(site: Here, request: Request, election: str) -> HTMLResponse:
    """What was counted, by contest and area: bars with the numbers beside."""
    found = _asked(site, election, lambda connection: queries.results(connection, election))
    return _page(site, request, "election_results.html", election, results=found)


@router.get("/{election}/verify")
def verify(site: Here, request: Request, election: str) -> HTMLResponse:
    """Where the reader's own browser counts everything again."""
    return _page(site, request, "election_verify.html", election)


def _page(site: Site, request: Request, template: str, election: str, **context: Any) -> HTMLResponse:
    answer = _asked(site, election, lambda connection: queries.election(connection, election, site.clock()))
    return site.page(
        request,
        template,
        known=answer["as_of"],
        answer=answer,
        manifest=answer["manifest"],
        stage=_stage(answer),
        closed=answer["phase"] in _CLOSED,
        ballots=sum(unit["ballots"] for unit in answer["units"]),
        lines=sum(unit["lines"] for unit in answer["units"]),
        received=sum(unit["received"] for unit in answer["units"]),
        **context,
    )


def _asked(site: Site, election: str, query: Callable[[Connection], T]) -> T:
    """Ask about an election by any of its names. Raises Problem (404)."""
    if not is_id(election) and not ADDRESS.fullmatch(election):
        raise missing()
    with site.reading() as connection:
        try:
            return query(connection)
        except Refused:
            raise missing() from None


def _stage(answer: dict[str, Any]) -> str:
    """The phase in one word for the reader; between the key and the box it is told by the office's windows."""
    if answer["phase"] != "ready":
        return str(answer["phase"])
    if answer["roll"] == "published":
        return "listed"
    if answer["enrolment"] != "closed":
        return "enrolling" if answer["enrolment"] == "open" else "announced"
    return "collecting" if answer["roll"] == "open" else "listing"
