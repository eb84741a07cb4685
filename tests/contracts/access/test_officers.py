"""Officers' keys: one record for ever, a period, powers within the agency's, and how each stood when."""

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.helpers import (
    ALL_SCOPES,
    COMPROMISED,
    CURRENT,
    DAY,
    KEY_UNKNOWN,
    NOT_YET,
    RETIRED,
    SUSPENDED,
    ZERO_ID,
    now,
    plain,
    reverts,
    wait,
)


@pytest.fixture
def court_only(agencies, ids, root, state):
    """The land agency, narrowed to a court's power."""
    agencies.changeScopes(ids.land, state.scope.court, {"from": root})
    return state.scope.court


def test_accredited(agencies, ids, admin, citizen, fresh_custodian, state):
    """Must store the record as given, count from the block's time when no start is named, and tell so in one event.

    Keys are counted from 1 in the order of accreditation, and found again by their number.
    """
    end = now() + 100 * DAY
    number = agencies.officerOf(fresh_custodian)["id"] + 1
    tx = agencies.accredit(ids.land, citizen, 3, 0, end, {"from": admin})
    assert plain(agencies.officerOf(citizen)) == (ids.land, 3, tx.timestamp, end, 0, tx.timestamp, number)
    assert agencies.keyOf(number) == citizen
    assert agencies.keyOf(number + 1) == ZERO_ADDRESS
    assert tx.events["OfficerAccredited"] == {
        "agency": ids.land,
        "key": citizen,
        "id": number,
        "scopes": 3,
        "notBefore": tx.timestamp,
        "notAfter": end,
    }


def test_key_is_accredited_once(agencies, ids, admin, other_admin, retired, registrar):
    """Must refuse a key that has a record, whatever became of it and whoever asks."""
    end = now() + DAY
    with reverts("KeyExists", retired):
        agencies.accredit(ids.land, retired, 1, 0, end, {"from": admin})
    with reverts("KeyExists", registrar):
        agencies.accredit(ids.tax, registrar, 1, 0, end, {"from": other_admin})


def test_key_is_somebody(agencies, ids, admin):
    """Must refuse the zero address as a key."""
    with reverts("ZeroAddress"):
        agencies.accredit(ids.land, ZERO_ADDRESS, 1, 0, now() + DAY, {"from": admin})


def test_powers_lie_within_the_agencys(agencies, ids, admin, citizen, court_only):
    """Must refuse powers that the agency lacks, and a key without any."""
    with reverts("ScopesRefused", court_only | 1, court_only):
        agencies.accredit(ids.land, citizen, court_only | 1, 0, now() + DAY, {"from": admin})
    with reverts("ScopesRefused", 0, court_only):
        agencies.accredit(ids.land, citizen, 0, 0, now() + DAY, {"from": admin})


def test_period_is_sound(agencies, ids, admin, citizen):
    """Must refuse a period that starts in the past, is over, or is empty."""
    present = now()
    for start, end in [(present - DAY, present + DAY), (0, present - 1), (present + DAY, present + DAY), (0, 0)]:
        with reverts("PeriodRefused", start, end):
            agencies.accredit(ids.land, citizen, 1, start, end, {"from": admin})


def test_suspended_agency_accredits_nobody(agencies, ids, suspended_admin, citizen):
    """Must refuse new keys to an agency that is not active."""
    with reverts("AgencyNotActive", ids.asleep, SUSPENDED):
        agencies.accredit(ids.asleep, citizen, 1, 0, now() + DAY, {"from": suspended_admin})


def test_retirement(agencies, ids, admin, registrar, state):
    """Must end the key's power at once, keep what it did before valid, and tell so in one event."""
    before = now()
    wait(DAY)
    tx = agencies.retire(registrar, 0, {"from": admin})
    assert tx.events["OfficerRetired"] == {
        "agency": ids.land,
        "key": registrar,
        "notAfter": tx.timestamp,
        "by": admin,
    }
    assert agencies.standingAt(registrar, before) == CURRENT
    assert agencies.standingAt(registrar, tx.timestamp) == RETIRED
    with reverts("OfficerNotCurrent", registrar, RETIRED):
        agencies.requireOfficer(registrar, state.scope.registrar)


def test_retirement_can_lie_ahead(agencies, registrar, state):
    """Must keep the key current until the moment that it named itself."""
    end = now() + 10 * DAY
    agencies.retire(registrar, end, {"from": registrar})
    assert agencies.standingAt(registrar, end - 1) == CURRENT
    assert agencies.standingAt(registrar, end) == RETIRED
    agencies.requireOfficer(registrar, state.scope.registrar)


def test_retirement_only_shortens(agencies, admin, registrar, retired, state):
    """Must refuse to lengthen a key's life, to reach into the past, or to retire it twice."""
    for wanted in (state.end, state.end + 1):
        with reverts("RetirementRefused", registrar, state.end, wanted):
            agencies.retire(registrar, wanted, {"from": admin})
    past = now() - DAY
    with reverts("RetirementRefused", registrar, state.end, past):
        agencies.retire(registrar, past, {"from": admin})
    with reverts("RetirementRefused", ...):
        agencies.retire(retired, 0, {"from": admin})


def test_retirement_needs_a_record(agencies, admin, stranger):
    """Must refuse to retire somebody who never was an officer."""
    with reverts("NotAnOfficer", stranger):
        agencies.retire(stranger, 0, {"from": admin})


def test_suspension_does_not_stop_retirement(agencies, suspended_admin, suspended_officer):
    """Must let a suspended agency still give up powers."""
    agencies.retire(suspended_officer, 0, {"from": suspended_admin})
    assert agencies.standingAt(suspended_officer, now()) == RETIRED


def test_key_retired_before_it_began_never_counts(agencies, admin, not_yet, state):
    """Must call a key retired, not pending, when it ended before it began."""
    agencies.retire(not_yet, 0, {"from": admin})
    for moment in (now(), state.end - DAY, state.end - 1, state.end):
        assert agencies.standingAt(not_yet, moment) == RETIRED


def test_standing_over_time(agencies, registrar, not_yet, compromised, stranger, state):
    """Must judge each moment with what is known now, with compromise above everything else."""
    record = agencies.officerOf(registrar)
    assert agencies.standingAt(registrar, record["notBefore"] - 1) == NOT_YET
    assert agencies.standingAt(registrar, record["notBefore"]) == CURRENT
    assert agencies.standingAt(registrar, record["notAfter"] - 1) == CURRENT
    assert agencies.standingAt(registrar, record["notAfter"]) == RETIRED
    assert agencies.standingAt(not_yet, now()) == NOT_YET
    assert agencies.standingAt(compromised, state.compromised_since - 1) == CURRENT
    assert agencies.standingAt(compromised, state.compromised_since) == COMPROMISED
    assert agencies.standingAt(compromised, state.end + DAY) == COMPROMISED
    assert agencies.standingAt(stranger, now()) == KEY_UNKNOWN


def test_officer_is_required(agencies, ids, registrar, stranger, not_yet, compromised, suspended_officer, state):
    """Must name the agency of a key that may use the power now, and the reason otherwise."""
    registering = state.scope.registrar
    assert str(agencies.requireOfficer(registrar, registering)) == ids.land
    with reverts("NotAnOfficer", stranger):
        agencies.requireOfficer(stranger, registering)
    with reverts("OfficerNotCurrent", not_yet, NOT_YET):
        agencies.requireOfficer(not_yet, registering)
    with reverts("OfficerNotCurrent", compromised, COMPROMISED):
        agencies.requireOfficer(compromised, registering)
    with reverts("AgencyNotActive", ids.asleep, SUSPENDED):
        agencies.requireOfficer(suspended_officer, registering)
    with reverts("ScopeMissing", registrar, state.scope.court):
        agencies.requireOfficer(registrar, state.scope.court)


def test_several_powers_are_required_together(agencies, registrar, other_officer, state):
    """Must want all the powers asked for, and never be content with none."""
    both = state.scope.registrar | state.scope.court
    agencies.requireOfficer(other_officer, both)
    with reverts("ScopeMissing", registrar, both):
        agencies.requireOfficer(registrar, both)
    with reverts("ScopeMissing", registrar, 0):
        agencies.requireOfficer(registrar, 0)


def test_powers_are_single_distinct_bits(agencies):
    """Must give each named power a bit of its own."""
    names = (
        "LAND_REGISTRAR",
        "COURT",
        "ELECTION_OFFICER",
        "DOCUMENT_ISSUER",
        "IDENTITY_OFFICER",
        "RESIDENCY_OFFICER",
        "LICENSING",
        "COMPANY_REGISTRAR",
        "DATA_PROVIDER",
        "DATA_CONSUMER",
        "KEY_CUSTODIAN",
    )
    powers = [getattr(agencies, name)() for name in names]
    assert powers == [1 << bit for bit in range(len(names))]
    assert sum(powers) < ALL_SCOPES


def test_unknown_officer_is_all_zero(agencies, stranger):
    """Must answer with an empty record for a key that was never accredited."""
    assert plain(agencies.officerOf(stranger)) == (ZERO_ID, 0, 0, 0, 0, 0, 0)
