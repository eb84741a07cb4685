// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {ILienRegistry} from "../../interfaces/land/ILienRegistry.sol";
import {
    Entry,
    ITitleRegistry,
    Jurisdiction,
    Part,
    RestrictionId,
    RestrictionKind,
    Share,
    Source,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {TitleRestrictions} from "./TitleRestrictions.sol";
import {TitleShares} from "./TitleShares.sol";

/// @title Dividing and merging titles, with nothing gained or lost
abstract contract TitleParcels is TitleRestrictions {
    using TitleShares for Share[];

    bytes32 private constant PART = keccak256("Part(string ref,bytes32 geometryHash,uint64 area)");
    bytes32 private constant SUBDIVIDE_TITLE = keccak256(
        "SubdivideTitle(bytes32 title,uint32 version,Part[] parts,bytes32 sourceHash,uint32 legalDate,"
        "bytes32 party,uint256 nonce,uint256 deadline)Part(string ref,bytes32 geometryHash,uint64 area)"
    );
    bytes32 private constant MERGE_TITLES = keccak256(
        "MergeTitles(bytes32[] titles,uint32[] versions,Part whole,bytes32 sourceHash,uint32 legalDate,"
        "bytes32 party,uint256 nonce,uint256 deadline)Part(string ref,bytes32 geometryHash,uint64 area)"
    );
    bytes32 private constant SUBDIVIDE_ACT = keccak256("land.subdivide");
    bytes32 private constant MERGE_ACT = keccak256("land.merge");

    /// @inheritdoc ITitleRegistry
    uint256 public constant MAX_PARTS = 16;

    // ── Dividing ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function subdivide(
        TitleId title,
        Part[] calldata parts,
        Source calldata source,
        Consent[] calldata consents,
        bytes[] calldata absences
    ) external returns (TitleId[] memory ids) {
        Record storage record = _require(title);
        AgencyId agency = _requireKeeper(record.jurisdiction);
        _requireUnfrozen(title);
        _requireUnlocked(title);
        _requireSource(title, source.sourceHash);
        _requireCount(parts.length);
        if (absences.length != 0 && absences.length != parts.length) revert PartsRefused(absences.length);
        Entry memory entry = _entryLike(record, source);
        _requireConsents(
            entry.shares, SUBDIVIDE_ACT, TitleId.unwrap(title), _subdivision(title, record, parts, source), consents
        );

        uint32 version = _retire(record);
        ids = new TitleId[](parts.length);
        RestrictionId[] memory caveats = restrictionsOf(title, RestrictionKind.Caveat);
        uint256 area;
        for (uint256 i = 0; i < parts.length; ++i) {
            area += parts[i].area;
            bytes memory absence;
            if (absences.length != 0) absence = absences[i];
            ids[i] = _enterPart(record.jurisdiction, agency, entry, parts[i], absence);
            _carry(caveats, ids[i]);
        }
        if (area != record.area) revert AreaNotConserved(record.area, area);
        emit TitleSubdivided(title, version, ids);
        ILienRegistry(LIENS).carryToParts(title, ids);
    }

    // ── Merging ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function merge(
        TitleId[] calldata titles,
        Part calldata whole,
        Source calldata source,
        Consent[] calldata consents,
        bytes calldata absence
    ) external returns (TitleId id) {
        _requireCount(titles.length);
        Record storage first = _require(titles[0]);
        AgencyId agency = _requireKeeper(first.jurisdiction);
        _requireSource(titles[0], source.sourceHash);
        Entry memory entry = _entryLike(first, source);
        uint32[] memory versions = _requireAlike(titles, first, entry, whole.area);
        bytes32 together = keccak256(abi.encodePacked(titles));
        bytes memory head = abi.encode(
            MERGE_TITLES,
            together,
            keccak256(abi.encodePacked(versions)),
            _hashOf(whole),
            source.sourceHash,
            source.legalDate
        );
        _requireConsents(entry.shares, MERGE_ACT, together, head, consents);

        for (uint256 i = 0; i < titles.length; ++i) {
            _retire(_require(titles[i]));
        }
        id = _enterPart(first.jurisdiction, agency, entry, whole, absence);
        emit TitlesMerged(id, titles);
        ILienRegistry(LIENS).carryToWhole(titles, id);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _enterPart(
        Jurisdiction jurisdiction,
        AgencyId agency,
        Entry memory entry,
        Part calldata part,
        bytes memory absence
    ) private returns (TitleId) {
        entry.ref = part.ref;
        entry.geometryHash = part.geometryHash;
        entry.area = part.area;
        return _enter(jurisdiction, agency, entry, absence);
    }

    /// Go through the titles to merge, and leave the lowest of their grades in the entry.
    function _requireAlike(TitleId[] calldata titles, Record storage first, Entry memory entry, uint64 areaOfWhole)
        private
        view
        returns (uint32[] memory versions)
    {
        versions = new uint32[](titles.length);
        uint256 area;
        for (uint256 i = 0; i < titles.length; ++i) {
            if (i > 0 && TitleId.unwrap(titles[i]) <= TitleId.unwrap(titles[i - 1])) revert TitleOrder(titles[i]);
            Record storage record = _require(titles[i]);
            _requireFree(titles[i]);
            if (
                Jurisdiction.unwrap(record.jurisdiction) != Jurisdiction.unwrap(first.jurisdiction)
                    || !_sharesOf(record).same(record.denominator, entry.shares, entry.denominator)
            ) revert TitlesDiffer(titles[0], titles[i]);
            if (record.grade < entry.grade) entry.grade = record.grade;
            area += record.area;
            versions[i] = record.version;
        }
        if (area != areaOfWhole) revert AreaNotConserved(area, areaOfWhole);
    }

    function _requireCount(uint256 count) private pure {
        if (count < 2 || count > MAX_PARTS) revert PartsRefused(count);
    }

    /// An entry with the grade and shares of a title, and nothing of its land.
    function _entryLike(Record storage record, Source calldata source) private view returns (Entry memory entry) {
        entry.grade = record.grade;
        entry.denominator = record.denominator;
        entry.shares = _sharesOf(record);
        entry.sourceHash = source.sourceHash;
        entry.legalDate = source.legalDate;
    }

    function _subdivision(TitleId title, Record storage record, Part[] calldata parts, Source calldata source)
        private
        view
        returns (bytes memory)
    {
        bytes32[] memory hashes = new bytes32[](parts.length);
        for (uint256 i = 0; i < parts.length; ++i) {
            hashes[i] = _hashOf(parts[i]);
        }
        return abi.encode(
            SUBDIVIDE_TITLE,
            title,
            record.version,
            keccak256(abi.encodePacked(hashes)),
            source.sourceHash,
            source.legalDate
        );
    }

    function _hashOf(Part calldata part) private pure returns (bytes32) {
        return keccak256(abi.encode(PART, keccak256(bytes(part.ref)), part.geometryHash, part.area));
    }
}
