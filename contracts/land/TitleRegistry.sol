// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Entry,
    Grade,
    ITitleRegistry,
    Jurisdiction,
    Register,
    RegisterStatus,
    Title,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {TitleShares} from "./TitleShares.sol";

/// @title Land titles: who holds which land, in which shares
contract TitleRegistry is ITitleRegistry {
    using TitleShares for TitleShares.Holding;

    /// Three slots for a title with a sole holder: geometry hash, the packed fields, the holder.
    struct Record {
        bytes32 geometryHash;
        uint64 area;
        uint64 denominator;
        Jurisdiction jurisdiction;
        uint32 version;
        Grade grade;
        uint8 holderCount;
        TitleShares.Holding holding;
    }

    bytes32 private constant TITLE = keccak256("Muniment.Title.v1");
    uint256 private constant MAX_REFERENCE = 100;

    /// @inheritdoc ITitleRegistry
    uint256 public constant MAX_BATCH = 50;
    /// @inheritdoc ITitleRegistry
    uint256 public constant MAX_HOLDERS = TitleShares.MAX_HOLDERS;

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    uint64 private immutable LAND_REGISTRAR;

    mapping(Jurisdiction jurisdiction => Register keeper) private _registers;
    mapping(TitleId title => Record record) private _titles;

    constructor(IAgencyRegistry agencies) {
        AGENCIES = agencies;
        LAND_REGISTRAR = agencies.LAND_REGISTRAR();
    }

    // ── Registers ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function setRegister(Jurisdiction jurisdiction, AgencyId agency, RegisterStatus status) external {
        if (msg.sender != AGENCIES.root()) revert NotRoot(msg.sender);
        if (
            Jurisdiction.unwrap(jurisdiction) == bytes8(0) || status == RegisterStatus.None
                || AGENCIES.agencyOf(agency).status != AgencyStatus.Active
        ) revert RegisterRefused(jurisdiction, agency, status);

        _registers[jurisdiction] = Register({agency: agency, status: status});
        emit RegisterSet(jurisdiction, agency, status);
    }

    /// @inheritdoc ITitleRegistry
    function registerOf(Jurisdiction jurisdiction) external view returns (Register memory) {
        return _registers[jurisdiction];
    }

    // ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function register(Jurisdiction jurisdiction, Entry calldata entry) external returns (TitleId title) {
        return _enter(jurisdiction, _requireKeeper(jurisdiction), entry);
    }

    /// @inheritdoc ITitleRegistry
    function registerBatch(Jurisdiction jurisdiction, Entry[] calldata entries) external {
        AgencyId agency = _requireKeeper(jurisdiction);
        uint256 length = entries.length;
        if (length == 0 || length > MAX_BATCH) revert BatchRefused(length);

        for (uint256 i = 0; i < length; ++i) {
            _enter(jurisdiction, agency, entries[i]);
        }
    }

    /// @inheritdoc ITitleRegistry
    function titleOf(TitleId title) external view returns (Title memory) {
        if (!exists(title)) revert TitleUnknown(title);
        Record storage record = _titles[title];
        return Title({
            geometryHash: record.geometryHash,
            area: record.area,
            denominator: record.denominator,
            jurisdiction: record.jurisdiction,
            version: record.version,
            grade: record.grade,
            shares: record.holding.list(record.holderCount)
        });
    }

    /// @inheritdoc ITitleRegistry
    function exists(TitleId title) public view returns (bool) {
        return _titles[title].version != 0;
    }

    /// @inheritdoc ITitleRegistry
    function titleIdOf(Jurisdiction jurisdiction, string calldata ref) public pure returns (TitleId) {
        return TitleId.wrap(keccak256(abi.encode(TITLE, jurisdiction, keccak256(bytes(ref)))));
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The agency of the caller, who must be a registrar of the agency that keeps the register.
    function _requireKeeper(Jurisdiction jurisdiction) private view returns (AgencyId agency) {
        bytes32 keeper = AgencyId.unwrap(_registers[jurisdiction].agency);
        if (keeper == bytes32(0)) revert RegisterUnknown(jurisdiction);
        agency = AGENCIES.requireOfficer(msg.sender, LAND_REGISTRAR);
        if (AgencyId.unwrap(agency) != keeper) revert NotKeeper(jurisdiction, agency);
    }

    function _enter(Jurisdiction jurisdiction, AgencyId agency, Entry calldata entry) private returns (TitleId title) {
        uint256 length = bytes(entry.ref).length;
        if (length == 0 || length > MAX_REFERENCE) revert ReferenceRefused(length);
        title = titleIdOf(jurisdiction, entry.ref);
        if (exists(title)) revert TitleExists(title);
        if (entry.geometryHash == bytes32(0) || entry.area == 0 || entry.grade == Grade.None) {
            revert EntryIncomplete(title);
        }

        Record storage record = _titles[title];
        record.holding.enter(title, entry.denominator, entry.shares);
        record.geometryHash = entry.geometryHash;
        record.area = entry.area;
        record.denominator = entry.denominator;
        record.jurisdiction = jurisdiction;
        record.version = 1;
        record.grade = entry.grade;
        record.holderCount = uint8(entry.shares.length);
        emit TitleRegistered(
            title,
            jurisdiction,
            agency,
            msg.sender,
            entry.ref,
            entry.geometryHash,
            entry.area,
            entry.grade,
            entry.denominator,
            entry.shares,
            entry.sourceHash,
            entry.legalDate
        );
    }
}
