"""Where an election's box, roll and log are, by any of its names.

Whoever tells is not trusted: ids and roots on the chain fix all of it, and a verifier compares.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Connection, inspect, make_url

from muniment.ballots.enrolment.office import log_of
from muniment.ballots.enrolment.roll_building import built_roll
from muniment.ballots.registered import registered_boxes
from muniment.ballots.setups import setup_of
from muniment.ballots.states import CEREMONY, CeremonyStage
from muniment.ballots.trustees.ceremony_state import legible
from muniment.ballots.verifying.events import CEREMONY as EVENTS
from muniment.ballots.verifying.findings import TranscriptRefused
from muniment.ballots.verifying.transcript import parse
from muniment.chain.deployment import Deployment
from muniment.chain.direct import event_logs
from muniment.chain.rpc import Rpc
from muniment.chain.views import View, ask
from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.db.schema import ballot_issuances, ballot_rolls, ceremonies
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS

_ADDRESS, _ID = re.compile("0x[0-9a-f]{40}"), re.compile("0x[0-9a-f]{64}")
_OPENED = next("0x" + event.topic.hex() for event in EVENTS if event.name == "ElectionOpened")
PATIENCE = 60  # seconds
LARGEST = 2**30  # bytes


class Publication(NamedTuple):
    """What somebody publishes of an election; `box` is None before there is one."""

    box: str | None
    roll: Any
    log: Any


@dataclass
class Named:
    """An election by its setup's id, its own id or its box's address; the rest is looked up when it is asked for."""

    name: str
    settings: Settings
    rpc: Rpc

    @cached_property
    def box(self) -> str:
        """The box: as the ceremony's contract tells where the deployment is known, else as it is published.

        Raises Refused: ElectionUnknown, ElectionNotOpened, PublicationMissing.
        """
        name = self.name.lower()
        if _ADDRESS.fullmatch(name):
            return name
        if not _ID.fullmatch(name):
            raise Refused("ElectionUnknown", election=self.name)
        deployment = self._deployment
        box = self.publication.box if deployment is None else _registered(self.rpc, deployment, name)
        if box is None or not _ADDRESS.fullmatch(box):
            raise Refused("ElectionNotOpened", setup=name)
        return box

    @cached_property
    def publication(self) -> Publication:
        """Roll and log: of this machine's own database if it is the office's, else of the service in the settings.

        Raises Refused(PublicationMissing) where neither has them.
        """
        return _in_database(self.settings, self.name) or _at_service(self.settings.public_url, self.name.lower())

    @cached_property
    def _deployment(self) -> Deployment | None:
        """The network's contracts, if they are known here and on the chain that is asked."""
        if not self.settings.deployment_path.is_file():
            return None
        deployment, first = Deployment.load(self.settings.deployment_path), self.rpc.block(0)
        ours = first is not None and first.hash == deployment.genesis_hash and CEREMONY in deployment.contracts
        return deployment if ours else None


def json_of(source: str) -> Any:
    """Strict JSON from a file or an address. Raises Refused(SourceUnreadable)."""
    try:
        if source.startswith(("http://", "https://")):
            return parse(_downloaded(source))
        return parse(Path(source).read_bytes())
    except httpx.HTTPStatusError as error:
        raise Refused("SourceUnreadable", source=source, cause=f"HTTP {error.response.status_code}") from error
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused("SourceUnreadable", source=source, cause=type(error).__name__) from error
    except TranscriptRefused as error:
        raise Refused("SourceUnreadable", source=source, cause=error.says) from error


def _downloaded(source: str) -> bytes:
    """What an address serves, as far as it is not more than any transcript: a stranger's answer might never end."""
    content = bytearray()
    with httpx.stream("GET", source, timeout=PATIENCE) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            content += part
            if len(content) > LARGEST:
                raise TranscriptRefused(source, f"it has more than {LARGEST:,} bytes")
    return bytes(content)


def _registered(rpc: Rpc, deployment: Deployment, name: str) -> str | None:
    """The box that two officers registered, by the setup's id or by the election's. Raises Refused(ElectionUnknown)."""
    with legible(rpc):
        held = ask(rpc, deployment, View(CEREMONY, "ceremony", (name,)))
        if CeremonyStage(held["stage"]) is not CeremonyStage.UNKNOWN:
            return None if held["box"] == ZERO_ADDRESS else str(held["box"])
        contract, head = deployment.contracts[CEREMONY], rpc.head()
        logs = event_logs(rpc, contract.address, [_OPENED, None, name], contract.start_block, head.number)
        boxes = ["0x" + log["topics"][3][-40:] for log in logs]
    # Ours reckons its election's id itself; another contract may say any.
    is_box = registered_boxes(lambda: rpc, deployment)
    for box in filter(is_box, boxes):
        return str(box)
    raise Refused("ElectionUnknown", election=name)


def _in_database(settings: Settings, name: str) -> Publication | None:
    """What this machine publishes itself."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None  # opening would make one
    engine = open_engine(settings.database_url)
    try:
        tables = inspect(engine)
        if not all(tables.has_table(one.name) for one in (ceremonies, ballot_rolls, ballot_issuances)):
            return None
        with reading(engine) as connection:
            return _published(connection, name)
    finally:
        engine.dispose()


def _published(connection: Connection, name: str) -> Publication | None:
    try:
        setup = setup_of(connection, name)
        return Publication(setup.box, parse(built_roll(connection, setup.setup).text), log_of(connection, setup.setup))
    except Refused as refused:
        if refused.name not in ("ElectionUnknown", "RollNotPublished"):
            raise
        return None  # whoever follows the chain knows of elections whose roll another office keeps


def _at_service(service: str, name: str) -> Publication:
    base = f"{service}/api/elections/{name}"
    try:
        told, roll, log = json_of(base), json_of(f"{base}/roll"), json_of(f"{base}/log")
    except Refused as refused:
        cause = refused.arguments["cause"]
        raise Refused("PublicationMissing", election=name, service=service, cause=cause) from refused
    box = told.get("box") if isinstance(told, Mapping) else None
    return Publication(box.lower() if isinstance(box, str) else None, roll, log)
