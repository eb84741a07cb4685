// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyRecords} from "./PartyRecords.sol";

/// @title How a party comes by its wallet, and moves to another of its own
abstract contract PartyWallets is PartyRecords {
    bytes32 private constant BIND_WALLET =
        keccak256("BindWallet(bytes32 party,address wallet,uint256 nonce,uint256 deadline)");
    bytes32 private constant ROTATE_WALLET =
        keccak256("RotateWallet(bytes32 party,address from,address to,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IPartyRegistry
    function bind(bytes32 commitment, address wallet, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        returns (PartyId party)
    {
        AgencyId agency = _requireOfficer();
        if (commitment == bytes32(0)) revert CommitmentMissing();
        party = partyIdOf(agency, commitment);
        _requireUnbound(party);
        _requireFree(wallet);
        _requireInTime(deadline);
        _requireSignedBy(wallet, keccak256(abi.encode(BIND_WALLET, party, wallet, nonce, deadline)), signature);

        _useNonce(party, nonce);
        _parties[party].wallet = wallet;
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
        _requireSignedBy(previous, structHash, previousSignature);
        _requireSignedBy(wallet, structHash, signature);

        _useNonce(party, nonce);
        _move(party, previous, wallet);
        emit WalletRotated(party, previous, wallet, nonce);
    }
}
