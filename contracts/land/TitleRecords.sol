// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {ITitleMigration} from "../../interfaces/land/ITitleMigration.sol";
import {
    Entry,
    Grade,
    ITitleRegistry,
    Jurisdiction,
    Register,
    RegisterStatus,
    Share,
    Title,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {Consents} from "./Consents.sol";
import {TitleShares} from "./TitleShares.sol";

/// @title The record of every title, and who keeps it
abstract contract TitleRecords is Consents, ITitleRegistry {
    using TitleShares for Share[];
    using TitleShares for TitleShares.Holding;

    /// Three slots for a title with a sole holder: geometry hash, the packed fields, the holder. A migrated title has no
    /// geometry hash, thus two.
    /// A version without holders is a retired title's.
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
    uint256 public constant MAX_HOLDERS = TitleShares.MAX_HOLDERS;

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    uint64 internal immutable LAND_REGISTRAR;
    uint64 internal immutable COURT;
    /// @inheritdoc ITitleRegistry
    address public immutable LIENS;
    /// @inheritdoc ITitleRegistry
    address public immutable MIGRATION;
    /// @inheritdoc ITitleRegistry
    address public immutable CONVEYANCE;

    mapping(Jurisdiction jurisdiction => Register keeper) private _registers;
    mapping(TitleId title => Record record) private _titles;

    constructor(IAgencyRegistry agencies, address liens, address migration, address conveyance) {
        AGENCIES = agencies;
        LAND_REGISTRAR = agencies.LAND_REGISTRAR();
        COURT = agencies.COURT();
        LIENS = liens;
        MIGRATION = migration;
        CONVEYANCE = conveyance;
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
    function titleIdOf(Jurisdiction jurisdiction, string calldata ref) external pure returns (TitleId) {
        return _titleIdOf(jurisdiction, ref);
    }

    /// @inheritdoc ITitleRegistry
    function titleOf(TitleId title) external view returns (Title memory) {
        Record storage record = _titles[title];
        if (record.version == 0) revert TitleUnknown(title);
        return Title({
            geometryHash: record.geometryHash,
            area: record.area,
            denominator: record.denominator,
            jurisdiction: record.jurisdiction,
            version: record.version,
            grade: record.grade,
            shares: _sharesOf(record)
        });
    }

    /// @inheritdoc ITitleRegistry
    function exists(TitleId title) external view returns (bool) {
        return _titles[title].holderCount != 0;
    }

    /// @inheritdoc ITitleRegistry
    function retired(TitleId title) public view returns (bool) {
        Record storage record = _titles[title];
        return record.version != 0 && record.holderCount == 0;
    }

    /// @inheritdoc ITitleRegistry
    function sharesOf(TitleId title) external view returns (uint64 denominator, Share[] memory shares) {
        Record storage record = _require(title);
        return (record.denominator, _sharesOf(record));
    }

    // ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// Enter a title that was never there before.
    function _enter(Jurisdiction jurisdiction, AgencyId agency, Entry memory entry, bytes memory absence)
        internal
        returns (TitleId title)
    {
        uint256 length = bytes(entry.ref).length;
        if (length == 0 || length > MAX_REFERENCE) revert ReferenceRefused(length);
        title = _titleIdOf(jurisdiction, entry.ref);
        Record storage record = _requireNew(title);
        _requireComplete(title, entry.geometryHash, entry.area, entry.grade);
        entry.shares.check(title, entry.denominator);
        ITitleMigration(MIGRATION).requireAbsent(jurisdiction, title, absence);

        record.geometryHash = entry.geometryHash;
        _write(record, jurisdiction, entry.area, entry.grade, entry.denominator, entry.shares);
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

    /// The first version of a title, but for its geometry.
    function _write(
        Record storage record,
        Jurisdiction jurisdiction,
        uint64 area,
        Grade grade,
        uint64 denominator,
        Share[] memory shares
    ) internal {
        uint8 count = uint8(shares.length);
        record.area = area;
        record.denominator = denominator;
        record.jurisdiction = jurisdiction;
        record.version = 1;
        record.grade = grade;
        record.holderCount = count;
        record.holding.write(shares, denominator);
    }

    /// Let others hold the title, in shares that were checked.
    function _pass(Record storage record, uint64 denominator, Share[] memory shares) internal returns (uint32) {
        record.denominator = denominator;
        record.holderCount = uint8(shares.length);
        record.holding.write(shares, denominator);
        return ++record.version;
    }

    /// Take a title away for good: its id stays used.
    function _retire(Record storage record) internal returns (uint32) {
        record.holderCount = 0;
        return ++record.version;
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The agency of the caller, who must be a registrar of the agency that keeps the register.
    function _requireKeeper(Jurisdiction jurisdiction) internal view returns (AgencyId agency) {
        bytes32 keeper = AgencyId.unwrap(_registers[jurisdiction].agency);
        if (keeper == bytes32(0)) revert RegisterUnknown(jurisdiction);
        agency = AGENCIES.requireOfficer(msg.sender, LAND_REGISTRAR);
        if (AgencyId.unwrap(agency) != keeper) revert NotKeeper(jurisdiction, agency);
    }

    /// Whether this was the second of two registrars who sent the same act about this version.
    function _byTwo(Jurisdiction jurisdiction, uint32 version) internal returns (bool complete) {
        return AGENCIES.dualControl(msg.sender, LAND_REGISTRAR, _requireKeeper(jurisdiction), version, msg.data);
    }

    /// The record of a title that stands.
    function _require(TitleId title) internal view returns (Record storage record) {
        record = _titles[title];
        if (record.holderCount == 0) {
            if (record.version != 0) revert TitleIsRetired(title);
            revert TitleUnknown(title);
        }
    }

    /// The empty record of a title that was never there.
    function _requireNew(TitleId title) internal view returns (Record storage record) {
        record = _titles[title];
        if (record.version != 0) {
            if (record.holderCount == 0) revert TitleIsRetired(title);
            revert TitleExists(title);
        }
    }

    function _requireComplete(TitleId title, bytes32 geometryHash, uint64 area, Grade grade) internal pure {
        if (geometryHash == bytes32(0) || area == 0 || grade == Grade.None) revert EntryIncomplete(title);
    }

    function _requireSource(TitleId title, bytes32 sourceHash) internal pure {
        if (sourceHash == bytes32(0)) revert SourceMissing(title);
    }

    function _keeperOf(Jurisdiction jurisdiction) internal view returns (AgencyId) {
        return _registers[jurisdiction].agency;
    }

    function _jurisdictionOf(TitleId title) internal view returns (Jurisdiction) {
        return _titles[title].jurisdiction;
    }

    function _sharesOf(Record storage record) internal view returns (Share[] memory) {
        return record.holding.list(record.holderCount, record.denominator);
    }

    function _titleIdOf(Jurisdiction jurisdiction, string memory ref) private pure returns (TitleId) {
        return TitleId.wrap(keccak256(abi.encode(TITLE, jurisdiction, keccak256(bytes(ref)))));
    }
}
