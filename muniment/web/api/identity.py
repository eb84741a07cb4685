"""Linking a wallet to a party: what to sign, and the signed answer."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.identity.binding import bind_request
from muniment.identity.queries import invitation
from muniment.identity.typed import Domain, typed_data
from muniment.web.api import models
from muniment.web.api.common import NOT_FOUND, REFUSED, not_found
from muniment.web.api.service import intent_answer
from muniment.web.problem import Problem, problem
from muniment.web.reasons import sentence
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api/identity", tags=["identity"])

Code = Annotated[str, Path(min_length=1, max_length=64)]
Address = Annotated[str | None, Query(pattern="^0x[0-9a-fA-F]{40}$")]
_CONFLICTS = {"InvitationUsed", "PartyBoundAlready", "NonceUsed", "WalletTaken"}
_MISSING = {"InvitationUnknown"}


@router.get("/bindings/{code}", response_model=models.Invitation, responses=NOT_FOUND)
def invited(site: Here, response: Response, code: Code, wallet: Address = None) -> Any:
    """An invitation, and for the wallet named exactly what it signs (EIP-712)."""
    response.headers["Cache-Control"] = "no-store"
    with site.reading() as connection:
        found = invitation(connection, code, site.clock())
    if found is None:
        raise not_found(sentence("InvitationUnknown", {}))
    asked = None
    if wallet is not None and found.state == "open":
        message = {"party": found.party, "wallet": wallet.lower(), "nonce": found.nonce, "deadline": found.expires_at}
        asked = typed_data(Domain.of(site.deployment, "PartyRegistry"), "BindWallet", message)
    return models.Invitation(
        party=found.party,
        nonce=found.nonce,
        expires_at=found.expires_at,
        state=found.state,
        typed_data=asked,
        intent=found.intent_key,
    )


@router.post("/bindings", response_model=models.Intent, status_code=202, responses=REFUSED)
def bind(site: Here, request: Request, binding: models.Binding) -> Any:
    """Queue a wallet's binding. The same request again gives the same receipt; another for a used code is refused."""
    seconds = site.writes.wait(request.client.host if request.client else "")
    if seconds:
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "Too many requests in a short time; wait a minute, then try again.",
            headers={"Retry-After": str(int(seconds) + 1)},
        )
    try:
        key = _queue(site, binding, contract_wallet=False)
    except Refused as refused:
        # A contract judges its signatures itself (ERC-1271); only then is the chain asked.
        if refused.name != "SignatureInvalid" or not _is_contract(site, binding.wallet):
            raise _problem(refused) from None
        try:
            key = _queue(site, binding, contract_wallet=True)
        except Refused as again:
            raise _problem(again) from None
    return intent_answer(site, key)


def _queue(site: Site, binding: models.Binding, contract_wallet: bool) -> str:
    now = site.clock()
    with writing(site.engine) as connection:
        found = invitation(connection, binding.code, now)
        if found is None:
            raise Refused("InvitationUnknown")
        receipt = bind_request(
            connection,
            site.deployment,
            binding.code,
            binding.wallet,
            found.nonce,
            found.expires_at,
            binding.signature,
            now,
            contract_wallet,
        )
    return receipt.key


def _is_contract(site: Site, wallet: str) -> bool:
    try:
        code = site.rpc.call("eth_getCode", [wallet, "latest"])
    except (RpcError, RpcUnavailable):
        return False
    return isinstance(code, str) and len(code) > 2


def _problem(refused: Refused) -> Problem:
    if refused.name in _MISSING:
        status = HTTPStatus.NOT_FOUND
    else:
        status = HTTPStatus.CONFLICT if refused.name in _CONFLICTS else HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(status, sentence(refused.name, refused.arguments), refused.name)
