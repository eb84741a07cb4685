"""The API of property alerts."""

from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from muniment.db.engine import writing
from muniment.db.schema import alert_parties
from muniment.notify.queue import queue_notice
from tests.service.web.conftest import HOLDERS, REFS, title_of


def test_alerts(web: TestClient, database: Engine) -> None:
    """A party's alerts must come from a cursor on, and nobody else's with them."""
    with writing(database) as connection:
        for number in (1, 2):
            queue_notice(connection, f"k{number}", "title.alert", title_of(REFS[0]), {"event": "E"}, 5)
            connection.execute(insert(alert_parties).values(party=HOLDERS[0], notice=number))
    path = f"/api/parties/{HOLDERS[0]}/alerts"
    first = web.get(path, params={"limit": 1}).json()
    assert ([one["key"] for one in first["alerts"]], first["next"]) == (["k1"], 1)
    assert [one["key"] for one in web.get(path, params={"after": 1}).json()["alerts"]] == ["k2"]
    assert web.get(f"/api/parties/{HOLDERS[1]}/alerts").json() == {"alerts": [], "next": 0}
    assert web.get("/api/parties/me/alerts").status_code == 422
    assert web.get(path, params={"after": -1}).status_code == 422
