import { decodeEventLog, decodeFunctionResult, encodeEventTopics, encodeFunctionData } from "viem";
import type { Contract, Deployment } from "../deployment.js";
import { ask, type Provider } from "../wallet/provider.js";
import { type Anchor, type Facts, type Key, KINDS, type Question, type Source, STATUSES } from "./facts.js";
import type { Hex } from "./hashes.js";

const HOLD = 6; // RFC 5280, section 5.3.1
const NOTHING = `0x${"0".repeat(64)}`;
const WORD_BITS = 256;

interface Block {
  readonly number: Hex;
  readonly hash: Hex;
  readonly timestamp: Hex;
}

interface Log {
  readonly topics: [Hex, ...Hex[]];
  readonly data: Hex;
  readonly blockHash: Hex;
}

/** An event's arguments, and its block. */
interface Happened {
  readonly values: Readonly<Record<string, bigint | number | string>>;
  readonly blockHash: Hex;
}

/**
 * Facts from the reader's own wallet: everything at one block, by its hash, so that no answer mixes two states.
 *
 * Nothing of the deployment is trusted here but the contracts' addresses. What the wallet answers is decoded strictly.
 */
export class WalletSource implements Source {
  constructor(
    private readonly provider: Provider,
    private readonly deployment: Deployment,
  ) {}

  async facts(question: Question): Promise<Facts | null> {
    const { issuer, root, index } = question;
    if (this.contract("DocumentRegistry").address.toLowerCase() !== question.registry) return null;
    const [first, block] = await Promise.all(
      ["0x0", "latest"].map((which) => this.block("eth_getBlockByNumber", which)),
    ) as [Block, Block];
    if (first.hash !== this.deployment.genesis_hash) return null;
    const at = { blockHash: block.hash };
    const documents = (view: string, ...args: unknown[]): Promise<unknown> =>
      this.view("DocumentRegistry", view, [issuer, root, ...args], at);
    const [record, bits, approvers, successor] = (await Promise.all([
      documents("anchorOf"),
      documents("wordOf", Math.floor(index / WORD_BITS)),
      documents("approversOf"),
      documents("successorOf"),
    ])) as [Readonly<Record<string, number>>, readonly [bigint, bigint], readonly number[], Hex];
    const anchor = anchorOf(record);
    const ids = anchor?.kind === "OFFICER" ? [anchor.keyId] : approvers;
    const bit = BigInt(index % WORD_BITS);
    const [revoked, held] = bits.map((one) => ((one >> bit) & 1n) === 1n) as [boolean, boolean];
    const history = await this.history(question, anchor, revoked, block);
    const whole = anchor?.status === "SUPERSEDED" && successor !== NOTHING ? { root: successor, index: null } : null;
    return {
      asOf: { number: Number(block.number), hash: block.hash, time: Number(block.timestamp), checkpoint: null },
      anchor,
      keys: await Promise.all(ids.filter((id) => id !== 0).map((id) => this.key(id, at))),
      parties: ids.filter((id) => id === 0).length,
      threshold: Math.max(1, record["threshold"] ?? 0),
      revoked,
      held,
      revocation: history.revocation,
      successor: history.successor ?? whole,
    };
  }

  private async key(id: number, at: object): Promise<Key> {
    const key = ((await this.view("AgencyRegistry", "keyOf", [id], at)) as Hex).toLowerCase() as Hex;
    return { ...((await this.view("AgencyRegistry", "officerOf", [key], at)) as Key), key };
  }

  /** Why and when the document fell, and what took its place; asks for logs only when it did fall. */
  private async history(
    question: Question,
    anchor: Anchor | null,
    revoked: boolean,
    block: Block,
  ): Promise<Pick<Facts, "revocation" | "successor">> {
    const events = (name: string): Promise<Happened[]> => this.events(question, name, block);
    if (anchor?.status === "REVOKED") return { revocation: await this.final(await events("RootRevoked")), successor: null };
    if (!revoked) return { revocation: null, successor: null };
    const mine = ({ values }: Happened): boolean => Number(values["index"]) === question.index;
    const bit = BigInt(question.index % WORD_BITS);
    const word = Math.floor(question.index / WORD_BITS);
    const single = (await events("DocumentRevoked")).filter(mine);
    const many = (await events("WordRevoked")).filter(
      ({ values }) => Number(values["word"]) === word && ((BigInt(values["bits"] ?? 0) >> bit) & 1n) === 1n,
    );
    const last = (await events("DocumentSuperseded")).filter(mine).at(-1)?.values;
    return {
      revocation: await this.final([...single, ...many]),
      successor: last ? { root: String(last["successor"]) as Hex, index: Number(last["successorIndex"]) } : null,
    };
  }

  /** The last revocation that is no hold. */
  private async final(events: readonly Happened[]): Promise<Facts["revocation"]> {
    const last = events.filter(({ values }) => Number(values["reason"]) !== HOLD).at(-1);
    if (!last) return null;
    const block = await this.block("eth_getBlockByHash", last.blockHash);
    return { reason: Number(last.values["reason"]), time: Number(block.timestamp) };
  }

  private async events({ issuer, root }: Question, eventName: string, block: Block): Promise<Happened[]> {
    const { abi, address, start_block } = this.contract("DocumentRegistry");
    const topics = encodeEventTopics({ abi, eventName, args: { issuer, root } });
    const fromBlock = `0x${start_block.toString(16)}`;
    const filter = { address, topics, fromBlock, toBlock: block.number };
    const logs = (await ask(this.provider, "eth_getLogs", [filter])) as Log[];
    return logs.map(({ topics: given, data, blockHash }) => ({
      values: decodeEventLog({ abi, eventName, topics: given, data }).args as unknown as Happened["values"],
      blockHash,
    }));
  }

  private async view(name: string, functionName: string, args: readonly unknown[], at: object): Promise<unknown> {
    const { abi, address } = this.contract(name);
    const data = encodeFunctionData({ abi, functionName, args });
    const answer = await ask(this.provider, "eth_call", [{ to: address, data }, at]);
    return decodeFunctionResult({ abi, functionName, data: answer as Hex });
  }

  private async block(method: string, which: string): Promise<Block> {
    const block = ((await ask(this.provider, method, [which, false])) ?? {}) as Block;
    const { number, hash, timestamp } = block;
    if (![number, hash, timestamp].every((one) => /^0x[0-9a-f]{1,64}$/i.test(one))) throw new Error("There is no block.");
    return block;
  }

  private contract(name: string): Contract {
    const contract = this.deployment.contracts[name];
    if (!contract) throw new Error(`There is no ${name}.`);
    return contract;
  }
}

function anchorOf(record: Readonly<Record<string, number>>): Anchor | null {
  const [kind, status] = [KINDS[record["kind"]!], STATUSES[record["status"]!]];
  if (!kind || !status) throw new Error("The anchor is none.");
  if (kind === "NONE") return null;
  const [issuedAt, expiresAt] = [Number(record["issuedAt"]), Number(record["expiresAt"])];
  return { kind, status, issuedAt, expiresAt, count: Number(record["count"]), keyId: Number(record["keyId"]) };
}
