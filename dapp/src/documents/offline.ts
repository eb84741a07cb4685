import { concatBytes } from "@noble/hashes/utils.js";
import { type Anchor, type AsOf, type Facts, type Key, KINDS, type Question, type Source, STATUSES } from "./facts.js";
import { bytes, type Hex, hex, keccak, word } from "./hashes.js";
import { type Json, JsonRefused, parse } from "./json.js";
import { decodeRlp, Nodes, TrieRefused } from "./trie.js";

// Facts without a node: a block's header and storage proofs (EIP-1186) in the proof file, and one trusted block hash.
// Which accounts and slots are read follows from the question alone, never from the file (docs/documents.md, Offline).

/** Block hashes of one chain that somebody vouches for by name, and the two registries' addresses there. */
export interface Checkpoint {
  readonly name: string;
  readonly chainId: number;
  readonly registry: Hex;
  readonly agencies: Hex;
  readonly blocks: readonly Hex[];
}

/** The evidence cannot be read, or does not prove what is asked. */
class EvidenceRefused extends Error {}

const [RECORDS, AGENCIES, KEYS, OFFICERS] = [0n, 4n, 6n, 3n];
const [SUCCESSOR, APPROVERS, WORDS] = [1n, 2n, 4n];
type Five = [number, number, number, number, number];

const FORMAT = "muniment-checkpoint-1";
const MOST_NODES = 1_000;
const MOST_APPROVERS = 16;
const SLOTS = 1n << 256n;
const EMPTY = hex(keccak(Uint8Array.of(0x80))); // the root of a trie that holds nothing
const NOBODY: Hex = `0x${"0".repeat(64)}`;

/** The checkpoint in a file; null when it is none. */
export function readCheckpoint(file: Uint8Array): Checkpoint | null {
  let value: Json;
  try {
    value = parse(file);
  } catch (error) {
    if (error instanceof JsonRefused) return null;
    throw error;
  }
  if (!(value instanceof Map) || value.get("format") !== FORMAT) return null;
  const [name, chainId, blocks] = [value.get("name"), value.get("chainId"), value.get("blocks")];
  const [registry, agencies] = [hexOf(value.get("registry"), 40), hexOf(value.get("agencies"), 40)];
  const hashes = Array.isArray(blocks) ? blocks.map((block) => hexOf(block, 64)) : [null];
  const known = typeof name === "string" && typeof chainId === "number" && registry && agencies;
  if (!known || hashes.includes(null)) return null;
  return { name, chainId, registry, agencies, blocks: hashes as Hex[] };
}

function hexOf(value: Json | undefined, digits: number): Hex | null {
  const written = typeof value === "string" ? value.toLowerCase() : "";
  return written.length === digits + 2 && /^0x[0-9a-f]*$/.test(written) ? (written as Hex) : null;
}

/** Facts that a proof file's evidence proves against a checkpoint; null when it is missing, untrusted or unsound. */
export class EvidenceSource implements Source {
  constructor(
    private readonly evidence: Json | undefined,
    private readonly checkpoint: Checkpoint,
  ) {}

  async facts(question: Question): Promise<Facts | null> {
    try {
      return prove(this.evidence, this.checkpoint, question);
    } catch (error) {
      if (error instanceof EvidenceRefused || error instanceof TrieRefused) return null;
      throw error;
    }
  }
}

function prove(evidence: Json | undefined, checkpoint: Checkpoint, question: Question): Facts {
  const { issuer, index } = question;
  if (question.chainId !== checkpoint.chainId || question.registry !== checkpoint.registry) {
    throw new EvidenceRefused("the checkpoint is of another registry");
  }
  const { header, nodes } = evidenceOf(evidence);
  const block = hex(keccak(header));
  if (!checkpoint.blocks.includes(block)) throw new EvidenceRefused("the checkpoint does not vouch for the block");
  const [state, number, time] = headerOf(header);
  const asOf: AsOf = { number, hash: block, time, checkpoint: checkpoint.name };
  const documents = new Account(nodes, state, checkpoint.registry);
  const base = mapped(mapped(RECORDS, issuer), question.root);
  const slot = documents.word(base); // laid out as IDocumentRegistry's Anchor
  const anchor = anchorOf(slot);
  const [threshold, approvals] = fields(slot >> 168n, 8, 8) as [number, number];
  const nothing = { keys: [], parties: 0, threshold: 1, revoked: false, held: false, revocation: null, successor: null };
  if (!anchor) return { asOf, anchor, ...nothing };
  const bits = mapped(base + WORDS, hex(word(Math.floor(index / 256))));
  const bit = BigInt(index % 256);
  const successor = anchor.status === "SUPERSEDED" ? documents.word(base + SUCCESSOR) : 0n;
  const ids = anchor.kind === "OFFICER" ? [anchor.keyId] : approversOf(documents, base, approvals);
  const known = ids.filter((id) => id !== 0);
  const agencies = known.length ? new Account(nodes, state, checkpoint.agencies) : null;
  return {
    asOf,
    anchor,
    keys: agencies ? known.map((id) => keyOf(agencies, issuer, id)) : [],
    parties: ids.length - known.length,
    threshold: Math.max(1, threshold),
    revoked: ((documents.word(bits) >> bit) & 1n) === 1n,
    held: ((documents.word(bits + 1n) >> bit) & 1n) === 1n,
    revocation: null, // reasons stand in events, which no storage proof holds
    successor: successor ? { root: text(successor, 64), index: null } : null,
  };
}

/** A contract's storage at the block. */
class Account {
  private readonly root: Uint8Array;

  constructor(
    private readonly nodes: Nodes,
    state: Uint8Array,
    address: Hex,
  ) {
    const account = nodes.value(state, bytes(address));
    const items = account.length ? decodeRlp(account) : [];
    const root = Array.isArray(items) && items.length === 4 ? items[2] : undefined;
    if (!(root instanceof Uint8Array)) throw new EvidenceRefused("there is no such contract");
    this.root = root;
  }

  /** A storage slot; 0 where nothing was ever stored. */
  word(slot: bigint): bigint {
    if (hex(this.root) === EMPTY) return 0n;
    const raw = this.nodes.value(this.root, bytes(text(slot % SLOTS, 64)));
    const item = raw.length ? decodeRlp(raw) : raw;
    if (Array.isArray(item) || item.length > 32) throw new EvidenceRefused("a slot holds no word");
    return uint(item);
  }
}

function evidenceOf(evidence: Json | undefined): { header: Uint8Array; nodes: Nodes } {
  const [header, nodes] = evidence instanceof Map ? [evidence.get("header"), evidence.get("nodes")] : [];
  const known = evidence instanceof Map && evidence.size === 2;
  if (!known || header === undefined || !Array.isArray(nodes) || nodes.length > MOST_NODES) {
    throw new EvidenceRefused("evidence has a header and nodes, nothing else");
  }
  return { header: raw(header), nodes: new Nodes(nodes.map(raw)) };
}

function raw(value: Json): Uint8Array {
  if (typeof value !== "string" || !/^0x(?:[0-9a-f]{2})*$/.test(value)) throw new EvidenceRefused("evidence is 0x hex");
  return bytes(value);
}

/** State root, number and time of a header whose hash is trusted. */
function headerOf(header: Uint8Array): [Uint8Array, number, number] {
  const items = decodeRlp(header);
  const [state, number, time] = Array.isArray(items) && items.length >= 15 ? [items[3], items[8], items[11]] : [];
  if (!(state instanceof Uint8Array && number instanceof Uint8Array && time instanceof Uint8Array)) {
    throw new EvidenceRefused("the header is none");
  }
  return [state, Number(uint(number)), Number(uint(time))];
}

/** An Anchor's slot, lowest bits first; null when there is none. */
function anchorOf(slot: bigint): Anchor | null {
  const [issuedAt, expiresAt, keyId, count] = fields(slot, 40, 40, 32, 40) as [number, number, number, number];
  const [place, standing] = fields(slot >> 152n, 8, 8) as [number, number];
  const [kind, status] = [KINDS[place], STATUSES[standing]];
  if (!kind || !status) throw new EvidenceRefused("the anchor's slot holds no anchor");
  return kind === "NONE" ? null : { kind, status, issuedAt, expiresAt, count, keyId };
}

/** Ids of the keys that co-signed, 0 for a party: eight to a slot. */
function approversOf(documents: Account, base: bigint, approvals: number): number[] {
  const words = documents.word(base + APPROVERS) | (documents.word(base + APPROVERS + 1n) << 256n);
  const places = Array.from({ length: Math.min(approvals, MOST_APPROVERS) }, (_, place) => BigInt(32 * place));
  return places.map((place) => Number((words >> place) & 0xffffffffn));
}

/** The record of the key with this id as an officer of the agency; of no agency when it never was one. */
function keyOf(agencies: Account, agency: Hex, id: number): Key {
  const key = text(agencies.word(mapped(KEYS, hex(word(id)))), 40);
  const record = agencies.word(mapped(mapped(AGENCIES, agency) + OFFICERS, key));
  const [notBefore, notAfter, compromisedSince, , own] = fields(record >> 64n, 40, 40, 40, 40, 32) as Five;
  const scopes = record & ((1n << 64n) - 1n);
  return { id: own, key, agency: own === id ? agency : NOBODY, scopes, notBefore, notAfter, compromisedSince };
}

/** Where a mapping at `slot` keeps `key` (Solidity docs, "Layout of State Variables in Storage"). */
function mapped(slot: bigint, key: Hex): bigint {
  const padded = bytes(`0x${key.slice(2).padStart(64, "0")}`);
  return uint(keccak(concatBytes(padded, bytes(text(slot % SLOTS, 64)))));
}

/** A slot's packed members, the first in the lowest bits. */
function fields(slot: bigint, ...sizes: number[]): number[] {
  let left = slot;
  return sizes.map((size) => {
    const value = Number(left & ((1n << BigInt(size)) - 1n));
    left >>= BigInt(size);
    return value;
  });
}

const text = (value: bigint, digits: number): Hex => `0x${value.toString(16).padStart(digits, "0")}`;
const uint = (raw: Uint8Array): bigint => BigInt(raw.length ? hex(raw) : 0);
