"""The page on which anybody checks a document. The file never comes here: the page's script reads it."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from muniment.documents.model import Name
from muniment.web.site import Here

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

# In the order of judgement, but the good ones first: that is what most readers look for.
GOOD = (Name.VALID, Name.VALID_ISSUED_BEFORE_KEY_RETIRED)
NAMES = tuple(name.value for name in (*GOOD, *(name for name in Name if name not in GOOD)))


@router.get("/verify")
def verify(site: Here, request: Request) -> HTMLResponse:
    """How a document is checked, what the verdicts mean, and the place to drop it."""
    return site.page(request, "verify.html", known=site.known(), names=NAMES)
