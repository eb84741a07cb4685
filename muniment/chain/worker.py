"""Carry out intents: one worker per signing key, in steps that may be cut off anywhere and taken up again.

Each step looks at the chain first and sends something new last. Nothing is sent before its signed bytes are stored;
whatever becomes of the process, the next one sends the same bytes again.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from muniment.chain import upkeep
from muniment.chain.deployment import Deployment
from muniment.chain.dispatch import Dispatch
from muniment.chain.heads import look
from muniment.chain.lease import LeaseLost, acquire, release
from muniment.chain.look import NodeLostState
from muniment.chain.nonces import gaps
from muniment.chain.outbox import Act
from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable
from muniment.chain.signer import Signer, SigningRefused
from muniment.chain.tools import Tools
from muniment.chain.tracking import attempts
from muniment.config import Settings

log = structlog.get_logger()

LEASE_SECONDS = 15
PIPELINE = 16  # transactions of one key that may wait for a block; nodes drop long queues of one sender


@dataclass(frozen=True)
class StepReport:
    """What one step did: how many intents moved to which state ("replaced" counts transactions).

    `leading` is false while another worker has the key. `problems` are sentences for the operator; what they stopped
    is tried again in the next step.
    """

    moved: dict[str, int] = field(default_factory=dict)
    leading: bool = True
    problems: tuple[str, ...] = ()


class Worker:
    """Carries out the intents of some kinds with one signing key."""

    def __init__(
        self,
        engine: Engine,
        rpc: Rpc,
        signer: Signer,
        deployment: Deployment,
        acts: Sequence[Act],
        settings: Settings,
        *,
        lease_seconds: int = LEASE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` gives Unix seconds; a wrong one may pass the key to and fro between workers, and no worse."""
        self._tools = Tools(engine, rpc, signer, deployment, {act.kind: act for act in acts}, settings)
        self._holder = secrets.token_hex(16)
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._looked: set[int] = set()

    def step(self) -> StepReport:
        """Bring every intent as far as it goes now. Database errors are raised; nothing is half-written by them."""
        moved: Counter[str] = Counter()
        problems: list[str] = []
        leading = True
        try:
            leading = self._advance(moved, problems)
        except LeaseLost as error:
            leading = False
            problems.append(str(error))
        except (RpcUnavailable, RpcError, NodeLostState, SigningRefused) as error:
            problems.append(str(error))
        if problems:
            log.warning("outbox.problems", signer=self._tools.signer.address, problems=problems)
        if +moved:
            log.info("outbox.moved", signer=self._tools.signer.address, **moved)
        return StepReport(dict(+moved), leading, tuple(problems))

    def run(self, stop: threading.Event, poll: float = 1.0) -> None:
        """Step until `stop` is set, `poll` seconds apart, or at once while there is something to do."""
        while not stop.is_set():
            moved: dict[str, int] = {}
            try:
                moved = self.step().moved
            except Exception:  # a full disk or a restarting database passes; the thread must outlive it
                log.exception("outbox.failed", signer=self._tools.signer.address)
            stop.wait(0 if moved else poll)
        self.close()

    def close(self) -> None:
        """Let another worker begin at once, where otherwise it would wait for the lease's end."""
        try:
            release(self._tools.engine, self._tools.deployment.chain_id, self._tools.signer.address, self._holder)
        except SQLAlchemyError:  # what ended the work is to be told, not this: the lease ends by itself
            log.warning("outbox.lease_kept", signer=self._tools.signer.address, exc_info=True)

    def _advance(self, moved: Counter[str], problems: list[str]) -> bool:
        tools, now = self._tools, int(self._clock())
        signer = tools.signer.address
        heads = look(tools.rpc, tools.deployment, signer)
        lease = acquire(
            tools.engine, tools.deployment.chain_id, signer, self._holder, now, self._lease_seconds, heads.nonce
        )
        if lease is None:
            return False
        groups = attempts(tools.engine, tools.rpc, lease, heads)
        moved += upkeep.settle(tools, lease, groups, heads, now)
        sent, refused = upkeep.rebroadcast(tools, lease, groups, heads, now)
        moved += sent
        moved += upkeep.raise_fees(tools, lease, groups, refused, heads, now)
        moved += upkeep.reclaim(tools, lease, groups, heads, self._looked, now)
        waiting = sum(all(attempt.mined is None for attempt in group) for group in groups)
        # Behind bytes that no node takes nothing can be mined, so nothing more is signed.
        room = 0 if refused else PIPELINE - waiting
        free = gaps(tools.engine, lease, heads)
        problems.extend(f"Nothing has the nonce {nonce} any more; the next act takes it." for nonce in free)
        Dispatch(tools, lease, heads, now, room, free, moved, problems).run()
        return True
