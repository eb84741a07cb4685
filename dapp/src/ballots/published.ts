import type { Hex } from "./group.js";
import { keccak } from "./hashes.js";
import { base64url, list, natural, object, type Read, text, Unreadable, word } from "./shapes.js";

// What the agency publishes beside the chain, and how it is written: docs/ballots-protocol.md.

/** A line: the credential, and the blind signature over it with the 32 bytes that it was prepared with. */
export interface RollEntry {
  readonly credential: Hex;
  readonly randomizer: Uint8Array;
  readonly signature: Uint8Array;
}

export interface PublishedRoll {
  readonly setup: Hex;
  readonly units: readonly { readonly unit: number; readonly issued: number; readonly lines: readonly RollEntry[] }[];
}

/** What allowed an enrolment: the voter's own signature, or two officers'. `deadline` in Unix seconds. */
export type Authority =
  | { readonly by: "voter"; readonly deadline: number; readonly signature: Hex }
  | { readonly by: "officers"; readonly deadline: number; readonly officers: readonly SignedBy[] };

export interface SignedBy {
  readonly key: Hex;
  readonly signature: Hex;
}

/** One enrolment: who was given a signature, and by what right. */
export interface Log {
  readonly unit: number;
  readonly voter: Hex;
  readonly blinded: Hex;
  readonly authority: Authority;
}

export interface PublishedLog {
  readonly setup: Hex;
  readonly entries: readonly Log[];
}

const RANDOMIZER = 32; // bytes (RFC 9474, section 4.1)
const hash = word(32);

const rollEntry: Read<RollEntry> = (value, where) => {
  if (!Array.isArray(value) || value.length !== 3) throw new Unreadable(where, "is no line of three");
  const [credential, randomizer, signature] = value as unknown[];
  const entry = {
    credential: word(20)(credential, `${where}[0]`),
    randomizer: base64url(randomizer, `${where}[1]`),
    signature: base64url(signature, `${where}[2]`),
  };
  if (entry.randomizer.length !== RANDOMIZER) throw new Unreadable(`${where}[1]`, "is not 32 bytes");
  return entry;
};

/** The roll as published. Throws Unreadable. */
export const readRoll: Read<PublishedRoll> = object({
  setup: hash,
  units: list(object({ unit: natural, issued: natural, lines: list(rollEntry) })),
});

const byVoter = object({ by: text, deadline: natural, signature: word() });
const byOfficers = object({ by: text, deadline: natural, officers: list(object({ key: word(20), signature: word() })) });

const authority: Read<Authority> = (value, where) => {
  const by = (value as { by?: unknown } | null)?.by;
  if (by === "voter") return { ...byVoter(value, where), by };
  if (by === "officers") return { ...byOfficers(value, where), by };
  throw new Unreadable(where, "rests on nothing known");
};

/** keccak256 of what allowed an enrolment, as its leaf in the log has it: of its JSON in RFC 8785. */
export const authorityHash = (said: Authority): Hex => keccak(new TextEncoder().encode(canonical(said)));

/** The enrolment office's log as published. Throws Unreadable. */
export const readLog: Read<PublishedLog> = object({
  setup: hash,
  entries: list(object({ unit: natural, voter: hash, blinded: hash, authority })),
});

/** JSON in its one canonical form (RFC 8785): JavaScript's own numbers and texts, keys by UTF-16 code units. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${parts.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join()}}`;
  }
  return JSON.stringify(value);
}
