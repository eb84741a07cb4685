"""What the routers of the API share."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path

from muniment.web.api.models import Problem as ProblemModel
from muniment.web.problem import MEDIA_TYPE, Problem

HexId = Annotated[str, Path(pattern="^0x[0-9a-fA-F]{64}$")]


def _documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": ProblemModel.model_json_schema()}}
    return {status.value: {"description": status.phrase, "content": content} for status in statuses}


NOT_FOUND = _documented(HTTPStatus.NOT_FOUND)
REFUSED = _documented(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS
)


def not_found(sentence: str) -> Problem:
    """The problem to raise when there is no such thing."""
    return Problem(HTTPStatus.NOT_FOUND, sentence)
