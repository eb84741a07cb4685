"""Ballots judged on Dask: the same as here, or one sentence about what is missing."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.verifying.judging import Task, dask, here, judge
from muniment.errors import Refused
from muniment.sentences import sentence_of
from tests.vectors.ballots import SELECTIONS, worlds

ROOT = Path(__file__).resolve().parents[3]
INSTALLED = importlib.util.find_spec("distributed") is not None
needed = pytest.mark.skipif(not INSTALLED, reason="Dask is optional: requirements-dask.lock is not installed")


@needed
def test_a_cluster_says_the_same() -> None:
    """Ballots and verdicts, bad ones among them, must survive the way to another process and back, in order."""
    from distributed import LocalCluster

    given = []
    for world in worlds().values():
        good = [world.ballot(world.voters[0][place], one)[0] for place, one in enumerate(SELECTIONS[world.name])]
        bad = [replace(good[0], signature=good[1].signature), *good[1:]]
        given += [Task(world.paper(), pack_ballots(ballots)) for ballots in (good, bad)]
    expected = list(here(judge, given))
    assert {one.refused is None for judged in expected for one in judged} == {True, False}
    cluster = LocalCluster(host="127.0.0.1", n_workers=1, threads_per_worker=1, dashboard_address=None)
    with cluster, dask(cluster.scheduler_address) as mapped:
        assert list(mapped(judge, given)) == expected


@needed
def test_a_scheduler_that_is_not_there() -> None:
    """Must be one sentence with the address."""
    import dask as settings

    with settings.config.set({"distributed.comm.timeouts.connect": "1s"}):
        for nowhere in ("tcp://127.0.0.1:1", "nowhere://x"):
            with pytest.raises(Refused, match="DaskSilent") as refused, dask(nowhere):
                pass
            assert nowhere in sentence_of(refused.value)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must say what to install; and that is there, by hash, in the versions of all the rest."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refused, match="DaskMissing") as refused, dask("tcp://127.0.0.1:8786"):
        pass
    assert "--require-hashes -r requirements-dask.lock" in sentence_of(refused.value)
    dev, lock = (pinned(name) for name in ("requirements-dev.lock", "requirements-dask.lock"))
    assert "distributed" in lock
    assert [name for name in lock.keys() & dev.keys() if lock[name] != dev[name]] == []


def pinned(lock: str) -> dict[str, str]:
    """Package → version of a lock."""
    lines = (line.split(" ")[0] for line in (ROOT / lock).read_text().splitlines() if line[:1].isalnum())
    return dict(line.split("==") for line in lines)
