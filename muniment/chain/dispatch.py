"""Turn queued intents into transactions: try, split off the guilty, sign, store, and only then send."""

import itertools
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import insert, update

from muniment.chain import drafting
from muniment.chain.broadcast import Answer, send
from muniment.chain.drafting import Queued
from muniment.chain.fees import Fee, first_fee
from muniment.chain.heads import Heads
from muniment.chain.lease import Lease, fenced
from muniment.chain.reasons import reason
from muniment.chain.settling import sent
from muniment.chain.signer import SignedTx, SigningRefused
from muniment.chain.simulation import error_at, most_gas, simulate, simulate_with
from muniment.chain.tools import Tools
from muniment.chain.views import View, answers
from muniment.db.schema import intents, transactions

log = structlog.get_logger()

MOST_DATA = 128 * 1024 - 512  # bytes of calldata; nodes take no transaction above 128 KiB, whatever gas it asks for


class _Taken(Exception):
    """Another worker, with another key, took some of these intents first."""


@dataclass
class Dispatch:
    """One step's sending of new transactions, as many as there is room for."""

    tools: Tools
    lease: Lease
    heads: Heads
    now: int
    room: int  # how many more transactions may wait for a block
    free: Sequence[int]  # nonces to fill first
    moved: Counter[str]
    problems: list[str]

    def run(self) -> None:
        """Work through the queue, oldest first, until the room is used or a node takes no more."""
        acts = self.tools.acts
        most = max((act.max_batch for act in acts.values()), default=1)
        limit, gas = max(self.room, 1) * most, most_gas(self.heads.latest.gas_limit)
        groups = deque(drafting.queued_groups(self.tools.engine, acts, limit, gas))
        if not groups:
            return
        ceiling = self.tools.settings.max_fee_wei
        fee = first_fee(self.heads.latest.base_fee, self.heads.tip, ceiling)
        if fee is None:
            waiting = [row for group in groups for row in group]
            with fenced(self.tools.engine, self.lease) as connection:
                drafting.wait(connection, waiting, reason("FeeCeiling", {"ceiling": ceiling}), self.now)
            return
        nonces = itertools.chain(self.free, itertools.count(self.lease.next_nonce))
        nonce = next(nonces)
        unsignable: set[tuple[str, str]] = set()  # what is refused in one lane may be signed in another
        while groups and self.room > 0:
            group = groups.popleft()
            ready = None if (group[0].kind, group[0].lane) in unsignable else self._try(group, groups)
            if ready is None:
                continue
            draft, gas_limit = ready
            try:
                transaction, signed = self._store(group, draft, gas_limit, nonce, fee)
            except _Taken:
                continue
            except SigningRefused as refusal:
                unsignable.add((group[0].kind, group[0].lane))
                if str(refusal) not in self.problems:
                    self.problems.append(str(refusal))
                continue
            nonce = next(nonces)
            self.room -= 1
            if not self._send(transaction, signed):
                return

    def _try(self, group: list[Queued], groups: deque[list[Queued]]) -> tuple[drafting.Draft, int] | None:
        """Return the call and its gas limit when the chain would take it; else split the group, or close the intent."""
        tools = self.tools
        try:
            ask = self._ask if drafting.is_quiet(tools.engine, group[0].lane) else None
            draft = drafting.draft(tools.acts[group[0].kind], group, tools.deployment, ask)
        except drafting.Misfit as misfit:
            if not _split(group, groups):
                self._close(group[0], misfit.state, misfit.reason)
            return None
        if len(draft.data) // 2 - 1 > MOST_DATA and _split(group, groups):
            return None
        address, abis = tools.signer.address, tools.deployment.abis
        most = most_gas(self.heads.latest.gas_limit)
        if draft.gas is None:
            verdict = simulate(tools.rpc, address, draft.to, draft.data, abis, most)
        else:
            verdict = simulate_with(tools.rpc, address, draft.to, draft.data, abis, min(draft.gas, most))
            if verdict.too_large and len(group) == 1:  # heavier than its act thinks
                verdict = simulate(tools.rpc, address, draft.to, draft.data, abis, most)
        if verdict.gas_limit:
            return draft, verdict.gas_limit
        if _split(group, groups):
            return None
        if verdict.too_large:
            self._close(group[0], "refused", reason("GasExceeded", {"most": most}))
            return None
        # What waits for a block may yet be dropped. Only what has happened is a reason to refuse for ever.
        error = error_at(tools.rpc, address, draft.to, draft.data, "latest", abis)
        if error is not None:
            self._close(group[0], "refused", reason(error.name, error.arguments))
        return None

    def _ask(self, views: Sequence[View]) -> list[Any]:
        return list(answers(self.tools.rpc, self.tools.deployment, views))

    def _close(self, row: Queued, state: str, why: str) -> None:
        with fenced(self.tools.engine, self.lease) as connection:
            self.moved += drafting.close(connection, row, state, why, self.now)

    def _store(
        self, group: list[Queued], draft: drafting.Draft, gas_limit: int, nonce: int, fee: Fee
    ) -> tuple[int, SignedTx]:
        """Sign, and store nonce, bytes and the intents' link in one transaction, before anybody else sees the bytes."""
        tools, lease = self.tools, self.lease
        try:
            signed = tools.sign(draft.to, draft.data, gas_limit, nonce, fee)
        except SigningRefused as refusal:
            with fenced(tools.engine, lease) as connection:
                drafting.wait(connection, group, reason("SigningRefused", {"cause": str(refusal)}), self.now)
            raise
        ids = [row.id for row in group]
        with fenced(tools.engine, lease, next_nonce=max(lease.next_nonce, nonce + 1)) as connection:
            row = tools.row(signed, draft.to, gas_limit, nonce, fee, self.heads.latest.number, self.now)
            transaction = connection.execute(insert(transactions).values(row).returning(transactions.c.id)).scalar_one()
            linked = connection.execute(
                update(intents)
                .where(intents.c.id.in_(ids), intents.c.state == "queued")
                .values(state="signed", transaction_id=transaction, reason=None, updated_at=self.now)
            ).rowcount
            if linked != len(ids):
                raise _Taken
        return transaction, signed

    def _send(self, transaction: int, signed: SignedTx) -> bool:
        """Send the stored bytes; return whether a node has them."""
        ((answer, words),) = send(self.tools.rpc, [signed.raw])
        with fenced(self.tools.engine, self.lease) as connection:
            self.moved += sent(connection, transaction, answer, words, self.heads, self.now)
        return answer is Answer.TAKEN


def _split(group: list[Queued], groups: deque[list[Queued]]) -> bool:
    """Put both halves of a group back at the front of the queue; false when there is but one intent."""
    middle = len(group) // 2
    if middle:
        groups.extendleft((group[middle:], group[:middle]))
    return middle > 0
