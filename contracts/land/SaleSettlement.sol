// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {
    BillOfSale,
    Finance,
    IConveyance,
    Listing,
    Payoff,
    Sale,
    SaleStatus,
    Settlement
} from "../../interfaces/land/IConveyance.sol";
import {LienKind} from "../../interfaces/land/ILienRegistry.sol";
import {Credit, ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {LienId, SaleId, Source, Title, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {SaleFinancing} from "./SaleFinancing.sol";
import {SaleMath} from "./SaleMath.sol";
import {SalePapers} from "./SalePapers.sol";

/// @title Money and titles change hands
abstract contract SaleSettlement is SaleFinancing {
    using SalePapers for Finance;
    using SalePapers for BillOfSale;

    bytes32 private constant PAY_OFF_LIEN = keccak256(
        "PayOffLien(bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout,bytes32 party,"
        "uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DISCHARGE = keccak256("land.discharge");

    /// @inheritdoc IConveyance
    uint256 public constant MAX_CHAIN = 8;

    /// @inheritdoc IConveyance
    function settle(Settlement[] calldata chain) external {
        if (chain.length == 0 || chain.length > MAX_CHAIN) revert ChainRefused(chain.length);
        uint256[] memory fed = new uint256[](chain.length);
        for (uint256 i = 0; i < chain.length; ++i) {
            SaleId sale = _settle(chain[i], fed[i]);
            if (chain[i].terms.feedAmount != 0) fed[_fedBy(sale, chain, i)] += chain[i].terms.feedAmount;
        }
    }

    /// Which later sale of the chain this one feeds.
    function _fedBy(SaleId sale, Settlement[] calldata chain, uint256 place) private pure returns (uint256 later) {
        SaleId feeds = chain[place].terms.feeds;
        for (later = place + 1; later < chain.length; ++later) {
            bool found = SaleId.unwrap(saleIdOf(chain[later].listing)) == SaleId.unwrap(feeds);
            if (found && chain[later].offer.currency == chain[place].offer.currency) return later;
        }
        revert ChainBroken(sale, feeds);
    }

    function _settle(Settlement calldata all, uint256 fed) private returns (SaleId sale) {
        Sale storage record;
        address token = _tokenOf(all.offer);
        SaleStatus from = token == address(0) ? SaleStatus.DutyPaid : SaleStatus.BillOfSaleSigned;
        (sale, record) = _begin(all.listing, from);
        _requireOffer(sale, record, all.offer);
        _requireTerms(sale, record, all.terms);
        _requireSame(sale, SalePapers.closing(all.finance.hash(), all.bill.hash()), record.closing);
        if (fed != all.terms.fed) revert FeedDiffers(sale, fed, all.terms.fed);

        record.status = SaleStatus.Registered;
        TitleId title = all.listing.title;
        Title memory before = _requireVersion(all.listing);
        Credit[] memory credits = _payOff(sale, all);
        _pass(sale, all);
        if (token != address(0)) {
            _divide(all, before, credits);
            emit DutyPaid(sale, title, all.offer.currency, all.terms.duty, address(0), bytes32(0));
            ISaleEscrow(ESCROW).release(sale, token, credits, all.terms.feeds, all.terms.feedAmount);
        }
        emit SaleRegistered(sale, title);
    }

    /// Discharge each lien that the contract does not let the buyers take over, for what its holder signed.
    /// @return credits the holders' first; those of agent, register and sellers are still empty
    function _payOff(SaleId sale, Settlement calldata all) private returns (Credit[] memory credits) {
        _requireLiens(sale, all.listing.title, all.terms);
        uint256 count;
        for (uint256 i = 0; i < all.terms.liens.length; ++i) {
            if (all.terms.liens[i].payoff != 0) ++count;
        }
        if (all.payoffs.length != count) revert PayoffsRefused(sale, all.payoffs.length, count);

        credits = new Credit[](count + 2 + all.terms.payouts.length);
        uint256 place;
        for (uint256 i = 0; i < all.terms.liens.length; ++i) {
            uint128 most = all.terms.liens[i].payoff;
            if (most == 0) continue;
            Payoff calldata payoff = all.payoffs[place];
            _payOffOne(sale, all, payoff, all.terms.liens[i].lien, most);
            credits[place] = Credit(payoff.payout, payoff.amount);
            ++place;
        }
    }

    function _payOffOne(SaleId sale, Settlement calldata all, Payoff calldata payoff, LienId expected, uint128 most)
        private
    {
        LienId lien = LIENS.lienIdOf(payoff.lien);
        if (LienId.unwrap(lien) != LienId.unwrap(expected) || payoff.amount > most) {
            revert PayoffRefused(sale, lien, payoff.amount);
        }
        PartyId holder = LIENS.holderOf(payoff.lien);
        bytes memory head = abi.encode(PAY_OFF_LIEN, sale, lien, payoff.amount, all.offer.currency, payoff.payout);
        _requireConsentAt(0, bytes32(0), holder, DISCHARGE, LienId.unwrap(lien), head, payoff.consent);

        emit LienPaidOff(sale, lien, holder, all.offer.currency, payoff.amount, payoff.payout);
        LIENS.dischargeForSale(all.listing.title, sale, payoff.lien);
    }

    /// The buyers' mortgage weighs on the title, and the title is theirs.
    function _pass(SaleId sale, Settlement calldata all) private {
        Listing calldata listing = all.listing;
        if (all.finance.mortgage.kind != LienKind.None) {
            LIENS.enterForSale(listing.title, sale, all.finance.mortgage, all.finance.rank, all.bill.legalDate);
        }
        TITLES.convey(
            listing.title,
            sale,
            listing.version,
            listing.sellers,
            all.offer.denominator,
            all.offer.shares,
            Source(all.bill.documentHash, all.bill.legalDate)
        );
    }

    /// Duty to the register, the fee to the agent, and to the sellers by their shares what nobody else gets.
    function _divide(Settlement calldata all, Title memory before, Credit[] memory credits) private view {
        uint256 place = all.payoffs.length;
        uint256 rest = uint256(all.offer.price) - all.terms.agentFee - all.terms.feedAmount;
        for (uint256 i = 0; i < place; ++i) {
            rest -= credits[i].amount;
        }
        address register = ISaleEscrow(ESCROW).ratesOf(before.jurisdiction, all.offer.currency).payee;
        credits[place] = Credit(register, all.terms.duty);
        credits[place + 1] = Credit(all.terms.agentPayout, all.terms.agentFee);
        uint256[] memory parts = SaleMath.split(rest, before.denominator, before.shares);
        for (uint256 i = 0; i < parts.length; ++i) {
            credits[place + 2 + i] = Credit(all.terms.payouts[i], parts[i]);
        }
    }
}
