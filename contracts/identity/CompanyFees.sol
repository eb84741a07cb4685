// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    Company,
    CompanyId,
    CompanyRules,
    CompanyStatus,
    ICompanyRegistry,
    Permit
} from "../../interfaces/identity/ICompanyRegistry.sol";
import {IPartyRegistry, PartyId} from "../../interfaces/identity/IPartyRegistry.sol";
import {CompanyRecords} from "./CompanyRecords.sol";

/// @title The fee of an application, in a token or elsewhere
abstract contract CompanyFees is CompanyRecords {
    using SafeERC20 for IERC20;

    bytes32 private constant PAY_FEE =
        keccak256("PayFee(bytes32 party,bytes32 company,address token,uint256 amount,uint256 nonce,uint256 deadline)");

    /// @inheritdoc ICompanyRegistry
    function payFee(CompanyId company, address token, uint256 amount) external {
        (Company storage record, CompanyRules memory rules) = _requireDue(company, token, amount);

        _settle(company, record, rules, msg.sender);
        _move(company, rules, msg.sender);
    }

    /// @inheritdoc ICompanyRegistry
    function payFeeFor(
        CompanyId company,
        PartyId payer,
        address token,
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Permit calldata permit
    ) external {
        (Company storage record, CompanyRules memory rules) = _requireDue(company, token, amount);
        address wallet = PARTIES.walletOf(payer);
        if (wallet == address(0)) revert IPartyRegistry.PartyUnbound(payer);
        bytes32 intent = keccak256(abi.encode(PAY_FEE, payer, company, token, amount, nonce, deadline));
        _takeSignature(payer, intent, nonce, deadline, signature);

        _settle(company, record, rules, wallet);
        if (permit.deadline != 0) _permit(token, wallet, amount, permit);
        _move(company, rules, wallet);
    }

    /// @inheritdoc ICompanyRegistry
    function attestFee(CompanyId company, bytes32 receipt) external {
        Company storage record = _requireUnsettled(company);
        _requireRegistrar(record);
        if (receipt == bytes32(0)) revert SourceMissing(company);

        record.feeSettled = true;
        emit FeeAttested(company, msg.sender, receipt);
    }

    function _requireUnsettled(CompanyId company) private view returns (Company storage record) {
        record = _requireStep(company, CompanyStatus.Signed);
        if (record.feeSettled) revert FeeSettledAlready(company);
    }

    /// The application, when this fee in this token is due on it. A suspended agency's payee may be a thief's.
    function _requireDue(CompanyId company, address token, uint256 amount)
        private
        view
        returns (Company storage record, CompanyRules memory rules)
    {
        record = _requireUnsettled(company);
        _requireActive(record.agency);
        rules = _rules[record.agency].rules;
        if (rules.feeToken == address(0) || rules.fee == 0) revert FeeNotInToken(company);
        if (rules.feeToken != token || rules.fee != amount) revert FeeChanged(company, rules.feeToken, rules.fee);
    }

    /// Before any token is asked, so that one that calls back finds the fee settled.
    function _settle(CompanyId company, Company storage record, CompanyRules memory rules, address payer) private {
        record.feeSettled = true;
        emit FeePaid(company, payer, rules.feeToken, rules.fee);
    }

    /// Whoever sees a permit under way can hand it in first; then it fails here and the allowance stands all the same.
    /// Where it does not, the transfer fails.
    function _permit(address token, address wallet, uint256 amount, Permit calldata permit) private {
        // Either outcome will do, so nothing follows from it.
        // solhint-disable no-empty-blocks
        try IERC20Permit(token).permit(wallet, address(this), amount, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}
        // solhint-enable no-empty-blocks
    }

    /// Pay, and believe the payee's balance alone.
    function _move(CompanyId company, CompanyRules memory rules, address payer) private {
        IERC20 token = IERC20(rules.feeToken);
        uint256 before = token.balanceOf(rules.payee);
        token.safeTransferFrom(payer, rules.payee, rules.fee);
        uint256 present = token.balanceOf(rules.payee);
        uint256 received = present > before ? present - before : 0;
        if (received != rules.fee) revert FeeShort(company, received, rules.fee);
    }
}
