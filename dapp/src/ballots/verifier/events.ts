import {
  type Abi,
  decodeEventLog,
  decodeFunctionData,
  encodeAbiParameters,
  encodeEventTopics,
  getAbiItem,
  parseAbi,
} from "viem";
import type { Hex, Point } from "../group.js";
import type { RawLog } from "./transcript.js";

// The contracts' events and the calls whose data a verifier reads, as interfaces/ballots has them.

const STRUCTS = [
  "struct Point { uint256 x; uint256 y; }",
  "struct Possession { uint256 challenge; uint256 response; }",
  "struct Reveal { Point[] coefficients; Point encryptionKey; Possession constantProof; Possession keyProof; }",
  "struct UnitRoll { uint32 unit; uint32 lines; uint32 issued; uint32 eligible; bytes32 root; }",
  "struct Opening { address ceremony; bytes32 setup; uint40 opensAt; uint40 closesAt; uint32 minBallots; bytes32 logRoot; uint64[] contests; }",
] as const;

export const CEREMONY_EVENTS: Abi = parseAbi([
  ...STRUCTS,
  "event CeremonyBegun(bytes32 indexed setup, bytes32 indexed agency, address officer, uint8 threshold, uint40 period, address[] trustees, bytes manifest)",
  "event TrusteeCommitted(bytes32 indexed setup, address indexed trustee, bytes32 commitment)",
  "event TrusteeRevealed(bytes32 indexed setup, address indexed trustee, Reveal revealed)",
  "event SharesDealt(bytes32 indexed setup, address indexed trustee, uint256[] shares)",
  "event ShareComplained(bytes32 indexed setup, address indexed trustee, address indexed dealer)",
  "event ComplaintAnswered(bytes32 indexed setup, address indexed dealer, address indexed trustee, uint256 share)",
  "event ShareConfirmed(bytes32 indexed setup, address indexed trustee)",
  "event TrusteeExcluded(bytes32 indexed setup, address indexed trustee, uint8 missed)",
  "event CeremonyCompleted(bytes32 indexed setup, Point key, Point[] keys)",
  "event CeremonyFailed(bytes32 indexed setup, uint256 left)",
  "event ElectionOpened(bytes32 indexed setup, bytes32 indexed election, address indexed box, bytes32 rollRoot, bytes32 logRoot)",
]);

export const BOX_EVENTS: Abi = parseAbi([
  ...STRUCTS,
  "event BoxOpened(bytes32 indexed election, bytes32 indexed setup, Opening opening, UnitRoll[] units)",
  "event ClosingPostponed(uint40 previous, uint40 closesAt)",
  "event BallotsCast(uint32 indexed unit, uint32 indexed batch, uint32 ballots, bytes32 root, uint32[] indices, bytes32[] trackers)",
  "event BallotReplaced(uint32 indexed unit, uint32 indexed index, bytes32 replaced, bytes32 tracker)",
  "event BallotSkipped(uint32 indexed unit, uint32 indexed index, bytes32 tracker, uint8 reason)",
  "event BallotWithdrawn(uint32 indexed unit, uint32 indexed index, bytes32 tracker, uint32 ballots)",
  "event UnitsJoined(uint32 indexed group, uint32 firstUnit, uint32 lastUnit, uint32 ballots)",
  "event GroupsFixed(uint32 groups, uint32 ballots)",
  "event ContestCounted(uint32 indexed group, uint8 indexed contest, uint32 ballots, uint32[] counts, uint256 trustees, address by)",
]);

export const BOX_CALLS: Abi = parseAbi([
  ...STRUCTS,
  "function cast(UnitRoll roll, bytes32[] unitPath, bytes ballots, bytes hints) returns (uint256)",
  "function withdraw(UnitRoll roll, bytes32[] unitPath, uint32 index, address credential, bytes32[] rollPath, bytes signature, bytes replaced)",
  "function count(uint32 group, uint8 contest, uint32[] counts, bytes shares)",
]);

/** An event, or a call: its name, and its arguments. */
export interface Decoded<T = unknown> {
  readonly name: string;
  readonly args: T;
}

/** Thrown for an event that no contract of ours could have made. */
export class EventRefused extends Error {}

/** The event in a log. Throws EventRefused unless the log is exactly what the contract writes for these values. */
export function eventOf(abi: Abi, log: RawLog): Decoded<Readonly<Record<string, unknown>>> {
  const [signature, ...rest] = log.topics;
  try {
    const decoded = decodeEventLog({ abi, topics: [signature!, ...rest], data: log.data });
    const args = decoded.args as unknown as Readonly<Record<string, unknown>>;
    const eventName = decoded.eventName!;
    const item = getAbiItem({ abi, name: eventName }) as { inputs: readonly { name: string; indexed?: boolean; type: string }[] };
    const plain = item.inputs.filter(({ indexed }) => !indexed);
    const data = encodeAbiParameters(plain, plain.map(({ name }) => args[name]));
    const topics = encodeEventTopics({ abi, eventName, args: args as Record<string, unknown> });
    if (data !== log.data || topics.join() !== log.topics.join()) throw new EventRefused("is not written as ABI data is");
    return { name: eventName, args };
  } catch (error) {
    if (error instanceof EventRefused) throw error;
    throw new EventRefused("is none of the contract's");
  }
}

/** A call of the box; undefined when it is another. */
export function callOf(input: Hex): Decoded<readonly unknown[]> | undefined {
  try {
    const { functionName, args } = decodeFunctionData({ abi: BOX_CALLS, data: input });
    return { name: functionName, args: args ?? [] };
  } catch {
    return undefined;
  }
}

/** An address or other hex in lower case. */
export const lower = (text: unknown): Hex => String(text).toLowerCase() as Hex;

/** What TrusteeRevealed holds. */
export interface Revealed {
  readonly coefficients: readonly Point[];
  readonly encryptionKey: Point;
  readonly constantProof: { readonly challenge: bigint; readonly response: bigint };
  readonly keyProof: { readonly challenge: bigint; readonly response: bigint };
}

/** What BoxOpened holds, as the box was made. */
export interface Opening {
  readonly ceremony: string;
  readonly setup: Hex;
  readonly opensAt: number;
  readonly closesAt: number;
  readonly minBallots: number;
  readonly logRoot: Hex;
  readonly contests: readonly bigint[];
}

/** The data that an opening and its units are written as, in the event and for the constructor. */
export function openingData(opening: Opening, units: readonly unknown[]): Hex {
  const item = getAbiItem({ abi: BOX_EVENTS, name: "BoxOpened" }) as { inputs: readonly { indexed?: boolean; type: string }[] };
  return encodeAbiParameters(item.inputs.filter(({ indexed }) => !indexed), [opening, units]);
}
