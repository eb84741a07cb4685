// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ITitleMigration} from "../../interfaces/land/ITitleMigration.sol";
import {MigratedTitle} from "../../interfaces/land/ITitleRegistry.sol";

/// @title The tree over a register that moves in, and the words of its proofs
/// @dev A leaf hashes 32 bytes last, a node 64, so that neither passes for the other; and how far a leaf lies from the
/// root follows from the count alone.
library TitleTree {
    bytes32 private constant LEAF = keccak256("Muniment.MigratedTitle.v1");
    bytes32 private constant CONTENT = keccak256("Muniment.MigratedContent.v1");
    uint256 private constant WORD = 32;

    function contentOf(MigratedTitle calldata migrated) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONTENT, migrated));
    }

    function leafOf(bytes32 title, bytes32 next, bytes32 content) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(LEAF, title, next, content))));
    }

    /// Read the word at `at`; return it and where the next one begins.
    function word(bytes calldata proof, uint256 at) internal pure returns (bytes32 value, uint256 end) {
        end = at + WORD;
        if (end > proof.length) revert ITitleMigration.ProofLength(proof.length);
        value = bytes32(proof[at:end]);
    }

    function number(bytes calldata proof, uint256 at) internal pure returns (uint256 value, uint256 end) {
        bytes32 raw;
        (raw, end) = word(proof, at);
        value = uint256(raw);
    }

    /// A proof has nothing after its last word: there is one proof for each fact.
    function requireEnd(bytes calldata proof, uint256 at) internal pure {
        if (at != proof.length) revert ITitleMigration.ProofLength(proof.length);
    }

    /// The root above one leaf of `count`, by the siblings from `at` on.
    function climb(bytes calldata proof, uint256 at, bytes32 leaf, uint256 index, uint256 count)
        internal
        pure
        returns (bytes32 node, uint256 end)
    {
        node = leaf;
        end = at;
        uint256 last = count - 1;
        // Whoever touches a title of a million pays for twenty levels: written out, each costs half.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            for {} last { last := shr(1, last) } {
                let right := and(index, 1)
                // The last of an odd number has no sibling, and moves up as it is.
                if or(right, lt(index, last)) {
                    mstore(shl(5, right), node)
                    mstore(shl(5, iszero(right)), calldataload(add(proof.offset, end)))
                    node := keccak256(0x00, 0x40)
                    end := add(end, 0x20)
                }
                index := shr(1, index)
            }
        }
        // Words behind the end were read as whatever lies there; here they are refused.
        if (end > proof.length) revert ITitleMigration.ProofLength(proof.length);
    }

    /// The root above neighbouring leaves from `first` on, by the siblings beside them. Overwrites `nodes`.
    function climbTogether(bytes calldata proof, uint256 at, bytes32[] memory nodes, uint256 first, uint256 count)
        internal
        pure
        returns (bytes32 node, uint256 end)
    {
        end = at;
        uint256 length = nodes.length;
        bytes32 sibling;
        while (count > 1) {
            bool more = first + length < count;
            uint256 from = first & 1;
            uint256 to = from;
            if (from == 1) {
                (sibling, end) = word(proof, end);
                nodes[0] = Hashes.efficientKeccak256(sibling, nodes[0]);
            }
            for (; from + 1 < length; from += 2) {
                nodes[to] = Hashes.efficientKeccak256(nodes[from], nodes[from + 1]);
                ++to;
            }
            if (from < length) {
                node = nodes[from];
                if (more) {
                    (sibling, end) = word(proof, end);
                    node = Hashes.efficientKeccak256(node, sibling);
                }
                nodes[to] = node;
                ++to;
            }
            first >>= 1;
            length = to;
            count = (count + 1) >> 1;
        }
        node = nodes[0];
    }
}
