"""The pages, read without a browser: what they say, and that hostile text stays text."""

import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from muniment.db import schema
from muniment.db.engine import writing
from muniment.hashing import keccak
from tests.service.web.conftest import AGENCY, HOLDERS, HOSTILE, LONGEST, REFS, title_of

PAGES = (
    "/",
    "/land",
    "/land?q=1&jurisdiction=SE",
    "/land/map",
    "/land/map?jurisdiction=SE",
    *(f"/land/{title_of(ref)}" for ref in REFS),
    f"/parties/{HOLDERS[0]}",
    f"/parties/{HOLDERS[1]}",
    "/agencies",
    "/elections",
    f"/agencies/{AGENCY}",
    "/status",
)
VOID = {"meta", "link", "img", "input", "br", "path", "rect"}


class Outline(HTMLParser):
    """Collects tags, attributes and ids, and checks that elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    # The names are HTMLParser's.
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element opens."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element opens and closes at once."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """The element opened last closes."""
        if tag not in VOID:
            assert self._open.pop() == tag


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sound(web: TestClient, path: str) -> None:
    """Every page nests properly, has one heading, unique ids, and nothing inline or from elsewhere."""
    response = web.get(path)
    assert response.status_code == 200
    page = Outline(response.text)
    assert page.tags.count("h1") == 1
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"style", "srcdoc"})
    assert "style" not in page.tags
    assert page.tags.count("script") == sum(1 for name, _ in page.attributes if name == "src") - page.tags.count("img")
    links = [value or "" for name, value in page.attributes if name in ("href", "src", "action")]
    assert all(link.startswith(("/", "#", "?")) and not link.startswith("//") for link in links)


def test_reference_from_the_chain_stays_text(web: TestClient) -> None:
    """A reference with markup and direction overrides is shown as text, isolated, with the override replaced."""
    for path in (f"/land/{title_of(HOSTILE)}", "/land", f"/parties/{HOLDERS[0]}"):
        html = web.get(path).text
        assert "<script>alert" not in html
        assert "\u202e" not in html
        assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;\N{REPLACEMENT CHARACTER}gnp&#34;&#39;&amp;</bdi>" in html


def test_search_text_stays_text(web: TestClient) -> None:
    """What was searched for comes back in the box as text."""
    html = web.get("/land", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in html
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in html


def test_title_page_says_what_counts(web: TestClient) -> None:
    """A title's page has its area, exact shares, grade, status of the register, block and finality in words."""
    html = web.get(f"/land/{title_of(REFS[0])}").text
    for words in (
        "Gävle Torp 1:1", "6,100.5\N{NO-BREAK SPACE}m²", f">1/{2**64 - 1}<", f"{2**64 - 4}/{2**64 - 1}", "Provisional",
        "Mirror:", "29 February 2024",
        "True at block 100", "The block is final", "Title registered", "Not recorded",
    ):  # fmt: skip
        assert words in html


@pytest.mark.parametrize(
    ("at", "words"), [(0, "The block is final"), (1, "very unlikely"), (2, "can still be replaced")]
)
def test_finality_in_words(web: TestClient, at: int, words: str) -> None:
    """Each page explains how final its own entry is."""
    assert words in web.get(f"/land/{title_of(REFS[at])}").text


def test_neighbours_are_drawn(web: TestClient) -> None:
    """A title's map shows its parcel and its neighbours, each a link to its title."""
    html = web.get(f"/land/{title_of(REFS[0])}").text
    assert html.count("m-map__parcel--here") == 1
    near = re.findall(r'<a href="/land/(0x\w+)" tabindex="-1"><path class="m-map__parcel m-map__parcel--near"', html)
    assert title_of(REFS[1]) in near
    assert title_of(REFS[0]) not in near


@pytest.mark.parametrize(
    "path",
    [
        "/land/x", f"/land/{keccak(b'unknown')}", "/parties/x", f"/parties/{keccak(b'u')}", "/agencies/x",
        f"/agencies/{keccak(b'u')}", "/bind/NONE", "/bind/" + "A" * 500, "/nothing", "/land/%ff", "/static/none",
        "/static/assets/../../pyproject.toml", "/static/assets/%2e%2e/manifest.json", "/static/assets/..%5cx",
    ],
)  # fmt: skip
def test_missing_pages(web: TestClient, path: str) -> None:
    """What is not there is 404."""
    assert web.get(path).status_code == 404


def test_error_pages_in_plain_words(web: TestClient, database: Engine) -> None:
    """A person gets a page in words with a way on: not found, unreadable, and out of order."""
    assert "There is nothing under this address" in web.get("/nothing").text
    unreadable = web.get("/land?page=x")
    assert unreadable.status_code == 422
    assert "start from the search" in unreadable.text
    with writing(database) as connection:
        connection.exec_driver_sql("DROP TABLE titles")
    broken = web.get("/")
    assert broken.status_code == 503
    assert "records are safe on the chain" in broken.text
    assert web.get("/api/titles").status_code == 503


def test_halted_indexer_is_said_on_every_page(web: TestClient, database: Engine) -> None:
    """When reading the chain stopped for good, every page with facts says so."""
    with writing(database) as connection:
        connection.execute(update(schema.checkpoints).values(halted="another <b>genesis</b>"))
    for path in ("/", "/land", f"/land/{title_of(LONGEST)}", "/status"):
        assert "Reading the chain has stopped" in web.get(path).text
    assert "another &lt;b&gt;genesis" in web.get("/status").text


def test_pages_of_results(web: TestClient) -> None:
    """Results beyond the last page are an empty page, not an error."""
    response = web.get("/land?page=10000")
    assert response.status_code == 200
    assert "No title found" in response.text


def test_before_anything_is_indexed(empty: TestClient) -> None:
    """A service that has read nothing yet shows empty pages and says so."""
    for path in ("/", "/land", "/land/map", "/agencies", "/status"):
        response = empty.get(path)
        assert response.status_code == 200
        assert "No block of the chain has been read yet" in response.text


def test_built_files_are_kept_for_ever(web: TestClient) -> None:
    """Files with hashed names may be cached for a year."""
    response = web.get("/static/assets/styles-1.css")
    assert "immutable" in response.headers["cache-control"]
    assert web.get("/favicon.ico").status_code == 200
