"""Acts on titles: what parties sign, gathered until all have; and what anyone may ask for once its time has come."""

from collections.abc import Callable
from typing import Annotated, Any

import rfc8785
from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.chain.outbox import Receipt
from muniment.errors import Refused
from muniment.land import acts, submit
from muniment.land.act_kinds import ActKind
from muniment.land.migration.leaf import title_of
from muniment.web.api import land_models as shapes
from muniment.web.api import models
from muniment.web.api.acting import relayed, told, too_many, written
from muniment.web.api.common import NOT_FOUND, REFUSED, HexId
from muniment.web.api.service import intent_answer
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api", tags=["land"])

ActId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Id = Annotated[str, Query(pattern=models.ID)]
OptionalId = Annotated[str | None, Query(pattern=models.ID)]


@router.post("/land/acts", response_model=shapes.LandAct, status_code=201, responses=REFUSED)
def open_act(site: Here, request: Request, asked: shapes.ActAsked) -> Any:
    """Open an act that parties sign. Whoever knows its id can see who has signed."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    given, now = shapes.lowered(asked.model_dump()), site.clock()

    def act(connection: Connection) -> acts.Consents:
        return acts.act_of(connection, acts.open_act(connection, ActKind(asked.kind), given, now))

    return shapes.LandAct.model_validate(written(site, act))


@router.get("/land/acts/{act}", response_model=shapes.LandAct, responses=NOT_FOUND)
def act(site: Here, response: Response, act: ActId) -> Any:
    """How an act stands."""
    response.headers["Cache-Control"] = "no-store"
    with site.reading() as connection:
        try:
            return shapes.LandAct.model_validate(acts.act_of(connection, act))
        except Refused as refused:
            raise told(refused) from None


@router.get("/land/acts/{act}/typed-data", response_model=models.Asked, responses=REFUSED)
def typed_data(site: Here, response: Response, act: ActId, party: Id, attorney: OptionalId = None) -> Any:
    """What a party signs, or an attorney for it; and whose wallets sign it."""
    response.headers["Cache-Control"] = "no-store"
    with site.reading() as connection:
        try:
            who = (party.lower(), attorney and attorney.lower())
            return models.Asked.model_validate(
                acts.to_sign(connection, site.deployment, act, *who), from_attributes=True
            )
        except Refused as refused:
            raise told(refused) from None


@router.post("/land/acts/{act}/consents", response_model=shapes.LandAct, responses=REFUSED)
def consent(site: Here, request: Request, act: ActId, sent: shapes.Consent) -> Any:
    """Take a signature; with the last one, what needs no registrar is queued."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    given = shapes.lowered(sent.model_dump())
    return shapes.LandAct.model_validate(
        relayed(site, lambda connection, relay: acts.consent(connection, relay, act, **given))
    )


@router.post("/titles/{title}/grade/complete", response_model=models.Intent, status_code=202, responses=REFUSED)
def complete_grade(site: Here, request: Request, title: HexId) -> Any:
    """Queue that a proposed grade takes effect, once objections were heard."""
    now = site.clock()
    return _queued(site, request, lambda connection: submit.complete_grade(connection, title.lower(), now))


@router.post("/land/interests/expire", response_model=models.Intent, status_code=202, responses=REFUSED)
def expire_interest(site: Here, request: Request, over: shapes.InterestOver) -> Any:
    """Queue that a lease or an easement whose time is over is struck out."""
    now, what = site.clock(), (over.title.lower(), over.interest.lower())
    return _queued(site, request, lambda connection: submit.expire_interest(connection, *what, now))


@router.post("/titles/admit", response_model=models.Intent, status_code=202, responses=REFUSED)
def admit(site: Here, request: Request, sent: shapes.Admission) -> Any:
    """Queue that a title which moved in with its register is written down, so that acts can change it."""
    now = site.clock()

    def act(connection: Connection) -> Receipt:
        try:
            line = rfc8785.dumps(dict(sent.moved)) + b"\n"
        except rfc8785.CanonicalizationError:
            raise Refused("LeafLineUnreadable", line=str(sent.moved)[:100]) from None
        moved = title_of(line)
        return submit.admit(connection, sent.jurisdiction, moved, sent.proof.lower(), now)

    return _queued(site, request, act)


def _queued(site: Site, request: Request, act: Callable[[Connection], Receipt]) -> Any:
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    return intent_answer(site, written(site, act).key)
