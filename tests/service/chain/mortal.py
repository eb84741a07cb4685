"""A worker process that kills itself with SIGKILL at its n-th step towards the database or the node.

What wraps the node and the database is here, so that the product knows nothing of it.
"""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Request, Rpc
from muniment.chain.signer import KeystoreSigner, Policy
from muniment.chain.worker import Worker
from muniment.config import Settings
from muniment.db.engine import open_engine
from tests.service.chain.titles import IN_TENS
from tests.service.conftest import FUNCTIONS, Chain, without_sync

# Children are forked from a server that has everything imported and no threads.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])


class Life:
    """Counts what the process does; at the n-th it ends without a word."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def step(self) -> None:
        """Live on, or not."""
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalRpc(Rpc):
    """Steps before each request is sent, and after its answer has come and before anybody has seen it."""

    def __init__(self, url: str, life: Life) -> None:
        super().__init__([url])
        self._life = life

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """Ask, if one lives."""
        self._life.step()
        answers = super().answers(requests)
        self._life.step()
        return answers

    def spared(self, method: str, *params: Any) -> None:
        """Ask without a step: what the node does by itself."""
        super().answers([(method, params)])


def mortal_engine(url: str, life: Life) -> Engine:
    """Steps before each writing transaction begins and before it commits; what follows a commit has its own step."""
    engine = without_sync(open_engine(url))

    def step(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            life.step()

    event.listen(engine, "begin", step)
    event.listen(engine, "commit", step)
    return engine


@dataclass(frozen=True)
class Story:
    """What the process is to do: step, and between steps let the node make blocks with these base fees (wei)."""

    url: str
    database_url: str
    deployment: Path
    keystore: Path
    password: str
    settings: Settings
    base_fees: tuple[int, ...]


def tell(story: Story, dies_after: int) -> None:
    """Do it, as far as one gets."""
    life = Life(dies_after)
    deployment = Deployment.load(story.deployment)
    signer = KeystoreSigner(story.keystore, story.password, Policy.of(deployment, FUNCTIONS, 10**12))
    engine, rpc = mortal_engine(story.database_url, life), MortalRpc(story.url, life)
    worker = Worker(engine, rpc, signer, deployment, [IN_TENS], story.settings, lease_seconds=0)
    for base_fee in story.base_fees:
        worker.step()
        rpc.spared("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        rpc.spared("anvil_mine", "0x1")


def lives_through(chain: Chain, database_url: str, settings: Settings, base_fees: tuple[int, ...], n: int) -> bool:
    """Run the story in a process of its own; false when it was killed at its n-th step."""
    story = Story(chain.url, database_url, chain.deployment_path, chain.keystore, chain.password, settings, base_fees)
    process = processes.Process(target=tell, args=(story, n))
    process.start()
    process.join(180)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0
