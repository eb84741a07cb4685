// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PartyId} from "../identity/IPartyRegistry.sol";
import {Consent, IConsents} from "./IConsents.sol";
import {ILienRegistry, Lien} from "./ILienRegistry.sol";
import {ITitleRegistry, LienId, SaleId, Share, TitleId} from "./ITitleRegistry.sol";

/// Where a sale stands. The last three are its ends.
enum SaleStatus {
    None,
    Listed,
    OfferAccepted,
    ContractSigned,
    PendingTitle,
    Financed,
    BillOfSaleSigned,
    DutyPaid,
    Registered,
    Cancelled,
    Expired
}

/// What sellers put up for sale, and with whose help. The sale's id is
/// keccak256(abi.encode(keccak256("Muniment.Sale.v1"), hashStruct(listing))), with hashStruct as EIP-712 has it.
/// @param version of the title
/// @param sellers all holders, in their order
/// @param sellersBank the one that takes the sellers' money, chosen by them alone; zero for none
/// @param agent a licensed estate agent; zero for none
/// @param currency of the price asked: as in Offer
/// @param price that is asked; an offer may be another
/// @param documentHash of the mandate, or of the particulars
/// @param until the last second for an offer to be accepted, Unix time
struct Listing {
    TitleId title;
    uint32 version;
    PartyId[] sellers;
    PartyId sellersBank;
    PartyId agent;
    bytes32 currency;
    uint128 price;
    bytes32 documentHash;
    uint40 until;
}

/// What buyers offer.
/// @param denominator of the shares in which they will hold the title
/// @param shares the buyers in ascending order, as the title registry takes them
/// @param buyersBank the one that lends or answers for the money, chosen by them alone; zero for none
/// @param currency an ERC-20 token's address as a number: the price is paid into escrow; or an ISO 4217 code in
/// left-aligned ASCII: the buyers' bank answers for it
/// @param price above 0, in the smallest unit of the currency
/// @param payers who may pay into escrow
/// @param documentHash of the offer
/// @param until the last second for the contract to be signed, Unix time
struct Offer {
    uint64 denominator;
    Share[] shares;
    PartyId buyersBank;
    bytes32 currency;
    uint128 price;
    address[] payers;
    bytes32 documentHash;
    uint40 until;
}

/// What becomes of a lien.
/// @param payoff the most that it may cost to pay it off; 0 when the buyers take the title with it
struct LienFate {
    LienId lien;
    uint128 payoff;
}

/// The contract of sale.
/// @param liens every lien on the title in the order of its rank
/// @param payouts where each seller's money goes, in the sellers' order; none when the money is in no token
/// @param agentFee paid out of the price; 0 without an agent
/// @param agentPayout where it goes; zero when the money is in no token
/// @param duty stamp duty and fee, which the buyers pay on top of the price
/// @param feeds the sale that a part of the sellers' money goes to; zero for none
/// @param feedAmount how much of it
/// @param fed how much of price and duty comes from other sales that are settled together with this one
/// @param documentHash of the contract
/// @param lodgeBy the last second for it to be lodged, Unix time
/// @param financeBy the last second for the money to be there
/// @param completeBy the last second for registration, and of the priority notice
struct SaleContract {
    LienFate[] liens;
    address[] payouts;
    uint128 agentFee;
    address agentPayout;
    uint128 duty;
    SaleId feeds;
    uint128 feedAmount;
    uint128 fed;
    bytes32 documentHash;
    uint40 lodgeBy;
    uint40 financeBy;
    uint40 completeBy;
}

/// Where the money comes from.
/// @param mortgage the lien that the title gets with its new holders; of kind None for none
/// @param rank the one promised to the bank; 0 promises none
/// @param reserved what the bank answers for until the sale has ended: the whole price; 0 when the money is in escrow
/// @param documentHash of the loan, or of the attestation; zero when the money is in escrow and nobody lends. Without a
/// bank nobody signs, and everything is zero
struct Finance {
    Lien mortgage;
    uint8 rank;
    uint128 reserved;
    bytes32 documentHash;
}

/// The bill of sale.
/// @param legalDate of possession, as the title registry takes it
struct BillOfSale {
    bytes32 documentHash;
    uint32 legalDate;
}

/// For how much the holder of a lien releases the title, and where the money goes.
/// @param payout zero when the money is in no token
struct Payoff {
    Lien lien;
    uint128 amount;
    address payout;
    Consent consent;
}

/// All that a sale was agreed to, as it is settled.
/// @param payoffs one for each lien that is paid off, in the order of their rank
struct Settlement {
    Listing listing;
    Offer offer;
    SaleContract terms;
    Finance finance;
    BillOfSale bill;
    Payoff[] payoffs;
}

/// A sale as it stands. Its papers are in the events; of each the hash is kept.
/// @param deadline the last second for the next step, Unix time; afterwards anyone may end the sale
/// @param offer hashStruct of the offer
/// @param terms hashStruct of the contract
/// @param closing from the contract on, what weighs on the title then, as ILienRegistry.revisionOf tells it; once the
/// money is there, hashStruct of the financing; with the bill of sale, keccak256(financing, bill)
struct Sale {
    SaleStatus status;
    uint40 deadline;
    bytes32 offer;
    bytes32 terms;
    bytes32 closing;
}

/// @title Sales of titles, from listing to registration
/// @notice Money and title change hands in one transaction or not at all.
///
///   step               from                who signs, or acts                                        by when
///   list               –                   sellers, agent                                            –
///   acceptOffer        Listed              sellers, buyers                                           listing.until
///   signContract       OfferAccepted       sellers, buyers, agent, sellers' bank                     offer.until
///   lodge              ContractSigned      a land registrar of the register's keeper                 terms.lodgeBy
///   deposit            PendingTitle        payers whom the buyers named                              terms.financeBy
///   finance            PendingTitle        buyers' bank, if any; buyers too, when it lends           terms.financeBy
///   signBillOfSale     Financed            sellers, buyers                                           terms.completeBy
///   confirmDuty        BillOfSaleSigned    a land registrar; in escrow settlement pays the duty      terms.completeBy
///   settle             BillOfSaleSigned    anyone; holders of liens that are paid off sign           terms.completeBy
///                      or DutyPaid
///   cancel             any of these        sellers; from OfferAccepted on buyers too                 –
///   expire             any of these        anyone                                                    once that is over
///
/// Consents come in that order: of sellers and buyers one each, as listing and offer name them; none for an agent or
/// a bank that the sale goes without. Agent and banks need their credential when they sign. Steps of several calls go
/// into one transaction by multicall.
/// @dev Typed data (EIP-712), domain {name "Muniment Conveyance", version "1", chainId, verifyingContract}:
///   ListTitle(Listing listing,bytes32 party,uint256 nonce,uint256 deadline)
///   AcceptOffer(bytes32 sale,Offer offer,bytes32 party,uint256 nonce,uint256 deadline)
///   SignContract(bytes32 sale,Offer offer,SaleContract terms,bytes32 party,uint256 nonce,uint256 deadline)
///   FinanceSale(bytes32 sale,Finance finance,bytes32 party,uint256 nonce,uint256 deadline)
///   SignBillOfSale(bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill,bytes32 party,
///   uint256 nonce,uint256 deadline)
///   PayOffLien(bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout,bytes32 party,uint256 nonce,
///   uint256 deadline)
///   CancelSale(bytes32 sale,bytes32 documentHash,bytes32 party,uint256 nonce,uint256 deadline)
///   CancelNonce(bytes32 party,uint256 nonce,uint256 deadline)
///   Listing(bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,
///   uint128 price,bytes32 documentHash,uint40 until)
///   Offer(uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,
///   bytes32 documentHash,uint40 until)
///   Share(bytes32 holder,uint64 numerator)
///   SaleContract(LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,bytes32 feeds,
///   uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,uint40 completeBy)
///   LienFate(bytes32 lien,uint128 payoff)
///   Finance(Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash)
///   Lien(uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash)
///   BillOfSale(bytes32 documentHash,uint32 legalDate)
/// Powers of attorney are asked for as "land.sell" (sellers), "land.buy" (buyers), "land.charge" (buyers who borrow),
/// "land.mediate" (agent), "land.receive" (sellers' bank) and "land.lend" (buyers' bank), subject: the title; and as
/// "land.discharge", subject: the lien. Sellers and buyers do each step at a price: the one asked, then the one agreed.
///
/// Several sales of one title may be under way until one is lodged; then the title registry keeps it for that one. What
/// weighs on the title when the contract is signed weighs on it when it is lodged, or that is refused. A court's freeze
/// stops lodging and settlement and nothing else: deadlines run on, and exits and refunds never ask the title.
interface IConveyance is IConsents {
    event SaleListed(SaleId indexed sale, TitleId indexed title, Listing listing);
    event OfferAccepted(SaleId indexed sale, TitleId indexed title, Offer offer);
    event ContractSigned(SaleId indexed sale, TitleId indexed title, SaleContract terms);
    /// @param lodgement counts lodged contracts from 1
    event SaleLodged(
        SaleId indexed sale, TitleId indexed title, uint256 indexed lodgement, address officer, uint40 until
    );
    event SaleFinanced(SaleId indexed sale, TitleId indexed title, Finance finance);
    event BillOfSaleSigned(SaleId indexed sale, TitleId indexed title, BillOfSale bill);
    /// @param officer who saw the receipt; zero when duty was paid in the settlement
    /// @param receipt its hash; zero when duty was paid in the settlement
    event DutyPaid(
        SaleId indexed sale, TitleId indexed title, bytes32 currency, uint128 duty, address officer, bytes32 receipt
    );
    event LienPaidOff(
        SaleId indexed sale,
        LienId indexed lien,
        PartyId indexed holder,
        bytes32 currency,
        uint128 amount,
        address payout
    );
    event SaleRegistered(SaleId indexed sale, TitleId indexed title);
    event SaleCancelled(SaleId indexed sale, TitleId indexed title, SaleStatus before, bytes32 documentHash);
    event SaleExpired(SaleId indexed sale, TitleId indexed title, SaleStatus before, uint40 deadline);

    /// @notice Thrown when the escrow works for another conveyance contract, or another title registry.
    error NotWired(address part);
    /// @notice Thrown when a sale with this very listing exists.
    error SaleExists(SaleId sale);
    /// @notice Thrown when the sale does not stand where the step begins; also when there is no such sale.
    error WrongStep(SaleId sale, SaleStatus present);
    /// @notice Thrown when the time for the step is over.
    error SaleOverdue(SaleId sale, uint40 deadline);
    /// @notice Thrown when the time for the step is not over.
    error SaleNotOverdue(SaleId sale, uint40 deadline);
    /// @notice Thrown when the sellers are not exactly the holders.
    error SellersRefused(TitleId title);
    /// @notice Thrown when a paper is not the one that was agreed to; also when a lease or an easement came or went
    /// between the contract and its lodging, or somebody tells of means though the buyers chose no bank.
    error PaperDiffers(SaleId sale, bytes32 given, bytes32 agreed);
    /// @notice Thrown when the hash of the document is zero.
    error DocumentMissing(SaleId sale);
    /// @notice Thrown when the price is zero.
    error PriceMissing(SaleId sale);
    /// @notice Thrown when the deadlines of a contract have passed, or do not follow each other.
    error DeadlinesRefused(SaleId sale);
    /// @notice Thrown when a contract, or a settlement, does not deal with exactly the liens on the title, in their
    /// order.
    error LiensChanged(SaleId sale, LienId[] present);
    /// @notice Thrown when the money is in no token, or a lien is to pay for it, and the buyers chose no bank.
    error BankMissing(SaleId sale);
    /// @notice Thrown when somebody pays whom the buyers did not name.
    error PayerRefused(SaleId sale, address payer);
    /// @notice Thrown when money is paid into escrow though it is in no token, or a duty confirmed though it is.
    error WrongMoney(SaleId sale, bytes32 currency);
    /// @notice Thrown when other money is there than is due.
    error AmountRefused(SaleId sale, uint256 given, uint256 due);
    /// @notice Thrown when the mortgage is not the buyers' bank's, lacks something, or was promised a rank that it will
    /// not have.
    error MortgageRefused(SaleId sale);
    /// @notice Thrown when there is not exactly one payoff statement for each lien that is paid off, in their order.
    error PayoffsRefused(SaleId sale, uint256 given, uint256 needed);
    /// @notice Thrown when a payoff statement is for another lien, or for more than the contract allows.
    error PayoffRefused(SaleId sale, LienId lien, uint128 amount);
    /// @notice Thrown when there are no sales to settle, or more than MAX_CHAIN.
    error ChainRefused(uint256 length);
    /// @notice Thrown when a sale that is fed is not settled behind the one that feeds it, in the same token.
    error ChainBroken(SaleId sale, SaleId feeds);
    /// @notice Thrown when a sale is fed other than its contract says.
    error FeedDiffers(SaleId sale, uint256 given, uint128 fed);

    /// @notice The registry whose titles are sold.
    function TITLES() external view returns (ITitleRegistry);
    /// @notice The liens on them.
    function LIENS() external view returns (ILienRegistry);
    /// @notice The money, and what registers take of it.
    function ESCROW() external view returns (address);
    /// @notice The most sales that are settled together.
    function MAX_CHAIN() external view returns (uint256);

    // ── Agreement ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The sale's id from its listing.
    function saleIdOf(Listing calldata listing) external pure returns (SaleId);

    /// @notice A sale; all zero when there is none.
    function saleOf(SaleId sale) external view returns (Sale memory);

    /// @notice Put a title up for sale. By anyone; sellers and agent sign ListTitle.
    function list(Listing calldata listing, Consent[] calldata consents) external returns (SaleId sale);

    /// @notice Accept an offer. By anyone; sellers and buyers sign AcceptOffer.
    function acceptOffer(Listing calldata listing, Offer calldata offer, Consent[] calldata consents) external;

    /// @notice Bind both sides. By anyone; sellers, buyers, agent and the sellers' bank sign SignContract.
    function signContract(
        Listing calldata listing,
        Offer calldata offer,
        SaleContract calldata terms,
        Consent[] calldata consents
    ) external;

    /// @notice Lodge a contract, so that nobody slips in between: the title is kept for this sale until
    /// terms.completeBy, once. By a land registrar of the register's keeper.
    /// @return lodgement counts lodged contracts from 1
    function lodge(Listing calldata listing, SaleContract calldata terms) external returns (uint256 lodgement);

    // ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Pay into escrow, where the caller allowed the escrow to take it. By the payers whom the buyers named,
    /// together no more than price and duty, less what other sales feed.
    function deposit(Listing calldata listing, Offer calldata offer, SaleContract calldata terms, uint256 amount)
        external;

    /// @notice Declare that the money is there. By anyone; the buyers' bank, if they chose one, signs FinanceSale, so
    /// that its money is not spent without its mortgage, and when it lends each buyer, for the title will be charged.
    function finance(
        Listing calldata listing,
        Offer calldata offer,
        SaleContract calldata terms,
        Finance calldata means,
        Consent[] calldata consents
    ) external;

    /// @notice Hand over. By anyone; sellers and buyers sign SignBillOfSale.
    function signBillOfSale(
        Listing calldata listing,
        Offer calldata offer,
        BillOfSale calldata bill,
        Consent[] calldata consents
    ) external;

    /// @notice Confirm that the duty was paid, when it is not in escrow. By a land registrar of the register's keeper.
    /// @param receipt hash of the receipt
    function confirmDuty(Listing calldata listing, Offer calldata offer, SaleContract calldata terms, bytes32 receipt)
        external;

    // ── Settlement and exits ────────────────────────────────────────────────────────────────────────────────────

    /// @notice Register 1 to MAX_CHAIN sales, all or none, each after the one that feeds it: liens are paid off, the
    /// mortgage entered, duty and agent paid, the rest goes to the sellers by their shares, the title to the buyers.
    /// By anyone; holders of liens that are paid off sign PayOffLien.
    function settle(Settlement[] calldata chain) external;

    /// @notice End a sale by agreement. By anyone; sellers sign CancelSale, and once an offer was accepted buyers too.
    /// @param offer the accepted one; anything before there is one
    function cancel(Listing calldata listing, Offer calldata offer, bytes32 documentHash, Consent[] calldata consents)
        external;

    /// @notice End a sale whose time is over. By anyone.
    function expire(Listing calldata listing) external;
}
