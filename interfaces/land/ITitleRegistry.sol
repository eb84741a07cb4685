// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {PartyId} from "../identity/IPartyRegistry.sol";

/// keccak256(abi.encode(keccak256("Muniment.Title.v1"), jurisdiction, keccak256(bytes(reference))))
/// The same in every register and its successors: it names the land, not the contract.
type TitleId is bytes32;
/// ISO 3166 code in ASCII, left-aligned: "GB", "SE", "GB-SCT".
type Jurisdiction is bytes8;

/// None: there is no such title.
enum Grade {
    None,
    Provisional,
    Qualified,
    Absolute
}

/// Mirror: the agency's own register has legal effect and this one shows it. Authoritative: this one has.
enum RegisterStatus {
    None,
    Mirror,
    Authoritative
}

/// One holder's part of a title: numerator / the title's denominator.
struct Share {
    PartyId holder;
    uint64 numerator;
}

/// What a registrar enters.
/// @param ref cadastral reference, 1 to 100 bytes of UTF-8, e.g. an INSPIRE id or "Gävle Torp 1:1"
/// @param geometryHash keccak256 of the canonical geometry (RFC 8785 bytes), which is published off-chain
/// @param area registered area in square decimetres, above 0
/// @param denominator of all shares; 1 for a single holder
/// @param shares 1 to 32 holders in strictly ascending order of id; numerators above 0 that sum to the denominator
/// @param sourceHash hash of the document that the entry rests on
/// @param legalDate date of legal effect as the number YYYYMMDD (ISO 8601 basic format); 0 when not recorded
struct Entry {
    string ref;
    bytes32 geometryHash;
    uint64 area;
    Grade grade;
    uint64 denominator;
    Share[] shares;
    bytes32 sourceHash;
    uint32 legalDate;
}

/// A title as it stands (LA_BAUnit of ISO 19152 with its rights).
/// @param version counts changes from 1, so that an approval can name the state it was given for
struct Title {
    bytes32 geometryHash;
    uint64 area;
    uint64 denominator;
    Jurisdiction jurisdiction;
    uint32 version;
    Grade grade;
    Share[] shares;
}

/// @param agency whose registrars make entries for the jurisdiction
struct Register {
    AgencyId agency;
    RegisterStatus status;
}

/// @title Land titles: who holds which land, in which shares
/// @notice Entries are made by registrars of the agency that keeps the jurisdiction's register.
interface ITitleRegistry {
    event RegisterSet(Jurisdiction indexed jurisdiction, AgencyId indexed agency, RegisterStatus status);
    event TitleRegistered(
        TitleId indexed title,
        Jurisdiction indexed jurisdiction,
        AgencyId indexed agency,
        address officer,
        string ref,
        bytes32 geometryHash,
        uint64 area,
        Grade grade,
        uint64 denominator,
        Share[] shares,
        bytes32 sourceHash,
        uint32 legalDate
    );

    /// @notice Thrown when the caller is not the root of the agency registry.
    error NotRoot(address caller);
    /// @notice Thrown when a register is set without a jurisdiction, an active agency or a status.
    error RegisterRefused(Jurisdiction jurisdiction, AgencyId agency, RegisterStatus status);
    /// @notice Thrown when the jurisdiction has no register.
    error RegisterUnknown(Jurisdiction jurisdiction);
    /// @notice Thrown when the officer's agency does not keep the jurisdiction's register.
    error NotKeeper(Jurisdiction jurisdiction, AgencyId agency);
    /// @notice Thrown when a batch is empty or longer than MAX_BATCH.
    error BatchRefused(uint256 length);
    /// @notice Thrown when the reference is empty or longer than 100 bytes.
    error ReferenceRefused(uint256 length);
    /// @notice Thrown when the title exists.
    error TitleExists(TitleId title);
    /// @notice Thrown when the title does not exist.
    error TitleUnknown(TitleId title);
    /// @notice Thrown when geometry hash, area or grade is missing.
    error EntryIncomplete(TitleId title);
    /// @notice Thrown when there are no holders or more than MAX_HOLDERS.
    error HoldersRefused(TitleId title, uint256 count);
    /// @notice Thrown when holders are not strictly ascending: a duplicate, zero, or out of order.
    error HolderOrder(TitleId title, PartyId holder);
    /// @notice Thrown when a share is zero.
    error ShareMissing(TitleId title, PartyId holder);
    /// @notice Thrown when shares do not sum to one, or a sole holder's is not written 1/1.
    error SharesNotWhole(TitleId title, uint256 sum, uint64 denominator);

    /// @notice The most titles that one transaction registers.
    function MAX_BATCH() external view returns (uint256);
    /// @notice The most holders that one title has.
    function MAX_HOLDERS() external view returns (uint256);

    /// @notice Give the keeping of a jurisdiction's register to an agency, or change its legal status. By the root of
    /// the agency registry.
    function setRegister(Jurisdiction jurisdiction, AgencyId agency, RegisterStatus status) external;

    /// @notice Who keeps a jurisdiction's register, and with which legal status; all zero when nobody does.
    function registerOf(Jurisdiction jurisdiction) external view returns (Register memory);

    /// @notice The title's id from its jurisdiction and cadastral reference, registered or not.
    /// @dev Warning: bytes are compared as they are: bring references to one form (Unicode NFC, no outer spaces) first.
    function titleIdOf(Jurisdiction jurisdiction, string calldata ref) external pure returns (TitleId);

    /// @notice Enter one title. By a land registrar of the agency that keeps the register.
    function register(Jurisdiction jurisdiction, Entry calldata entry) external returns (TitleId title);

    /// @notice Enter several titles, all or none. By a land registrar of the agency that keeps the register.
    /// @dev Warning: a full batch of titles with many holders exceeds what one transaction may burn (EIP-7825).
    function registerBatch(Jurisdiction jurisdiction, Entry[] calldata entries) external;

    /// @notice A title as it stands. Reverts with TitleUnknown when there is none.
    function titleOf(TitleId title) external view returns (Title memory);

    /// @notice Whether a title stands under this id.
    function exists(TitleId title) external view returns (bool);
}
