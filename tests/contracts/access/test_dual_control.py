"""Dual control: an act runs when a second, different, equally fit officer sends the same one in time."""

from types import SimpleNamespace

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import DAY, HOUR, RETIRED, SUSPENDED, ZERO_ID, next_block_at, now, plain, reverts, wait

ACT = "0xfeedbeef"
VERSION = 7


@pytest.fixture
def control(agencies, ids, state, target):
    """Send and look up acts of one target, each value replaceable."""

    def arguments(scope=state.scope.court, agency=ids.land, version=VERSION, act=ACT):
        return scope, agency, version, act

    def send(officer, by=target, **changes):
        return agencies.dualControl(officer, *arguments(**changes), {"from": by})

    def act_id(by=target, **changes):
        return str(agencies.actIdOf(by, *arguments(**changes)))

    return SimpleNamespace(send=send, id=act_id, window=agencies.ACT_WINDOW(), maturity=agencies.MATURITY())


def test_periods(control):
    """Must give the second officer seven days and make a fresh key wait for two."""
    assert (control.window, control.maturity) == (7 * DAY, 48 * HOUR)


def test_id_is_derived_from_content(agencies, ids, state, target, control):
    """Must be the hash that the interface states, over chain, registry, target and every parameter."""
    types = ["bytes32", "uint256", "address", "address", "bytes32", "uint64", "uint256", "bytes32"]
    values = [
        keccak_bytes(text="Muniment.Act.v1"),
        31337,
        agencies.address,
        target.address,
        bytes.fromhex(ids.land[2:]),
        state.scope.court,
        VERSION,
        keccak_bytes(hexstr=ACT),
    ]
    assert control.id() == "0x" + keccak_bytes(encode(types, values)).hex()


def test_first_officer_is_recorded(agencies, ids, state, court, target, control):
    """Must not complete on one officer's word, and show the act and its deadline to everybody."""
    tx = control.send(court)
    deadline = tx.timestamp + control.window
    assert tx.return_value is False
    assert plain(agencies.pendingAct(control.id())) == (court, deadline, ids.land, state.scope.court)
    assert tx.events["ActProposed"] == {
        "id": control.id(),
        "target": target,
        "agency": ids.land,
        "officer": court,
        "scope": state.scope.court,
        "version": VERSION,
        "deadline": deadline,
        "act": ACT,
    }


def test_second_officer_completes(agencies, court, second_court, control):
    """Must complete with the second officer and forget the act, so that it needs two again."""
    control.send(court)
    tx = control.send(second_court)
    assert tx.return_value is True
    assert tx.events["ActConfirmed"] == {"id": control.id(), "officer": second_court}
    assert plain(agencies.pendingAct(control.id())) == (ZERO_ADDRESS, 0, ZERO_ID, 0)
    assert control.send(second_court).return_value is False


def test_same_officer_twice(court, control):
    """Must refuse the first officer as the second."""
    control.send(court)
    with reverts("SecondOfficerNeeded", control.id(), court):
        control.send(court)


@pytest.mark.parametrize("change", [{"version": VERSION + 1}, {"act": "0xfeedbeee"}, {"act": ACT + "00"}])
def test_other_act(agencies, court, second_court, control, change):
    """Must not let an approval run on another version of its target, or with another parameter."""
    control.send(court)
    assert control.send(second_court, **change).return_value is False
    assert agencies.pendingAct(control.id())["officer"] == court
    assert agencies.pendingAct(control.id(**change))["officer"] == second_court


def test_other_target(agencies, court, second_court, stranger, control):
    """Must keep one contract's acts apart from another's, whatever that one says."""
    control.send(court)
    assert control.send(second_court, by=stranger).return_value is False
    assert agencies.pendingAct(control.id())["officer"] == court


def test_other_scope(agencies, court, custodian, control, state):
    """Must want the act's power of both officers, and keep acts under different powers apart."""
    control.send(court)
    with reverts("ScopeMissing", custodian, state.scope.court):
        control.send(custodian)
    assert control.send(custodian, scope=state.scope.custodian).return_value is False
    assert agencies.pendingAct(control.id())["officer"] == court


def test_other_agency(ids, court, other_officer, control):
    """Must refuse an officer of another agency, for this agency's acts and as a second for its own."""
    control.send(court)
    with reverts("OtherAgency", other_officer, ids.land):
        control.send(other_officer)
    with reverts("OtherAgency", court, ids.tax):
        control.send(court, agency=ids.tax)


def test_window(agencies, court, second_court, control):
    """Must complete at the last second of the window and start anew after it."""
    deadline = control.send(court).timestamp + control.window
    next_block_at(deadline)
    assert control.send(second_court).return_value is True

    deadline = control.send(court).timestamp + control.window
    next_block_at(deadline + 1)
    tx = control.send(second_court)
    assert tx.return_value is False
    assert agencies.pendingAct(control.id())["officer"] == second_court
    assert control.send(court).return_value is True


def test_expired_act_can_be_renewed_by_its_officer(agencies, court, control):
    """Must let the first officer open a new window once the old one closed."""
    control.send(court)
    wait(control.window + 1)
    tx = control.send(court)
    assert agencies.pendingAct(control.id())["deadline"] == tx.timestamp + control.window


def test_fresh_key_waits(agencies, ids, admin, citizen, court, state, control):
    """Must not count a key for 48 hours, or one admin could make two, neither as first nor as second."""
    tx = agencies.accredit(ids.land, citizen, state.scope.court, 0, state.end, {"from": admin})
    mature = tx.timestamp + control.maturity
    with reverts("OfficerTooFresh", citizen, mature):
        control.send(citizen)
    control.send(court)
    next_block_at(mature - 1)
    with reverts("OfficerTooFresh", citizen, mature):
        control.send(citizen)
    next_block_at(mature)
    assert control.send(citizen).return_value is True


def test_fresh_key_waits_from_its_first_day(agencies, ids, admin, citizen, state, control):
    """Must count the 48 hours from the start of the key's period when that lies after accreditation."""
    start = now() + 10 * DAY
    agencies.accredit(ids.land, citizen, state.scope.court, start, state.end, {"from": admin})
    wait(11 * DAY)
    with reverts("OfficerTooFresh", citizen, start + control.maturity):
        control.send(citizen)
    wait(DAY)
    assert control.send(citizen).return_value is False


def _retire(agencies, people, **_):
    agencies.retire(people.court, 0, {"from": people.admin})


def _compromise(agencies, people, **_):
    since = now() - DAY
    for key in (people.custodian, people.second_custodian):
        agencies.markCompromised(people.court, since, {"from": key})


@pytest.mark.parametrize("fall", [_retire, _compromise])
def test_first_officer_falls_between(agencies, people, second_court, control, fall, ids, admin, citizen, state):
    """Must count a first officer for nothing who may no longer act; the act starts anew and a third completes it."""
    agencies.accredit(ids.land, citizen, state.scope.court, 0, state.end, {"from": admin})
    wait(3 * DAY)
    control.send(people.court)
    fall(agencies, people)
    tx = control.send(second_court)
    assert tx.return_value is False
    assert agencies.pendingAct(control.id())["officer"] == second_court
    assert "ActConfirmed" not in tx.events
    assert control.send(citizen).return_value is True


def test_power_lost_between(agencies, ids, root, court, second_court, state, control):
    """Must refuse to complete while the agency itself lacks the power or is suspended."""
    control.send(court)
    agencies.changeScopes(ids.land, state.scope.registrar, {"from": root})
    with reverts("ScopeMissing", second_court, state.scope.court):
        control.send(second_court)
    agencies.changeStatus(ids.land, SUSPENDED, {"from": root})
    with reverts("AgencyNotActive", ids.land, SUSPENDED):
        control.send(second_court)


def test_withdrawn(agencies, court, second_court, control):
    """Must forget a withdrawn act, so that the second officer becomes a first one."""
    control.send(court)
    tx = agencies.withdrawAct(control.id(), {"from": second_court})
    assert tx.events["ActWithdrawn"] == {"id": control.id(), "officer": second_court}
    assert control.send(second_court).return_value is False


def test_nothing_to_withdraw(agencies, court, second_court, control):
    """Must refuse to withdraw what is not pending: never proposed, or already completed."""
    with reverts("NoPendingAct", control.id()):
        agencies.withdrawAct(control.id(), {"from": court})
    control.send(court)
    control.send(second_court)
    with reverts("NoPendingAct", control.id()):
        agencies.withdrawAct(control.id(), {"from": court})


def test_withdrawn_by_colleagues_alone(agencies, ids, people, admin, state, control):
    """Must refuse a withdrawal by another agency, without the power, or with a key that ended."""
    control.send(people.court)
    with reverts("OtherAgency", people.other_officer, ids.land):
        agencies.withdrawAct(control.id(), {"from": people.other_officer})
    with reverts("ScopeMissing", people.registrar, state.scope.court):
        agencies.withdrawAct(control.id(), {"from": people.registrar})
    agencies.retire(people.second_court, 0, {"from": admin})
    with reverts("OfficerNotCurrent", people.second_court, RETIRED):
        agencies.withdrawAct(control.id(), {"from": people.second_court})
