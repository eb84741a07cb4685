// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {CredentialKind, ICredentialRegistry} from "../../interfaces/identity/ICredentialRegistry.sol";
import {IPartyRegistry, PartyId, PowerId} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {IConveyance, Listing, Offer, Sale, SaleContract, SaleStatus} from "../../interfaces/land/IConveyance.sol";
import {ILienRegistry} from "../../interfaces/land/ILienRegistry.sol";
import {ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {ITitleRegistry, LienId, SaleId, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {Consents} from "./Consents.sol";
import {SaleMath} from "./SaleMath.sol";
import {SalePapers} from "./SalePapers.sol";

/// @title Every sale, and the rules that its steps share
abstract contract SaleRecords is Consents, IConveyance {
    using SalePapers for Listing;
    using SalePapers for Offer;
    using SalePapers for SaleContract;

    bytes32 internal constant SELL = keccak256("land.sell");
    bytes32 internal constant BUY = keccak256("land.buy");

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    /// @notice Who is a licensed agent or bank.
    ICredentialRegistry public immutable CREDENTIALS;
    uint64 private immutable LAND_REGISTRAR;
    CredentialKind internal immutable ESTATE_AGENT;
    CredentialKind internal immutable BANK;
    /// @inheritdoc IConveyance
    ITitleRegistry public immutable TITLES;
    /// @inheritdoc IConveyance
    ILienRegistry public immutable LIENS;
    /// @inheritdoc IConveyance
    address public immutable ESCROW;

    mapping(SaleId sale => Sale record) internal _sales;

    constructor(
        IAgencyRegistry agencies,
        IPartyRegistry parties,
        ICredentialRegistry credentials,
        ITitleRegistry titles,
        ILienRegistry liens,
        ISaleEscrow escrow
    ) Consents(parties) {
        AGENCIES = agencies;
        CREDENTIALS = credentials;
        LAND_REGISTRAR = agencies.LAND_REGISTRAR();
        ESTATE_AGENT = credentials.ESTATE_AGENT();
        BANK = credentials.BANK();
        TITLES = titles;
        LIENS = liens;
        ESCROW = address(escrow);
    }

    /// @inheritdoc IConveyance
    function saleIdOf(Listing calldata listing) public pure returns (SaleId) {
        return SalePapers.saleIdOf(listing.hash());
    }

    /// @inheritdoc IConveyance
    function saleOf(SaleId sale) external view returns (Sale memory) {
        return _sales[sale];
    }

    // ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The sale of a listing, where the step begins and its time is not over.
    function _begin(Listing calldata listing, SaleStatus from)
        internal
        view
        returns (SaleId sale, Sale storage record)
    {
        sale = saleIdOf(listing);
        record = _sales[sale];
        if (record.status != from) revert WrongStep(sale, record.status);
        _requireNotOver(sale, record.deadline);
    }

    function _requireNotOver(SaleId sale, uint40 deadline) internal view {
        if (block.timestamp > deadline) revert SaleOverdue(sale, deadline);
    }

    function _requireOffer(SaleId sale, Sale storage record, Offer calldata offer) internal view {
        _requireSame(sale, offer.hash(), record.offer);
    }

    function _requireTerms(SaleId sale, Sale storage record, SaleContract calldata terms) internal view {
        _requireSame(sale, terms.hash(), record.terms);
    }

    function _requireSame(SaleId sale, bytes32 given, bytes32 agreed) internal pure {
        if (given != agreed) revert PaperDiffers(sale, given, agreed);
    }

    function _requireDocument(SaleId sale, bytes32 documentHash) internal pure {
        if (documentHash == bytes32(0)) revert DocumentMissing(sale);
    }

    // ── Who signs ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Sellers sign at the price asked, with `others` behind them.
    function _sellersSign(Listing calldata listing, uint256 others, bytes memory head, Consent[] calldata consents)
        internal
        returns (uint256 next)
    {
        _requireCount(consents, listing.sellers.length + others);
        return _sellersSignAt(listing.price, listing.currency, listing, head, consents);
    }

    /// Sellers and buyers sign at the price agreed, with `others` behind them.
    function _bothSign(
        Listing calldata listing,
        Offer calldata offer,
        uint256 others,
        bytes memory head,
        Consent[] calldata consents
    ) internal returns (uint256 next) {
        _requireCount(consents, listing.sellers.length + offer.shares.length + others);
        next = _sellersSignAt(offer.price, offer.currency, listing, head, consents);
        for (uint256 i = 0; i < offer.shares.length; ++i) {
            _requireConsentAt(
                offer.price,
                offer.currency,
                offer.shares[i].holder,
                BUY,
                TitleId.unwrap(listing.title),
                head,
                consents[next + i]
            );
        }
        next += offer.shares.length;
    }

    /// The agent, or a bank, signs if there is one.
    function _licensedSigns(
        PartyId party,
        CredentialKind kind,
        bytes32 act,
        TitleId title,
        bytes memory head,
        Consent calldata consent
    ) internal {
        CREDENTIALS.requireCredential(party, kind);
        _requireConsentAt(0, bytes32(0), party, act, TitleId.unwrap(title), head, consent);
    }

    /// As Consents has it, for an act at a price, below which a power of attorney may not go.
    function _requireConsentAt(
        uint256 price,
        bytes32 currency,
        PartyId party,
        bytes32 act,
        bytes32 subject,
        bytes memory head,
        Consent calldata consent
    ) internal {
        _requireInTime(consent.deadline);
        PartyId signer = party;
        if (PowerId.unwrap(consent.power) != bytes32(0)) {
            signer = consent.attorney;
            PARTIES.requirePower(consent.power, party, signer, act, subject, price, currency);
        }
        bytes32 structHash = keccak256(bytes.concat(head, abi.encode(party, consent.nonce, consent.deadline)));
        _requireSigned(signer, structHash, consent.signature);
        _useNonce(signer, consent.nonce);
    }

    function _sellersSignAt(
        uint256 price,
        bytes32 currency,
        Listing calldata listing,
        bytes memory head,
        Consent[] calldata consents
    ) private returns (uint256 next) {
        for (; next < listing.sellers.length; ++next) {
            _requireConsentAt(
                price, currency, listing.sellers[next], SELL, TitleId.unwrap(listing.title), head, consents[next]
            );
        }
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireRegistrar(TitleId title) internal view {
        AGENCIES.requireOfficerFor(msg.sender, LAND_REGISTRAR, TITLES.standingOf(title).keeper);
    }

    /// The contract deals with every lien on the title, and with no other.
    function _requireLiens(SaleId sale, TitleId title, SaleContract calldata terms) internal view {
        LienId[] memory present = LIENS.liensOf(title);
        bool same = present.length == terms.liens.length;
        for (uint256 i = 0; same && i < present.length; ++i) {
            same = LienId.unwrap(present[i]) == LienId.unwrap(terms.liens[i].lien);
        }
        if (!same) revert LiensChanged(sale, present);
    }

    function _requireCount(Consent[] calldata consents, uint256 needed) internal pure {
        if (consents.length != needed) revert ConsentsRefused(consents.length, needed);
    }

    function _isNobody(PartyId party) internal pure returns (bool) {
        return PartyId.unwrap(party) == bytes32(0);
    }

    function _tokenOf(Offer calldata offer) internal pure returns (address) {
        return SaleMath.tokenOf(offer.currency);
    }
}
