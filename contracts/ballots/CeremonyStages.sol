// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Ceremony,
    CeremonyStage,
    ITrusteeCeremony,
    Point,
    SetupId,
    Trustee
} from "../../interfaces/ballots/ITrusteeCeremony.sol";

/// @title What a ceremony waits for, and who is still in it
/// @dev Time moves a ceremony without a transaction; every call first writes down what it has done.
///
///     begun      + period    + period  + period                   + period
///     | Committing | Revealing | Dealing | Review: complaints, too | answers and confirmations |
abstract contract CeremonyStages is ITrusteeCeremony {
    /// How far a stage has come.
    /// @param since when it began
    /// @param left trustees who are in
    /// @param done how many of them did what the stage asks for
    /// @param complaints that nobody answered
    struct Progress {
        uint40 since;
        uint8 left;
        uint8 done;
        uint16 complaints;
    }

    bytes32 private constant SETUP = keccak256("Muniment.BallotSetup.v1");

    /// @inheritdoc ITrusteeCeremony
    IAgencyRegistry public immutable AGENCIES;

    uint64 internal immutable ELECTION_OFFICER;

    mapping(SetupId setup => Ceremony record) internal _ceremonies;
    mapping(SetupId setup => Progress progress) internal _progress;
    mapping(SetupId setup => address[] accounts) internal _accounts;
    mapping(SetupId setup => mapping(address account => Trustee trustee)) internal _trustees;
    /// The election key, then each trustee's by place.
    mapping(SetupId setup => Point[] keys) internal _keys;

    constructor(IAgencyRegistry agencies) {
        AGENCIES = agencies;
        ELECTION_OFFICER = agencies.ELECTION_OFFICER();
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITrusteeCeremony
    function setupIdOf(AgencyId agency, bytes32 manifestHash) public view returns (SetupId) {
        return SetupId.wrap(keccak256(abi.encode(SETUP, block.chainid, address(this), agency, manifestHash)));
    }

    /// @inheritdoc ITrusteeCeremony
    function ceremony(SetupId setup) external view returns (Ceremony memory) {
        return _ceremonies[setup];
    }

    /// @inheritdoc ITrusteeCeremony
    function stageOf(SetupId setup) public view returns (CeremonyStage stage) {
        Ceremony storage record = _ceremonies[setup];
        Progress storage progress = _progress[setup];
        stage = record.stage;
        uint256 done = progress.done;
        for (uint256 end = progress.since + record.period; _passes(stage) && block.timestamp >= end; done = 0) {
            if (done < record.threshold) return CeremonyStage.Failed;
            stage = _next(stage);
            end += record.period;
        }
    }

    /// @inheritdoc ITrusteeCeremony
    function trusteesOf(SetupId setup) external view returns (address[] memory) {
        return _accounts[setup];
    }

    /// @inheritdoc ITrusteeCeremony
    function trusteeOf(SetupId setup, address account) external view returns (Trustee memory) {
        return _trustees[setup][account];
    }

    /// @inheritdoc ITrusteeCeremony
    function keyOf(SetupId setup) external view returns (Point memory) {
        _requireReady(setup);
        return _keys[setup][0];
    }

    /// @inheritdoc ITrusteeCeremony
    function trusteeKeyOf(SetupId setup, uint8 index) external view returns (Point memory) {
        _requireReady(setup);
        bool known = index != 0 && index < _keys[setup].length;
        return known ? _keys[setup][index] : Point(0, 0);
    }

    // ── Stages ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Write down which stages are over by now, and who missed them. Throws CeremonyUnknown.
    function _advance(SetupId setup) internal returns (Ceremony storage record) {
        record = _ceremonies[setup];
        if (record.stage == CeremonyStage.Unknown) revert CeremonyUnknown(setup);
        while (_passes(record.stage)) {
            uint40 end = _progress[setup].since + record.period;
            if (block.timestamp < end) break;
            _endStage(setup, record, end);
        }
    }

    /// The ceremony at the stage that a trustee's step belongs to; the caller is a trustee who is in.
    function _step(SetupId setup, CeremonyStage needed)
        internal
        returns (Ceremony storage record, Trustee storage trustee)
    {
        record = _advance(setup);
        trustee = _trustees[setup][msg.sender];
        if (trustee.index == 0) revert NotTrustee(setup, msg.sender);
        // Who sent the transaction is asked, not who may act. Others believe a step by its trustee's own signature.
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length > 0) revert NotDirect(msg.sender);
        if (trustee.out) revert TrusteeIsOut(setup, msg.sender);
        if (record.stage != needed) revert StageRefused(setup, record.stage, needed);
    }

    /// Count a step, and end the stage when it was the last.
    function _count(SetupId setup, Ceremony storage record) internal {
        Progress storage progress = _progress[setup];
        if (++progress.done == progress.left) _endStage(setup, record, uint40(block.timestamp));
    }

    function _exclude(SetupId setup, address account, CeremonyStage missed) internal {
        _trustees[setup][account].out = true;
        emit TrusteeExcluded(setup, account, missed);
    }

    function _fail(SetupId setup, Ceremony storage record, uint256 left) internal {
        record.stage = CeremonyStage.Failed;
        emit CeremonyFailed(setup, left);
    }

    function _requireReady(SetupId setup) internal view {
        if (_ceremonies[setup].stage == CeremonyStage.Ready) return;
        revert StageRefused(setup, stageOf(setup), CeremonyStage.Ready);
    }

    /// Go on without whoever missed the stage, when enough are left.
    function _endStage(SetupId setup, Ceremony storage record, uint40 time) private {
        Progress storage progress = _progress[setup];
        CeremonyStage stage = record.stage;
        uint8 left = progress.done;
        if (left < progress.left) {
            address[] storage accounts = _accounts[setup];
            for (uint256 i = 0; i < record.trustees; ++i) {
                Trustee storage trustee = _trustees[setup][accounts[i]];
                if (!trustee.out && !_did(trustee, stage)) _exclude(setup, accounts[i], stage);
            }
        }
        _progress[setup] = Progress({since: time, left: left, done: 0, complaints: 0});
        if (left < record.threshold) _fail(setup, record, left);
        else record.stage = _next(stage);
    }

    function _did(Trustee storage trustee, CeremonyStage stage) private view returns (bool) {
        if (stage == CeremonyStage.Committing) return trustee.commitment != bytes32(0);
        if (stage == CeremonyStage.Revealing) return trustee.revealed;
        return trustee.dealt;
    }

    /// Whether time ends the stage. Review waits for `finish`, which computes the keys.
    function _passes(CeremonyStage stage) private pure returns (bool) {
        return stage >= CeremonyStage.Committing && stage <= CeremonyStage.Dealing;
    }

    function _next(CeremonyStage stage) private pure returns (CeremonyStage) {
        return CeremonyStage(uint8(stage) + 1);
    }
}
