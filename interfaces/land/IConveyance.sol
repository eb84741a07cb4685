// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ITitleRegistry} from "./ITitleRegistry.sol";

/// @title Sales of titles, as far as the title registry must know them
interface IConveyance {
    /// @notice The registry whose titles are sold.
    function TITLES() external view returns (ITitleRegistry);
}
