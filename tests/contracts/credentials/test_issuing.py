"""Issuing: by an officer with the kind's power, for a period, one of each kind to a party."""

import pytest
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.credentials.conftest import (
    CURRENT,
    E_RESIDENT,
    ESTATE_AGENT,
    EXPIRED,
    NONE,
    NOT_YET,
    PARTY,
    REVOKED,
    SOURCE,
    SUSPECT,
)
from tests.contracts.helpers import CLOSED, DAY, SUSPENDED, ZERO_ID, keccak, next_block_at, now, plain, reverts, wait

ID = (
    "0x"
    + keccak_bytes(
        encode(
            ["bytes32"] * 3,
            [keccak_bytes(text="Muniment.Credential.v1"), bytes.fromhex(PARTY[2:]), bytes.fromhex(E_RESIDENT[2:])],
        )
    ).hex()
)


def test_issued(agencies, credentials, ids, issue, residency_officer):
    """Must keep agency, key and period, and tell so in two events."""
    until = now() + DAY
    tx = issue(until=until)
    key = agencies.officerOf(residency_officer)[6]
    record = (ids.land, key, tx.timestamp, tx.timestamp, until, False, 0)
    assert plain(credentials.credentialOf(PARTY, E_RESIDENT)) == record
    assert tx.events["CredentialIssued"] == {
        "party": PARTY,
        "kind": E_RESIDENT,
        "agency": ids.land,
        "keyId": key,
        "from": tx.timestamp,
        "until": until,
        "sourceHash": SOURCE,
    }
    assert tx.events["Locked"] == {"tokenId": int(ID, 16)}


def test_locked_for_good(credentials, issue, residency_officer):
    """Must be locked as ERC-5192 has it, under the id that the interface states, also when revoked."""
    assert str(credentials.credentialIdOf(PARTY, E_RESIDENT)) == ID
    with reverts("TokenUnknown", int(ID, 16)):
        credentials.locked(int(ID, 16))
    issue()
    assert credentials.locked(int(ID, 16))
    credentials.revoke(PARTY, E_RESIDENT, 0, {"from": residency_officer})
    assert credentials.locked(int(ID, 16))


def test_interfaces(credentials):
    """Must say by ERC-165 that it keeps ERC-5192, and that it is no ERC-721."""
    kept = {each: credentials.supportsInterface(each) for each in ("0x01ffc9a7", "0xb45a3c0e", "0x80ac58cd")}
    assert kept == {"0x01ffc9a7": True, "0xb45a3c0e": True, "0x80ac58cd": False}
    assert not credentials.supportsInterface("0xffffffff")


def test_stands_in_its_period(credentials, issue):
    """Must stand from the first second to the one before the last, and name the reason outside."""
    start, until = now() + DAY, now() + 2 * DAY
    assert credentials.standingAt(PARTY, E_RESIDENT, start) == NONE
    with reverts("CredentialMissing", PARTY, E_RESIDENT):
        credentials.requireCredential(PARTY, E_RESIDENT)
    issue(start=start, until=until)
    expected = {start - 1: NOT_YET, start: CURRENT, until - 1: CURRENT, until: EXPIRED}
    assert {time: credentials.standingAt(PARTY, E_RESIDENT, time) for time in expected} == expected

    with reverts("CredentialNotYet", PARTY, E_RESIDENT, start):
        credentials.requireCredential(PARTY, E_RESIDENT)
    wait(DAY + 60)
    credentials.requireCredential(PARTY, E_RESIDENT)
    wait(DAY)
    with reverts("CredentialExpired", PARTY, E_RESIDENT, until):
        credentials.requireCredential(PARTY, E_RESIDENT)


def test_period(issue):
    """Must refuse a period that is empty or over, and take one that began before or ends in a second."""
    present = now() + 60
    for start, until in ((present + 5, present + 5), (present - DAY, present), (0, present), (0, 0)):
        next_block_at(present)
        with reverts("CredentialPeriodRefused", start, until):
            issue(start=start, until=until)
        present += 60
    next_block_at(present)
    issue(start=present - DAY, until=present + 1)


def test_party_is_named(issue):
    """Must refuse the zero party."""
    with reverts("PartyMissing"):
        issue(party=ZERO_ID)


def test_kind_is_known(issue):
    """Must refuse a kind that nobody defined."""
    with reverts("KindUnknown", keccak("no kind")):
        issue(what=keccak("no kind"))


def test_by_an_officer_with_the_kinds_power(agencies, ids, issue, state, root, residency_officer, licensing_officer):
    """Must refuse an officer without the power or of another agency, and everyone of an agency that is suspended."""
    with reverts("ScopeMissing", licensing_officer, state.scope.residency):
        issue(by=licensing_officer)
    with reverts("ScopeMissing", residency_officer, state.scope.licensing):
        issue(what=ESTATE_AGENT)
    with reverts("OtherAgency", residency_officer, ids.tax):
        issue(agency=ids.tax)
    agencies.changeStatus(ids.land, SUSPENDED, {"from": root})
    with reverts("AgencyNotActive", ids.land, SUSPENDED):
        issue()


def test_agencys_own_kind(credentials, ids, state, issue, admin, licensing_officer, other_officer):
    """Must let the agency that defined a kind issue it, and no other."""
    made = str(credentials.defineKind(ids.land, "CONTACT_PERSON", state.scope.licensing, {"from": admin}).return_value)
    with reverts("KindOfOtherAgency", made, ids.land):
        issue(by=other_officer, agency=ids.tax, what=made)
    issue(by=licensing_officer, what=made)
    assert credentials.standingAt(PARTY, made, now()) == CURRENT


def test_one_agency_replaces_its_own(credentials, issue, residency_officer):
    """Must let the agency renew a credential that holds, also one that it has revoked."""
    issue()
    until = now() + 1000 * DAY
    issue(until=until)
    assert credentials.credentialOf(PARTY, E_RESIDENT)[4] == until
    credentials.revoke(PARTY, E_RESIDENT, 5, {"from": residency_officer})
    issue()
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == CURRENT
    assert plain(credentials.credentialOf(PARTY, E_RESIDENT))[5:] == (False, 0)


def test_other_agency_waits(credentials, ids, issue, other_officer):
    """Must refuse to put another agency's credential in the place of one that holds or is to begin."""
    of_tax = {"by": other_officer, "agency": ids.tax}
    start = now() + DAY
    issue(start=start, until=start + DAY)
    with reverts("CredentialHeld", PARTY, E_RESIDENT, ids.land):
        issue(**of_tax)
    wait(DAY + 60)
    with reverts("CredentialHeld", PARTY, E_RESIDENT, ids.land):
        issue(**of_tax)
    wait(DAY)
    issue(**of_tax)
    assert str(credentials.credentialOf(PARTY, E_RESIDENT)[0]) == ids.tax


def test_other_agency_replaces_what_was_revoked(credentials, ids, issue, residency_officer, other_officer):
    """Must let another agency issue once the first has revoked."""
    issue()
    credentials.revoke(PARTY, E_RESIDENT, 5, {"from": residency_officer})
    issue(by=other_officer, agency=ids.tax)
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == CURRENT


def test_kinds_stand_beside_each_other(credentials, issue, licensing_officer, residency_officer):
    """Must keep one credential of each kind, so that revoking one leaves the other."""
    issue()
    issue(by=licensing_officer, what=ESTATE_AGENT)
    credentials.revoke(PARTY, E_RESIDENT, 1, {"from": residency_officer})
    found = [credentials.standingAt(PARTY, each, now()) for each in (E_RESIDENT, ESTATE_AGENT)]
    assert found == [REVOKED, CURRENT]


@pytest.fixture
def compromise(agencies, custodian, second_custodian, residency_officer):
    """Declare the residency officer's key compromised since a moment."""

    def declare(since):
        for key in (custodian, second_custodian):
            agencies.markCompromised(residency_officer, since, {"from": key})

    return declare


def test_suspect_key(credentials, ids, issue, compromise, other_officer):
    """Must suspect what a compromised key issued, before all else, and let another agency replace it."""
    issued = issue().timestamp
    wait(60)
    compromise(issued)
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == SUSPECT
    with reverts("CredentialSuspect", PARTY, E_RESIDENT):
        credentials.requireCredential(PARTY, E_RESIDENT)
    issue(by=other_officer, agency=ids.tax)
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == CURRENT


def test_compromise_after_issue(credentials, issue, compromise):
    """Must leave standing what the key issued before it fell into wrong hands."""
    issued = issue().timestamp
    wait(60)
    compromise(issued + 1)
    assert credentials.standingAt(PARTY, E_RESIDENT, now()) == CURRENT


def test_retired_key_and_closed_agency(agencies, credentials, ids, issue, admin, root, residency_officer):
    """Must leave credentials standing whatever becomes of the key's period or the agency."""
    issue()
    agencies.retire(residency_officer, 0, {"from": admin})
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    credentials.requireCredential(PARTY, E_RESIDENT)
