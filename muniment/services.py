"""Put the parts together: the one place that knows which domains there are."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import structlog
from sqlalchemy import Engine, select

from muniment.access import project as access_project
from muniment.ballots import project as ballots_project
from muniment.ballots import submit as ballots_submit
from muniment.ballots.registered import registered_boxes
from muniment.ballots.states import BOX
from muniment.ballots.tending import tend_elections
from muniment.chain.abi import encode_call
from muniment.chain.clock import chain_clock
from muniment.chain.connected import Connected
from muniment.chain.deployment import Deployment
from muniment.chain.events import Handler
from muniment.chain.indexer import Indexer
from muniment.chain.outbox import Act
from muniment.chain.signer import KeystoreSigner, Policy, keystore_of
from muniment.chain.worker import Worker
from muniment.config import Settings
from muniment.db.engine import migrate, open_engine, reading
from muniment.db.schema import registers
from muniment.documents import project as documents_project
from muniment.documents import submit as documents_submit
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.identity import issuing as identity_issuing
from muniment.identity import project as identity_project
from muniment.identity import submit as identity_submit
from muniment.identity.companies import project as companies_project
from muniment.identity.companies import submit as companies_submit
from muniment.identity.completing import complete_ready
from muniment.identity.sealing import Sealer, open_sealer
from muniment.land import project as land_project
from muniment.land import submit as land_submit
from muniment.land.alerts import alert
from muniment.land.model import jurisdiction_bytes
from muniment.land.sales import project as sales_project
from muniment.land.sales import submit as sales_submit
from muniment.land.sales.tending import remind, tend_sales
from muniment.notify.delivering import deliver_due

ACTS: tuple[Act, ...] = (
    *identity_submit.ACTS,
    *identity_issuing.ACTS,
    *companies_submit.ACTS,
    *land_submit.ACTS,
    *sales_submit.ACTS,
    *documents_submit.ACTS,
    *ballots_submit.ACTS,
)
HANDLERS: dict[tuple[str, str], Handler] = {
    **access_project.HANDLERS,
    **identity_project.HANDLERS,
    **companies_project.HANDLERS,
    **land_project.HANDLERS,
    **sales_project.HANDLERS,
    **documents_project.HANDLERS,
    **ballots_project.HANDLERS,
}
# What the officer's key signs, and nothing else.
FUNCTIONS = (
    *land_submit.FUNCTIONS,
    *identity_submit.FUNCTIONS,
    *identity_issuing.FUNCTIONS,
    *companies_submit.FUNCTIONS,
    *sales_submit.FUNCTIONS,
    *documents_submit.FUNCTIONS,
    *ballots_submit.FUNCTIONS,
)
TEND_EVERY = 1.0  # seconds
MAX_GAS_PER_DAY = 5 * 10**9  # some 50,000 titles

log = structlog.get_logger()


@dataclass
class Services(Connected):
    """One agency's service over one database and one chain; each part is made when it is first asked for."""

    engine: Engine

    @cached_property
    def indexer(self) -> Indexer:
        """Chain → read tables."""
        return Indexer(self.engine, self.rpc, self.deployment, HANDLERS)

    @cached_property
    def worker(self) -> Worker:
        """Outbox → chain. Raises Refused without keystore or password, KeystoreUnusable when it does not open."""
        keystore, password = keystore_of(self.settings)
        # A network need not have every domain's contracts, nor their newest form.
        deployed = [pair for pair in FUNCTIONS if _offers(self.deployment, *pair)]
        proofs = {BOX: registered_boxes(lambda: self.rpc, self.deployment)}
        policy = Policy.of(self.deployment, deployed, MAX_GAS_PER_DAY, proofs)
        signer = KeystoreSigner(keystore, password, policy)
        return Worker(self.engine, self.rpc, signer, self.deployment, ACTS, self.settings)

    @cached_property
    def sealer(self) -> Sealer:
        """Seals personal data. Raises Refused where the key is missing or cannot be used."""
        return open_sealer(self.settings)

    @cached_property
    def clock(self) -> Callable[[], int]:
        """What time it is for the chain, in Unix seconds."""
        return chain_clock(self.engine)

    def tend(self) -> int:
        """Queue what is due without anybody asking; return how many requests are new."""
        now = self.clock()
        new = complete_ready(self.engine, now) + tend_sales(self.engine, now, self.settings.relays_per_day)
        new += tend_elections(self.engine, now)
        return new + remind(self.engine, now, self.settings.reminder_hours) + alert(self.engine, now)

    def deliver(self) -> int:
        """Send the notices that are due; return how many were taken."""
        return deliver_due(self.engine, lambda: self.sealer, self.clock, self.settings.webhooks_loopback)

    def keeper_of(self, jurisdiction: str) -> str:
        """The id of the agency that keeps a jurisdiction's register, by the read tables or else by the chain.

        Raises Refused when nobody keeps it.
        """
        with reading(self.engine) as connection:
            known = select(registers.c.agency).where(registers.c.jurisdiction == jurisdiction)
            agency = connection.execute(known).scalar_one_or_none()
        if agency is None:
            contract = self.deployment.contracts["TitleRegistry"]
            data = encode_call(contract.abi, "registerOf", ("0x" + jurisdiction_bytes(jurisdiction).hex(),))
            answer = self.rpc.call("eth_call", [{"to": contract.address, "data": data}, "latest"])
            agency = str(answer)[:66].lower()  # the first word of (agency, status)
        if len(agency) != 66 or agency == ZERO_HASH:
            raise Refused("AgencyUnknown", jurisdiction=jurisdiction)
        return str(agency)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Follow the chain in one thread, and with a keystore carry out the outbox in another, for the block's time."""
        stop = threading.Event()
        parts: dict[str, Callable[[threading.Event], None]] = {"indexer": self.indexer.run}
        if self.settings.keystore is not None:
            parts["outbox"] = self.worker.run
            parts["tending"] = lambda stop: _repeat(self.tend, stop, "tending")
            parts["notices"] = lambda stop: _repeat(self.deliver, stop, "notices")
        threads = [threading.Thread(target=_guard, args=(name, run, stop), name=name) for name, run in parts.items()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def build(settings: Settings) -> Services:
    """The service's parts over a database that has all its tables."""
    engine = open_engine(settings.database_url)
    migrate(engine)
    return Services(settings, engine)


def _offers(deployment: Deployment, contract: str, function: str) -> bool:
    known = deployment.contracts.get(contract) or deployment.kinds.get(contract)
    return known is not None and any((e["type"], e.get("name")) == ("function", function) for e in known.abi)


def _repeat(work: Callable[[], int], stop: threading.Event, part: str) -> None:
    while not stop.wait(TEND_EVERY):
        try:
            work()
        except Exception:  # a full disk or a restarting database passes; the thread must outlive it
            log.exception("service.part_failed", part=part)


def _guard(name: str, run: Callable[[threading.Event], None], stop: threading.Event) -> None:
    """Say loudly that a part ended: pages go on answering, and /health/ready tells that they grow old."""
    try:
        run(stop)
    except Exception as error:  # noqa: BLE001 -- a thread's last word
        log.critical("service.part_ended", part=name, reason=str(error))
