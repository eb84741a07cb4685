import { encodeFunctionData, toEventSelector } from "viem";
import type { Deployment } from "../../deployment.js";
import { byId, make } from "../../dom.js";
import { chooseProvider } from "../../wallet/connect.js";
import { account, ask, onChain } from "../../wallet/provider.js";
import type { Words } from "../../words.js";
import { type Election, packStanding, unpack } from "../ballot.js";
import { groupsOfTracker } from "../challenge.js";
import type { Ciphertext, Hex } from "../group.js";
import { bytes, hex, type UnitRoll, ZERO } from "../hashes.js";
import { sumHints } from "../hints.js";
import { GRACE } from "./closing.js";
import { type Asker, BOX, byWallet, view } from "./node.js";
import { moment, Refusal } from "./showing.js";
import type { Previous } from "./standing.js";
import type { Place } from "./told.js";

// The way past a service that does not take a ballot, or takes it and never sends it: the voter's own wallet calls the
// box. Before it sends, it reads from the chain whether that would still change anything.

/** A call of the box: its data, and the data of the dearest call that it can become until it is in a block. */
interface Call {
  readonly data: Hex;
  readonly dearest: Hex;
}

/** Something signed that the box takes from anybody. */
export interface Sending {
  /** The ballot's tracker as people read it; nothing for a withdrawal. */
  readonly what: string;
  /** The call, or why there is nothing to send. */
  readonly callOf: (asker: Asker, words: Words) => Promise<Call | string>;
  /** What the box shows of it, whichever transaction brought that there: words, or undefined while it shows nothing. */
  readonly shownOf: (asker: Asker) => Promise<"direct_done" | "direct_voted" | undefined>;
  /** Once the wallet has read that the box took it. */
  readonly done: () => void;
}

type Own = readonly [voted: boolean, barred: boolean, tracker: Hex];

const SKIPPED = toEventSelector("BallotSkipped(uint32,uint32,bytes32,uint8)");
const PAUSE = 2_000; // ms
const PATIENCE = 180_000; // ms in which a wallet's node may not know a transaction that the wallet has sent
const FAILURES = 5; // in a row, until the wallet is said to be gone

/** What a ballot's line has in the box. A ballot that lies in a batch has no word of its own there. */
const ownOf = (asker: Asker, box: Hex, unit: number, index: number): Promise<Own> =>
  view<Own>(asker, BOX, box, "standingOf", unit, index);

/** What to say once the box takes nothing any more, by the chain's own time; undefined while it does. */
async function over(asker: Asker, box: Hex, words: Words): Promise<string | undefined> {
  const until = (await view<number>(asker, BOX, box, "closesAt")) + GRACE;
  const { timestamp } = (await asker("eth_getBlockByNumber", ["latest", false])) as { readonly timestamp: Hex };
  return Number(timestamp) < until ? undefined : words("direct_over", { time: moment(until) });
}

/** A signed ballot, packed. */
export function ballotSending(
  election: Election, { roll, unitPath }: { readonly roll: UnitRoll; readonly unitPath: readonly Hex[] }, packed: Hex,
  done: () => void,
): Sending {
  const { ballot, replaced } = unpack(election, roll.unit, roll.lines, bytes(packed))[0]!;
  const { box } = election;

  async function callOf(asker: Asker, words: Words): Promise<Call | string> {
    const [voted, barred, word] = await ownOf(asker, box, roll.unit, ballot.line.index);
    if (barred) return words("ballot_barred");
    const stands = replaced ? voted && word === (replaced.batch ? ZERO : ballot.previous) : !voted;
    if (word === ballot.tracker) return words("direct_counts");
    const late = await over(asker, box, words);
    if (late !== undefined) return late;
    if (!stands) return words("direct_there");
    const sums = await Promise.all(
      ballot.ciphertexts.map((_, at) => view<Ciphertext>(asker, BOX, box, "sumOf", roll.unit, at)),
    );
    const hints = sumHints(sums, { ciphertexts: ballot.ciphertexts, replaced: replaced?.ciphertexts });
    const dataOf = (given: Uint8Array): Hex =>
      encodeFunctionData({ abi: BOX, functionName: "cast", args: [roll, unitPath, packed, hex(given)] });
    // Nothing is dearer than hints that are all wrong.
    return { data: dataOf(hints), dearest: dataOf(hints.map(() => 0xff)) };
  }

  async function shownOf(asker: Asker): Promise<"direct_done" | "direct_voted" | undefined> {
    const [voted, , word] = await ownOf(asker, box, roll.unit, ballot.line.index);
    if (word === ballot.tracker) return "direct_done";
    return voted && !replaced ? "direct_voted" : undefined; // a first one lies in a batch: it may be one from elsewhere
  }

  return { what: groupsOfTracker(ballot.tracker), callOf, shownOf, done };
}

/** A signed withdrawal of the ballot that stands, if there is one. */
export function withdrawalSending(box: Hex, place: Place, signature: Hex, previous: Previous | undefined, done: () => void): Sending {
  const { line, roll, unitPath } = place;

  async function callOf(asker: Asker, words: Words): Promise<Call | string> {
    const [voted, barred, word] = await ownOf(asker, box, line.unit, line.index);
    if (barred) return words("ballot_barred");
    const stands = previous ? voted && word === (previous.replaced.batch ? ZERO : previous.tracker) : !voted;
    if (!stands) return words("paper_changed");
    const late = await over(asker, box, words);
    if (late !== undefined) return late;
    const args = [roll, unitPath, line.index, line.credential, line.path, signature, packStanding(previous?.replaced)];
    const data = encodeFunctionData({ abi: BOX, functionName: "withdraw", args });
    return { data, dearest: data };
  }

  async function shownOf(asker: Asker): Promise<"direct_done" | undefined> {
    const [, barred] = await ownOf(asker, box, line.unit, line.index);
    return barred ? "direct_done" : undefined;
  }

  return { what: "", callOf, shownOf, done };
}

/** What a page has around its details element "Send it yourself". */
export interface Around {
  readonly page: string;
  readonly contracts: Deployment;
  readonly chain: number;
  readonly box: Hex;
  readonly words: Words;
  readonly step: (act: () => Promise<void>) => void;
}

/** A page's details element "Send it yourself" (macro `direct` of election_facts.html). */
export class Direct {
  private sending: Sending | undefined;
  private following = 0;
  private readonly place: HTMLDetailsElement;
  private readonly button: HTMLButtonElement;
  private readonly state: HTMLElement;
  private readonly what: HTMLElement;

  constructor(private readonly around: Around) {
    this.place = byId(`${around.page}-direct`) as HTMLDetailsElement;
    this.button = byId(`${around.page}-direct-button`) as HTMLButtonElement;
    this.state = byId(`${around.page}-direct-state`);
    this.what = byId(`${around.page}-direct-what`);
    this.button.addEventListener("click", () => around.step(() => this.send()));
  }

  /** Offer it; `open` where there is no other way. */
  offer(sending: Sending, open = false): void {
    this.sending = sending;
    this.what.textContent = sending.what;
    this.what.hidden = !sending.what;
    this.place.hidden = false;
    if (open) this.open();
  }

  /** There is no other way left. */
  open(): void {
    this.place.open = true;
  }

  /** There is nothing to send any more. */
  hide(): void {
    this.sending = undefined;
    this.place.hidden = true;
    this.place.open = false;
    this.state.replaceChildren();
  }

  private async send(): Promise<void> {
    const { sending, button } = this;
    if (!sending) return;
    button.disabled = true;
    try {
      await this.sendNow(sending);
    } catch (error) {
      this.state.replaceChildren();
      throw error;
    } finally {
      button.disabled = false;
    }
  }

  private async sendNow(sending: Sending): Promise<void> {
    const { contracts, words, chain, box } = this.around;
    const provider = await chooseProvider(contracts, words);
    if (!provider) return;
    this.state.textContent = words("connect");
    const from = await account(provider);
    await onChain(provider, chain);
    const asker = byWallet(provider);
    const call = await sending.callOf(asker, words);
    if (typeof call === "string") {
      this.state.textContent = call;
      return;
    }
    const gas = BigInt(String(await asker("eth_estimateGas", [{ from, to: box, data: call.dearest }])));
    const most: Hex = `0x${((gas * 21n) / 20n).toString(16)}`;
    this.state.textContent = words("signing");
    const transaction = { from, to: box, value: "0x0", data: call.data, gas: most };
    const hash = String(await ask(provider, "eth_sendTransaction", [transaction])) as Hex;
    this.say("direct_waiting", hash);
    this.around.step(() => this.landed(asker, hash, sending)); // meanwhile it can be sent again
  }

  /** What the wallet reads on the chain: the service's word is not needed for it. */
  private async landed(asker: Asker, hash: Hex, sending: Sending): Promise<void> {
    const mine = (this.following += 1);
    let known = Date.now();
    for (let failures = 0; ; await new Promise((resume) => setTimeout(resume, PAUSE))) {
      let shown: Awaited<ReturnType<Sending["shownOf"]>>;
      let found: Landed | null;
      try {
        // The box first: what it shows by this transaction has a receipt by then.
        shown = await sending.shownOf(asker);
        found = (await asker("eth_getTransactionReceipt", [hash])) as Landed | null;
        if (found || (await asker("eth_getTransactionByHash", [hash]))) known = Date.now();
        failures = 0;
      } catch (error) {
        if ((failures += 1) < FAILURES) continue;
        throw error;
      }
      if (mine !== this.following || this.sending !== sending) return; // another one is followed
      if (found) return this.ended(found, hash, sending);
      if (shown) {
        this.say(shown, hash);
        if (shown === "direct_done") sending.done();
        return;
      }
      if (Date.now() - known > PATIENCE) return this.say("direct_dropped", hash);
    }
  }

  private ended({ status, logs }: Landed, hash: Hex, sending: Sending): void {
    if (BigInt(status) !== 1n) throw new Refusal("", this.around.words("direct_reverted"));
    const skipped = logs.some(({ topics }) => topics[0] === SKIPPED);
    this.say(skipped ? "direct_skipped" : "direct_done", hash);
    if (!skipped) sending.done();
  }

  private say(key: string, hash: Hex): void {
    const { words } = this.around;
    this.state.replaceChildren(`${words(key)} ${words("transaction")} `, make("span", "m-hash", hash));
  }
}

/** A transaction in a block (eth_getTransactionReceipt); what is used of it. */
interface Landed {
  readonly status: Hex;
  readonly logs: readonly { readonly topics: readonly Hex[] }[];
}
