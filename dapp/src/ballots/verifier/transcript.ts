import type { Hex } from "../group.js";
import { strictJson } from "../json.js";
import { type Log, type PublishedLog, type PublishedRoll, readLog, readRoll } from "../published.js";
import { type Read, Unreadable, digits, exactly, flag, list, object, text, word } from "../shapes.js";
import type { Shown } from "./code.js";

// Everything that a verdict rests on, in one file or from a node: the events of ceremony and box with the blocks and the
// transactions they are in, what the contracts answer at one block, and the roll and the log as they are published.

export const FORMAT = "Muniment.BallotTranscript.v1";

/** An event as the chain has it. */
export interface RawLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/** A transaction as it was sent, and the events of ceremony and box that it made, in their order. */
export interface RawTransaction {
  readonly hash: Hex;
  readonly raw: Hex;
  readonly logs: readonly RawLog[];
}

/** @property header in RLP */
export interface RawBlock {
  readonly hash: Hex;
  readonly header: Hex;
  readonly transactions: readonly RawTransaction[];
}

type Pair = readonly [Hex, Hex];
type Quad = readonly [Hex, Hex, Hex, Hex];

export interface CeremonyViews {
  readonly stage: bigint;
  readonly agency: Hex;
  readonly manifestHash: Hex;
  readonly begun: bigint;
  readonly period: bigint;
  readonly threshold: bigint;
  readonly trustees: bigint;
  readonly confirmations: bigint;
  readonly election: Hex;
  readonly box: Hex;
  readonly key: Pair;
  readonly trusteeKeys: readonly Pair[];
  readonly members: readonly MemberViews[];
}

export interface MemberViews {
  readonly account: Hex;
  readonly revealed: boolean;
  readonly dealt: boolean;
  readonly confirmed: boolean;
  readonly out: boolean;
  readonly commitment: Hex;
}

export interface BoxViews {
  readonly ceremony: Hex;
  readonly agency: Hex;
  readonly setup: Hex;
  readonly election: Hex;
  readonly rollRoot: Hex;
  readonly logRoot: Hex;
  readonly units: bigint;
  readonly width: bigint;
  readonly minBallots: bigint;
  readonly opensAt: bigint;
  readonly closesAt: bigint;
  readonly grace: bigint;
  readonly longestDelay: bigint;
  readonly contests: readonly Hex[];
  readonly key: Pair;
}

export interface StandingViews {
  readonly unit: bigint;
  readonly index: bigint;
  readonly voted: boolean;
  readonly barred: boolean;
  readonly tracker: Hex;
}

export interface GroupViews {
  readonly firstUnit: bigint;
  readonly lastUnit: bigint;
  readonly ballots: bigint;
}

/** What the contracts answer at the transcript's head. */
export interface Views {
  readonly ceremony: CeremonyViews;
  readonly box: BoxViews;
  readonly turnout: readonly { readonly ballots: bigint; readonly batches: bigint }[];
  readonly batchRoots: readonly (readonly Hex[])[];
  readonly standings: readonly StandingViews[];
  readonly sums: readonly { readonly unit: bigint; readonly sums: readonly Quad[] }[];
  readonly groups: { readonly complete: boolean; readonly groups: readonly GroupViews[] };
  /** counts by group, by contest */
  readonly results: readonly (readonly (readonly bigint[])[])[];
}

export interface Transcript {
  readonly chain: bigint;
  readonly ceremony: Hex;
  readonly box: Hex;
  readonly blocks: readonly RawBlock[];
  readonly head: { readonly hash: Hex; readonly header: Hex };
  readonly code: { readonly box: Shown; readonly ceremony: Shown };
  readonly views: Views;
  readonly roll: PublishedRoll;
  readonly log: PublishedLog;
}

export type { Log, PublishedLog, PublishedRoll };

const hash = word(32);
const address = word(20);
const anyBytes = word();
const pair = exactly(2, hash) as unknown as Read<Pair>;
const quad = exactly(4, hash) as unknown as Read<Quad>;

const rawLog: Read<RawLog> = object({ address, topics: list(hash), data: anyBytes });
const transaction: Read<RawTransaction> = object({ hash, raw: anyBytes, logs: list(rawLog) });
const block: Read<RawBlock> = object({ hash, header: anyBytes, transactions: list(transaction) });

const views: Read<Views> = object({
  ceremony: object({
    stage: digits, agency: hash, manifestHash: hash, begun: digits, period: digits, threshold: digits,
    trustees: digits, confirmations: digits, election: hash, box: address, key: pair, trusteeKeys: list(pair),
    members: list(object({ account: address, revealed: flag, dealt: flag, confirmed: flag, out: flag, commitment: hash })),
  }),
  box: object({
    ceremony: address, agency: hash, setup: hash, election: hash, rollRoot: hash, logRoot: hash, units: digits,
    width: digits, minBallots: digits, opensAt: digits, closesAt: digits, grace: digits, longestDelay: digits,
    contests: list(word(8)), key: pair,
  }),
  turnout: list(object({ ballots: digits, batches: digits })),
  batchRoots: list(list(hash)),
  standings: list(object({ unit: digits, index: digits, voted: flag, barred: flag, tracker: hash })),
  sums: list(object({ unit: digits, sums: list(quad) })),
  groups: object({ complete: flag, groups: list(object({ firstUnit: digits, lastUnit: digits, ballots: digits })) }),
  results: list(list(list(digits))),
});

const shown: Read<Shown> = object({ code: anyBytes, proof: list(anyBytes) });

const whole = object({
  format: text, chain: digits, ceremony: address, box: address, blocks: list(block),
  head: object({ hash, header: anyBytes }), code: object({ box: shown, ceremony: shown }), views, roll: readRoll, log: readLog,
});

/** A transcript from its JSON. Throws Unreadable, which names the place. */
export function readTranscript(json: string): Transcript {
  const { format, ...read } = whole(strictJson(json, "transcript"), "transcript");
  if (format !== FORMAT) throw new Unreadable("transcript.format", `is not ${FORMAT}`);
  return read;
}
