// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Group, Opening, UnitRoll} from "../../../interfaces/ballots/IBallotBox.sol";
import {BallotCasting} from "../../../contracts/ballots/BallotCasting.sol";
import {BallotState} from "../../../contracts/ballots/BallotState.sol";

contract CastingDouble is BallotCasting {
    constructor(Opening memory opening, UnitRoll[] memory units) BallotState(opening, units) {}
    function postpone(uint40) external returns (bool) {}
    function join(uint32) external returns (bool) {}
    function count(uint32, uint8, uint32[] calldata, bytes calldata) external {}
    function groupCount() external view returns (uint32, bool) {}
    function groupOf(uint32) external view returns (Group memory) {}
    function resultOf(uint32, uint8) external view returns (uint32[] memory) {}
}
