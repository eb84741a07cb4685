// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// A key and what belongs to it, as forge makes it.
struct Wallet {
    address addr;
    uint256 publicKeyX;
    uint256 publicKeyY;
    uint256 privateKey;
}

/// The few cheatcodes of forge that the invariants need.
interface Vm {
    function prank(address caller) external;
    function warp(uint256 time) external;
    function getCode(string calldata path) external view returns (bytes memory);
    function createWallet(uint256 key) external returns (Wallet memory);
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
}

// Where forge answers: the last 20 bytes of keccak256("hevm cheat code").
Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
