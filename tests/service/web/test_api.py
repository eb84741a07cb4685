"""The API's contract: every route, with good, bad and hostile requests."""

import json
from importlib import import_module
from pkgutil import iter_modules

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from muniment.db import schema
from muniment.db.engine import writing
from muniment.hashing import keccak
from muniment.web import api
from tests.service.web.conftest import AGENCY, HOLDERS, HOSTILE, LONGEST, REFS, title_of

UNKNOWN = keccak(b"unknown")
ANSWERS = (
    "/api/titles",
    f"/api/titles/{title_of(REFS[0])}",
    f"/api/titles/{title_of(REFS[0])}/history",
    f"/api/parties/{HOLDERS[0]}",
    "/api/agencies",
    f"/api/agencies/{AGENCY}",
    "/api/registers",
    "/api/status",
)


@pytest.mark.parametrize("path", ANSWERS)
def test_names_its_block(web: TestClient, path: str) -> None:
    """Every answer names the block that it is true at, with its hash, and how far the chain is safe and final."""
    answer = web.get(path).json()
    assert answer["as_of"]["number"] == 100
    assert answer["as_of"]["hash"] == keccak(b"100")
    assert (answer["as_of"]["safe_number"], answer["as_of"]["finalized_number"]) == (80, 60)


def test_finality_of_each_title(web: TestClient) -> None:
    """Every title carries how final its own block is."""
    lines = web.get("/api/titles").json()["titles"]
    assert {line["block_number"]: line["finality"] for line in lines} == {60: "finalized", 80: "safe", 100: "included"}


def test_integers_beyond_53_bits_are_text(web: TestClient) -> None:
    """Shares keep their exact value in a browser: they are decimal text."""
    title = web.get(f"/api/titles/{title_of(REFS[0])}").json()
    assert title["denominator"] == str(2**64 - 1)
    assert [share["numerator"] for share in title["shares"]] == ["1", "2", str(2**64 - 4)]
    assert title["area_dm2"] == "610050"


@pytest.mark.parametrize("ref", [HOSTILE, LONGEST, "2%_"])
def test_search_finds_hostile_references(web: TestClient, ref: str) -> None:
    """A reference is found as it stands, and wildcards in it mean themselves."""
    wanted = ref.replace("\u202e", "")[:20] if ref == HOSTILE else ref
    found = web.get("/api/titles", params={"query": wanted}).json()["titles"]
    assert [line["ref"] for line in found] == [ref]


@pytest.mark.parametrize("query", ["' OR 1=1 --", "\x00", "%", "\\", "�", "𝔘", "a" * 200])
def test_search_survives_anything(web: TestClient, query: str) -> None:
    """Whatever is searched for, the answer is a page of titles."""
    assert web.get("/api/titles", params={"query": query}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/titles?page=0", "/api/titles?size=101", "/api/titles?page=x", "/api/titles?jurisdiction=gb",
        "/api/titles?query=" + "a" * 201, "/api/titles/0x12", "/api/titles/%00", f"/api/titles/{UNKNOWN}0",
        "/api/parties/me", "/api/agencies/..%2f..", f"/api/agencies/{AGENCY}%0d%0aSet-Cookie:x",
        "/api/identity/bindings/" + "A" * 65, "/api/identity/bindings/ABC?wallet=0x12", "/api/intents/" + "k" * 201,
    ],
)  # fmt: skip
def test_bad_requests_get_a_problem(web: TestClient, path: str) -> None:
    """What cannot be read is refused in one sentence (RFC 9457), never with a stack trace."""
    response = web.get(path)
    assert response.status_code in (404, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    assert response.json()["detail"].endswith(".")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        f"/api/titles/{UNKNOWN}", f"/api/titles/{UNKNOWN}/geometry", f"/api/titles/{UNKNOWN}/history",
        f"/api/parties/{UNKNOWN}", f"/api/agencies/{UNKNOWN}", "/api/intents/none", "/api/identity/bindings/NONE",
        "/api/nothing",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(web: TestClient, path: str) -> None:
    """An id that nobody registered is answered 404 with one sentence."""
    response = web.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_ids_in_capitals(web: TestClient) -> None:
    """An id means the same in capitals."""
    title = title_of(REFS[0])
    assert web.get(f"/api/titles/0x{title[2:].upper()}").json()["title"] == title


def test_geometry_is_the_hashed_bytes(web: TestClient) -> None:
    """The geometry's body hashes to its ETag, and a browser that has it gets 304."""
    path = f"/api/titles/{title_of(REFS[0])}/geometry"
    response = web.get(path)
    assert response.headers["content-type"] == "application/geo+json"
    assert response.headers["etag"] == f'"{keccak(response.content)}"'
    assert web.get(path, headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    assert web.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_altered_geometry_is_not_served(web: TestClient, database: Engine) -> None:
    """Bytes that do not match the hash on the chain are not given out as the parcel's geometry."""
    title = title_of(REFS[0])
    with writing(database) as connection:
        connection.execute(update(schema.geometries).values(canonical='{"type":"Polygon","coordinates":[]}'))
    assert web.get(f"/api/titles/{title}/geometry").status_code == 404
    assert web.get(f"/api/titles/{title}").json()["geometry_state"] == "altered"
    assert "does not match" in web.get(f"/land/{title}").text
    assert "There are no parcels to draw" in web.get("/land/map").text


def test_keys_by_standing(web: TestClient) -> None:
    """An agency's keys come with how they stand now, and a power without a name is shown by its bit."""
    agency = web.get(f"/api/agencies/{AGENCY}").json()
    assert {key["key"][2]: key["standing"] for key in agency["officers"]} == {
        "1": "current", "2": "retired", "3": "compromised"
    }  # fmt: skip
    assert agency["agency"]["scopes"] == ["LAND_REGISTRAR", "IDENTITY_OFFICER", "BIT_63"]


def test_holdings_as_fractions(web: TestClient) -> None:
    """A party's holdings are exact fractions in lowest terms."""
    party = web.get(f"/api/parties/{HOLDERS[0]}").json()
    assert party["wallet"]["wallet"] == "0x" + "c" * 40
    assert {holding["part"] for holding in party["holdings"]} == {f"1/{2**64 - 1}"}
    assert party["page"]["total"] == len(REFS)


@pytest.mark.parametrize("path", ["/api/titles", "/api/agencies", "/api/registers", "/api/status"])
def test_before_the_first_block(empty: TestClient, path: str) -> None:
    """Before anything was indexed the answers are empty and name no block."""
    response = empty.get(path)
    assert response.status_code == 200
    assert response.json()["as_of"] is None


def test_deployment_for_browsers(web: TestClient) -> None:
    """A browser gets addresses, ABIs and the chain's id, and the node's address on the demo chain alone."""
    answer = web.get("/api/deployment").json()
    assert answer["chain_id"] == 31337
    assert answer["contracts"]["PartyRegistry"]["abi"] == [{"type": "function"}]
    assert answer["rpc"] == "http://127.0.0.1:8545"


def test_openapi_covers_every_route(web: TestClient) -> None:
    """The OpenAPI document names every route of the API, with a summary and an answer's schema."""
    document = web.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    modules = [import_module(f"muniment.web.api.{found.name}") for found in iter_modules(api.__path__)]
    paths = {route.path for module in modules if hasattr(module, "router") for route in module.router.routes}
    assert {path.replace("{key}", "{key:path}") for path in document["paths"]} == paths
    for path, operations in document["paths"].items():
        for operation in operations.values():
            success = next(told for status, told in sorted(operation["responses"].items()) if status.startswith("2"))
            assert operation["description"], path
            assert success["content"], path
    references = {part.split('"')[0] for part in json.dumps(document).split('"$ref": "')[1:]}
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references <= known
