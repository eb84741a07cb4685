// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IPartyRegistry, PartyId, PowerId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent, IConsents} from "../../interfaces/land/IConsents.sol";
import {Share} from "../../interfaces/land/ITitleRegistry.sol";
import {PartyNonces} from "../identity/PartyNonces.sol";

/// @title What parties sign in a land registry
abstract contract Consents is PartyNonces, EIP712, IConsents {
    /// @notice Who signs for a party.
    IPartyRegistry public immutable PARTIES;

    constructor(IPartyRegistry parties) {
        PARTIES = parties;
    }

    /// Judge one party's consent and use its nonce.
    /// @param act keccak256 of the act's name, for a power of attorney
    /// @param head the typed data but for party, nonce and deadline, which come last in all of them
    function _requireConsent(PartyId party, bytes32 act, bytes32 subject, bytes memory head, Consent calldata consent)
        internal
    {
        _requireInTime(consent.deadline);
        PartyId signer = party;
        if (PowerId.unwrap(consent.power) != bytes32(0)) {
            signer = consent.attorney;
            PARTIES.requirePower(consent.power, party, signer, act, subject, 0, bytes32(0));
        }
        bytes32 structHash = keccak256(bytes.concat(head, abi.encode(party, consent.nonce, consent.deadline)));
        _requireSigned(signer, structHash, consent.signature);
        _useNonce(signer, consent.nonce);
    }

    /// The same for every holder of a title, in their order.
    function _requireConsents(
        Share[] memory shares,
        bytes32 act,
        bytes32 subject,
        bytes memory head,
        Consent[] calldata consents
    ) internal {
        if (consents.length != shares.length) revert ConsentsRefused(consents.length, shares.length);
        for (uint256 i = 0; i < shares.length; ++i) {
            _requireConsent(shares[i].holder, act, subject, head, consents[i]);
        }
    }

    /// @inheritdoc PartyNonces
    function _requireSigned(PartyId party, bytes32 structHash, bytes calldata signature) internal view override {
        PARTIES.requireSignature(party, _hashTypedDataV4(structHash), signature);
    }
}
