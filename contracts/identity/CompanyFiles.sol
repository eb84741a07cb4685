// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {Anchor, AnchorKind, AnchorStatus, IssuerId} from "../../interfaces/documents/IDocumentRegistry.sol";
import {CompanyFile, CompanyId, Signatory} from "../../interfaces/identity/ICompanyRegistry.sol";
import {CredentialKind} from "../../interfaces/identity/ICredentialRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {CompanyRecords} from "./CompanyRecords.sol";
import {PartyLists} from "./PartyLists.sol";

/// @title What a company's file must hold, and who must have signed it
abstract contract CompanyFiles is CompanyRecords {
    using PartyLists for PartyId[];

    bytes32 private constant COMPANY_FILE =
        keccak256("CompanyFile(uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash)");
    uint256 private constant MAX_BOARD = 16;

    /// A board of persons that can sign, a contact and an address.
    function _requireSound(CompanyId company, CompanyFile calldata file) internal view {
        uint256 members = file.board.length;
        if (members == 0) revert BoardMissing(company);
        if (members > MAX_BOARD || file.threshold == 0 || file.threshold > members) {
            revert BoardRefused(company, file.threshold, members);
        }
        (bool disordered, PartyId member) = file.board.disorder();
        if (disordered) revert BoardOrder(company, member);
        for (uint256 i = 0; i < members; ++i) {
            if (PARTIES.representationOf(file.board[i]).version != 0) {
                revert IPartyRegistry.RepresentativeNotPerson(_partyOf(company), file.board[i]);
            }
        }
        if (PartyId.unwrap(file.contact) == bytes32(0) || file.addressHash == bytes32(0)) {
            revert FileIncomplete(company);
        }
    }

    /// The contact holds what the agency asks for today.
    function _requireContact(AgencyId agency, PartyId contact) internal view {
        CredentialKind kind = _rules[agency].rules.contactKind;
        if (CredentialKind.unwrap(kind) != bytes32(0)) CREDENTIALS.requireCredential(contact, kind);
    }

    function _requireArticles(CompanyId company, PartyId issuer, bytes32 articles) internal view {
        if (!_anchored(issuer, articles)) revert ArticlesMissing(company, articles);
    }

    /// Whether the party itself anchored the articles, and they stand.
    function _anchored(PartyId issuer, bytes32 articles) internal view returns (bool) {
        Anchor memory anchor = DOCUMENTS.anchorOf(IssuerId.wrap(PartyId.unwrap(issuer)), articles);
        bool over = anchor.expiresAt != 0 && anchor.expiresAt <= block.timestamp;
        return anchor.kind == AnchorKind.Party && anchor.status == AnchorStatus.Standing && !over;
    }

    /// Exactly these have signed, in this order; their signatures are still to be judged. Names the first who is
    /// missing, or else should not be there.
    function _requireSignatories(CompanyId company, PartyId[] memory who, Signatory[] calldata signatures)
        internal
        pure
    {
        for (uint256 i = 0; i < who.length; ++i) {
            if (i == signatures.length) revert SignatoryRefused(company, who[i]);
            (bytes32 wanted, bytes32 given) = (PartyId.unwrap(who[i]), PartyId.unwrap(signatures[i].party));
            if (given != wanted) revert SignatoryRefused(company, given < wanted ? signatures[i].party : who[i]);
        }
        if (signatures.length > who.length) revert SignatoryRefused(company, signatures[who.length].party);
    }

    /// The company as a party, entered or not.
    function _partyOf(CompanyId company) internal view returns (PartyId) {
        return PARTIES.organisationIdOf(address(this), CompanyId.unwrap(company));
    }

    function _structHashOf(CompanyFile calldata file) internal pure returns (bytes32) {
        bytes32 board = keccak256(abi.encodePacked(file.board));
        bytes memory words =
            abi.encode(COMPANY_FILE, file.threshold, board, file.contact, file.articles, file.addressHash);
        return keccak256(words);
    }
}
