"""Agencies: registered by the root or a parent, narrowed, suspended, closed, and never orphaned."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import ACTIVE, ALL_SCOPES, CLOSED, SUSPENDED, UNKNOWN, ZERO_ID, keccak, plain, reverts


@pytest.fixture
def narrow(agencies, ids, root, scope):
    """The ministry, narrowed to two powers."""
    powers = scope.registrar | scope.court
    agencies.changeScopes(ids.ministry, powers, {"from": root})
    return powers


@pytest.fixture
def scope(state):
    """The powers by name."""
    return state.scope


def test_id_is_derived_from_parent_and_domain(agencies, ids):
    """Must be the hash that the interface states, so that an agency's id is known before it is registered."""
    domain = bytes.fromhex(keccak("land.example.gov")[2:])
    parent = bytes.fromhex(ids.ministry[2:])
    tag = keccak_bytes(text="Muniment.Agency.v1")
    assert ids.land == "0x" + keccak_bytes(encode(["bytes32"] * 3, [tag, parent, domain])).hex()


def test_registered_by_root(agencies, root, citizen):
    """Must store an active agency as given, and tell so in one event."""
    domain = keccak("new.example.gov")
    agency = str(agencies.agencyIdOf(ZERO_ID, domain))
    tx = agencies.registerAgency(ZERO_ID, citizen, 6, domain, {"from": root})
    assert plain(agencies.agencyOf(agency)) == (citizen, 6, ACTIVE, ZERO_ID, domain)
    assert tx.return_value == agency
    assert tx.events["AgencyRegistered"] == {
        "agency": agency,
        "parent": ZERO_ID,
        "admin": citizen,
        "scopes": 6,
        "domainHash": domain,
    }


def test_registered_by_parent(agencies, ids, parent_admin, citizen):
    """Must store the parent of an agency that a parent registers."""
    domain = keccak("new.example.gov")
    agencies.registerAgency(ids.ministry, citizen, 1, domain, {"from": parent_admin})
    assert agencies.agencyOf(agencies.agencyIdOf(ids.ministry, domain))["parent"] == ids.ministry


def test_root_registers_under_no_parent(agencies, ids, root, citizen):
    """Must leave a parent's children to the parent, so that no agency gets a child it does not know."""
    with reverts("NotAuthority", ids.ministry, root):
        agencies.registerAgency(ids.ministry, citizen, 1, keccak("new.example.gov"), {"from": root})


def test_domain_is_unique(agencies, ids, root, citizen):
    """Must refuse a second agency of one domain, even after the first was closed."""
    domain = keccak("tax.example.gov")
    with reverts("AgencyExists", ids.tax):
        agencies.registerAgency(ZERO_ID, citizen, 1, domain, {"from": root})
    agencies.changeStatus(ids.tax, CLOSED, {"from": root})
    with reverts("AgencyExists", ids.tax):
        agencies.registerAgency(ZERO_ID, citizen, 1, domain, {"from": root})


def test_agency_is_complete(agencies, root, citizen):
    """Must refuse an agency without admin, domain or powers."""
    domain = keccak("new.example.gov")
    with reverts("ZeroAddress"):
        agencies.registerAgency(ZERO_ID, ZERO_ADDRESS, 1, domain, {"from": root})
    with reverts("DomainMissing"):
        agencies.registerAgency(ZERO_ID, citizen, 1, ZERO_ID, {"from": root})
    with reverts("ScopesRefused", 0, ALL_SCOPES):
        agencies.registerAgency(ZERO_ID, citizen, 0, domain, {"from": root})


def test_child_has_no_more_than_parent(agencies, ids, parent_admin, citizen, narrow, scope):
    """Must refuse a parent that gives away powers it lacks, at registration and later."""
    wanted = scope.registrar | scope.identity
    with reverts("ScopesRefused", wanted, narrow):
        agencies.registerAgency(ids.ministry, citizen, wanted, keccak("new.example.gov"), {"from": parent_admin})
    with reverts("ScopesRefused", wanted, narrow):
        agencies.changeScopes(ids.land, wanted, {"from": parent_admin})


def test_root_gives_any_power(agencies, ids, root, narrow):
    """Must let the root give an agency powers that its parent lacks."""
    tx = agencies.changeScopes(ids.land, ALL_SCOPES, {"from": root})
    assert agencies.agencyOf(ids.land)["scopes"] == ALL_SCOPES
    assert tx.events["AgencyScopesChanged"] == {"agency": ids.land, "scopes": ALL_SCOPES, "by": root}


def test_scopes_are_never_empty(agencies, ids, root):
    """Must refuse to leave an agency without any power: that is what suspension is for."""
    with reverts("ScopesRefused", 0, ALL_SCOPES):
        agencies.changeScopes(ids.land, 0, {"from": root})


def test_narrowing_an_agency_narrows_its_officers(agencies, ids, root, registrar, scope):
    """Must take a power from every officer at once when the agency loses it, and give it back with the agency's."""
    agencies.changeScopes(ids.land, scope.court, {"from": root})
    with reverts("ScopeMissing", registrar, scope.registrar):
        agencies.requireOfficer(registrar, scope.registrar)
    agencies.changeScopes(ids.land, scope.registrar, {"from": root})
    assert str(agencies.requireOfficer(registrar, scope.registrar)) == ids.land


def test_suspended_parent_has_no_say(agencies, ids, root, parent_admin, citizen):
    """Must refuse every act of a suspended parent upon its children."""
    agencies.changeStatus(ids.ministry, SUSPENDED, {"from": root})
    by = {"from": parent_admin}
    refusal = ("AgencyNotActive", ids.ministry, SUSPENDED)
    with reverts(*refusal):
        agencies.registerAgency(ids.ministry, citizen, 1, keccak("new.example.gov"), by)
    with reverts(*refusal):
        agencies.changeScopes(ids.land, 1, by)
    with reverts(*refusal):
        agencies.changeStatus(ids.land, SUSPENDED, by)
    with reverts(*refusal):
        agencies.proposeAdmin(ids.land, citizen, by)


def test_children_outlive_their_parent(agencies, ids, root, registrar, scope):
    """Must leave a child at work when its parent is closed."""
    agencies.changeStatus(ids.ministry, CLOSED, {"from": root})
    assert str(agencies.requireOfficer(registrar, scope.registrar)) == ids.land


@pytest.mark.parametrize(
    ("path", "wanted", "allowed"),
    [
        ((), ACTIVE, False),
        ((), UNKNOWN, False),
        ((), SUSPENDED, True),
        ((), CLOSED, True),
        ((SUSPENDED,), SUSPENDED, False),
        ((SUSPENDED,), UNKNOWN, False),
        ((SUSPENDED,), ACTIVE, True),
        ((SUSPENDED,), CLOSED, True),
        ((CLOSED,), ACTIVE, False),
        ((CLOSED,), SUSPENDED, False),
        ((CLOSED,), CLOSED, False),
        ((CLOSED,), UNKNOWN, False),
    ],
)
def test_status_order(agencies, ids, root, path, wanted, allowed):
    """Must allow suspension to be lifted and closing to be final."""
    present = ACTIVE
    for present in path:
        agencies.changeStatus(ids.land, present, {"from": root})
    if allowed:
        tx = agencies.changeStatus(ids.land, wanted, {"from": root})
        assert agencies.agencyOf(ids.land)["status"] == wanted
        assert tx.events["AgencyStatusChanged"] == {"agency": ids.land, "status": wanted, "by": root}
    else:
        with reverts("StatusRefused", ids.land, present, wanted):
            agencies.changeStatus(ids.land, wanted, {"from": root})


def test_unknown_agency_does_not_change(agencies, root, citizen):
    """Must refuse every change of an agency that was never registered."""
    nobody = keccak("nobody")
    with reverts("StatusRefused", nobody, UNKNOWN, ACTIVE):
        agencies.changeStatus(nobody, ACTIVE, {"from": root})
    with reverts("AgencyNotActive", nobody, UNKNOWN):
        agencies.changeScopes(nobody, 1, {"from": root})
    with reverts("AgencyNotActive", nobody, UNKNOWN):
        agencies.proposeAdmin(nobody, citizen, {"from": root})


def test_closed_agency_does_not_change(agencies, ids, root, admin, proposed):
    """Must refuse every change of a closed agency, also by a proposal made before it was closed."""
    agencies.proposeAdmin(ids.land, proposed, {"from": admin})
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    refusal = ("AgencyNotActive", ids.land, CLOSED)
    with reverts(*refusal):
        agencies.changeScopes(ids.land, 1, {"from": root})
    with reverts(*refusal):
        agencies.proposeAdmin(ids.land, proposed, {"from": root})
    with reverts(*refusal):
        agencies.acceptAdmin(ids.land, {"from": proposed})


def test_admin_changes_in_two_steps(agencies, ids, admin, proposed):
    """Must leave the old admin in office until the new one accepts, and then at once remove him."""
    tx = agencies.proposeAdmin(ids.land, proposed, {"from": admin})
    assert tx.events["AdminProposed"] == {"agency": ids.land, "proposed": proposed, "by": admin}
    assert agencies.pendingAdmin(ids.land) == proposed
    assert agencies.agencyOf(ids.land)["admin"] == admin

    tx = agencies.acceptAdmin(ids.land, {"from": proposed})
    assert tx.events["AdminChanged"] == {"agency": ids.land, "previous": admin, "admin": proposed}
    assert agencies.agencyOf(ids.land)["admin"] == proposed
    with reverts("NotAuthority", ids.land, admin):
        agencies.proposeAdmin(ids.land, admin, {"from": admin})
    with reverts("NotProposed", proposed):
        agencies.acceptAdmin(ids.land, {"from": proposed})


def test_proposal_of_admin_can_be_withdrawn(agencies, ids, admin, proposed):
    """Must refuse an admin whose proposal was withdrawn, and one proposed for another agency."""
    agencies.proposeAdmin(ids.land, proposed, {"from": admin})
    with reverts("NotProposed", proposed):
        agencies.acceptAdmin(ids.tax, {"from": proposed})
    agencies.proposeAdmin(ids.land, ZERO_ADDRESS, {"from": admin})
    with reverts("NotProposed", proposed):
        agencies.acceptAdmin(ids.land, {"from": proposed})


def test_thief_of_the_admins_key_cannot_hold_on(agencies, ids, parent_admin, admin, proposed, stranger):
    """Must let those above replace an admin who overwrites every proposal: while suspended, only they propose."""
    agencies.changeStatus(ids.land, SUSPENDED, {"from": parent_admin})
    agencies.proposeAdmin(ids.land, proposed, {"from": parent_admin})
    with reverts("AgencyNotActive", ids.land, SUSPENDED):
        agencies.proposeAdmin(ids.land, stranger, {"from": admin})
    agencies.acceptAdmin(ids.land, {"from": proposed})
    agencies.changeStatus(ids.land, ACTIVE, {"from": parent_admin})
    assert agencies.agencyOf(ids.land)["admin"] == proposed


def test_unknown_agency_is_all_zero(agencies):
    """Must answer with an empty record for an agency that was never registered."""
    assert plain(agencies.agencyOf(keccak("nobody"))) == (ZERO_ADDRESS, 0, UNKNOWN, ZERO_ID, ZERO_ID)
