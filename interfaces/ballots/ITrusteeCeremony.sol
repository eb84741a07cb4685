// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId, IAgencyRegistry} from "../access/IAgencyRegistry.sol";

/// keccak256(abi.encode(keccak256("Muniment.BallotSetup.v1"), chainId, ceremony, agency, manifestHash))
type SetupId is bytes32;
/// keccak256(abi.encode(keccak256("Muniment.Election.v1"), chainId, box, keyX, keyY, rollRoot, manifestHash, opensAt,
/// closesAt)), the times as announced at first
type ElectionId is bytes32;

/// A point of secp256k1 in affine coordinates; (0, 0) stands for infinity.
struct Point {
    uint256 x;
    uint256 y;
}

/// Schnorr's proof that somebody knows p with P = pG.
/// @param challenge keccak256(abi.encode(keccak256("Muniment.Possession.v1"), setup, trustee, kind, P.x, P.y,
/// address(R))) mod q, with R = response·G − challenge·P; kind is 1 for a constant term, 2 for an encryption key
struct Possession {
    uint256 challenge;
    uint256 response;
}

/// What a trustee reveals, and committed to before.
/// @param coefficients Feldman's commitments to the trustee's polynomial, constant term first; as many as the threshold
/// @param encryptionKey under which the others send their shares
struct Reveal {
    Point[] coefficients;
    Point encryptionKey;
    Possession constantProof;
    Possession keyProof;
}

/// What a ceremony waits for. Each stage ends when everybody who is still in has done it, or with its time.
/// Review: complaints, answers and confirmations. Ready: the key stands. Failed: too few were left.
enum CeremonyStage {
    Unknown,
    Committing,
    Revealing,
    Dealing,
    Review,
    Ready,
    Failed
}

/// @param agency that holds the election
/// @param begun when; each stage ends `period` seconds after the one before it, and Review with two periods: one to
/// complain in, one more to answer and confirm in
/// @param threshold trustees who can decrypt together; more than half of all
/// @param trustees how many there are
/// @param confirmations of trustees who are still in
struct Ceremony {
    AgencyId agency;
    uint40 begun;
    uint40 period;
    uint8 threshold;
    uint8 trustees;
    uint8 confirmations;
    CeremonyStage stage;
    bytes32 manifestHash;
    ElectionId election;
    address box;
}

/// @param index place among the trustees, from 1; the x at which polynomials are evaluated
/// @param out missed a step, or was shown to have dealt a bad share
struct Trustee {
    uint8 index;
    bool revealed;
    bool dealt;
    bool confirmed;
    bool out;
    bytes32 commitment;
}

/// @title The trustees' key ceremony, and which ballot box is an election's
/// @notice At most 16 trustees make a key of which any `threshold` can decrypt together and fewer learn nothing
/// (Pedersen's key generation with Feldman's commitments, each made before any is seen). Everything that a later
/// reader needs to judge it is on the chain.
/// Enrolment before an election rests on what the citizen or two officers sign (EIP-712, domain "Muniment Ballots",
/// version "1", this contract): EnrolVoter(bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline).
/// It is judged by the enrolment office and whoever reads its log, not here.
/// @dev Who stays away after seeing the others' commitments can choose among a few keys; that biases the key and
/// tells nobody anything of it.
/// Warning: fewer than `threshold` honest trustees, and the ballots can be read.
interface ITrusteeCeremony {
    /// @dev The manifest is RFC 8785 JSON; its hash is in the SetupId.
    event CeremonyBegun(
        SetupId indexed setup,
        AgencyId indexed agency,
        address officer,
        uint8 threshold,
        uint40 period,
        address[] trustees,
        bytes manifest
    );
    event TrusteeCommitted(SetupId indexed setup, address indexed trustee, bytes32 commitment);
    event TrusteeRevealed(SetupId indexed setup, address indexed trustee, Reveal revealed);
    /// @dev shares[j − 1] is for trustee j: the share, XOR keccak256(abi.encode(keccak256("Muniment.DealtShare.v1"),
    /// setup, dealer's index, j, K.x, K.y)) with K = the dealer's encryption secret times the recipient's key. Zero at
    /// the dealer's own place and at those of trustees who are out.
    event SharesDealt(SetupId indexed setup, address indexed trustee, uint256[] shares);
    event ShareComplained(SetupId indexed setup, address indexed trustee, address indexed dealer);
    /// @dev The share is public now; the one who complained could have held its tongue.
    event ComplaintAnswered(SetupId indexed setup, address indexed dealer, address indexed trustee, uint256 share);
    event ShareConfirmed(SetupId indexed setup, address indexed trustee);
    event TrusteeExcluded(SetupId indexed setup, address indexed trustee, CeremonyStage missed);
    /// @param keys of the trustees by place, X_j = x_j·G; infinity for those who are out
    event CeremonyCompleted(SetupId indexed setup, Point key, Point[] keys);
    event CeremonyFailed(SetupId indexed setup, uint256 left);
    event ElectionOpened(
        SetupId indexed setup, ElectionId indexed election, address indexed box, bytes32 rollRoot, bytes32 logRoot
    );

    /// @notice Thrown when the ceremony was begun before.
    error CeremonyExists(SetupId setup);
    /// @notice Thrown when there is no such ceremony.
    error CeremonyUnknown(SetupId setup);
    /// @notice Thrown when there are fewer than 2 or more than 16 trustees, or the threshold is not more than half of
    /// them, or more than all.
    error ThresholdRefused(uint256 threshold, uint256 trustees);
    /// @notice Thrown when a stage would last less than a minute or more than 30 days.
    error PeriodOutOfRange(uint256 period);
    /// @notice Thrown when a trustee is zero or named twice.
    error TrusteeRefused(address trustee);
    /// @notice Thrown when the manifest is empty or has more than 98,304 bytes.
    error ManifestRefused(uint256 length);
    /// @notice Thrown when the account is no trustee of this ceremony.
    error NotTrustee(SetupId setup, address account);
    /// @notice Thrown when the trustee is out.
    error TrusteeIsOut(SetupId setup, address trustee);
    /// @notice Thrown when a trustee takes a step otherwise than by a transaction of its own, or has code: nobody could
    /// tell what it signed, and one such trustee would spoil the ceremony for all.
    error NotDirect(address caller);
    /// @notice Thrown when the ceremony is at another stage.
    error StageRefused(SetupId setup, CeremonyStage present, CeremonyStage needed);
    /// @notice Thrown when the trustee did this step before; who confirmed complains no more.
    error StepDone(SetupId setup, address trustee);
    /// @notice Thrown when what is revealed is not what was committed to, or the commitment is zero.
    error CommitmentMismatch(SetupId setup, address trustee);
    /// @notice Thrown when a point has a coordinate beyond the field, is off the curve, or is infinity.
    error PointRefused(uint256 x, uint256 y);
    /// @notice Thrown when a scalar is zero or not below the group's order.
    error ScalarRefused(uint256 scalar);
    /// @notice Thrown when other than `threshold` commitments, or other than one share for each trustee, are given.
    error CountRefused(uint256 given, uint256 needed);
    /// @notice Thrown when a trustee does not show that it knows what its point hides (a rogue key).
    error PossessionRefused(SetupId setup, address trustee, uint8 kind);
    /// @notice Thrown when a complaint is about oneself, about no trustee or one who is out, or is made twice.
    error ComplaintRefused(SetupId setup, address trustee, address dealer);
    /// @notice Thrown when there is no such open complaint.
    error NoComplaint(SetupId setup, address trustee, address dealer);
    /// @notice Thrown when a published share does not fit the dealer's commitments.
    error DealtShareRefused(SetupId setup, address dealer, address trustee);
    /// @notice Thrown when the time of complaints is over.
    error ComplaintsClosed(SetupId setup, uint256 closed);
    /// @notice Thrown when the time to answer and to confirm is over; what is left is to finish.
    error ReviewClosed(SetupId setup, uint256 closed);
    /// @notice Thrown when somebody may still confirm or answer.
    error ReviewOpen(SetupId setup, uint256 until);
    /// @notice Thrown when the ceremony has an election already.
    error ElectionExists(SetupId setup, address box);
    /// @notice Thrown when the box is none, is of another setup or ceremony, or opens before it is registered.
    error BoxRefused(SetupId setup, address box);

    // ── Setup ──

    /// @notice Begin a ceremony. The caller holds ELECTION_OFFICER for the agency.
    function begin(bytes calldata manifest, address[] calldata trustees, uint8 threshold, uint40 period)
        external
        returns (SetupId setup);

    /// @notice Commit to what will be revealed.
    /// @param commitment keccak256(abi.encode(keccak256("Muniment.TrusteeCommitment.v1"), setup, trustee, threshold,
    /// each coefficient's x and y, the encryption key's x and y, and challenge and response of both proofs))
    function commit(SetupId setup, bytes32 commitment) external;

    /// @notice Show what was committed to.
    function reveal(SetupId setup, Reveal calldata revealed) external;

    /// @notice Send every other trustee its share, encrypted.
    function deal(SetupId setup, uint256[] calldata shares) external;

    /// @notice Say that the dealer's share for the caller does not fit the dealer's commitments.
    function complain(SetupId setup, address dealer) external;

    /// @notice Answer a complaint: publish the share, which must fit.
    function answer(SetupId setup, address trustee, uint256 share) external;

    /// @notice Say that the caller holds a fitting share of every dealer, or complained about it: then the answer is
    /// its share, or the dealer is out.
    function confirm(SetupId setup) external;

    /// @notice End the ceremony: exclude who missed a step, and compute the keys. Anyone may, once all who are in
    /// have confirmed and no complaint is open, or the time is over. Fewer than `threshold` confirmed: Failed.
    function finish(SetupId setup) external;

    // ── Election ──

    /// @notice Register the setup's one ballot box before it opens. Two officers of the agency (dual control,
    /// version 0).
    /// @return complete whether this was the second officer
    function openElection(SetupId setup, address box) external returns (bool complete);

    // ── Views ──

    function AGENCIES() external view returns (IAgencyRegistry);
    function setupIdOf(AgencyId agency, bytes32 manifestHash) external view returns (SetupId);
    /// @dev As of the last call; time may have moved the stage since.
    function ceremony(SetupId setup) external view returns (Ceremony memory);
    /// @dev The stage at the present time, before anybody has told the contract that time passed.
    function stageOf(SetupId setup) external view returns (CeremonyStage);
    function trusteesOf(SetupId setup) external view returns (address[] memory);
    function trusteeOf(SetupId setup, address account) external view returns (Trustee memory);
    /// @notice The election key H. Throws StageRefused before the ceremony is ready.
    function keyOf(SetupId setup) external view returns (Point memory);
    /// @notice A trustee's public key X_j by place from 1; infinity when the trustee is out, or there is none. Throws
    /// StageRefused before the ceremony is ready.
    function trusteeKeyOf(SetupId setup, uint8 index) external view returns (Point memory);
}
