// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {
    BillOfSale,
    Finance,
    IConveyance,
    Listing,
    Offer,
    Sale,
    SaleContract,
    SaleStatus
} from "../../interfaces/land/IConveyance.sol";
import {Lien, LienKind} from "../../interfaces/land/ILienRegistry.sol";
import {ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {SaleId, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {EncumbranceList} from "./EncumbranceList.sol";
import {SaleAgreement} from "./SaleAgreement.sol";
import {SalePapers} from "./SalePapers.sol";

/// @title From the priority notice to the duty
abstract contract SaleFinancing is SaleAgreement {
    using SalePapers for Finance;
    using SalePapers for BillOfSale;

    bytes32 private constant FINANCE_SALE = keccak256(
        "FinanceSale(bytes32 sale,Finance finance,bytes32 party,uint256 nonce,"
        "uint256 deadline)Finance(Lien mortgage,uint8 rank,uint128 reserved,"
        "bytes32 documentHash)Lien(uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency," "bytes32 deedHash)"
    );
    bytes32 private constant SIGN_BILL_OF_SALE = keccak256(
        "SignBillOfSale(bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill,"
        "bytes32 party,uint256 nonce,uint256 deadline)BillOfSale(bytes32 documentHash,uint32 legalDate)"
    );
    /// hashStruct of a Finance that is all zero.
    bytes32 private constant NO_FINANCE = 0x6cf229e5caa09f0a2e660ac13bab739c53b2a71c61d4c52b90ba5413125a3ed0;
    bytes32 private constant LEND = keccak256("land.lend");
    bytes32 private constant CHARGE = keccak256("land.charge");

    // ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IConveyance
    function deposit(Listing calldata listing, Offer calldata offer, SaleContract calldata terms, uint256 amount)
        external
    {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.PendingTitle);
        _requireOffer(sale, record, offer);
        _requireTerms(sale, record, terms);
        address token = _tokenOf(offer);
        if (token == address(0)) revert WrongMoney(sale, offer.currency);
        _requirePayer(sale, offer);

        ISaleEscrow(ESCROW).take(sale, token, msg.sender, amount, _depositDue(offer, terms));
    }

    /// @inheritdoc IConveyance
    function finance(
        Listing calldata listing,
        Offer calldata offer,
        SaleContract calldata terms,
        Finance calldata means,
        Consent[] calldata consents
    ) external {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.PendingTitle);
        _requireOffer(sale, record, offer);
        _requireTerms(sale, record, terms);
        _requireMoney(sale, offer, terms, means);
        bool lends = means.mortgage.kind != LienKind.None;
        if (lends) _requireMortgage(sale, offer, terms, means);
        bytes32 paper = means.hash();
        _financeSigned(sale, listing, offer, lends, abi.encode(FINANCE_SALE, sale, paper), consents);
        // Nobody signed: the paper says nothing.
        if (consents.length == 0) _requireSame(sale, paper, NO_FINANCE);

        record.status = SaleStatus.Financed;
        record.deadline = terms.completeBy;
        record.closing = paper;
        emit SaleFinanced(sale, listing.title, means);
    }

    /// @inheritdoc IConveyance
    function signBillOfSale(
        Listing calldata listing,
        Offer calldata offer,
        BillOfSale calldata bill,
        Consent[] calldata consents
    ) external {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.Financed);
        _requireOffer(sale, record, offer);
        _requireDocument(sale, bill.documentHash);
        bytes32 paper = bill.hash();
        bytes memory head = abi.encode(SIGN_BILL_OF_SALE, sale, listing.title, offer.price, offer.currency, paper);
        _bothSign(listing, offer, 0, head, consents);

        record.status = SaleStatus.BillOfSaleSigned;
        record.closing = SalePapers.closing(record.closing, paper);
        emit BillOfSaleSigned(sale, listing.title, bill);
    }

    /// @inheritdoc IConveyance
    function confirmDuty(Listing calldata listing, Offer calldata offer, SaleContract calldata terms, bytes32 receipt)
        external
    {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.BillOfSaleSigned);
        _requireOffer(sale, record, offer);
        _requireTerms(sale, record, terms);
        if (_tokenOf(offer) != address(0)) revert WrongMoney(sale, offer.currency);
        _requireDocument(sale, receipt);
        _requireRegistrar(listing.title);

        record.status = SaleStatus.DutyPaid;
        emit DutyPaid(sale, listing.title, offer.currency, terms.duty, msg.sender, receipt);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The bank that the buyers chose signs, and when it lends they sign too.
    function _financeSigned(
        SaleId sale,
        Listing calldata listing,
        Offer calldata offer,
        bool lends,
        bytes memory head,
        Consent[] calldata consents
    ) private {
        bool banked = !_isNobody(offer.buyersBank);
        if (!banked && (lends || _tokenOf(offer) == address(0))) revert BankMissing(sale);
        uint256 next = banked ? 1 : 0;
        _requireCount(consents, next + (lends ? offer.shares.length : 0));
        if (banked) _licensedSigns(offer.buyersBank, BANK, LEND, listing.title, head, consents[0]);
        for (uint256 i = 0; lends && i < offer.shares.length; ++i) {
            bytes32 subject = TitleId.unwrap(listing.title);
            _requireConsentAt(0, bytes32(0), offer.shares[i].holder, CHARGE, subject, head, consents[next + i]);
        }
    }

    function _requirePayer(SaleId sale, Offer calldata offer) private view {
        for (uint256 i = 0; i < offer.payers.length; ++i) {
            if (offer.payers[i] == msg.sender) return;
        }
        revert PayerRefused(sale, msg.sender);
    }

    /// The escrow holds all that is due but for what other sales feed; or the bank answers for the price, and for
    /// exactly that.
    function _requireMoney(SaleId sale, Offer calldata offer, SaleContract calldata terms, Finance calldata means)
        private
        view
    {
        bool inToken = _tokenOf(offer) != address(0);
        uint256 reservation = inToken ? 0 : offer.price;
        if (means.reserved != reservation) revert AmountRefused(sale, means.reserved, reservation);
        if (inToken) {
            (, uint256 open) = ISaleEscrow(ESCROW).openOf(sale);
            uint256 due = _depositDue(offer, terms);
            if (open != due) revert AmountRefused(sale, open, due);
        } else {
            _requireDocument(sale, means.documentHash);
        }
    }

    /// The lien that settlement will enter, so that it does not fail there.
    function _requireMortgage(SaleId sale, Offer calldata offer, SaleContract calldata terms, Finance calldata means)
        private
        pure
    {
        _requireDocument(sale, means.documentHash);
        Lien calldata mortgage = means.mortgage;
        uint256 rank = 1;
        for (uint256 i = 0; i < terms.liens.length; ++i) {
            if (terms.liens[i].payoff == 0) ++rank;
        }
        bool sound = mortgage.kind == LienKind.Contractual && mortgage.amount != 0
            && PartyId.unwrap(mortgage.creditor) == PartyId.unwrap(offer.buyersBank) && mortgage.currency != bytes32(0)
            && mortgage.deedHash != bytes32(0) && (means.rank == 0 || means.rank == rank)
            && rank <= EncumbranceList.LIMIT;
        if (!sound) revert MortgageRefused(sale);
    }

    function _depositDue(Offer calldata offer, SaleContract calldata terms) private pure returns (uint256) {
        return uint256(offer.price) + terms.duty - terms.fed;
    }
}
