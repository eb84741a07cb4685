// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPartyRegistry, PartyId, Power, PowerGrant, PowerId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Organisations} from "./Organisations.sol";

/// @title Powers of attorney
abstract contract PowersOfAttorney is Organisations {
    bytes32 private constant POWER = keccak256("Muniment.Power.v1");
    bytes32 private constant GRANT_POWER = keccak256(
        "GrantPower(bytes32 principal,bytes32 attorney,string act,bytes32 subject,uint256 priceFloor,bytes32 currency,"
        "uint40 until,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOKE_POWER = keccak256("RevokePower(bytes32 party,bytes32 power,uint256 deadline)");
    uint256 private constant MAX_ACT = 64;

    mapping(PowerId power => Power record) private _powers;

    /// @inheritdoc IPartyRegistry
    function grantPower(PowerGrant calldata grant, uint256 deadline, bytes calldata signature)
        external
        returns (PowerId power)
    {
        if (!_isSound(grant)) revert PowerRefused(grant.principal, grant.attorney);
        _requireInTime(deadline);
        bytes32 act = keccak256(bytes(grant.act));
        _requireSigned(grant.principal, _structHash(grant, act, deadline), signature);

        _useNonce(grant.principal, grant.nonce);
        power = PowerId.wrap(keccak256(abi.encode(POWER, grant.principal, grant.nonce)));
        _powers[power] = Power({
            principal: grant.principal,
            attorney: grant.attorney,
            act: act,
            subject: grant.subject,
            priceFloor: grant.priceFloor,
            currency: grant.currency,
            until: grant.until,
            recoveries: _parties[grant.principal].recoveries,
            revoked: false
        });
        emit PowerGranted(
            grant.principal,
            grant.attorney,
            power,
            grant.act,
            grant.subject,
            grant.priceFloor,
            grant.currency,
            grant.until,
            grant.nonce
        );
    }

    /// @inheritdoc IPartyRegistry
    function revokePower(PowerId power, PartyId party, uint256 deadline, bytes calldata signature) external {
        Power storage record = _requireStanding(power);
        if (!_same(party, record.principal) && !_same(party, record.attorney)) revert NotOfPower(power, party);
        _requireInTime(deadline);
        _requireSigned(party, keccak256(abi.encode(REVOKE_POWER, party, power, deadline)), signature);

        record.revoked = true;
        emit PowerRevoked(power, party);
    }

    /// @inheritdoc IPartyRegistry
    function powerOf(PowerId power) external view returns (Power memory) {
        return _powers[power];
    }

    /// @inheritdoc IPartyRegistry
    function requirePower(
        PowerId power,
        PartyId principal,
        PartyId attorney,
        bytes32 act,
        bytes32 subject,
        uint256 price,
        bytes32 currency
    ) external view {
        Power storage record = _requireStanding(power);
        bool covered = record.subject == bytes32(0) || record.subject == subject;
        if (!covered || record.act != act || !_same(record.principal, principal) || !_same(record.attorney, attorney)) {
            revert PowerOutOfScope(power);
        }
        if (block.timestamp > record.until) revert PowerExpired(power, record.until);
        if (_parties[principal].pending || _ended(principal)) revert PowerSuspended(power);
        uint256 priceFloor = record.priceFloor;
        if (priceFloor != 0 && (price < priceFloor || currency != record.currency)) {
            revert PriceRefused(power, price, priceFloor);
        }
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _isSound(PowerGrant calldata grant) private view returns (bool) {
        uint256 length = bytes(grant.act).length;
        bool named = PartyId.unwrap(grant.attorney) != bytes32(0) && !_same(grant.attorney, grant.principal);
        bool priced = (grant.priceFloor == 0) == (grant.currency == bytes32(0));
        return named && priced && length != 0 && length <= MAX_ACT && grant.until >= block.timestamp;
    }

    /// A power that neither its parties nor a recovery have ended.
    function _requireStanding(PowerId power) private view returns (Power storage record) {
        record = _powers[power];
        if (record.act == bytes32(0)) revert PowerUnknown(power);
        if (record.revoked || record.recoveries != _parties[record.principal].recoveries) revert PowerEnded(power);
    }

    function _structHash(PowerGrant calldata grant, bytes32 act, uint256 deadline) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                GRANT_POWER,
                grant.principal,
                grant.attorney,
                act,
                grant.subject,
                grant.priceFloor,
                grant.currency,
                grant.until,
                grant.nonce,
                deadline
            )
        );
    }

    function _same(PartyId one, PartyId other) private pure returns (bool) {
        return PartyId.unwrap(one) == PartyId.unwrap(other);
    }
}
