// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPartyNonces, PartyId} from "../identity/IPartyNonces.sol";
import {PowerId} from "../identity/IPartyRegistry.sol";

/// A party's signature under an act of a land registry. An organisation signs by its representatives, a party without
/// a wallet by an attestation and an empty signature, as IPartyRegistry says.
/// @param power the power of attorney under which `attorney` signs for the party; zero when the party signs itself
/// @param attorney who signs under the power; zero without one
/// @param nonce of whoever signs, used once
/// @param deadline the last second at which the signature is good
struct Consent {
    PowerId power;
    PartyId attorney;
    uint256 nonce;
    uint256 deadline;
    bytes signature;
}

/// @title What parties sign in a land registry
/// @dev Every typed message ends with `bytes32 party,uint256 nonce,uint256 deadline`, where the party is the one whose
/// right is at stake, also when an attorney signs.
interface IConsents is IPartyNonces {
    /// @notice Thrown when there are not exactly as many consents as parties who must sign.
    error ConsentsRefused(uint256 given, uint256 needed);
}
