"""An act for the outbox's tests: titles with one holder, registered alone or in batches, and their recount."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from eth_abi import decode
from sqlalchemy import Engine, select

from muniment.chain.outbox import Act, Call, Receipt, Request, enqueue
from muniment.chain.rpc import Rpc
from muniment.chain.worker import Worker
from muniment.db.engine import reading, writing
from muniment.db.schema import intents, signers, transactions
from muniment.hashing import keccak
from tests.service.conftest import Chain

GB = "0x" + b"GB".ljust(8, b"\0").hex()
ENTRY = "string,bytes32,uint64,uint8,uint64,(bytes32,uint64)[],bytes32,uint32"
REGISTERED = keccak(f"TitleRegistered(bytes32,bytes8,bytes32,address,{ENTRY})".encode())
NOW = 1_800_000_000
MINED = {"included", "safe", "finalized"}


def entry(body: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's Entry of a request's body."""
    return {
        "ref": body["ref"],
        "geometryHash": keccak(body["ref"].encode()),
        "area": body.get("area", 1234),
        "grade": 3,
        "denominator": 1,
        "shares": [{"holder": keccak(b"party" + body["ref"].encode()), "numerator": 1}],
        "sourceHash": "0x" + "00" * 32,
        "legalDate": 0,
    }


def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
    """One title alone, several in a batch."""
    entries = [entry(body) for body in bodies]
    if len(entries) == 1:
        return Call("TitleRegistry", "register", (GB, entries[0]))
    return Call("TitleRegistry", "registerBatch", (GB, entries))


ONE_BY_ONE = Act("test.title", build)
IN_TENS = Act("test.title", build, max_batch=10)


def title(ref: str, **body: Any) -> Request:
    """Ask for a title; area 0 makes the contract refuse it."""
    return Request(f"title:{ref}", "test.title", "GB", {"ref": ref, **body})


def ask(engine: Engine, *requests: Request) -> list[Receipt]:
    """Enqueue in one transaction."""
    with writing(engine) as connection:
        return [enqueue(connection, request, NOW) for request in requests]


def worker(chain: Chain, engine: Engine, act: Act = ONE_BY_ONE, rpc: Rpc | None = None, **options: Any) -> Worker:
    """A worker with the officer's key."""
    settings = options.pop("settings", chain.settings)
    return Worker(engine, rpc or chain.rpc, chain.signer, chain.deployment, [act], settings, **options)


def on_chain(rpc: Rpc, chain: Chain) -> Counter[str]:
    """How often each reference was registered, by the chain's own logs."""
    query = {"fromBlock": "0x0", "address": chain.deployment.contracts["TitleRegistry"].address, "topics": [REGISTERED]}
    types = ["address", *_split(ENTRY)]
    return Counter(decode(types, bytes.fromhex(log["data"][2:]))[1] for log in rpc.call("eth_getLogs", [query]))


def _split(types: str) -> list[str]:
    return types.replace("(bytes32,uint64)[]", "@").replace(",", " ").replace("@", "(bytes32,uint64)[]").split()


def states(engine: Engine) -> dict[str, str]:
    """Every intent's state by its reference."""
    with reading(engine) as connection:
        return {
            key.removeprefix("title:"): state
            for key, state in connection.execute(select(intents.c.key, intents.c.state))
        }


def reasons(engine: Engine) -> dict[str, str | None]:
    """Every intent's reason by its reference."""
    with reading(engine) as connection:
        rows = connection.execute(select(intents.c.key, intents.c.reason))
        return {key.removeprefix("title:"): reason for key, reason in rows}


def sent(engine: Engine) -> list[Any]:
    """All transactions, oldest first."""
    with reading(engine) as connection:
        return list(connection.execute(select(transactions).order_by(transactions.c.id)))


def until(chain: Chain, worker: Worker, engine: Engine, enough: Collection[str] = ("finalized",)) -> None:
    """Step and make blocks until every intent is in one of these states, refused, or parked."""
    for _ in range(60):
        report = worker.step()
        chain.node.mine()
        if set(states(engine).values()) <= {*enough, "refused", "parked"}:
            return
    raise AssertionError(f"still on their way: {Counter(states(engine).values())} {report}")


def check_whole(chain: Chain, engine: Engine, wanted: Sequence[str]) -> None:
    """The oracle: each wanted title exactly once on the chain, and no nonce skipped."""
    assert on_chain(chain.rpc, chain) == Counter(dict.fromkeys(wanted, 1))
    used = int(chain.node.call("eth_getTransactionCount", chain.signer.address, "latest"), 16)
    ours = sent(engine)
    assert {row.nonce for row in ours} == set(range(used))
    assert len({row.nonce for row in ours if row.state in MINED}) == len([row for row in ours if row.state in MINED])
    with reading(engine) as connection:
        assert connection.execute(select(signers.c.next_nonce)).scalar_one() == used
