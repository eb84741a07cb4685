// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Opening, UnitRoll} from "../../interfaces/ballots/IBallotBox.sol";
import {BallotCasting} from "./BallotCasting.sol";
import {BallotState} from "./BallotState.sol";
import {BallotTally} from "./BallotTally.sol";

/// @title One election's ballot box
/// @notice Created by anyone, from what two officers then register with the key ceremony: only the registered box is
/// the election's. It has no owner, and nobody can change what it was created with, but for putting off the closing.
/// @dev Casting and counting know nothing of each other; what they share is in BallotState.
contract BallotBox is BallotCasting, BallotTally {
    /// @param units in order, the first being unit 0
    constructor(Opening memory opening, UnitRoll[] memory units) BallotState(opening, units) {}
}
