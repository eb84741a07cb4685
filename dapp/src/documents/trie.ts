import { hex, keccak } from "./hashes.js";

// What a Merkle-Patricia trie holds under a key, or that it holds nothing (Ethereum Yellow Paper, appendices B to D).

/** The nodes do not prove what is asked: one is missing, or not written as it must be. */
export class TrieRefused extends Error {}

export type Rlp = Uint8Array | Rlp[];

const DEEPEST = 8; // lists within lists: a branch may hold short nodes whole

/** One RLP item that fills all bytes, in its only encoding. Throws TrieRefused. */
export function decodeRlp(raw: Uint8Array): Rlp {
  const [item, end] = itemAt(raw, 0, DEEPEST);
  if (end !== raw.length) throw new TrieRefused("bytes follow an RLP item");
  return item;
}

/** Trie nodes by their hash: a hostile file's order means nothing. */
export class Nodes {
  private readonly byHash: ReadonlyMap<string, Uint8Array>;

  constructor(raw: readonly Uint8Array[]) {
    this.byHash = new Map(raw.map((one) => [hex(keccak(one)), one]));
  }

  /** The value under keccak256(key), as RLP; empty when the trie holds none. Throws TrieRefused. */
  value(root: Uint8Array, key: Uint8Array): Uint8Array {
    let path = nibbles(keccak(key));
    let node = this.node(root);
    // Each step but the last consumes a nibble at least, so that no chain of nodes is endless.
    while (Array.isArray(node)) {
      let step: Rlp;
      if (node.length === 17) {
        const [first, ...rest] = path;
        if (first === undefined) return text(node[16]!);
        [step, path] = [node[first]!, rest];
      } else if (node.length === 2) {
        const { leaf, part } = unpacked(text(node[0]!));
        const here = part.every((nibble, at) => nibble === path[at]);
        if (!here || (leaf && path.length !== part.length)) return new Uint8Array();
        if (leaf) return text(node[1]!);
        if (!part.length) throw new TrieRefused("an extension node leads nowhere");
        [step, path] = [node[1]!, path.slice(part.length)];
      } else throw new TrieRefused("a node has neither 2 nor 17 items");
      if (!Array.isArray(step) && !step.length) return step;
      node = Array.isArray(step) ? step : this.node(step);
    }
    throw new TrieRefused("a node is no list");
  }

  private node(reference: Uint8Array): Rlp {
    const raw = this.byHash.get(hex(reference));
    if (!raw) throw new TrieRefused("a node is missing");
    return decodeRlp(raw);
  }
}

function itemAt(raw: Uint8Array, at: number, deepest: number): [Rlp, number] {
  const first = raw[at];
  if (first === undefined) throw new TrieRefused("RLP ends early");
  if (first < 0x80) return [raw.slice(at, at + 1), at + 1];
  const list = first >= 0xc0;
  let length = first - (list ? 0xc0 : 0x80);
  let start = at + 1;
  if (length > 55) {
    const digits = raw.slice(start, start + length - 55);
    start += length - 55;
    length = digits.reduce((sum, digit) => sum * 256 + digit, 0); // too long for a number is too long for the file
    if (length <= 55 || digits[0] === 0) throw new TrieRefused("an RLP length is not in its shortest form");
  }
  const end = start + length;
  if (end > raw.length) throw new TrieRefused("RLP ends early");
  if (!list) {
    if (length === 1 && raw[start]! < 0x80) throw new TrieRefused("an RLP byte is not in its shortest form");
    return [raw.slice(start, end), end];
  }
  if (!deepest) throw new TrieRefused("RLP is nested too deep");
  const items: Rlp[] = [];
  while (start < end) {
    const [item, next] = itemAt(raw, start, deepest - 1);
    items.push(item);
    start = next;
  }
  if (start !== end) throw new TrieRefused("an RLP list ends amid an item");
  return [items, end];
}

function text(item: Rlp): Uint8Array {
  if (Array.isArray(item)) throw new TrieRefused("a list stands where bytes must");
  return item;
}

const nibbles = (raw: Uint8Array): number[] => [...raw].flatMap((byte) => [byte >> 4, byte & 15]);

/** Whether a node is a leaf, and its part of the path (hex-prefix encoding, appendix C). */
function unpacked(packed: Uint8Array): { leaf: boolean; part: number[] } {
  const [flags, second, ...rest] = nibbles(packed);
  if (flags === undefined || flags > 3 || (!(flags & 1) && second)) {
    throw new TrieRefused("a path is not hex-prefix encoded");
  }
  return { leaf: flags > 1, part: flags & 1 ? [second!, ...rest] : rest };
}
