// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IPartyNonces, PartyId} from "../../interfaces/identity/IPartyNonces.sol";

/// @title Numbers that a party uses once
/// @notice One bit per nonce, so that signed acts need no order among each other.
abstract contract PartyNonces is IPartyNonces {
    using BitMaps for BitMaps.BitMap;

    bytes32 private constant CANCEL_NONCE = keccak256("CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)");

    mapping(PartyId party => BitMaps.BitMap used) private _nonces;

    /// @inheritdoc IPartyNonces
    function cancelNonce(PartyId party, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        _requireInTime(deadline);
        _requireSigned(party, keccak256(abi.encode(CANCEL_NONCE, party, nonce, deadline)), signature);

        _useNonce(party, nonce);
        emit NonceCancelled(party, nonce);
    }

    /// @inheritdoc IPartyNonces
    function nonceUsed(PartyId party, uint256 nonce) public view returns (bool) {
        return _nonces[party].get(nonce);
    }

    /// Revert with the reason unless the party signed this struct in the registry's domain.
    function _requireSigned(PartyId party, bytes32 structHash, bytes calldata signature) internal view virtual;

    function _useNonce(PartyId party, uint256 nonce) internal {
        if (nonceUsed(party, nonce)) revert NonceUsed(party, nonce);
        _nonces[party].set(nonce);
    }

    function _requireInTime(uint256 deadline) internal view {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
    }
}
