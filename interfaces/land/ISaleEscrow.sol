// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PartyId} from "../identity/IPartyRegistry.sol";
import {Listing, Offer, SaleContract} from "./IConveyance.sol";
import {Jurisdiction, ITitleRegistry, SaleId, Share} from "./ITitleRegistry.sol";

/// What a register takes for a title that is sold, and in which currency a price may be.
/// @param accepted whether new contracts may name the currency; those signed before are carried out all the same
/// @param person stamp duty of a person, in millionths of the price
/// @param organisation stamp duty of an organisation, in millionths of the price
/// @param payee where duty and fee go; zero for a currency that is no token
/// @param fee of one registration, in the smallest unit of the currency
struct Rates {
    bool accepted;
    uint32 person;
    uint32 organisation;
    address payee;
    uint128 fee;
}

/// Money for one payee.
struct Credit {
    address payee;
    uint256 amount;
}

/// @title The money of sales, and what registers take of it
/// @notice Holds what is paid in until a sale is registered or has ended, and then what each payee has not yet fetched.
/// Whoever cannot be paid stops nobody else.
/// @dev A currency is an ERC-20 token's address as a number, or an ISO 4217 code in left-aligned ASCII. Of any token,
/// this contract holds at least what sales have open in it and payees have to their credit, however the token behaves:
/// every movement is measured by balance.
/// Warning: a token whose issuer takes from balances, or whose balances change by themselves, breaks that: the register
/// must list none.
interface ISaleEscrow {
    event RatesSet(Jurisdiction indexed jurisdiction, bytes32 indexed currency, Rates rates, address admin);
    event Deposited(SaleId indexed sale, address indexed payer, address indexed token, uint256 amount);
    /// @dev The whole of what the sale had open went to its payees, and to the sale that it feeds.
    event Released(SaleId indexed sale, address indexed token, Credit[] credits, SaleId feeds, uint256 fed);
    event Refunded(SaleId indexed sale, address indexed payer, address indexed token, uint256 amount);
    event Withdrawn(address indexed payee, address indexed token, address indexed to, uint256 amount);

    /// @notice Thrown when the caller is not the conveyance contract.
    error NotConveyance(address caller);
    /// @notice Thrown when the caller is not the admin of the agency that keeps the register.
    error NotAdmin(Jurisdiction jurisdiction, address caller);
    /// @notice Thrown when rates exceed the whole price, a token has no payee who could fetch it or is no contract, or
    /// a currency is zero.
    error RatesRefused(Jurisdiction jurisdiction, bytes32 currency);
    /// @notice Thrown when the register takes no price in the currency.
    error CurrencyRefused(Jurisdiction jurisdiction, bytes32 currency);
    /// @notice Thrown when money has nowhere to go: no payout for each seller, one where nobody could fetch it, or one
    /// though the money is in no token.
    error PayoutRefused(SaleId sale, address payout);
    /// @notice Thrown when a party without a wallet sells for tokens without a bank that says where they go.
    error SellerUnbanked(SaleId sale, PartyId seller);
    /// @notice Thrown when a fee is promised to no agent.
    error AgentMissing(SaleId sale);
    /// @notice Thrown when the duty is not what the register takes.
    error DutyRefused(SaleId sale, uint128 given, uint128 due);
    /// @notice Thrown when liens, agent and the sale that is fed would cost more than the price.
    error ClaimsExceedPrice(SaleId sale, uint256 claims, uint128 price);
    /// @notice Thrown when a sale feeds itself, names an amount without a sale or the other way round, is fed more than
    /// it costs, or feeds or is fed though the money is in no token.
    error FeedRefused(SaleId sale, SaleId feeds);
    /// @notice Thrown when other than the named amount of tokens arrived.
    error DepositRefused(SaleId sale, uint256 received, uint256 amount);
    /// @notice Thrown when more would be paid in than is due.
    error DepositExceedsDue(SaleId sale, uint256 total, uint256 due);
    /// @notice Thrown when a settlement gives out other than what the sale has open.
    error ReleaseRefused(SaleId sale, uint256 given, uint256 open);
    /// @notice Thrown when a refund is asked of a sale that neither was cancelled nor expired.
    error SaleNotEnded(SaleId sale);
    /// @notice Thrown when the payer has nothing open in the sale, or the payee nothing to its credit.
    error NothingDue(address who);
    /// @notice Thrown when tokens would go to nobody, or stay where nobody can fetch them.
    error PayeeRefused(address payee);
    /// @notice Thrown when other than the named amount of tokens left.
    error WithdrawalRefused(address token, uint256 left, uint256 amount);

    /// @notice Where titles, and who keeps their registers, are looked up.
    function TITLES() external view returns (ITitleRegistry);
    /// @notice The sales whose money is held.
    function CONVEYANCE() external view returns (address);

    // ── What registers take ─────────────────────────────────────────────────────────────────────────────────────

    /// @notice Say what a register takes of prices in a currency, and whether new ones may be in it. By the admin of
    /// the agency that keeps the register.
    function setRates(Jurisdiction jurisdiction, bytes32 currency, Rates calldata rates) external;

    /// @notice What a register takes of prices in a currency.
    function ratesOf(Jurisdiction jurisdiction, bytes32 currency) external view returns (Rates memory);

    /// @notice Stamp duty and fee on a price, each buyer by its share and kind. Each buyer's part of the price and
    /// duty on it is rounded so that the parts sum exactly to the price, and no duty is rounded up.
    function dutyOf(
        Jurisdiction jurisdiction,
        bytes32 currency,
        uint128 price,
        uint64 denominator,
        Share[] calldata buyers
    ) external view returns (uint128);

    /// @notice Revert with the reason unless the money of a contract adds up and everybody can be paid.
    function requireSound(
        SaleId sale,
        Jurisdiction jurisdiction,
        Listing calldata listing,
        Offer calldata offer,
        SaleContract calldata terms
    ) external view;

    // ── For the conveyance contract ─────────────────────────────────────────────────────────────────────────────

    /// @notice Take tokens from a payer, who allowed it, into a sale.
    /// @param due the most that may be open in the sale afterwards
    function take(SaleId sale, address token, address payer, uint256 amount, uint256 due) external;

    /// @notice Give out all that a sale has open: to its payees' credit, and to the sale that it feeds.
    function release(SaleId sale, address token, Credit[] calldata credits, SaleId feeds, uint256 fed) external;

    // ── For payers and payees ───────────────────────────────────────────────────────────────────────────────────

    /// @notice Move what a payer paid into a sale that was cancelled or expired to its credit. By anyone.
    function refund(SaleId sale, address payer) external;

    /// @notice Send all of the caller's credit in a token to any address.
    function withdraw(address token, address to) external;

    /// @notice Send all of a payee's credit in a token to that payee. By anyone.
    function withdrawFor(address token, address payee) external;

    /// @notice What a sale has open, and in which token.
    function openOf(SaleId sale) external view returns (address token, uint256 amount);

    /// @notice What a payer paid into a sale and was not given back.
    function depositOf(SaleId sale, address payer) external view returns (uint256);

    /// @notice What a payee has to its credit.
    function creditOf(address token, address payee) external view returns (uint256);
}
