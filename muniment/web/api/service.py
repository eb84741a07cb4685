"""The service itself: where the contracts are, how far the chain was read, what became of a request."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from muniment.chain import queries
from muniment.db.answers import as_of
from muniment.identity.telling import done_by_others
from muniment.web.api import models
from muniment.web.api.common import NOT_FOUND, not_found
from muniment.web.reasons import sentence_of
from muniment.web.site import Here

router = APIRouter(prefix="/api", tags=["service"])


@router.get("/status", response_model=models.Status)
def status(site: Here) -> Any:
    """The last block read, and how many intents stand in each state."""
    with site.reading() as connection:
        return models.Status.model_validate(queries.status(connection), from_attributes=True)


@router.get("/deployment", response_model=models.Deployment)
def deployment(site: Here, response: Response) -> Any:
    """Addresses and ABIs of the contracts, for whoever reads the chain without this service."""
    response.headers["Cache-Control"] = "public, no-cache"
    contracts = {
        name: models.Contract.model_validate(contract, from_attributes=True)
        for name, contract in site.deployment.contracts.items()
    }
    return models.Deployment(
        network=site.deployment.network,
        chain_id=site.deployment.chain_id,
        genesis_hash=site.deployment.genesis_hash,
        contracts=contracts,
        rpc=site.demo_rpc,
    )


@router.get("/intents/{key:path}", response_model=models.Intent, responses=NOT_FOUND)
def intent(site: Here, response: Response, key: Annotated[str, Path(max_length=200)]) -> Any:
    """What became of a request: its state, transaction and block, and why it was refused."""
    response.headers["Cache-Control"] = "no-store"
    return intent_answer(site, key)


def intent_answer(site: Here, key: str) -> models.Intent:
    """The receipt of an intent. Raises Problem (404) when there is none."""
    with site.reading() as connection:
        line = queries.intent(connection, key)
        known = as_of(connection)
        done = None if line is None else done_by_others(connection, key)
    if line is None:
        raise not_found("There is no such request.")
    if done is not None:
        # Not refused in truth: what was signed is on the chain, in somebody else's transaction.
        line = replace(
            line,
            state=done.finality.value,
            reason=None,
            tx_hash=done.tx_hash,
            block_number=done.block_number,
            block_hash=done.block_hash,
        )
    return models.Intent.model_validate(
        {
            **{name: getattr(line, name) for name in models.Intent.model_fields if hasattr(line, name)},
            "as_of": known,
            "sentence": sentence_of(line.reason),
            "error": None if line.reason is None else line.reason.get("error"),
        }
    )
