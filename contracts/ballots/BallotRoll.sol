// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {UnitRoll} from "../../interfaces/ballots/IBallotBox.sol";
import {BallotBytes} from "./BallotBytes.sol";

/// @title The trees over rolls, units and batches
/// @dev A missing right child is zero; one leaf is its own root. Leaves hash a tag and three words or more, nodes two
/// words, so that neither passes for the other.
library BallotRoll {
    bytes32 private constant LINE = keccak256("Muniment.RollLine.v1");
    bytes32 private constant UNIT = keccak256("Muniment.BallotUnit.v1");
    bytes32 private constant LEAF = keccak256("Muniment.BallotLeaf.v1");

    /// The leaf of a credential on the roll.
    function lineOf(uint256 unit, uint256 index, address credential) internal pure returns (bytes32) {
        return BallotBytes.hash(LINE, unit, index, uint160(credential), 0, 0);
    }

    /// The leaf of a unit.
    function unitOf(UnitRoll memory roll) internal pure returns (bytes32) {
        return keccak256(abi.encode(UNIT, roll));
    }

    /// The leaf of a ballot in its batch.
    function ballotOf(uint256 index, bytes32 tracker) internal pure returns (bytes32) {
        return BallotBytes.hash(LEAF, index, uint256(tracker));
    }

    /// How many siblings a path among so many leaves has; none where there is no leaf to lead from.
    function depthOf(uint256 leaves) internal pure returns (uint256) {
        return leaves > 1 ? Math.log2(leaves - 1) + 1 : 0;
    }

    /// The root above a leaf, by the siblings from `at` of the calldata on, the lowest first.
    function climb(bytes32 leaf, uint256 index, uint256 at, uint256 depth) internal pure returns (bytes32 node) {
        node = leaf;
        // Every ballot climbs the height of its roll: written out, a level costs half.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            // The index doubled five times: its lowest bit is then the offset of a right child in the pair.
            index := shl(5, index)
            let end := add(at, shl(5, depth))
            if lt(at, end) {
                for {} 1 {} {
                    let side := and(index, 0x20)
                    mstore(side, node)
                    mstore(xor(side, 0x20), calldataload(at))
                    node := keccak256(0x00, 0x40)
                    index := shr(1, index)
                    at := add(at, 0x20)
                    if iszero(lt(at, end)) { break }
                }
            }
        }
    }

    /// The root over the first `length` leaves. Overwrites them.
    function rootOf(bytes32[] memory nodes, uint256 length) internal pure returns (bytes32) {
        // As often as there are ballots, between bounds that are looked at here.
        assert(length > 0 && length <= nodes.length);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let first := add(nodes, 0x20)
            for {} gt(length, 1) {} {
                let to := first
                let end := add(first, shl(5, length))
                for { let from := first } lt(from, end) { from := add(from, 0x40) } {
                    mstore(0x00, mload(from))
                    mstore(0x20, 0)
                    if lt(add(from, 0x20), end) { mstore(0x20, mload(add(from, 0x20))) }
                    mstore(to, keccak256(0x00, 0x40))
                    to := add(to, 0x20)
                }
                length := shr(1, add(length, 1))
            }
        }
        return nodes[0];
    }
}
