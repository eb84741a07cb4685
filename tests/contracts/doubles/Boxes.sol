// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// A ballot box that answers as it is told; no more of one than the key ceremony asks for.
contract BoxDouble {
    address public CEREMONY;
    bytes32 public SETUP;
    uint40 public OPENS_AT;
    bytes32 public constant ELECTION = keccak256("election");
    bytes32 public constant ROLL_ROOT = keccak256("roll");
    bytes32 public constant LOG_ROOT = keccak256("log");

    constructor(address ceremony, bytes32 setup, uint40 opensAt) {
        (CEREMONY, SETUP, OPENS_AT) = (ceremony, setup, opensAt);
    }
}
