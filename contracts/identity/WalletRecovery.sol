// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId, Recovery} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyRecords} from "./PartyRecords.sol";

/// @title How a party that lost its wallet comes by a new one
/// @notice Two officers cannot take a party from its wallet unheard: it can veto. Nor can a thief keep one by vetoing:
/// a court's officer
/// then orders the next recovery, and the two carry it out.
abstract contract WalletRecovery is PartyRecords {
    bytes32 private constant RECOVER_WALLET =
        keccak256("RecoverWallet(bytes32 party,address wallet,uint32 attempt,uint256 deadline)");
    bytes32 private constant VETO_RECOVERY =
        keccak256("VetoRecovery(bytes32 party,address wallet,uint32 attempt,uint256 deadline)");

    /// @inheritdoc IPartyRegistry
    uint40 public constant RECOVERY_DELAY = 14 days;

    mapping(PartyId party => mapping(uint32 attempt => bytes32 courtOrder)) private _orders;

    /// @inheritdoc IPartyRegistry
    function orderRecovery(PartyId party, bytes32 courtOrder) external {
        AgencyId agency = _requireCourt();
        _requireSettled(party);
        Party storage record = _parties[party];
        if (!record.vetoed) revert CourtOrderTooEarly(party);

        uint32 attempt = record.attempts + 1;
        _orders[party][attempt] = courtOrder;
        emit RecoveryOrdered(party, courtOrder, attempt, agency, msg.sender);
    }

    /// @inheritdoc IPartyRegistry
    function recover(
        AgencyId agency,
        bytes32 commitment,
        address wallet,
        bytes32 evidence,
        bytes32 courtOrder,
        uint256 deadline,
        bytes calldata signature
    ) external returns (bool complete) {
        PartyId party = _requireKeeper(agency, commitment);
        Party storage record = _parties[party];
        _requireWallet(party);
        _requireEvidence(party, evidence);
        uint32 attempt = record.attempts + 1;
        if (record.vetoed && courtOrder == bytes32(0)) revert CourtOrderMissing(party);
        if (!record.vetoed && courtOrder != bytes32(0)) revert CourtOrderTooEarly(party);
        if (courtOrder != _orders[party][attempt]) revert CourtOrderUnknown(party, courtOrder);
        _requireFree(wallet);
        _requireInTime(deadline);
        _requireSignedBy(wallet, keccak256(abi.encode(RECOVER_WALLET, party, wallet, attempt, deadline)), signature);
        if (!_confirmed(record.attempts)) return false;

        uint40 readyAt = uint40(block.timestamp) + RECOVERY_DELAY;
        record.attempts = attempt;
        record.pending = true;
        _recoveries[party] = Recovery({wallet: wallet, readyAt: readyAt, vetoable: courtOrder == bytes32(0)});
        emit RecoveryBegun(party, wallet, attempt, readyAt, evidence, courtOrder);
        return true;
    }

    /// @inheritdoc IPartyRegistry
    function vetoRecovery(PartyId party, uint256 deadline, bytes calldata signature) external {
        Recovery memory recovery = _requireRecovery(party);
        if (!recovery.vetoable) revert VetoRefused(party);
        if (block.timestamp >= recovery.readyAt) revert VetoTooLate(party, recovery.readyAt);
        _requireInTime(deadline);
        Party storage record = _parties[party];
        uint32 attempt = record.attempts;
        bytes32 structHash = keccak256(abi.encode(VETO_RECOVERY, party, recovery.wallet, attempt, deadline));
        _requireSignedBy(record.wallet, structHash, signature);

        _settle(party);
        record.vetoed = true;
        emit RecoveryVetoed(party, attempt);
    }

    /// @inheritdoc IPartyRegistry
    function cancelRecovery(AgencyId agency, bytes32 commitment) external {
        PartyId party = _requireKeeper(agency, commitment);
        _requireRecovery(party);

        _settle(party);
        emit RecoveryCancelled(party, _parties[party].attempts, msg.sender);
    }

    /// @inheritdoc IPartyRegistry
    function completeRecovery(PartyId party) external {
        Recovery memory recovery = _requireRecovery(party);
        if (block.timestamp < recovery.readyAt) revert RecoveryTooEarly(party, recovery.readyAt);
        _requireFree(recovery.wallet);

        Party storage record = _parties[party];
        address previous = record.wallet;
        _settle(party);
        ++record.recoveries;
        record.vetoed = false;
        _move(party, previous, recovery.wallet);
        emit WalletRecovered(party, previous, recovery.wallet, record.attempts);
    }

    /// @inheritdoc IPartyRegistry
    function recoveryOf(PartyId party) external view returns (Recovery memory) {
        return _recoveries[party];
    }

    /// @inheritdoc IPartyRegistry
    function recoveriesOf(PartyId party) external view returns (uint32 begun, uint32 completed, bool vetoed) {
        Party storage record = _parties[party];
        return (record.attempts, record.recoveries, record.vetoed);
    }

    /// @inheritdoc IPartyRegistry
    function recoveryOrderOf(PartyId party) external view returns (bytes32) {
        return _orders[party][_parties[party].attempts + 1];
    }

    function _requireRecovery(PartyId party) private view returns (Recovery memory) {
        if (!_parties[party].pending) revert RecoveryMissing(party);
        return _recoveries[party];
    }

    function _settle(PartyId party) private {
        _parties[party].pending = false;
        delete _recoveries[party];
    }
}
