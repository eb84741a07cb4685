"""Several workers and one key: only one leads, and one that slept past its lease can do no harm."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError

from muniment.chain.lease import LeaseLost, acquire, fenced, release
from muniment.chain.rpc import Request, Rpc
from muniment.db.engine import reading, writing
from muniment.db.schema import intents, signers
from tests.service.chain.titles import IN_TENS, MINED, ask, check_whole, on_chain, sent, states, title, until, worker
from tests.service.conftest import Chain

KEY = (31337, "0x" + "ab" * 20)


class Paused(Rpc):
    """Stops at the n-th request until it is woken, as a process does that the machine froze."""

    def __init__(self, url: str, at: int) -> None:
        super().__init__([url])
        self._left, self.asleep, self.wake = at, threading.Event(), threading.Event()

    def answers(self, requests: Sequence[Request]) -> list[Any]:
        """Ask; sleep first when it is time."""
        self._left -= 1
        if self._left == 0:
            self.asleep.set()
            assert self.wake.wait(120)
        return super().answers(requests)


def test_one_leads(chain: Chain, any_database: Engine) -> None:
    """Must let one worker lead at a time, and the other take over once the lease is over."""
    now = [1000.0]
    first, second = (worker(chain, any_database, lease_seconds=10, clock=lambda: now[0]) for _ in range(2))
    assert first.step().leading
    assert not second.step().leading
    now[0] += 11
    assert second.step().leading
    assert not first.step().leading


def test_release(any_database: Engine) -> None:
    """Must let another begin at once when the holder stops, and nobody release a lease that is not theirs."""
    assert acquire(any_database, *KEY, "a", 0, 60, 0)
    release(any_database, *KEY, "b")
    assert acquire(any_database, *KEY, "b", 1, 60, 0) is None
    release(any_database, *KEY, "a")
    assert acquire(any_database, *KEY, "b", 1, 60, 0)


def test_fence(any_database: Engine) -> None:
    """Must write nothing under a lease that another has taken over."""
    old = acquire(any_database, *KEY, "a", 0, 10, 0)
    new = acquire(any_database, *KEY, "b", 20, 10, 0)
    assert old
    assert new
    with pytest.raises(LeaseLost), fenced(any_database, old, next_nonce=99):
        pass
    with fenced(any_database, new, next_nonce=7):
        pass
    later = acquire(any_database, *KEY, "b", 20, 100, 0)
    assert later
    assert later.next_nonce == 7


@pytest.mark.parametrize("request_number", range(1, 6))
def test_paused_past_its_lease(request_number: int, chain: Chain, any_database: Engine) -> None:
    """Must leave no trace of a worker that wakes when another has done its work, wherever it slept."""
    ask(any_database, title("S0"), title("S1"))
    rpc = Paused(chain.url, request_number)
    sleeper = worker(chain, any_database, rpc=rpc, lease_seconds=0)
    thread = threading.Thread(target=sleeper.step)
    thread.start()
    assert rpc.asleep.wait(120)
    until(chain, worker(chain, any_database, lease_seconds=0), any_database, MINED)
    rpc.wake.set()
    thread.join(120)
    check_whole(chain, any_database, ["S0", "S1"])


def test_clocks_an_hour_apart(chain: Chain, any_database: Engine) -> None:
    """Must do everything once although two workers disagree about the time and steal the key from each other."""
    workers = [worker(chain, any_database, clock=lambda shift=shift: 1e9 + shift) for shift in (0, 3600)]
    ask(any_database, *(title(f"U{number}") for number in range(20)))
    for _ in range(4):
        for each in workers:
            each.step()
            chain.node.mine()
    until(chain, workers[1], any_database, MINED)
    check_whole(chain, any_database, [f"U{number}" for number in range(20)])


def test_workers_at_once(chain: Chain, any_database: Engine) -> None:
    """Must do everything once when several workers run at the same time and nobody respects a lease."""
    ask(any_database, *(title(f"M{number}") for number in range(40)))
    stop = threading.Event()
    workers = [worker(chain, any_database, rpc=Rpc([chain.url]), lease_seconds=0) for _ in range(3)]
    threads = [threading.Thread(target=each.run, args=(stop, 0.01)) for each in workers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(300):
            if stop.wait(0.1) or set(states(any_database).values()) <= MINED:
                break
    finally:
        stop.set()
        for thread in threads:
            thread.join(120)
    until(chain, worker(chain, any_database), any_database, MINED)
    check_whole(chain, any_database, [f"M{number}" for number in range(40)])
    assert len(sent(any_database)) == 40
    assert sum(on_chain(chain.rpc, chain).values()) == 40
    assert Counter(row.state in MINED for row in sent(any_database)) == {True: 40}


def test_a_lease_that_cannot_be_given_back(chain: Chain, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must not hide what ended the work when the database is gone, too; a lease that was given back is free at once."""
    mine, other = worker(chain, database), worker(chain, database)
    assert (mine.step().leading, other.step().leading) == (True, False)

    def gone(*_: Any) -> None:
        raise OperationalError("UPDATE signers", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr("muniment.chain.worker.release", gone)
        mine.close()
    assert not other.step().leading
    mine.close()
    assert other.step().leading


def test_taken_by_another_key(chain: Chain, any_database: Engine) -> None:
    """Must sign nothing for intents that a worker with another key took while this one tried them."""

    class Rival(Rpc):
        """Lets the other worker act while the node thinks."""

        def answers(self, requests: Sequence[Request]) -> list[Any]:
            if any(method == "eth_estimateGas" for method, _ in requests):
                with writing(any_database) as connection:
                    connection.execute(update(intents).values(state="signed"))
            return super().answers(requests)

    ask(any_database, title("B0"), title("B1"))
    worker(chain, any_database, IN_TENS, rpc=Rival([chain.url])).step()
    assert sent(any_database) == []
    with reading(any_database) as connection:
        assert connection.execute(select(signers.c.next_nonce)).scalar_one() == 0
    assert on_chain(chain.rpc, chain) == Counter()
