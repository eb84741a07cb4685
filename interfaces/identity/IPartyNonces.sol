// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// A person or an organisation (LA_Party of ISO 19152). Known to an agency:
/// keccak256(abi.encode(keccak256("Muniment.Party.v1"), agency, commitment)), where the commitment is the salted hash
/// of the identity record that the agency holds. Destroying salt and record is the erasure path. Or an organisation
/// that a registry contract keeps, such as a company:
/// keccak256(abi.encode(keccak256("Muniment.Organisation.v1"), registry, subject)).
type PartyId is bytes32;

/// @title Numbers that a party uses once
/// @notice Each registry that takes parties' signatures keeps its own. Unordered: any 256-bit number serves once, so
/// that signed acts need no order among each other.
/// @dev Typed data, in the domain of the registry: CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)
interface IPartyNonces {
    event NonceCancelled(PartyId indexed party, uint256 nonce);

    /// @notice Thrown when the nonce was used or cancelled.
    error NonceUsed(PartyId party, uint256 nonce);
    /// @notice Thrown when a signed act comes too late.
    error DeadlinePassed(uint256 deadline);

    /// @notice Make a nonce useless, and with it whatever was signed over it for this contract. By anyone; the party
    /// signs CancelNonce.
    function cancelNonce(PartyId party, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /// @notice Whether a nonce can no longer be used here.
    function nonceUsed(PartyId party, uint256 nonce) external view returns (bool);
}
