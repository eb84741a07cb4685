// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyRecords} from "./PartyRecords.sol";

/// @title Officers who stand in for a party without a wallet
abstract contract Attestations is PartyRecords {
    /// @param times how often the digest was attested, so that an approval from before a withdrawal is stale
    struct Attestation {
        bool stands;
        uint32 times;
    }

    mapping(PartyId party => mapping(bytes32 digest => Attestation attestation)) private _attestations;

    /// @inheritdoc IPartyRegistry
    function attest(AgencyId agency, bytes32 commitment, bytes32 digest, bytes32 evidence)
        external
        returns (bool complete)
    {
        PartyId party = _requireKeeper(agency, commitment);
        _requireUnbound(party);
        _requireEvidence(party, evidence);
        Attestation storage attestation = _attestations[party][digest];
        if (attestation.stands) revert AttestedAlready(party, digest);
        if (!_confirmed(attestation.times)) return false;

        attestation.stands = true;
        ++attestation.times;
        emit Attested(party, digest, agency, evidence);
        return true;
    }

    /// @inheritdoc IPartyRegistry
    function withdrawAttestation(AgencyId agency, bytes32 commitment, bytes32 digest) external {
        PartyId party = _requireKeeper(agency, commitment);
        Attestation storage attestation = _attestations[party][digest];
        if (!attestation.stands) revert NotAttested(party, digest);

        attestation.stands = false;
        emit AttestationWithdrawn(party, digest, msg.sender);
    }

    /// @inheritdoc IPartyRegistry
    function attested(PartyId party, bytes32 digest) public view returns (bool) {
        Party storage record = _parties[party];
        return record.wallet == address(0) && !record.organisation && _attestations[party][digest].stands;
    }
}
