"""The register of Great Britain, and how its registrar makes entries."""

import pytest

from tests.contracts.helpers import jurisdiction

GB = jurisdiction("GB")


@pytest.fixture
def register(titles, registrar, entry):
    """Register one entry in GB; fields can be replaced."""

    def made(ref="landregistry-index:12345678", **changes):
        return titles.register(GB, entry(ref, **changes), {"from": registrar})

    return made


@pytest.fixture
def title_of(titles):
    """The id of a reference in GB, as hex text."""
    return lambda ref="landregistry-index:12345678": str(titles.titleIdOf(GB, ref))


def holder(number):
    """A made-up party id; ascending with the number."""
    return "0x" + number.to_bytes(32, "big").hex()


def shares(*numerators):
    """Shares of holders 1, 2, 3, … with these numerators."""
    return [(holder(index), numerator) for index, numerator in enumerate(numerators, start=1)]
