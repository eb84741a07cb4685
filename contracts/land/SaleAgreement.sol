// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {IConveyance, Listing, Offer, Sale, SaleContract, SaleStatus} from "../../interfaces/land/IConveyance.sol";
import {ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {ITitleRegistry, Jurisdiction, SaleId, Share, Title} from "../../interfaces/land/ITitleRegistry.sol";
import {SalePapers} from "./SalePapers.sol";
import {SaleRecords} from "./SaleRecords.sol";
import {TitleShares} from "./TitleShares.sol";

/// @title From listing to the priority notice
abstract contract SaleAgreement is SaleRecords {
    using SalePapers for Listing;
    using SalePapers for Offer;
    using SalePapers for SaleContract;
    using TitleShares for Share[];

    bytes32 private constant LIST_TITLE = keccak256(
        "ListTitle(Listing listing,bytes32 party,uint256 nonce,uint256 deadline)Listing(bytes32 title,"
        "uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,uint128 price,"
        "bytes32 documentHash,uint40 until)"
    );
    bytes32 private constant ACCEPT_OFFER = keccak256(
        "AcceptOffer(bytes32 sale,Offer offer,bytes32 party,uint256 nonce,"
        "uint256 deadline)Offer(uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,"
        "uint128 price,address[] payers,bytes32 documentHash,uint40 until)Share(bytes32 holder," "uint64 numerator)"
    );
    bytes32 private constant SIGN_CONTRACT = keccak256(
        "SignContract(bytes32 sale,Offer offer,SaleContract terms,bytes32 party,uint256 nonce,"
        "uint256 deadline)LienFate(bytes32 lien,uint128 payoff)Offer(uint64 denominator,Share[] shares,"
        "bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,bytes32 documentHash,"
        "uint40 until)SaleContract(LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,"
        "uint128 duty,bytes32 feeds,uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,"
        "uint40 financeBy,uint40 completeBy)Share(bytes32 holder,uint64 numerator)"
    );
    bytes32 private constant MEDIATE = keccak256("land.mediate");
    bytes32 private constant RECEIVE = keccak256("land.receive");

    uint256 private _lodgements;

    // ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IConveyance
    function list(Listing calldata listing, Consent[] calldata consents) external returns (SaleId sale) {
        bytes32 paper = listing.hash();
        sale = SalePapers.saleIdOf(paper);
        if (_sales[sale].status != SaleStatus.None) revert SaleExists(sale);
        _requireNotOver(sale, listing.until);
        _requireDocument(sale, listing.documentHash);
        _requireHolders(listing);
        bool mediated = !_isNobody(listing.agent);
        bytes memory head = abi.encode(LIST_TITLE, paper);
        uint256 next = _sellersSign(listing, mediated ? 1 : 0, head, consents);
        if (mediated) _licensedSigns(listing.agent, ESTATE_AGENT, MEDIATE, listing.title, head, consents[next]);

        _sales[sale].status = SaleStatus.Listed;
        _sales[sale].deadline = listing.until;
        emit SaleListed(sale, listing.title, listing);
    }

    /// @inheritdoc IConveyance
    function acceptOffer(Listing calldata listing, Offer calldata offer, Consent[] calldata consents) external {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.Listed);
        _requireNotOver(sale, offer.until);
        _requireDocument(sale, offer.documentHash);
        if (offer.price == 0) revert PriceMissing(sale);
        Share[] memory shares = offer.shares;
        shares.check(listing.title, offer.denominator);
        bytes32 paper = offer.hash();
        _bothSign(listing, offer, 0, abi.encode(ACCEPT_OFFER, sale, paper), consents);

        record.status = SaleStatus.OfferAccepted;
        record.deadline = offer.until;
        record.offer = paper;
        emit OfferAccepted(sale, listing.title, offer);
    }

    /// @inheritdoc IConveyance
    function signContract(
        Listing calldata listing,
        Offer calldata offer,
        SaleContract calldata terms,
        Consent[] calldata consents
    ) external {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.OfferAccepted);
        _requireOffer(sale, record, offer);
        _requireSound(sale, listing, offer, terms);
        bytes32 paper = terms.hash();
        _contractSigned(listing, offer, abi.encode(SIGN_CONTRACT, sale, record.offer, paper), consents);

        record.status = SaleStatus.ContractSigned;
        record.deadline = terms.lodgeBy;
        record.terms = paper;
        record.closing = _burdensOf(listing);
        emit ContractSigned(sale, listing.title, terms);
    }

    /// @inheritdoc IConveyance
    function lodge(Listing calldata listing, SaleContract calldata terms) external returns (uint256 lodgement) {
        (SaleId sale, Sale storage record) = _begin(listing, SaleStatus.ContractSigned);
        _requireTerms(sale, record, terms);
        _requireRegistrar(listing.title);
        _requireVersion(listing);
        _requireLiens(sale, listing.title, terms);
        _requireSame(sale, _burdensOf(listing), record.closing);

        record.status = SaleStatus.PendingTitle;
        record.deadline = terms.financeBy;
        lodgement = ++_lodgements;
        emit SaleLodged(sale, listing.title, lodgement, msg.sender, terms.completeBy);
        TITLES.setNotice(listing.title, sale, terms.completeBy);
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Both sides sign, then the agent and the sellers' bank, which stands in for their payouts.
    function _contractSigned(
        Listing calldata listing,
        Offer calldata offer,
        bytes memory head,
        Consent[] calldata consents
    ) private {
        bool mediated = !_isNobody(listing.agent);
        bool banked = !_isNobody(listing.sellersBank);
        uint256 others = (mediated ? 1 : 0) + (banked ? 1 : 0);
        uint256 next = _bothSign(listing, offer, others, head, consents);
        if (mediated) _licensedSigns(listing.agent, ESTATE_AGENT, MEDIATE, listing.title, head, consents[next]);
        if (banked) {
            _licensedSigns(listing.sellersBank, BANK, RECEIVE, listing.title, head, consents[consents.length - 1]);
        }
    }

    function _requireSound(SaleId sale, Listing calldata listing, Offer calldata offer, SaleContract calldata terms)
        private
        view
    {
        _requireDocument(sale, terms.documentHash);
        bool ordered =
            block.timestamp <= terms.lodgeBy && terms.lodgeBy <= terms.financeBy && terms.financeBy <= terms.completeBy;
        if (!ordered) revert DeadlinesRefused(sale);
        Jurisdiction jurisdiction = _requireVersion(listing).jurisdiction;
        _requireLiens(sale, listing.title, terms);
        ISaleEscrow(ESCROW).requireSound(sale, jurisdiction, listing, offer, terms);
    }

    /// The sellers are the holders, all of them.
    function _requireHolders(Listing calldata listing) private view {
        Title memory title = _requireVersion(listing);
        bool same = title.shares.length != 0 && title.shares.length == listing.sellers.length;
        for (uint256 i = 0; same && i < listing.sellers.length; ++i) {
            same = PartyId.unwrap(title.shares[i].holder) == PartyId.unwrap(listing.sellers[i]);
        }
        if (!same) revert SellersRefused(listing.title);
    }

    /// Liens, leases and easements in one word.
    function _burdensOf(Listing calldata listing) private view returns (bytes32) {
        return LIENS.revisionOf(listing.title);
    }

    function _requireVersion(Listing calldata listing) internal view returns (Title memory title) {
        title = TITLES.titleOf(listing.title);
        if (title.version != listing.version) {
            revert ITitleRegistry.VersionStale(listing.title, listing.version, title.version);
        }
    }
}
