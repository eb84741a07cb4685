// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Anchor,
    AnchorKind,
    AnchorStatus,
    IDocumentRegistry,
    Issue,
    IssuerId
} from "../../interfaces/documents/IDocumentRegistry.sol";
import {IPartyRegistry, PartyId, Recovery} from "../../interfaces/identity/IPartyRegistry.sol";

/// @title Roots and what was said of them
/// @notice Holds every root under its issuer: under the root alone, whoever saw one coming could take it first.
abstract contract Anchors is IDocumentRegistry {
    /// Issuing writes the first slot alone, unless officers co-signed.
    /// @param approvers by Officer.id, in the order of approval; 0 for a party
    struct Record {
        Anchor anchor;
        bytes32 successor;
        uint32[16] approvers;
        mapping(uint256 word => Word bits) words;
    }

    /// One bit for each of 256 documents; holds have bits of their own, so that lifting one never lifts a revocation.
    struct Word {
        uint256 revoked;
        uint256 held;
    }

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    /// @notice Whose wallets are whose.
    IPartyRegistry public immutable PARTIES;
    uint64 internal immutable DOCUMENT_ISSUER;

    mapping(IssuerId issuer => mapping(bytes32 root => Record record)) internal _records;

    constructor(IAgencyRegistry agencies, IPartyRegistry parties) {
        AGENCIES = agencies;
        PARTIES = parties;
        DOCUMENT_ISSUER = agencies.DOCUMENT_ISSUER();
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function anchorOf(IssuerId issuer, bytes32 root) external view returns (Anchor memory) {
        return _records[issuer][root].anchor;
    }

    /// @inheritdoc IDocumentRegistry
    function approversOf(IssuerId issuer, bytes32 root) external view returns (uint32[] memory keyIds) {
        Record storage record = _records[issuer][root];
        keyIds = new uint32[](record.anchor.approvals);
        for (uint256 i = 0; i < keyIds.length; ++i) {
            keyIds[i] = record.approvers[i];
        }
    }

    /// @inheritdoc IDocumentRegistry
    function wordOf(IssuerId issuer, bytes32 root, uint32 word) external view returns (uint256 revoked, uint256 held) {
        Word storage bits = _records[issuer][root].words[word];
        return (bits.revoked, bits.held);
    }

    /// @inheritdoc IDocumentRegistry
    function successorOf(IssuerId issuer, bytes32 root) external view returns (bytes32) {
        return _records[issuer][root].successor;
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Write a root's record, which then stands.
    function _enter(IssuerId issuer, Issue calldata entry, AnchorKind kind, uint32 keyId)
        internal
        returns (Anchor storage anchor)
    {
        (bytes32 root, uint40 count, uint40 expiresAt) = (entry.root, entry.count, entry.expiresAt);
        if (root == bytes32(0) || count == 0 || _over(expiresAt)) revert IssueRefused(root, count, expiresAt);
        anchor = _records[issuer][root].anchor;
        if (anchor.kind != AnchorKind.None) revert AnchorExists(issuer, root);

        anchor.kind = kind;
        anchor.issuedAt = uint40(block.timestamp);
        anchor.expiresAt = expiresAt;
        anchor.keyId = keyId;
        anchor.count = count;
        emit Issued(issuer, root, entry.schema, count, expiresAt, kind, keyId);
    }

    /// The record of an anchored root whose documents the caller may revoke, and how many they are.
    function _requireKept(IssuerId issuer, bytes32 root) internal view returns (Record storage record, uint256 count) {
        record = _records[issuer][root];
        count = record.anchor.count;
        if (count == 0) revert NotAnchored(issuer, root);
        if (record.anchor.kind != AnchorKind.Party) {
            AGENCIES.requireKeeperOf(msg.sender, DOCUMENT_ISSUER, AgencyId.wrap(IssuerId.unwrap(issuer)));
        } else if (!_isWalletOf(issuer)) {
            revert NotIssuer(issuer, msg.sender);
        }
    }

    /// Whether the caller is the wallet of this party; reverts while the wallet is being recovered.
    function _isWalletOf(IssuerId issuer) internal view returns (bool) {
        PartyId party = PartyId.wrap(IssuerId.unwrap(issuer));
        if (PARTIES.walletOf(party) != msg.sender) return false;
        Recovery memory recovery = PARTIES.recoveryOf(party);
        if (recovery.wallet != address(0)) revert IPartyRegistry.RecoveryPending(party, recovery.readyAt);
        return true;
    }

    function _stands(Anchor memory anchor) internal view returns (bool) {
        return anchor.kind != AnchorKind.None && anchor.status == AnchorStatus.Standing && !_over(anchor.expiresAt);
    }

    /// Whether an end has come; zero is no end.
    function _over(uint256 expiresAt) internal view returns (bool) {
        return expiresAt != 0 && expiresAt <= block.timestamp;
    }
}
