// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// Drives a handler as the fuzzer does, but always the same way, to show that chance leads to the states that matter.
abstract contract Reach {
    /// @param acts selectors of functions that take plain words alone
    /// @param run another number for another course
    function _drive(address handler, bytes4[] memory acts, uint256 run, uint256 steps) internal {
        for (uint256 step = 0; step < steps; ++step) {
            bytes32 chance = keccak256(abi.encode(run, step));
            bytes4 act = acts[uint256(chance) % acts.length];
            bytes memory words;
            for (uint256 i = 0; i < 5; ++i) {
                words = abi.encodePacked(words, uint256(keccak256(abi.encode(chance, i))) >> 8);
            }
            (bool done,) = handler.call(abi.encodePacked(act, words));
            assert(done);
        }
    }
}
