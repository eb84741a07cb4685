// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Ciphertext,
    ContestForm,
    IBallotBox,
    Opening,
    UnitRoll,
    UnitTurnout
} from "../../interfaces/ballots/IBallotBox.sol";
import {ElectionId, ITrusteeCeremony, Point, SetupId} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {BallotBytes} from "./BallotBytes.sol";
import {BallotForms} from "./BallotForms.sol";
import {BallotRoll} from "./BallotRoll.sol";
import {CurveMath, Jacobian} from "./CurveMath.sol";
import {OneOfValues} from "./OneOfValues.sol";

/// @title What an election is, fixed when it is opened; and what was cast
abstract contract BallotState is IBallotBox, EIP712 {
    using BallotForms for ContestForm;
    using CurveMath for Jacobian;

    /// @param bits one for each of 256 voters who have a ballot that counts, or are barred
    struct Word {
        uint256 bits;
    }

    /// How a unit stands, in one word.
    /// @param kept whether it has sums of its own; else every sum is (G, H)
    /// @param odd whether the ordinate of each point of its sums is odd, by bit
    struct UnitState {
        uint32 ballots;
        uint32 batches;
        bool kept;
        uint128 odd;
    }

    bytes32 private constant ELECTION_TAG = keccak256("Muniment.Election.v1");
    uint256 private constant LONGEST_ELECTION = 60 days;
    /// More would not fit into the transaction that creates the box (EIP-3860).
    uint256 private constant MOST_UNITS = 112;
    uint256 private constant FORMS_IN_WORD = 4;
    uint256 private constant FORM_BITS = 64;
    /// The own word of a voter who votes on paper. No tracker is this small.
    bytes32 internal constant BARRED = bytes32(uint256(1));

    uint40 public constant GRACE = 1 hours;
    uint40 public constant LONGEST_DELAY = 24 hours;

    IAgencyRegistry public immutable AGENCIES;
    ITrusteeCeremony public immutable CEREMONY;
    AgencyId public immutable AGENCY;
    SetupId public immutable SETUP;
    ElectionId public immutable ELECTION;
    bytes32 public immutable ROLL_ROOT;
    bytes32 public immutable LOG_ROOT;
    uint32 public immutable UNITS;
    uint8 public immutable WIDTH;
    uint32 public immutable MIN_BALLOTS;
    uint40 public immutable OPENS_AT;

    uint40 internal immutable CLOSES_AT;
    uint256 internal immutable KEY_X;
    uint256 internal immutable KEY_Y;
    uint256 internal immutable CONTESTS;
    /// Forms of contests 0 … 3 and 4 … 7, the first in the lowest bits: cheaper to read than storage.
    uint256 private immutable FIRST_FORMS;
    uint256 private immutable LAST_FORMS;
    /// Ciphertexts of a ballot.
    uint256 internal immutable CIPHERTEXTS;
    /// Branches of all proofs of a ballot, and of the longest.
    uint256 internal immutable BRANCHES;
    uint256 internal immutable MOST_VALUES;
    /// Bytes of a ballot's ciphertexts and proofs.
    uint256 internal immutable BODY;

    /// As announced, or later.
    uint40 internal _closesAt;
    mapping(uint32 unit => uint256 state) private _units;
    mapping(uint32 unit => mapping(uint256 word => Word voters)) internal _voted;
    /// The tracker of a ballot that replaced another, or BARRED. It outranks what a batch says.
    mapping(uint32 unit => mapping(uint32 index => bytes32 own)) internal _own;
    mapping(uint32 unit => mapping(uint32 batch => bytes32 root)) internal _batchRoots;
    /// A.x and B.x of each sum by turns, 0 for infinity. To keep ordinates, too, is dearer than to find them again.
    mapping(uint32 unit => uint256[128] abscissas) private _abscissas;

    constructor(Opening memory opening, UnitRoll[] memory units) EIP712("Muniment Ballots", "1") {
        _requireSchedule(opening.opensAt, opening.closesAt);
        if (opening.minBallots == 0) revert MinBallotsRefused(opening.minBallots);
        (bytes32 rollRoot, uint256 width) = _readUnits(units);
        BallotForms.requireUsable(opening.contests);
        _requireDecodable(opening, units, width);

        AGENCIES = opening.ceremony.AGENCIES();
        CEREMONY = opening.ceremony;
        SETUP = opening.setup;
        AGENCY = CEREMONY.ceremony(SETUP).agency;
        Point memory key = CEREMONY.keyOf(SETUP);
        // Nothing could be computed on such a key, nor would one come up in 2^127 ceremonies.
        if (key.x >= CurveMath.Q) revert ITrusteeCeremony.PointRefused(key.x, key.y);
        (KEY_X, KEY_Y) = (key.x, key.y);
        ROLL_ROOT = rollRoot;
        LOG_ROOT = opening.logRoot;
        UNITS = uint32(units.length);
        WIDTH = uint8(width);
        MIN_BALLOTS = opening.minBallots;
        OPENS_AT = opening.opensAt;
        (CLOSES_AT, _closesAt) = (opening.closesAt, opening.closesAt);
        (CIPHERTEXTS, BRANCHES, MOST_VALUES, BODY) = _sizesOf(opening.contests);
        (FIRST_FORMS, LAST_FORMS) = _packed(opening.contests);
        CONTESTS = opening.contests.length;
        ELECTION = _electionOf(opening, key, rollRoot);
        emit BoxOpened(ELECTION, SETUP, opening, units);
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBallotBox
    function contests() external view returns (ContestForm[] memory forms) {
        forms = new ContestForm[](CONTESTS);
        for (uint256 i = 0; i < forms.length; ++i) {
            forms[i] = _form(i);
        }
    }

    /// @inheritdoc IBallotBox
    function electionKey() external view returns (Point memory) {
        return Point(KEY_X, KEY_Y);
    }

    /// @inheritdoc IBallotBox
    function closesAt() external view returns (uint40) {
        return _closesAt;
    }

    /// @inheritdoc IBallotBox
    function turnoutOf(uint32 unit) external view returns (UnitTurnout memory) {
        UnitState memory state = _stateOf(unit);
        return UnitTurnout({ballots: state.ballots, batches: state.batches});
    }

    /// @inheritdoc IBallotBox
    function standingOf(uint32 unit, uint32 index) external view returns (bool voted, bool barred, bytes32 tracker) {
        bytes32 own = _own[unit][index];
        if (own == BARRED) return (false, true, bytes32(0));
        return (_hasVoted(unit, index), false, own);
    }

    /// @inheritdoc IBallotBox
    function batchRootOf(uint32 unit, uint32 batch) external view returns (bytes32) {
        return _batchRoots[unit][batch];
    }

    /// @inheritdoc IBallotBox
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The form of a contest of this election.
    function _form(uint256 contest) internal view returns (ContestForm) {
        uint256 word = contest < FORMS_IN_WORD ? FIRST_FORMS : LAST_FORMS;
        return ContestForm.wrap(uint64(word >> FORM_BITS * (contest % FORMS_IN_WORD)));
    }

    function _hasVoted(uint32 unit, uint32 index) internal view returns (bool) {
        return _voted[unit][index >> 8].bits >> (index & 0xff) & 1 == 1;
    }

    function _markVoted(uint32 unit, uint32 index) internal {
        _voted[unit][index >> 8].bits |= 1 << (index & 0xff);
    }

    /// Ballots, signatures and shares shall lie in the calldata of a transaction to this contract, where all find them.
    function _requireDirect() internal view {
        // Who sent the transaction is asked, not who may do so: anyone may.
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length > 0) revert NotDirect(msg.sender);
    }

    function _requireOpen() internal view {
        // Most ballots come before the closing that was announced, and need not ask whether it was put off.
        if (block.timestamp >= OPENS_AT && block.timestamp < CLOSES_AT) return;
        uint256 until = _closesAt + GRACE;
        if (block.timestamp < OPENS_AT || block.timestamp >= until) revert NotOpen(block.timestamp, OPENS_AT, until);
    }

    /// Refuse a roll that is not one of this election's units.
    function _requireRoll(UnitRoll calldata roll, bytes32[] calldata path) internal view {
        bool fits = roll.unit < UNITS && path.length == BallotRoll.depthOf(UNITS);
        uint256 at = BallotBytes.positionOf(path);
        if (!fits || BallotRoll.climb(BallotRoll.unitOf(roll), roll.unit, at, path.length) != ROLL_ROOT) {
            revert RollRefused(roll.unit);
        }
    }

    function _stateOf(uint32 unit) internal view returns (UnitState memory) {
        uint256 word = _units[unit];
        return UnitState(uint32(word), uint32(word >> 32), word >> 64 & 1 == 1, uint128(word >> 128));
    }

    /// Left to itself, the compiler would read and write the word once for each of its parts.
    function _setState(uint32 unit, UnitState memory state) internal {
        uint256 kept = state.kept ? 1 : 0;
        _units[unit] = uint256(state.odd) << 128 | kept << 64 | uint256(state.batches) << 32 | state.ballots;
    }

    // ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A and B of each of a unit's sums by turns.
    /// @param hints where in the calldata ordinates may be; behind its end there are none
    function _sumsOf(uint32 unit, UnitState memory state, uint256 hints)
        internal
        view
        returns (Jacobian[] memory sums)
    {
        unchecked {
            uint256 length = 2 * CIPHERTEXTS;
            sums = new Jacobian[](length);
            for (uint256 i = 0; i < length; ++i) {
                (uint256 x, uint256 y) = _pointOf(unit, state, i, hints + i * BallotBytes.WORD);
                Jacobian memory sum = sums[i];
                (sum.x, sum.y, sum.z) = (x, y, x == 0 ? 0 : 1);
            }
        }
    }

    function _sumOf(uint32 unit, uint256 ciphertext) internal view returns (Ciphertext memory sum) {
        UnitState memory state = _stateOf(unit);
        uint256 place = 2 * ciphertext;
        (sum.a.x, sum.a.y) = _pointOf(unit, state, place, msg.data.length);
        (sum.b.x, sum.b.y) = _pointOf(unit, state, place + 1, msg.data.length);
    }

    /// A point of a unit's sums, those in even places being A.
    function _pointOf(uint32 unit, UnitState memory state, uint256 place, uint256 hint)
        private
        view
        returns (uint256 x, uint256 y)
    {
        if (!state.kept) return place & 1 == 0 ? (CurveMath.GX, CurveMath.GY) : (KEY_X, KEY_Y);
        x = _abscissas[unit][place];
        y = CurveMath.ordinateOf(x, state.odd >> place & 1, BallotBytes.word(hint));
    }

    /// Write a unit's sums, but for the unit's state, which only changes in memory.
    /// @param hints as above; behind those of the ordinates the inverse of the product of all z
    function _writeSums(uint32 unit, UnitState memory state, Jacobian[] memory sums, uint256 hints) internal {
        unchecked {
            Point[] memory points = CurveMath.toAffine(sums, BallotBytes.word(hints + sums.length * BallotBytes.WORD));
            uint256[128] storage kept = _abscissas[unit];
            uint256 odd;
            for (uint256 i = 0; i < points.length; ++i) {
                Point memory point = points[i];
                kept[i] = point.x;
                odd |= (point.y & 1) << i;
            }
            (state.kept, state.odd) = (true, uint128(odd));
        }
    }

    // ── Opening ─────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireSchedule(uint256 opensAt, uint256 closes) private view {
        if (opensAt <= block.timestamp || closes <= opensAt || closes - opensAt > LONGEST_ELECTION) {
            revert ScheduleRefused(opensAt, closes);
        }
    }

    /// The root over all units, and the bits of the number of all lines.
    function _readUnits(UnitRoll[] memory units) private pure returns (bytes32 root, uint256 width) {
        uint256 length = units.length;
        if (length == 0 || length > MOST_UNITS) revert UnitRefused(length);
        bytes32[] memory leaves = new bytes32[](length);
        uint256 lines;
        for (uint256 i = 0; i < length; ++i) {
            UnitRoll memory roll = units[i];
            bool ordered = roll.lines <= roll.issued && roll.issued <= roll.eligible;
            // A unit in which nobody has a credential has no tree.
            bool rooted = roll.lines > 0 || roll.root == bytes32(0);
            if (roll.unit != i || !ordered || !rooted) revert UnitRefused(i);
            lines += roll.lines;
            leaves[i] = BallotRoll.unitOf(roll);
        }
        if (lines == 0) revert RollEmpty();
        for (; lines > 0; lines >>= 1) {
            ++width;
        }
        root = BallotRoll.rootOf(leaves, length);
    }

    /// Every unit, and units joined: fewer than minBallots each, but for the last of them and the remainder after it.
    function _requireDecodable(Opening memory opening, UnitRoll[] memory units, uint256 width) private pure {
        for (uint256 i = 0; i < opening.contests.length; ++i) {
            uint256 largest;
            for (uint256 j = 0; j < units.length; ++j) {
                if (units[j].lines <= largest) continue;
                largest = units[j].lines;
                uint256 ballots = largest + 2 * uint256(opening.minBallots);
                if (!opening.contests[i].isDecodable(width, ballots)) revert ContestUndecodable(i, j);
            }
        }
    }

    function _sizesOf(ContestForm[] memory forms)
        private
        pure
        returns (uint256 held, uint256 branches, uint256 most, uint256 bytes_)
    {
        uint256 proofs;
        for (uint256 i = 0; i < forms.length; ++i) {
            (uint256 each, uint256 sum) = (forms[i].valuesOfEach(), forms[i].valuesOfSum());
            uint256 contained = forms[i].ciphertexts();
            held += contained;
            branches += contained * each + sum;
            proofs += sum == 0 ? contained : contained + 1;
            if (each > most) most = each;
            if (sum > most) most = sum;
        }
        bytes_ = held * BallotBytes.CIPHERTEXT + branches * OneOfValues.BRANCH - proofs * OneOfValues.SCALAR;
    }

    function _packed(ContestForm[] memory forms) private pure returns (uint256 first, uint256 last) {
        for (uint256 i = 0; i < forms.length; ++i) {
            uint256 form = uint256(ContestForm.unwrap(forms[i])) << FORM_BITS * (i % FORMS_IN_WORD);
            if (i < FORMS_IN_WORD) first |= form;
            else last |= form;
        }
    }

    function _electionOf(Opening memory opening, Point memory key, bytes32 rollRoot) private view returns (ElectionId) {
        bytes32 manifest = opening.ceremony.ceremony(opening.setup).manifestHash;
        bytes memory words =
            abi.encode(ELECTION_TAG, block.chainid, this, key, rollRoot, manifest, opening.opensAt, opening.closesAt);
        return ElectionId.wrap(keccak256(words));
    }
}
