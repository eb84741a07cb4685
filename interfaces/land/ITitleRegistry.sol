// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AgencyId} from "../access/IAgencyRegistry.sol";
import {PartyId} from "../identity/IPartyRegistry.sol";
import {Consent, IConsents} from "./IConsents.sol";

/// keccak256(abi.encode(keccak256("Muniment.Title.v1"), jurisdiction, keccak256(bytes(reference))))
/// The same in every register and its successors: it names the land, not the contract.
type TitleId is bytes32;
/// ISO 3166 code in ASCII, left-aligned: "GB", "SE", "GB-SCT".
type Jurisdiction is bytes8;
/// A sale, as the conveyance contract names it.
type SaleId is bytes32;
/// keccak256(abi.encode(keccak256("Muniment.Restriction.v1"), title, kind, by, sourceHash))
type RestrictionId is bytes32;
/// A lien, as ILienRegistry derives it from its terms.
type LienId is bytes32;
/// A lease or an easement, as ILienRegistry derives it from its terms.
type InterestId is bytes32;

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

/// Why a title passes without a sale.
enum Transmission {
    None,
    Inheritance,
    Divorce,
    Court
}

/// Freeze: by a court's order, nothing moves, charges or divides the title. Caveat: somebody claims a right, and the
/// title does not pass before the claim is dealt with.
enum RestrictionKind {
    None,
    Freeze,
    Caveat
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

/// A title as it stands (LA_BAUnit of ISO 19152 with its rights). A retired one has no shares.
/// @param geometryHash zero for a migrated title that was not rectified since: TitleAdmitted tells it
/// @param version counts changes of record, area and holders from 1, so that an approval can name the state it was
/// given for. Restrictions and liens stand beside it and do not count.
struct Title {
    bytes32 geometryHash;
    uint64 area;
    uint64 denominator;
    Jurisdiction jurisdiction;
    uint32 version;
    Grade grade;
    Share[] shares;
}

/// A title as it stood in a register that moved in.
/// @param liens in rank order
struct MigratedTitle {
    TitleId title;
    Jurisdiction jurisdiction;
    bytes32 geometryHash;
    uint64 area;
    Grade grade;
    uint64 denominator;
    Share[] shares;
    LienId[] liens;
    InterestId[] interests;
}

/// A title made out of others. Jurisdiction and shares are theirs, and so is the grade.
struct Part {
    string ref;
    bytes32 geometryHash;
    uint64 area;
}

/// What an act rests on, and since when.
/// @param sourceHash hash of the order, deed or survey (LA_AdministrativeSource); never zero
/// @param legalDate as in Entry
struct Source {
    bytes32 sourceHash;
    uint32 legalDate;
}

/// What a title shall say once it is rectified: every field, also those that stay.
struct Correction {
    bytes32 geometryHash;
    uint64 area;
    Grade grade;
    uint64 denominator;
    Share[] shares;
}

/// @param agency whose registrars make entries for the jurisdiction
struct Register {
    AgencyId agency;
    RegisterStatus status;
}

/// A freeze or a caveat.
/// @param lifted whether it was lifted or withdrawn
/// @param until the last second of a caveat, Unix time; 0 for a freeze, which ends when it is lifted
/// @param title the one it was entered on; its parts carry it too
/// @param by the court's AgencyId, or the claimant's PartyId
struct Restriction {
    RestrictionKind kind;
    bool lifted;
    uint40 until;
    TitleId title;
    bytes32 by;
}

/// A sale's lock on a title, until the last second at `until`; all zero when there is none.
struct Notice {
    SaleId sale;
    uint40 until;
}

/// A grade on its way; all zero when there is none.
/// @param readyAt from when on anyone may complete it, Unix seconds
struct GradeProposal {
    Grade grade;
    uint40 readyAt;
}

/// Who answers for a title, and what stands in the way of changing it.
/// @param freeze one that stands; zero when none does
/// @param caveat one that stands; zero when none does
/// @param notice the one that stands; all zero when none does
struct Standing {
    AgencyId keeper;
    uint32 version;
    RestrictionId freeze;
    RestrictionId caveat;
    Notice notice;
}

/// @title Land titles: who holds which land, in which shares
/// @notice Entries are made by registrars of the agency that keeps the jurisdiction's register. A title passes when the
/// register says so: there is no transfer by its holder.
/// @dev Typed data (EIP-712), domain {name "Muniment TitleRegistry", version "1", chainId, verifyingContract}:
///   SubdivideTitle(bytes32 title,uint32 version,Part[] parts,bytes32 sourceHash,uint32 legalDate,bytes32 party,
///   uint256 nonce,uint256 deadline)
///   MergeTitles(bytes32[] titles,uint32[] versions,Part whole,bytes32 sourceHash,uint32 legalDate,bytes32 party,
///   uint256 nonce,uint256 deadline)
///   Part(string ref,bytes32 geometryHash,uint64 area)
///   WithdrawCaveat(bytes32 caveat,bytes32 party,uint256 nonce,uint256 deadline)
///   CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)
/// Powers of attorney are asked for as "land.subdivide", "land.merge" (subject: the first of the titles) and
/// "land.withdrawCaveat" (subject: the caveat).
///
/// Who may change what, while something stands in the way:
///                              freeze    caveat     priority notice
///   convey                     no        no         the notice's own sale alone
///   transmit, by inheritance   no        no         no
///   transmit, by divorce       no        no         no
///   transmit, by a court       no        yes        yes
///   rectify                    no        yes        yes
///   subdivide                  no        carried    no
///   merge                      no        no         no
///   a grade takes effect       no        no         no
///   enter a caveat             yes       yes        no
///   freeze                     yes       yes        yes
///
/// For LADM (ISO 19152): a title is an LA_BAUnit and each share an LA_Right; freezes, caveats and notices are
/// LA_Restrictions. Holders are alerted of every event that names their title.
interface ITitleRegistry is IConsents {
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
    event TitleAdmitted(
        TitleId indexed title,
        Jurisdiction indexed jurisdiction,
        bytes32 geometryHash,
        uint64 area,
        Grade grade,
        uint64 denominator,
        Share[] shares
    );

    event TitleFrozen(
        TitleId indexed title, RestrictionId indexed freeze, AgencyId indexed court, address officer, bytes32 order
    );
    event FreezeLifted(TitleId indexed title, RestrictionId indexed freeze, address officer, bytes32 order);
    event CaveatEntered(
        TitleId indexed title,
        RestrictionId indexed caveat,
        PartyId indexed claimant,
        address officer,
        uint40 until,
        bytes32 sourceHash
    );
    /// @param officer zero when the claimant withdrew it
    event CaveatWithdrawn(TitleId indexed title, RestrictionId indexed caveat, address officer, bytes32 sourceHash);
    event NoticeSet(TitleId indexed title, SaleId indexed sale, uint40 until);
    event NoticeCleared(TitleId indexed title, SaleId indexed sale);

    event TitleConveyed(
        TitleId indexed title,
        SaleId indexed sale,
        uint32 version,
        uint64 denominator,
        Share[] shares,
        bytes32 sourceHash,
        uint32 legalDate
    );
    event TitleTransmitted(
        TitleId indexed title,
        Transmission indexed kind,
        address officer,
        uint32 version,
        uint64 denominator,
        Share[] shares,
        bytes32 sourceHash,
        uint32 legalDate
    );
    event TitleRectified(TitleId indexed title, address officer, uint32 version, Correction correction, Source source);
    event GradeProposed(TitleId indexed title, Grade grade, uint40 readyAt, address officer, bytes32 sourceHash);
    event GradeWithdrawn(TitleId indexed title, address officer);
    event GradeChanged(TitleId indexed title, Grade grade, uint32 version);

    /// @dev Each part has a TitleRegistered of its own. What weighed on the title weighs on every part from here on.
    event TitleSubdivided(TitleId indexed title, uint32 version, TitleId[] parts);
    /// @dev The whole has a TitleRegistered of its own.
    event TitlesMerged(TitleId indexed whole, TitleId[] titles);

    /// @notice Thrown when a contract that this one relies on works for another title registry.
    error NotWired(address part);
    /// @notice Thrown when the caller is not the root of the agency registry.
    error NotRoot(address caller);
    /// @notice Thrown when the caller is not the conveyance contract.
    error NotConveyance(address caller);
    /// @notice Thrown when the caller is not the migration contract.
    error NotMigration(address caller);
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
    /// @notice Thrown when the title was divided or merged: its id never returns.
    error TitleIsRetired(TitleId title);
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
    /// @notice Thrown when somebody who does not sell would be left with less than before.
    error ShareLost(TitleId title, PartyId holder);
    /// @notice Thrown when sellers are not holders in ascending order.
    error NotHolder(TitleId title, PartyId seller);
    /// @notice Thrown when the title changed since the act was agreed upon.
    error VersionStale(TitleId title, uint32 given, uint32 present);
    /// @notice Thrown when the hash of the order, deed or survey is zero.
    error SourceMissing(TitleId title);
    /// @notice Thrown when a transmission names no kind.
    error TransmissionRefused(TitleId title);

    /// @notice Thrown when a court's freeze stands.
    error FreezeStands(TitleId title, RestrictionId freeze);
    /// @notice Thrown when a caveat stands.
    error CaveatStands(TitleId title, RestrictionId caveat);
    /// @notice Thrown when a sale has its priority notice on the title.
    error NoticeStands(TitleId title, SaleId sale, uint40 until);
    /// @notice Thrown when the sale has no notice on the title, or its time is over.
    error NoticeMissing(TitleId title, SaleId sale);
    /// @notice Thrown when a notice names no sale, is over already or lasts longer than NOTICE_LIMIT.
    error NoticeRefused(TitleId title, SaleId sale, uint40 until);
    /// @notice Thrown when a caveat names no claimant, is over already or lasts longer than CAVEAT_LIMIT.
    error CaveatRefused(TitleId title, PartyId claimant, uint40 until);
    /// @notice Thrown when MAX_RESTRICTIONS of the kind stand on the title.
    error RestrictionsFull(TitleId title, RestrictionKind kind);
    /// @notice Thrown when the same court, or claimant, named the same document before.
    error RestrictionExists(RestrictionId restriction);
    /// @notice Thrown when there is no such freeze or caveat, or it was lifted.
    error RestrictionMissing(RestrictionId restriction);

    /// @notice Thrown when a grade is proposed that is none, or the present one.
    error GradeRefused(TitleId title, Grade grade);
    /// @notice Thrown when no grade is proposed.
    error GradeMissing(TitleId title);
    /// @notice Thrown when the time for objections is not over.
    error GradeTooEarly(TitleId title, uint40 readyAt);

    /// @notice Thrown when there are fewer than 2 parts, or more than MAX_PARTS.
    error PartsRefused(uint256 count);
    /// @notice Thrown when the areas before and after differ.
    error AreaNotConserved(uint256 before, uint256 afterwards);
    /// @notice Thrown when titles to merge are not strictly ascending.
    error TitleOrder(TitleId title);
    /// @notice Thrown when titles to merge lie in different jurisdictions, or have different holders or shares.
    error TitlesDiffer(TitleId first, TitleId other);

    // ── The contracts it relies on ──────────────────────────────────────────────────────────────────────────────

    /// @notice Mortgages, leases and easements.
    function LIENS() external view returns (address);
    /// @notice Registers that moved in.
    function MIGRATION() external view returns (address);
    /// @notice Sales: the one path by which holders pass a title on.
    function CONVEYANCE() external view returns (address);

    /// @notice The most titles that one transaction registers.
    function MAX_BATCH() external view returns (uint256);
    /// @notice The most holders that one title has.
    function MAX_HOLDERS() external view returns (uint256);
    /// @notice The most freezes that stand on one title, and the most caveats.
    function MAX_RESTRICTIONS() external view returns (uint256);
    /// @notice The most titles that one is divided into, or merged out of.
    function MAX_PARTS() external view returns (uint256);
    /// @notice The longest that a caveat stands, in seconds.
    function CAVEAT_LIMIT() external view returns (uint40);
    /// @notice The longest that a priority notice stands, in seconds.
    function NOTICE_LIMIT() external view returns (uint40);
    /// @notice How long objections to a grade may come, in seconds.
    function GRADE_WINDOW() external view returns (uint40);

    // ── Registers ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Give the keeping of a jurisdiction's register to an agency, or change its legal status. By the root of
    /// the agency registry.
    function setRegister(Jurisdiction jurisdiction, AgencyId agency, RegisterStatus status) external;

    /// @notice Who keeps a jurisdiction's register, and with which legal status; all zero when nobody does.
    function registerOf(Jurisdiction jurisdiction) external view returns (Register memory);

    // ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The title's id from its jurisdiction and cadastral reference, registered or not.
    /// @dev Warning: bytes are compared as they are: bring references to one form (Unicode NFC, no outer spaces) first.
    function titleIdOf(Jurisdiction jurisdiction, string calldata ref) external pure returns (TitleId);

    /// @notice Enter one title. By a land registrar of the agency that keeps the register. Refused where a register
    /// moved in: registerAbsent shows that the title is none of those.
    function register(Jurisdiction jurisdiction, Entry calldata entry) external returns (TitleId title);

    /// @notice Enter one title where a register moved in, with the proof that the title is none of those. By a land
    /// registrar of the agency that keeps the register.
    /// @param absence as ITitleMigration.requireAbsent takes it
    function registerAbsent(Jurisdiction jurisdiction, Entry calldata entry, bytes calldata absence)
        external
        returns (TitleId title);

    /// @notice Enter several titles, all or none. By a land registrar of the agency that keeps the register.
    /// @dev Warning: a full batch of titles with many holders exceeds what one transaction may burn (EIP-7825).
    function registerBatch(Jurisdiction jurisdiction, Entry[] calldata entries) external;

    /// @notice Write down a title that moved in, so that acts can change it. By anyone, with the proof.
    /// @dev Its geometry hash stays in the event alone until a rectification changes it.
    /// Warning: a title under a court's freeze or a caveat is registered and not migrated, or it could be sold before
    /// anybody enters those here.
    function admit(MigratedTitle calldata migrated, bytes calldata proof) external;

    /// @notice Write down titles that moved in and were proven together. By the migration contract, which proves them.
    function admitProven(MigratedTitle[] calldata migrated) external;

    /// @notice A title as it stands, or as it stood when it was retired. Reverts with TitleUnknown when there is none.
    function titleOf(TitleId title) external view returns (Title memory);

    /// @notice Whether a title stands under this id; false for a retired one.
    function exists(TitleId title) external view returns (bool);

    /// @notice Whether the title was divided or merged.
    function retired(TitleId title) external view returns (bool);

    /// @notice The shares of a title that stands.
    function sharesOf(TitleId title) external view returns (uint64 denominator, Share[] memory shares);

    /// @notice Who answers for a title that stands, and what is in the way of changing it.
    function standingOf(TitleId title) external view returns (Standing memory);

    // ── Freezes and caveats ─────────────────────────────────────────────────────────────────────────────────────

    /// @notice Freeze a title. By a court's officer, of any court: the state gives that power to courts alone.
    /// @dev It passes over sales, their money and their deadlines: those run on.
    function freeze(TitleId title, bytes32 order) external returns (RestrictionId);

    /// @notice Lift a freeze. By an officer of the court that ordered it; of a closed one, by the court above.
    /// @param order hash of the order to lift
    function liftFreeze(RestrictionId id, bytes32 order) external;

    /// @notice Enter a caveat for a claimant, up to CAVEAT_LIMIT from now. By a land registrar of the register's
    /// keeper. Refused while a sale has its notice on the title: from then on only a court comes in between.
    function enterCaveat(TitleId title, PartyId claimant, uint40 until, bytes32 sourceHash)
        external
        returns (RestrictionId);

    /// @notice Withdraw a caveat, on every title that carries it. By anyone; the claimant signs WithdrawCaveat.
    function withdrawCaveat(RestrictionId id, Consent calldata consent) external;

    /// @notice Strike a caveat out, on every title that carries it. By a land registrar of the register's keeper.
    /// @param sourceHash hash of what shows that the claim is settled or unfounded
    function cancelCaveat(RestrictionId id, bytes32 sourceHash) external;

    /// @notice A freeze or caveat; all zero when there is none.
    function restrictionOf(RestrictionId id) external view returns (Restriction memory);

    /// @notice The freezes, or the caveats, that stand on a title now.
    function restrictionsOf(TitleId title, RestrictionKind kind) external view returns (RestrictionId[] memory);

    // ── Priority notices ────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Keep a title for one sale. By the conveyance contract, up to NOTICE_LIMIT from now.
    function setNotice(TitleId title, SaleId sale, uint40 until) external;

    /// @notice Release a title from a sale. By the conveyance contract.
    function clearNotice(TitleId title, SaleId sale) external;

    /// @notice The notice that stands on a title now; all zero when none does.
    function noticeOf(TitleId title) external view returns (Notice memory);

    // ── Passing ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Register a sale, and with it end its notice. By the conveyance contract, which answers for the
    /// signatures; whoever is not a seller keeps at least the same share.
    /// @param version the one that the parties signed for
    /// @param sellers holders in ascending order
    function convey(
        TitleId title,
        SaleId sale,
        uint32 version,
        PartyId[] calldata sellers,
        uint64 denominator,
        Share[] calldata shares,
        Source calldata source
    ) external;

    /// @notice Pass a title on by inheritance, divorce or a court's judgment. By two land registrars of the register's
    /// keeper, bound to the title's version.
    /// @return complete false when this call was the first of the two
    function transmit(
        TitleId title,
        Transmission kind,
        uint64 denominator,
        Share[] calldata shares,
        Source calldata source
    ) external returns (bool complete);

    /// @notice Correct what a title says; nothing is deleted. By two land registrars of the register's keeper, with the
    /// hash of the order, bound to the title's version.
    /// @return complete false when this call was the first of the two
    function rectify(TitleId title, Correction calldata correction, Source calldata source)
        external
        returns (bool complete);

    // ── Grades ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Propose another grade, in place of any proposed before. By a land registrar of the register's keeper.
    function proposeGrade(TitleId title, Grade grade, bytes32 sourceHash) external;

    /// @notice Take a proposal back. By a land registrar of the register's keeper.
    function withdrawGrade(TitleId title) external;

    /// @notice Let a proposed grade take effect after GRADE_WINDOW. By anyone, unless something stands in the way: who
    /// objects has a caveat entered.
    function completeGrade(TitleId title) external;

    /// @notice The grade that is proposed; all zero when none is.
    function gradeProposalOf(TitleId title) external view returns (GradeProposal memory);

    // ── Dividing and merging ────────────────────────────────────────────────────────────────────────────────────

    /// @notice Divide a title for good into 2 to 16 parts with the same holders, shares, grade, liens, leases,
    /// easements and caveats, whose areas sum to its own. By a land registrar of the register's keeper; every holder
    /// signs SubdivideTitle.
    /// @dev Warning: many parts with many holders or liens exceed what one transaction may burn (EIP-7825): divide in
    /// two steps.
    /// @param consents one for each holder, in their order
    /// @param absences one for each part, as registerAbsent takes it; none where no register moved in
    function subdivide(
        TitleId title,
        Part[] calldata parts,
        Source calldata source,
        Consent[] calldata consents,
        bytes[] calldata absences
    ) external returns (TitleId[] memory ids);

    /// @notice Merge 2 to 16 titles of the same holders in the same shares, with the same liens in the same order, for
    /// good. Leases and easements of each weigh on the whole; the lowest grade counts. By a land registrar of the
    /// register's keeper; every holder signs MergeTitles.
    /// @param titles in strictly ascending order
    /// @param consents one for each holder, in their order
    /// @param absence for the whole, as registerAbsent takes it
    function merge(
        TitleId[] calldata titles,
        Part calldata whole,
        Source calldata source,
        Consent[] calldata consents,
        bytes calldata absence
    ) external returns (TitleId id);
}
