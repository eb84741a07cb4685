import { concatBytes } from "@noble/hashes/utils.js";
import { keccak } from "./hashes.js";

// Trees as OpenZeppelin's "standard-v1" lays them out (@openzeppelin/merkle-tree, README).

/** The longest way from a leaf to its root. */
export const DEEPEST = 64;

/** The leaf of ABI-encoded values, hashed twice so that no node can pass for one. */
export const leafHash = (encoded: Uint8Array): Uint8Array => keccak(keccak(encoded));

/** The root that a leaf and its siblings lead to, the lowest sibling first. */
export const rootOf = (leaf: Uint8Array, siblings: readonly Uint8Array[]): Uint8Array => siblings.reduce(node, leaf);

/** The root over all leaves, given in any order; there is at least one. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const ordered = [...leaves].sort((one, other) => compare(other, one));
  const nodes = [...ordered.slice(1), ...ordered]; // the first half is overwritten: count - 1 nodes, then the leaves
  for (let at = ordered.length - 2; at >= 0; at -= 1) nodes[at] = node(nodes[2 * at + 1]!, nodes[2 * at + 2]!);
  return nodes[0]!;
}

function node(one: Uint8Array, other: Uint8Array): Uint8Array {
  return keccak(compare(one, other) < 0 ? concatBytes(one, other) : concatBytes(other, one));
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length; at += 1) {
    const difference = one[at]! - other[at]!;
    if (difference) return difference;
  }
  return 0;
}
