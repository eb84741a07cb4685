// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ciphertext, Group, IBallotBox} from "../../interfaces/ballots/IBallotBox.sol";
import {BallotState} from "./BallotState.sol";
import {CurveMath, Jacobian} from "./CurveMath.sol";

/// @title From the closing to groups of units
/// @dev No share can be seen before the groups are fixed: nobody joins units by what their ballots say.
abstract contract BallotJoining is BallotState {
    using CurveMath for Jacobian;

    /// How far units are in groups.
    /// @param next unit to look at
    /// @param groups that have enough ballots
    /// @param first unit of the group that has not
    /// @param ballots of that group
    /// @param total ballots in groups
    struct Joining {
        uint32 next;
        uint32 groups;
        uint32 first;
        uint32 ballots;
        uint32 total;
        bool complete;
    }

    uint64 private immutable ELECTION_OFFICER;
    /// The closing as it was announced at first.
    uint40 private immutable ANNOUNCED;

    Joining internal _joining;
    mapping(uint32 group => Group units) internal _groups;

    constructor() {
        ELECTION_OFFICER = AGENCIES.ELECTION_OFFICER();
        ANNOUNCED = _closesAt;
    }

    /// @inheritdoc IBallotBox
    function postpone(uint40 wanted) external returns (bool complete) {
        uint40 present = _closesAt;
        if (block.timestamp >= present || wanted <= present || wanted > ANNOUNCED + LONGEST_DELAY) {
            revert PostponementRefused(present, wanted);
        }
        if (!AGENCIES.dualControl(msg.sender, ELECTION_OFFICER, AGENCY, present, msg.data)) return false;

        _closesAt = wanted;
        emit ClosingPostponed(present, wanted);
        return true;
    }

    /// @inheritdoc IBallotBox
    function join(uint32 most) external returns (bool complete) {
        uint256 end = uint256(_closesAt) + GRACE;
        if (block.timestamp < end) revert NotClosed(block.timestamp, end);
        Joining memory joining = _joining;
        if (joining.complete) revert AlreadyJoined();

        for (; most > 0 && joining.next < UNITS; --most) {
            _joinNext(joining);
        }
        if (joining.next == UNITS) _complete(joining);
        _joining = joining;
        return joining.complete;
    }

    /// @inheritdoc IBallotBox
    function groupCount() external view returns (uint32 groups, bool complete) {
        return (_joining.groups, _joining.complete);
    }

    /// @inheritdoc IBallotBox
    function groupOf(uint32 group) external view returns (Group memory) {
        return _groups[group];
    }

    /// @inheritdoc IBallotBox
    function sumOf(uint32 unit, uint256 ciphertext) external view returns (Ciphertext memory) {
        return _sumOf(unit, ciphertext);
    }

    /// Put the next unit into the group that has too few ballots yet.
    function _joinNext(Joining memory joining) private {
        uint32 unit = joining.next;
        joining.next = unit + 1;
        joining.ballots += _stateOf(unit).ballots;
        if (unit != joining.first) _addSums(joining.first, unit);
        if (joining.ballots < MIN_BALLOTS) return;

        // A remainder may still join the group before, until the next one has enough.
        if (joining.groups > 0) _tell(joining.groups - 1);
        _groups[joining.groups] = Group({firstUnit: joining.first, lastUnit: unit, ballots: joining.ballots});
        ++joining.groups;
        joining.total += joining.ballots;
        (joining.first, joining.ballots) = (joining.next, 0);
    }

    /// Let a remainder join the last group. Without one, the whole election has too few ballots to be decrypted.
    function _complete(Joining memory joining) private {
        if (joining.groups > 0) {
            uint32 last = joining.groups - 1;
            if (joining.first < UNITS) {
                Group storage units = _groups[last];
                _addSums(units.firstUnit, joining.first);
                units.lastUnit = UNITS - 1;
                units.ballots += joining.ballots;
                joining.total += joining.ballots;
            }
            _tell(last);
        }
        joining.complete = true;
        emit GroupsFixed(joining.groups, joining.total);
    }

    function _tell(uint32 group) private {
        Group memory units = _groups[group];
        emit UnitsJoined(group, units.firstUnit, units.lastUnit, units.ballots);
    }

    /// Add a unit's sums, if it has any, to those of a group, which are kept under its first unit. Both hold (G, H)
    /// once: one is taken off.
    function _addSums(uint32 first, uint32 unit) private {
        (UnitState memory added, UnitState memory state) = (_stateOf(unit), _stateOf(first));
        if (!added.kept) return;
        Jacobian[] memory sums = _sumsOf(unit, added, msg.data.length);
        if (state.kept) _merge(sums, _sumsOf(first, state, msg.data.length));
        _writeSums(first, state, sums, msg.data.length);
        _setState(first, state);
    }

    function _merge(Jacobian[] memory sums, Jacobian[] memory others) private view {
        for (uint256 i = 0; i < sums.length; i += 2) {
            (Jacobian memory a, Jacobian memory b) = (sums[i], sums[i + 1]);
            a.add(others[i].x, others[i].y);
            a.subtract(CurveMath.GX, CurveMath.GY);
            b.add(others[i + 1].x, others[i + 1].y);
            b.subtract(KEY_X, KEY_Y);
        }
    }
}
