"""What the routers share that take signatures: limits, transactions, refusals as problems."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.identity.sealing import Sealer
from muniment.identity.submit import Relay
from muniment.web.limits import RateLimit
from muniment.web.problem import Problem, problem
from muniment.web.reasons import sentence
from muniment.web.site import Site

T = TypeVar("T")

_MISSING = {
    "ApplicationUnknown",
    "CompanyUnknown",
    "ContractMissing",
    "FilingUnknown",
    "InvitationUnknown",
    "PartyUnknown",
    "PowerUnknown",
}
_CONFLICTS = {
    "CaseErased",
    "CompanyExists",
    "ContactAcceptedAlready",
    "DecidedAlready",
    "FeeSettledAlready",
    "FilingClosed",
    "InvitationUsed",
    "KeyReused",
    "NameTaken",
    "NonceUsed",
    "PartyBoundAlready",
    "PowerEnded",
    "RecoveryMissing",
    "RecoveryPending",
    "RecoveryTooEarly",
    "StepRefused",
    "VetoRefused",
    "VetoTooLate",
    "WalletTaken",
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
    elif refused.name == "RelayQuota":
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

    A contract judges its signatures itself (ERC-1271); only where the signature is no key's is the chain asked whether
    the wallet is one. Raises Problem where it is refused.
    """
    relay = Relay(site.deployment, site.clock(), site.settings.relays_per_day)
    try:
        with writing(site.engine) as connection:
            return act(connection, relay)
    except Refused as refused:
        if refused.name != "SignatureInvalid" or not _is_contract(site, str(refused.arguments.get("wallet"))):
            raise told(refused) from None
    return written(site, lambda connection: act(connection, replace(relay, contract_wallet=True)))


def _is_contract(site: Site, wallet: str) -> bool:
    if len(wallet) != 42:
        return False
    try:
        code = site.rpc.call("eth_getCode", [wallet, "latest"])
    except (RpcError, RpcUnavailable):
        return False
    return isinstance(code, str) and len(code) > 2
