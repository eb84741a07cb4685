"""What the routers share that take signatures: limits, transactions, refusals as problems."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.identity.judging import is_signed
from muniment.identity.sealing import Sealer
from muniment.identity.signing import Question, Unjudged
from muniment.identity.submit import Relay
from muniment.web.limits import RateLimit
from muniment.web.problem import Problem, problem
from muniment.web.reasons import sentence
from muniment.web.site import Site

T = TypeVar("T")

_MOST_QUESTIONS = 2  # a change of wallet has two signers, everything else one

_MISSING = {
    "ApplicationUnknown",
    "BallotUnknown",
    "CeremonyUnknown",
    "CompanyUnknown",
    "ContractMissing",
    "ElectionUnknown",
    "FilingUnknown",
    "InvitationUnknown",
    "LandActUnknown",
    "PaperUnknown",
    "PartyUnknown",
    "PlaceUnknown",
    "PowerUnknown",
    "RestrictionMissing",
    "RollNotPublished",
    "SaleUnknown",
    "TitleUnknown",
    "UnitUnknown",
}
_CONFLICTS = {
    "AlreadyCounted",
    "AmountRefused",
    "BlindedTaken",
    "BurdensChanged",
    "CaseErased",
    "CaveatStands",
    "ChainBroken",
    "CompanyExists",
    "ContactAcceptedAlready",
    "CredentialTaken",
    "DecidedAlready",
    "DeskNumberRefused",
    "DutyConfirmedAlready",
    "ElectionNotOpened",
    "EnrolledAlready",
    "EnrolmentClosed",
    "FeeSettledAlready",
    "FilingClosed",
    "FreezeStands",
    "GradeMissing",
    "GradeTooEarly",
    "GroupsOpen",
    "InterestExists",
    "InterestMissing",
    "InterestStands",
    "InterestsFull",
    "InvitationUsed",
    "KeyReused",
    "LienExists",
    "LienMissing",
    "LiensChanged",
    "LiensFull",
    "NameTaken",
    "NonceUsed",
    "NotJoined",
    "NotOpen",
    "NothingDue",
    "NoticeStands",
    "PaperClosed",
    "PartyBoundAlready",
    "PayoffWaits",
    "PayoffsRefused",
    "PowerEnded",
    "RankRefused",
    "RecordErased",
    "RecoveryMissing",
    "RecoveryPending",
    "RecoveryTooEarly",
    "RollClosed",
    "RollOpen",
    "RootNotInEffect",
    "SaleExists",
    "SaleOverdue",
    "SettlementQueued",
    "StepRefused",
    "TitleExists",
    "TitleIsReleased",
    "TitleIsRetired",
    "VersionStale",
    "VetoRefused",
    "VetoTooLate",
    "WalletTaken",
    "WrongMoney",
    "WrongStep",
}


def too_many(limit: RateLimit, request: Request) -> Response | None:
    """The answer to a client that asks too often; None for any other."""
    seconds = limit.wait(request.client.host if request.client else "")
    if not seconds:
        return None
    told = "Too many requests in a short time; wait a minute, then try again."
    return problem(HTTPStatus.TOO_MANY_REQUESTS, told, headers={"Retry-After": str(int(seconds) + 1)})


def told(refused: Refused) -> Problem:
    """A refusal as a problem with its sentence."""
    if refused.name in _MISSING:
        status = HTTPStatus.NOT_FOUND
    elif refused.name in ("RefusedJustNow", "RelayQuota"):
        status = HTTPStatus.TOO_MANY_REQUESTS
    else:
        status = HTTPStatus.CONFLICT if refused.name in _CONFLICTS else HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(status, sentence(refused.name, refused.arguments), refused.name)


def sealer_of(site: Site) -> Sealer:
    """What seals personal data. Raises Problem where there is no key."""
    try:
        return site.sealer
    except Refused as refused:
        raise told(refused) from None


def written(site: Site, act: Callable[[Connection], T]) -> T:
    """Do something in one transaction. Raises Problem where it is refused."""
    try:
        with writing(site.engine) as connection:
            return act(connection)
    except Refused as refused:
        raise told(refused) from None


def relayed(site: Site, act: Callable[[Connection, Relay], T]) -> T:
    """Take a signature in one transaction.

    Where it is no key's, the chain is asked between two transactions whether it is its signer's all the same: one of a
    contract (ERC-1271), of an organisation, of officers who stand in. Raises Problem where it is refused.
    """
    relay = Relay(site.deployment, site.clock(), site.settings.relays_per_day)
    accepted: set[Question] = set()
    while True:
        try:
            with writing(site.engine) as connection:
                return act(connection, replace(relay, accepted=accepted))
        except Unjudged as unjudged:
            if len(accepted) == _MOST_QUESTIONS or not is_signed(site.rpc, site.deployment, unjudged.question):
                raise told(unjudged) from None
            accepted.add(unjudged.question)
        except Refused as refused:
            raise told(refused) from None
