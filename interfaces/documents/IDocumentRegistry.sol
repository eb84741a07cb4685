// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {PartyId} from "../identity/IPartyRegistry.sol";

/// Who issues: an AgencyId or a PartyId. Both are hashes over tags of their own, so that they cannot meet.
type IssuerId is bytes32;
/// keccak256 of the canonical JSON (RFC 8785) of the schema that a document follows; zero when it follows none.
type SchemaId is bytes32;
/// keccak256(abi.encode(keccak256("Muniment.Policy.v1"), agency, threshold, members))
type PolicyId is bytes32;

/// Who stands behind a root: one officer, m of n who co-signed for an agency, or a party for itself.
enum AnchorKind {
    None,
    Officer,
    CoSigned,
    Party
}

/// How a whole root stands. Held can be lifted; Revoked and Superseded are final, but for a superseded root that is
/// revoked later.
enum AnchorStatus {
    Standing,
    Held,
    Revoked,
    Superseded
}

/// What the chain can tell of a document, in order of judgement: the first that applies.
/// IssuedAfterCompromise: the key was in wrong hands at issue, or so many co-signers' keys were that too few remain.
/// Revoked: the document or its root, with a reason that the events tell; also a document superseded by itself.
/// Suspended: the document or its root is on hold.
/// Superseded: the whole root has a successor.
/// ValidIssuedBeforeKeyRetired: it stands, but the key is no longer current (retired, or compromised only later), or
/// fewer co-signers than the threshold have a key that is.
enum Finding {
    NotAnchored,
    IssuedAfterCompromise,
    Revoked,
    Suspended,
    Expired,
    Superseded,
    ValidIssuedBeforeKeyRetired,
    Valid
}

/// A root's one record, in one storage slot. Only `status` ever changes. Times are Unix seconds.
/// @param issuedAt the time of the block that took it
/// @param expiresAt the end of every document under the root; 0 for none
/// @param keyId the officer's key (Officer.id); 0 when co-signed or a party's
/// @param count how many documents the root holds; their indices are 0 to count - 1
/// @param threshold how many approvals must be good, when co-signed; else 0
/// @param approvals how many there were, when co-signed; else 0
struct Anchor {
    uint40 issuedAt;
    uint40 expiresAt;
    uint32 keyId;
    uint40 count;
    AnchorKind kind;
    AnchorStatus status;
    uint8 threshold;
    uint8 approvals;
}

/// What an issuer anchors.
/// @param root of an OpenZeppelin "standard-v1" Merkle tree over leaves as `leafOf` makes them
/// @param schema told to signers and readers, not checked against the leaves: each leaf names its own
/// @param expiresAt 0 for none
struct Issue {
    bytes32 root;
    SchemaId schema;
    uint40 count;
    uint40 expiresAt;
}

/// One document under a root.
/// @param docId random, so that nothing can be guessed from it
/// @param commitment keccak256(abi.encode(keccak256("Muniment.Document.Commitment.v1"), salt, contentHash))
/// @param index the document's place in the root and its bit when it is revoked
/// @param expiresAt 0 for none
struct Leaf {
    IssuerId issuer;
    SchemaId schema;
    bytes32 docId;
    bytes32 commitment;
    uint64 index;
    uint64 expiresAt;
}

/// Who may issue together for an agency.
/// @param threshold how many of the members must approve
/// @param members in strictly ascending order: an officer's key as a left-padded address, or a PartyId
struct Policy {
    uint8 threshold;
    bytes32[] members;
}

/// One member's signature over the typed data Approval.
struct Approval {
    bytes32 member;
    bytes signature;
}

/// Some of 256 documents that lie side by side.
/// @param word the documents with indices 256 * word to 256 * word + 255
/// @param bits one for each of them; the lowest bit is the lowest index
struct WordBits {
    uint32 word;
    uint256 bits;
}

/// @title Documents: issued once, verified anywhere, revoked with a reason
/// @notice Proves what was issued, by whom and when, and whether it still stands, without publishing the document.
/// One root anchors one document or a million. A document's one bit in its root tells whether it was revoked.
/// @dev leaf = keccak256(keccak256(abi.encode(keccak256("Muniment.Document.Leaf.v1"), chainId, registry, issuer,
/// schema, docId, commitment, index, expiresAt))). It is always made from its fields and never taken as a bare hash, so
/// that no node inside the tree can pass for a document.
/// Typed data (EIP-712), domain {name "Muniment DocumentRegistry", version "1", chainId, verifyingContract}:
///   Approval(bytes32 issuer,bytes32 root,bytes32 schema,uint40 count,uint40 expiresAt,bytes32 policy,uint256 nonce,
///   uint256 deadline)
/// A party that issues for itself signs the same with policy 0.
/// Documents outlive their issuer's powers: whether an agency was suspended, closed or narrowed later changes no
/// finding. Whoever revokes for an agency is a current officer of it with DOCUMENT_ISSUER; of a suspended agency nobody
/// may, and of a closed one the officers of the agency above. Errors of IAgencyRegistry tell who was refused and why.
interface IDocumentRegistry {
    /// @param keyId as in Anchor
    event Issued(
        IssuerId indexed issuer,
        bytes32 indexed root,
        SchemaId indexed schema,
        uint40 count,
        uint40 expiresAt,
        AnchorKind kind,
        uint32 keyId
    );
    /// @dev After Issued, when signatures and not an officer's own transaction stand behind the root.
    /// @param policy zero when a party issued for itself
    /// @param members who signed, in order; the party alone when it issued for itself
    event Approved(
        IssuerId indexed issuer, bytes32 indexed root, PolicyId indexed policy, uint256 nonce, bytes32[] members
    );
    event PolicySet(AgencyId indexed agency, PolicyId indexed policy, bool allowed, uint8 threshold, bytes32[] members);
    event NonceCancelled(IssuerId indexed issuer, uint256 nonce, address by);

    /// @param reason 6 when put on hold
    event DocumentRevoked(IssuerId indexed issuer, bytes32 indexed root, uint40 index, uint8 reason, address by);
    /// @param word as in WordBits, and so its bits
    /// @param bits those newly revoked, or newly put on hold when the reason is 6
    event WordRevoked(
        IssuerId indexed issuer, bytes32 indexed root, uint32 indexed word, uint256 bits, uint8 reason, address by
    );
    /// @param bits those whose hold was lifted
    event WordReleased(IssuerId indexed issuer, bytes32 indexed root, uint32 indexed word, uint256 bits, address by);
    /// @param reason 6 when put on hold
    event RootRevoked(IssuerId indexed issuer, bytes32 indexed root, uint8 reason, address by);
    event RootReleased(IssuerId indexed issuer, bytes32 indexed root, address by);
    event RootSuperseded(IssuerId indexed issuer, bytes32 indexed root, bytes32 indexed successor, address by);
    /// @dev The document's bit is set too: a DocumentRevoked with reason 4 comes before this.
    event DocumentSuperseded(
        IssuerId indexed issuer,
        bytes32 indexed root,
        uint40 index,
        bytes32 indexed successor,
        uint40 successorIndex,
        address by
    );

    /// @notice Thrown when the root or the count is zero, or the documents would have expired already.
    error IssueRefused(bytes32 root, uint40 count, uint40 expiresAt);
    /// @notice Thrown when the issuer has anchored the root before: a root is anchored once.
    error AnchorExists(IssuerId issuer, bytes32 root);
    /// @notice Thrown when the issuer has not anchored the root.
    error NotAnchored(IssuerId issuer, bytes32 root);
    /// @notice Thrown when the caller is not the wallet of the party, or not the admin of the agency, that must act.
    error NotIssuer(IssuerId issuer, address caller);
    /// @notice Thrown when a policy has no members or more than MAX_MEMBERS, lists them out of order or twice, or asks
    /// for no approval or for more than it has members.
    error PolicyRefused(uint8 threshold, uint256 members);
    /// @notice Thrown when the agency does not allow the policy (any more).
    error PolicyUnknown(PolicyId policy);
    /// @notice Thrown when fewer members approve than the policy asks for.
    error ApprovalsMissing(uint256 approvals, uint8 threshold);
    /// @notice Thrown when who approves is not a member of the policy, comes twice or out of order, or signs with the
    /// key of another who approved: a key counts once, be it an officer's, a party's or a representative's.
    error MemberRefused(bytes32 member);
    /// @notice Thrown when the signature is not by this wallet over exactly these values; zero when there is no wallet.
    error SignatureInvalid(address wallet);
    /// @notice Thrown when a signed act comes too late.
    error DeadlinePassed(uint256 deadline);
    /// @notice Thrown when the nonce was used or cancelled.
    error NonceUsed(IssuerId issuer, uint256 nonce);
    /// @notice Thrown when the reason is none of RFC 5280, section 5.3.1, or is 8 (removeFromCRL): releasing does that.
    error ReasonRefused(uint256 reason);
    /// @notice Thrown when the root, its documents or the policy are as asked already, or are so for good.
    error NothingToChange(bytes32 subject);
    /// @notice Thrown when a document's index is not below the root's count.
    error IndexBeyond(uint256 index, uint256 count);
    /// @notice Thrown when a call names no words, or more than MAX_WORDS.
    error WordsRefused(uint256 words);
    /// @notice Thrown when the successor is not anchored by the same issuer, does not stand, or is what it succeeds.
    error SuccessorRefused(IssuerId issuer, bytes32 successor);

    /// @notice The most words that one call can revoke.
    function MAX_WORDS() external view returns (uint256);
    /// @notice The most members of a policy.
    function MAX_MEMBERS() external view returns (uint256);
    /// @notice The longest proof: enough for as many documents as a count can tell.
    function MAX_PROOF() external view returns (uint256);

    // ── Issuing ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Anchor a root. By an officer of the agency with DOCUMENT_ISSUER.
    /// @dev Warning: whoever has an officer's key may anchor a root that the agency was about to, and once the key is
    /// declared compromised that root is lost to it: issue the documents anew with other salts.
    function issue(AgencyId agency, Issue calldata entry) external;

    /// @notice Anchor a root with enough approvals under a policy that the agency allows. By anyone; each member signs
    /// the same Approval, with the agency as issuer. Officers must be current, of the agency, with DOCUMENT_ISSUER.
    /// @dev Signatures are judged now and never again, those of contract wallets (ERC-1271) too. Warning: whoever
    /// sends it may leave approvals out beyond the threshold, and with them the spare ones.
    /// @param approvals in ascending order of member
    function issueCoSigned(
        AgencyId agency,
        Issue calldata entry,
        Policy calldata policy,
        uint256 nonce,
        uint256 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Anchor a root of a party's own. By anyone; the party signs Approval with policy 0.
    /// @dev Warning: only a wallet revokes what a party issued, and cancels its nonces. An organisation has none, nor
    /// has a person for whom officers stood in: let them name a near deadline and, where it matters, an end.
    function issueAsParty(
        PartyId party,
        Issue calldata entry,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Allow a policy or withdraw it, and with it the approvals that were not used. By the agency's admin.
    /// @dev Warning: approvals are good again if the policy is allowed again in their time; cancel their nonce as well.
    /// Warning: a party's key has no date of compromise, so roots that parties alone approved fall by revoking alone.
    function setPolicy(AgencyId agency, Policy calldata policy, bool allowed) external;

    /// @notice Make a nonce useless, and with it every approval signed over it. By an officer of the agency with
    /// DOCUMENT_ISSUER, or the party's wallet.
    function cancelNonce(IssuerId issuer, uint256 nonce) external;

    // ── Revoking ────────────────────────────────────────────────────────────────────────────────────────────────
    // By any officer of the agency with DOCUMENT_ISSUER, not only the one who issued, or by the party's wallet.
    // Reason 6 (certificateHold) can be released; every other is final, and releasing never lifts it. It is final in a
    // thief's hands too: what a key revoked before it was declared compromised is to be issued anew.

    /// @notice Revoke one document, or put it on hold.
    function revoke(IssuerId issuer, bytes32 root, uint40 index, uint256 reason) external;

    /// @notice Revoke many documents of one root, or put them on hold. Those that are so already stay as they are.
    function revokeWords(IssuerId issuer, bytes32 root, WordBits[] calldata words, uint256 reason) external;

    /// @notice Lift the hold on documents of one word; those that are not on hold, or revoked since, stay as they are.
    function releaseWord(IssuerId issuer, bytes32 root, uint32 word, uint256 bits) external;

    /// @notice Revoke every document under a root, or put the root on hold. A root that has a successor can still be
    /// revoked, but not put on hold.
    function revokeRoot(IssuerId issuer, bytes32 root, uint256 reason) external;

    /// @notice Lift the hold on a root. Holds on its documents stay.
    function releaseRoot(IssuerId issuer, bytes32 root) external;

    /// @notice Name the root that takes a root's place. It must stand and not have expired: as a superseded root never
    /// stands again, no chain of successors is a circle.
    function supersedeRoot(IssuerId issuer, bytes32 root, bytes32 successor) external;

    /// @notice Name the document that takes a document's place. Neither it nor its root may be revoked, held or
    /// superseded; it may lie in the same root.
    function supersede(IssuerId issuer, bytes32 root, uint40 index, bytes32 successor, uint40 successorIndex) external;

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice What the chain can tell of a document, and the root that its proof leads to.
    /// @dev Does not compare the leaf's schema with the one that Issued told.
    /// @param proof siblings from the leaf upwards; one longer than MAX_PROOF finds NotAnchored and root zero
    function verify(Leaf calldata leaf, bytes32[] calldata proof) external view returns (Finding finding, bytes32 root);

    /// @notice The leaf of a document, here on this chain.
    function leafOf(Leaf calldata leaf) external view returns (bytes32);

    /// @notice A root's record; all zero when the issuer has not anchored it.
    function anchorOf(IssuerId issuer, bytes32 root) external view returns (Anchor memory);

    /// @notice The keys that approved a co-signed root, by Officer.id in the order of approval; 0 stands for a party.
    function approversOf(IssuerId issuer, bytes32 root) external view returns (uint32[] memory keyIds);

    /// @notice The documents of one word that are revoked, and those that were put on hold and not released.
    function wordOf(IssuerId issuer, bytes32 root, uint32 word) external view returns (uint256 revoked, uint256 held);

    /// @notice The root that took this root's place; zero when none did.
    function successorOf(IssuerId issuer, bytes32 root) external view returns (bytes32);

    /// @notice The id of a policy, allowed or not.
    function policyIdOf(AgencyId agency, Policy calldata policy) external pure returns (PolicyId);

    /// @notice Whether the policy's agency allows it.
    function policyAllowed(PolicyId policy) external view returns (bool);

    /// @notice Whether a nonce can no longer be used. Nonces are unordered: any 256-bit number serves once.
    function nonceUsed(IssuerId issuer, uint256 nonce) external view returns (bool);
}
