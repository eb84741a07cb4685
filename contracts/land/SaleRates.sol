// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Agency, AgencyStatus, IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {ISaleEscrow, Rates} from "../../interfaces/land/ISaleEscrow.sol";
import {ITitleRegistry, Jurisdiction, Share} from "../../interfaces/land/ITitleRegistry.sol";
import {SaleMath} from "./SaleMath.sol";

/// @title What registers take of the prices of titles
abstract contract SaleRates is ISaleEscrow {
    uint256 private constant WHOLE = 1_000_000;

    /// @notice Who may act for the state.
    IAgencyRegistry public immutable AGENCIES;
    /// @notice Who is an organisation.
    IPartyRegistry public immutable PARTIES;
    /// @inheritdoc ISaleEscrow
    ITitleRegistry public immutable TITLES;
    /// @inheritdoc ISaleEscrow
    address public immutable CONVEYANCE;

    mapping(Jurisdiction jurisdiction => mapping(bytes32 currency => Rates rates)) private _rates;

    constructor(IAgencyRegistry agencies, IPartyRegistry parties, ITitleRegistry titles, address conveyance) {
        AGENCIES = agencies;
        PARTIES = parties;
        TITLES = titles;
        CONVEYANCE = conveyance;
    }

    /// @inheritdoc ISaleEscrow
    function setRates(Jurisdiction jurisdiction, bytes32 currency, Rates calldata rates) external {
        Agency memory agency = AGENCIES.agencyOf(TITLES.registerOf(jurisdiction).agency);
        if (agency.admin != msg.sender || agency.status != AgencyStatus.Active) {
            revert NotAdmin(jurisdiction, msg.sender);
        }
        address token = SaleMath.tokenOf(currency);
        bool paid = token == address(0)
            ? rates.payee == address(0)
            : _isFetchable(token, rates.payee) && token.code.length != 0;
        if (currency == bytes32(0) || rates.person > WHOLE || rates.organisation > WHOLE || !paid) {
            revert RatesRefused(jurisdiction, currency);
        }

        _rates[jurisdiction][currency] = rates;
        emit RatesSet(jurisdiction, currency, rates, msg.sender);
    }

    /// @inheritdoc ISaleEscrow
    function ratesOf(Jurisdiction jurisdiction, bytes32 currency) external view returns (Rates memory) {
        return _rates[jurisdiction][currency];
    }

    /// @inheritdoc ISaleEscrow
    function dutyOf(
        Jurisdiction jurisdiction,
        bytes32 currency,
        uint128 price,
        uint64 denominator,
        Share[] calldata buyers
    ) public view returns (uint128) {
        Rates memory rates = _rates[jurisdiction][currency];
        if (!rates.accepted) revert CurrencyRefused(jurisdiction, currency);
        uint256[] memory parts = SaleMath.split(price, denominator, buyers);
        uint256 duty = rates.fee;
        for (uint256 i = 0; i < buyers.length; ++i) {
            duty += parts[i] * (_isOrganisation(buyers[i].holder) ? rates.organisation : rates.person) / WHOLE;
        }
        // Price and fee may each be as large as the type; a register that asks so much asks too much.
        if (duty > type(uint128).max) revert RatesRefused(jurisdiction, currency);
        return uint128(duty);
    }

    /// Whether somebody could fetch tokens from there.
    function _isFetchable(address token, address payee) internal view returns (bool) {
        return payee != address(0) && payee != token && payee != address(this) && payee != CONVEYANCE;
    }

    /// An organisation that has ended still is one.
    function _isOrganisation(PartyId party) internal view returns (bool) {
        return PARTIES.representationOf(party).version != 0;
    }
}
