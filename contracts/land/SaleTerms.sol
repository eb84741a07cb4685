// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Listing, Offer, SaleContract} from "../../interfaces/land/IConveyance.sol";
import {ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {Jurisdiction, SaleId} from "../../interfaces/land/ITitleRegistry.sol";
import {SaleMath} from "./SaleMath.sol";
import {SaleRates} from "./SaleRates.sol";

/// @title Whether the money of a contract adds up
abstract contract SaleTerms is SaleRates {
    /// @inheritdoc ISaleEscrow
    function requireSound(
        SaleId sale,
        Jurisdiction jurisdiction,
        Listing calldata listing,
        Offer calldata offer,
        SaleContract calldata terms
    ) external view {
        address token = SaleMath.tokenOf(offer.currency);
        _requirePayouts(sale, token, listing, terms);
        _requireFeed(sale, token, offer, terms);
        _requireClaims(sale, offer, terms);
        uint128 duty = dutyOf(jurisdiction, offer.currency, offer.price, offer.denominator, offer.shares);
        if (terms.duty != duty) revert DutyRefused(sale, terms.duty, duty);
    }

    /// Each seller's money goes somewhere; whoever has no wallet has a bank that says where.
    function _requirePayouts(SaleId sale, address token, Listing calldata listing, SaleContract calldata terms)
        private
        view
    {
        if (terms.payouts.length != (token == address(0) ? 0 : listing.sellers.length)) {
            revert PayoutRefused(sale, address(0));
        }
        for (uint256 i = 0; i < terms.payouts.length; ++i) {
            _requirePayout(sale, token, terms.payouts[i]);
            PartyId seller = listing.sellers[i];
            if (PartyId.unwrap(listing.sellersBank) == bytes32(0) && _hasNoWallet(seller)) {
                revert SellerUnbanked(sale, seller);
            }
        }
        if (terms.agentFee != 0 && PartyId.unwrap(listing.agent) == bytes32(0)) revert AgentMissing(sale);
        if (terms.agentFee != 0 || terms.agentPayout != address(0)) _requirePayout(sale, token, terms.agentPayout);
    }

    /// Somewhere that money can be fetched from; nowhere when there is no token.
    function _requirePayout(SaleId sale, address token, address payout) private view {
        bool sound = token == address(0) ? payout == address(0) : _isFetchable(token, payout);
        if (!sound) revert PayoutRefused(sale, payout);
    }

    function _requireFeed(SaleId sale, address token, Offer calldata offer, SaleContract calldata terms) private pure {
        bytes32 feeds = SaleId.unwrap(terms.feeds);
        bool sound = (feeds == bytes32(0)) == (terms.feedAmount == 0) && feeds != SaleId.unwrap(sale)
            && (token != address(0) || (feeds == bytes32(0) && terms.fed == 0))
            && terms.fed <= uint256(offer.price) + terms.duty;
        if (!sound) revert FeedRefused(sale, terms.feeds);
    }

    /// Whatever comes out of the price is in it, so that the sellers' rest is never less than nothing.
    function _requireClaims(SaleId sale, Offer calldata offer, SaleContract calldata terms) private pure {
        uint256 claims = uint256(terms.agentFee) + terms.feedAmount;
        for (uint256 i = 0; i < terms.liens.length; ++i) {
            claims += terms.liens[i].payoff;
        }
        if (claims > offer.price) revert ClaimsExceedPrice(sale, claims, offer.price);
    }

    function _hasNoWallet(PartyId party) private view returns (bool) {
        return PARTIES.walletOf(party) == address(0) && !_isOrganisation(party);
    }
}
