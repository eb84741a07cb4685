"""Judge ballots in themselves, many at once: the part of a verification that takes time, and knows no state.

A task is one transaction's ballots. It runs in this process, in a pool of processes, or on Dask.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TypeAlias

from muniment.ballots.crypto.ballot import check_ballot, tracker
from muniment.ballots.crypto.checking import check_ballots
from muniment.ballots.crypto.packing import unpack_ballots
from muniment.ballots.hashes import proofs_hash
from muniment.ballots.model import Ballot, BallotPaper
from muniment.errors import Refused
from muniment.sentences import sentence_of

SMALL = 64  # ballots that are judged sooner than a pool has started


@dataclass(frozen=True)
class Task:
    """The ballots of one transaction, packed, and what they are judged by."""

    paper: BallotPaper
    packed: bytes


@dataclass(frozen=True)
class Judged:
    """A ballot without its proofs, their hash, its tracker, and why it is bad, if it is: a name and a sentence."""

    ballot: Ballot
    proofs: str
    tracker: str
    refused: tuple[str, str] | None


Judge: TypeAlias = Callable[[Task], list[Judged]]
Mapped: TypeAlias = Callable[[Judge, Sequence[Task]], Iterator[list[Judged]]]


def judge(task: Task) -> list[Judged]:
    """Judge each ballot. Raises Refused when the bytes are not packed ballots."""
    ballots = unpack_ballots(task.paper, task.packed)
    try:
        trackers = check_ballots(task.paper, task.packed)
    except Refused:
        return [_judged(task.paper, ballot) for ballot in ballots]
    return [_without_proofs(ballot, own, None) for ballot, own in zip(ballots, trackers, strict=True)]


def _judged(paper: BallotPaper, ballot: Ballot) -> Judged:
    try:
        return _without_proofs(ballot, check_ballot(paper, ballot), None)
    except Refused as refused:
        return _without_proofs(ballot, tracker(paper, ballot), (refused.name, sentence_of(refused)))


def _without_proofs(ballot: Ballot, own: str, refused: tuple[str, str] | None) -> Judged:
    return Judged(replace(ballot, proofs=(), path=()), proofs_hash(ballot.proofs), own, refused)


def here(work: Judge, tasks: Sequence[Task]) -> Iterator[list[Judged]]:
    """One after the other, in this process."""
    return map(work, tasks)


@contextmanager
def pool(ballots: int, workers: int | None = None) -> Iterator[Mapped]:
    """A pool of processes, one for each core; none for a few ballots."""
    workers = workers or len(os.sched_getaffinity(0))
    if ballots <= SMALL or workers == 1:
        yield here
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        yield lambda work, tasks: processes.map(work, tasks)


@contextmanager
def dask(scheduler: str) -> Iterator[Mapped]:
    """The workers of a Dask scheduler (tcp://…), which have this package. Raises Refused(DaskMissing, DaskSilent)."""
    try:
        from distributed import Client  # optional: the service never needs it
    except ImportError as error:
        raise Refused("DaskMissing") from error
    try:
        client = Client(scheduler)
    except (OSError, ValueError) as error:
        raise Refused("DaskSilent", scheduler=scheduler) from error
    with client:

        def mapped(work: Judge, tasks: Sequence[Task]) -> Iterator[list[Judged]]:
            for future in client.map(work, tasks):
                yield future.result()

        yield mapped
