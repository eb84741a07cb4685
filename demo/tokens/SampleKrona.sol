// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Worthless krona of the demo, in öre
/// @notice For `./run demo` alone: whoever deployed it makes as much of it as a story needs. No part of Muniment.
contract SampleKrona is ERC20 {
    address public immutable MAKER = msg.sender;

    /// @notice Thrown when anyone but the maker makes kronor.
    error NotMaker(address caller);

    constructor() ERC20("Sample Krona (demo, worthless)", "SAMPLESEK") {}

    function mint(address owner, uint256 amount) external {
        if (msg.sender != MAKER) revert NotMaker(msg.sender);
        _mint(owner, amount);
    }

    /// Whole öre: 100 of them are one krona.
    function decimals() public pure override returns (uint8) {
        return 2;
    }
}
