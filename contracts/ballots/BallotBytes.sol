// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Packed bytes read where they lie, and space used again
/// @dev Positions count from the beginning of the calldata; behind its end there are zeros, so whoever reads has
/// looked at the length before.
library BallotBytes {
    uint256 internal constant WORD = 32;
    uint256 internal constant CIPHERTEXT = 4 * WORD;

    function word(uint256 at) internal pure returns (uint256 value) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            value := calldataload(at)
        }
    }

    function positionOf(bytes calldata packed) internal pure returns (uint256 at) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            at := packed.offset
        }
    }

    function positionOf(bytes32[] calldata words) internal pure returns (uint256 at) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            at := words.offset
        }
    }

    /// keccak256 of three words. It takes no memory, nor do those below.
    function hash(bytes32 tag, uint256 first, uint256 second) internal pure returns (bytes32 digest) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let space := mload(0x40)
            mstore(space, tag)
            mstore(add(space, 0x20), first)
            mstore(add(space, 0x40), second)
            digest := keccak256(space, 0x60)
        }
    }

    /// keccak256 of four words, then `length` bytes of the calldata.
    function hash(bytes32 tag, uint256 first, uint256 second, uint256 third, uint256 at, uint256 length)
        internal
        pure
        returns (bytes32 digest)
    {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let space := mload(0x40)
            mstore(space, tag)
            mstore(add(space, 0x20), first)
            mstore(add(space, 0x40), second)
            mstore(add(space, 0x60), third)
            calldatacopy(add(space, 0x80), at, length)
            digest := keccak256(space, add(length, 0x80))
        }
    }

    /// keccak256 of a list's first words.
    function hash(uint256[] memory words, uint256 length) internal pure returns (bytes32 digest) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            digest := keccak256(add(words, 0x20), shl(5, length))
        }
    }

    /// Put a word into a list, or read one. `place` must be within it: whoever made the list made room for all.
    function put(uint256[] memory words, uint256 place, uint256 value) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(add(words, shl(5, add(place, 1))), value)
        }
    }

    function get(uint256[] memory words, uint256 place) internal pure returns (uint256 value) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            value := mload(add(words, shl(5, add(place, 1))))
        }
    }

    /// A list's first words as what they are; the list becomes as short. Lists of words are all laid out alike.
    function numbers(uint256[] memory words, uint256 length) internal pure returns (uint32[] memory list) {
        assert(length <= words.length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(words, length)
            list := words
        }
    }

    function hashes(uint256[] memory words, uint256 length) internal pure returns (bytes32[] memory list) {
        assert(length <= words.length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(words, length)
            list := words
        }
    }

    /// Where free memory begins.
    function mark() internal pure returns (uint256 free) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// Give back all memory taken since `free` was the beginning of what was free. Nothing in it may be used any more.
    function release(uint256 free) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }
}
