"""Elections: what is voted on, who makes the key, turnout, single ballots, results, the published roll and log."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.ballots import queries
from muniment.ballots.enrolment.office import log_of
from muniment.ballots.enrolment.roll_building import built_roll
from muniment.ballots.results_csv import csv_of
from muniment.ballots.setups import setup_of
from muniment.ballots.states import CEREMONY, CeremonyStage
from muniment.ballots.trustees.share_files import kept
from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.chain.signer import KeystoreUnusable
from muniment.chain.views import View, ask
from muniment.errors import Refused
from muniment.web.api import ballot_models as models
from muniment.web.api.acting import told
from muniment.web.api.common import NOT_FOUND
from muniment.web.api.land import PageNumber, Size
from muniment.web.reasons import sentence
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api/elections", tags=["elections"])

Name = Annotated[
    str,
    Path(
        pattern="^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$",
        description="The setup's id, the election's id, or the box's address.",
    ),
]
Tracker = Annotated[str, Path(pattern="^0x[0-9a-fA-F]{64}$")]
Number = Annotated[int, Path(ge=0, lt=2**32)]
T = TypeVar("T")
_RUNNING = ("ceremony",)


def answered(site: Site, query: Callable[[Connection], T]) -> T:
    """Ask the read tables. Raises Problem where it is refused."""
    with site.reading() as connection:
        try:
            return query(connection)
        except Refused as refused:
            raise told(refused) from None


@router.get("", response_model=models.Elections)
def elections(site: Here, page: PageNumber = 1, size: Size = 25) -> Any:
    """Every election from its announcement on, the newest first."""
    with site.reading() as connection:
        found = queries.elections_page(connection, site.clock(), page, size)
    return {"as_of": found.as_of, "page": found.page, "elections": found.elections}


@router.get("/{election}", response_model=models.Election, responses=NOT_FOUND)
def election(site: Here, election: Name) -> Any:
    """One election: manifest, the trustees' ceremony, schedule, units with their turnout, groups."""
    found = answered(site, lambda connection: queries.election(connection, election, site.clock()))
    if found["phase"] in _RUNNING:
        found["ceremony"]["stage"] = _stage(site, found["setup"]) or found["ceremony"]["stage"]
    return {**found, "ceremony_contract": site.registry_of(CEREMONY), "relayer": _relayer(site)}


@router.get("/{election}/turnout", response_model=models.Turnout, responses=NOT_FOUND)
def turnout(site: Here, election: Name, step: Annotated[int, Query(ge=60, le=86_400)] = 3_600) -> Any:
    """How many have voted, by unit, and when."""
    return answered(site, lambda connection: queries.turnout(connection, election, step))


@router.get("/{election}/results", response_model=models.Results, responses=NOT_FOUND)
def results(site: Here, election: Name) -> Any:
    """What was counted, by contest, area and group of units."""
    return answered(site, lambda connection: queries.results(connection, election))


@router.get("/{election}/results.csv", responses={**NOT_FOUND, 200: {"content": {"text/csv": {}}}})
def results_csv(site: Here, election: Name) -> Response:
    """The same for spreadsheets: one line for each contest, area and option that is counted."""
    found = answered(site, lambda connection: queries.results(connection, election))
    name = f"results-{found['setup'][2:12]}.csv"
    return Response(
        csv_of(found), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/{election}/roll", response_model=models.Roll, responses=NOT_FOUND)
def roll(site: Here, election: Name) -> Response:
    """The published roll, byte for byte: every credential with the signature that put it there."""
    text = answered(site, lambda connection: built_roll(connection, setup_of(connection, election).setup).text)
    return Response(text, media_type="application/json")


@router.get("/{election}/roll/units/{unit}", response_model=models.UnitLines, responses=NOT_FOUND)
def roll_of_unit(site: Here, election: Name, unit: Number) -> Any:
    """One unit of the roll. Whoever asked for a single line would tell whose it is."""
    return answered(site, lambda connection: queries.roll_of_unit(connection, election, unit))


@router.get("/{election}/log", response_model=models.Log, responses=NOT_FOUND)
def log(site: Here, election: Name) -> Any:
    """The enrolment office's log: who got a signature, and on what it rests."""
    return answered(site, lambda connection: log_of(connection, setup_of(connection, election).setup))


@router.get("/{election}/ballots/{tracker}", response_model=models.Tracked, responses=NOT_FOUND)
def ballot(site: Here, election: Name, tracker: Tracker) -> Any:
    """What became of a ballot: waiting, refused, counted, replaced, withdrawn or skipped."""
    found = answered(site, lambda connection: queries.ballot(connection, election, tracker.lower()))
    why = found["reason"]
    if why is not None:
        found["reason"] = {"error": why["error"], "sentence": sentence(why["error"], why["arguments"])}
    return found


@router.get("/{election}/ballots/{tracker}/packed", response_model=models.Packed, responses=NOT_FOUND)
def packed(site: Here, election: Name, tracker: Tracker) -> Any:
    """A ballot's bytes, once it is on the chain, where this relay sent it there: what a later one replaces."""
    return {"packed": answered(site, lambda connection: queries.packed(connection, election, tracker.lower()))}


@router.get("/{election}/voters/{unit}/{index}", response_model=models.VoterLine, responses=NOT_FOUND)
def voter(site: Here, election: Name, unit: Number, index: Number) -> Any:
    """What a line of the roll has cast."""
    return answered(site, lambda connection: queries.voter(connection, election, unit, index))


@router.get("/{election}/enrolments/{voter}", response_model=models.Enrolled, responses=NOT_FOUND)
def enrolled(site: Here, election: Name, voter: Annotated[str, Path(pattern="^0x[0-9a-fA-F]{64}$")]) -> Any:
    """Whether a voter counts as enrolled: whoever was enrolled without knowing sees it here."""
    return answered(site, lambda connection: queries.enrolled(connection, election, voter.lower()))


@router.get("/{election}/shares", response_model=models.SharesKept, responses=NOT_FOUND)
def shares(site: Here, election: Name) -> Any:
    """The trustees' share files that are here: anybody counts with them."""
    files = answered(site, lambda connection: kept(connection, setup_of(connection, election)))
    return {"shares": [one.file for one in files]}


def _relayer(site: Site) -> str | None:
    """Who signs receipts of ballots here; None where nobody can."""
    try:
        return site.receipts.address
    except (Refused, KeystoreUnusable):
        return None


def _stage(site: Site, setup: str) -> str | None:
    """The stage at the present time, before anybody has told the contract that time passed."""
    try:
        return CeremonyStage(ask(site.rpc, site.deployment, View(CEREMONY, "stageOf", (setup,)))).name.lower()
    except (RpcError, RpcUnavailable, KeyError, ValueError):
        return None
