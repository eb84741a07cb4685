// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {AgencyId, IAgencyRegistry, KeyStanding} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Anchor,
    AnchorKind,
    AnchorStatus,
    Approval,
    Finding,
    IDocumentRegistry,
    Issue,
    IssuerId,
    Leaf,
    Policy,
    PolicyId
} from "../../interfaces/documents/IDocumentRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Anchors} from "./Anchors.sol";
import {CoSigning} from "./CoSigning.sol";
import {Revocation} from "./Revocation.sol";

/// @title Documents: issued once, verified anywhere, revoked with a reason
contract DocumentRegistry is Revocation, CoSigning {
    using MerkleProof for bytes32[];

    bytes32 private constant LEAF = keccak256("Muniment.Document.Leaf.v1");

    /// @inheritdoc IDocumentRegistry
    uint256 public constant MAX_PROOF = 40;

    constructor(IAgencyRegistry agencies, IPartyRegistry parties)
        Anchors(agencies, parties)
        EIP712("Muniment DocumentRegistry", "1")
    {}

    // ── Issuing ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function issue(AgencyId agency, Issue calldata entry) external {
        uint32 keyId = AGENCIES.requireOfficerFor(msg.sender, DOCUMENT_ISSUER, agency);

        _enter(_issuer(agency), entry, AnchorKind.Officer, keyId);
    }

    /// @inheritdoc IDocumentRegistry
    function issueCoSigned(
        AgencyId agency,
        Issue calldata entry,
        Policy calldata policy,
        uint256 nonce,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        IssuerId issuer = _issuer(agency);
        PolicyId id = policyIdOf(agency, policy);
        if (!policyAllowed[id]) revert PolicyUnknown(id);
        _requireAgency(agency);
        bytes32 digest = _digestOf(issuer, entry, id, nonce, deadline);
        uint32[] memory keyIds = _requireApproved(agency, policy, digest, approvals);

        _useNonce(issuer, nonce);
        Anchor storage anchor = _enter(issuer, entry, AnchorKind.CoSigned, 0);
        anchor.threshold = policy.threshold;
        anchor.approvals = uint8(keyIds.length);
        bytes32[] memory members = new bytes32[](keyIds.length);
        for (uint256 i = 0; i < keyIds.length; ++i) {
            members[i] = approvals[i].member;
            _records[issuer][entry.root].approvers[i] = keyIds[i];
        }
        emit Approved(issuer, entry.root, id, nonce, members);
    }

    /// @inheritdoc IDocumentRegistry
    function issueAsParty(
        PartyId party,
        Issue calldata entry,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        IssuerId issuer = IssuerId.wrap(PartyId.unwrap(party));
        PARTIES.requireSignature(party, _digestOf(issuer, entry, PolicyId.wrap(0), nonce, deadline), signature);

        _useNonce(issuer, nonce);
        _enter(issuer, entry, AnchorKind.Party, 0);
        bytes32[] memory members = new bytes32[](1);
        members[0] = PartyId.unwrap(party);
        emit Approved(issuer, entry.root, PolicyId.wrap(0), nonce, members);
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDocumentRegistry
    function verify(Leaf calldata leaf, bytes32[] calldata proof) external view returns (Finding, bytes32 root) {
        if (proof.length > MAX_PROOF) return (Finding.NotAnchored, bytes32(0));
        root = proof.processProofCalldata(leafOf(leaf));
        return (_judge(_records[leaf.issuer][root], leaf), root);
    }

    /// @inheritdoc IDocumentRegistry
    function leafOf(Leaf calldata leaf) public view returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256(
                    abi.encode(
                        LEAF,
                        block.chainid,
                        address(this),
                        leaf.issuer,
                        leaf.schema,
                        leaf.docId,
                        leaf.commitment,
                        leaf.index,
                        leaf.expiresAt
                    )
                )
            )
        );
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The first finding that applies, in the order of Finding.
    function _judge(Record storage record, Leaf calldata leaf) private view returns (Finding) {
        Anchor memory anchor = record.anchor;
        if (anchor.kind == AnchorKind.None || leaf.index >= anchor.count) return Finding.NotAnchored;
        if (!_enoughKeys(record, anchor, false)) return Finding.IssuedAfterCompromise;
        Word storage word = record.words[_wordOf(leaf.index)];
        uint256 bit = _bitOf(leaf.index);
        if (anchor.status == AnchorStatus.Revoked || word.revoked & bit != 0) return Finding.Revoked;
        if (anchor.status == AnchorStatus.Held || word.held & bit != 0) return Finding.Suspended;
        if (_over(anchor.expiresAt) || _over(leaf.expiresAt)) return Finding.Expired;
        if (anchor.status == AnchorStatus.Superseded) return Finding.Superseded;
        return _enoughKeys(record, anchor, true) ? Finding.Valid : Finding.ValidIssuedBeforeKeyRetired;
    }

    /// Whether as many keys as the issue needed were beyond suspicion at issue, or are current today, by what is known
    /// now. A party has no such record: it was judged at issue.
    function _enoughKeys(Record storage record, Anchor memory anchor, bool today) private view returns (bool) {
        if (anchor.kind == AnchorKind.Party) return true;
        if (anchor.kind == AnchorKind.Officer) return _isGood(anchor.keyId, anchor.issuedAt, today);
        uint256 good;
        for (uint256 i = 0; i < anchor.approvals; ++i) {
            uint32 keyId = record.approvers[i];
            if (keyId == 0 || _isGood(keyId, anchor.issuedAt, today)) ++good;
        }
        return good >= anchor.threshold;
    }

    /// At issue only compromise counts: a key may be retired in the very block in which it was last used.
    function _isGood(uint32 keyId, uint40 issuedAt, bool today) private view returns (bool) {
        address key = AGENCIES.keyOf(keyId);
        return today
            ? AGENCIES.standingAt(key, block.timestamp) == KeyStanding.Current
            : AGENCIES.standingAt(key, issuedAt) != KeyStanding.Compromised;
    }
}
