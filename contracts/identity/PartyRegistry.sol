// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    IPartyRegistry,
    PartyId,
    Representation,
    RepresentativeSignature
} from "../../interfaces/identity/IPartyRegistry.sol";
import {Attestations} from "./Attestations.sol";
import {PartyRecords} from "./PartyRecords.sol";
import {PartyWallets} from "./PartyWallets.sol";
import {PowersOfAttorney} from "./PowersOfAttorney.sol";
import {SignatureCheck} from "./SignatureCheck.sol";
import {WalletRecovery} from "./WalletRecovery.sol";

/// @title Parties, and who signs for them
contract PartyRegistry is PartyWallets, WalletRecovery, Attestations, PowersOfAttorney {
    using SignatureCheck for address;

    constructor(IAgencyRegistry agencies) PartyRecords(agencies) {}

    // ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPartyRegistry
    function checkSignature(PartyId party, bytes32 digest, bytes calldata signature) external view returns (bool) {
        if (!_parties[party].organisation) return _signedByPerson(party, digest, signature);
        return _signedByOrganisation(party, digest, signature);
    }

    /// @inheritdoc IPartyRegistry
    function requireSignature(PartyId party, bytes32 digest, bytes calldata signature) public view {
        _requireSettled(party);
        address wallet = _parties[party].wallet;
        if (wallet != address(0)) return wallet.requireSignedBy(digest, signature);
        bool signed = _parties[party].organisation
            ? _signedByOrganisation(party, digest, signature)
            : _signedByPerson(party, digest, signature);
        if (!signed) revert SignatureInvalid(address(0));
    }

    /// @notice Whether as many representatives signed as the organisation's rule asks for; reverts on a signature that
    /// is no encoded RepresentativeSignature[].
    /// @dev Called by this contract itself, because only a call catches what the decoder reverts with.
    function signedByRepresentatives(PartyId party, bytes32 digest, bytes calldata signature)
        external
        view
        returns (bool)
    {
        RepresentativeSignature[] memory parts = abi.decode(signature, (RepresentativeSignature[]));
        Representation memory rule = _representations[party];
        uint256 place;
        uint256 signed;
        for (uint256 i = 0; i < parts.length; ++i) {
            place = _placeOf(parts[i].representative, rule.representatives, place);
            if (place == rule.representatives.length) return false;
            ++place;
            if (_signedByPerson(parts[i].representative, digest, parts[i].signature)) ++signed;
        }
        return rule.threshold != 0 && signed >= rule.threshold;
    }

    /// Where a representative stands, not before `start`: as both lists ascend, nobody is counted twice.
    function _placeOf(PartyId representative, PartyId[] memory representatives, uint256 start)
        private
        pure
        returns (uint256 place)
    {
        place = start;
        while (
            place < representatives.length && PartyId.unwrap(representatives[place]) != PartyId.unwrap(representative)
        ) ++place;
    }

    function _signedByOrganisation(PartyId party, bytes32 digest, bytes calldata signature)
        private
        view
        returns (bool)
    {
        try this.signedByRepresentatives(party, digest, signature) returns (bool signed) {
            return signed;
        } catch {
            return false;
        }
    }

    /// By the wallet; by officers for a person without one. By nobody for one whose wallet is being recovered, nor for
    /// an organisation, even where it was a person when it became a representative.
    function _signedByPerson(PartyId party, bytes32 digest, bytes memory signature) private view returns (bool) {
        Party storage record = _parties[party];
        if (record.pending) return false;
        address wallet = record.wallet;
        if (wallet == address(0)) return signature.length == 0 && attested(party, digest);
        return wallet.isSignedBy(digest, signature);
    }

    function _requireSigned(PartyId party, bytes32 structHash, bytes calldata signature) internal view override {
        requireSignature(party, _hashTypedDataV4(structHash), signature);
    }
}
