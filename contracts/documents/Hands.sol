// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPartyRegistry, PartyId, RepresentativeSignature} from "../../interfaces/identity/IPartyRegistry.sol";

/// @title Whose hands signed for a member of a policy
/// @notice One person may be an officer, a citizen and on the boards of organisations at once. A hand is a wallet or an
/// officer's key, left-padded; a person without a wallet, for whom officers stood in, is its own.
library Hands {
    /// @param signature one that the registry took for the party's; an organisation's is never empty, and that of a
    /// person without a wallet always
    function handsOf(IPartyRegistry parties, PartyId party, bytes calldata signature)
        internal
        view
        returns (bytes32[] memory hands)
    {
        RepresentativeSignature[] memory parts;
        if (parties.walletOf(party) == address(0) && signature.length != 0) {
            parts = abi.decode(signature, (RepresentativeSignature[]));
        } else {
            parts = new RepresentativeSignature[](1);
            parts[0].representative = party;
        }
        hands = new bytes32[](parts.length);
        for (uint256 i = 0; i < parts.length; ++i) {
            PartyId person = parts[i].representative;
            address wallet = parties.walletOf(person);
            hands[i] = wallet == address(0) ? PartyId.unwrap(person) : padded(wallet);
        }
    }

    function hold(bytes32[] memory hands, bytes32 hand) internal pure returns (bool held) {
        for (uint256 i = 0; i < hands.length && !held; ++i) {
            held = hands[i] == hand;
        }
    }

    function padded(address key) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(key)));
    }
}
