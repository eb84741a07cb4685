// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";

/// A person or an organisation (LA_Party of ISO 19152):
/// keccak256(abi.encode(keccak256("Muniment.Party.v1"), agency, commitment)), where the commitment is the salted hash
/// of the identity record that the agency holds. Destroying salt and record is the erasure path.
type PartyId is bytes32;

/// @title Parties and the wallets they sign with
/// @notice Rights hang on the party, never on a wallet, so that a lost key loses nothing. A party needs no
/// transaction to exist, and most never have a wallet.
/// @dev Typed data (EIP-712), domain {name "Muniment PartyRegistry", version "1", chainId, verifyingContract}:
///   BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)
///   RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)
///   CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)
interface IPartyRegistry {
    event PartyBound(
        PartyId indexed party, address indexed wallet, AgencyId indexed agency, address officer, uint256 nonce
    );
    event WalletRotated(PartyId indexed party, address indexed previous, address indexed wallet, uint256 nonce);
    event NonceCancelled(PartyId indexed party, uint256 nonce);

    /// @notice Thrown when the commitment is zero.
    error CommitmentMissing();
    /// @notice Thrown when the wallet is the zero address.
    error WalletMissing();
    /// @notice Thrown when the party has a wallet already.
    error PartyBoundAlready(PartyId party, address wallet);
    /// @notice Thrown when the wallet stands for another party, or for this one already.
    error WalletTaken(address wallet, PartyId party);
    /// @notice Thrown when the party has no wallet.
    error PartyUnbound(PartyId party);
    /// @notice Thrown when the signature is not by this wallet over exactly these values.
    error SignatureInvalid(address wallet);
    /// @notice Thrown when a signed act comes too late.
    error DeadlinePassed(uint256 deadline);
    /// @notice Thrown when the nonce was used or cancelled.
    error NonceUsed(PartyId party, uint256 nonce);

    /// @notice The party's id from its agency and the salted hash of its identity record.
    function partyIdOf(AgencyId agency, bytes32 commitment) external pure returns (PartyId);

    /// @notice Link a wallet to a party after an in-person or e-ID check. By an identity officer of the party's agency,
    /// with the wallet's own signature over BindWallet.
    /// @dev Warning: a wallet cannot cancel this nonce before it is bound, so let it sign a near deadline.
    function bind(bytes32 commitment, address wallet, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        returns (PartyId party);

    /// @notice Move a party to another wallet of its own. By anyone; both wallets sign the same RotateWallet.
    function rotate(
        PartyId party,
        address wallet,
        uint256 nonce,
        uint256 deadline,
        bytes calldata previousSignature,
        bytes calldata signature
    ) external;

    /// @notice Make a nonce useless, and with it whatever was signed over it for this contract. By anyone; the wallet
    /// signs CancelNonce.
    function cancelNonce(PartyId party, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /// @notice Whether the party's present wallet signed the digest: ECDSA (65 bytes, low s) first, then ERC-1271 with
    /// bounded gas. False for a party without a wallet.
    /// @dev Warning: let the digest name party, contract, chain, nonce and deadline: nothing here stops a replay, and a
    /// signature comes back to life when a party returns to an old wallet. Let only a refusal follow from false: it may
    /// also mean too little gas.
    function checkSignature(PartyId party, bytes32 digest, bytes calldata signature) external view returns (bool);

    /// @notice The party's present wallet; zero when it has none.
    function walletOf(PartyId party) external view returns (address);

    /// @notice The party that a wallet stands for; zero when none.
    function partyOf(address wallet) external view returns (PartyId);

    /// @notice Whether a nonce can no longer be used. Nonces are unordered: any 256-bit number serves once.
    function nonceUsed(PartyId party, uint256 nonce) external view returns (bool);
}
