// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// What sales are paid in here: OpenZeppelin's ERC-20 as it is.
contract PlainMoney is ERC20("Money", "MONEY") {
    function mint(address owner, uint256 amount) external {
        _mint(owner, amount);
    }
}
