// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Agency, AgencyId, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IDocumentRegistry} from "../../interfaces/documents/IDocumentRegistry.sol";
import {
    Company,
    CompanyId,
    CompanyRules,
    CompanyStatus,
    ICompanyRegistry
} from "../../interfaces/identity/ICompanyRegistry.sol";
import {CredentialKind, ICredentialRegistry} from "../../interfaces/identity/ICredentialRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {PartyNonces} from "./PartyNonces.sol";

/// @title What is kept of every company, and the rules that all acts on companies share
abstract contract CompanyRecords is ICompanyRegistry, PartyNonces, EIP712 {
    /// @param set whether the agency has set any, as rules that ask for nothing are all zero
    struct AgencyRules {
        bool set;
        CompanyRules rules;
    }

    bytes32 private constant COMPANY = keccak256("Muniment.Company.v1");
    uint256 private constant MAX_FOUNDER_KINDS = 8;

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    /// @notice Who signs for whom; a company entered here becomes a party there.
    IPartyRegistry public immutable PARTIES;
    /// @notice What founders and contact persons must hold.
    ICredentialRegistry public immutable CREDENTIALS;
    /// @notice Where articles are anchored.
    IDocumentRegistry public immutable DOCUMENTS;
    uint64 internal immutable COMPANY_REGISTRAR;

    mapping(CompanyId company => Company record) internal _companies;
    mapping(AgencyId agency => AgencyRules rules) internal _rules;

    constructor(
        IAgencyRegistry agencies,
        IPartyRegistry parties,
        ICredentialRegistry credentials,
        IDocumentRegistry documents
    ) EIP712("Muniment CompanyRegistry", "1") {
        AGENCIES = agencies;
        PARTIES = parties;
        CREDENTIALS = credentials;
        DOCUMENTS = documents;
        COMPANY_REGISTRAR = agencies.COMPANY_REGISTRAR();
    }

    // ── What agencies ask ───────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICompanyRegistry
    function setRules(AgencyId agency, CompanyRules calldata rules) external {
        _requireAdmin(agency);
        if (!_sound(rules)) revert RulesRefused(agency);

        _rules[agency] = AgencyRules({set: true, rules: rules});
        emit RulesSet(agency, rules.feeToken, rules.fee, rules.payee, rules.contactKind, rules.founderKinds);
    }

    /// @inheritdoc ICompanyRegistry
    function rulesOf(AgencyId agency) external view returns (CompanyRules memory) {
        return _rules[agency].rules;
    }

    // ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICompanyRegistry
    function companyOf(CompanyId company) external view returns (Company memory) {
        return _companies[company];
    }

    /// @inheritdoc ICompanyRegistry
    function companyIdOf(AgencyId agency, bytes32 nameKey, PartyId applicant, uint256 nonce)
        public
        pure
        returns (CompanyId)
    {
        return CompanyId.wrap(keccak256(abi.encode(COMPANY, agency, nameKey, applicant, nonce)));
    }

    // ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The company, when it is at this step and, before its entry, still in time.
    function _requireStep(CompanyId company, CompanyStatus step) internal view returns (Company storage record) {
        record = _companies[company];
        CompanyStatus status = record.status;
        if (status != step) revert StepRefused(company, status);
        if (step != CompanyStatus.Entered && block.timestamp >= record.until) {
            revert ApplicationExpired(company, record.until);
        }
    }

    function _requireRegistrar(Company storage record) internal view {
        AGENCIES.requireKeeperOf(msg.sender, COMPANY_REGISTRAR, record.agency);
    }

    /// Whether two registrars ask for this very act on the company as it stands. Of a closed agency they are colleagues
    /// in the agency above.
    function _confirmed(Company storage record) internal returns (bool) {
        AgencyId own = AGENCIES.officerOf(msg.sender).agency;
        return AGENCIES.dualControl(msg.sender, COMPANY_REGISTRAR, own, record.version, msg.data);
    }

    /// Take a party's signature once and in its time. The nonce goes first, before anybody else's code is asked.
    function _takeSignature(
        PartyId party,
        bytes32 structHash,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) internal {
        _requireInTime(deadline);
        _useNonce(party, nonce);
        _requireSigned(party, structHash, signature);
    }

    /// @inheritdoc PartyNonces
    function _requireSigned(PartyId party, bytes32 structHash, bytes calldata signature) internal view override {
        PARTIES.requireSignature(party, _hashTypedDataV4(structHash), signature);
    }

    function _requireActive(AgencyId agency) internal view {
        AgencyStatus status = AGENCIES.agencyOf(agency).status;
        if (status != AgencyStatus.Active) revert IAgencyRegistry.AgencyNotActive(agency, status);
    }

    /// The admin of an active agency; for a closed one, that of the agency above. A suspended one's key may be stolen.
    function _requireAdmin(AgencyId agency) private view {
        AgencyId keeper = agency;
        Agency memory record = AGENCIES.agencyOf(agency);
        while (record.status == AgencyStatus.Closed && AgencyId.unwrap(record.parent) != bytes32(0)) {
            keeper = record.parent;
            record = AGENCIES.agencyOf(keeper);
        }
        if (record.admin != msg.sender) revert NotAdmin(agency, msg.sender);
        _requireActive(keeper);
    }

    function _sound(CompanyRules calldata rules) private view returns (bool) {
        bool inToken = rules.feeToken != address(0);
        if (inToken && (rules.feeToken.code.length == 0 || (rules.fee != 0 && rules.payee == address(0)))) {
            return false;
        }
        // Nobody could take the money out again.
        if (rules.payee == address(this)) return false;
        if (CredentialKind.unwrap(rules.contactKind) != bytes32(0) && !_defined(rules.contactKind)) return false;
        uint256 kinds = rules.founderKinds.length;
        if (kinds > MAX_FOUNDER_KINDS) return false;
        for (uint256 i = 0; i < kinds; ++i) {
            if (!_defined(rules.founderKinds[i])) return false;
        }
        return true;
    }

    function _defined(CredentialKind kind) private view returns (bool) {
        (uint64 scope,) = CREDENTIALS.kindOf(kind);
        return scope != 0;
    }
}
