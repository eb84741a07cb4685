import { fromRlp, getContractAddress, parseTransaction, recoverTransactionAddress } from "viem";
import type { Hex } from "../group.js";
import { bytes, keccak } from "../hashes.js";
import { BOX_EVENTS, CEREMONY_EVENTS, type Decoded, eventOf, EventRefused, lower } from "./events.js";
import type { Findings } from "./findings.js";
import type { RawBlock, RawLog, RawTransaction, Transcript } from "./transcript.js";

/** A transaction, whoever signed it, and what it was asked to do. */
export interface Sent {
  readonly hash: Hex;
  readonly from: Hex;
  readonly to: Hex | undefined;
  readonly input: Hex;
  /** the address of what it deploys */
  readonly created: Hex;
  readonly number: number;
  readonly time: number;
  readonly where: string;
}

/** An event of ceremony or box, decoded. */
export interface Happened extends Decoded<Readonly<Record<string, unknown>>> {
  readonly contract: "ceremony" | "box";
  readonly sent: Sent;
  readonly where: string;
  readonly data: Hex;
}

/** The chain's part of a transcript, in order. */
export interface Story {
  readonly events: readonly Happened[];
  readonly head: { readonly number: number; readonly time: number; readonly state: Hex };
}

/** Yellow Paper, section 4.3.3: a header's items. */
const [STATE, BLOOM, NUMBER, TIME, FEWEST] = [3, 6, 8, 11, 15];

interface Header {
  readonly number: number;
  readonly time: number;
  readonly state: Hex;
  readonly bloom: Uint8Array;
}

/** Read every event; report blocks, transactions and events that are not what they are said to be. */
export async function storyOf(transcript: Transcript, findings: Findings): Promise<Story> {
  const events: Happened[] = [];
  const sentOnce = new Set<Hex>();
  let [last, time] = [-1, 0];
  for (const [at, block] of transcript.blocks.entries()) {
    const where = `blocks[${at}]`;
    const header = headerOf(block, where, findings);
    if (header.number <= last) findings.add("BlockOrder", where, "The blocks are not in their order.");
    if (header.time < time) findings.add("BlockOrder", where, "The blocks' times fall.");
    [last, time] = [header.number, header.time];
    if (!block.transactions.length) findings.add("BlockEmpty", where, "The block has no event of the election.");
    for (const transaction of block.transactions) {
      const sent = await sentOf(transaction, header, transcript.chain, findings);
      if (sentOnce.has(transaction.hash)) findings.add("TransactionTwice", sent.where, "The transaction comes twice.");
      sentOnce.add(transaction.hash);
      if (!transaction.logs.length) findings.add("TransactionEmpty", sent.where, "The transaction made no event of the election.");
      transaction.logs.forEach((log, place) => {
        const found = happened(log, place, sent, header, transcript, findings);
        if (found) events.push(found);
      });
    }
  }
  const head = headerOf(transcript.head, "head", findings);
  if (head.number < last || head.time < time) findings.add("BlockOrder", "head", "The head is before the last block.");
  if (head.number === last && transcript.head.hash !== transcript.blocks.at(-1)?.hash) {
    findings.add("BlockOrder", "head", "The head is another block than the last, of the same number.");
  }
  return { events, head };
}

function headerOf(block: Pick<RawBlock, "hash" | "header">, where: string, findings: Findings): Header {
  if (keccak(bytes(block.header)) !== block.hash) {
    findings.add("BlockHash", where, "The header is not the one that the block's hash names.");
  }
  const items = rlpOf(block.header);
  const flat = items && items.length >= FEWEST && items.every((item) => typeof item === "string");
  const [bloom, number, time, state] = flat ? [BLOOM, NUMBER, TIME, STATE].map((at) => items[at]!) as [Hex, Hex, Hex, Hex] : [];
  if (!bloom || bloom.length !== 2 + 2 * 256 || !isNumber(number!) || !isNumber(time!)) {
    findings.add("BlockHeader", where, "The header is none.");
    return { number: -1, time: 0, state: "0x", bloom: new Uint8Array(256) };
  }
  return { number: numberOf(number!), time: numberOf(time!), state: state!, bloom: bytes(bloom) };
}

/** Whether an item is a number as RLP has it, small enough to be reckoned with: zero is no byte at all. */
const isNumber = (item: Hex): boolean => item === "0x" || (!item.startsWith("0x00") && item.length <= 14);
const numberOf = (item: Hex): number => (item === "0x" ? 0 : Number(item));

function rlpOf(header: Hex): readonly Hex[] | undefined {
  try {
    const items = fromRlp(header, "hex");
    return Array.isArray(items) ? (items as readonly Hex[]) : undefined;
  } catch {
    return undefined;
  }
}

const NOBODY: Hex = `0x${"0".repeat(40)}`;

async function sentOf({ hash, raw }: RawTransaction, block: Header, chain: bigint, findings: Findings): Promise<Sent> {
  const where = `block ${block.number}, transaction ${hash}`;
  const known = { hash, number: block.number, time: block.time, where };
  if (keccak(bytes(raw)) !== hash) findings.add("TransactionHash", where, "The transaction is not the one that its hash names.");
  try {
    const { to, data, nonce, chainId } = parseTransaction(raw);
    if (chainId !== undefined && BigInt(chainId) !== chain) {
      findings.add("TransactionChain", where, "The transaction was made for another chain.");
    }
    const from = lower(await recoverTransactionAddress({ serializedTransaction: raw as never }));
    const created = lower(getContractAddress({ from, nonce: BigInt(nonce ?? 0) }));
    return { ...known, from, to: to ? lower(to) : undefined, input: data ?? "0x", created };
  } catch {
    findings.add("TransactionUnreadable", where, "The transaction is none, or nobody signed it.");
    return { ...known, from: NOBODY, to: NOBODY, input: "0x", created: NOBODY };
  }
}

function happened(
  log: RawLog,
  place: number,
  sent: Sent,
  block: Header,
  transcript: Transcript,
  findings: Findings,
): Happened | undefined {
  const where = `${sent.where}, event ${place}`;
  const contract = log.address === transcript.box ? "box" : log.address === transcript.ceremony ? "ceremony" : undefined;
  if (!contract) {
    findings.add("EventElsewhere", where, "The event is of another contract.");
    return undefined;
  }
  if (![log.address, ...log.topics].every((one) => isInBloom(block.bloom, one))) {
    findings.add("EventNotInBlock", where, "The block's header does not know the event.");
  }
  try {
    const decoded = eventOf(contract === "box" ? BOX_EVENTS : CEREMONY_EVENTS, log);
    return { ...decoded, contract, sent, where, data: log.data };
  } catch (error) {
    if (!(error instanceof EventRefused)) throw error;
    findings.add("EventUnreadable", where, `The event ${error.message}.`);
    return undefined;
  }
}

/** Whether a header's bloom filter has an address or a topic (Yellow Paper, section 4.4.1). */
function isInBloom(bloom: Uint8Array, one: Hex): boolean {
  const digest = bytes(keccak(bytes(one)));
  return [0, 2, 4].every((at) => {
    const bit = ((digest[at]! << 8) | digest[at + 1]!) & 2047;
    return ((bloom[bloom.length - 1 - (bit >> 3)] ?? 0) >> (bit & 7)) & 1;
  });
}
