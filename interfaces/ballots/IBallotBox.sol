// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId, IAgencyRegistry} from "../access/IAgencyRegistry.sol";
import {ElectionId, ITrusteeCeremony, Point, SetupId} from "./ITrusteeCeremony.sol";

/// One contest's form, packed: kind << 56 | options << 48 | most << 40 | minimum << 24 | maximum << 8 | blank.
/// kind 1, choice: one ciphertext of M^j for option j, or of 0 for a blank where blank is 1; the rest is zero.
/// kind 2, points (approval with most = 1): one ciphertext of 0…most for each option; their sum is minimum…maximum.
type ContestForm is uint64;

/// The roll of one unit: whoever may cast ballots that are counted together.
/// @param unit place in the manifest, from 0
/// @param lines credentials on the roll; none where nobody of the unit got one
/// @param issued signatures that the enrolment office gave; at least as many as lines
/// @param eligible voters of the unit; at least as many as issued
/// @param root Merkle root over the lines, in order of credential: leaf keccak256(abi.encode(
/// keccak256("Muniment.RollLine.v1"), unit, index, credential)), node keccak256 of both children, a missing right
/// child being zero; zero without a line
struct UnitRoll {
    uint32 unit;
    uint32 lines;
    uint32 issued;
    uint32 eligible;
    bytes32 root;
}

/// How an election is opened.
/// @param opensAt when ballots are accepted from
/// @param closesAt when they stop, as announced; the contract takes them for GRACE longer
/// @param minBallots fewest ballots that are decrypted together
/// @param logRoot Merkle root over the enrolment office's log
struct Opening {
    ITrusteeCeremony ceremony;
    SetupId setup;
    uint40 opensAt;
    uint40 closesAt;
    uint32 minBallots;
    bytes32 logRoot;
    ContestForm[] contests;
}

/// Units whose ballots are decrypted together.
struct Group {
    uint32 firstUnit;
    uint32 lastUnit;
    uint32 ballots;
}

/// How ballots of one unit stand.
/// @param ballots counted: cast and not withdrawn; a ballot that replaces another adds none
/// @param batches cast so far
struct UnitTurnout {
    uint32 ballots;
    uint32 batches;
}

/// A ciphertext, or a sum of some: A = rG, B = rH + mG.
struct Ciphertext {
    Point a;
    Point b;
}

/// Why a ballot of a batch was passed over. What a relayer can know beforehand reverts instead.
enum Skipped {
    None,
    Barred,
    PreviousChanged
}

/// @title One election's ballots
/// @notice Takes secret ballots of voters on the roll, each with a proof that it is well-formed; adds them up without
/// opening any; and lets anyone publish the count with the trustees' shares.
/// @dev Every hash is keccak256 over 32-byte big-endian words of which the first is a tag; docs/ballots-protocol.md
/// has them all, and the layout of the packed bytes.
/// Warning: secrecy ends with `threshold` dishonest trustees; a credential can be sold; that a credential voted, and
/// voted again, is public.
interface IBallotBox {
    event BoxOpened(ElectionId indexed election, SetupId indexed setup, Opening opening, UnitRoll[] units);
    // Nobody looks these up by number.
    // solhint-disable gas-indexed-events
    event ClosingPostponed(uint40 previous, uint40 closesAt);
    /// @dev `indices` and `trackers` are those of the batch's leaves: first ballots, in the order of the batch. The
    /// ballots are in the transaction's calldata, and nowhere else.
    /// @param ballots of the unit that count now
    event BallotsCast(
        uint32 indexed unit, uint32 indexed batch, uint32 ballots, bytes32 root, uint32[] indices, bytes32[] trackers
    );
    event BallotReplaced(uint32 indexed unit, uint32 indexed index, bytes32 replaced, bytes32 tracker);
    event BallotSkipped(uint32 indexed unit, uint32 indexed index, bytes32 tracker, Skipped reason);
    /// @param tracker of the ballot that counted until now; zero when there was none
    event BallotWithdrawn(uint32 indexed unit, uint32 indexed index, bytes32 tracker, uint32 ballots);
    event UnitsJoined(uint32 indexed group, uint32 firstUnit, uint32 lastUnit, uint32 ballots);
    /// @notice All units are in their groups; nothing changes them any more.
    /// @param ballots in groups; less than minBallots in the whole election, and there is no group
    event GroupsFixed(uint32 groups, uint32 ballots);
    // solhint-enable gas-indexed-events
    /// @param counts of a choice: of each option, then of blanks where the form has them; of points: each option's
    /// @param trustees whose shares were used, bit j − 1 for place j
    event ContestCounted(
        uint32 indexed group, uint8 indexed contest, uint32 ballots, uint32[] counts, uint256 trustees, address by
    );

    // ── Opening ──

    /// @notice Thrown when the times are past, in the wrong order, or further apart than 60 days.
    error ScheduleRefused(uint256 opensAt, uint256 closesAt);
    /// @notice Thrown when a unit is out of place, has more lines than signatures or more signatures than voters, or
    /// a root without a line; or when there is no unit or more than 112.
    error UnitRefused(uint256 unit);
    /// @notice Thrown when nobody is on the roll of any unit.
    error RollEmpty();
    /// @notice Thrown when a form is of no known kind, has too few or too many options, bounds that nobody can keep,
    /// or a value in a place that must be zero; or when there is no contest or more than 8.
    error FormRefused(uint256 contest, ContestForm form);
    /// @notice Thrown when a ballot would hold more than 64 ciphertexts or 512 branches.
    error BallotTooLarge(uint256 ciphertexts, uint256 branches);
    /// @notice Thrown when a count could not be found again: more than 2^40 candidates, or values that overflow.
    error ContestUndecodable(uint256 contest, uint256 unit);
    /// @notice Thrown when the count of a contest would take more than 360 shares: no transaction would carry them.
    error CountTooLarge(uint256 contest, uint256 shares);
    /// @notice Thrown when fewer than one ballot may be decrypted together.
    error MinBallotsRefused(uint256 minBallots);

    // ── Casting ──

    /// @notice Thrown when the caller is not an account that sent the transaction itself and has no code: the ballots
    /// would not be in the transaction's own calldata, where everybody finds them.
    error NotDirect(address caller);
    /// @notice Thrown before opening and after closing.
    error NotOpen(uint256 time, uint256 opensAt, uint256 until);
    /// @notice Thrown when the unit's roll is not of this election.
    error RollRefused(uint32 unit);
    /// @notice Thrown when the bytes end within a ballot, or there are none.
    error BallotsMalformed(uint256 length);
    /// @notice Thrown when the ballot's kind is none.
    error FlagsRefused(uint256 flags);
    /// @notice Thrown when the credential is not on that line of the roll.
    error NotOnRoll(uint32 unit, uint32 index, address credential);
    /// @notice Thrown when the signature is not the credential's, or is malleable.
    error SignatureRefused(uint32 index, address credential);
    /// @notice Thrown when a coordinate is beyond the field, an x beyond the order, or the point off the curve or at
    /// infinity.
    error CiphertextRefused(uint32 index, uint256 ciphertext);
    /// @notice Thrown when a scalar of a proof is zero or not below the order, among them the challenge left over.
    error ProofScalarRefused(uint32 index, uint256 proof, uint256 branch);
    /// @notice Thrown when a hint is off the curve, or the line through it misses.
    error ProofHintRefused(uint32 index, uint256 proof, uint256 branch);
    /// @notice Thrown when a branch's equations do not hold.
    error ProofRefused(uint32 index, uint256 proof, uint256 branch);
    /// @notice Thrown when the ballot said to be replaced does not hash to the tracker named.
    error ReplacedRefused(uint32 index, bytes32 tracker);
    /// @notice Thrown when the ballot said to be replaced is in no such batch.
    error NotInBatch(uint32 index, uint32 batch, bytes32 tracker);
    /// @notice Thrown when a withdrawal comes for a voter who is barred already.
    error VoterBarred(uint32 unit, uint32 index);
    /// @notice Thrown when a withdrawal names no ballot though there is one, or one though there is none, or another.
    error BallotChanged(uint32 unit, uint32 index);

    // ── Closing and counting ──

    /// @notice Thrown when the closing has passed, or would be put off by nothing or beyond LONGEST_DELAY in all.
    error PostponementRefused(uint256 closesAt, uint256 wanted);
    /// @notice Thrown before the time of grace is over.
    error NotClosed(uint256 time, uint256 until);
    /// @notice Thrown when all groups are fixed already.
    error AlreadyJoined();
    /// @notice Thrown when shares come before all groups are fixed.
    error NotJoined();
    error GroupUnknown(uint256 group);
    error ContestUnknown(uint256 contest);
    error AlreadyCounted(uint32 group, uint8 contest);
    /// @notice Thrown when the counts are too many or too few, or no ballots could make them.
    error CountsRefused(uint32 group, uint8 contest);
    /// @notice Thrown when the bytes of the shares are other than for `threshold` trustees in rising order for each
    /// ciphertext.
    error SharesMalformed(uint256 length);
    /// @notice Thrown when a trustee's place is unknown, out, or out of order.
    error ShareTrusteeRefused(uint256 trustee);
    /// @notice Thrown when a trustee's share does not hold: a scalar, a hint, the factor or the proof.
    error ShareRefused(uint256 ciphertext, uint256 trustee);
    /// @notice Thrown when the counts are not what the shares decrypt.
    error ResultRefused(uint256 ciphertext);

    // ── Constants ──

    function AGENCIES() external view returns (IAgencyRegistry);
    function CEREMONY() external view returns (ITrusteeCeremony);
    function AGENCY() external view returns (AgencyId);
    function SETUP() external view returns (SetupId);
    function ELECTION() external view returns (ElectionId);
    /// @notice Merkle root over the units in order, of the same shape as a roll: leaf keccak256(abi.encode(
    /// keccak256("Muniment.BallotUnit.v1"), unit, lines, issued, eligible, root)).
    function ROLL_ROOT() external view returns (bytes32);
    function LOG_ROOT() external view returns (bytes32);
    function UNITS() external view returns (uint32);
    /// @notice M = 2^WIDTH, the least power of two above the whole roll.
    function WIDTH() external view returns (uint8);
    function MIN_BALLOTS() external view returns (uint32);
    function OPENS_AT() external view returns (uint40);
    /// @notice Seconds after the closing in which ballots received before it may still arrive.
    function GRACE() external view returns (uint40);
    /// @notice Most seconds by which the announced closing can be put off.
    function LONGEST_DELAY() external view returns (uint40);
    function contests() external view returns (ContestForm[] memory);
    function electionKey() external view returns (Point memory);

    // ── Casting ──

    /// @notice Cast ballots of one unit, one or many. Anyone may send them.
    /// @param unitPath of the unit's leaf under ROLL_ROOT
    /// @param ballots packed one after the other (docs/ballots-protocol.md)
    /// @param hints what is dear to compute and cheap to check, packed likewise; any bytes, or none: what is not right
    /// is computed
    /// @return counted how many were not skipped
    function cast(UnitRoll calldata roll, bytes32[] calldata unitPath, bytes calldata ballots, bytes calldata hints)
        external
        returns (uint256 counted);

    /// @notice Withdraw the voter's ballot, and bar the voter, who votes on paper instead.
    /// @param signature of the credential over Withdrawal(uint32 unit, uint32 index), EIP-712, 65 bytes
    /// @param replaced empty when no ballot stands; else the place of the ballot as in a packed ballot: flags,
    /// ciphertexts, its previous, its proofs' hash, and for flags 1 the place in its batch
    function withdraw(
        UnitRoll calldata roll,
        bytes32[] calldata unitPath,
        uint32 index,
        address credential,
        bytes32[] calldata rollPath,
        bytes calldata signature,
        bytes calldata replaced
    ) external;

    // ── Closing and counting ──

    /// @notice Put the closing off, before it comes, by LONGEST_DELAY at most in all. Two officers of the agency
    /// (dual control, the present closing as version).
    function postpone(uint40 closesAt) external returns (bool complete);

    /// @notice Put the next `most` units into groups, in order: units with fewer than MIN_BALLOTS are joined with the
    /// next until they have them, and a remainder with the last group.
    function join(uint32 most) external returns (bool complete);

    /// @notice Publish a group's count of one contest.
    /// @param counts as in ContestCounted
    /// @param shares packed: for each ciphertext of the contest, a record of each of `threshold` trustees
    /// (docs/ballots-protocol.md)
    function count(uint32 group, uint8 contest, uint32[] calldata counts, bytes calldata shares) external;

    // ── Views ──

    function closesAt() external view returns (uint40);
    function turnoutOf(uint32 unit) external view returns (UnitTurnout memory);
    /// @notice Whether the voter has a ballot that counts or is barred, and the tracker where it is kept in a word of
    /// its own: of a ballot that replaced another. Zero: none, or a batch has it.
    function standingOf(uint32 unit, uint32 index) external view returns (bool voted, bool barred, bytes32 tracker);
    function batchRootOf(uint32 unit, uint32 batch) external view returns (bytes32);
    /// @notice (G, H) and every ballot of the unit; once joined, of the group, under its first unit.
    function sumOf(uint32 unit, uint256 ciphertext) external view returns (Ciphertext memory);
    /// @return groups fixed so far, whether all are
    function groupCount() external view returns (uint32 groups, bool complete);
    function groupOf(uint32 group) external view returns (Group memory);
    /// @notice The counts as published; empty before.
    function resultOf(uint32 group, uint8 contest) external view returns (uint32[] memory);
    /// @notice Domain separator of what credentials sign: "Muniment Ballots", version "1".
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
