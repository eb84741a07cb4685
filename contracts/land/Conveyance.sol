// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {ICredentialRegistry} from "../../interfaces/identity/ICredentialRegistry.sol";
import {IPartyRegistry} from "../../interfaces/identity/IPartyRegistry.sol";
import {Consent} from "../../interfaces/land/IConsents.sol";
import {IConveyance, Listing, Offer, Sale, SaleStatus} from "../../interfaces/land/IConveyance.sol";
import {ILienRegistry} from "../../interfaces/land/ILienRegistry.sol";
import {ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {ITitleRegistry, SaleId, TitleId} from "../../interfaces/land/ITitleRegistry.sol";
import {SaleRecords} from "./SaleRecords.sol";
import {SaleSettlement} from "./SaleSettlement.sol";

/// @title Sales of titles, from listing to registration
contract Conveyance is SaleSettlement, Multicall {
    bytes32 private constant CANCEL_SALE =
        keccak256("CancelSale(bytes32 sale,bytes32 documentHash,bytes32 party,uint256 nonce,uint256 deadline)");

    /// @dev The escrow is deployed first, for the address that this one will have.
    /// @param titles the address that the title registry will have
    constructor(
        IAgencyRegistry agencies,
        IPartyRegistry parties,
        ICredentialRegistry credentials,
        ITitleRegistry titles,
        ILienRegistry liens,
        ISaleEscrow escrow
    ) EIP712("Muniment Conveyance", "1") SaleRecords(agencies, parties, credentials, titles, liens, escrow) {
        if (liens.TITLES() != titles) revert NotWired(address(liens));
        if (escrow.CONVEYANCE() != address(this) || escrow.TITLES() != titles) revert NotWired(address(escrow));
    }

    // ── Exits: they ask nothing of the title, so that nothing on it stands in their way ─────────────────────────

    /// @inheritdoc IConveyance
    function cancel(Listing calldata listing, Offer calldata offer, bytes32 documentHash, Consent[] calldata consents)
        external
    {
        (SaleId sale, Sale storage record) = _requireUnderWay(listing);
        _requireDocument(sale, documentHash);
        SaleStatus before = record.status;
        bytes memory head = abi.encode(CANCEL_SALE, sale, documentHash);
        if (before == SaleStatus.Listed) {
            _sellersSign(listing, 0, head, consents);
        } else {
            _requireOffer(sale, record, offer);
            _bothSign(listing, offer, 0, head, consents);
        }

        record.status = SaleStatus.Cancelled;
        emit SaleCancelled(sale, listing.title, before, documentHash);
        _releaseTitle(listing.title, sale);
    }

    /// @inheritdoc IConveyance
    function expire(Listing calldata listing) external {
        (SaleId sale, Sale storage record) = _requireUnderWay(listing);
        if (block.timestamp <= record.deadline) revert SaleNotOverdue(sale, record.deadline);

        emit SaleExpired(sale, listing.title, record.status, record.deadline);
        record.status = SaleStatus.Expired;
        _releaseTitle(listing.title, sale);
    }

    function _requireUnderWay(Listing calldata listing) private view returns (SaleId sale, Sale storage record) {
        sale = saleIdOf(listing);
        record = _sales[sale];
        if (record.status == SaleStatus.None || record.status >= SaleStatus.Registered) {
            revert WrongStep(sale, record.status);
        }
    }

    /// A notice whose time is over may have made room for another sale's already.
    function _releaseTitle(TitleId title, SaleId sale) private {
        if (SaleId.unwrap(TITLES.noticeOf(title).sale) == SaleId.unwrap(sale)) TITLES.clearNotice(title, sale);
    }
}
