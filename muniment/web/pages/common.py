"""What the pages share."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from muniment.web.problem import Problem

PageNumber = Annotated[int, Query(ge=1, le=10_000)]


def missing() -> Problem:
    """What to raise when a page has nothing to show."""
    return Problem(HTTPStatus.NOT_FOUND, "There is nothing under this address.")
