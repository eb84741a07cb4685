"""Compromise: two custodians of the key's agency date it; it only ever moves to an earlier moment."""

import pytest

from tests.contracts.helpers import COMPROMISED, CURRENT, DAY, now, reverts, wait


@pytest.fixture
def mark(agencies, custodian, second_custodian):
    """Mark a key with both custodians; answers with the second transaction."""

    def marked(key, since):
        agencies.markCompromised(key, since, {"from": custodian})
        return agencies.markCompromised(key, since, {"from": second_custodian})

    return marked


def test_two_custodians(agencies, ids, custodian, second_custodian, registrar):
    """Must change nothing with the first custodian, and date the key with the second in one event."""
    since = now() - DAY
    tx = agencies.markCompromised(registrar, since, {"from": custodian})
    assert tx.return_value is False
    assert agencies.officerOf(registrar)["compromisedSince"] == 0
    assert agencies.standingAt(registrar, now()) == CURRENT

    tx = agencies.markCompromised(registrar, since, {"from": second_custodian})
    assert tx.return_value is True
    assert tx.events["OfficerCompromised"] == {"agency": ids.land, "key": registrar, "since": since}
    assert agencies.officerOf(registrar)["compromisedSince"] == since
    assert agencies.standingAt(registrar, since - 1) == CURRENT
    assert agencies.standingAt(registrar, since) == COMPROMISED


def test_act_is_the_calldata(agencies, ids, state, custodian, registrar):
    """Must put the calldata itself before the staff, under the registry as target and the present date as version."""
    since = now()
    calldata = agencies.markCompromised.encode_input(registrar, since)
    tx = agencies.markCompromised(registrar, since, {"from": custodian})
    event = tx.events["ActProposed"]
    assert (event["target"], event["version"], str(event["act"])) == (agencies, 0, calldata)
    act = agencies.actIdOf(agencies, state.scope.custodian, ids.land, 0, calldata)
    assert agencies.pendingAct(act)["officer"] == custodian


def test_same_custodian_twice(agencies, ids, state, custodian, registrar):
    """Must refuse one custodian as both."""
    since = now()
    agencies.markCompromised(registrar, since, {"from": custodian})
    act = agencies.actIdOf(
        agencies, state.scope.custodian, ids.land, 0, agencies.markCompromised.encode_input(registrar, since)
    )
    with reverts("SecondOfficerNeeded", act, custodian):
        agencies.markCompromised(registrar, since, {"from": custodian})


def test_custodians_must_agree_on_the_moment(agencies, custodian, second_custodian, registrar):
    """Must not complete when the two name different moments."""
    since = now()
    agencies.markCompromised(registrar, since, {"from": custodian})
    assert agencies.markCompromised(registrar, since - 1, {"from": second_custodian}).return_value is False
    assert agencies.officerOf(registrar)["compromisedSince"] == 0


def test_moment_moves_only_earlier(agencies, registrar, mark):
    """Must refuse a later moment or the same one, the future, and none, which would clear the key."""
    since = now() - DAY
    mark(registrar, since)
    for wanted in (since, since + 1, now() + DAY, 0):
        with reverts("CompromiseRefused", registrar, since, wanted):
            mark(registrar, wanted)
    mark(registrar, since - 1)
    assert agencies.officerOf(registrar)["compromisedSince"] == since - 1


def test_moment_lies_not_ahead(agencies, registrar, custodian):
    """Must refuse a first moment in the future, and none."""
    future = now() + DAY
    with reverts("CompromiseRefused", registrar, 0, future):
        agencies.markCompromised(registrar, future, {"from": custodian})
    with reverts("CompromiseRefused", registrar, 0, 0):
        agencies.markCompromised(registrar, 0, {"from": custodian})


def test_stale_approval(agencies, registrar, custodian, second_custodian, mark):
    """Must not let an approval given before another date was set complete after it."""
    earlier, later = now() - 2 * DAY, now() - DAY
    agencies.markCompromised(registrar, earlier, {"from": custodian})
    mark(registrar, later)
    assert agencies.markCompromised(registrar, earlier, {"from": second_custodian}).return_value is False
    assert agencies.officerOf(registrar)["compromisedSince"] == later


def test_nobody_judges_himself(agencies, custodian, second_custodian):
    """Must refuse the key under suspicion, as first and as second."""
    since = now()
    with reverts("OwnCase", custodian):
        agencies.markCompromised(custodian, since, {"from": custodian})
    agencies.markCompromised(custodian, since, {"from": second_custodian})
    with reverts("OwnCase", custodian):
        agencies.markCompromised(custodian, since, {"from": custodian})


def test_unknown_key(agencies, custodian, stranger):
    """Must refuse to judge somebody who never was an officer."""
    with reverts("NotAnOfficer", stranger):
        agencies.markCompromised(stranger, now(), {"from": custodian})


def test_other_agencys_custodian(agencies, ids, other_officer, custodian, registrar):
    """Must leave a key to its own agency."""
    with reverts("OtherAgency", other_officer, ids.land):
        agencies.markCompromised(registrar, now(), {"from": other_officer})
    with reverts("OtherAgency", custodian, ids.tax):
        agencies.markCompromised(other_officer, now(), {"from": custodian})


def test_retired_key_can_be_marked(agencies, retired, mark):
    """Must let what a retired key did come under suspicion."""
    since = agencies.officerOf(retired)["notAfter"] - 1
    mark(retired, since)
    assert agencies.standingAt(retired, since - 1) == CURRENT
    assert agencies.standingAt(retired, now()) == COMPROMISED


def test_compromised_custodian_counts_no_more(
    agencies, ids, admin, citizen, custodian, second_custodian, registrar, state
):
    """Must drop the approval of a custodian who is found compromised before the second one signs."""
    agencies.accredit(ids.land, citizen, state.scope.custodian, 0, state.end, {"from": admin})
    wait(3 * DAY)
    since = now()
    agencies.markCompromised(registrar, since, {"from": custodian})
    for key in (second_custodian, citizen):
        agencies.markCompromised(custodian, since, {"from": key})
    assert agencies.markCompromised(registrar, since, {"from": citizen}).return_value is False
    assert agencies.officerOf(registrar)["compromisedSince"] == 0
