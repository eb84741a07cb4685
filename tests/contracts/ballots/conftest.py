"""The key ceremony's contract, and setups of it."""

from itertools import count
from pathlib import Path

import pytest
from brownie import TrusteeCeremony, compile_source

from tests.contracts.ballots.trustees import READY, Setup


@pytest.fixture(scope="session")
def ceremonies(people, agencies, state):
    """The contract of key ceremonies."""
    return TrusteeCeremony.deploy(agencies, {"from": people.deployer})


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
