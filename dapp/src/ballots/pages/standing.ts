import { get } from "../../deployment.js";
import { type Election, type Line, type Replaced, unpack } from "../ballot.js";
import type { Hex } from "../group.js";
import { bytes, ZERO } from "../hashes.js";
import { BallotRefused } from "../refused.js";
import { receiptsOf } from "./keeping.js";
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

/** What the voter has cast already. */
export type Standing = "none" | "barred" | "waits" | Previous;

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

/** Where a voter stands before a new ballot. Throws BallotRefused (ReplacedRefused) when the old one cannot be had. */
export async function standingOf(setup: Hex, election: Election, { line, roll }: Place): Promise<Standing> {
  const told = await lineOf(setup, line);
  if (told.barred) return "barred";
  const sent = receiptsOf(setup).filter(({ unit, index }) => unit === line.unit && index === line.index);
  const last = sent.at(-1);
  if (last && last.tracker !== told.tracker && (await tracked(setup, last.tracker))?.state === "waiting") return "waits";
  if (told.tracker === null) return "none";
  const seen = await tracked(setup, told.tracker);
  const own = sent.find(({ tracker }) => tracker === told.tracker)?.packed;
  const packed = own ?? (await served(setup, told.tracker));
  const found = packed && unpack(election, line.unit, roll.lines, bytes(packed))[0];
  if (!seen || !found || found.ballot.tracker !== told.tracker) {
    throw new BallotRefused("ReplacedRefused", "The ballot served is not the one that counts now.");
  }
  const { ciphertexts, previous, proofsHash } = found.ballot;
  const { batch, place, path } = seen;
  const inBatch = previous === ZERO && batch !== null && place !== null && path !== null;
  const where = inBatch ? { number: batch, place, path } : undefined;
  return { tracker: told.tracker, replaced: { ciphertexts, previous, proofsHash, batch: where } };
}
