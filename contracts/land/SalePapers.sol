// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Lien} from "../../interfaces/land/ILienRegistry.sol";
import {BillOfSale, Finance, LienFate, Listing, Offer, SaleContract} from "../../interfaces/land/IConveyance.sol";
import {SaleId, Share} from "../../interfaces/land/ITitleRegistry.sol";

/// @title The papers of a sale as EIP-712 has them
library SalePapers {
    bytes32 private constant SALE = keccak256("Muniment.Sale.v1");
    bytes32 private constant LISTING = keccak256(
        "Listing(bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,"
        "bytes32 currency,uint128 price,bytes32 documentHash,uint40 until)"
    );
    bytes32 private constant OFFER = keccak256(
        "Offer(uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,"
        "address[] payers,bytes32 documentHash,uint40 until)Share(bytes32 holder,uint64 numerator)"
    );
    bytes32 private constant SHARE = keccak256("Share(bytes32 holder,uint64 numerator)");
    bytes32 private constant SALE_CONTRACT = keccak256(
        "SaleContract(LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,"
        "bytes32 feeds,uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,"
        "uint40 completeBy)LienFate(bytes32 lien,uint128 payoff)"
    );
    bytes32 private constant LIEN_FATE = keccak256("LienFate(bytes32 lien,uint128 payoff)");
    bytes32 private constant FINANCE = keccak256(
        "Finance(Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash)Lien(uint8 kind,"
        "bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash)"
    );
    bytes32 private constant LIEN =
        keccak256("Lien(uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash)");
    bytes32 private constant BILL_OF_SALE = keccak256("BillOfSale(bytes32 documentHash,uint32 legalDate)");

    function saleIdOf(bytes32 listing) internal pure returns (SaleId) {
        return SaleId.wrap(keccak256(abi.encode(SALE, listing)));
    }

    function hash(Listing calldata listing) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                LISTING,
                listing.title,
                listing.version,
                keccak256(abi.encodePacked(listing.sellers)),
                listing.sellersBank,
                listing.agent,
                listing.currency,
                listing.price,
                listing.documentHash,
                listing.until
            )
        );
    }

    function hash(Offer calldata offer) internal pure returns (bytes32) {
        bytes32[] memory shares = new bytes32[](offer.shares.length);
        for (uint256 i = 0; i < shares.length; ++i) {
            Share calldata share = offer.shares[i];
            shares[i] = keccak256(abi.encode(SHARE, share.holder, share.numerator));
        }
        return keccak256(
            abi.encode(
                OFFER,
                offer.denominator,
                keccak256(abi.encodePacked(shares)),
                offer.buyersBank,
                offer.currency,
                offer.price,
                keccak256(abi.encodePacked(offer.payers)),
                offer.documentHash,
                offer.until
            )
        );
    }

    function hash(SaleContract calldata terms) internal pure returns (bytes32) {
        bytes32[] memory liens = new bytes32[](terms.liens.length);
        for (uint256 i = 0; i < liens.length; ++i) {
            LienFate calldata fate = terms.liens[i];
            liens[i] = keccak256(abi.encode(LIEN_FATE, fate.lien, fate.payoff));
        }
        return keccak256(
            abi.encode(
                SALE_CONTRACT,
                keccak256(abi.encodePacked(liens)),
                keccak256(abi.encodePacked(terms.payouts)),
                terms.agentFee,
                terms.agentPayout,
                terms.duty,
                terms.feeds,
                terms.feedAmount,
                terms.fed,
                terms.documentHash,
                terms.lodgeBy,
                terms.financeBy,
                terms.completeBy
            )
        );
    }

    function hash(Finance calldata means) internal pure returns (bytes32) {
        Lien calldata mortgage = means.mortgage;
        bytes32 lien = keccak256(
            abi.encode(LIEN, mortgage.kind, mortgage.creditor, mortgage.amount, mortgage.currency, mortgage.deedHash)
        );
        return keccak256(abi.encode(FINANCE, lien, means.rank, means.reserved, means.documentHash));
    }

    function hash(BillOfSale calldata bill) internal pure returns (bytes32) {
        return keccak256(abi.encode(BILL_OF_SALE, bill.documentHash, bill.legalDate));
    }

    /// The financing and the bill of sale in one word.
    function closing(bytes32 means, bytes32 bill) internal pure returns (bytes32) {
        return keccak256(abi.encode(means, bill));
    }
}
