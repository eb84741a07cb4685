"""Revoking: with a reason, by the agency and not only by the key that issued."""

import pytest

from tests.contracts.credentials.conftest import E_RESIDENT, PARTY, REVOKED
from tests.contracts.helpers import CLOSED, DAY, keccak, now, plain, reverts, wait

REASONS = (0, 1, 2, 3, 4, 5, 9, 10)


@pytest.fixture
def colleague(agencies, ids, state, admin, accounts):
    """Another residency officer of the land agency."""
    agencies.accredit(ids.land, accounts[35], state.scope.residency, 0, state.end, {"from": admin})
    return accounts[35]


@pytest.mark.parametrize("reason", REASONS)
def test_revoked(credentials, ids, issue, colleague, reason):
    """Must end a credential with its reason, by an officer who did not issue it, and tell so in one event."""
    issue()
    tx = credentials.revoke(PARTY, E_RESIDENT, reason, {"from": colleague})
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == REVOKED
    assert plain(credentials.credentialOf(PARTY, E_RESIDENT))[5:] == (True, reason)
    assert tx.events["CredentialRevoked"] == {
        "party": PARTY,
        "kind": E_RESIDENT,
        "agency": ids.land,
        "reason": reason,
        "by": colleague,
    }
    with reverts("CredentialWithdrawn", PARTY, E_RESIDENT, reason):
        credentials.requireCredential(PARTY, E_RESIDENT)


@pytest.mark.parametrize("reason", [6, 7, 8, 11, 256, 2**256 - 1])
def test_reason_is_one_of_the_rfc(credentials, issue, residency_officer, reason):
    """Must refuse a reason that RFC 5280 does not know, a hold and its lifting."""
    issue()
    with reverts("ReasonRefused", reason):
        credentials.revoke(PARTY, E_RESIDENT, reason, {"from": residency_officer})


def test_revoked_once(credentials, issue, residency_officer):
    """Must refuse to revoke again, and keep the first reason."""
    issue()
    credentials.revoke(PARTY, E_RESIDENT, 5, {"from": residency_officer})
    with reverts("CredentialWithdrawn", PARTY, E_RESIDENT, 5):
        credentials.revoke(PARTY, E_RESIDENT, 1, {"from": residency_officer})


def test_nothing_to_revoke(credentials, residency_officer):
    """Must refuse where the party has no such credential."""
    with reverts("CredentialMissing", PARTY, E_RESIDENT):
        credentials.revoke(PARTY, E_RESIDENT, 1, {"from": residency_officer})


def test_by_the_agency_alone(credentials, ids, state, issue, licensing_officer, other_officer, stranger):
    """Must refuse another agency's officer, one without the power, and a stranger."""
    issue()
    with reverts("OtherAgency", other_officer, ids.land):
        credentials.revoke(PARTY, E_RESIDENT, 1, {"from": other_officer})
    with reverts("ScopeMissing", licensing_officer, state.scope.residency):
        credentials.revoke(PARTY, E_RESIDENT, 1, {"from": licensing_officer})
    with reverts("NotAnOfficer", stranger):
        credentials.revoke(PARTY, E_RESIDENT, 1, {"from": stranger})


def test_closed_agency(agencies, credentials, ids, state, issue, root, parent_admin, residency_officer, accounts):
    """Must let the agency above revoke what a closed agency issued, and nobody of the closed one."""
    issue()
    agencies.accredit(ids.ministry, accounts[36], state.scope.residency, 0, state.end, {"from": parent_admin})
    with reverts("OtherAgency", accounts[36], ids.land):
        credentials.revoke(PARTY, E_RESIDENT, 4, {"from": accounts[36]})
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    with reverts("OtherAgency", residency_officer, ids.ministry):
        credentials.revoke(PARTY, E_RESIDENT, 4, {"from": residency_officer})
    credentials.revoke(PARTY, E_RESIDENT, 4, {"from": accounts[36]})
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == REVOKED


def test_expired_can_be_revoked(credentials, issue, residency_officer):
    """Must let an agency put on record that a credential that ran out was wrong from the start."""
    issue(until=now() + DAY)
    wait(2 * DAY)
    credentials.revoke(PARTY, E_RESIDENT, 9, {"from": residency_officer})
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == REVOKED


def test_other_party_stands(credentials, issue, residency_officer):
    """Must leave another party's credential of the kind alone."""
    issue()
    issue(party=keccak("another party"))
    credentials.revoke(PARTY, E_RESIDENT, 1, {"from": residency_officer})
    credentials.requireCredential(keccak("another party"), E_RESIDENT)
