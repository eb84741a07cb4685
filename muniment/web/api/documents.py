"""Documents: what the chain says of one anchored document, and roots that a party issues in its own name.

The documents themselves stay with whoever asks.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select
from starlette.responses import Response

from muniment.chain.outbox import Receipt, enqueue
from muniment.chain.typed_data import digest_of, signer_of
from muniment.db.schema import intents
from muniment.documents.approving import Asked
from muniment.documents.facts import Question, facts_json
from muniment.documents.model import MOST
from muniment.documents.source import NodeSource
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.identity import signing
from muniment.identity.signing import (
    check_deadline,
    check_party_signs,
    check_quota,
    check_settled,
    fresh,
    wallet_of,
)
from muniment.identity.submit import Relay
from muniment.web.api import models
from muniment.web.api.acting import relayed, told, too_many
from muniment.web.api.common import REFUSED, HexId
from muniment.web.api.service import intent_answer
from muniment.web.problem import problem
from muniment.web.site import Here

router = APIRouter(prefix="/api", tags=["documents"])

Hash = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$")]


class DocumentFacts(BaseModel):
    """Facts in the form of docs/documents.md, `scopes` as decimal text; null when no node gives them now."""

    facts: dict[str, Any] | None


@router.get("/documents/{issuer}/{root}/{index}", response_model=DocumentFacts)
def facts(
    site: Here,
    request: Request,
    response: Response,
    issuer: HexId,
    root: HexId,
    index: Annotated[int, Path(ge=0, le=MOST)],
) -> Any:
    """The anchor of a root, the keys that it rests on, and how one of its documents stands, all at one block."""
    seconds = site.questions.wait(request.client.host if request.client else "")
    if seconds:
        sentence = "Too many requests in a short time; wait a minute, then try again."
        return problem(HTTPStatus.TOO_MANY_REQUESTS, sentence, headers={"Retry-After": str(int(seconds) + 1)})
    # The answer changes when somebody revokes: it must be asked for each time.
    response.headers["Cache-Control"] = "no-store"
    return DocumentFacts(facts=_facts(site, issuer.lower(), root.lower(), index))


class RootAsked(BaseModel):
    """A root that a party is to issue in its own name; `expires_at` is Unix seconds, 0 for never."""

    model_config = ConfigDict(extra="forbid")

    party: Hash
    root: Hash
    schema_: Hash = Field(default=ZERO_HASH, alias="schema")
    count: int = Field(ge=1, le=MOST)
    expires_at: int = Field(default=0, ge=0, le=MOST)


class RootSigned(RootAsked):
    """The same with the party's signature over what was shown with this nonce and deadline."""

    nonce: models.Decimal
    deadline: int = Field(ge=0, le=MOST)
    signature: str = Field(pattern="^0x([0-9a-fA-F]{2}){0,10000}$")


class RootToSign(BaseModel):
    """What the party signs: Approval without a policy (EIP-712)."""

    party: str
    nonce: models.Uint
    deadline: int
    typed_data: dict[str, Any]


@router.post("/documents/approvals/typed-data", response_model=RootToSign, responses=REFUSED)
def approval_data(site: Here, request: Request, asked: RootAsked) -> Any:
    """What a party signs to issue a root in its own name."""
    if (refusal := too_many(site.questions, request)) is not None:
        return refusal
    end = fresh(site.clock())
    return RootToSign(party=asked.party.lower(), typed_data=_asked(site, asked, **end).typed_data(), **end)


@router.post("/documents/approvals", response_model=models.Intent, status_code=202, responses=REFUSED)
def approve(site: Here, request: Request, sent: RootSigned) -> Any:
    """Queue a root that a party issues in its own name."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    asked = _asked(site, sent, int(sent.nonce), sent.deadline)

    def act(connection: Connection, relay: Relay) -> Receipt:
        approval = asked.approval(asked.issuer, sent.signature)
        wallet, typed_data = wallet_of(connection, asked.issuer), asked.typed_data()
        if wallet is None:
            check_party_signs(connection, asked.issuer)
        signature = approval["signature"]
        if wallet is None or signer_of(typed_data, signature) != wallet:
            question = signing.Question(wallet or asked.issuer, digest_of(typed_data), signature)
            signing.check_accepted(question, relay.accepted)
        wanted = asked.request([approval])
        if connection.execute(select(intents.c.key).where(intents.c.key == wanted.key)).first() is None:
            check_deadline(asked.deadline, relay.now)
            check_settled(connection, asked.issuer)
            check_quota(connection, asked.issuer, wanted.kind, relay.most, relay.now)
        return enqueue(connection, wanted, relay.now)

    return intent_answer(site, relayed(site, act).key)


def _asked(site: Here, asked: RootAsked, nonce: int, deadline: int) -> Asked:
    registry = site.deployment.contracts.get("DocumentRegistry")
    if registry is None:
        raise told(Refused("RegistryMissing", network=site.deployment.network))
    return Asked(
        chain_id=site.deployment.chain_id,
        registry=registry.address,
        issuer=asked.party.lower(),
        root=asked.root.lower(),
        schema=asked.schema_.lower(),
        count=asked.count,
        expires_at=asked.expires_at,
        policy=None,
        nonce=nonce,
        deadline=deadline,
    )


def _facts(site: Here, issuer: str, root: str, index: int) -> dict[str, Any] | None:
    registry = site.deployment.contracts.get("DocumentRegistry")
    if registry is None:
        return None
    question = Question(site.deployment.chain_id, registry.address, issuer, root, index)
    found = NodeSource(site.rpc, site.deployment).facts(question)
    if found is None:
        return None
    value = facts_json(found)
    for key in value["keys"]:
        key["scopes"] = str(key["scopes"])  # 64 bits, more than a JSON number holds everywhere
    return value
