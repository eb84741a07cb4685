// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IAgencyRegistry} from "../../interfaces/access/IAgencyRegistry.sol";
import {IPartyRegistry} from "../../interfaces/identity/IPartyRegistry.sol";
import {IConveyance, SaleStatus} from "../../interfaces/land/IConveyance.sol";
import {Credit, ISaleEscrow} from "../../interfaces/land/ISaleEscrow.sol";
import {ITitleRegistry, SaleId} from "../../interfaces/land/ITitleRegistry.sol";
import {SaleRates} from "./SaleRates.sol";
import {SaleTerms} from "./SaleTerms.sol";

/// @title The money of sales, and what registers take of it
contract SaleEscrow is SaleTerms, ReentrancyGuard {
    using SafeERC20 for IERC20;

    struct Open {
        address token;
        uint256 amount;
    }

    mapping(SaleId sale => Open open) private _open;
    mapping(SaleId sale => mapping(address payer => uint256 amount)) private _deposits;
    mapping(address token => mapping(address payee => uint256 amount)) private _credits;

    /// @param titles the address that the title registry will have
    /// @param conveyance the address that the conveyance contract will have
    constructor(IAgencyRegistry agencies, IPartyRegistry parties, ITitleRegistry titles, address conveyance)
        SaleRates(agencies, parties, titles, conveyance)
    {}

    // ── For the conveyance contract ─────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISaleEscrow
    function take(SaleId sale, address token, address payer, uint256 amount, uint256 due) external nonReentrant {
        _requireConveyance();
        Open storage open = _open[sale];
        uint256 total = open.amount + amount;
        if (total > due) revert DepositExceedsDue(sale, total, due);

        open.token = token;
        open.amount = total;
        _deposits[sale][payer] += amount;
        emit Deposited(sale, payer, token, amount);

        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(payer, address(this), amount);
        uint256 present = IERC20(token).balanceOf(address(this));
        uint256 received = present > before ? present - before : 0;
        if (received != amount) revert DepositRefused(sale, received, amount);
    }

    /// @inheritdoc ISaleEscrow
    function release(SaleId sale, address token, Credit[] calldata credits, SaleId feeds, uint256 fed)
        external
        nonReentrant
    {
        _requireConveyance();
        uint256 open = _open[sale].amount;
        uint256 given = fed;
        for (uint256 i = 0; i < credits.length; ++i) {
            given += credits[i].amount;
        }
        if (given != open) revert ReleaseRefused(sale, given, open);

        delete _open[sale];
        if (fed != 0) {
            _open[feeds].token = token;
            _open[feeds].amount += fed;
        }
        for (uint256 i = 0; i < credits.length; ++i) {
            if (credits[i].amount == 0) continue;
            _requirePayee(token, credits[i].payee);
            _credits[token][credits[i].payee] += credits[i].amount;
        }
        emit Released(sale, token, credits, feeds, fed);
    }

    // ── For payers and payees ───────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISaleEscrow
    function refund(SaleId sale, address payer) external nonReentrant {
        SaleStatus status = IConveyance(CONVEYANCE).saleOf(sale).status;
        if (status != SaleStatus.Cancelled && status != SaleStatus.Expired) revert SaleNotEnded(sale);
        uint256 amount = _deposits[sale][payer];
        if (amount == 0) revert NothingDue(payer);

        Open storage open = _open[sale];
        _deposits[sale][payer] = 0;
        open.amount -= amount;
        _credits[open.token][payer] += amount;
        emit Refunded(sale, payer, open.token, amount);
    }

    /// @inheritdoc ISaleEscrow
    function withdraw(address token, address to) external nonReentrant {
        _requirePayee(token, to);
        _withdraw(token, msg.sender, to);
    }

    /// @inheritdoc ISaleEscrow
    function withdrawFor(address token, address payee) external nonReentrant {
        _withdraw(token, payee, payee);
    }

    /// @inheritdoc ISaleEscrow
    function openOf(SaleId sale) external view returns (address token, uint256 amount) {
        return (_open[sale].token, _open[sale].amount);
    }

    /// @inheritdoc ISaleEscrow
    function depositOf(SaleId sale, address payer) external view returns (uint256) {
        return _deposits[sale][payer];
    }

    /// @inheritdoc ISaleEscrow
    function creditOf(address token, address payee) external view returns (uint256) {
        return _credits[token][payee];
    }

    /// Pay, and believe the balance alone: a token that takes more than it was told to takes it from others here.
    function _withdraw(address token, address payee, address to) private {
        uint256 amount = _credits[token][payee];
        if (amount == 0) revert NothingDue(payee);

        _credits[token][payee] = 0;
        emit Withdrawn(payee, token, to, amount);

        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(to, amount);
        uint256 present = IERC20(token).balanceOf(address(this));
        uint256 left = before > present ? before - present : 0;
        if (left != amount) revert WithdrawalRefused(token, left, amount);
    }

    function _requirePayee(address token, address payee) private view {
        if (!_isFetchable(token, payee)) revert PayeeRefused(payee);
    }

    function _requireConveyance() private view {
        if (msg.sender != CONVEYANCE) revert NotConveyance(msg.sender);
    }
}
