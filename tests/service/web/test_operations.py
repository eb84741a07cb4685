"""Health and metrics: what operators watch."""

from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from muniment.db import schema
from muniment.db.engine import writing
from tests.service.web.conftest import FakeNode


def test_alive_whatever_happens(empty: TestClient) -> None:
    """The process is alive even before anything is indexed."""
    assert empty.get("/health/live").json() == {"status": "ok"}


def test_ready_only_when_answers_are_true(empty: TestClient, database: Engine, node: FakeNode) -> None:
    """Ready needs an index; without one the answer is 503 and says why."""
    response = empty.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (503, "not indexed")


def test_ready_near_the_head(web: TestClient) -> None:
    """A block behind the head is ready."""
    assert web.get("/health/ready").json() == {"status": "ok", "block": 100, "behind": 1}


def test_not_ready_far_behind(web: TestClient, node: FakeNode) -> None:
    """More than 32 blocks behind the head is not ready."""
    node.newest = 133
    assert web.get("/health/ready").json() == {"status": "behind", "block": 100, "behind": 33}


def test_not_ready_without_a_node(web: TestClient, node: FakeNode) -> None:
    """Without any node nobody knows how old the answers are."""
    node.newest = None
    assert web.get("/health/ready").status_code == 503


def test_not_ready_when_halted(web: TestClient, database: Engine) -> None:
    """A halted indexer is not ready."""
    with writing(database) as connection:
        connection.execute(update(schema.checkpoints).values(halted="deep reorganisation"))
    assert web.get("/health/ready").json()["status"] == "halted"


def test_metrics(web: TestClient) -> None:
    """Prometheus gets the index's blocks and the requests by route's template, never by path."""
    web.get("/api/titles/0x12")
    web.get("/bind/SECRET-CODE")
    text = web.get("/metrics").text
    assert 'muniment_indexed_block{finality="finalized"} 60.0' in text
    assert 'route="/api/titles/{title}",status="422"' in text
    assert "SECRET-CODE" not in text
