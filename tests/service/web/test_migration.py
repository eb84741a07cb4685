"""The API of registers that moved in."""

from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from muniment.land.migration.leaf import title_as_given
from muniment.land.migration.proof import StandingRoot, check_absence, check_neighbours, check_presence
from muniment.land.migration.tree import MovedTree
from muniment.land.model import title_id
from muniment.web.site import Site
from tests.service.land.moving import proposed


@pytest.fixture
def tree(web: TestClient, database: Engine, tmp_path: Path) -> MovedTree:
    """A register of nine titles that moved into GB, whose files the service has."""
    site: Site = web.app.state.site  # type: ignore[attr-defined]
    site.moved.folder = tmp_path / "migrations"
    return proposed(database, site.moved.folder, 1, 70, *(f"old {number}" for number in range(9)))


def test_roots(web: TestClient, tree: MovedTree) -> None:
    """The roots that stand must be told with what was proposed, and whether they are proven here."""
    answer = web.get("/api/migration/GB").json()
    (root,) = answer["roots"]
    assert (root["root"], root["count"], root["status"]) == ("0x" + tree.root.hex(), 9, "in_effect")
    assert (answer["served"], answer["as_of"]["number"]) == ([1], 100)
    assert web.get("/api/migration/SE").json()["roots"] == []


def test_proofs(web: TestClient, tree: MovedTree) -> None:
    """A proof that is fetched must convince whoever knows the root alone."""
    standing = [StandingRoot(tree.root, tree.count)]
    held = web.get("/api/migration/GB/proof", params={"ref": "old 3"}).json()
    moved = title_as_given(str(held["moved"][0]).replace("'", '"').encode())
    assert (held["kind"], held["number"], held["registered"], held["released"]) == ("presence", 1, False, False)
    assert check_presence("GB", standing, moved, bytes.fromhex(held["proof"][2:])) == 0
    other = web.get("/api/migration/GB/proof", params={"title": title_id("GB", "new").upper().replace("X", "x")}).json()
    assert (other["kind"], other["moved"], other["number"]) == ("absence", [], None)
    check_absence("GB", standing, bytes.fromhex(other["title"][2:]), bytes.fromhex(other["proof"][2:]))


def test_neighbours(web: TestClient, tree: MovedTree) -> None:
    """Neighbours must be proven together, in the order of the tree."""
    first = "0x" + tree.title_id(2).hex()
    answer = web.get("/api/migration/GB/neighbours", params={"title": first, "length": 5}).json()
    moved = [title_as_given(str(line).replace("'", '"').encode()) for line in answer["moved"]]
    assert moved == [tree.title_at(index) for index in range(2, 7)]
    proof = bytes.fromhex(answer["proof"][2:])
    assert check_neighbours("GB", [StandingRoot(tree.root, 9)], moved, proof) == 0


def test_published_file(web: TestClient, tree: MovedTree) -> None:
    """The file must be served as it was hashed, in part too."""
    path = "/api/migration/GB/roots/1/titles.jsonl"
    whole = web.get(path).content
    assert sha256(whole).digest() == tree.leaves_hash
    assert web.get(path, headers={"Range": "bytes=5-9"}).content == whole[5:10]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/migration/gb", 422),
        ("/api/migration/GB/proof", 422),
        ("/api/migration/GB/proof?ref=a&title=0x" + "ab" * 32, 422),
        ("/api/migration/GB/proof?ref=%00", 422),
        ("/api/migration/GB/proof?ref=", 422),
        ("/api/migration/GB/proof?title=0x12", 422),
        ("/api/migration/GB/neighbours?ref=old%203&length=129", 422),
        ("/api/migration/GB/neighbours?ref=new&length=2", 404),
        ("/api/migration/GB/neighbours?ref=old%203&length=100", 404),
        ("/api/migration/GB/roots/2/titles.jsonl", 404),
        ("/api/migration/GB/roots/0/titles.jsonl", 422),
    ],
)
def test_bad_requests(web: TestClient, tree: MovedTree, path: str, status: int) -> None:
    """What cannot be answered must be refused in one sentence."""
    response = web.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_files_that_are_not_here(web: TestClient, tree: MovedTree) -> None:
    """A root whose files the service lacks must be told as not served, and give no proof."""
    site: Site = web.app.state.site  # type: ignore[attr-defined]
    site.moved.folder = tree.path.parent / "other"
    assert web.get("/api/migration/GB").json()["served"] == []
    response = web.get("/api/migration/GB/proof?ref=new")
    assert (response.status_code, response.json()["error"]) == (404, "MovedFilesMissing")
