"""What is answered when something is wrong: a problem detail under /api, a page in plain words elsewhere."""

from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from muniment.chain.rpc import RpcUnavailable
from muniment.web.problem import Problem, problem
from muniment.web.site import site_of

log = structlog.get_logger()

SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing under this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
}
_PAGES = {404, 405, 422, 429, 500, 503}


def install(app: FastAPI) -> None:
    """Answer every exception of the handlers."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for unavailable in (RpcUnavailable, OperationalError, PoolTimeout):
        app.add_exception_handler(unavailable, _unavailable)
    app.add_exception_handler(DBAPIError, _failed)
    app.add_exception_handler(Exception, _failed)


def respond(request: Request, status: HTTPStatus, sentence: str, name: str | None = None) -> Response:
    """The answer for a machine or for a person, by the path."""
    if request.url.path.startswith(("/api", "/health", "/metrics", "/static")):
        return problem(status, sentence, name)
    kind = str(status.value) if status.value in _PAGES else "500" if status >= 500 else "404"
    return site_of(request).page(request, "error.html", status.value, kind=kind)


async def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return respond(request, error.status, error.sentence, error.name)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    response = respond(request, status, SENTENCES.get(status, status.description or status.phrase))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # What was sent is not repeated: it may be private, and it may be long.
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if isinstance(part, str))[:100]
    return respond(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg']}.")


async def _unavailable(request: Request, error: Exception) -> Response:
    log.error("web.unavailable", path=_route(request), error=type(error).__name__)
    sentence = "The service cannot answer now; try again in a few minutes."
    return respond(request, HTTPStatus.SERVICE_UNAVAILABLE, sentence)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("web.failed", path=_route(request), error=type(error).__name__, exc_info=error)
    return respond(request, HTTPStatus.INTERNAL_SERVER_ERROR, "The fault is the service's and has been noted.")


def _route(request: Request) -> str:
    """The route's template, never the path itself: an invitation's code stands in it."""
    return str(getattr(request.scope.get("route"), "path", "unmatched"))
