import { recoverTypedDataAddress } from "viem";
import type { Words } from "../../words.js";
import { type Ballot, type Election, type Line, unpack } from "../ballot.js";
import type { Hex } from "../group.js";
import { bytes } from "../hashes.js";
import { BallotRefused } from "../refused.js";
import { keepEarlier, type Receipt, receiptIn } from "./keeping.js";
import { Refusal } from "./showing.js";
import { type Paper, type UnitPlace, unitOf } from "./told.js";

const TYPES = {
  BallotReceipt: [
    { name: "tracker", type: "bytes32" },
    { name: "unit", type: "uint32" },
    { name: "index", type: "uint32" },
    { name: "receivedAt", type: "uint40" },
  ],
} as const;

// `muniment ballots receipt` takes no other: v is 27 or 28, and the time in a year that calendars have.
const SIGNATURE = /^0x[0-9a-f]{128}1[bc]$/;
const LAST = 2 ** 37; // Unix seconds

/** What the relay signs when it takes a ballot (EIP-712). */
export interface Taken {
  readonly tracker: Hex;
  readonly unit: number;
  readonly index: number;
  readonly received_at: number;
  readonly receipt: Hex;
}

/**
 * Whether a receipt is the relay's own: only then it shows anybody that the relay had the ballot. `relayer` is who the
 * election's answer said, before the ballot was sent: beside the receipt, any key that is thrown away would do. `taken`
 * is the ballot's own tracker, unit and index, as this browser knows them.
 */
export async function isReceipt({ chain, box }: Election, relayer: Hex | null, taken: Taken): Promise<boolean> {
  if (relayer === null) return false;
  const { tracker, unit, index, received_at, receipt } = taken;
  if (!SIGNATURE.test(receipt) || !Number.isSafeInteger(received_at) || received_at < 0 || received_at >= LAST) return false;
  const domain = { name: "Muniment Ballots", version: "1", chainId: Number(chain), verifyingContract: box };
  try {
    const message = { tracker, unit, index, receivedAt: received_at };
    const signer = await recoverTypedDataAddress({ domain, types: TYPES, primaryType: "BallotReceipt", message, signature: receipt });
    return signer.toLowerCase() === relayer.toLowerCase();
  } catch {
    return false; // no signature at all
  }
}

/** A receipt's file, read: the ballot in it, and the unit that this is of. */
export interface Opened {
  readonly receipt: Receipt;
  readonly ballot: Ballot;
  readonly unit: UnitPlace;
}

/** Read a receipt's file. Throws Refusal when it is none of this election, or names another ballot than it holds. */
export async function readReceipt(text: string, paper: Paper, election: Election, words: Words): Promise<Opened> {
  const unreadable = new Refusal("", words("ballot_unreadable_receipt"));
  const receipt = receiptIn(text, election);
  if (!receipt || !Number.isSafeInteger(receipt.unit) || !paper.manifest.units[receipt.unit]) throw unreadable;
  const unit = await unitOf(paper, receipt.unit);
  const ballot = ballotIn(election, unit, receipt);
  if (ballot?.tracker !== receipt.tracker || ballot.line.index !== receipt.index) throw unreadable;
  return { receipt, ballot, unit };
}

/** The only ballot in a receipt; undefined when it holds something else. */
function ballotIn(election: Election, { roll }: UnitPlace, { packed }: Receipt): Ballot | undefined {
  try {
    const [signed, ...more] = unpack(election, roll.unit, roll.lines, bytes(packed));
    return more.length ? undefined : signed?.ballot;
  } catch (error) {
    if (error instanceof BallotRefused) return undefined;
    throw error;
  }
}

/** Keep the ballot in a receipt's file as one signed with this credential before. Throws Refusal as readReceipt. */
export async function takeReceipt(file: File, paper: Paper, election: Election, line: Line, words: Words): Promise<void> {
  const { receipt, ballot } = await readReceipt(await file.text(), paper, election, words);
  const { unit, index, credential } = ballot.line;
  const own = unit === line.unit && index === line.index && credential === line.credential;
  if (!own) throw new Refusal("", words("ballot_other_line"));
  keepEarlier(paper.told.setup, receipt);
}
