// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Company,
    CompanyFile,
    CompanyId,
    CompanyStatus,
    ICompanyRegistry,
    Signatory
} from "../../interfaces/identity/ICompanyRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {CompanyFiles} from "./CompanyFiles.sol";
import {PartyLists} from "./PartyLists.sol";

/// @title What becomes of a company after its entry
abstract contract CompanyChanges is CompanyFiles {
    using PartyLists for PartyId[];

    bytes32 private constant CHANGE_COMPANY = keccak256(
        "ChangeCompany(bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline)"
        "CompanyFile(uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash)"
    );
    bytes32 private constant ACCEPT_POST = keccak256(
        "AcceptPost(bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline)"
        "CompanyFile(uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash)"
    );
    bytes32 private constant DISSOLVE_COMPANY =
        keccak256("DissolveCompany(bytes32 party,bytes32 company,uint32 version,uint256 nonce,uint256 deadline)");

    /// @inheritdoc ICompanyRegistry
    function change(
        CompanyId company,
        CompanyFile calldata previous,
        CompanyFile calldata file,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Signatory[] calldata joining
    ) external {
        Company storage record = _requireStep(company, CompanyStatus.Entered);
        _requireRegistrar(record);
        if (record.fileHash != keccak256(abi.encode(previous))) revert FileChanged(company);
        _requireSound(company, file);
        _requireContact(record.agency, file.contact);
        // The applicant speaks for the company until its entry: articles of that time hold while they stay as they are.
        bool kept = file.articles == previous.articles && _anchored(record.applicant, file.articles);
        if (!kept) _requireArticles(company, record.party, file.articles);
        _requireSignatories(company, _joining(previous, file), joining);
        bytes32 fileHash = _structHashOf(file);
        _takeChange(company, record, fileHash, nonce, deadline, signature);
        _takePosts(company, record.version + 1, fileHash, deadline, joining);

        _supersede(company, record, file, bytes32(0));
    }

    /// @inheritdoc ICompanyRegistry
    function orderChange(CompanyId company, CompanyFile calldata file, bytes32 courtOrder)
        external
        returns (bool complete)
    {
        Company storage record = _companies[company];
        CompanyStatus status = record.status;
        if (status != CompanyStatus.Entered && status != CompanyStatus.StruckOff) revert StepRefused(company, status);
        _requireRegistrar(record);
        if (courtOrder == bytes32(0)) revert SourceMissing(company);
        _requireSound(company, file);
        if (!_confirmed(record)) return false;

        record.status = CompanyStatus.Entered;
        _supersede(company, record, file, courtOrder);
        return true;
    }

    /// @inheritdoc ICompanyRegistry
    function dissolve(CompanyId company, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        Company storage record = _requireStep(company, CompanyStatus.Entered);
        _requireRegistrar(record);
        PartyId party = record.party;
        uint32 version = record.version + 1;
        bytes32 intent = keccak256(abi.encode(DISSOLVE_COMPANY, party, company, version, nonce, deadline));
        _takeSignature(party, intent, nonce, deadline, signature);

        _end(company, record, bytes32(0));
    }

    /// @inheritdoc ICompanyRegistry
    function strikeOff(CompanyId company, bytes32 sourceHash) external returns (bool complete) {
        Company storage record = _requireStep(company, CompanyStatus.Entered);
        _requireRegistrar(record);
        if (sourceHash == bytes32(0)) revert SourceMissing(company);
        if (!_confirmed(record)) return false;

        _end(company, record, sourceHash);
        return true;
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Who is newly on the board or newly the contact, and has to accept.
    function _joining(CompanyFile calldata previous, CompanyFile calldata file)
        private
        pure
        returns (PartyId[] memory)
    {
        PartyId[] memory members = file.board.without(previous.board);
        if (PartyId.unwrap(file.contact) == PartyId.unwrap(previous.contact)) return members;
        PartyId[] memory contact = new PartyId[](1);
        contact[0] = file.contact;
        return members.union(contact);
    }

    function _takeChange(
        CompanyId company,
        Company storage record,
        bytes32 fileHash,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) private {
        PartyId party = record.party;
        uint32 version = record.version + 1;
        bytes32 intent = keccak256(abi.encode(CHANGE_COMPANY, party, company, version, fileHash, nonce, deadline));
        _takeSignature(party, intent, nonce, deadline, signature);
    }

    /// Whoever joins signs the whole file, lest somebody who would be the contact be put on the board.
    function _takePosts(
        CompanyId company,
        uint32 version,
        bytes32 fileHash,
        uint256 deadline,
        Signatory[] calldata joining
    ) private {
        for (uint256 i = 0; i < joining.length; ++i) {
            (PartyId party, uint256 nonce) = (joining[i].party, joining[i].nonce);
            bytes32 intent = keccak256(abi.encode(ACCEPT_POST, party, company, version, fileHash, nonce, deadline));
            _takeSignature(party, intent, nonce, deadline, joining[i].signature);
        }
    }

    function _supersede(CompanyId company, Company storage record, CompanyFile calldata file, bytes32 courtOrder)
        private
    {
        uint32 version = ++record.version;
        record.fileHash = keccak256(abi.encode(file));
        emit CompanyChanged(company, version, file, msg.sender, courtOrder);
        PARTIES.setOrganisation(CompanyId.unwrap(company), file.threshold, file.board);
    }

    function _end(CompanyId company, Company storage record, bytes32 sourceHash) private {
        record.status = CompanyStatus.StruckOff;
        uint32 version = ++record.version;
        emit CompanyStruckOff(company, version, msg.sender, sourceHash);
        PARTIES.endOrganisation(CompanyId.unwrap(company));
    }
}
