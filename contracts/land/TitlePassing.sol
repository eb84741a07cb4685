// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {
    Correction,
    Grade,
    GradeProposal,
    ITitleRegistry,
    SaleId,
    Share,
    Source,
    TitleId,
    Transmission
} from "../../interfaces/land/ITitleRegistry.sol";
import {TitleRestrictions} from "./TitleRestrictions.sol";
import {TitleShares} from "./TitleShares.sol";

/// @title How a title passes, and how it is put right
abstract contract TitlePassing is TitleRestrictions {
    using TitleShares for Share[];

    /// @inheritdoc ITitleRegistry
    uint40 public constant GRADE_WINDOW = 30 days;

    mapping(TitleId title => GradeProposal proposal) internal _grades;

    // ── Passing ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function convey(
        TitleId title,
        SaleId sale,
        uint32 version,
        PartyId[] calldata sellers,
        uint64 denominator,
        Share[] calldata shares,
        Source calldata source
    ) external {
        _requireConveyance();
        Record storage record = _require(title);
        if (record.version != version) revert VersionStale(title, version, record.version);
        _requireUnfrozen(title);
        _requireNoCaveat(title);
        _requireSource(title, source.sourceHash);
        Share[] memory afterwards = shares;
        afterwards.check(title, denominator);
        _sharesOf(record).requireKept(record.denominator, afterwards, denominator, sellers, title);

        _useNotice(title, sale);
        uint32 present = _pass(record, denominator, afterwards);
        emit TitleConveyed(title, sale, present, denominator, afterwards, source.sourceHash, source.legalDate);
    }

    /// @inheritdoc ITitleRegistry
    function transmit(
        TitleId title,
        Transmission kind,
        uint64 denominator,
        Share[] calldata shares,
        Source calldata source
    ) external returns (bool complete) {
        Record storage record = _require(title);
        if (kind == Transmission.None) revert TransmissionRefused(title);
        if (kind == Transmission.Court) _requireUnfrozen(title);
        else _requireFree(title);
        _requireSource(title, source.sourceHash);
        Share[] memory afterwards = shares;
        afterwards.check(title, denominator);
        complete = _byTwo(record.jurisdiction, record.version);

        if (complete) {
            uint32 version = _pass(record, denominator, afterwards);
            emit TitleTransmitted(
                title, kind, msg.sender, version, denominator, afterwards, source.sourceHash, source.legalDate
            );
        }
    }

    /// @inheritdoc ITitleRegistry
    function rectify(TitleId title, Correction calldata correction, Source calldata source)
        external
        returns (bool complete)
    {
        Record storage record = _require(title);
        _requireUnfrozen(title);
        _requireSource(title, source.sourceHash);
        _requireComplete(title, correction.geometryHash, correction.area, correction.grade);
        Share[] memory afterwards = correction.shares;
        afterwards.check(title, correction.denominator);
        complete = _byTwo(record.jurisdiction, record.version);

        if (complete) {
            record.geometryHash = correction.geometryHash;
            record.area = correction.area;
            record.grade = correction.grade;
            delete _grades[title];
            uint32 version = _pass(record, correction.denominator, afterwards);
            emit TitleRectified(title, msg.sender, version, correction, source);
        }
    }

    // ── Grades ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function proposeGrade(TitleId title, Grade grade, bytes32 sourceHash) external {
        Record storage record = _require(title);
        _requireKeeper(record.jurisdiction);
        _requireSource(title, sourceHash);
        if (grade == Grade.None || grade == record.grade) revert GradeRefused(title, grade);

        uint40 readyAt = uint40(block.timestamp) + GRADE_WINDOW;
        _grades[title] = GradeProposal(grade, readyAt);
        emit GradeProposed(title, grade, readyAt, msg.sender, sourceHash);
    }

    /// @inheritdoc ITitleRegistry
    function withdrawGrade(TitleId title) external {
        _requireKeeper(_require(title).jurisdiction);
        if (_grades[title].readyAt == 0) revert GradeMissing(title);

        delete _grades[title];
        emit GradeWithdrawn(title, msg.sender);
    }

    /// @inheritdoc ITitleRegistry
    function completeGrade(TitleId title) external {
        Record storage record = _require(title);
        GradeProposal memory proposal = _grades[title];
        if (proposal.readyAt == 0) revert GradeMissing(title);
        if (block.timestamp < proposal.readyAt) revert GradeTooEarly(title, proposal.readyAt);
        _requireFree(title);

        delete _grades[title];
        record.grade = proposal.grade;
        emit GradeChanged(title, proposal.grade, ++record.version);
    }

    /// @inheritdoc ITitleRegistry
    function gradeProposalOf(TitleId title) external view returns (GradeProposal memory) {
        return _grades[title];
    }
}
