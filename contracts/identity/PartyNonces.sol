// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";

/// @title Numbers that a party uses once
/// @notice One bit per nonce, so that signed acts need no order among each other.
abstract contract PartyNonces is IPartyRegistry {
    mapping(PartyId party => mapping(uint256 word => uint256 bits)) private _nonces;

    /// @inheritdoc IPartyRegistry
    function nonceUsed(PartyId party, uint256 nonce) public view returns (bool) {
        return _nonces[party][nonce >> 8] & _bit(nonce) != 0;
    }

    function _useNonce(PartyId party, uint256 nonce) internal {
        if (nonceUsed(party, nonce)) revert NonceUsed(party, nonce);
        _nonces[party][nonce >> 8] |= _bit(nonce);
    }

    function _bit(uint256 nonce) private pure returns (uint256) {
        return 1 << (nonce & 0xff);
    }
}
