"""Who may act for a named agency, and who answers for what a closed one left behind."""

import pytest

from tests.contracts.helpers import ACTIVE, CLOSED, COMPROMISED, NOT_YET, RETIRED, SUSPENDED, UNKNOWN, ZERO_ID, reverts


@pytest.fixture
def power(state):
    """DOCUMENT_ISSUER."""
    return state.scope.documents


@pytest.fixture
def above(agencies, ids, parent_admin, citizen, state, power):
    """An officer of the ministry, which stands above the land agency."""
    agencies.accredit(ids.ministry, citizen, power, 0, state.end, {"from": parent_admin})
    return citizen


def test_officer_for_an_agency(agencies, ids, issuer, power):
    """Must answer with the number of a current key of that very agency."""
    assert agencies.requireOfficerFor(issuer, power, ids.land) == agencies.officerOf(issuer)["id"]


def test_officer_of_another_agency(agencies, ids, other_officer, stranger, power):
    """Must tell a key of another agency from one of none."""
    with reverts("OtherAgency", other_officer, ids.land):
        agencies.requireOfficerFor(other_officer, power, ids.land)
    with reverts("NotAnOfficer", stranger):
        agencies.requireOfficerFor(stranger, power, ids.land)


def test_officer_not_current(agencies, ids, retired, compromised, not_yet, power):
    """Must refuse a key that is not current, and say how it stands."""
    for key, standing in ((retired, RETIRED), (compromised, COMPROMISED), (not_yet, NOT_YET)):
        with reverts("OfficerNotCurrent", key, standing):
            agencies.requireOfficerFor(key, power, ids.land)


def test_officer_without_power(agencies, ids, registrar, issuer, root, power):
    """Must refuse a key that lacks the power, one whose agency lost it, and a question about no power."""
    with reverts("ScopeMissing", registrar, power):
        agencies.requireOfficerFor(registrar, power, ids.land)
    with reverts("ScopeMissing", issuer, 0):
        agencies.requireOfficerFor(issuer, 0, ids.land)
    agencies.changeScopes(ids.land, power << 1, {"from": root})
    with reverts("ScopeMissing", issuer, power):
        agencies.requireOfficerFor(issuer, power, ids.land)


def test_nobody_acts_for_an_agency_that_does_not(agencies, ids, issuer, above, root, power):
    """Must refuse everybody while the agency is suspended, and for good once it is closed; its parent too."""
    for status in (SUSPENDED, CLOSED):
        agencies.changeStatus(ids.land, status, {"from": root})
        for key in (issuer, above):
            with reverts("AgencyNotActive", ids.land, status):
                agencies.requireOfficerFor(key, power, ids.land)
    with reverts("AgencyNotActive", ZERO_ID, UNKNOWN):
        agencies.requireOfficerFor(issuer, power, ZERO_ID)


def test_keeper_of_an_active_agency(agencies, ids, issuer, above, power):
    """Must let the agency's own officers answer for it, and not those above."""
    agencies.requireKeeperOf(issuer, power, ids.land)
    with reverts("OtherAgency", above, ids.land):
        agencies.requireKeeperOf(above, power, ids.land)


def test_keeper_of_a_suspended_agency(agencies, ids, issuer, above, root, power):
    """Must let nobody answer while the agency is suspended."""
    agencies.changeStatus(ids.land, SUSPENDED, {"from": root})
    for key in (issuer, above):
        with reverts("AgencyNotActive", ids.land, SUSPENDED):
            agencies.requireKeeperOf(key, power, ids.land)


def test_keeper_of_a_closed_agency(agencies, ids, issuer, above, root, power):
    """Must hand a closed agency's affairs to the officers of the one above, and to nobody else."""
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    agencies.requireKeeperOf(above, power, ids.land)
    with reverts("OtherAgency", issuer, ids.ministry):
        agencies.requireKeeperOf(issuer, power, ids.land)


def test_keeper_two_levels_up(agencies, ids, admin, issuer, above, root, parent_admin, power):
    """Must go on upwards when the agency above is closed as well, and end where the root registered."""
    child = agencies.registerAgency(ids.land, admin, power, "0x" + "77" * 32, {"from": admin}).return_value
    agencies.changeStatus(child, CLOSED, {"from": root})
    agencies.requireKeeperOf(issuer, power, child)
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    agencies.requireKeeperOf(above, power, child)
    assert agencies.agencyOf(ids.ministry)["status"] == ACTIVE
    agencies.changeStatus(ids.ministry, CLOSED, {"from": root})
    with reverts("AgencyNotActive", ids.ministry, CLOSED):
        agencies.requireKeeperOf(above, power, child)
