// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ContestForm, IBallotBox, Skipped, UnitRoll} from "../../interfaces/ballots/IBallotBox.sol";
import {ElectionId, Point} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {BallotBytes} from "./BallotBytes.sol";
import {BallotForms} from "./BallotForms.sol";
import {BallotRoll} from "./BallotRoll.sol";
import {BallotState} from "./BallotState.sol";
import {CurveMath, Jacobian} from "./CurveMath.sol";
import {OneOfValues, Statement} from "./OneOfValues.sol";

/// @title Ballots come in, and are withdrawn
/// @notice A ballot is checked whole before anything of the chain's state is asked: whoever sends a batch can check it
/// beforehand, and what is wrong with one ballot reverts the batch. What others may do meanwhile (vote, vote again,
/// bar) only passes that ballot over.
abstract contract BallotCasting is BallotState {
    using BallotBytes for uint256[];
    using BallotForms for ContestForm;
    using CurveMath for Jacobian;
    using OneOfValues for Statement;

    /// What the ballots of one call share, and the space that each of them uses anew.
    /// @param depth of the roll's tree
    /// @param end of the ballots in the calldata, which have `length` bytes
    /// @param hints where they begin in the calldata. Nobody signs for them, and others may outdate them by casting
    /// first: what is wrong or missing is computed, and nothing is refused
    /// @param sums A and B of each ciphertext by turns
    /// @param leaves of first ballots taken so far, as many as `taken`
    /// @param counted ballots that were not skipped
    struct Round {
        uint32 unit;
        uint256 lines;
        uint256 depth;
        bytes32 root;
        bytes32 domain;
        uint256 length;
        uint256 end;
        uint256 hints;
        UnitState state;
        Statement statement;
        Ballot ballot;
        Jacobian[] sums;
        uint256[] indices;
        uint256[] trackers;
        uint256[] leaves;
        uint256 taken;
        uint256 counted;
    }

    /// One ballot.
    /// @param ciphertexts where they begin in the calldata; `replaced`: where the ballot that it replaces does
    struct Ballot {
        uint32 index;
        uint256 flags;
        address credential;
        bytes32 previous;
        bytes32 tracker;
        uint256 ciphertexts;
        uint256 path;
        uint256 replaced;
        uint256 next;
    }

    bytes32 private constant CAST_BALLOT = keccak256("CastBallot(bytes32 tracker)");
    bytes32 private constant WITHDRAWAL = keccak256("Withdrawal(uint32 unit,uint32 index)");
    bytes32 private constant CONTENT = keccak256("Muniment.BallotContent.v1");
    bytes32 private constant PROOF = keccak256("Muniment.BallotProof.v1");
    bytes32 private constant PROOFS = keccak256("Muniment.BallotProofs.v1");
    bytes32 private constant TRACKER = keccak256("Muniment.BallotTracker.v1");

    /// What a ballot replaces: nothing, one in a batch, one with a word of its own.
    uint256 private constant FIRST = 0;
    uint256 private constant OF_BATCH = 1;
    uint256 private constant OF_WORD = 2;

    uint256 private constant WORD = BallotBytes.WORD;
    uint256 private constant CIPHERTEXT = BallotBytes.CIPHERTEXT;
    /// Index, flags and credential; the signature.
    uint256 private constant HEADER = 4 + 1 + 20;
    uint256 private constant SIGNATURE = 2 * WORD;
    /// Batch, place in it, length of the path.
    uint256 private constant PLACE = 4 + 2 + 1;
    uint256 private constant LOW_BITS = type(uint256).max >> 1;

    // ── Casting ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBallotBox
    function cast(UnitRoll calldata roll, bytes32[] calldata unitPath, bytes calldata ballots, bytes calldata hints)
        external
        returns (uint256 counted)
    {
        _requireDirect();
        _requireOpen();
        _requireRoll(roll, unitPath);
        Round memory round = _begin(roll, ballots, BallotBytes.positionOf(hints));
        uint256 at = BallotBytes.positionOf(ballots);
        uint256 free = BallotBytes.mark();
        do {
            at = _castOne(round, at);
            // A batch of hundreds would otherwise pay for memory by the square of its length.
            BallotBytes.release(free);
        } while (at < round.end);
        _end(round);
        return round.counted;
    }

    function _begin(UnitRoll calldata roll, bytes calldata ballots, uint256 hints)
        private
        view
        returns (Round memory round)
    {
        round.unit = roll.unit;
        round.lines = roll.lines;
        round.depth = BallotRoll.depthOf(roll.lines);
        round.root = roll.root;
        round.domain = _domainSeparatorV4();
        round.length = ballots.length;
        round.end = BallotBytes.positionOf(ballots) + ballots.length;

        uint256 most = ballots.length / (HEADER + SIGNATURE + BODY + round.depth * WORD);
        round.indices = new uint256[](most);
        round.trackers = new uint256[](most);
        round.leaves = new uint256[](most);
        round.hints = hints;
        round.state = _stateOf(roll.unit);
        round.sums = _sumsOf(roll.unit, round.state, hints);
        Statement memory statement = round.statement;
        (statement.keyX, statement.keyY) = (KEY_X, KEY_Y);
        statement.transcript = new uint256[](OneOfValues.HEAD + OneOfValues.PER_VALUE * MOST_VALUES);
        statement.transcript[0] = uint256(PROOF);
        statement.scalars = new uint256[](1 + 2 * BRANCHES);
        statement.scalars[0] = uint256(PROOFS);
    }

    /// Check one ballot and take it, or pass it over; gives where the next begins.
    function _castOne(Round memory round, uint256 at) private returns (uint256 next) {
        Ballot memory ballot = round.ballot;
        _readBallot(round, ballot, at);
        (uint32 unit, uint32 index) = (round.unit, ballot.index);
        _requireOnRoll(round, index, ballot.credential, ballot.path);
        bytes32 content = _contentOf(unit, ballot.credential, ballot.ciphertexts);
        bytes32 proofs = _requireProven(round.statement, ballot, content);
        ballot.tracker = _trackerOf(content, ballot.previous, proofs);
        _requireSigned(round.domain, ballot, BallotBytes.word(at + HEADER), BallotBytes.word(at + HEADER + WORD));
        if (ballot.flags != FIRST) _requireReplaced(unit, ballot);

        Skipped reason = _enter(round, ballot);
        if (reason != Skipped.None) {
            emit BallotSkipped(unit, index, ballot.tracker, reason);
            return ballot.next;
        }
        ++round.counted;
        _add(round.sums, ballot.ciphertexts);
        if (ballot.flags != FIRST) {
            _subtract(round.sums, ballot.replaced);
            emit BallotReplaced(unit, index, ballot.previous, ballot.tracker);
        }
        return ballot.next;
    }

    /// Enter a ballot under its voter, unless another stands than the one it replaces.
    function _enter(Round memory round, Ballot memory ballot) private returns (Skipped) {
        (uint32 unit, uint32 index) = (round.unit, ballot.index);
        if (ballot.flags == FIRST) {
            Word storage voters = _voted[unit][index >> 8];
            (uint256 bits, uint256 bit) = (voters.bits, 1 << (index & 0xff));
            if (bits & bit > 0) return _reasonOf(_own[unit][index]);
            voters.bits = bits | bit;
            unchecked {
                uint256 taken = round.taken;
                round.taken = taken + 1;
                round.indices.put(taken, index);
                round.trackers.put(taken, uint256(ballot.tracker));
                round.leaves.put(taken, uint256(BallotRoll.ballotOf(index, ballot.tracker)));
            }
            return Skipped.None;
        }
        bytes32 own = _own[unit][index];
        // A ballot in a batch stands as long as its voter has no word.
        if (own != (ballot.flags == OF_BATCH ? bytes32(0) : ballot.previous)) return _reasonOf(own);
        _own[unit][index] = ballot.tracker;
        return Skipped.None;
    }

    function _reasonOf(bytes32 own) private pure returns (Skipped) {
        return own == BARRED ? Skipped.Barred : Skipped.PreviousChanged;
    }

    /// Write the sums and the batch. A call without a first ballot makes no batch.
    function _end(Round memory round) private {
        if (round.counted == 0) return;
        (uint32 unit, uint256 taken, UnitState memory state) = (round.unit, round.taken, round.state);
        uint32 batch = state.batches;
        _writeSums(unit, state, round.sums, round.hints);
        if (taken > 0) {
            state.ballots += uint32(taken);
            state.batches = batch + 1;
        }
        _setState(unit, state);
        if (taken == 0) return;

        uint32[] memory indices = BallotBytes.numbers(round.indices, taken);
        bytes32[] memory trackers = BallotBytes.hashes(round.trackers, taken);
        bytes32 root = BallotRoll.rootOf(BallotBytes.hashes(round.leaves, taken), taken);
        _batchRoots[unit][batch] = root;
        emit BallotsCast(unit, batch, state.ballots, root, indices, trackers);
    }

    // ── Withdrawing ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBallotBox
    function withdraw(
        UnitRoll calldata roll,
        bytes32[] calldata unitPath,
        uint32 index,
        address credential,
        bytes32[] calldata rollPath,
        bytes calldata signature,
        bytes calldata replaced
    ) external {
        _requireDirect();
        _requireOpen();
        _requireRoll(roll, unitPath);
        uint32 unit = roll.unit;
        Round memory round;
        (round.unit, round.lines, round.root) = (unit, roll.lines, roll.root);
        round.depth = BallotRoll.depthOf(roll.lines);
        if (rollPath.length != round.depth) revert NotOnRoll(unit, index, credential);
        _requireOnRoll(round, index, credential, BallotBytes.positionOf(rollPath));
        _requireWithdrawal(unit, index, credential, signature);
        if (_own[unit][index] == BARRED) revert VoterBarred(unit, index);

        bytes32 tracker;
        if (replaced.length > 0) {
            tracker = _takeOut(round, index, credential, replaced);
        } else if (_hasVoted(unit, index)) {
            revert BallotChanged(unit, index);
        }
        _markVoted(unit, index);
        _own[unit][index] = BARRED;
        emit BallotWithdrawn(unit, index, tracker, _stateOf(unit).ballots);
    }

    function _requireWithdrawal(uint32 unit, uint32 index, address credential, bytes calldata signature) private view {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(WITHDRAWAL, unit, index)));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        if (failure != ECDSA.RecoverError.NoError || signer != credential) revert SignatureRefused(index, credential);
    }

    /// Take the voter's ballot out of the sums, if it is the one that stands; gives its tracker.
    function _takeOut(Round memory round, uint32 index, address credential, bytes calldata replaced)
        private
        returns (bytes32)
    {
        Ballot memory ballot;
        (ballot.index, ballot.credential) = (index, credential);
        (round.length, round.end) = (replaced.length, BallotBytes.positionOf(replaced) + replaced.length);
        ballot.replaced = BallotBytes.positionOf(replaced) + 1;
        ballot.flags = uint8(replaced[0]);
        if (ballot.flags != OF_BATCH && ballot.flags != OF_WORD) revert FlagsRefused(ballot.flags);
        if (_endOfReplaced(round, ballot) != round.end) revert BallotsMalformed(round.length);
        ballot.previous = _trackerOfReplaced(round.unit, ballot);
        if (ballot.flags == OF_BATCH) _requireInBatch(round.unit, ballot);

        bytes32 own = _own[round.unit][index];
        if (own != (ballot.flags == OF_BATCH ? bytes32(0) : ballot.previous)) revert BallotChanged(round.unit, index);
        UnitState memory state = _stateOf(round.unit);
        Jacobian[] memory sums = _sumsOf(round.unit, state, msg.data.length);
        _subtract(sums, ballot.replaced);
        _writeSums(round.unit, state, sums, msg.data.length);
        --state.ballots;
        _setState(round.unit, state);
        return ballot.previous;
    }

    // ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// Where a ballot's parts lie. Refuses one of no known kind, and one that does not end within the bytes.
    function _readBallot(Round memory round, Ballot memory ballot, uint256 at) private view {
        unchecked {
            if (at + HEADER > round.end) revert BallotsMalformed(round.length);
            uint256 header = BallotBytes.word(at);
            ballot.index = uint32(header >> 224);
            ballot.flags = header >> 216 & 0xff;
            ballot.credential = address(uint160(header >> 56));
            if (ballot.flags > OF_WORD) revert FlagsRefused(ballot.flags);
            at += HEADER + SIGNATURE;
            ballot.previous = bytes32(0);
            if (ballot.flags != FIRST) {
                ballot.previous = bytes32(BallotBytes.word(at));
                at += WORD;
            }
            ballot.ciphertexts = at;
            ballot.path = at + BODY;
            ballot.replaced = ballot.path + round.depth * WORD;
            ballot.next = ballot.flags == FIRST ? ballot.replaced : _endOfReplaced(round, ballot);
            if (ballot.next > round.end) revert BallotsMalformed(round.length);
        }
    }

    /// Where the ballot that is replaced ends.
    function _endOfReplaced(Round memory round, Ballot memory ballot) private view returns (uint256 end) {
        unchecked {
            end = ballot.replaced + CIPHERTEXTS * CIPHERTEXT + 2 * WORD;
            if (ballot.flags == OF_WORD) return end;
            end += PLACE;
            if (end > round.end) revert BallotsMalformed(round.length);
            return end + (BallotBytes.word(end - WORD) & 0xff) * WORD;
        }
    }

    // ── Checks ──────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireOnRoll(Round memory round, uint32 index, address credential, uint256 path) private pure {
        bytes32 line = BallotRoll.lineOf(round.unit, index, credential);
        if (index >= round.lines || BallotRoll.climb(line, index, path, round.depth) != round.root) {
            revert NotOnRoll(round.unit, index, credential);
        }
    }

    /// Check every ciphertext and every proof of a ballot; gives the proofs' hash.
    function _requireProven(Statement memory statement, Ballot memory ballot, bytes32 content)
        private
        view
        returns (bytes32)
    {
        unchecked {
            uint256 at = ballot.ciphertexts;
            for (uint256 i = 0; i < CIPHERTEXTS; ++i) {
                _requireUsable(ballot.index, i, at + i * CIPHERTEXT);
            }
            uint256[] memory transcript = statement.transcript;
            transcript.put(OneOfValues.CONTENT, uint256(content));
            transcript.put(OneOfValues.PREVIOUS, uint256(ballot.previous));
            statement.index = ballot.index;
            statement.filled = 1;

            uint256 proof = at + CIPHERTEXTS * CIPHERTEXT;
            uint256 number;
            for (uint256 contest = 0; contest < CONTESTS; ++contest) {
                ContestForm form = _form(contest);
                transcript.put(OneOfValues.CONTEST, contest);
                uint256 count = form.putEach(WIDTH, transcript, OneOfValues.HEAD);
                uint256 held = form.ciphertexts();
                for (uint256 i = 0; i < held; ++i) {
                    _take(statement, at + i * CIPHERTEXT);
                    proof = statement.requireHolds(number, count, proof);
                    ++number;
                }
                count = form.valuesOfSum();
                if (count > 0) {
                    _takeSum(statement, at, held, (at - ballot.ciphertexts) / CIPHERTEXT + held - 1);
                    BallotForms.putRange(transcript, OneOfValues.HEAD, form.minimum(), count);
                    proof = statement.requireHolds(number, count, proof);
                    ++number;
                }
                at += held * CIPHERTEXT;
            }
            return statement.scalars.hash(statement.filled);
        }
    }

    /// Both points on the curve, and such that the precompile takes them.
    function _requireUsable(uint32 index, uint256 ciphertext, uint256 at) private pure {
        unchecked {
            (uint256 ax, uint256 bx) = (BallotBytes.word(at), BallotBytes.word(at + 2 * WORD));
            bool usable = ax < CurveMath.Q && bx < CurveMath.Q && CurveMath.isOnCurve(ax, BallotBytes.word(at + WORD))
                && CurveMath.isOnCurve(bx, BallotBytes.word(at + 3 * WORD));
            if (!usable) revert CiphertextRefused(index, ciphertext);
        }
    }

    function _take(Statement memory statement, uint256 at) private pure {
        unchecked {
            (statement.ax, statement.ay) = (BallotBytes.word(at), BallotBytes.word(at + WORD));
            (statement.bx, statement.by) = (BallotBytes.word(at + 2 * WORD), BallotBytes.word(at + 3 * WORD));
        }
    }

    /// The sum of a contest's ciphertexts, of which a refusal names the last.
    function _takeSum(Statement memory statement, uint256 at, uint256 held, uint256 last) private view {
        Jacobian[] memory sums = new Jacobian[](2);
        for (uint256 i = 0; i < held; ++i) {
            _addCiphertext(sums[0], sums[1], at + i * CIPHERTEXT);
        }
        Point[] memory points = CurveMath.toAffine(sums);
        (Point memory a, Point memory b) = (points[0], points[1]);
        bool usable = sums[0].z != 0 && sums[1].z != 0 && a.x < CurveMath.Q && b.x < CurveMath.Q;
        if (!usable) revert CiphertextRefused(statement.index, last);
        (statement.ax, statement.ay, statement.bx, statement.by) = (a.x, a.y, b.x, b.y);
    }

    /// The credential's own signature over the tracker, in the one form that has the low s.
    function _requireSigned(bytes32 domain, Ballot memory ballot, uint256 r, uint256 vs) private view {
        bytes32 digest =
            MessageHashUtils.toTypedDataHash(domain, Hashes.efficientKeccak256(CAST_BALLOT, ballot.tracker));
        uint256 s = vs & LOW_BITS;
        address signer = CurveMath.recover(uint256(digest), vs >> 255, r, s);
        if (s > CurveMath.Q / 2 || signer == address(0) || signer != ballot.credential) {
            revert SignatureRefused(ballot.index, ballot.credential);
        }
    }

    /// The ballot that is replaced is the one named, and in the batch where it is said to be.
    function _requireReplaced(uint32 unit, Ballot memory ballot) private view {
        if (_trackerOfReplaced(unit, ballot) != ballot.previous) revert ReplacedRefused(ballot.index, ballot.previous);
        if (ballot.flags == OF_BATCH) _requireInBatch(unit, ballot);
    }

    function _trackerOfReplaced(uint32 unit, Ballot memory ballot) private view returns (bytes32) {
        bytes32 content = _contentOf(unit, ballot.credential, ballot.replaced);
        uint256 at = ballot.replaced + CIPHERTEXTS * CIPHERTEXT;
        return _trackerOf(content, bytes32(BallotBytes.word(at)), bytes32(BallotBytes.word(at + WORD)));
    }

    function _trackerOf(bytes32 content, bytes32 previous, bytes32 proofs) private pure returns (bytes32) {
        return BallotBytes.hash(TRACKER, uint256(content), uint256(previous), uint256(proofs), 0, 0);
    }

    function _requireInBatch(uint32 unit, Ballot memory ballot) private view {
        uint256 at = ballot.replaced + CIPHERTEXTS * CIPHERTEXT + 2 * WORD;
        uint256 header = BallotBytes.word(at);
        uint32 batch = uint32(header >> 224);
        uint256 place = header >> 208 & 0xffff;
        uint256 depth = header >> 200 & 0xff;
        bytes32 leaf = BallotRoll.ballotOf(ballot.index, ballot.previous);
        bytes32 root = _batchRoots[unit][batch];
        // One place has one way to be written.
        if (root == 0 || place >> depth > 0 || BallotRoll.climb(leaf, place, at + PLACE, depth) != root) {
            revert NotInBatch(ballot.index, batch, ballot.previous);
        }
    }

    function _contentOf(uint32 unit, address credential, uint256 at) private view returns (bytes32) {
        uint256 election = uint256(ElectionId.unwrap(ELECTION));
        return BallotBytes.hash(CONTENT, election, unit, uint160(credential), at, CIPHERTEXTS * CIPHERTEXT);
    }

    // ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────

    function _add(Jacobian[] memory sums, uint256 at) private view {
        unchecked {
            for (uint256 i = 0; i < CIPHERTEXTS; ++i) {
                _addCiphertext(sums[2 * i], sums[2 * i + 1], at + i * CIPHERTEXT);
            }
        }
    }

    function _addCiphertext(Jacobian memory a, Jacobian memory b, uint256 at) private pure {
        unchecked {
            a.add(BallotBytes.word(at), BallotBytes.word(at + WORD));
            b.add(BallotBytes.word(at + 2 * WORD), BallotBytes.word(at + 3 * WORD));
        }
    }

    function _subtract(Jacobian[] memory sums, uint256 at) private view {
        for (uint256 i = 0; i < CIPHERTEXTS; ++i) {
            uint256 from = at + i * CIPHERTEXT;
            sums[2 * i].subtract(BallotBytes.word(from), BallotBytes.word(from + WORD));
            sums[2 * i + 1].subtract(BallotBytes.word(from + 2 * WORD), BallotBytes.word(from + 3 * WORD));
        }
    }
}
