"""Linking a wallet to a party: what to sign, and the signed answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.errors import Refused
from muniment.identity.binding import bind_request
from muniment.identity.queries import invitation
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain, typed_data
from muniment.web.api import models
from muniment.web.api.acting import relayed, too_many
from muniment.web.api.common import NOT_FOUND, REFUSED, not_found
from muniment.web.api.service import intent_answer
from muniment.web.reasons import sentence
from muniment.web.site import Here

router = APIRouter(prefix="/api/identity", tags=["identity"])

Code = Annotated[str, Path(min_length=1, max_length=64)]
Address = Annotated[str | None, Query(pattern="^0x[0-9a-fA-F]{40}$")]


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
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def act(connection: Connection, relay: Relay) -> str:
        found = invitation(connection, binding.code, relay.now)
        if found is None:
            raise Refused("InvitationUnknown")
        receipt = bind_request(
            connection,
            relay.deployment,
            binding.code,
            binding.wallet,
            found.nonce,
            found.expires_at,
            binding.signature,
            relay.now,
            relay.accepted,
        )
        return receipt.key

    return intent_answer(site, relayed(site, act))
