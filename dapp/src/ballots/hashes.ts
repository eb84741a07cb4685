import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Ciphertext, type Hex, modOrder, type Point } from "./group.js";

// Every hash of docs/ballots-protocol.md: keccak256 over words of 32 bytes, of which the first is a tag's hash.

/** A number, or 0x hex of at most 32 bytes: one word, right-aligned. A point is two words. */
export type Value = bigint | number | Hex | Point;

export const ZERO: Hex = `0x${"0".repeat(64)}`;

export const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`;

/** The bytes of 0x hex. Throws when it is none. */
export const bytes = (text: Hex): Uint8Array => hexToBytes(text.slice(2));

export const keccak = (data: Uint8Array): Hex => hex(keccak_256(data));

/** keccak256 of a text in UTF-8. */
export const named = (text: string): Hex => keccak(utf8ToBytes(text));

const tags = new Map<string, string>();

function tagOf(name: string): string {
  let digits = tags.get(name);
  if (digits === undefined) tags.set(name, (digits = named(`Muniment.${name}.v1`).slice(2)));
  return digits;
}

function wordsOf(value: Value): string {
  if (typeof value === "string") return value.slice(2).padStart(64, "0");
  if (typeof value !== "object") return value.toString(16).padStart(64, "0");
  return wordsOf(value.x) + wordsOf(value.y);
}

/** hash(tag, …): keccak256 of the tag's hash and the values' words. */
export const hash = (tag: string, ...values: readonly Value[]): Hex =>
  keccak(hexToBytes(tagOf(tag) + values.map(wordsOf).join("")));

/** A hash as a number below q. */
export const numberOf = (digest: Hex): bigint => modOrder(BigInt(digest));

export const setupId = (chain: bigint, ceremony: Hex, agency: Hex, manifest: Hex): Hex =>
  hash("BallotSetup", chain, ceremony, agency, manifest);

/** @param times opening and closing as first announced, Unix seconds */
export const electionId = (
  chain: bigint,
  box: Hex,
  key: Point,
  rollRoot: Hex,
  manifest: Hex,
  times: readonly [bigint, bigint],
): Hex => hash("Election", chain, box, key, rollRoot, manifest, ...times);

export const rollLine = (unit: number, index: number, credential: Hex): Hex =>
  hash("RollLine", unit, index, credential);

/** A unit's roll as `cast` names it. */
export interface UnitRoll {
  readonly unit: number;
  readonly lines: number;
  readonly issued: number;
  readonly eligible: number;
  readonly root: Hex;
}

export const unitLeaf = ({ unit, lines, issued, eligible, root }: UnitRoll): Hex =>
  hash("BallotUnit", unit, lines, issued, eligible, root);

export const contentId = (
  election: Hex,
  unit: number,
  credential: Hex,
  ciphertexts: readonly Ciphertext[],
): Hex => hash("BallotContent", election, unit, credential, ...ciphertexts.flatMap(({ a, b }) => [a, b]));

export const trackerOf = (content: Hex, previous: Hex, proofs: Hex): Hex =>
  hash("BallotTracker", content, previous, proofs);

export const batchLeaf = (index: number, tracker: Hex): Hex => hash("BallotLeaf", index, tracker);

const node = (left: Hex, right: Hex): Hex => keccak(hexToBytes(left.slice(2) + right.slice(2)));

/** The root over leaves in their order; a missing right child is zero. Throws for none. */
export function treeRoot(leaves: readonly Hex[]): Hex {
  if (!leaves.length) throw new RangeError("A tree has at least one leaf.");
  let level = leaves;
  while (level.length > 1) level = above(level);
  return level[0]!;
}

/** A leaf's siblings, the lowest first. Throws for a place beyond the leaves. */
export function treePath(leaves: readonly Hex[], index: number): Hex[] {
  if (!(index in leaves)) throw new RangeError("A tree has no such leaf.");
  const path: Hex[] = [];
  let [level, at] = [leaves, index];
  while (level.length > 1) {
    path.push(level[at ^ 1] ?? ZERO);
    [level, at] = [above(level), at >> 1];
  }
  return path;
}

/** How many siblings lead from a leaf to the root over so many leaves: ⌈log2 leaves⌉. */
export const depthOf = (leaves: number): number => (leaves > 1 ? 32 - Math.clz32(leaves - 1) : 0);

/** The root that a leaf and its siblings lead to. */
export const rootAbove = (leaf: Hex, index: number, path: readonly Hex[]): Hex =>
  path.reduce((at, sibling, level) => (bitOf(index, level) ? node(sibling, at) : node(at, sibling)), leaf);

/** Bit `level` of a number; a shift would begin anew at the 32nd. */
const bitOf = (index: number, level: number): boolean => Math.floor(index / 2 ** level) % 2 === 1;

function above(level: readonly Hex[]): Hex[] {
  const nodes: Hex[] = [];
  for (let at = 0; at < level.length; at += 2) nodes.push(node(level[at]!, level[at + 1] ?? ZERO));
  return nodes;
}

const DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

function typedHash(chain: bigint, contract: Hex, type: string, values: readonly Value[]): Hex {
  const domain = [named(DOMAIN), named("Muniment Ballots"), named("1"), chain, contract] as const;
  const separator = keccak(hexToBytes(domain.map(wordsOf).join("")));
  const struct = keccak(hexToBytes([named(type), ...values].map(wordsOf).join("")));
  return keccak(concatBytes(Uint8Array.of(0x19, 0x01), bytes(separator), bytes(struct)));
}

const ENROL_VOTER = "EnrolVoter(bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline)";

/** What a credential signs to cast a ballot (EIP-712). */
export const castDigest = (chain: bigint, box: Hex, tracker: Hex): Hex =>
  typedHash(chain, box, "CastBallot(bytes32 tracker)", [tracker]);

/** What a voter's wallet or two officers sign for an enrolment (EIP-712, the ceremony's domain). */
export const enrolmentDigest = (
  chain: bigint,
  ceremony: Hex,
  setup: Hex,
  { unit, voter, blinded }: { readonly unit: number; readonly voter: Hex; readonly blinded: Hex },
  deadline: number,
): Hex => typedHash(chain, ceremony, ENROL_VOTER, [setup, unit, voter, blinded, deadline]);

/** What a credential signs to withdraw its ballot, in person (EIP-712). */
export const withdrawalDigest = (chain: bigint, box: Hex, unit: number, index: number): Hex =>
  typedHash(chain, box, "Withdrawal(uint32 unit,uint32 index)", [unit, index]);

/** What a credential signs with the number that a desk tells a voter who withdrew (EIP-712). */
export const paperDigest = (chain: bigint, box: Hex, unit: number, index: number, number: number): Hex =>
  typedHash(chain, box, "PaperBallot(uint32 unit,uint32 index,uint32 number)", [unit, index, number]);
