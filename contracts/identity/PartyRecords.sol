// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId, Recovery} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyNonces} from "./PartyNonces.sol";
import {SignatureCheck} from "./SignatureCheck.sol";

/// @title What is kept of every party, and the rules that all acts on parties share
abstract contract PartyRecords is IPartyRegistry, PartyNonces, EIP712 {
    using SignatureCheck for address;

    /// One slot, so that a signature is judged by one read.
    /// @param attempts recoveries begun so far
    /// @param recoveries of these, completed
    /// @param vetoed whether the present wallet vetoed one since the last completed: the next needs a court
    /// @param pending whether a recovery is under way
    /// @param organisation has representatives, or had: never a wallet
    struct Party {
        address wallet;
        uint32 attempts;
        uint32 recoveries;
        bool vetoed;
        bool pending;
        bool organisation;
    }

    bytes32 private constant PARTY = keccak256("Muniment.Party.v1");

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    uint64 private immutable IDENTITY_OFFICER;
    uint64 private immutable COURT;

    mapping(PartyId party => Party record) internal _parties;
    mapping(PartyId party => Recovery recovery) internal _recoveries;
    /// @inheritdoc IPartyRegistry
    mapping(address wallet => PartyId party) public partyOf;

    constructor(IAgencyRegistry agencies) EIP712("Muniment PartyRegistry", "1") {
        AGENCIES = agencies;
        IDENTITY_OFFICER = agencies.IDENTITY_OFFICER();
        COURT = agencies.COURT();
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IPartyRegistry
    function partyIdOf(AgencyId agency, bytes32 commitment) public pure returns (PartyId) {
        return PartyId.wrap(keccak256(abi.encode(PARTY, agency, commitment)));
    }

    /// @inheritdoc IPartyRegistry
    function walletOf(PartyId party) external view returns (address) {
        return _parties[party].wallet;
    }

    // ── Officers ────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireOfficer() internal view returns (AgencyId agency) {
        return AGENCIES.requireOfficer(msg.sender, IDENTITY_OFFICER);
    }

    /// A court's officer, whose key could not also be one of the two who recover.
    function _requireCourt() internal view returns (AgencyId agency) {
        agency = AGENCIES.requireOfficer(msg.sender, COURT);
        if (AGENCIES.officerOf(msg.sender).scopes & IDENTITY_OFFICER != 0) revert CourtNotApart(msg.sender);
    }

    /// The party of an agency's record. The caller is an officer of the agency, or of the one above it once closed.
    function _requireKeeper(AgencyId agency, bytes32 commitment) internal view returns (PartyId) {
        AGENCIES.requireKeeperOf(msg.sender, IDENTITY_OFFICER, agency);
        if (commitment == bytes32(0)) revert CommitmentMissing();
        return partyIdOf(agency, commitment);
    }

    /// Whether the caller is the second officer of one agency to send this act.
    /// @param version of the thing acted upon
    function _confirmed(uint256 version) internal returns (bool) {
        AgencyId keeper = AGENCIES.officerOf(msg.sender).agency;
        return AGENCIES.dualControl(msg.sender, IDENTITY_OFFICER, keeper, version, msg.data);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The wallet of a party that may use it now.
    function _requireWallet(PartyId party) internal view returns (address wallet) {
        _requirePerson(party);
        wallet = _parties[party].wallet;
        if (wallet == address(0)) revert PartyUnbound(party);
        _requireSettled(party);
    }

    /// A person without a wallet.
    function _requireUnbound(PartyId party) internal view {
        _requirePerson(party);
        address wallet = _parties[party].wallet;
        if (wallet != address(0)) revert PartyBoundAlready(party, wallet);
    }

    function _requirePerson(PartyId party) private view {
        if (_parties[party].organisation) revert PartyIsOrganisation(party);
    }

    function _requireSettled(PartyId party) internal view {
        if (_parties[party].pending) revert RecoveryPending(party, _recoveries[party].readyAt);
    }

    function _requireFree(address wallet) internal view {
        if (wallet == address(0)) revert WalletMissing();
        PartyId party = partyOf[wallet];
        if (PartyId.unwrap(party) != bytes32(0)) revert WalletTaken(wallet, party);
    }

    function _requireEvidence(PartyId party, bytes32 evidence) internal pure {
        if (evidence == bytes32(0)) revert EvidenceMissing(party);
    }

    function _requireSignedBy(address wallet, bytes32 structHash, bytes calldata signature) internal view {
        wallet.requireSignedBy(_hashTypedDataV4(structHash), signature);
    }

    /// Move a party to a wallet that is free.
    function _move(PartyId party, address previous, address wallet) internal {
        partyOf[previous] = PartyId.wrap(0);
        _parties[party].wallet = wallet;
        partyOf[wallet] = party;
    }
}
