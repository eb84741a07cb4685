// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ciphertext, ContestForm, IBallotBox} from "../../interfaces/ballots/IBallotBox.sol";
import {Point} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {BallotBytes} from "./BallotBytes.sol";
import {BallotForms} from "./BallotForms.sol";
import {BallotJoining} from "./BallotJoining.sol";
import {CurveMath, Jacobian} from "./CurveMath.sol";
import {EqualLogs} from "./EqualLogs.sol";

/// @title From the trustees' shares to the result
/// @dev A group's sum S = (S_A, S_B) has S_B = v·G + x·S_A, with x shared among the trustees. Each share D = x_j·S_A is
/// proven; Σ λ_j·D_j = x·S_A by Lagrange's interpolation at zero. So the shares fix what is counted: a count is right
/// when S_B − v·G is that point. Points are compared by account: that another of the 2^40 possible counts fits, too, is
/// a second preimage of 160 bits.
abstract contract BallotTally is BallotJoining {
    using BallotForms for ContestForm;
    using CurveMath for Jacobian;

    /// What a ciphertext's shares are checked against.
    /// @param ciphertext counted through the whole ballot
    /// @param total S
    /// @param keys of the trustees by place, as far as they were asked for
    struct Counting {
        uint32 group;
        uint256 ciphertext;
        Ciphertext total;
        Point[] keys;
    }

    bytes32 private constant TALLY_SHARE = keccak256("Muniment.TallyShare.v1");
    /// A trustee's record: its place in a byte, D, the proof of equal logarithms, λ and λD.
    uint256 private constant RECORD = 353;
    uint256 private constant SHARE = 1;
    uint256 private constant PROOF = SHARE + 64;
    uint256 private constant FACTOR = PROOF + 192;
    uint256 private constant MULTIPLE = FACTOR + 32;
    uint256 private constant IN_A_WORD = 8;
    /// Records of one count: more are beyond the 128 KiB that nodes pass on.
    uint256 private constant MOST_SHARES = 360;

    uint256 private immutable THRESHOLD;
    uint256 private immutable TRUSTEES;

    /// Contests that are counted, by bit.
    mapping(uint32 group => uint256 contests) private _counted;
    /// Counts of 32 bits, eight in a word.
    mapping(uint32 group => mapping(uint256 contest => mapping(uint256 place => uint256 word))) private _results;

    constructor() {
        THRESHOLD = CEREMONY.ceremony(SETUP).threshold;
        TRUSTEES = CEREMONY.ceremony(SETUP).trustees;
        for (uint256 i = 0; i < CONTESTS; ++i) {
            uint256 shares = THRESHOLD * _form(i).ciphertexts();
            if (shares > MOST_SHARES) revert CountTooLarge(i, shares);
        }
    }

    /// @inheritdoc IBallotBox
    function count(uint32 group, uint8 contest, uint32[] calldata counts, bytes calldata shares) external {
        _requireDirect();
        if (!_joining.complete) revert NotJoined();
        if (group >= _joining.groups) revert GroupUnknown(group);
        if (contest >= CONTESTS) revert ContestUnknown(contest);
        if (_isCounted(group, contest)) revert AlreadyCounted(group, contest);
        ContestForm form = _form(contest);
        uint32 ballots = _groups[group].ballots;
        if (!_possible(form, counts, ballots)) revert CountsRefused(group, contest);
        uint256 trustees = _requireDecrypted(group, contest, form, counts, shares);

        _counted[group] |= 1 << contest;
        for (uint256 i = 0; i < counts.length; ++i) {
            _results[group][contest][i / IN_A_WORD] |= uint256(counts[i]) << 32 * (i % IN_A_WORD);
        }
        emit ContestCounted(group, contest, ballots, counts, trustees, msg.sender);
    }

    /// @inheritdoc IBallotBox
    function resultOf(uint32 group, uint8 contest) external view returns (uint32[] memory counts) {
        if (!_isCounted(group, contest)) return counts;
        counts = new uint32[](_countsOf(_form(contest)));
        for (uint256 i = 0; i < counts.length; ++i) {
            counts[i] = uint32(_results[group][contest][i / IN_A_WORD] >> 32 * (i % IN_A_WORD));
        }
    }

    // ── Counts ──────────────────────────────────────────────────────────────────────────────────────────────────

    function _isCounted(uint32 group, uint256 contest) private view returns (bool) {
        return _counted[group] >> contest & 1 == 1;
    }

    /// How many counts a contest has: one for each option, and one of blanks.
    function _countsOf(ContestForm form) private pure returns (uint256) {
        return form.options() + form.blank();
    }

    /// Whether so many ballots can have these counts.
    function _possible(ContestForm form, uint32[] calldata counts, uint256 ballots) private pure returns (bool) {
        if (counts.length != _countsOf(form)) return false;
        bool choice = form.kind() == BallotForms.CHOICE;
        uint256 most = ballots * (choice ? 1 : form.most());
        uint256 sum = 0;
        for (uint256 i = 0; i < counts.length; ++i) {
            if (counts[i] > most) return false;
            sum += counts[i];
        }
        if (choice) return sum == ballots;
        return sum >= ballots * form.minimum() && sum <= ballots * form.maximum();
    }

    /// What a ciphertext of the contest holds: all options of a choice, Σ counts_i·M^i, or one option's points.
    function _valueOf(ContestForm form, uint32[] calldata counts, uint256 place) private view returns (uint256 value) {
        if (form.kind() != BallotForms.CHOICE) return counts[place];
        for (uint256 i = 0; i < form.options(); ++i) {
            value |= uint256(counts[i]) << i * WIDTH;
        }
    }

    // ── Shares ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Where a contest's ciphertexts begin in a ballot.
    function _firstCiphertext(uint256 contest) private view returns (uint256 place) {
        for (uint256 i = 0; i < contest; ++i) {
            place += _form(i).ciphertexts();
        }
    }

    /// @return used places of the trustees, bit j − 1 for place j
    function _requireDecrypted(
        uint32 group,
        uint256 contest,
        ContestForm form,
        uint32[] calldata counts,
        bytes calldata shares
    ) private view returns (uint256 used) {
        uint256 length = form.ciphertexts();
        uint256 size = THRESHOLD * RECORD;
        if (shares.length != length * size) revert SharesMalformed(shares.length);
        Counting memory counting;
        counting.group = group;
        counting.ciphertext = _firstCiphertext(contest);
        counting.keys = new Point[](TRUSTEES + 1);
        Jacobian[] memory powers = new Jacobian[](length);
        address[] memory expected = new address[](length);
        for (uint256 i = 0; i < length; ++i) {
            counting.total = _countable(_sumOf(_groups[group].firstUnit, counting.ciphertext));
            used |= _addShares(counting, BallotBytes.positionOf(shares) + i * size, powers[i]);
            uint256 value = _valueOf(form, counts, i);
            Point memory b = counting.total.b;
            expected[i] = CurveMath.combine(CurveMath.Q - value, b.x, b.y, 1);
            ++counting.ciphertext;
        }
        Point[] memory decrypted = CurveMath.toAffine(powers);
        for (uint256 i = 0; i < length; ++i) {
            if (expected[i] != CurveMath.addressOf(decrypted[i].x, decrypted[i].y)) {
                revert ResultRefused(counting.ciphertext - length + i);
            }
        }
    }

    /// Check the records of one ciphertext, and add up λD.
    function _addShares(Counting memory counting, uint256 at, Jacobian memory power)
        private
        view
        returns (uint256 used)
    {
        uint256 end = at + THRESHOLD * RECORD;
        uint256 place;
        for (uint256 each = at; each < end; each += RECORD) {
            uint256 previous = place;
            place = BallotBytes.word(each) >> 248;
            if (place <= previous || place > TRUSTEES) revert ShareTrusteeRefused(place);
            used |= 1 << place - 1;
        }
        for (; at < end; at += RECORD) {
            place = BallotBytes.word(at) >> 248;
            Point memory share = _pointAt(at + SHARE);
            Point memory multiple = _pointAt(at + MULTIPLE);
            uint256 factor = BallotBytes.word(at + FACTOR);
            bool weighed = _isFactor(factor, place, used)
                && CurveMath.combine(0, share.x, share.y, factor) == CurveMath.addressOf(multiple.x, multiple.y);
            if (!_holds(counting, place, share, at + PROOF) || !weighed) {
                revert ShareRefused(counting.ciphertext, place);
            }
            power.add(multiple.x, multiple.y);
        }
    }

    /// Whether D was made with the secret behind the trustee's key.
    function _holds(Counting memory counting, uint256 place, Point memory share, uint256 proof)
        private
        view
        returns (bool)
    {
        Point memory key = _keyOf(counting, place);
        (address a, Point memory b) = EqualLogs.commitments(key, counting.total.a, share, proof);
        if (a == address(0)) return false;
        bytes32 hash = keccak256(
            abi.encode(
                TALLY_SHARE, ELECTION, counting.group, counting.ciphertext, place, key, counting.total, share, a, b
            )
        );
        return uint256(hash) % CurveMath.Q == BallotBytes.word(proof);
    }

    /// Whether λ is Π m/(m − j) over the other trustees m.
    function _isFactor(uint256 factor, uint256 place, uint256 used) private view returns (bool) {
        (uint256 above, uint256 below) = (1, factor);
        for (uint256 m = 1; m <= TRUSTEES; ++m) {
            if (m == place || used >> m - 1 & 1 == 0) continue;
            above = mulmod(above, m, CurveMath.Q);
            below = mulmod(below, m > place ? m - place : CurveMath.Q + m - place, CurveMath.Q);
        }
        return above == below && factor < CurveMath.Q;
    }

    function _pointAt(uint256 at) private pure returns (Point memory) {
        return Point(BallotBytes.word(at), BallotBytes.word(at + 32));
    }

    function _keyOf(Counting memory counting, uint256 place) private view returns (Point memory key) {
        key = counting.keys[place];
        if (key.x != 0) return key;
        key = CEREMONY.trusteeKeyOf(SETUP, uint8(place));
        if (key.x == 0) revert ShareTrusteeRefused(place);
        counting.keys[place] = key;
    }

    /// A sum that the precompile can multiply: (G, H) is added while a point of it is infinity, or has x ≥ q.
    function _countable(Ciphertext memory sum) private view returns (Ciphertext memory) {
        while (!_multipliable(sum.a) || !_multipliable(sum.b)) {
            Jacobian[] memory moved = new Jacobian[](2);
            moved[0].add(sum.a.x, sum.a.y);
            moved[0].add(CurveMath.GX, CurveMath.GY);
            moved[1].add(sum.b.x, sum.b.y);
            moved[1].add(KEY_X, KEY_Y);
            Point[] memory points = CurveMath.toAffine(moved);
            sum = Ciphertext(points[0], points[1]);
        }
        return sum;
    }

    function _multipliable(Point memory point) private pure returns (bool) {
        return point.x != 0 && point.x < CurveMath.Q;
    }
}
