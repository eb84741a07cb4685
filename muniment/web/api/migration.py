"""Registers that moved in under a Merkle root: which stand, and a public proof for each title."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import FileResponse, Response

from muniment.db.answers import Finality
from muniment.errors import Refused
from muniment.land.migration.serving import MOST_TOGETHER, ProofAnswer, line_as_json, prove, standing_roots
from muniment.land.model import normalise_ref, title_id
from muniment.sentences import sentence_of
from muniment.web.api.common import REFUSED, not_found
from muniment.web.api.models import Answer, Name, Whole
from muniment.web.problem import Problem
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api/migration", tags=["migration"])

Code = Annotated[str, Path(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$", description='ISO 3166, e.g. "GB"')]
Ref = Annotated[str | None, Query(max_length=200, description="A cadastral reference.")]
TitleId = Annotated[str | None, Query(pattern="^0x[0-9a-fA-F]{64}$")]
Length = Annotated[int, Query(ge=1, le=MOST_TOGETHER)]


class Root(Answer):
    """A register that moved in and stands: `status` is pending, in_effect or frozen. `leaves_hash` is SHA-256."""

    number: int
    root: str
    count: int
    leaves_hash: str
    predecessor: str | None
    ready_at: int
    status: Name
    tx_hash: str
    finality: Finality


class Roots(Whole):
    """The roots that stand in a jurisdiction, the oldest first; `served` tells whose titles are proven here."""

    jurisdiction: str
    roots: tuple[Root, ...]
    served: tuple[int, ...]


class Proof(Whole):
    """A proof in the words of ITitleMigration, against the roots listed, the oldest first.

    `kind`: "presence" for TitleRegistry.admit, "neighbours" for admitNeighbours, "absence" for registerAbsent. `moved`
    has the titles as the published file has them; one without shares keeps a retired id. `number` and `status` are the
    holding root's. Where `registered` is true the title has a record, which alone counts.
    """

    jurisdiction: str
    title: str
    kind: str
    proof: str
    moved: list[dict[str, Any]]
    number: int | None
    status: Name | None
    registered: bool
    released: bool
    roots: tuple[Root, ...]


@router.get("/{jurisdiction}", response_model=Roots)
def roots(site: Here, jurisdiction: Code) -> Any:
    """Registers that moved in and stand."""
    with site.reading() as connection:
        known = standing_roots(connection, jurisdiction)
    served = tuple(root.number for root in known.roots if site.moved.tree(jurisdiction, root.root))
    return Roots.model_validate({**vars(known), "served": served})


@router.get("/{jurisdiction}/proof", response_model=Proof, responses=REFUSED)
def proof(site: Here, response: Response, jurisdiction: Code, ref: Ref = None, title: TitleId = None) -> Any:
    """The proof that a register that stands holds a title, or that none does."""
    return _proven(site, response, jurisdiction, _title(jurisdiction, ref, title))


@router.get("/{jurisdiction}/neighbours", response_model=Proof, responses=REFUSED)
def neighbours(
    site: Here, response: Response, jurisdiction: Code, length: Length, ref: Ref = None, title: TitleId = None
) -> Any:
    """One proof for a title and those that follow it in the tree, `length` in all."""
    return _proven(site, response, jurisdiction, _title(jurisdiction, ref, title), length)


@router.get(
    "/{jurisdiction}/roots/{number}/titles.jsonl", responses={**REFUSED, 200: {"content": {"application/jsonl": {}}}}
)
def published(site: Here, jurisdiction: Code, number: Annotated[int, Path(ge=1, lt=4096)]) -> Response:
    """The published file of a register, whole: anyone can build its tree anew, and compare root and SHA-256."""
    with site.reading() as connection:
        known = standing_roots(connection, jurisdiction)
    for root in known.roots:
        tree = site.moved.tree(jurisdiction, root.root) if root.number == number else None
        if tree is not None and tree.leaves.is_file():
            headers = {"Cache-Control": "public, max-age=86400"}
            return FileResponse(tree.leaves, media_type="application/jsonl", filename=tree.leaves.name, headers=headers)
    raise not_found("No such register stands, or its published file is not here.")


def _proven(site: Site, response: Response, jurisdiction: str, title: str, length: int | None = None) -> Proof:
    try:
        with site.reading() as connection:
            answer: ProofAnswer = prove(connection, site.moved, jurisdiction, title, length)
    except Refused as refused:
        missing = refused.name in ("TitleNotMoved", "MovedFilesMissing", "NeighboursRefused")
        status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.INTERNAL_SERVER_ERROR
        raise Problem(status, sentence_of(refused), refused.name) from None
    # A root may come or end with any block, and every proof with it.
    response.headers["Cache-Control"] = "no-cache"
    proven = answer.proven
    return Proof.model_validate(
        {**vars(answer), **vars(proven), "moved": [line_as_json(moved) for moved in proven.moved]}
    )


def _title(jurisdiction: str, ref: str | None, title: str | None) -> str:
    if (ref is None) == (title is None):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Name the title by either ref or title.")
    if title is not None:
        return title.lower()
    try:
        return title_id(jurisdiction, normalise_ref(ref or ""))
    except Refused as refused:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, sentence_of(refused), refused.name) from None
