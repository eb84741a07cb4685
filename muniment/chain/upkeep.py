"""Keep sent transactions alive: send identical bytes again, raise fees, find out who took a nonce."""

from collections import Counter
from collections.abc import Collection, Sequence

import structlog
from sqlalchemy import select

from muniment.chain import settling
from muniment.chain.broadcast import Answer, send
from muniment.chain.fees import Fee, raised_fee
from muniment.chain.heads import Heads
from muniment.chain.lease import Lease, fenced
from muniment.chain.nonces import Taker, taker
from muniment.chain.reasons import reason
from muniment.chain.signed import read_signed
from muniment.chain.simulation import error_at
from muniment.chain.tools import Tools
from muniment.chain.tracking import MINED, Attempt
from muniment.db.engine import reading
from muniment.db.schema import transactions

log = structlog.get_logger()

Groups = Sequence[Sequence[Attempt]]  # by nonce


def settle(tools: Tools, lease: Lease, groups: Groups, heads: Heads, now: int) -> Counter[str]:
    """Write down which transactions are in blocks, in one database transaction."""
    reasons = [_why_reverted(tools, group) for group in groups]
    moved: Counter[str] = Counter()
    if groups:
        with fenced(tools.engine, lease) as connection:
            for group, why in zip(groups, reasons, strict=True):
                moved += settling.settle(connection, group, heads, why, now)
    return moved


def _why_reverted(tools: Tools, group: Sequence[Attempt]) -> str | None:
    """Return why the mined one of a nonce's transactions reverted, found by trying it again after its block."""
    for attempt in group:
        mined, row = attempt.mined, attempt.row
        if mined is None or mined.succeeded or (row.state == "reverted" and row.block_hash == mined.block_hash):
            continue
        if mined.gas_used >= row.gas_limit:
            return reason("GasExceeded", {"most": row.gas_limit})
        call = read_signed(_raw(tools, [row.id])[row.id])
        signer, abis = tools.signer.address, tools.deployment.abis
        error = error_at(tools.rpc, signer, call.to, call.data, mined.block_number, abis)
        return (
            reason(error.name, error.arguments) if error else reason("TransactionReverted", {"transaction": row.hash})
        )
    return None


def rebroadcast(tools: Tools, lease: Lease, groups: Groups, heads: Heads, now: int) -> tuple[Counter[str], set[int]]:
    """Send the newest bytes of each nonce again where the node does not have them, lowest nonce first.

    Returns how many intents became broadcast, and the ids of the transactions that the node would not take.
    """
    newest = [group[-1] for group in groups if not _is_mined(group)]
    missing = [attempt.row.id for attempt in newest if not attempt.known]
    raw = _raw(tools, missing)
    answers = send(tools.rpc, [raw[transaction] for transaction in missing])
    # The node has these although its answer never came.
    arrived = [attempt.row.id for attempt in newest if attempt.known and attempt.row.state == "signed"]
    outcomes = [*zip(missing, answers, strict=True), *((transaction, (Answer.TAKEN, "")) for transaction in arrived)]
    moved: Counter[str] = Counter()
    if outcomes:
        with fenced(tools.engine, lease) as connection:
            for transaction, (answer, words) in outcomes:
                moved += settling.sent(connection, transaction, answer, words, heads, now)
    return moved, {id_ for id_, (answer, _) in outcomes if answer not in (Answer.TAKEN, Answer.NONCE_USED)}


def raise_fees(
    tools: Tools, lease: Lease, groups: Groups, refused: Collection[int], heads: Heads, now: int
) -> Counter[str]:
    """Replace what waits too long by the same call with higher fees; return how many transactions were replaced.

    At the ceiling the transaction goes on waiting, and its intents say so: the nonce cannot be given up, since nothing
    after it would ever be mined.
    """
    settings = tools.settings
    moved: Counter[str] = Counter()
    for group in groups:
        row = group[-1].row
        tried = row.state == "broadcast" or row.id in refused  # else this step sent it for the first time
        waited = heads.latest.number - row.sent_at_block
        too_cheap = row.nonce == heads.nonce or row.max_fee <= heads.latest.base_fee
        if (
            any(attempt.mined or attempt.row.state in MINED for attempt in group)
            or not tried
            or row.nonce < heads.nonce
            or waited < settings.bump_after_blocks
            or not too_cheap
        ):
            continue
        fee = raised_fee(Fee(row.max_fee, row.tip), heads.latest.base_fee, heads.tip, settings.max_fee_wei)
        if fee is None:
            with fenced(tools.engine, lease) as connection:
                settling.explain(connection, [row.id], reason("FeeCeiling", {"ceiling": settings.max_fee_wei}), now)
            continue
        call = read_signed(_raw(tools, [row.id])[row.id])
        signed = tools.sign(call.to, call.data, call.gas_limit, row.nonce, fee)
        values = tools.row(signed, call.to, call.gas_limit, row.nonce, fee, heads.latest.number, now)
        with fenced(tools.engine, lease) as connection:
            new = settling.replace(connection, row.id, {**values, "replaces": row.id}, now)
        moved["replaced"] += 1
        ((answer, words),) = send(tools.rpc, [signed.raw])
        with fenced(tools.engine, lease) as connection:
            settling.sent(connection, new, answer, words, heads, now)
    return moved


def reclaim(tools: Tools, lease: Lease, groups: Groups, heads: Heads, looked: set[int], now: int) -> Counter[str]:
    """Queue intents again whose nonce a final block gave to a transaction that is not ours.

    Where that one cannot be found the intents are parked: signing them anew might do the act twice. `looked` holds the
    nonces that were searched for in vain, which is dear, so that it is done once.
    """
    moved: Counter[str] = Counter()
    for group in groups:
        nonce = group[-1].row.nonce
        if _is_mined(group) or nonce >= heads.finalized_nonce or nonce in looked:
            continue
        ours = {attempt.row.hash for attempt in group}
        found = taker(tools.rpc, tools.signer.address, nonce, ours, heads.finalized)
        log.warning("outbox.nonce_used", signer=tools.signer.address, nonce=nonce, by=found.value)
        with fenced(tools.engine, lease) as connection:
            if found is Taker.ANOTHER:
                moved += settling.give_up(connection, group, now)
                continue
            looked.add(nonce)
            if found is Taker.NOT_FOUND:
                ids = [attempt.row.id for attempt in group]
                moved += settling.move(connection, ids, now, "parked", reason=reason("NonceUnclear", {"nonce": nonce}))
    return moved


def _is_mined(group: Sequence[Attempt]) -> bool:
    return any(attempt.mined is not None for attempt in group)


def _raw(tools: Tools, transaction_ids: Sequence[int]) -> dict[int, bytes]:
    """Return the signed bytes by transaction."""
    query = select(transactions.c.id, transactions.c.raw).where(transactions.c.id.in_(transaction_ids))
    with reading(tools.engine) as connection:
        return {row.id: row.raw for row in connection.execute(query)}
