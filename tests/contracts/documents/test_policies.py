"""Policies: what may be one, who sets them, and how they are withdrawn."""

import pytest
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import ZERO_ID, reverts


def members(count):
    """Ascending members, none zero."""
    return ["0x" + f"{n:064x}" for n in range(1, count + 1)]


def test_id_is_derived_from_content(documents, ids):
    """Must be the hash that the interface states, so that an id is known before the policy is allowed."""
    tag = keccak_bytes(text="Muniment.Policy.v1")
    listed = [bytes.fromhex(each[2:]) for each in members(3)]
    encoded = encode(["bytes32", "bytes32", "uint8", "bytes32[]"], [tag, bytes.fromhex(ids.land[2:]), 2, listed])
    assert str(documents.policyIdOf(ids.land, (2, members(3)))) == "0x" + keccak_bytes(encoded).hex()


def test_allowed_and_withdrawn(documents, ids, admin):
    """Must allow and withdraw a policy, and tell each in one event."""
    policy = (2, members(3))
    policy_id = documents.policyIdOf(ids.land, policy)
    for allowed in (True, False):
        tx = documents.setPolicy(ids.land, policy, allowed, {"from": admin})
        assert documents.policyAllowed(policy_id) is allowed
        assert tx.events["PolicySet"] == {
            "agency": ids.land,
            "policy": policy_id,
            "allowed": allowed,
            "threshold": 2,
            "members": tuple(policy[1]),
        }


def test_nothing_to_change(documents, ids, admin):
    """Must refuse to allow what is allowed, and to withdraw what is not."""
    policy = (1, members(1))
    policy_id = documents.policyIdOf(ids.land, policy)
    with reverts("NothingToChange", policy_id):
        documents.setPolicy(ids.land, policy, False, {"from": admin})
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    with reverts("NothingToChange", policy_id):
        documents.setPolicy(ids.land, policy, True, {"from": admin})


@pytest.mark.parametrize(
    ("threshold", "listed"),
    [
        pytest.param(0, members(2), id="no approval"),
        pytest.param(3, members(2), id="more than members"),
        pytest.param(0, [], id="nobody"),
        pytest.param(1, members(17), id="too many"),
        pytest.param(1, members(2)[::-1], id="out of order"),
        pytest.param(1, members(1) * 2, id="twice"),
        pytest.param(1, [ZERO_ID], id="zero"),
    ],
)
def test_refused(documents, ids, admin, threshold, listed):
    """Must refuse a policy that nobody, or not everybody in it, could make use of once."""
    with reverts("PolicyRefused", threshold, len(listed)):
        documents.setPolicy(ids.land, (threshold, listed), True, {"from": admin})


def test_largest(documents, ids, admin):
    """Must take sixteen of sixteen."""
    assert documents.MAX_MEMBERS() == 16
    documents.setPolicy(ids.land, (16, members(16)), True, {"from": admin})


def test_own_agency_alone(documents, ids, admin, other_admin, root):
    """Must let an agency's admin alone set its policies, not even the root."""
    for caller in (other_admin, root):
        with reverts("NotIssuer", ids.land, caller):
            documents.setPolicy(ids.land, (1, members(1)), True, {"from": caller})
    with reverts("NotIssuer", ZERO_ID, admin):
        documents.setPolicy(ZERO_ID, (1, members(1)), True, {"from": admin})
