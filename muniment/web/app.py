"""The web application: the API, the pages and their files, behind one wall."""

import time
from collections.abc import Callable

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse

from muniment import __doc__ as about
from muniment.chain.clock import chain_clock
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.config import Settings
from muniment.web import errors, health, metrics
from muniment.web.api import (
    alerts,
    ballot_acts,
    ballots,
    companies,
    documents,
    identity,
    land,
    land_acts,
    migration,
    parties,
    people,
    records,
    residency,
    sales,
    service,
)
from muniment.web.assets import Assets, HashedFiles
from muniment.web.head import Head
from muniment.web.language import load_catalogue
from muniment.web.pages import ballots as ballot_pages
from muniment.web.pages import companies as company_pages
from muniment.web.pages import documents as document_pages
from muniment.web.pages import land as land_pages
from muniment.web.pages import papers as paper_pages
from muniment.web.pages import people as people_pages
from muniment.web.pages import residency as residency_pages
from muniment.web.pages import sales as sale_pages
from muniment.web.pages import service as service_pages
from muniment.web.security import Wall, headers_for, trusted_hosts
from muniment.web.site import Site

_GZIP_FROM = 1_000  # bytes


def create_app(
    engine: Engine,
    deployment: Deployment,
    rpc: Rpc,
    settings: Settings,
    assets: Assets | None = None,
    clock: Callable[[], int] = lambda: int(time.time()),
) -> FastAPI:
    """The application over one database and one chain. `clock` gives Unix seconds, but is never behind the chain.

    Raises AssetsMissing when the pages' files were not built (npm run build).
    """
    site = Site(
        engine=engine,
        deployment=deployment,
        rpc=rpc,
        settings=settings,
        assets=assets or Assets.load(),
        words=load_catalogue(),
        head=Head(rpc),
        clock=chain_clock(engine, clock),
    )
    app = FastAPI(
        title="Muniment",
        version="1",
        description=about or "",
        openapi_url="/api/openapi.json",
        docs_url=None,  # both viewers load scripts from elsewhere
        redoc_url=None,
        middleware=[
            Middleware(metrics.Measured, registry=site.registry),
            Middleware(Wall, hosts=trusted_hosts(settings), headers=headers_for(settings, site.demo_rpc)),
            Middleware(GZipMiddleware, minimum_size=_GZIP_FROM, compresslevel=5),
        ],
    )
    app.state.site = site
    site.registry.register(metrics.Index(site))
    of_land = (land, land_acts, migration, records, sales, alerts)
    api = (*of_land, ballots, ballot_acts, people, parties, documents, service, identity, companies, residency)
    pages_of_land = (land_pages, paper_pages, sale_pages)
    pages = (*pages_of_land, ballot_pages, people_pages, company_pages, residency_pages, document_pages, service_pages)
    for module in (*api, *pages, health, metrics):
        app.include_router(module.router)
    app.mount("/static/assets", HashedFiles(directory=site.assets.folder / "assets"))
    app.add_api_route("/favicon.ico", lambda: RedirectResponse(site.assets["icon"]), include_in_schema=False)
    errors.install(app)
    return app
