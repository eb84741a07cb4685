"""Problem details for the API (RFC 9457): a status, and one sentence that a person can act on."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer other than success. `name` is the error's name in `muniment.sentences`, where there is one."""

    def __init__(self, status: HTTPStatus, sentence: str, name: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.name = status, sentence, name


def problem(
    status: HTTPStatus,
    sentence: str,
    name: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """The response of a problem; `more` adds members of our own."""
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": sentence}
    if name is not None:
        body["error"] = name
    return JSONResponse(
        {**body, **more}, status.value, {"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE
    )
