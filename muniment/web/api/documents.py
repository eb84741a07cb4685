"""Documents: what the chain says of one anchored document. The document itself stays with whoever asks."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from muniment.documents.facts import Question, facts_json
from muniment.documents.model import MOST
from muniment.documents.source import NodeSource
from muniment.web.api.common import HexId
from muniment.web.problem import problem
from muniment.web.site import Here

router = APIRouter(prefix="/api", tags=["documents"])


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
