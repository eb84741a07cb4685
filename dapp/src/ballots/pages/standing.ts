import { get } from "../../deployment.js";
import { type Election, type Line, type Replaced, unpack } from "../ballot.js";
import type { Hex } from "../group.js";
import { bytes, ZERO } from "../hashes.js";
import { BallotRefused } from "../refused.js";
import { type Receipt, receiptsOf } from "./keeping.js";
import type { Place } from "./told.js";

/** What became of a ballot (GET /api/elections/{election}/ballots/{tracker}). */
export interface Tracked {
  readonly tracker: Hex;
  readonly state: string;
  readonly batch: number | null;
  readonly place: number | null;
  readonly path: readonly Hex[] | null;
  readonly block_number: number | null;
  readonly finality: string | null;
  readonly reason: { readonly sentence: string } | null;
}

/** What a line of the roll has cast; once it is barred, how final that is. */
export interface VoterLine {
  readonly barred: boolean;
  readonly finality: "included" | "safe" | "finalized" | null;
  readonly tracker: Hex | null;
}

/** The ballot that a new one replaces. */
export interface Previous {
  readonly tracker: Hex;
  readonly replaced: Replaced;
}

/** What the voter has cast already: by the service's word, and by what this browser signed. */
export interface Standing {
  readonly barred: boolean;
  /** the ballot that counts */
  readonly tracker: Hex | null;
  /** the last ballot signed here, while the chain does not show it: it can be sent once more */
  readonly unseen: Receipt | undefined;
  /** the last ballot signed here, whatever the service says of it */
  readonly last: Receipt | undefined;
  /** the service says that it is sending that one, so a new ballot would name one that is about to be replaced */
  readonly waits: boolean;
}

const at = (setup: Hex, ...path: (string | number)[]): string => `/api/elections/${[setup, ...path].join("/")}`;

/** How a line of the roll stands. */
export const lineOf = (setup: Hex, { unit, index }: Line): Promise<VoterLine> => get<VoterLine>(at(setup, "voters", unit, index));

/** What became of a ballot; undefined when neither the service nor the chain has it. */
export async function tracked(setup: Hex, tracker: Hex): Promise<Tracked | undefined> {
  const response = await fetch(at(setup, "ballots", tracker), { headers: { accept: "application/json" } });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as Tracked;
}

/** A ballot's bytes as the service got them; undefined when it was sent without the service. */
async function served(setup: Hex, tracker: Hex): Promise<Hex | undefined> {
  const response = await fetch(at(setup, "ballots", tracker, "packed"));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return ((await response.json()) as { packed: Hex }).packed;
}

/** The ballots of a line that this browser keeps, oldest first. */
export const sentFrom = (setup: Hex, { unit, index }: Pick<Line, "unit" | "index">): readonly Receipt[] =>
  receiptsOf(setup).filter((sent) => sent.unit === unit && sent.index === index);

/** Where a voter stands before a new ballot. */
export async function standingOf(setup: Hex, election: Election, { line, roll }: Place): Promise<Standing> {
  const { barred, tracker } = await lineOf(setup, line);
  const last = sentFrom(setup, line).at(-1);
  const nothing = { barred, tracker, unseen: undefined, last, waits: false };
  if (barred || !last || last.tracker === tracker) return nothing;
  const state = (await tracked(setup, last.tracker))?.state;
  if (state === "waiting") return { barred, tracker, unseen: last, last, waits: true };
  // Refused, or never come: whatever the service says of it, it can be cast as long as the same ballot stands before it.
  const signed = unpack(election, line.unit, roll.lines, bytes(last.packed))[0];
  const lost = (state === undefined || state === "refused") && signed?.ballot.previous === (tracker ?? ZERO);
  return lost ? { ...nothing, unseen: last } : nothing;
}

/**
 * The ballot that counts, as a new one or a withdrawal names it; undefined when none does. Throws BallotRefused
 * (ReplacedRefused) when it cannot be had.
 */
export async function previousOf(setup: Hex, election: Election, { line, roll }: Place, tracker: Hex | null): Promise<Previous | undefined> {
  if (tracker === null) return undefined;
  const seen = await tracked(setup, tracker);
  const own = sentFrom(setup, line).find((sent) => sent.tracker === tracker)?.packed;
  const packed = own ?? (await served(setup, tracker));
  const found = packed && unpack(election, line.unit, roll.lines, bytes(packed))[0];
  if (!seen || !found || found.ballot.tracker !== tracker) {
    throw new BallotRefused("ReplacedRefused", "The ballot served is not the one that counts now.");
  }
  const { ciphertexts, previous, proofsHash } = found.ballot;
  const { batch, place, path } = seen;
  const inBatch = previous === ZERO && batch !== null && place !== null && path !== null;
  const where = inBatch ? { number: batch, place, path } : undefined;
  return { tracker, replaced: { ciphertexts, previous, proofsHash, batch: where } };
}

/** Whether a failure is that the ballot from before cannot be had: its receipt's file has it. */
export const lacksPrevious = (error: unknown): boolean => error instanceof BallotRefused && error.reason === "ReplacedRefused";
