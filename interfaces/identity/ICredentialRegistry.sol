// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {PartyId} from "./IPartyNonces.sol";

/// What a credential says. Known everywhere: a name in left-aligned ASCII, e.g. "E_RESIDENT". Defined by an agency:
/// keccak256(abi.encode(keccak256("Muniment.CredentialKind.v1"), agency, keccak256(bytes(name)))).
type CredentialKind is bytes32;

/// How a credential stands at one moment, judged with what is known now, in order of judgement.
/// Suspect: the key that issued it was in wrong hands at issue.
enum CredentialStanding {
    None,
    Suspect,
    Revoked,
    NotYet,
    Expired,
    Current
}

/// A party's one credential of a kind; all zero when there is none. Times are Unix seconds; it holds while
/// from <= t < until.
/// @param keyId the officer's key that issued it (Officer.id)
/// @param reason of revocation (RFC 5280, section 5.3.1); 0 also while it stands
struct Credential {
    AgencyId agency;
    uint32 keyId;
    uint40 issuedAt;
    uint40 from;
    uint40 until;
    bool revoked;
    uint8 reason;
}

/// @title Credentials of parties: e-residents, estate agents, banks, notaries, surveyors and what agencies define
/// @notice Typed, expiring, bound to the party for ever, and revocable with a reason by the agency, not only by the key
/// that issued.
/// @dev Locked as ERC-5192 has it, and ERC-165 says so: the token id is uint256(credentialIdOf(party, kind)). This is no
/// ERC-721, though ERC-5192 builds on it: the holder is a party and not an address, nothing can be transferred, and there
/// is no ownerOf to ask. Errors of IAgencyRegistry tell who was refused and why.
interface ICredentialRegistry {
    /// @param agency zero for the kinds known everywhere
    /// @param scope the power that issues it
    event KindDefined(CredentialKind indexed kind, AgencyId indexed agency, string name, uint64 scope);
    /// @param sourceHash salted hash of the decision that it rests on
    event CredentialIssued(
        PartyId indexed party,
        CredentialKind indexed kind,
        AgencyId indexed agency,
        uint32 keyId,
        uint40 from,
        uint40 until,
        bytes32 sourceHash
    );
    event CredentialRevoked(
        PartyId indexed party, CredentialKind indexed kind, AgencyId indexed agency, uint8 reason, address by
    );
    /// @notice As ERC-5192 has it: emitted at issue, for good.
    event Locked(uint256 tokenId);

    /// @notice Thrown when the party is zero.
    error PartyMissing();
    /// @notice Thrown when nobody defined the kind.
    error KindUnknown(CredentialKind kind);
    /// @notice Thrown when the agency has defined the kind before.
    error KindExists(CredentialKind kind);
    /// @notice Thrown when a kind's name is empty or longer than 64 bytes, or it names no power, several, or one that the
    /// agency lacks.
    error KindRefused(AgencyId agency, uint64 scope);
    /// @notice Thrown when another agency defined the kind.
    error KindOfOtherAgency(CredentialKind kind, AgencyId agency);
    /// @notice Thrown when the caller is not the agency's admin.
    error NotAdmin(AgencyId agency, address caller);
    /// @notice Thrown when the period is empty or over already.
    error CredentialPeriodRefused(uint40 from, uint40 until);
    /// @notice Thrown when another agency's credential of the kind still holds or is still to begin.
    error CredentialHeld(PartyId party, CredentialKind kind, AgencyId agency);
    /// @notice Thrown when the reason is none of RFC 5280, section 5.3.1, or is 6 or 8: there is no hold.
    error ReasonRefused(uint256 reason);

    /// @notice Thrown when the party has no such credential.
    error CredentialMissing(PartyId party, CredentialKind kind);
    /// @notice Thrown when the key that issued the credential was in wrong hands.
    error CredentialSuspect(PartyId party, CredentialKind kind);
    /// @notice Thrown when the agency has revoked the credential.
    error CredentialWithdrawn(PartyId party, CredentialKind kind, uint8 reason);
    /// @notice Thrown when the credential is yet to begin.
    error CredentialNotYet(PartyId party, CredentialKind kind, uint40 from);
    /// @notice Thrown when the credential has run out.
    error CredentialExpired(PartyId party, CredentialKind kind, uint40 until);

    /// @notice A person whom the state gave a digital identity from abroad; by RESIDENCY_OFFICER.
    function E_RESIDENT() external view returns (CredentialKind);
    /// @notice A licensed estate agent; by LICENSING.
    function ESTATE_AGENT() external view returns (CredentialKind);
    /// @notice A licensed bank; by LICENSING.
    function BANK() external view returns (CredentialKind);
    /// @notice A licensed notary; by LICENSING.
    function NOTARY() external view returns (CredentialKind);
    /// @notice A licensed surveyor; by LICENSING.
    function SURVEYOR() external view returns (CredentialKind);

    /// @notice The kind that an agency defines under a name, defined or not.
    function kindIdOf(AgencyId agency, string calldata name) external pure returns (CredentialKind);

    /// @notice Define a kind of the agency's own. By the agency's admin.
    /// @param scope the one power of its officers that issues it
    function defineKind(AgencyId agency, string calldata name, uint64 scope) external returns (CredentialKind kind);

    /// @notice The power that issues a kind, 0 when it is unknown, and the one agency that may; zero for any.
    function kindOf(CredentialKind kind) external view returns (uint64 scope, AgencyId agency);

    /// @notice Give a party a credential. By an officer of the agency with the kind's power. It replaces one that the
    /// same agency issued, and one that no longer holds.
    /// @param from 0 for now; a moment gone by, for a licence that the agency gave before
    /// @param sourceHash salted hash of the decision that it rests on
    function issue(AgencyId agency, PartyId party, CredentialKind kind, uint40 from, uint40 until, bytes32 sourceHash)
        external;

    /// @notice End a credential for a reason. By any officer of the agency that issued it with the kind's power; of a
    /// closed agency, by those of the agency above.
    function revoke(PartyId party, CredentialKind kind, uint256 reason) external;

    /// @notice A party's credential of a kind.
    function credentialOf(PartyId party, CredentialKind kind) external view returns (Credential memory);

    /// @notice How it stood at a moment, Unix seconds, judged with what is known now.
    function standingAt(PartyId party, CredentialKind kind, uint256 time) external view returns (CredentialStanding);

    /// @notice Revert with the reason unless the credential holds now.
    function requireCredential(PartyId party, CredentialKind kind) external view;

    /// @notice keccak256(abi.encode(keccak256("Muniment.Credential.v1"), party, kind))
    function credentialIdOf(PartyId party, CredentialKind kind) external pure returns (bytes32);

    /// @notice As ERC-5192 has it: true. Reverts with TokenUnknown when no credential has this id.
    function locked(uint256 tokenId) external view returns (bool);

    /// @notice Thrown when no credential has this id.
    error TokenUnknown(uint256 tokenId);
}
