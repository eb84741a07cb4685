// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AgencyId} from "../../interfaces/access/IAgencyRegistry.sol";
import {Company, CompanyId, CompanyStatus, ICompanyRegistry} from "../../interfaces/identity/ICompanyRegistry.sol";
import {PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {CompanyRecords} from "./CompanyRecords.sol";

/// @title Names, held for one company at a time
abstract contract CompanyNames is CompanyRecords {
    bytes32 private constant RESERVE_NAME =
        keccak256("ReserveName(bytes32 party,bytes32 agency,string name,uint256 nonce,uint256 deadline)");
    bytes32 private constant WITHDRAW_APPLICATION =
        keccak256("WithdrawApplication(bytes32 party,bytes32 company,uint256 nonce,uint256 deadline)");
    uint256 private constant MAX_NAME = 120;

    /// @inheritdoc ICompanyRegistry
    uint40 public constant RESERVATION = 30 days;

    /// The last company that took the name; whether it still holds it, its own record tells.
    mapping(AgencyId agency => mapping(bytes32 nameKey => CompanyId company)) private _lastOfName;

    /// @inheritdoc ICompanyRegistry
    function reserve(
        AgencyId agency,
        string calldata name,
        bytes32 nameKey,
        PartyId applicant,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (CompanyId company) {
        AGENCIES.requireOfficerFor(msg.sender, COMPANY_REGISTRAR, agency);
        if (!_rules[agency].set) revert RulesMissing(agency);
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME || nameKey == bytes32(0)) revert NameRefused(length);
        CompanyId holder = _lastOfName[agency][nameKey];
        if (_holds(holder)) revert NameTaken(nameKey, holder);
        company = companyIdOf(agency, nameKey, applicant, nonce);
        if (_companies[company].status != CompanyStatus.None) revert CompanyExists(company);
        bytes32 nameHash = keccak256(bytes(name));
        bytes32 intent = keccak256(abi.encode(RESERVE_NAME, applicant, agency, nameHash, nonce, deadline));
        _takeSignature(applicant, intent, nonce, deadline, signature);

        Company storage record = _companies[company];
        record.agency = agency;
        record.applicant = applicant;
        record.nameKey = nameKey;
        record.status = CompanyStatus.Reserved;
        record.until = uint40(block.timestamp) + RESERVATION;
        _lastOfName[agency][nameKey] = company;
        emit NameReserved(company, agency, applicant, name, nameKey, record.until, nonce);
    }

    /// @inheritdoc ICompanyRegistry
    function withdraw(CompanyId company, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        Company storage record = _requireApplication(company);
        PartyId applicant = record.applicant;
        bytes32 intent = keccak256(abi.encode(WITHDRAW_APPLICATION, applicant, company, nonce, deadline));
        _takeSignature(applicant, intent, nonce, deadline, signature);

        record.status = CompanyStatus.Released;
        emit ApplicationReleased(company, address(0), bytes32(0));
    }

    /// @inheritdoc ICompanyRegistry
    function refuse(CompanyId company, bytes32 sourceHash) external {
        Company storage record = _requireApplication(company);
        _requireRegistrar(record);
        if (sourceHash == bytes32(0)) revert SourceMissing(company);

        record.status = CompanyStatus.Released;
        emit ApplicationReleased(company, msg.sender, sourceHash);
    }

    /// @inheritdoc ICompanyRegistry
    function holderOfName(AgencyId agency, bytes32 nameKey) external view returns (CompanyId holder) {
        holder = _lastOfName[agency][nameKey];
        if (!_holds(holder)) return CompanyId.wrap(0);
    }

    /// A reservation or an application, run out or not.
    function _requireApplication(CompanyId company) private view returns (Company storage record) {
        record = _companies[company];
        CompanyStatus status = record.status;
        if (status != CompanyStatus.Reserved && status != CompanyStatus.Signed) revert StepRefused(company, status);
    }

    function _holds(CompanyId company) private view returns (bool) {
        Company storage record = _companies[company];
        CompanyStatus status = record.status;
        if (status == CompanyStatus.Reserved || status == CompanyStatus.Signed) return block.timestamp < record.until;
        return status == CompanyStatus.Entered || status == CompanyStatus.StruckOff;
    }
}
