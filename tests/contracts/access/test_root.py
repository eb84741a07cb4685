"""The root: set at deployment, handed over in two steps."""

from brownie import ZERO_ADDRESS, AgencyRegistry

from tests.contracts.helpers import ZERO_ID, keccak, reverts


def test_deployer_holds_no_power(agencies, deployer, root):
    """Must give the root to the constructor's argument and nothing to the deployer."""
    assert agencies.root() == root
    assert agencies.pendingRoot() == ZERO_ADDRESS
    with reverts("NotRoot", deployer):
        agencies.proposeRoot(deployer, {"from": deployer})
    with reverts("NotRoot", deployer):
        agencies.registerAgency(ZERO_ID, deployer, 1, keccak("deployer.example.gov"), {"from": deployer})


def test_root_is_somebody(deployer):
    """Must refuse to be deployed without a root."""
    with reverts("ZeroAddress"):
        AgencyRegistry.deploy(ZERO_ADDRESS, {"from": deployer})


def test_hand_over_takes_two_steps(agencies, root, proposed):
    """Must leave the old root in power until the new one accepts, and then at once take it from him."""
    tx = agencies.proposeRoot(proposed, {"from": root})
    assert tx.events["RootProposed"] == {"root": root, "proposed": proposed}
    assert (agencies.root(), agencies.pendingRoot()) == (root, proposed)

    tx = agencies.acceptRoot({"from": proposed})
    assert tx.events["RootChanged"] == {"previous": root, "root": proposed}
    assert (agencies.root(), agencies.pendingRoot()) == (proposed, ZERO_ADDRESS)
    with reverts("NotRoot", root):
        agencies.proposeRoot(root, {"from": root})


def test_proposal_can_be_withdrawn(agencies, root, proposed):
    """Must refuse a successor whose proposal was withdrawn."""
    agencies.proposeRoot(proposed, {"from": root})
    agencies.proposeRoot(ZERO_ADDRESS, {"from": root})
    with reverts("NotProposed", proposed):
        agencies.acceptRoot({"from": proposed})


def test_proposal_serves_once(agencies, root, proposed):
    """Must not let an accepted proposal be used again after the root moved on."""
    agencies.proposeRoot(proposed, {"from": root})
    agencies.acceptRoot({"from": proposed})
    agencies.proposeRoot(root, {"from": proposed})
    agencies.acceptRoot({"from": root})
    with reverts("NotProposed", proposed):
        agencies.acceptRoot({"from": proposed})
