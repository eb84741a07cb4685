// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {ILienRegistry, Lien, LienKind} from "../../interfaces/land/ILienRegistry.sol";
import {ITitleRegistry, LienId, SaleId, Share, Standing, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {Consents} from "./Consents.sol";
import {EncumbranceList} from "./EncumbranceList.sol";
import {Encumbrances} from "./Encumbrances.sol";
import {Interests} from "./Interests.sol";

/// @title What weighs on titles: liens in their rank, leases and easements
contract LienRegistry is Interests {
    using EncumbranceList for EncumbranceList.List;

    bytes32 private constant LIEN = keccak256("Muniment.Lien.v1");
    bytes32 private constant LIEN_TYPE =
        keccak256("Lien(uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash)");
    bytes32 private constant CHARGE_TITLE = keccak256(
        "ChargeTitle(bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline)Lien(uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,"
        "bytes32 deedHash)"
    );
    bytes32 private constant DISCHARGE_LIEN =
        keccak256("DischargeLien(bytes32 lien,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline)");
    bytes32 private constant POSTPONE_LIEN = keccak256(
        "PostponeLien(bytes32 title,bytes32 lien,bytes32 behind,uint8 rank,"
        "bytes32 party,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ASSIGN_LIEN =
        keccak256("AssignLien(bytes32 lien,bytes32 to,bytes32 party,uint256 nonce,uint256 deadline)");
    bytes32 private constant CHARGE_ACT = keccak256("land.charge");
    bytes32 private constant DISCHARGE_ACT = keccak256("land.discharge");
    bytes32 private constant POSTPONE_ACT = keccak256("land.postpone");
    bytes32 private constant ASSIGN_ACT = keccak256("land.assign");

    /// Who holds a lien that its creditor passed on.
    mapping(LienId lien => PartyId holder) private _assignees;

    /// @param titles the address that the title registry will have
    constructor(IAgencyRegistry agencies, IPartyRegistry parties, ITitleRegistry titles)
        EIP712("Muniment LienRegistry", "1")
        Consents(parties)
        Encumbrances(agencies, titles)
    {}

    // ── Entering ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function enter(TitleId title, Lien calldata lien, uint8 rank, uint32 legalDate, Consent[] calldata consents)
        external
        returns (LienId id)
    {
        Standing memory standing = _requireOpen(title, SaleId.wrap(0), false);
        _requireRegistrar(standing.keeper);
        id = _requireSound(title, lien, lien.kind == LienKind.Contractual);
        (, Share[] memory shares) = TITLES.sharesOf(title);
        bytes32 terms = _wordOf(LIEN_TYPE, lien);
        bytes memory head = abi.encode(CHARGE_TITLE, title, standing.version, terms, rank, legalDate);
        _requireConsents(shares, CHARGE_ACT, TitleId.unwrap(title), head, consents);

        _enterAt(rank, title, id, lien, legalDate, SaleId.wrap(0));
    }

    /// @inheritdoc ILienRegistry
    function enterByOrder(TitleId title, Lien calldata lien, uint32 legalDate) external returns (bool complete) {
        bool byCourt = lien.kind == LienKind.Court;
        Standing memory standing = _requireOpen(title, SaleId.wrap(0), byCourt);
        LienId id = _requireSound(title, lien, byCourt || lien.kind == LienKind.Statutory);
        complete = _byTwo(title, standing);

        if (complete) _enterAt(0, title, id, lien, legalDate, SaleId.wrap(0));
    }

    /// @inheritdoc ILienRegistry
    function enterForSale(TitleId title, SaleId sale, Lien calldata lien, uint8 rank, uint32 legalDate)
        external
        returns (LienId id)
    {
        _requireConveyance();
        _requireNotice(title, sale);
        id = _requireSound(title, lien, lien.kind == LienKind.Contractual);

        _enterAt(rank, title, id, lien, legalDate, sale);
    }

    // ── Discharging ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function discharge(TitleId[] calldata titles, Lien calldata lien, Consent calldata consent) external {
        _requireCount(titles.length);
        LienId id = lienIdOf(lien);
        bytes memory head = abi.encode(DISCHARGE_LIEN, id, keccak256(abi.encodePacked(titles)));
        _requireConsent(_holderOf(id, lien), DISCHARGE_ACT, LienId.unwrap(id), head, consent);

        for (uint256 i = 0; i < titles.length; ++i) {
            _release(titles[i], id, address(0), bytes32(0));
        }
    }

    /// @inheritdoc ILienRegistry
    function dischargeByOrder(TitleId title, Lien calldata lien, bytes32 order) external returns (bool complete) {
        _requireOrder(title, order);
        complete = _byTwo(title, TITLES.standingOf(title));

        if (complete) _release(title, lienIdOf(lien), msg.sender, order);
    }

    /// @inheritdoc ILienRegistry
    function dischargeForSale(TitleId title, SaleId sale, Lien calldata lien) external {
        _requireConveyance();
        _requireNotice(title, sale);

        _release(title, lienIdOf(lien), address(0), SaleId.unwrap(sale));
    }

    // ── Rank and holder ─────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ILienRegistry
    function postpone(TitleId title, Lien calldata lien, LienId behind, uint8 rank, Consent calldata consent) external {
        _requireOpen(title, SaleId.wrap(0), false);
        LienId id = lienIdOf(lien);
        EncumbranceList.List storage list = _liens[title];
        (uint256 place, uint256 count) = list.find(LienId.unwrap(id));
        if (place == count) revert LienMissing(title, id);
        (uint256 later,) = list.find(LienId.unwrap(behind));
        if (later <= place || later == count) revert NotPreceding(title, id, behind);
        if (later + 1 > rank) revert RankRefused(title, id, later + 1);
        bytes memory head = abi.encode(POSTPONE_LIEN, title, id, behind, rank);
        _requireConsent(_holderOf(id, lien), POSTPONE_ACT, LienId.unwrap(id), head, consent);

        list.moveBack(place, later);
        emit LienPostponed(title, id, behind, uint8(later + 1));
    }

    /// @inheritdoc ILienRegistry
    function assign(Lien calldata lien, PartyId to, Consent calldata consent) external {
        LienId id = lienIdOf(lien);
        PartyId holder = _holderOf(id, lien);
        if (PartyId.unwrap(to) == bytes32(0) || PartyId.unwrap(to) == PartyId.unwrap(holder)) {
            revert AssigneeRefused(id, to);
        }
        _requireConsent(holder, ASSIGN_ACT, LienId.unwrap(id), abi.encode(ASSIGN_LIEN, id, to), consent);

        _assignees[id] = to;
        emit LienAssigned(id, holder, to);
    }

    /// @inheritdoc ILienRegistry
    function holderOf(Lien calldata lien) external view returns (PartyId) {
        return _holderOf(lienIdOf(lien), lien);
    }

    /// @inheritdoc ILienRegistry
    function lienIdOf(Lien calldata lien) public pure returns (LienId) {
        return LienId.wrap(_wordOf(LIEN, lien));
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param promised the rank that it must get; 0 for any
    function _enterAt(uint8 promised, TitleId title, LienId id, Lien calldata lien, uint32 legalDate, SaleId sale)
        private
    {
        uint8 rank = _append(title, id);
        if (promised != 0 && rank != promised) revert RankRefused(title, id, rank);
        emit LienEntered(
            title,
            id,
            lien.creditor,
            lien.kind,
            lien.amount,
            lien.currency,
            lien.deedHash,
            rank,
            legalDate,
            msg.sender,
            sale
        );
    }

    function _release(TitleId title, LienId id, address officer, bytes32 source) private {
        _remove(title, id);
        emit LienDischarged(title, id, officer, source);
    }

    /// Every term is there.
    function _requireSound(TitleId title, Lien calldata lien, bool kindFits) private pure returns (LienId id) {
        id = lienIdOf(lien);
        bool sound = kindFits && PartyId.unwrap(lien.creditor) != bytes32(0) && lien.amount != 0
            && lien.currency != bytes32(0) && lien.deedHash != bytes32(0);
        if (!sound) revert LienRefused(title, id);
    }

    /// The sale has its notice on the title, and no freeze stops it.
    function _requireNotice(TitleId title, SaleId sale) private view {
        Standing memory standing = _requireOpen(title, sale, false);
        if (standing.notice.until == 0) revert ITitleRegistry.NoticeMissing(title, sale);
    }

    function _holderOf(LienId id, Lien calldata lien) private view returns (PartyId holder) {
        holder = _assignees[id];
        if (PartyId.unwrap(holder) == bytes32(0)) return lien.creditor;
    }

    function _wordOf(bytes32 kind, Lien calldata lien) private pure returns (bytes32) {
        return keccak256(abi.encode(kind, lien.kind, lien.creditor, lien.amount, lien.currency, lien.deedHash));
    }
}
