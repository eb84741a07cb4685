// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {
    ITitleRegistry,
    Notice,
    Restriction,
    RestrictionId,
    RestrictionKind,
    SaleId,
    Standing,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {TitleRecords} from "./TitleRecords.sol";

/// @title What stands in the way of changing a title: courts' freezes, caveats, priority notices
abstract contract TitleRestrictions is TitleRecords {
    bytes32 private constant RESTRICTION = keccak256("Muniment.Restriction.v1");
    bytes32 private constant WITHDRAW_CAVEAT =
        keccak256("WithdrawCaveat(bytes32 caveat,bytes32 party,uint256 nonce,uint256 deadline)");
    bytes32 private constant WITHDRAW_ACT = keccak256("land.withdrawCaveat");

    /// @inheritdoc ITitleRegistry
    uint256 public constant MAX_RESTRICTIONS = 8;
    /// @inheritdoc ITitleRegistry
    uint40 public constant CAVEAT_LIMIT = 365 days;
    /// @inheritdoc ITitleRegistry
    uint40 public constant NOTICE_LIMIT = 180 days;

    mapping(RestrictionId id => Restriction restriction) private _restrictions;
    /// Ended ones stay in the lists until a new one needs the place.
    mapping(TitleId title => mapping(RestrictionKind kind => RestrictionId[] ids)) private _listed;
    mapping(TitleId title => Notice notice) private _notices;

    // ── Freezes ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function freeze(TitleId title, bytes32 order) external returns (RestrictionId id) {
        AgencyId court = AGENCIES.requireOfficer(msg.sender, COURT);
        _require(title);
        _requireSource(title, order);

        id = _restrict(title, RestrictionKind.Freeze, AgencyId.unwrap(court), 0, order);
        emit TitleFrozen(title, id, court, msg.sender, order);
    }

    /// @inheritdoc ITitleRegistry
    function liftFreeze(RestrictionId id, bytes32 order) external {
        Restriction storage restriction = _requireStanding(id, RestrictionKind.Freeze);
        AGENCIES.requireKeeperOf(msg.sender, COURT, AgencyId.wrap(restriction.by));
        _requireSource(restriction.title, order);

        restriction.lifted = true;
        emit FreezeLifted(restriction.title, id, msg.sender, order);
    }

    // ── Caveats ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function enterCaveat(TitleId title, PartyId claimant, uint40 until, bytes32 sourceHash)
        external
        returns (RestrictionId id)
    {
        _requireKeeper(_require(title).jurisdiction);
        _requireUnlocked(title);
        _requireSource(title, sourceHash);
        if (PartyId.unwrap(claimant) == bytes32(0) || until < block.timestamp || until > block.timestamp + CAVEAT_LIMIT)
        {
            revert CaveatRefused(title, claimant, until);
        }

        id = _restrict(title, RestrictionKind.Caveat, PartyId.unwrap(claimant), until, sourceHash);
        emit CaveatEntered(title, id, claimant, msg.sender, until, sourceHash);
    }

    /// @inheritdoc ITitleRegistry
    function withdrawCaveat(RestrictionId id, Consent calldata consent) external {
        Restriction storage restriction = _requireStanding(id, RestrictionKind.Caveat);
        bytes memory head = abi.encode(WITHDRAW_CAVEAT, id);
        bytes32 subject = RestrictionId.unwrap(id);
        _requireConsent(PartyId.wrap(restriction.by), WITHDRAW_ACT, subject, head, consent);

        restriction.lifted = true;
        emit CaveatWithdrawn(restriction.title, id, address(0), bytes32(0));
    }

    /// @inheritdoc ITitleRegistry
    function cancelCaveat(RestrictionId id, bytes32 sourceHash) external {
        Restriction storage restriction = _requireStanding(id, RestrictionKind.Caveat);
        _requireKeeper(_jurisdictionOf(restriction.title));
        _requireSource(restriction.title, sourceHash);

        restriction.lifted = true;
        emit CaveatWithdrawn(restriction.title, id, msg.sender, sourceHash);
    }

    /// @inheritdoc ITitleRegistry
    function restrictionOf(RestrictionId id) external view returns (Restriction memory) {
        return _restrictions[id];
    }

    /// @inheritdoc ITitleRegistry
    function restrictionsOf(TitleId title, RestrictionKind kind) public view returns (RestrictionId[] memory ids) {
        RestrictionId[] storage listed = _listed[title][kind];
        uint256 count;
        for (uint256 i = 0; i < listed.length; ++i) {
            if (_stands(listed[i])) ++count;
        }
        ids = new RestrictionId[](count);
        count = 0;
        for (uint256 i = 0; i < listed.length; ++i) {
            if (!_stands(listed[i])) continue;
            ids[count] = listed[i];
            ++count;
        }
    }

    // ── Priority notices ────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITitleRegistry
    function setNotice(TitleId title, SaleId sale, uint40 until) external {
        _requireConveyance();
        _require(title);
        _requireFree(title);
        if (SaleId.unwrap(sale) == bytes32(0) || until < block.timestamp || until > block.timestamp + NOTICE_LIMIT) {
            revert NoticeRefused(title, sale, until);
        }

        _notices[title] = Notice(sale, until);
        emit NoticeSet(title, sale, until);
    }

    /// @inheritdoc ITitleRegistry
    function clearNotice(TitleId title, SaleId sale) external {
        _requireConveyance();
        if (SaleId.unwrap(sale) == bytes32(0) || SaleId.unwrap(_notices[title].sale) != SaleId.unwrap(sale)) {
            revert NoticeMissing(title, sale);
        }

        delete _notices[title];
        emit NoticeCleared(title, sale);
    }

    /// @inheritdoc ITitleRegistry
    function noticeOf(TitleId title) public view returns (Notice memory notice) {
        notice = _notices[title];
        if (block.timestamp > notice.until) return Notice(SaleId.wrap(0), 0);
    }

    /// @inheritdoc ITitleRegistry
    function standingOf(TitleId title) external view returns (Standing memory) {
        Record storage record = _require(title);
        return Standing({
            keeper: _keeperOf(record.jurisdiction),
            version: record.version,
            freeze: _firstStanding(title, RestrictionKind.Freeze),
            caveat: _firstStanding(title, RestrictionKind.Caveat),
            notice: noticeOf(title)
        });
    }

    // ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// Let a part of a title carry its caveats.
    function _carry(RestrictionId[] memory caveats, TitleId part) internal {
        for (uint256 i = 0; i < caveats.length; ++i) {
            _listed[part][RestrictionKind.Caveat].push(caveats[i]);
        }
    }

    /// End the notice by the sale that it was set for.
    function _useNotice(TitleId title, SaleId sale) internal {
        Notice memory notice = noticeOf(title);
        if (SaleId.unwrap(notice.sale) == bytes32(0) || SaleId.unwrap(notice.sale) != SaleId.unwrap(sale)) {
            revert NoticeMissing(title, sale);
        }
        delete _notices[title];
    }

    function _restrict(TitleId title, RestrictionKind kind, bytes32 by, uint40 until, bytes32 sourceHash)
        private
        returns (RestrictionId id)
    {
        id = RestrictionId.wrap(keccak256(abi.encode(RESTRICTION, title, kind, by, sourceHash)));
        if (_restrictions[id].kind != RestrictionKind.None) revert RestrictionExists(id);
        RestrictionId[] storage listed = _listed[title][kind];
        uint256 i;
        while (i < listed.length) {
            if (_stands(listed[i])) {
                ++i;
            } else {
                listed[i] = listed[listed.length - 1];
                listed.pop();
            }
        }
        if (listed.length == MAX_RESTRICTIONS) revert RestrictionsFull(title, kind);

        _restrictions[id] = Restriction({kind: kind, lifted: false, until: until, title: title, by: by});
        listed.push(id);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireConveyance() internal view {
        if (msg.sender != CONVEYANCE) revert NotConveyance(msg.sender);
    }

    /// Nothing at all stands in the way.
    function _requireFree(TitleId title) internal view {
        _requireUnfrozen(title);
        _requireNoCaveat(title);
        _requireUnlocked(title);
    }

    function _requireUnfrozen(TitleId title) internal view {
        RestrictionId id = _firstStanding(title, RestrictionKind.Freeze);
        if (RestrictionId.unwrap(id) != bytes32(0)) revert FreezeStands(title, id);
    }

    function _requireNoCaveat(TitleId title) internal view {
        RestrictionId id = _firstStanding(title, RestrictionKind.Caveat);
        if (RestrictionId.unwrap(id) != bytes32(0)) revert CaveatStands(title, id);
    }

    function _requireUnlocked(TitleId title) internal view {
        Notice memory notice = noticeOf(title);
        if (notice.until != 0) revert NoticeStands(title, notice.sale, notice.until);
    }

    function _requireStanding(RestrictionId id, RestrictionKind kind) private view returns (Restriction storage found) {
        found = _restrictions[id];
        if (found.kind != kind || !_stands(id)) revert RestrictionMissing(id);
    }

    function _firstStanding(TitleId title, RestrictionKind kind) private view returns (RestrictionId) {
        RestrictionId[] storage listed = _listed[title][kind];
        uint256 length = listed.length;
        for (uint256 i = 0; i < length; ++i) {
            if (_stands(listed[i])) return listed[i];
        }
        return RestrictionId.wrap(0);
    }

    function _stands(RestrictionId id) private view returns (bool) {
        Restriction storage restriction = _restrictions[id];
        return !restriction.lifted && (restriction.until == 0 || block.timestamp <= restriction.until);
    }
}
