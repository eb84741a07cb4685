"""A party, and credentials that officers of the land agency give it."""

import pytest

from tests.contracts.helpers import DAY, keccak, now

PARTY = keccak("a party")
SOURCE = keccak("salted hash of a decision")
NONE, SUSPECT, REVOKED, NOT_YET, EXPIRED, CURRENT = range(6)


def kind(name):
    """A kind known everywhere: its name in left-aligned ASCII."""
    return "0x" + name.encode("ascii").ljust(32, b"\0").hex()


E_RESIDENT, ESTATE_AGENT = kind("E_RESIDENT"), kind("ESTATE_AGENT")


@pytest.fixture
def issue(credentials, ids, residency_officer):
    """Give the party e-residency for a year; a test changes what it is about."""

    def send(by=residency_officer, agency=ids.land, party=PARTY, what=E_RESIDENT, start=0, until=None):
        until = now() + 365 * DAY if until is None else until
        return credentials.issue(agency, party, what, start, until, SOURCE, {"from": by})

    return send
