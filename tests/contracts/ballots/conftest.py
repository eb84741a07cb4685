"""Setups of key ceremonies, and boxes of elections whose key one person knows."""

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from brownie import BallotBox, compile_source

from tests.contracts.ballots.acts import ROOT, Poll, arguments_of, placed, world_of
from tests.contracts.ballots.trustees import READY, Setup
from tests.contracts.helpers import HOUR, now
from tests.vectors.ballots import FORMS


@pytest.fixture(scope="session")
def doubles_of_boxes():
    """Boxes that answer as they are told."""
    source = Path(__file__).parents[1] / "doubles" / "Boxes.sol"
    return compile_source(source.read_text(), evm_version="cancun")


@pytest.fixture
def begun(ceremonies, people):
    """Begin a ceremony; each with a manifest of its own."""
    numbers = count()

    def make(threshold=2, size=3, **options):
        manifest = b'{"title":"Election %d"}' % next(numbers)
        return Setup(ceremonies, people.election_officer, threshold, size, **{"manifest": manifest} | options)

    return make


@pytest.fixture
def ready(begun):
    """A ceremony whose key stands."""

    def make(threshold=2, size=3, **options):
        return begun(threshold, size, **options).until(READY)

    return make


@pytest.fixture(scope="session")
def relayer(people):
    """Somebody who sends ballots: anyone."""
    return people.stranger


@pytest.fixture(scope="session")
def beside(people):
    """Contracts around a box that exist for tests only, by name."""
    source = (ROOT / "tests/contracts/doubles/Ballots.sol").read_text()
    return {contract._name: contract for contract in compile_source(source, evm_version="cancun")}


@pytest.fixture(scope="session")
def key_holder(people, agencies, ids, beside):
    """A double of the trustees' ceremony, with the key of the vectors' elections."""
    plain = world_of("choice")
    arguments = (agencies, ids.land, plain.manifest_hash, tuple(plain.key))
    return beside["CeremonyDouble"].deploy(*arguments, {"from": people.deployer})


@pytest.fixture(scope="session")
def opened(people, ids, state, key_holder, relayer):
    """Create a box for each of the vectors' elections, all opening in an hour."""
    made, begins = {}, now() + HOUR
    for name in (*FORMS, "sparse"):
        world = world_of(name, **placed(people.deployer, key_holder, ids, begins))
        box = BallotBox.deploy(*arguments_of(world), {"from": people.deployer})
        made[name] = Poll(world, box, relayer)
    return made


@pytest.fixture
def polls(opened):
    """The vectors' elections by name, nothing cast yet."""
    for poll in opened.values():
        poll.forget()
    return SimpleNamespace(**opened)


@pytest.fixture
def poll(polls):
    """The election of one choice among four."""
    return polls.choice
