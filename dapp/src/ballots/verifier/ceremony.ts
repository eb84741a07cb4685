import { decodeFunctionData, parseAbi } from "viem";
import {
  addressOf,
  GENERATOR,
  type Hex,
  INFINITY,
  isOnCurve,
  ORDER,
  type Point,
  samePoint,
  sumOf,
} from "../group.js";
import { hash, numberOf, setupId, keccak, bytes, ZERO } from "../hashes.js";
import type { Happened } from "./chain.js";
import { expectEvents, plain, type Told } from "./compare.js";
import { lower, type Revealed } from "./events.js";
import type { Findings } from "./findings.js";
import { combined, times } from "./equations.js";
import type { CeremonyViews } from "./transcript.js";

// The trustees' key generation, step by step from its events (interfaces/ballots/ITrusteeCeremony.sol). What shares were
// dealt is for the trustees' eyes alone; everything else is computed anew.

enum Stage {
  Committing = 1,
  Revealing,
  Dealing,
  Review,
  Ready,
  Failed,
}

interface Trustee {
  readonly account: Hex;
  readonly place: number;
  commitment: Hex;
  coefficients: readonly Point[];
  dealt: boolean;
  confirmed: boolean;
  out: boolean;
}

/** A ceremony as its events leave it. `keys` are the trustees' X_j by place − 1; infinity for those who are out. */
export interface Replayed {
  readonly setup: Hex;
  readonly agency: Hex;
  readonly manifest: Uint8Array;
  readonly manifestHash: Hex;
  readonly threshold: number;
  readonly trustees: readonly Hex[];
  readonly stage: Stage;
  readonly key: Point;
  readonly keys: readonly Point[];
  /** the event that registered the election's box */
  readonly opened: Happened | undefined;
}

const DEAL = parseAbi(["function deal(bytes32 setup, uint256[] shares)"]);
const BEGIN = parseAbi(["function begin(bytes manifest, address[] trustees, uint8 threshold, uint40 period)"]);
const [CONSTANT_TERM, ENCRYPTION_KEY] = [1, 2];
// Whose transaction an event tells of. A trustee's goes to the ceremony directly: while a contract is created it can say
// anything of anybody, whatever code it has afterwards.
const WHO: Readonly<Record<string, string>> = {
  CeremonyBegun: "officer",
  TrusteeCommitted: "trustee",
  TrusteeRevealed: "trustee",
  SharesDealt: "trustee",
  ShareComplained: "trustee",
  ComplaintAnswered: "dealer",
  ShareConfirmed: "trustee",
};
const STEP: Readonly<Record<string, Stage>> = {
  TrusteeCommitted: Stage.Committing,
  TrusteeRevealed: Stage.Revealing,
  SharesDealt: Stage.Dealing,
  ShareComplained: Stage.Review,
  ComplaintAnswered: Stage.Review,
  ShareConfirmed: Stage.Review,
};

/** Replay a ceremony, and compare it with what its contract answers. Undefined when it never began. */
export function replayCeremony(
  chain: bigint,
  contract: Hex,
  events: readonly Happened[],
  views: CeremonyViews,
  findings: Findings,
): Replayed | undefined {
  const [begun, ...others] = events;
  if (begun?.name !== "CeremonyBegun") {
    findings.add("CeremonyMissing", "blocks[0]", "The first event does not begin a ceremony.");
    return undefined;
  }
  const replay = new Replay(chain, contract, begun, findings);
  for (const event of [begun, ...others]) replay.checkSender(event, contract);
  for (const together of byTransaction(others)) replay.transaction(together);
  replay.compare(views);
  return replay.result();
}

/** Events that one transaction made, together. */
export function byTransaction(events: readonly Happened[]): Happened[][] {
  const groups: Happened[][] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last?.[0]?.sent === event.sent) last.push(event);
    else groups.push([event]);
  }
  return groups;
}

class Replay {
  private readonly setup: Hex;
  private readonly agency: Hex;
  private readonly manifest: Uint8Array;
  private readonly threshold: number;
  private readonly period: number;
  private readonly begun: number;
  private readonly trustees: readonly Trustee[];
  private readonly complaints = new Map<string, boolean>(); // "trustee dealer": whether answered
  private stage = Stage.Committing;
  private since: number;
  private left: number;
  private done = 0;
  private confirmations = 0;
  private key = INFINITY;
  private keys: readonly Point[] = [];
  private opened: Happened | undefined;
  private told: Told[] = [];

  constructor(
    chain: bigint,
    contract: Hex,
    { args, sent, where }: Happened,
    private readonly findings: Findings,
  ) {
    this.setup = args["setup"] as Hex;
    this.agency = args["agency"] as Hex;
    this.manifest = bytes(args["manifest"] as Hex);
    const threshold = args["threshold"] as number;
    this.threshold = Math.max(threshold, 1); // of none, nothing could be reckoned
    this.period = args["period"] as number;
    this.begun = this.since = sent.time;
    const accounts = (args["trustees"] as readonly string[]).map(lower);
    this.left = accounts.length;
    this.trustees = accounts.map((account, at) => ({
      account, place: at + 1, commitment: ZERO, coefficients: [], dealt: false, confirmed: false, out: false,
    }));
    const expected = setupId(chain, contract, this.agency, keccak(this.manifest));
    findings.expect(expected === this.setup, "SetupDiffers", where, "The setup's name is not made of its manifest and agency.");
    const asked = sent.to !== contract || isAsked(sent.input, args);
    findings.expect(asked, "CeremonyDiffers", where, "The officer began another ceremony.");
    const enough = accounts.length >= 2 && 2 * threshold > accounts.length && threshold <= accounts.length && accounts.length <= 16;
    findings.expect(enough, "ThresholdRefused", where, "The threshold is not more than half of the trustees.");
    findings.expect(new Set(accounts).size === accounts.length, "TrusteeRefused", where, "A trustee is named twice.");
  }

  /** Whoever sent a transaction to the ceremony itself is whom its event names; a trustee must have. */
  checkSender({ name, args, sent, where }: Happened, contract: Hex): void {
    const who = WHO[name];
    if (!who) return;
    const direct = sent.to === contract;
    const own = !direct || lower(args[who]) === sent.from;
    this.findings.expect(own, "SenderDiffers", where, "Another account sent the transaction.");
    this.findings.expect(direct || !(name in STEP), "StepNotSent", where, "No trustee sent it to the ceremony.");
  }

  transaction(events: readonly Happened[]): void {
    const { time } = events[0]!.sent;
    this.told = [];
    this.advance(time);
    for (const event of events) {
      this.findings.expect(event.args["setup"] === this.setup, "SetupDiffers", event.where, "The event is of another setup.");
      if (event.name in STEP) this.step(event);
      else if (event.name === "CeremonyBegun") this.findings.add("CeremonyRepeated", event.where, "It had begun before.");
      else if (event.name === "ElectionOpened") this.open(event);
    }
    const ended = events.some(({ name }) => name === "CeremonyCompleted" || name === "CeremonyFailed");
    if (ended && this.stage === Stage.Review) this.finish(time, events[0]!.where);
    expectEvents(this.told, events, this.findings);
  }

  private tell(name: string, args: Readonly<Record<string, unknown>>): void {
    this.told.push({ name, args: { setup: this.setup, ...args } });
  }

  // ── Time ──

  private advance(time: number): void {
    while (this.stage <= Stage.Dealing && time >= this.since + this.period) this.endStage(this.since + this.period);
  }

  private endStage(time: number): void {
    for (const trustee of this.trustees) if (!trustee.out && !this.did(trustee)) this.exclude(trustee);
    [this.since, this.left, this.done] = [time, this.done, 0];
    if (this.left < this.threshold) this.fail(this.left);
    else this.stage += 1;
  }

  private did({ commitment, coefficients, dealt }: Trustee): boolean {
    if (this.stage === Stage.Committing) return commitment !== ZERO;
    return this.stage === Stage.Revealing ? coefficients.length > 0 : dealt;
  }

  private exclude(trustee: Trustee): void {
    trustee.out = true;
    this.tell("TrusteeExcluded", { trustee: trustee.account, missed: this.stage });
  }

  private fail(left: number): void {
    this.stage = Stage.Failed;
    this.tell("CeremonyFailed", { left });
  }

  // ── Steps ──

  private step(event: Happened): void {
    const { name, args, sent, where } = event;
    const trustee = this.trusteeOf(args[WHO[name]!]);
    if (!trustee || trustee.out || this.stage !== STEP[name]) {
      this.findings.add("StepRefused", where, "Nobody could do this then.");
      return;
    }
    if (name === "TrusteeCommitted") this.commit(trustee, event);
    else if (name === "TrusteeRevealed") this.reveal(trustee, event);
    else if (name === "SharesDealt") this.deal(trustee, event);
    else if (name === "ShareComplained") this.complain(trustee, event);
    else if (name === "ComplaintAnswered") this.answer(trustee, event);
    else this.confirm(trustee, event);
    this.tell(name, args);
    if (this.stage === Stage.Review) return;
    this.done += 1;
    if (this.done === this.left) this.endStage(sent.time);
  }

  private trusteeOf(account: unknown): Trustee | undefined {
    return this.trustees.find((trustee) => trustee.account === lower(account));
  }

  private commit(trustee: Trustee, { args, where }: Happened): void {
    const commitment = args["commitment"] as Hex;
    const first = trustee.commitment === ZERO && commitment !== ZERO;
    this.findings.expect(first, "CommitmentRefused", where, "The commitment is zero, or the trustee's second.");
    trustee.commitment = commitment;
  }

  private reveal(trustee: Trustee, { args, where }: Happened): void {
    const revealed = args["revealed"] as Revealed;
    const { coefficients, encryptionKey, constantProof, keyProof } = revealed;
    const { findings, setup, threshold } = this;
    findings.expect(!trustee.coefficients.length, "StepRepeated", where, "The trustee had revealed before.");
    if (coefficients.length !== threshold || ![...coefficients, encryptionKey].every(isOnCurve)) {
      findings.add("PointRefused", where, "A point is off the curve, or there are not as many as the threshold.");
      return;
    }
    const proofs = [constantProof, keyProof].flatMap(({ challenge, response }) => [challenge, response]);
    const committed = hash("TrusteeCommitment", setup, trustee.account, threshold, ...coefficients, encryptionKey, ...proofs);
    findings.expect(committed === trustee.commitment, "CommitmentMismatch", where, "It is not what was committed to.");
    const known = this.knows(trustee, CONSTANT_TERM, coefficients[0]!, constantProof);
    findings.expect(known, "PossessionRefused", where, "The trustee does not show that it knows its constant term.");
    const opens = this.knows(trustee, ENCRYPTION_KEY, encryptionKey, keyProof);
    findings.expect(opens, "PossessionRefused", where, "The trustee does not show that it knows its encryption key.");
    trustee.coefficients = coefficients;
  }

  private knows(
    { account }: Trustee,
    kind: number,
    point: Point,
    { challenge, response }: { challenge: bigint; response: bigint },
  ): boolean {
    if (!isScalar(challenge) || !isScalar(response)) return false;
    const nonce = combined(response, point, -challenge);
    if (samePoint(nonce, INFINITY)) return false;
    return numberOf(hash("Possession", this.setup, account, kind, point, addressOf(nonce))) === challenge;
  }

  private deal(trustee: Trustee, { args, sent, where }: Happened): void {
    const shares = args["shares"] as readonly bigint[];
    this.findings.expect(!trustee.dealt, "StepRepeated", where, "The trustee had dealt before.");
    const asMany = shares.length === this.trustees.length;
    this.findings.expect(asMany, "SharesRefused", where, "There is not one share for each trustee.");
    const asked = dealt(sent.input);
    const same = !asked || asked.join() === shares.join();
    this.findings.expect(same, "SharesDiffer", where, "The transaction dealt other shares.");
    trustee.dealt = true;
  }

  private complain(trustee: Trustee, { args, sent, where }: Happened): void {
    const dealer = this.trusteeOf(args["dealer"]);
    const about = `${trustee.account} ${dealer?.account}`;
    const may = dealer && dealer !== trustee && !dealer.out && !trustee.confirmed && !this.complaints.has(about);
    const timely = sent.time < this.since + this.period;
    this.findings.expect(Boolean(may) && timely, "ComplaintRefused", where, "Nobody could complain so, or not then.");
    this.complaints.set(about, false);
  }

  private answer(dealer: Trustee, { args, sent, where }: Happened): void {
    const recipient = this.trusteeOf(args["trustee"]);
    const about = `${recipient?.account} ${dealer.account}`;
    if (!recipient || this.complaints.get(about) !== false || !this.inReview(sent.time)) {
      this.findings.add("NoComplaint", where, "There was no such complaint to answer.");
      return;
    }
    const share = args["share"] as bigint;
    const fits = isScalar(share) && samePoint(times(GENERATOR, share), valueAt(dealer.coefficients, recipient.place));
    this.findings.expect(fits, "DealtShareRefused", where, "The share does not fit what its dealer committed to.");
    this.complaints.set(about, true);
  }

  private confirm(trustee: Trustee, { sent, where }: Happened): void {
    const may = !trustee.confirmed && this.inReview(sent.time);
    this.findings.expect(may, "ConfirmationRefused", where, "It is the trustee's second, or too late.");
    trustee.confirmed = true;
    this.confirmations += 1;
  }

  private inReview(time: number): boolean {
    return time < this.since + 2 * this.period;
  }

  // ── End ──

  private finish(time: number, where: string): void {
    const agreed = this.confirmations === this.left && [...this.complaints.values()].every((answered) => answered);
    this.findings.expect(agreed || !this.inReview(time), "ReviewOpen", where, "Somebody could still confirm or answer.");
    for (const trustee of this.trustees) {
      if (!trustee.out && (!trustee.confirmed || this.isAccused(trustee))) this.exclude(trustee);
    }
    const inside = this.trustees.filter(({ out }) => !out);
    this.left = this.confirmations = inside.length;
    if (inside.length < this.threshold) {
      this.fail(inside.length);
      return;
    }
    const sums = Array.from({ length: this.threshold }, (_, k) => sumOf(inside.map(({ coefficients }) => coefficients[k] ?? INFINITY)));
    this.key = sums[0]!;
    this.keys = this.trustees.map(({ out, place }) => (out ? INFINITY : valueAt(sums, place)));
    const usable = (point: Point): boolean => point.x > 0n && point.x < ORDER;
    if (!usable(this.key) || !inside.every(({ place }) => usable(this.keys[place - 1]!))) {
      this.fail(inside.length);
      return;
    }
    this.stage = Stage.Ready;
    this.tell("CeremonyCompleted", { key: this.key, keys: this.keys });
  }

  private isAccused({ account }: Trustee): boolean {
    return [...this.complaints].some(([about, answered]) => about.endsWith(` ${account}`) && !answered);
  }

  private open(event: Happened): void {
    const first = this.stage === Stage.Ready && !this.opened;
    this.findings.expect(first, "ElectionRefused", event.where, "There was no key yet, or an election already.");
    this.tell(event.name, event.args);
    this.opened = event;
  }

  // ── Comparison ──

  compare(views: CeremonyViews): void {
    const { findings } = this;
    const say = (holds: boolean, name: string): void =>
      findings.expect(holds, "ViewDiffers", `views.ceremony.${name}`, "The contract answers other than its events tell.");
    say(views.stage === BigInt(this.stage), "stage");
    say(views.agency === this.agency, "agency");
    say(views.manifestHash === keccak(this.manifest), "manifestHash");
    say(views.begun === BigInt(this.begun), "begun");
    say(views.period === BigInt(this.period), "period");
    say(views.threshold === BigInt(this.threshold), "threshold");
    say(views.trustees === BigInt(this.trustees.length), "trustees");
    say(views.confirmations === BigInt(this.confirmations), "confirmations");
    say(views.election === (this.opened?.args["election"] ?? ZERO), "election");
    say(views.box === lower(this.opened?.args["box"] ?? `0x${"0".repeat(40)}`), "box");
    say(isPoint(views.key, this.key), "key");
    const keys = this.stage === Stage.Ready ? this.keys : this.trustees.map(() => INFINITY);
    say(views.trusteeKeys.length === keys.length && keys.every((key, at) => isPoint(views.trusteeKeys[at]!, key)), "trusteeKeys");
    say(views.members.length === this.trustees.length, "members");
    this.trustees.forEach(({ account, commitment, coefficients, dealt, confirmed, out }, at) => {
      const member = views.members[at];
      if (!member) return;
      const same =
        member.account === account && member.commitment === commitment && member.revealed === coefficients.length > 0 &&
        member.dealt === dealt && member.confirmed === confirmed && member.out === out;
      say(same, `members[${at}]`);
    });
  }

  result(): Replayed {
    const { setup, agency, manifest, threshold, stage, key, keys, opened } = this;
    const trustees = this.trustees.map(({ account }) => account);
    return { setup, agency, manifest, manifestHash: keccak(manifest), threshold, trustees, stage, key, keys, opened };
  }
}

const isScalar = (value: bigint): boolean => value > 0n && value < ORDER;

/** Whether two words are a point's. */
export const isPoint = ([x, y]: readonly [Hex, Hex], point: Point): boolean => BigInt(x) === point.x && BigInt(y) === point.y;

/** Σ place^k·C_k: a polynomial's value at a place, times G. */
function valueAt(coefficients: readonly Point[], place: number): Point {
  return coefficients.reduceRight((value, coefficient) => sumOf([times(value, BigInt(place)), coefficient]), INFINITY);
}

/** Whether a call of `begin` asked for the ceremony that an event tells of. */
function isAsked(input: Hex, args: Happened["args"]): boolean {
  try {
    const given = decodeFunctionData({ abi: BEGIN, data: input }).args;
    return plain(given) === plain([args["manifest"], args["trustees"], args["threshold"], args["period"]]);
  } catch {
    return false;
  }
}

/** The shares in a call of `deal`; undefined when the transaction calls something else. */
function dealt(input: Hex): readonly bigint[] | undefined {
  try {
    return decodeFunctionData({ abi: DEAL, data: input }).args[1];
  } catch {
    return undefined;
  }
}
