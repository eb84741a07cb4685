// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {
    Company,
    CompanyFile,
    CompanyId,
    CompanyStatus,
    ICompanyRegistry,
    Signatory
} from "../../interfaces/identity/ICompanyRegistry.sol";
import {CredentialKind, CredentialStanding} from "../../interfaces/identity/ICredentialRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {CompanyFees} from "./CompanyFees.sol";
import {CompanyFiles} from "./CompanyFiles.sol";
import {PartyLists} from "./PartyLists.sol";

/// @title From the articles to the entry
abstract contract CompanyFounding is CompanyFiles, CompanyFees {
    using PartyLists for PartyId[];

    bytes32 private constant SIGN_ARTICLES = keccak256(
        "SignArticles(bytes32 party,bytes32 company,bytes32[] founders,CompanyFile file,uint256 nonce,uint256 deadline)"
        "CompanyFile(uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash)"
    );
    bytes32 private constant ACCEPT_CONTACT = keccak256(
        "AcceptContact(bytes32 party,bytes32 company,CompanyFile file,uint256 nonce,uint256 deadline)"
        "CompanyFile(uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash)"
    );
    uint256 private constant MAX_FOUNDERS = 16;
    uint256 private constant MAX_NUMBER = 32;

    /// @inheritdoc ICompanyRegistry
    uint40 public constant APPLICATION = 90 days;

    mapping(AgencyId agency => mapping(bytes32 numberHash => CompanyId company)) private _numbers;

    /// @inheritdoc ICompanyRegistry
    function fileArticles(
        CompanyId company,
        PartyId[] calldata founders,
        CompanyFile calldata file,
        uint256 deadline,
        Signatory[] calldata signatures
    ) external {
        Company storage record = _requireStep(company, CompanyStatus.Reserved);
        PartyId applicant = record.applicant;
        (bool disordered,) = founders.disorder();
        if (founders.length > MAX_FOUNDERS || disordered || !founders.has(applicant)) {
            revert FoundersRefused(company, founders.length);
        }
        _requireSound(company, file);
        _requireEligible(company, record.agency, founders);
        _requireArticles(company, applicant, file.articles);
        _requireSignatories(company, founders.union(file.board), signatures);
        _takeArticles(company, founders, file, deadline, signatures);

        uint40 until = uint40(block.timestamp) + APPLICATION;
        record.status = CompanyStatus.Signed;
        record.until = until;
        record.fileHash = keccak256(abi.encode(founders, file));
        emit ArticlesSigned(company, founders, file, until);
    }

    /// @inheritdoc ICompanyRegistry
    function acceptContact(
        CompanyId company,
        PartyId[] calldata founders,
        CompanyFile calldata file,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        Company storage record = _requireFiled(company, founders, file);
        if (record.contactAccepted) revert ContactAcceptedAlready(company);
        PartyId contact = file.contact;
        _requireContact(record.agency, contact);
        bytes32 intent = keccak256(abi.encode(ACCEPT_CONTACT, contact, company, _structHashOf(file), nonce, deadline));
        _takeSignature(contact, intent, nonce, deadline, signature);

        record.contactAccepted = true;
        emit ContactAccepted(company, contact);
    }

    /// @inheritdoc ICompanyRegistry
    function enter(CompanyId company, PartyId[] calldata founders, CompanyFile calldata file, string calldata number)
        external
        returns (PartyId party)
    {
        Company storage record = _requireFiled(company, founders, file);
        _requireRegistrar(record);
        AgencyId agency = record.agency;
        if (!record.contactAccepted) revert ContactNotAccepted(company);
        if (!record.feeSettled && _rules[agency].rules.fee != 0) revert FeeMissing(company);
        _requireEligible(company, agency, founders);
        _requireContact(agency, file.contact);
        _requireArticles(company, record.applicant, file.articles);
        uint256 length = bytes(number).length;
        if (length == 0 || length > MAX_NUMBER) revert NumberRefused(length);
        bytes32 numberHash = keccak256(bytes(number));
        CompanyId holder = _numbers[agency][numberHash];
        if (CompanyId.unwrap(holder) != bytes32(0)) revert NumberTaken(agency, holder);

        party = _partyOf(company);
        _numbers[agency][numberHash] = company;
        record.party = party;
        record.status = CompanyStatus.Entered;
        record.until = 0;
        record.version = 1;
        record.fileHash = keccak256(abi.encode(file));
        emit CompanyEntered(company, party, agency, number, msg.sender);
        PARTIES.setOrganisation(CompanyId.unwrap(company), file.threshold, file.board);
    }

    /// @inheritdoc ICompanyRegistry
    function companyWithNumber(AgencyId agency, string calldata number) external view returns (CompanyId) {
        return _numbers[agency][keccak256(bytes(number))];
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// An application in time whose articles were signed with exactly these values.
    function _requireFiled(CompanyId company, PartyId[] calldata founders, CompanyFile calldata file)
        private
        view
        returns (Company storage record)
    {
        record = _requireStep(company, CompanyStatus.Signed);
        if (record.fileHash != keccak256(abi.encode(founders, file))) revert FileChanged(company);
    }

    /// Every founder holds one of the credentials that the agency asks for today.
    function _requireEligible(CompanyId company, AgencyId agency, PartyId[] calldata founders) private view {
        CredentialKind[] memory kinds = _rules[agency].rules.founderKinds;
        if (kinds.length == 0) return;
        for (uint256 i = 0; i < founders.length; ++i) {
            if (!_holdsOneOf(founders[i], kinds)) revert FounderNotEligible(company, founders[i]);
        }
    }

    function _holdsOneOf(PartyId party, CredentialKind[] memory kinds) private view returns (bool) {
        for (uint256 i = 0; i < kinds.length; ++i) {
            if (CREDENTIALS.standingAt(party, kinds[i], block.timestamp) == CredentialStanding.Current) return true;
        }
        return false;
    }

    function _takeArticles(
        CompanyId company,
        PartyId[] calldata founders,
        CompanyFile calldata file,
        uint256 deadline,
        Signatory[] calldata signatures
    ) private {
        bytes32 foundersHash = keccak256(abi.encodePacked(founders));
        bytes32 fileHash = _structHashOf(file);
        for (uint256 i = 0; i < signatures.length; ++i) {
            (PartyId party, uint256 nonce) = (signatures[i].party, signatures[i].nonce);
            bytes32 intent =
                keccak256(abi.encode(SIGN_ARTICLES, party, company, foundersHash, fileHash, nonce, deadline));
            _takeSignature(party, intent, nonce, deadline, signatures[i].signature);
        }
    }
}
