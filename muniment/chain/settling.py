"""Write down what became of a nonce's transactions, and of the intents that they carry."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from muniment.chain.broadcast import Answer
from muniment.chain.heads import Heads
from muniment.chain.reasons import reason
from muniment.chain.tracking import MINED, Attempt, Mined
from muniment.db.schema import intents, transactions

NOT_IN_A_BLOCK: dict[str, Any] = {"block_number": None, "block_hash": None, "gas_used": None}


def settle(
    connection: Connection, group: Sequence[Attempt], heads: Heads, reverted: str | None, now: int
) -> Counter[str]:
    """Bring one nonce's rows in line with the chain; return how many intents moved to which state.

    `reverted` is why the mined transaction reverted, as JSON; None when it did not.
    """
    for attempt in group:
        if attempt.mined is not None:
            return _settle_mined(connection, group, attempt, attempt.mined, reverted, now)
    before = next((attempt for attempt in group if attempt.row.state in MINED), None)
    # A node that has not come to that block knows nothing about it: only one that has can say that it left the chain.
    if before is not None and heads.latest.number >= before.row.block_number:
        return _settle_reorganised(connection, group, heads, now)
    return Counter()


def _settle_mined(
    connection: Connection, group: Sequence[Attempt], attempt: Attempt, mined: Mined, reverted: str | None, now: int
) -> Counter[str]:
    row, final = attempt.row, mined.standing == "finalized"
    state = mined.standing if mined.succeeded else "failed" if final else "reverted"
    if (row.state, row.block_hash) == (state, mined.block_hash):
        return Counter()
    _change(
        connection,
        row.id,
        now,
        state=state,
        block_number=mined.block_number,
        block_hash=mined.block_hash,
        gas_used=mined.gas_used,
    )
    for other in group:
        if other is not attempt and (final or other.row.state in MINED):
            _change(connection, other.row.id, now, state="dropped" if final else "replaced", **NOT_IN_A_BLOCK)
    ids = [each.row.id for each in group]
    if mined.succeeded:
        return move(connection, ids, now, state, transaction_id=row.id, reason=None)
    if final and _carried(connection, ids) > 1:
        # One of them spoiled the batch. Each is tried alone now, and only the guilty one is refused.
        return move(connection, ids, now, "queued", transaction_id=row.id, reason=None)
    return move(connection, ids, now, "parked", transaction_id=row.id, reason=reverted)


def _settle_reorganised(connection: Connection, group: Sequence[Attempt], heads: Heads, now: int) -> Counter[str]:
    """Go back to waiting: the same bytes may be mined again, in another block."""
    newest = group[-1].row.id
    for attempt in group:
        if attempt.row.state in MINED:
            state = "broadcast" if attempt.row.id == newest else "replaced"
            _change(connection, attempt.row.id, now, state=state, **NOT_IN_A_BLOCK)
    _change(connection, newest, now, sent_at_block=heads.latest.number)
    ids = [attempt.row.id for attempt in group]
    return move(connection, ids, now, "broadcast", transaction_id=newest, reason=None)


def give_up(connection: Connection, group: Sequence[Attempt], now: int) -> Counter[str]:
    """Queue the intents again: a final block gave the nonce to somebody else, so these bytes can never be mined."""
    ids = [attempt.row.id for attempt in group]
    for transaction in ids:
        _change(connection, transaction, now, state="dropped", **NOT_IN_A_BLOCK)
    return move(connection, ids, now, "queued", transaction_id=None, reason=None)


def replace(connection: Connection, transaction_id: int, row: Mapping[str, Any], now: int) -> int:
    """Store a signed replacement, which carries the intents from now on; return its id. The earlier one is followed."""
    new: int = connection.execute(insert(transactions).values(row).returning(transactions.c.id)).scalar_one()
    _change(connection, transaction_id, now, state="replaced")
    carried = update(intents).where(intents.c.transaction_id == transaction_id)
    connection.execute(carried.values(transaction_id=new, reason=None, updated_at=now))
    return new


def move(connection: Connection, transaction_ids: Sequence[int], now: int, state: str, **changes: Any) -> Counter[str]:
    """Move the intents that these transactions carry; return their number under the new state."""
    statement = (
        update(intents)
        .where(intents.c.transaction_id.in_(transaction_ids))
        .values(state=state, updated_at=now, **changes)
    )
    return Counter({state: connection.execute(statement).rowcount})


def sent(
    connection: Connection, transaction_id: int, answer: Answer, words: str, heads: Heads, now: int
) -> Counter[str]:
    """Write down what the node answered to a transaction's bytes; return how many intents became broadcast.

    Refused bytes stay signed, with the node's words as the reason, and are sent again: they may be on their way, so
    the nonce cannot be given to anything else.
    """
    if answer not in (Answer.TAKEN, Answer.NONCE_USED):
        why = reason("BroadcastRefused", {"answer": answer.value, "message": words})
        explain(connection, [transaction_id], why, now)
        return Counter()
    first = update(transactions).where(transactions.c.id == transaction_id, transactions.c.state == "signed")
    connection.execute(first.values(state="broadcast", sent_at_block=heads.latest.number, updated_at=now))
    explain(connection, [transaction_id], None, now)
    begun = update(intents).where(intents.c.transaction_id == transaction_id, intents.c.state == "signed")
    return Counter({"broadcast": connection.execute(begun.values(state="broadcast", updated_at=now)).rowcount})


def explain(connection: Connection, transaction_ids: Sequence[int], why: str | None, now: int) -> None:
    """Say on the intents of waiting transactions why they wait; None takes the reason back."""
    statement = (
        update(intents)
        .where(intents.c.transaction_id.in_(transaction_ids), intents.c.reason.is_distinct_from(why))
        .values(reason=why, updated_at=now)
    )
    connection.execute(statement)


def _carried(connection: Connection, transaction_ids: Sequence[int]) -> int:
    count = select(func.count()).select_from(intents).where(intents.c.transaction_id.in_(transaction_ids))
    return int(connection.execute(count).scalar_one())


def _change(connection: Connection, transaction_id: int, now: int, **changes: Any) -> None:
    statement = update(transactions).where(transactions.c.id == transaction_id)
    connection.execute(statement.values(updated_at=now, **changes))
