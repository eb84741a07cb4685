// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IBallotBox} from "../../interfaces/ballots/IBallotBox.sol";
import {
    Ceremony,
    CeremonyStage,
    ElectionId,
    ITrusteeCeremony,
    Point,
    SetupId,
    Trustee
} from "../../interfaces/ballots/ITrusteeCeremony.sol";
import {CeremonyStages} from "./CeremonyStages.sol";
import {CeremonySteps} from "./CeremonySteps.sol";
import {CurveMath, Jacobian} from "./CurveMath.sol";

/// @title The trustees' key ceremony, from its beginning to the election
contract TrusteeCeremony is CeremonySteps {
    using CurveMath for Jacobian;

    uint256 private constant MAX_TRUSTEES = 16;
    uint256 private constant MAX_MANIFEST = 98_304;
    uint256 private constant SHORTEST_PERIOD = 1 minutes;
    uint256 private constant LONGEST_PERIOD = 30 days;

    constructor(IAgencyRegistry agencies) CeremonyStages(agencies) {}

    /// @inheritdoc ITrusteeCeremony
    function begin(bytes calldata manifest, address[] calldata trustees, uint8 threshold, uint40 period)
        external
        returns (SetupId setup)
    {
        AgencyId agency = AGENCIES.requireOfficer(msg.sender, ELECTION_OFFICER);
        uint256 size = trustees.length;
        if (manifest.length == 0 || manifest.length > MAX_MANIFEST) revert ManifestRefused(manifest.length);
        if (size < 2 || size > MAX_TRUSTEES || 2 * uint256(threshold) <= size || threshold > size) {
            revert ThresholdRefused(threshold, size);
        }
        if (period < SHORTEST_PERIOD || period > LONGEST_PERIOD) revert PeriodOutOfRange(period);
        bytes32 manifestHash = keccak256(manifest);
        setup = setupIdOf(agency, manifestHash);
        Ceremony storage record = _ceremonies[setup];
        if (record.stage != CeremonyStage.Unknown) revert CeremonyExists(setup);

        uint40 time = uint40(block.timestamp);
        record.agency = agency;
        record.begun = time;
        record.period = period;
        record.threshold = threshold;
        record.trustees = uint8(size);
        record.stage = CeremonyStage.Committing;
        record.manifestHash = manifestHash;
        _progress[setup] = Progress({since: time, left: uint8(size), done: 0, complaints: 0});
        for (uint256 i = 0; i < size; ++i) {
            Trustee storage trustee = _trustees[setup][trustees[i]];
            if (trustees[i] == address(0) || trustee.index != 0) revert TrusteeRefused(trustees[i]);
            trustee.index = uint8(i + 1);
        }
        _accounts[setup] = trustees;
        emit CeremonyBegun(setup, agency, msg.sender, threshold, period, trustees, manifest);
    }

    /// @inheritdoc ITrusteeCeremony
    function finish(SetupId setup) external {
        bool failed = _ceremonies[setup].stage == CeremonyStage.Failed;
        Ceremony storage record = _advance(setup);
        if (record.stage == CeremonyStage.Failed && !failed) return;
        if (record.stage != CeremonyStage.Review) revert StageRefused(setup, record.stage, CeremonyStage.Review);
        Progress storage progress = _progress[setup];
        uint256 end = _endOfReview(setup, record);
        bool agreed = record.confirmations == progress.left && progress.complaints == 0;
        if (block.timestamp < end && !agreed) revert ReviewOpen(setup, end);

        uint256 left = _excludeUnproven(setup, record);
        if (left < record.threshold) {
            _fail(setup, record, left);
            return;
        }
        Point[] memory keys = _keysOf(setup, record);
        for (uint256 i = 0; i < keys.length; ++i) {
            bool out = i > 0 && _trustees[setup][_accounts[setup][i - 1]].out;
            // The precompile could not multiply it; by chance that happens once in 2^128 ceremonies.
            if (!out && (keys[i].x == 0 || keys[i].x >= CurveMath.Q)) {
                _fail(setup, record, left);
                return;
            }
        }
        record.stage = CeremonyStage.Ready;
        _publish(setup, keys);
    }

    /// @inheritdoc ITrusteeCeremony
    function openElection(SetupId setup, address box) external returns (bool complete) {
        Ceremony storage record = _ceremonies[setup];
        _requireReady(setup);
        if (record.box != address(0)) revert ElectionExists(setup, record.box);
        bool ours = _asked(box, IBallotBox.CEREMONY.selector) == uint160(address(this))
            && _asked(box, IBallotBox.SETUP.selector) == uint256(SetupId.unwrap(setup));
        if (!ours || _asked(box, IBallotBox.OPENS_AT.selector) <= block.timestamp) revert BoxRefused(setup, box);
        if (!AGENCIES.dualControl(msg.sender, ELECTION_OFFICER, record.agency, 0, msg.data)) return false;

        ElectionId election = IBallotBox(box).ELECTION();
        record.election = election;
        record.box = box;
        emit ElectionOpened(setup, election, box, IBallotBox(box).ROLL_ROOT(), IBallotBox(box).LOG_ROOT());
        return true;
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Exclude who left a complaint open or did not confirm; gives how many are left.
    function _excludeUnproven(SetupId setup, Ceremony storage record) private returns (uint8 left) {
        uint8 confirmations;
        for (uint256 i = 0; i < record.trustees; ++i) {
            address account = _accounts[setup][i];
            Trustee storage trustee = _trustees[setup][account];
            if (trustee.out) continue;
            if (trustee.confirmed && !_accused(setup, account)) ++confirmations;
            else _exclude(setup, account, CeremonyStage.Review);
        }
        record.confirmations = confirmations;
        _progress[setup].left = confirmations;
        return confirmations;
    }

    /// The election key Σ C_i0, then each trustee's own, Σ_k j^k·Σ_i C_ik, over the dealers i who are in.
    function _keysOf(SetupId setup, Ceremony storage record) private view returns (Point[] memory) {
        uint256 threshold = record.threshold;
        uint256 size = record.trustees;
        Point[] memory sum = CurveMath.toAffine(_sumOfCoefficients(setup, threshold, size));
        Jacobian[] memory keys = new Jacobian[](size + 1);
        keys[0].add(sum[0].x, sum[0].y);
        for (uint256 j = 1; j <= size; ++j) {
            if (_trustees[setup][_accounts[setup][j - 1]].out) continue;
            for (uint256 k = threshold; k > 0; --k) {
                keys[j].multiply(j);
                keys[j].add(sum[k - 1].x, sum[k - 1].y);
            }
        }
        return CurveMath.toAffine(keys);
    }

    function _sumOfCoefficients(SetupId setup, uint256 threshold, uint256 size)
        private
        view
        returns (Jacobian[] memory sums)
    {
        sums = new Jacobian[](threshold);
        for (uint256 i = 1; i <= size; ++i) {
            if (_trustees[setup][_accounts[setup][i - 1]].out) continue;
            Point[] storage coefficients = _coefficients[setup][i];
            for (uint256 k = 0; k < threshold; ++k) {
                sums[k].add(coefficients[k].x, coefficients[k].y);
            }
        }
    }

    function _publish(SetupId setup, Point[] memory keys) private {
        Point[] memory own = new Point[](keys.length - 1);
        for (uint256 i = 0; i < keys.length; ++i) {
            _keys[setup].push(keys[i]);
            if (i > 0) own[i - 1] = keys[i];
        }
        emit CeremonyCompleted(setup, keys[0], own);
    }

    /// A box's answer; zero when it is none.
    function _asked(address box, bytes4 question) private view returns (uint256) {
        (bool given, bytes memory reply) = box.staticcall(abi.encodePacked(question));
        return given && reply.length == 32 ? abi.decode(reply, (uint256)) : 0;
    }
}
