"""Group queued intents, turn each group into a call, and find out whether the chain would take it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine, select, update

from muniment.chain.abi import CallRefused, encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.outbox import Act, Ask
from muniment.chain.reasons import reason
from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.chain.simulation import MOST_GAS
from muniment.db.engine import reading
from muniment.db.schema import intents
from muniment.errors import Refused

log = structlog.get_logger()


class Queued(NamedTuple):
    """An intent that waits to be signed; `transaction_id` is that of a reverted batch which it was in before."""

    id: int
    kind: str
    lane: str
    body: str
    transaction_id: int | None


@dataclass(frozen=True)
class Draft:
    """A call that carries out some intents: address and calldata as 0x hex; `gas` is its limit where the act tells."""

    to: str
    data: str
    gas: int | None = None


@dataclass(frozen=True)
class Misfit(Exception):
    """No call can be made of these intents; `reason` is JSON, `state` where a single such intent belongs."""

    state: str
    reason: str


def queued_groups(engine: Engine, acts: Mapping[str, Act], limit: int, most_gas: int = MOST_GAS) -> list[list[Queued]]:
    """Return the oldest `limit` queued intents of known kinds, grouped by kind and lane up to each act's batch.

    Groups come in the order of their oldest intent, and are no heavier than `most_gas` where the act tells their
    weight. An intent that was in a reverted batch already stands alone.
    """
    query = (
        select(intents.c.id, intents.c.kind, intents.c.lane, intents.c.body, intents.c.transaction_id)
        .where(intents.c.state == "queued", intents.c.kind.in_(acts.keys()))
        .order_by(intents.c.id)
        .limit(limit)
    )
    with reading(engine) as connection:
        rows = [Queued(*row) for row in connection.execute(query)]
    groups: list[list[Queued]] = []
    open_groups: dict[tuple[str, str], list[Queued]] = {}
    used: dict[tuple[str, str], int] = {}
    for row in rows:
        lane, act = (row.kind, row.lane), acts[row.kind]
        group = open_groups.get(lane)
        if row.transaction_id is not None:
            groups.append([row])
            continue
        body = {} if act.weight is None else json.loads(row.body)
        gas = 0 if act.weight is None else act.weight.each(body)
        if group is None or len(group) >= act.max_batch or used[lane] + gas > most_gas:
            open_groups[lane] = [row]
            used[lane] = gas + (0 if act.weight is None else act.weight.call(body))
            groups.append(open_groups[lane])
        else:
            group.append(row)
            used[lane] += gas
    return groups


def draft(act: Act, rows: Sequence[Queued], deployment: Deployment, ask: Ask | None = None) -> Draft:
    """Make the call; with `ask`, hints for it too, where the act gives any.

    Raises Misfit when the act or the ABI does not take what the intents say.
    """
    try:
        bodies = [json.loads(row.body) for row in rows]
        call = act.build(bodies)
        if act.hint is not None and ask is not None:
            # Without hints a call is dearer, and no worse; nor may a contract's answers hold up what others wait for.
            with suppress(RpcError, RpcUnavailable, ValueError):
                call = act.hint(call, bodies, ask)
        contract = deployment.at(call.contract, call.address)
        data = encode_call(contract.abi, call.function, call.arguments)
        return Draft(contract.address, data, act.gas_of(bodies))
    except Refused as refusal:
        raise Misfit("refused", reason(refusal.name, refusal.arguments)) from refusal
    except (CallRefused, LookupError, TypeError, ValueError, AttributeError) as error:
        # A body that its own domain cannot read is a fault of programs, not of the request: a person must look.
        log.exception("outbox.body_unreadable", kind=act.kind, intents=[row.id for row in rows])
        raise Misfit("parked", reason("BodyUnreadable", {"cause": type(error).__name__})) from error


def is_quiet(engine: Engine, lane: str) -> bool:
    """Whether nothing of a lane is on its way to the chain."""
    query = select(intents.c.id).where(intents.c.lane == lane, intents.c.state.in_(("signed", "broadcast"))).limit(1)
    with reading(engine) as connection:
        return connection.execute(query).first() is None


def close(connection: Connection, row: Queued, state: str, why: str, now: int) -> Counter[str]:
    """Refuse or park one queued intent; return the count under the state, 0 when it is queued no more."""
    statement = (
        update(intents)
        .where(intents.c.id == row.id, intents.c.state == "queued")
        .values(state=state, reason=why, updated_at=now)
    )
    return Counter({state: connection.execute(statement).rowcount})


def wait(connection: Connection, rows: Sequence[Queued], why: str, now: int) -> None:
    """Say on queued intents what they wait for."""
    statement = (
        update(intents)
        .where(intents.c.id.in_([row.id for row in rows]), intents.c.state == "queued")
        .where(intents.c.reason.is_distinct_from(why))
        .values(reason=why, updated_at=now)
    )
    connection.execute(statement)
