// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IDocumentRegistry} from "../../interfaces/documents/IDocumentRegistry.sol";
import {ICredentialRegistry} from "../../interfaces/identity/ICredentialRegistry.sol";
import {IPartyRegistry} from "../../interfaces/identity/IPartyRegistry.sol";
import {CompanyChanges} from "./CompanyChanges.sol";
import {CompanyFounding} from "./CompanyFounding.sol";
import {CompanyNames} from "./CompanyNames.sol";
import {CompanyRecords} from "./CompanyRecords.sol";

/// @title Companies, founded from anywhere
contract CompanyRegistry is CompanyNames, CompanyFounding, CompanyChanges {
    constructor(
        IAgencyRegistry agencies,
        IPartyRegistry parties,
        ICredentialRegistry credentials,
        IDocumentRegistry documents
    ) CompanyRecords(agencies, parties, credentials, documents) {}
}
