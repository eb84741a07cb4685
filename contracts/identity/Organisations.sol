// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId, Representation} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyRecords} from "./PartyRecords.sol";

/// @title Who signs for an organisation
/// @notice An organisation is known to an agency, or kept by a registry contract under that contract's own address.
/// Representatives are persons, so that judging a signature never goes deeper than one step.
abstract contract Organisations is PartyRecords {
    bytes32 private constant ORGANISATION = keccak256("Muniment.Organisation.v1");

    /// @inheritdoc IPartyRegistry
    uint256 public constant MAX_REPRESENTATIVES = 16;

    mapping(PartyId party => Representation representation) internal _representations;

    // ── Known to an agency ──────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPartyRegistry
    function setRepresentation(
        AgencyId agency,
        bytes32 commitment,
        uint8 threshold,
        PartyId[] calldata representatives,
        bytes32 evidence
    ) external returns (bool complete) {
        PartyId party = _requireKeeper(agency, commitment);
        if (!_parties[party].organisation) _requireUnbound(party);
        _requireEvidence(party, evidence);
        _requireSound(party, threshold, representatives);
        if (!_confirmed(_representations[party].version)) return false;

        _set(party, threshold, representatives, evidence);
        return true;
    }

    /// @inheritdoc IPartyRegistry
    function endRepresentation(AgencyId agency, bytes32 commitment, bytes32 evidence) external returns (bool complete) {
        PartyId party = _requireKeeper(agency, commitment);
        _requireOrganisation(party);
        _requireEvidence(party, evidence);
        if (!_confirmed(_representations[party].version)) return false;

        _end(party, evidence);
        return true;
    }

    // ── Kept by a registry ──────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPartyRegistry
    function organisationIdOf(address registry, bytes32 subject) public pure returns (PartyId) {
        return PartyId.wrap(keccak256(abi.encode(ORGANISATION, registry, subject)));
    }

    /// @inheritdoc IPartyRegistry
    function setOrganisation(bytes32 subject, uint8 threshold, PartyId[] calldata representatives)
        external
        returns (PartyId party)
    {
        party = organisationIdOf(msg.sender, subject);
        _requireSound(party, threshold, representatives);

        _set(party, threshold, representatives, bytes32(0));
    }

    /// @inheritdoc IPartyRegistry
    function endOrganisation(bytes32 subject) external {
        PartyId party = organisationIdOf(msg.sender, subject);
        _requireOrganisation(party);

        _end(party, bytes32(0));
    }

    /// @inheritdoc IPartyRegistry
    function representationOf(PartyId party) external view returns (Representation memory) {
        return _representations[party];
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// One to sixteen different persons, and a threshold that they can reach.
    function _requireSound(PartyId party, uint8 threshold, PartyId[] calldata representatives) private view {
        uint256 size = representatives.length;
        if (size == 0) revert RepresentativesMissing(party);
        if (size > MAX_REPRESENTATIVES || threshold == 0 || threshold > size) {
            revert RepresentationRefused(party, threshold, size);
        }
        bytes32 previous;
        for (uint256 i = 0; i < size; ++i) {
            PartyId representative = representatives[i];
            bytes32 id = PartyId.unwrap(representative);
            if (id <= previous) revert RepresentativeOrder(party, representative);
            if (id == PartyId.unwrap(party) || _parties[representative].organisation) {
                revert RepresentativeNotPerson(party, representative);
            }
            previous = id;
        }
    }

    function _requireOrganisation(PartyId party) private view {
        if (_representations[party].threshold == 0) revert OrganisationMissing(party);
    }

    /// Whether it was an organisation and has ended.
    function _ended(PartyId party) internal view returns (bool) {
        return _parties[party].organisation && _representations[party].threshold == 0;
    }

    function _set(PartyId party, uint8 threshold, PartyId[] calldata representatives, bytes32 evidence) private {
        Representation storage representation = _representations[party];
        _parties[party].organisation = true;
        uint32 version = ++representation.version;
        representation.threshold = threshold;
        representation.representatives = representatives;
        emit RepresentationSet(party, version, threshold, representatives, msg.sender, evidence);
    }

    /// The version stays, and counts on should the organisation be brought back.
    function _end(PartyId party, bytes32 evidence) private {
        Representation storage representation = _representations[party];
        uint32 version = ++representation.version;
        representation.threshold = 0;
        delete representation.representatives;
        emit RepresentationEnded(party, version, msg.sender, evidence);
    }
}
