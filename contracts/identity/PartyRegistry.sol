// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyNonces} from "./PartyNonces.sol";
import {SignatureCheck} from "./SignatureCheck.sol";

/// @title Parties and the wallets they sign with
contract PartyRegistry is PartyNonces, EIP712 {
    using SignatureCheck for address;

    bytes32 private constant PARTY = keccak256("Muniment.Party.v1");
    bytes32 private constant BIND_WALLET =
        keccak256("BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)");
    bytes32 private constant ROTATE_WALLET =
        keccak256("RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)");
    bytes32 private constant CANCEL_NONCE = keccak256("CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)");

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    uint64 private immutable IDENTITY_OFFICER;

    /// @inheritdoc IPartyRegistry
    mapping(PartyId party => address wallet) public walletOf;
    /// @inheritdoc IPartyRegistry
    mapping(address wallet => PartyId party) public partyOf;

    constructor(IAgencyRegistry agencies) EIP712("Muniment PartyRegistry", "1") {
        AGENCIES = agencies;
        IDENTITY_OFFICER = agencies.IDENTITY_OFFICER();
    }

    // ── Wallets ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPartyRegistry
    function bind(bytes32 commitment, address wallet, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        returns (PartyId party)
    {
        AgencyId agency = AGENCIES.requireOfficer(msg.sender, IDENTITY_OFFICER);
        if (commitment == bytes32(0)) revert CommitmentMissing();
        party = partyIdOf(agency, commitment);
        if (walletOf[party] != address(0)) revert PartyBoundAlready(party, walletOf[party]);
        _requireFree(wallet);
        _requireInTime(deadline);
        _requireSigned(wallet, keccak256(abi.encode(BIND_WALLET, party, wallet, nonce, deadline)), signature);

        _useNonce(party, nonce);
        walletOf[party] = wallet;
        partyOf[wallet] = party;
        emit PartyBound(party, wallet, agency, msg.sender, nonce);
    }

    /// @inheritdoc IPartyRegistry
    function rotate(
        PartyId party,
        address wallet,
        uint256 nonce,
        uint256 deadline,
        bytes calldata previousSignature,
        bytes calldata signature
    ) external {
        address previous = _requireWallet(party);
        _requireFree(wallet);
        _requireInTime(deadline);
        bytes32 structHash = keccak256(abi.encode(ROTATE_WALLET, party, previous, wallet, nonce, deadline));
        _requireSigned(previous, structHash, previousSignature);
        _requireSigned(wallet, structHash, signature);

        _useNonce(party, nonce);
        partyOf[previous] = PartyId.wrap(0);
        walletOf[party] = wallet;
        partyOf[wallet] = party;
        emit WalletRotated(party, previous, wallet, nonce);
    }

    /// @inheritdoc IPartyRegistry
    function cancelNonce(PartyId party, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        address wallet = _requireWallet(party);
        _requireInTime(deadline);
        _requireSigned(wallet, keccak256(abi.encode(CANCEL_NONCE, party, nonce, deadline)), signature);

        _useNonce(party, nonce);
        emit NonceCancelled(party, nonce);
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPartyRegistry
    function checkSignature(PartyId party, bytes32 digest, bytes calldata signature) external view returns (bool) {
        address wallet = walletOf[party];
        return wallet != address(0) && wallet.isSignedBy(digest, signature);
    }

    /// @inheritdoc IPartyRegistry
    function partyIdOf(AgencyId agency, bytes32 commitment) public pure returns (PartyId) {
        return PartyId.wrap(keccak256(abi.encode(PARTY, agency, commitment)));
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireWallet(PartyId party) private view returns (address wallet) {
        wallet = walletOf[party];
        if (wallet == address(0)) revert PartyUnbound(party);
    }

    function _requireFree(address wallet) private view {
        if (wallet == address(0)) revert WalletMissing();
        PartyId party = partyOf[wallet];
        if (PartyId.unwrap(party) != bytes32(0)) revert WalletTaken(wallet, party);
    }

    function _requireInTime(uint256 deadline) private view {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
    }

    function _requireSigned(address wallet, bytes32 structHash, bytes calldata signature) private view {
        if (!wallet.isSignedBy(_hashTypedDataV4(structHash), signature)) revert SignatureInvalid(wallet);
    }
}
