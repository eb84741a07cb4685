import {
  type Abi,
  decodeFunctionResult,
  encodeFunctionData,
  formatTransaction,
  parseAbi,
  serializeTransaction,
  toRlp,
} from "viem";
import type { Hex, Point } from "../group.js";
import { BOX_EVENTS, eventOf, lower } from "./events.js";
import { FORMAT, type RawLog } from "./transcript.js";

// Gathers an election's transcript from a node that may be anybody's: what it answers is judged afterwards.

/** The node has no such election, or does not answer as nodes do. */
export class ElectionUnreadable extends Error {}

/** Hears what is being asked for, and how much of it is there. */
export type Loading = (what: string, done: number, of: number) => void;

const AT_ONCE = 50; // requests in one
const BLOCKS_AT_ONCE = 10_000; // whose events are asked for at once, at first

const CEREMONY: Abi = parseAbi([
  "struct Point { uint256 x; uint256 y; }",
  "struct Ceremony { bytes32 agency; uint40 begun; uint40 period; uint8 threshold; uint8 trustees; uint8 confirmations; uint8 stage; bytes32 manifestHash; bytes32 election; address box; }",
  "struct Trustee { uint8 index; bool revealed; bool dealt; bool confirmed; bool out; bytes32 commitment; }",
  "function ceremony(bytes32 setup) view returns (Ceremony)",
  "function stageOf(bytes32 setup) view returns (uint8)",
  "function trusteesOf(bytes32 setup) view returns (address[])",
  "function trusteeOf(bytes32 setup, address account) view returns (Trustee)",
  "function keyOf(bytes32 setup) view returns (Point)",
  "function trusteeKeyOf(bytes32 setup, uint8 index) view returns (Point)",
]);

const BOX: Abi = parseAbi([
  "struct Point { uint256 x; uint256 y; }",
  "struct Ciphertext { Point a; Point b; }",
  "struct UnitTurnout { uint32 ballots; uint32 batches; }",
  "struct Group { uint32 firstUnit; uint32 lastUnit; uint32 ballots; }",
  "function CEREMONY() view returns (address)",
  "function AGENCY() view returns (bytes32)",
  "function SETUP() view returns (bytes32)",
  "function ELECTION() view returns (bytes32)",
  "function ROLL_ROOT() view returns (bytes32)",
  "function LOG_ROOT() view returns (bytes32)",
  "function UNITS() view returns (uint32)",
  "function WIDTH() view returns (uint8)",
  "function MIN_BALLOTS() view returns (uint32)",
  "function OPENS_AT() view returns (uint40)",
  "function GRACE() view returns (uint40)",
  "function LONGEST_DELAY() view returns (uint40)",
  "function closesAt() view returns (uint40)",
  "function contests() view returns (uint64[])",
  "function electionKey() view returns (Point)",
  "function turnoutOf(uint32 unit) view returns (UnitTurnout)",
  "function batchRootOf(uint32 unit, uint32 batch) view returns (bytes32)",
  "function standingOf(uint32 unit, uint32 index) view returns (bool voted, bool barred, bytes32 tracker)",
  "function sumOf(uint32 unit, uint256 ciphertext) view returns (Ciphertext)",
  "function groupCount() view returns (uint32 groups, bool complete)",
  "function groupOf(uint32 group) view returns (Group)",
  "function resultOf(uint32 group, uint8 contest) view returns (uint32[])",
]);

interface NodeBlock extends Readonly<Record<string, Hex>> {
  readonly number: Hex;
  readonly hash: Hex;
  readonly timestamp: Hex;
}

interface NodeLog extends RawLog {
  readonly blockNumber: Hex;
  readonly transactionHash: Hex;
  readonly logIndex: Hex;
}

type Request = readonly [method: string, ...params: unknown[]];
type Ask = readonly [contract: "ceremony" | "box", functionName: string, ...args: unknown[]];

/** What a node answers to requests (JSON-RPC 2.0), in their order. Throws ElectionUnreadable. */
export type Node = (requests: readonly Request[]) => Promise<unknown[]>;

/** A node by its URL. */
export function nodeAt(url: string): Node {
  return async (requests) => {
    const body = requests.map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params }));
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new ElectionUnreadable(`The node answers HTTP ${response.status}.`);
    const answers: unknown = await response.json();
    if (!Array.isArray(answers)) throw new ElectionUnreadable("The node does not answer lists of requests.");
    const byId = new Map(answers.map((answer: { id: number; result?: unknown; error?: { message?: string } }) => [answer.id, answer]));
    return body.map(({ id, method }) => {
      const answer = byId.get(id);
      if (!answer || answer.error) throw new ElectionUnreadable(`The node refuses ${method}: ${answer?.error?.message ?? "no answer"}.`);
      return answer.result;
    });
  };
}

/**
 * The transcript of a box's election, as plain JSON. Throws ElectionUnreadable.
 *
 * @param roll as published; `log` as well
 * @param at a block: its number in hex, or "latest", "safe", "finalized"
 */
export const load = (node: Node, box: Hex, roll: unknown, log: unknown, at = "latest", loading: Loading = () => {}): Promise<unknown> =>
  new Loader(node, lower(box), loading).load(roll, log, at);

class Loader {
  private head!: NodeBlock;
  private ceremony: Hex = "0x";
  private setup: Hex = "0x";

  constructor(
    private readonly node: Node,
    private readonly box: Hex,
    private readonly loading: Loading,
  ) {}

  async load(roll: unknown, log: unknown, at: string): Promise<unknown> {
    const [head, chain] = (await this.node([["eth_getBlockByNumber", at, false], ["eth_chainId"]])) as [NodeBlock | null, Hex];
    if (!head) throw new ElectionUnreadable("The node has no such block.");
    this.head = head;
    const [code] = await this.node([["eth_getCode", this.box, head.number]]);
    if (code === "0x") throw new ElectionUnreadable(`There is no ballot box at ${this.box}.`);
    const [ceremony, setup] = await this.ask([["box", "CEREMONY"], ["box", "SETUP"]]);
    this.ceremony = lower(ceremony);
    this.setup = setup as Hex;
    const [record] = (await this.ask([["ceremony", "ceremony", this.setup]])) as [Readonly<Record<string, unknown>>];
    const logs = await this.logs(await this.firstBlock(Number(record["begun"])), Number(head.number));
    return {
      format: FORMAT,
      chain: BigInt(chain).toString(),
      ceremony: this.ceremony,
      box: this.box,
      blocks: await this.blocks(logs),
      head: headed(head),
      code: { ceremony: await this.code(this.ceremony), box: await this.code(this.box) },
      views: await this.views(record, logs),
      roll,
      log,
    };
  }

  // ── Blocks, transactions, events ──

  /** The first block that is not before a time, by halving. */
  private async firstBlock(time: number): Promise<number> {
    let [low, high] = [0, Number(this.head.number)];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [block] = (await this.node([["eth_getBlockByNumber", `0x${middle.toString(16)}`, false]])) as [NodeBlock];
      if (Number(block.timestamp) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private async logs(first: number, last: number): Promise<NodeLog[]> {
    const found: NodeLog[] = [];
    let step = BLOCKS_AT_ONCE;
    for (let at = first; at <= last; ) {
      const to = Math.min(at + step - 1, last);
      const span = { fromBlock: `0x${at.toString(16)}`, toBlock: `0x${to.toString(16)}` };
      try {
        const answers = await this.node([
          ["eth_getLogs", { ...span, address: this.box }],
          ["eth_getLogs", { ...span, address: this.ceremony, topics: [null, this.setup] }],
        ]);
        found.push(...(answers as NodeLog[][]).flat());
      } catch (error) {
        if (!(error instanceof ElectionUnreadable) || step === 1) throw error;
        step = Math.max(1, Math.floor(step / 4)); // nodes bound how much they answer at once
        continue;
      }
      at = to + 1;
      this.loading("events", at - first, last - first + 1);
    }
    return found.sort((one, other) => Number(one.blockNumber) - Number(other.blockNumber) || Number(one.logIndex) - Number(other.logIndex));
  }

  private async blocks(logs: readonly NodeLog[]): Promise<unknown[]> {
    const hashes = [...new Set(logs.map(({ transactionHash }) => transactionHash))];
    const numbers = [...new Set(logs.map(({ blockNumber }) => blockNumber))];
    const sent = await this.many("transactions", hashes.map((hash) => ["eth_getTransactionByHash", hash]));
    const headers = await this.many("blocks", numbers.map((number) => ["eth_getBlockByNumber", number, false]));
    const rawOf = new Map(hashes.map((hash, at) => [hash, serialized(sent[at])]));
    return numbers.map((number, at) => {
      const own = logs.filter((log) => log.blockNumber === number);
      const transactions = [...new Set(own.map(({ transactionHash }) => transactionHash))].map((hash) => ({
        hash,
        raw: rawOf.get(hash),
        logs: own
          .filter(({ transactionHash }) => transactionHash === hash)
          .map(({ address, topics, data }) => ({ address: lower(address), topics, data })),
      }));
      return { ...headed(headers[at] as NodeBlock), transactions };
    });
  }

  /** A contract's code at the head, and the proof that the head's state has it. */
  private async code(contract: Hex): Promise<unknown> {
    const [code, proof] = await this.node([
      ["eth_getCode", contract, this.head.number],
      ["eth_getProof", contract, [], this.head.number],
    ]);
    return { code, proof: (proof as { accountProof: Hex[] }).accountProof };
  }

  private async many(what: string, requests: readonly Request[]): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (let at = 0; at < requests.length; at += AT_ONCE) {
      answers.push(...(await this.node(requests.slice(at, at + AT_ONCE))));
      this.loading(what, answers.length, requests.length);
    }
    if (answers.includes(null)) throw new ElectionUnreadable("The node has forgotten a block or a transaction of the election.");
    return answers;
  }

  // ── Views ──

  private async ask(asked: readonly Ask[]): Promise<unknown[]> {
    const requests = asked.map(([contract, functionName, ...args]): Request => {
      const [abi, to] = contract === "box" ? [BOX, this.box] : [CEREMONY, this.ceremony];
      return ["eth_call", { to, data: encodeFunctionData({ abi, functionName, args }) }, this.head.number];
    });
    const answers = (await this.many("answers", requests)) as Hex[];
    return answers.map((data, at) => {
      const [contract, functionName] = asked[at]!;
      return decodeFunctionResult({ abi: contract === "box" ? BOX : CEREMONY, functionName, data });
    });
  }

  private async views(record: Readonly<Record<string, unknown>>, logs: readonly NodeLog[]): Promise<unknown> {
    const box = await this.boxViews();
    const units = Array.from({ length: Number(box.units) }, (_, at) => at);
    const turnout = (await this.ask(units.map((unit): Ask => ["box", "turnoutOf", unit]))) as { ballots: number; batches: number }[];
    const batchRoots: unknown[] = [];
    for (const [unit, { batches }] of turnout.entries()) {
      batchRoots.push(await this.ask(Array.from({ length: batches }, (_, batch): Ask => ["box", "batchRootOf", unit, batch])));
    }
    const events = logs.flatMap((log) => (lower(log.address) === this.box ? [eventOf(BOX_EVENTS, log)] : []));
    const fixed = events.some(({ name }) => name === "GroupsFixed");
    const groups = fixed ? await this.groups() : [];
    const open = Number(this.head.timestamp) < Number(box.closesAt) + Number(box.grace);
    const shown = fixed ? groups.map(({ firstUnit }) => firstUnit) : open ? units : [];
    return {
      ceremony: await this.ceremonyViews(record),
      box,
      turnout: turnout.map(({ ballots, batches }) => ({ ballots: String(ballots), batches: String(batches) })),
      batchRoots,
      standings: await this.standings(events),
      sums: await this.sums(shown, sizeOf(box.contests)),
      groups: { complete: fixed, groups: groups.map(texts) },
      results: await this.results(groups.length, box.contests.length),
    };
  }

  private async boxViews() {
    const names = [
      "CEREMONY", "AGENCY", "SETUP", "ELECTION", "ROLL_ROOT", "LOG_ROOT", "UNITS", "WIDTH", "MIN_BALLOTS", "OPENS_AT",
      "GRACE", "LONGEST_DELAY", "closesAt", "contests", "electionKey",
    ];
    const [ceremony, agency, setup, election, rollRoot, logRoot, units, width, minBallots, opensAt, grace, longestDelay, closesAt, contests, key] =
      await this.ask(names.map((name): Ask => ["box", name]));
    return {
      ceremony: lower(ceremony), agency, setup, election, rollRoot, logRoot, units: String(units), width: String(width),
      minBallots: String(minBallots), opensAt: String(opensAt), closesAt: String(closesAt), grace: String(grace),
      longestDelay: String(longestDelay), contests: (contests as readonly bigint[]).map((form) => wordOf(form, 8)),
      key: pairOf(key as Point),
    };
  }

  private async ceremonyViews(record: Readonly<Record<string, unknown>>): Promise<unknown> {
    const [stage, accounts] = (await this.ask([["ceremony", "stageOf", this.setup], ["ceremony", "trusteesOf", this.setup]])) as [number, readonly string[]];
    const [key, ...keys] = (await this.ask([
      ["ceremony", "keyOf", this.setup],
      ...accounts.map((_, at): Ask => ["ceremony", "trusteeKeyOf", this.setup, at + 1]),
    ])) as Point[];
    const members = (await this.ask(accounts.map((account): Ask => ["ceremony", "trusteeOf", this.setup, account]))) as Readonly<Record<string, unknown>>[];
    const { agency, manifestHash, begun, period, threshold, trustees, confirmations, election, box } = record;
    return {
      stage: String(stage), agency, manifestHash, begun: String(begun), period: String(period), threshold: String(threshold),
      trustees: String(trustees), confirmations: String(confirmations), election, box: lower(box), key: pairOf(key!),
      trusteeKeys: keys.map(pairOf),
      members: members.map(({ revealed, dealt, confirmed, out, commitment }, at) => ({
        account: lower(accounts[at]), revealed, dealt, confirmed, out, commitment,
      })),
    };
  }

  private async standings(events: readonly { name: string; args: Readonly<Record<string, unknown>> }[]): Promise<unknown[]> {
    const named = events.filter(({ name }) => ["BallotReplaced", "BallotSkipped", "BallotWithdrawn"].includes(name));
    const places = new Map(named.map(({ args: { unit, index } }) => [`${unit} ${index}`, [Number(unit), Number(index)] as const]));
    const rising = [...places.values()].sort(([one, first], [other, second]) => one - other || first - second);
    const answers = (await this.ask(rising.map(([unit, index]): Ask => ["box", "standingOf", unit, index]))) as (readonly [boolean, boolean, Hex])[];
    return answers.map(([voted, barred, tracker], at) => ({
      unit: String(rising[at]![0]), index: String(rising[at]![1]), voted, barred, tracker,
    }));
  }

  private async sums(units: readonly number[], size: number): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const unit of units) {
      const sums = (await this.ask(Array.from({ length: size }, (_, at): Ask => ["box", "sumOf", unit, at]))) as { a: Point; b: Point }[];
      found.push({ unit: String(unit), sums: sums.map(({ a, b }) => [...pairOf(a), ...pairOf(b)]) });
    }
    return found;
  }

  private async groups() {
    const [[count]] = (await this.ask([["box", "groupCount"]])) as [readonly [number, boolean]];
    return (await this.ask(Array.from({ length: count }, (_, at): Ask => ["box", "groupOf", at]))) as {
      firstUnit: number;
      lastUnit: number;
      ballots: number;
    }[];
  }

  private async results(groups: number, contests: number): Promise<string[][][]> {
    const asked = Array.from({ length: groups * contests }, (_, at): Ask => ["box", "resultOf", Math.floor(at / contests), at % contests]);
    const counts = (await this.ask(asked)) as (readonly number[])[];
    return Array.from({ length: groups }, (_, group) => counts.slice(group * contests, (group + 1) * contests).map((own) => own.map(String)));
  }
}

const wordOf = (value: bigint, size = 32): Hex => `0x${value.toString(16).padStart(2 * size, "0")}`;
const pairOf = ({ x, y }: Point): [Hex, Hex] => [wordOf(x), wordOf(y)];
const texts = (record: object): object => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));

/** How many ciphertexts a ballot has, by the packed forms. */
const sizeOf = (contests: readonly Hex[]): number =>
  contests.reduce((sum, form) => sum + (form.slice(2, 4) === "01" ? 1 : Number.parseInt(form.slice(4, 6), 16)), 0);

// Yellow Paper, section 4.3, and what later forks appended (EIP-1559, 4895, 4844, 4788, 7685).
const HEADER = [
  "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
  "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot",
  "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
];
const NUMBERS = new Set(["difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"]);

function headed(block: NodeBlock): { hash: Hex; header: Hex } {
  const items = HEADER.filter((name) => block[name] !== undefined && block[name] !== null).map((name) =>
    NUMBERS.has(name) ? quantity(block[name]!) : block[name]!,
  );
  return { hash: block.hash, header: toRlp(items) };
}

/** A number as RLP has it: no leading zeros, and none at all for zero. */
function quantity(text: Hex): Hex {
  const digits = text.slice(2).replace(/^0+/, "");
  return `0x${digits.length % 2 ? "0" : ""}${digits}`;
}

/** A transaction as it was sent, from what a node tells of it. */
function serialized(told: unknown): Hex {
  const { r, s, v, yParity, ...transaction } = formatTransaction(told as never) as unknown as Record<string, never>;
  return serializeTransaction({ ...transaction, data: (told as { input: Hex }).input } as never, { r, s, v, yParity } as never);
}
