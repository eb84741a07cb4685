// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {ILienRegistry} from "../../interfaces/land/ILienRegistry.sol";
import {
    InterestId,
    ITitleRegistry,
    LienId,
    Notice,
    RestrictionId,
    SaleId,
    Standing,
    TitleId
} from "../../interfaces/land/ITitleRegistry.sol";
import {Consents} from "./Consents.sol";
import {EncumbranceList} from "./EncumbranceList.sol";

/// @title What weighs on each title, and who may change it
abstract contract Encumbrances is Consents, ILienRegistry {
    using EncumbranceList for EncumbranceList.List;

    /// @inheritdoc ILienRegistry
    uint256 public constant MAX_LIENS = EncumbranceList.LIMIT;
    /// @inheritdoc ILienRegistry
    uint256 public constant MAX_INTERESTS = EncumbranceList.LIMIT;
    /// @inheritdoc ILienRegistry
    uint256 public constant MAX_TITLES = 16;

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    uint64 private immutable LAND_REGISTRAR;
    /// @inheritdoc ILienRegistry
    ITitleRegistry public immutable TITLES;

    mapping(TitleId title => EncumbranceList.List liens) internal _liens;
    mapping(TitleId title => EncumbranceList.List interests) internal _interests;

    constructor(IAgencyRegistry agencies, ITitleRegistry titles) {
        AGENCIES = agencies;
        LAND_REGISTRAR = agencies.LAND_REGISTRAR();
        TITLES = titles;
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function liensOf(TitleId title) external view returns (LienId[] memory) {
        return _asLiens(_liens[title].all());
    }

    /// @inheritdoc ILienRegistry
    function interestsOf(TitleId title) external view returns (InterestId[] memory) {
        return _asInterests(_interests[title].all());
    }

    /// @inheritdoc ILienRegistry
    function revisionOf(TitleId title) public view returns (bytes32) {
        return keccak256(abi.encode(_liens[title].all(), _interests[title].all()));
    }

    // ── For the title registry ──────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function carryToParts(TitleId title, TitleId[] calldata parts) external {
        _requireTitles();
        bytes32[] memory liens = _liens[title].all();
        bytes32[] memory interests = _interests[title].all();

        _liens[title].clear();
        _interests[title].clear();
        for (uint256 i = 0; i < parts.length; ++i) {
            _carry(parts[i], liens, interests);
        }
    }

    /// @inheritdoc ILienRegistry
    function carryToWhole(TitleId[] calldata titles, TitleId whole) external {
        _requireTitles();
        bytes32[] memory liens = _liens[titles[0]].all();
        bytes32 expected = keccak256(abi.encode(liens));

        for (uint256 i = 0; i < titles.length; ++i) {
            if (keccak256(abi.encode(_liens[titles[i]].all())) != expected) revert LiensDiffer(titles[0], titles[i]);
            _liens[titles[i]].clear();
            _unite(_interests[titles[i]].all(), whole);
            _interests[titles[i]].clear();
        }
        bytes32[] memory interests = _interests[whole].all();
        _interests[whole].clear();
        _carry(whole, liens, interests);
    }

    /// @inheritdoc ILienRegistry
    function carryIn(TitleId title, LienId[] calldata liens, InterestId[] calldata interests) external {
        _requireTitles();
        for (uint256 i = 0; i < liens.length; ++i) {
            _append(title, liens[i]);
        }
        for (uint256 i = 0; i < interests.length; ++i) {
            _add(title, interests[i]);
        }
        emit EncumbrancesCarried(title, liens, interests);
    }

    function _carry(TitleId title, bytes32[] memory liens, bytes32[] memory interests) private {
        if (liens.length + interests.length == 0) return;
        _liens[title].fill(liens);
        _interests[title].fill(interests);
        emit EncumbrancesCarried(title, _asLiens(liens), _asInterests(interests));
    }

    function _unite(bytes32[] memory interests, TitleId whole) private {
        for (uint256 i = 0; i < interests.length; ++i) {
            (uint256 place, uint256 count) = _interests[whole].find(interests[i]);
            if (place == count) _add(whole, InterestId.wrap(interests[i]));
        }
    }

    // ── Lists ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Let a lien stand last.
    function _append(TitleId title, LienId id) internal returns (uint8 rank) {
        EncumbranceList.List storage list = _liens[title];
        (uint256 place, uint256 count) = list.find(LienId.unwrap(id));
        if (place != count) revert LienExists(title, id);
        if (count == MAX_LIENS) revert LiensFull(title);
        list.ids[count] = LienId.unwrap(id);
        return uint8(count + 1);
    }

    function _remove(TitleId title, LienId id) internal {
        (uint256 place, uint256 count) = _liens[title].find(LienId.unwrap(id));
        if (place == count) revert LienMissing(title, id);
        _liens[title].removeAt(place, count);
    }

    function _add(TitleId title, InterestId id) internal {
        EncumbranceList.List storage list = _interests[title];
        (uint256 place, uint256 count) = list.find(InterestId.unwrap(id));
        if (place != count) revert InterestExists(title, id);
        if (count == MAX_INTERESTS) revert InterestsFull(title);
        list.ids[count] = InterestId.unwrap(id);
    }

    function _remove(TitleId title, InterestId id) internal {
        (uint256 place, uint256 count) = _interests[title].find(InterestId.unwrap(id));
        if (place == count) revert InterestMissing(title, id);
        _interests[title].removeAt(place, count);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Neither a freeze nor another's notice stands in the way.
    /// @param sale the one whose notice may stand; zero for none
    /// @param byCourt whether notices do not matter
    function _requireOpen(TitleId title, SaleId sale, bool byCourt) internal view returns (Standing memory standing) {
        standing = TITLES.standingOf(title);
        if (RestrictionId.unwrap(standing.freeze) != bytes32(0)) {
            revert ITitleRegistry.FreezeStands(title, standing.freeze);
        }
        Notice memory notice = standing.notice;
        if (!byCourt && notice.until != 0 && SaleId.unwrap(notice.sale) != SaleId.unwrap(sale)) {
            revert ITitleRegistry.NoticeStands(title, notice.sale, notice.until);
        }
    }

    function _requireRegistrar(AgencyId keeper) internal view {
        AGENCIES.requireOfficerFor(msg.sender, LAND_REGISTRAR, keeper);
    }

    /// Whether this was the second of two registrars who sent the same act about the title and what weighs on it.
    function _byTwo(TitleId title, Standing memory standing) internal returns (bool complete) {
        uint256 version = uint256(keccak256(abi.encode(standing.version, revisionOf(title))));
        return AGENCIES.dualControl(msg.sender, LAND_REGISTRAR, standing.keeper, version, msg.data);
    }

    function _requireConveyance() internal view {
        if (msg.sender != TITLES.CONVEYANCE()) revert NotConveyance(msg.sender);
    }

    function _requireTitles() private view {
        if (msg.sender != address(TITLES)) revert NotTitles(msg.sender);
    }

    function _requireCount(uint256 count) internal pure {
        if (count == 0 || count > MAX_TITLES) revert TitlesRefused(count);
    }

    function _requireOrder(TitleId title, bytes32 order) internal pure {
        if (order == bytes32(0)) revert OrderMissing(title);
    }

    // ── Types ───────────────────────────────────────────────────────────────────────────────────────────────────

    // Ids are words with a name; the compiler converts one of them, and no array.
    // solhint-disable no-inline-assembly
    function _asLiens(bytes32[] memory words) private pure returns (LienId[] memory ids) {
        assembly ("memory-safe") {
            ids := words
        }
    }

    function _asInterests(bytes32[] memory words) private pure returns (InterestId[] memory ids) {
        assembly ("memory-safe") {
            ids := words
        }
    }
}
