"""An agency that enters companies, and citizens who found one."""

from types import SimpleNamespace

import pytest

from tests.contracts.companies.cases import Case


@pytest.fixture(scope="session")
def world(people, ids, state, agencies, parties, documents, credentials, companies, tokens, citizens, kinds):
    """All that a case may need."""
    return SimpleNamespace(**locals())


@pytest.fixture
def case(world):
    """A case at its beginning."""
    return Case(world)


@pytest.fixture
def filed(world):
    """A case whose articles are signed."""
    return Case(world).filed()


@pytest.fixture
def ready(world):
    """A case that lacks nothing but the entry."""
    return Case(world).ready()


@pytest.fixture
def entered(world):
    """A company that is entered."""
    return Case(world).entered()
