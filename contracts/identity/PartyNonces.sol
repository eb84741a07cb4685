// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IPartyNonces, PartyId} from "../../interfaces/identity/IPartyNonces.sol";

/// @title Numbers that a party uses once
/// @notice One bit per nonce, so that signed acts need no order among each other.
abstract contract PartyNonces is IPartyNonces {
    using BitMaps for BitMaps.BitMap;

    mapping(PartyId party => BitMaps.BitMap used) private _nonces;

    /// @inheritdoc IPartyNonces
    function nonceUsed(PartyId party, uint256 nonce) public view returns (bool) {
        return _nonces[party].get(nonce);
    }

    function _useNonce(PartyId party, uint256 nonce) internal {
        if (nonceUsed(party, nonce)) revert NonceUsed(party, nonce);
        _nonces[party].set(nonce);
    }

    function _requireInTime(uint256 deadline) internal view {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
    }
}
