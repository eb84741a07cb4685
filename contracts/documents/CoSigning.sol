// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Agency, AgencyId, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Approval,
    IDocumentRegistry,
    Issue,
    IssuerId,
    Policy,
    PolicyId
} from "../../interfaces/documents/IDocumentRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {SignatureCheck} from "../identity/SignatureCheck.sol";
import {Anchors} from "./Anchors.sol";
import {Hands} from "./Hands.sol";

/// @title Signatures under a root: who must give them, and whether they did
abstract contract CoSigning is Anchors, EIP712 {
    using BitMaps for BitMaps.BitMap;
    using Hands for address;
    using Hands for bytes32[];
    using Hands for IPartyRegistry;
    using SignatureCheck for address;

    bytes32 private constant POLICY = keccak256("Muniment.Policy.v1");
    bytes32 private constant APPROVAL = keccak256(
        "Approval(bytes32 issuer,bytes32 root,bytes32 schema,uint40 count,uint40 expiresAt,"
        "bytes32 policy,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IDocumentRegistry
    uint256 public constant MAX_MEMBERS = 16;

    /// @inheritdoc IDocumentRegistry
    mapping(PolicyId policy => bool allowed) public policyAllowed;

    mapping(IssuerId issuer => BitMaps.BitMap used) private _nonces;

    // ── Policies ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function setPolicy(AgencyId agency, Policy calldata policy, bool allowed) external {
        if (AGENCIES.agencyOf(agency).admin != msg.sender) revert NotIssuer(_issuer(agency), msg.sender);
        uint256 size = policy.members.length;
        bool sound = policy.threshold != 0 && policy.threshold <= size && size <= MAX_MEMBERS;
        bytes32 previous;
        for (uint256 i = 0; sound && i < size; ++i) {
            sound = policy.members[i] > previous;
            previous = policy.members[i];
        }
        if (!sound) revert PolicyRefused(policy.threshold, size);
        PolicyId id = policyIdOf(agency, policy);
        if (policyAllowed[id] == allowed) revert NothingToChange(PolicyId.unwrap(id));

        policyAllowed[id] = allowed;
        emit PolicySet(agency, id, allowed, policy.threshold, policy.members);
    }

    /// @inheritdoc IDocumentRegistry
    function policyIdOf(AgencyId agency, Policy calldata policy) public pure returns (PolicyId) {
        return PolicyId.wrap(keccak256(abi.encode(POLICY, agency, policy.threshold, policy.members)));
    }

    // ── Nonces ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function cancelNonce(IssuerId issuer, uint256 nonce) external {
        if (!_isWalletOf(issuer)) {
            AGENCIES.requireOfficerFor(msg.sender, DOCUMENT_ISSUER, AgencyId.wrap(IssuerId.unwrap(issuer)));
        }

        _useNonce(issuer, nonce);
        emit NonceCancelled(issuer, nonce, msg.sender);
    }

    /// @inheritdoc IDocumentRegistry
    function nonceUsed(IssuerId issuer, uint256 nonce) public view returns (bool) {
        return _nonces[issuer].get(nonce);
    }

    function _useNonce(IssuerId issuer, uint256 nonce) internal {
        if (nonceUsed(issuer, nonce)) revert NonceUsed(issuer, nonce);
        _nonces[issuer].set(nonce);
    }

    // ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────

    /// What the members sign, in its time.
    function _digestOf(IssuerId issuer, Issue calldata entry, PolicyId policy, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    APPROVAL, issuer, entry.root, entry.schema, entry.count, entry.expiresAt, policy, nonce, deadline
                )
            )
        );
    }

    /// Judge every approval: too few, or a single bad one, refuses them all.
    /// @return keyIds by Officer.id, in the order of approval; 0 for a party
    function _requireApproved(AgencyId agency, Policy calldata policy, bytes32 digest, Approval[] calldata approvals)
        internal
        view
        returns (uint32[] memory keyIds)
    {
        if (approvals.length < policy.threshold) revert ApprovalsMissing(approvals.length, policy.threshold);
        keyIds = new uint32[](approvals.length);
        bytes32[][] memory hands = new bytes32[][](approvals.length);
        uint256 place;
        for (uint256 i = 0; i < approvals.length; ++i) {
            (bytes32 member, bytes calldata signature) = (approvals[i].member, approvals[i].signature);
            place = _placeOf(member, policy.members, place) + 1;
            address key = address(uint160(uint256(member)));
            if (key.padded() == member) {
                keyIds[i] = AGENCIES.requireOfficerFor(key, DOCUMENT_ISSUER, agency);
                if (!key.isSignedBy(digest, signature)) revert SignatureInvalid(key);
            } else {
                PARTIES.requireSignature(PartyId.wrap(member), digest, signature);
                hands[i] = PARTIES.handsOf(PartyId.wrap(member), signature);
                _requireOtherHands(approvals, hands, i);
            }
        }
    }

    /// One key counts once, be it an officer's, a party's or a representative's. Officers come first in the order of
    /// members, so theirs are known by then.
    function _requireOtherHands(Approval[] calldata approvals, bytes32[][] memory hands, uint256 last) private pure {
        for (uint256 i = 0; i < hands[last].length; ++i) {
            bytes32 hand = hands[last][i];
            for (uint256 j = 0; j < last; ++j) {
                if (hand == approvals[j].member || hands[j].hold(hand)) revert MemberRefused(approvals[last].member);
            }
        }
    }

    /// Where a member stands in the policy, not before `start`: as both lists ascend, nobody is counted twice.
    function _placeOf(bytes32 member, bytes32[] calldata members, uint256 start) private pure returns (uint256 place) {
        place = start;
        while (place < members.length && members[place] != member) ++place;
        if (place == members.length) revert MemberRefused(member);
    }

    /// The agency may issue documents; a policy of parties alone asks no officer.
    function _requireAgency(AgencyId agency) internal view {
        Agency memory record = AGENCIES.agencyOf(agency);
        if (record.status != AgencyStatus.Active) revert IAgencyRegistry.AgencyNotActive(agency, record.status);
        if (record.scopes & DOCUMENT_ISSUER == 0) revert IAgencyRegistry.ScopeMissing(record.admin, DOCUMENT_ISSUER);
    }

    function _issuer(AgencyId agency) internal pure returns (IssuerId) {
        return IssuerId.wrap(AgencyId.unwrap(agency));
    }
}
