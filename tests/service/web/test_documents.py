"""The question about one document's anchor: what is answered when there is no registry, or when too many ask."""

from fastapi.testclient import TestClient

from muniment.documents.model import MOST
from tests.service.web.conftest import AGENCY

ASKED = f"/api/documents/{AGENCY}/{AGENCY}"


def test_no_registry(web: TestClient) -> None:
    """Without a registry of documents there are no facts, and the answer must not be kept."""
    answer = web.get(f"{ASKED}/0")
    assert answer.json() == {"facts": None}
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_no_index(web: TestClient) -> None:
    """An index that the chain cannot hold is refused."""
    assert [web.get(f"{ASKED}/{index}").status_code for index in (-1, MOST + 1, "x", MOST)] == [422, 422, 422, 200]


def test_too_many_questions(web: TestClient) -> None:
    """Whoever asks again and again is told to wait: each question costs a node several calls."""
    answers = [web.get(f"{ASKED}/0").status_code for _ in range(40)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert int(web.get(f"{ASKED}/0").headers["retry-after"]) >= 1


def test_page_in_every_language(web: TestClient) -> None:
    """The page names every verdict in the reader's language, and is whole without scripts."""
    for language, valid in (("en", "Valid"), ("et", "Kehtib"), ("sv", "Gäller")):
        page = web.get("/verify", params={"lang": language})
        assert page.status_code == 200
        assert f">{valid}</th>" in page.text
        assert "muniment documents verify" in page.text
