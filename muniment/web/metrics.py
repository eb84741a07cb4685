"""Prometheus: how requests went, how far the index is, how the outbox stands."""

import time
from collections.abc import Iterable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muniment.chain import queries
from muniment.web.site import Here, Site

router = APIRouter(include_in_schema=False)


class Index(Collector):
    """The checkpoint and the outbox, read when Prometheus asks."""

    def __init__(self, site: Site) -> None:
        """Read from this site's database."""
        self._site = site

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: the database may not be there yet."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Checkpoint blocks by finality, whether the indexer halted, intents by state."""
        with self._site.reading() as connection:
            status = queries.status(connection)
        blocks = GaugeMetricFamily("muniment_indexed_block", "Last block projected", labels=["finality"])
        halted = GaugeMetricFamily("muniment_indexer_halted", "1 when the indexer stopped for good")
        if status.as_of is not None:
            blocks.add_metric(["included"], status.as_of.number)
            blocks.add_metric(["safe"], status.as_of.safe_number)
            blocks.add_metric(["finalized"], status.as_of.finalized_number)
            halted.add_metric([], 1 if status.as_of.halted else 0)
        intents = GaugeMetricFamily("muniment_intents", "Intents in the outbox", labels=["state"])
        for state, number in sorted(status.intents.items()):
            intents.add_metric([state], number)
        return [blocks, halted, intents]


class Measured:
    """ASGI middleware that times requests by route, method and status. No addresses of clients are kept."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        """Register the histogram."""
        self._app = app
        self._seconds = Histogram(
            "muniment_http_seconds", "Time to answer", ["method", "route", "status"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = str(getattr(scope.get("route"), "path", "other"))
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
            self._seconds.labels(method, route, str(status)).observe(time.perf_counter() - start)


@router.get("/metrics")
def metrics(site: Here) -> Response:
    """All metrics in Prometheus' text format."""
    return Response(generate_latest(site.registry), media_type=CONTENT_TYPE_LATEST)
