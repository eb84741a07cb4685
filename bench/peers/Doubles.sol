// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// What stands beside our contracts where a measurement is not of them.
import {CeremonyDouble} from "../../tests/contracts/doubles/Ballots.sol";
import {ConveyanceDouble, MigrationDouble} from "../../tests/contracts/doubles/Land.sol";
