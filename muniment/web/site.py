"""What every request handler needs: the database, the contracts, the words, the templates."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, cast
from urllib.parse import urlencode, urlsplit

from fastapi import Depends
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, Undefined, UndefinedError
from jinja2.utils import missing
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse

from muniment.ballots.registered import registered_boxes
from muniment.ballots.relay import ReceiptSigner, open_signer
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.chain.signer import address_of
from muniment.config import Settings
from muniment.db.answers import AsOf, as_of
from muniment.db.engine import reading
from muniment.hashing import ZERO_ADDRESS
from muniment.identity.sealing import Sealer, open_sealer
from muniment.land.migration.files import MovedFiles
from muniment.web.assets import Assets
from muniment.web.head import Head
from muniment.web.language import COOKIE, LANGUAGES, Words, choose
from muniment.web.limits import RateLimit
from muniment.web.maps.register import RegisterMaps
from muniment.web.money import Currencies
from muniment.web.text import readable, short

DEMO_CHAIN = 31337  # the id of local development chains; no public chain has it
MACROS = "govuk_frontend_jinja"
_YEAR = 365 * 24 * 3600


class StrictName(Undefined):
    """A template's name that nobody defined is an error; a parameter that a macro was not given is empty."""

    def __str__(self) -> str:
        self._refuse()
        return super().__str__()

    def __bool__(self) -> bool:
        self._refuse()
        return False

    def _refuse(self) -> None:
        if self._undefined_obj is missing:
            raise UndefinedError(f"{self._undefined_name!r} is undefined")


@dataclass
class Site:
    """One running service."""

    engine: Engine
    deployment: Deployment
    rpc: Rpc
    settings: Settings
    assets: Assets
    words: dict[str, Words]
    head: Head
    clock: Callable[[], int] = field(default=lambda: int(time.time()))
    maps: RegisterMaps = field(default_factory=RegisterMaps)
    writes: RateLimit = field(default_factory=lambda: RateLimit(burst=10, per_minute=20))
    casting: RateLimit = field(default_factory=lambda: RateLimit(burst=200, per_minute=600))
    questions: RateLimit = field(default_factory=lambda: RateLimit(burst=30, per_minute=60))
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    templates: Environment = field(default_factory=lambda: _environment())

    def __post_init__(self) -> None:
        """What macros of any template may use."""
        self.templates.globals["currency_of"] = self.currencies.of
        self.templates.globals["explorer"] = self.settings.explorer

    @cached_property
    def currencies(self) -> Currencies:
        """What currencies are called, and how many decimals they have."""
        return Currencies(self.rpc)

    @cached_property
    def sealer(self) -> Sealer:
        """What seals personal data. Raises Refused without a key."""
        return open_sealer(self.settings)

    @cached_property
    def receipts(self) -> ReceiptSigner:
        """What signs receipts of ballots. Raises Refused without a key, KeystoreUnusable."""
        return open_signer(self.settings)

    @cached_property
    def relayer(self) -> str | None:
        """Whose receipts they are, as the keystore says without its password; None where ballots are not relayed."""
        return address_of(self.settings)

    @cached_property
    def is_box(self) -> Callable[[str], bool]:
        """Whether an address is a registered box that our key calls."""
        return registered_boxes(lambda: self.rpc, self.deployment)

    @cached_property
    def moved(self) -> MovedFiles:
        """The trees of registers that moved in."""
        return MovedFiles(self.settings.migrations)

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration chain, where the built-in wallet may be offered."""
        return self.deployment.chain_id == DEMO_CHAIN

    @property
    def demo_rpc(self) -> str | None:
        """The demo node's own address, for the demo wallet; never that of another chain's node."""
        url = self.settings.rpc_urls[0]
        local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        return url if self.demo and local else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the database as of one moment."""
        with reading(self.engine) as connection:
            yield connection

    def page(
        self, request: Request, template: str, status: int = 200, known: AsOf | None = None, **context: Any
    ) -> HTMLResponse:
        """Render a page in the reader's language. `known` is the block that the page's facts are true at."""
        language = choose(request)
        words = self.words[language]
        html = self.templates.get_template(template).render(
            t=words,
            site=self,
            path=request.url.path,
            languages=[(code, _switch(request, code)) for code in LANGUAGES],
            known=known,
            **context,
        )
        headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie", "Cache-Control": "no-cache"}
        response = HTMLResponse(html, status, headers)
        if request.query_params.get("lang") in LANGUAGES:
            secure = self.settings.public_url.startswith("https://")
            response.set_cookie(COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax", secure=secure)
        return response

    def words_of(self, request: Request) -> Words:
        """The reader's language."""
        return self.words[choose(request)]

    def registry_of(self, name: str) -> str:
        """A contract's address; a network need not have every domain's."""
        contract = self.deployment.contracts.get(name)
        return ZERO_ADDRESS if contract is None else contract.address

    @property
    def contracts(self) -> list[str]:
        """The addresses of our contracts."""
        return [contract.address for contract in self.deployment.contracts.values()]

    def known(self) -> AsOf | None:
        """The block that the read tables stand at."""
        with self.reading() as connection:
            return as_of(connection)


def _switch(request: Request, language: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    # Without the path: one that begins with // would lead to another site.
    return f"?{urlencode([*kept, ('lang', language)])}"


def _environment() -> Environment:
    """Jinja with escaping always on, our templates and the macros of govuk-frontend-jinja."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("muniment.web"), PrefixLoader({MACROS: PackageLoader(MACROS)})]),
        autoescape=True,
        undefined=StrictName,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(short=short, readable=readable)
    return environment


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    return cast(Site, request.app.state.site)


Here = Annotated[Site, Depends(site_of)]
