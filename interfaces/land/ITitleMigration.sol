// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ITitleRegistry, Jurisdiction, MigratedTitle, TitleId} from "./ITitleRegistry.sol";

/// @title Registers that moved in under a Merkle root, as far as the title registry must know them
interface ITitleMigration {
    /// @notice Thrown when the proof does not show that each root of the jurisdiction in effect lacks the title.
    error AbsenceUnproven(Jurisdiction jurisdiction, TitleId title);
    /// @notice Thrown when no root in effect holds exactly this title.
    error TitleUnproven(TitleId title);

    /// @notice The registry that the titles move into.
    function TITLES() external view returns (ITitleRegistry);

    /// @notice Revert unless no root of the jurisdiction that is in effect holds the title.
    /// @param absence one proof for each such root; empty where there is none
    function requireAbsent(Jurisdiction jurisdiction, TitleId title, bytes calldata absence) external view;

    /// @notice Revert unless a root of the jurisdiction that is in effect holds exactly this title.
    function requireProven(MigratedTitle calldata migrated, bytes calldata proof) external view;
}
