// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PartyId} from "../identity/IPartyRegistry.sol";
import {Consent, IConsents} from "./IConsents.sol";
import {InterestId, ITitleRegistry, LienId, SaleId, TitleId} from "./ITitleRegistry.sol";

/// Contractual: the holders of the title agreed to it. Statutory: a law made it, such as a tax. Court: a judgment did.
enum LienKind {
    None,
    Contractual,
    Statutory,
    Court
}

/// Lease: use of the land for a time. Easement: a lasting burden, for a party or for another title.
enum InterestKind {
    None,
    Lease,
    Easement
}

/// The terms of a lien (LA_Mortgage). Its id is
/// keccak256(abi.encode(keccak256("Muniment.Lien.v1"), kind, creditor, amount, currency, deedHash)),
/// so that whoever knows the terms proves them by the id, which alone is stored. The same terms on several titles are
/// one lien for one debt.
/// @param creditor its first holder
/// @param amount above 0, in the smallest unit of the currency
/// @param currency an ERC-20 token's address, or an ISO 4217 code in left-aligned ASCII
/// @param deedHash hash of the deed, or of the order that a statutory or a court's lien rests on
struct Lien {
    LienKind kind;
    PartyId creditor;
    uint256 amount;
    bytes32 currency;
    bytes32 deedHash;
}

/// The terms of a lease or an easement (LA_Restriction on this title, LA_Right of the other side). Its id is
/// keccak256(abi.encode(keccak256("Muniment.Interest.v1"), kind, beneficiary, dominant, until, deedHash)).
/// @param beneficiary who has the use; zero for an easement that serves another title
/// @param dominant the title that an easement serves, whoever holds it; else zero
/// @param until the last second, Unix time; 0 for an easement without an end
struct Interest {
    InterestKind kind;
    PartyId beneficiary;
    TitleId dominant;
    uint40 until;
    bytes32 deedHash;
}

/// @title What weighs on titles: liens in their rank, leases and easements
/// @notice Liens on a title stand in one strict order: rank 1 is paid first. A new one comes last; rank is given up
/// only by whoever holds it. A title that passes keeps them all.
/// @dev Typed data (EIP-712), domain {name "Muniment LienRegistry", version "1", chainId, verifyingContract}:
///   ChargeTitle(bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate,bytes32 party,uint256 nonce,
///   uint256 deadline)
///   Lien(uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash)
///   DischargeLien(bytes32 lien,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline)
///   PostponeLien(bytes32 title,bytes32 lien,bytes32 behind,uint8 rank,bytes32 party,uint256 nonce,uint256 deadline)
///   AssignLien(bytes32 lien,bytes32 to,bytes32 party,uint256 nonce,uint256 deadline)
///   GrantInterest(bytes32 title,uint32 version,Interest interest,uint32 legalDate,bytes32 party,uint256 nonce,
///   uint256 deadline)
///   Interest(uint8 kind,bytes32 beneficiary,bytes32 dominant,uint40 until,bytes32 deedHash)
///   EndInterest(bytes32 interest,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline)
///   CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)
/// Powers of attorney are asked for as "land.charge" and "land.grant" (subject: the title), "land.discharge",
/// "land.postpone" and "land.assign" (subject: the lien), "land.release" (subject: the lease or easement).
///
/// While a court's freeze stands nothing new weighs on the title and no rank changes; while a sale has its notice on it
/// the same goes for all but that sale and a court's lien. Whoever holds a right may give it up at any time.
interface ILienRegistry is IConsents {
    /// @param by the registrar, the second of two, or the conveyance contract
    /// @param sale the sale that the lien pays for; zero without one
    event LienEntered(
        TitleId indexed title,
        LienId indexed lien,
        PartyId indexed creditor,
        LienKind kind,
        uint256 amount,
        bytes32 currency,
        bytes32 deedHash,
        uint8 rank,
        uint32 legalDate,
        address by,
        SaleId sale
    );
    /// @param officer the second of two registrars; zero when the holder signed, or a sale paid it off
    /// @param source hash of the order; the sale; zero when the holder signed
    event LienDischarged(TitleId indexed title, LienId indexed lien, address officer, bytes32 source);
    /// @param rank where the lien stands now; those between moved up by one
    event LienPostponed(TitleId indexed title, LienId indexed lien, LienId indexed behind, uint8 rank);
    event LienAssigned(LienId indexed lien, PartyId indexed from, PartyId indexed to);

    event InterestEntered(
        TitleId indexed title,
        InterestId indexed interest,
        PartyId indexed beneficiary,
        InterestKind kind,
        TitleId dominant,
        uint40 until,
        bytes32 deedHash,
        uint32 legalDate,
        address officer
    );
    /// @param officer zero when the beneficiary signed, or the holders of the dominant title
    /// @param source hash of the order; zero when it ran out or was given up
    event InterestEnded(TitleId indexed title, InterestId indexed interest, address officer, bytes32 source);

    /// @notice What weighs on a title that was made out of others, or moved in, from its first moment.
    event EncumbrancesCarried(TitleId indexed title, LienId[] liens, InterestId[] interests);

    /// @notice Thrown when the caller is not the title registry.
    error NotTitles(address caller);
    /// @notice Thrown when the caller is not the conveyance contract.
    error NotConveyance(address caller);
    /// @notice Thrown when a lien lacks creditor, amount, currency or deed, or is not of a kind for this path.
    error LienRefused(TitleId title, LienId lien);
    /// @notice Thrown when the lien stands on the title already.
    error LienExists(TitleId title, LienId lien);
    /// @notice Thrown when the lien does not stand on the title.
    error LienMissing(TitleId title, LienId lien);
    /// @notice Thrown when MAX_LIENS stand on the title.
    error LiensFull(TitleId title);
    /// @notice Thrown when the lien would stand at another rank than was signed for; a postponed one, at a lower.
    error RankRefused(TitleId title, LienId lien, uint256 rank);
    /// @notice Thrown when a lien is postponed behind one that it does not precede.
    error NotPreceding(TitleId title, LienId lien, LienId behind);
    /// @notice Thrown when a lien is assigned to nobody, or to its holder.
    error AssigneeRefused(LienId lien, PartyId to);
    /// @notice Thrown when a lease or easement lacks deed or kind, has not exactly one beneficiary or dominant title,
    /// or has ended already; when a lease has no end; when an easement serves the title that it weighs on.
    error InterestRefused(TitleId title, InterestId interest);
    /// @notice Thrown when the lease or easement stands on the title already.
    error InterestExists(TitleId title, InterestId interest);
    /// @notice Thrown when the lease or easement does not stand on the title.
    error InterestMissing(TitleId title, InterestId interest);
    /// @notice Thrown when MAX_INTERESTS stand on the title.
    error InterestsFull(TitleId title);
    /// @notice Thrown when a lease or easement has not run out.
    error InterestStands(InterestId interest, uint40 until);
    /// @notice Thrown when an act names no titles, or more than MAX_TITLES.
    error TitlesRefused(uint256 count);
    /// @notice Thrown when the hash of the order is zero.
    error OrderMissing(TitleId title);
    /// @notice Thrown when titles to merge do not have the same liens in the same order.
    error LiensDiffer(TitleId first, TitleId other);

    /// @notice The titles that are charged.
    function TITLES() external view returns (ITitleRegistry);
    /// @notice The most liens on one title.
    function MAX_LIENS() external view returns (uint256);
    /// @notice The most leases and easements on one title.
    function MAX_INTERESTS() external view returns (uint256);
    /// @notice The most titles that one discharge or release names.
    function MAX_TITLES() external view returns (uint256);

    // ── Liens ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The lien's id from its terms.
    function lienIdOf(Lien calldata lien) external pure returns (LienId);

    /// @notice Charge a title with a contractual lien, behind all others. By a land registrar of the register's keeper;
    /// every holder signs ChargeTitle.
    /// @param rank the one that was promised to the creditor: refused when another lien came first; 0 promises none
    /// @param legalDate date of legal effect as the number YYYYMMDD; 0 when not recorded
    /// @param consents one for each holder, in their order
    function enter(TitleId title, Lien calldata lien, uint8 rank, uint32 legalDate, Consent[] calldata consents)
        external
        returns (LienId);

    /// @notice Charge a title with a statutory or a court's lien, behind all others. By two land registrars of the
    /// register's keeper, bound to the title's version and to what weighs on it.
    /// @return complete false when this call was the first of the two
    function enterByOrder(TitleId title, Lien calldata lien, uint32 legalDate) external returns (bool complete);

    /// @notice Charge a title with the lien that pays for its sale. By the conveyance contract, which answers for the
    /// signatures, while that sale has its notice on the title.
    function enterForSale(TitleId title, SaleId sale, Lien calldata lien, uint8 rank, uint32 legalDate)
        external
        returns (LienId);

    /// @notice Release titles from a lien: all of them, or some of several. By anyone; the lien's holder signs
    /// DischargeLien.
    function discharge(TitleId[] calldata titles, Lien calldata lien, Consent calldata consent) external;

    /// @notice Release a title from a lien by a court's order. By two land registrars of the register's keeper, bound
    /// to the title's version and to what weighs on it.
    /// @return complete false when this call was the first of the two
    function dischargeByOrder(TitleId title, Lien calldata lien, bytes32 order) external returns (bool complete);

    /// @notice Release a title from a lien that its sale pays off. By the conveyance contract, which answers for the
    /// signature of the lien's holder.
    function dischargeForSale(TitleId title, SaleId sale, Lien calldata lien) external;

    /// @notice Put a lien right behind a later one. By anyone; its holder, who alone loses rank, signs PostponeLien.
    /// @param rank the lowest that the holder accepts
    function postpone(TitleId title, Lien calldata lien, LienId behind, uint8 rank, Consent calldata consent) external;

    /// @notice Pass a lien on to another party, on every title that it weighs on, in its rank. By anyone; its holder
    /// signs AssignLien.
    function assign(Lien calldata lien, PartyId to, Consent calldata consent) external;

    /// @notice Who holds a lien with these terms now, whether it stands anywhere or not.
    function holderOf(Lien calldata lien) external view returns (PartyId);

    /// @notice The liens on a title in the order of their rank, the first at rank 1.
    function liensOf(TitleId title) external view returns (LienId[] memory);

    // ── Leases and easements ────────────────────────────────────────────────────────────────────────────────────

    /// @notice The id of a lease or an easement from its terms.
    function interestIdOf(Interest calldata interest) external pure returns (InterestId);

    /// @notice Enter a lease or an easement. By a land registrar of the register's keeper; every holder signs
    /// GrantInterest.
    /// @param consents one for each holder, in their order
    function enterInterest(TitleId title, Interest calldata interest, uint32 legalDate, Consent[] calldata consents)
        external
        returns (InterestId);

    /// @notice Enter a lease or an easement that an order made, whose hash is the deed. By two land registrars of the
    /// register's keeper, bound to the title's version and to what weighs on it.
    /// @return complete false when this call was the first of the two
    function enterInterestByOrder(TitleId title, Interest calldata interest, uint32 legalDate)
        external
        returns (bool complete);

    /// @notice Give up a lease or an easement, on all titles that it weighs on or some of them. By anyone; the
    /// beneficiary signs EndInterest, or every holder of the dominant title does.
    /// @param consents one by the beneficiary, or one for each holder of the dominant title, in their order
    function endInterest(TitleId[] calldata titles, Interest calldata interest, Consent[] calldata consents) external;

    /// @notice End a lease or an easement by a court's order. By two land registrars of the register's keeper, bound to
    /// the title's version and to what weighs on it.
    /// @dev Also for an easement whose dominant title was divided or merged: nobody signs for a retired title.
    /// @return complete false when this call was the first of the two
    function endInterestByOrder(TitleId title, Interest calldata interest, bytes32 order)
        external
        returns (bool complete);

    /// @notice Strike out a lease or an easement whose time is over. By anyone.
    function expireInterest(TitleId title, Interest calldata interest) external;

    /// @notice The leases and easements on a title, also those whose time is over and that nobody struck out.
    function interestsOf(TitleId title) external view returns (InterestId[] memory);

    /// @notice What weighs on a title, in one hash: keccak256(abi.encode(liensOf(title), interestsOf(title))). A
    /// contract that names it cannot be carried out once anything was added.
    function revisionOf(TitleId title) external view returns (bytes32);

    // ── For the title registry ──────────────────────────────────────────────────────────────────────────────────

    /// @notice Let everything that weighs on a title weigh on each of its parts instead. By the title registry.
    function carryToParts(TitleId title, TitleId[] calldata parts) external;

    /// @notice Let everything that weighs on titles weigh on the whole instead, or revert when their liens differ. By
    /// the
    /// title registry.
    function carryToWhole(TitleId[] calldata titles, TitleId whole) external;

    /// @notice Let what weighed on a title in the register that moved in weigh on it here. By the title registry.
    function carryIn(TitleId title, LienId[] calldata liens, InterestId[] calldata interests) external;
}
