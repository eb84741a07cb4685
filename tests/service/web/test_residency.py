"""e-Residency through the API: an application goes in, and its secret address tells how it fares."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from muniment.config import Settings
from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.identity.residency import submit
from muniment.identity.residency.model import Check
from muniment.identity.sealing import create_key, read_sealer
from tests.service.residency.test_cases import AGENCY, GIVEN, SECRETS
from tests.service.web.conftest import NOW

PATH = "/api/residency/applications"


@pytest.fixture
def desk(web: TestClient, tmp_path: Path) -> TestClient:
    """The application with a key to seal with."""
    create_key(tmp_path / "identity.key")
    web.app.state.site.sealer = read_sealer(tmp_path / "identity.key")  # type: ignore[attr-defined]
    return web


def test_an_application_is_taken_and_followed(desk: TestClient, database: Engine) -> None:
    """The applicant must get a token once, follow the case by it, and read nothing of what was said back."""
    made = desk.post(PATH, json={"agency": AGENCY, **GIVEN})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    token = made.json()["token"]
    response = desk.get(f"{PATH}/{token}")
    assert response.json() == {name: value for name, value in made.json().items() if name != "token"}
    assert response.headers["cache-control"] == "no-store"
    assert (response.json()["state"], [one["done"] for one in response.json()["checks"]]) == ("open", [False] * 3)
    with reading(database) as connection:
        stored = str(connection.execute(select(schema.residency_cases)).one())
    for secret in (*SECRETS, token):
        assert secret not in stored
        assert secret not in response.text
    assert desk.get(f"{PATH}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}").status_code == 404
    assert desk.get(f"{PATH}/short").status_code == 422


def test_an_approved_applicant_fetches_a_code(desk: TestClient, database: Engine) -> None:
    """Before approval there must be no code; after it the token alone must give one that opens the binding page."""
    made = desk.post(PATH, json={"agency": AGENCY, **GIVEN}).json()
    path = f"{PATH}/{made['token']}"
    assert desk.post(f"{path}/invitation", json={}).status_code == 404
    sealer = desk.app.state.site.sealer  # type: ignore[attr-defined]
    with writing(database) as connection:
        for check in Check:
            submit.check(connection, sealer, made["case"], check, "one", True, "", NOW)
        submit.approve(connection, sealer, made["case"], "two", 5, NOW)
    followed = desk.get(path).json()
    assert (followed["state"], followed["credential"], followed["invitation"]) == ("approved", "queued", "open")
    fresh = desk.post(f"{path}/invitation", json={}).json()
    assert fresh["url"].endswith(f"/bind/{fresh['code']}")
    assert desk.get(f"/api/identity/bindings/{fresh['code']}").json()["party"] == followed["party"]


def test_a_wrong_field_is_named_and_not_repeated(desk: TestClient) -> None:
    """What is wrong must be told by the field's name alone; what was sent must not come back."""
    told = desk.post(PATH, json={"agency": AGENCY, **GIVEN, "date_of_birth": "1990-13-45"})
    assert (told.status_code, told.json()["error"]) == (422, "ApplicationFieldRefused")
    assert "date of birth" in told.json()["detail"]
    assert "1990-13-45" not in told.text
    extra = desk.post(PATH, json={"agency": AGENCY, **GIVEN, "shoe_size": "43"})
    assert extra.status_code == 422
    assert "43" not in extra.text


def test_without_a_key_nothing_is_taken(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where personal data cannot be sealed it must not be stored at all."""
    site = web.app.state.site  # type: ignore[attr-defined]
    monkeypatch.setattr(site, "settings", Settings(database_url="postgresql://nobody@localhost/none"))
    told = web.post(PATH, json={"agency": AGENCY, **GIVEN})
    assert (told.status_code, told.json()["error"]) == (422, "IdentityKeyUnset")
