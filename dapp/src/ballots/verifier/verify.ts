import type { Election } from "../ballot.js";
import { ciphertextsOf, checkForms, type Form, packed, unpacked, widthOf } from "../forms.js";
import { type Ciphertext, type Hex, INFINITY, samePoint } from "../group.js";
import { electionId, type UnitRoll, ZERO } from "../hashes.js";
import { type Manifest, readManifest } from "../manifest.js";
import { BallotRefused } from "../refused.js";
import { Unreadable } from "../shapes.js";
import { Casting, castCall, type CastCall, newUnit, sumsOf, type Unit } from "./casting.js";
import { byTransaction, isPoint, type Replayed, replayCeremony } from "./ceremony.js";
import { type Happened, type Sent, storyOf } from "./chain.js";
import { checkCount } from "./counting.js";
import { checkCode, CONTRACTS, type Contracts, creates } from "./code.js";
import { callOf, lower, type Opening, openingData } from "./events.js";
import { type Finding, Findings } from "./findings.js";
import { judge, type Judgement, type Task } from "./judging.js";
import { checkLog, checkRoll } from "./roll.js";
import { readTranscript, type Transcript } from "./transcript.js";

/** VALID: all holds, and all is counted. INCOMPLETE: all holds so far. INVALID: anything else. */
export type Verdict = "VALID" | "INCOMPLETE" | "INVALID";

/** One contest's counts; those of an area are null where its ballots were counted with another's. */
export interface Result {
  readonly contest: number;
  readonly title: string;
  readonly options: readonly string[];
  readonly counts: readonly number[];
  readonly blank?: number;
  readonly areas: Readonly<Record<string, readonly number[] | null>>;
}

/** What a verification came to. `ballots` count at the transcript's head; results stand once all is counted. */
export interface Verification {
  readonly verdict: Verdict;
  readonly election: Hex | null;
  /** hash of the block at which it was verified: compare it with a node of your own choice */
  readonly head: Hex | null;
  readonly title: string | null;
  readonly ballots: number;
  readonly findings: readonly Finding[];
  readonly results: readonly Result[];
}

/** Judges the ballots of many calls, wherever it does so, in their order. `done` hears how many calls are judged. */
export type Judges = (tasks: readonly Task[], done: (calls: number) => void) => Promise<readonly Judgement[]>;

/** Hears what is done, and how much of it. */
export type Progress = (what: "events" | "roll" | "ballots" | "counts", done: number, of: number) => void;

/** Judges in this thread, letting others have their turn between calls. */
export const here: Judges = async (tasks, done) => {
  const judged: Judgement[] = [];
  for (const task of tasks) {
    judged.push(judge(task));
    done(judged.length);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return judged;
};

const GRACE = 3_600n; // seconds
const LONGEST_DELAY = 86_400n; // seconds
const LONGEST_ELECTION = 60 * 86_400; // seconds
const MOST_UNITS = 112;

/** Verify a transcript in JSON. What cannot be read is a finding; nothing in it makes this throw. */
export async function verifyJson(
  json: string,
  judges: Judges = here,
  progress: Progress = () => {},
  contracts: Contracts = CONTRACTS,
  findings = new Findings(),
): Promise<Verification> {
  let transcript: Transcript;
  try {
    transcript = readTranscript(json);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const findings = [{ what: "TranscriptUnreadable", where: error.where, says: error.message }];
    return { verdict: "INVALID", election: null, head: null, title: null, ballots: 0, findings, results: [] };
  }
  return verify(transcript, judges, progress, contracts, findings);
}

/**
 * Verify an election from its transcript.
 *
 * @param contracts what ceremony and box must be: those of this build
 * @param findings where what is found is put
 */
export async function verify(
  transcript: Transcript,
  judges: Judges = here,
  progress: Progress = () => {},
  contracts: Contracts = CONTRACTS,
  findings = new Findings(),
): Promise<Verification> {
  const verifying = new Verifying(transcript, judges, progress, contracts, findings);
  await verifying.run();
  return verifying.result();
}

/** Units whose ballots are decrypted together. */
interface Group {
  readonly firstUnit: number;
  readonly lastUnit: number;
  readonly ballots: number;
}

class Verifying {
  private ceremony: Replayed | undefined;
  private manifest: Manifest | undefined;
  private election: Election | undefined;
  private minBallots = 0;
  private closesAt = 0;
  private announced = 0;
  private opensAt = 0;
  private rollRoot: Hex = ZERO;
  private logRoot: Hex = ZERO;
  private units: Unit[] = [];
  private groups: readonly Group[] = [];
  private fixed = false;
  private readonly sums = new Map<number, readonly Ciphertext[]>(); // by group
  private readonly counted = new Map<string, readonly number[]>(); // by "group contest"

  constructor(
    private readonly transcript: Transcript,
    private readonly judges: Judges,
    private readonly progress: Progress,
    private readonly contracts: Contracts,
    private readonly findings: Findings,
  ) {}

  async run(): Promise<void> {
    const { transcript, findings } = this;
    const story = await storyOf(transcript, findings);
    this.progress("events", story.events.length, story.events.length);
    for (const name of ["box", "ceremony"] as const) {
      checkCode(name, transcript[name], transcript.code[name], story.head.state, this.contracts[name], findings);
    }
    this.checkOrder(story.events);
    const ofCeremony = story.events.filter(({ contract }) => contract === "ceremony");
    const ofBox = story.events.filter(({ contract }) => contract === "box");
    this.ceremony = replayCeremony(transcript.chain, transcript.ceremony, ofCeremony, transcript.views.ceremony, findings);
    if (!this.ceremony || !this.readManifest(this.ceremony)) return;
    const [opened, ...others] = ofBox;
    if (opened?.name !== "BoxOpened") {
      findings.add("BoxMissing", "blocks", "The box's first event does not open it.");
      return;
    }
    if (!(await this.open(opened, this.ceremony))) return;
    await this.replay(others);
    this.join(others);
    this.count(others);
    this.compareBox();
    this.compareBallots(others, story.head.time);
  }

  /** What must have happened before something else, whatever times the blocks say. */
  private checkOrder(events: readonly Happened[]): void {
    const first = events[0];
    if (first) this.findings.expect(first.name === "CeremonyBegun", "OrderDiffers", first.where, "It happened before the ceremony.");
    const opened = events.filter(({ name }) => name === "BoxOpened");
    for (const { where } of opened.slice(1)) this.findings.add("BoxOpenedTwice", where, "The box was opened before.");
    for (const [early, isLater] of BEFORE) {
      const last = events.findLastIndex(({ name }) => name === early);
      for (const event of events.slice(0, Math.max(last, 0))) {
        this.findings.expect(!isLater(event), "OrderDiffers", event.where, `It happened before ${early}.`);
      }
    }
  }

  // ── Setup and opening ──

  private readManifest({ manifest, agency, trustees, threshold }: Replayed): boolean {
    const { findings } = this;
    try {
      this.manifest = readManifest(manifest);
    } catch (error) {
      if (!(error instanceof BallotRefused)) throw error;
      findings.add(error.reason, "manifest", error.message);
      return false;
    }
    const said = this.manifest;
    findings.expect(said.agency === agency, "ManifestDiffers", "manifest.agency", "The ceremony is another agency's.");
    findings.expect(said.trustees.join() === trustees.join(), "ManifestDiffers", "manifest.trustees", "The ceremony has others.");
    findings.expect(said.threshold === threshold, "ManifestDiffers", "manifest.threshold", "The ceremony has another.");
    return true;
  }

  private async open({ args, sent, where, data }: Happened, ceremony: Replayed): Promise<boolean> {
    const { findings, transcript } = this;
    const manifest = this.manifest!;
    const opening = args["opening"] as Opening;
    const rolls = args["units"] as readonly UnitRoll[];
    this.opensAt = opening.opensAt;
    this.closesAt = this.announced = opening.closesAt;
    this.minBallots = opening.minBallots;
    const forms = this.formsOf(opening, manifest, rolls, where);
    if (!forms) return false;

    const created = sent.to === undefined && sent.created === transcript.box && sent.input.endsWith(data.slice(2));
    findings.expect(created, "BoxUncreated", where, "The transaction did not create the box with this opening.");
    const ours = creates(this.contracts.box, sent.input.slice(0, 2 - data.length) as Hex);
    findings.expect(ours, "CodeUnknown", where, "Other code than this project's box created it.");
    findings.expect(data === openingData(opening, rolls), "BoxUncreated", where, "The opening is written otherwise.");
    const linked = lower(opening.ceremony) === transcript.ceremony && opening.setup === ceremony.setup && args["setup"] === ceremony.setup;
    findings.expect(linked, "SetupDiffers", where, "The box is of another setup.");
    const { opens, closes } = manifest.schedule;
    const times = opening.opensAt === opens && opening.closesAt === closes && opening.minBallots === manifest.minBallots;
    findings.expect(times, "ManifestDiffers", where, "Times or fewest ballots are other than the manifest's.");
    const schedule = sent.time < opens && opens < closes && closes - opens <= LONGEST_ELECTION && opening.minBallots > 0;
    findings.expect(schedule, "ScheduleRefused", where, "No box opens with such times, or so few ballots.");

    this.units = rolls.map(newUnit);
    const done = (lines: number): void => this.progress("roll", lines, rolls.reduce((sum, { lines: own }) => sum + own, 0));
    const rollRoot = await checkRoll(transcript.roll, ceremony.setup, manifest, rolls, findings, done);
    [this.rollRoot, this.logRoot] = [rollRoot, opening.logRoot];
    checkLog(transcript.log, ceremony.setup, transcript.chain, transcript.ceremony, rolls, opening.logRoot, findings);
    const id = electionId(transcript.chain, transcript.box, ceremony.key, rollRoot, ceremony.manifestHash, [
      BigInt(opening.opensAt),
      BigInt(opening.closesAt),
    ]);
    findings.expect(id === args["election"], "ElectionDiffers", where, "The election's name is made of other things.");
    const lines = rolls.reduce((sum, roll) => sum + roll.lines, 0);
    this.election = { id, chain: transcript.chain, box: transcript.box, key: ceremony.key, forms, width: widthOf(lines) };
    this.registered(ceremony, rollRoot, opening.logRoot);
    return !samePoint(ceremony.key, INFINITY);
  }

  private formsOf(opening: Opening, manifest: Manifest, rolls: readonly UnitRoll[], where: string): Form[] | undefined {
    const { findings } = this;
    findings.expect(rolls.length > 0 && rolls.length <= MOST_UNITS, "UnitRefused", where, "No box has so many units.");
    findings.expect(rolls.some(({ lines }) => lines > 0), "RollEmpty", where, "No unit has a line.");
    try {
      const forms = opening.contests.map(unpacked);
      checkForms(forms, rolls.map(({ lines }) => lines), opening.minBallots);
      const same = forms.map(packed).join() === manifest.contests.map(({ form }) => packed(form)).join();
      findings.expect(same, "ManifestDiffers", where, "The contests are other than the manifest's.");
      return forms;
    } catch (error) {
      if (!(error instanceof BallotRefused)) throw error;
      findings.add(error.reason, where, error.message);
      return undefined;
    }
  }

  private registered({ opened }: Replayed, rollRoot: Hex, logRoot: Hex): void {
    if (!opened) {
      this.findings.lacks("ElectionUnregistered", "blocks", "The ceremony does not name the box yet.");
      return;
    }
    const { args, sent, where } = opened;
    const same =
      args["election"] === this.election!.id && lower(args["box"]) === this.transcript.box &&
      args["rollRoot"] === rollRoot && args["logRoot"] === logRoot;
    this.findings.expect(same, "ElectionDiffers", where, "The ceremony names another election, box or root.");
    this.findings.expect(sent.time < this.opensAt, "BoxRefused", where, "The box had opened before it was registered.");
  }

  // ── Ballots ──

  private async replay(events: readonly Happened[]): Promise<void> {
    const election = this.election!;
    const transactions = byTransaction(events);
    const calls = new Map<Sent, CastCall>();
    for (const own of transactions) {
      const { sent } = own[0]!;
      const call = castCall(election, this.units, sent, this.findings);
      if (call) calls.set(sent, call);
    }
    const tasks = [...calls.values()].map(({ task }) => task);
    const judged = await this.judges(tasks, (done) => this.progress("ballots", done, tasks.length));
    const judgements = new Map([...calls.keys()].map((sent, at) => [sent, judged[at]!]));
    const casting = new Casting(election, this.units, this.findings);
    for (const own of transactions) {
      const { sent } = own[0]!;
      const cast = own.filter(({ name }) => CAST.has(name));
      for (const event of own) if (event.name === "ClosingPostponed") this.postpone(event);
      const call = calls.get(sent);
      const withdrawn = own.some(({ name }) => name === "BallotWithdrawn");
      if (!call && !withdrawn && !cast.length) continue;
      const open = sent.time >= this.opensAt && BigInt(sent.time) < BigInt(this.closesAt) + GRACE;
      this.findings.expect(open, "NotOpen", sent.where, "The box took no ballots then.");
      if (call) casting.cast(call, judgements.get(sent)!, sent, own);
      else if (withdrawn) casting.withdraw(sent, own);
      else this.findings.add("NotDirect", sent.where, "The ballots are not in the transaction.");
    }
  }

  private postpone({ args, sent, where }: Happened): void {
    const [previous, wanted] = [args["previous"] as number, args["closesAt"] as number];
    const may =
      previous === this.closesAt && sent.time < previous && wanted > previous &&
      BigInt(wanted) <= BigInt(this.announced) + LONGEST_DELAY;
    this.findings.expect(may, "PostponementRefused", where, "The closing could not be put off so.");
    this.closesAt = wanted;
  }

  // ── Groups and counts ──

  private join(events: readonly Happened[]): void {
    const { findings } = this;
    this.groups = groupsOf(this.units.map(({ ballots }) => ballots), this.minBallots);
    const joined = events.filter(({ name }) => name === "UnitsJoined");
    const fixed = events.filter(({ name }) => name === "GroupsFixed");
    for (const { sent, where } of [...joined, ...fixed]) {
      const closed = BigInt(sent.time) >= BigInt(this.closesAt) + GRACE;
      findings.expect(closed, "NotClosed", where, "The box still took ballots then.");
    }
    joined.forEach(({ args, where }, at) => {
      const group = this.groups[at];
      const same =
        group && args["group"] === at && args["firstUnit"] === group.firstUnit &&
        args["lastUnit"] === group.lastUnit && args["ballots"] === group.ballots;
      findings.expect(Boolean(same), "GroupDiffers", where, "The ballots make another group.");
    });
    this.fixed = fixed.length > 0;
    if (!this.fixed) {
      findings.lacks("NotJoined", "blocks", "The units are not joined yet.");
      return;
    }
    findings.expect(joined.length === this.groups.length, "GroupMissing", fixed[0]!.where, "A group is missing, or too many are there.");
    const ballots = this.groups.reduce((sum, group) => sum + group.ballots, 0);
    for (const { args, where } of fixed) {
      const same = fixed.length === 1 && args["groups"] === this.groups.length && args["ballots"] === ballots;
      findings.expect(same, "GroupDiffers", where, "There are other groups, or other ballots in them.");
    }
  }

  /** The sums of a group's ballots, as every share of it is checked against. */
  private sumsOfGroup(group: number): readonly Ciphertext[] {
    let sums = this.sums.get(group);
    if (!sums) this.sums.set(group, (sums = sumsOf(this.election!, this.size, this.unitsOf(this.groups[group]!))));
    return sums;
  }

  private unitsOf({ firstUnit, lastUnit }: Group): readonly Unit[] {
    return this.units.slice(firstUnit, lastUnit + 1);
  }

  private get size(): number {
    return this.election!.forms.reduce((sum, form) => sum + ciphertextsOf(form), 0);
  }

  private count(events: readonly Happened[]): void {
    const counts = events.filter(({ name }) => name === "ContestCounted");
    counts.forEach((event, at) => {
      this.countOne(event, events);
      this.progress("counts", at + 1, counts.length);
    });
    if (!this.fixed) return;
    this.groups.forEach((_, group) =>
      this.election!.forms.forEach((_form, contest) => {
        if (this.counted.has(`${group} ${contest}`)) return;
        this.findings.lacks("NotCounted", `group ${group}, contest ${contest}`, "The ballots are not counted yet.");
      }),
    );
  }

  private countOne({ args, sent, where }: Happened, events: readonly Happened[]): void {
    const { findings } = this;
    const [number, contest, counts] = [args["group"] as number, args["contest"] as number, args["counts"] as readonly number[]];
    const group = this.groups[number];
    const before = events.findIndex(({ name }) => name === "GroupsFixed");
    if (!group || !(contest in this.election!.forms) || before < 0) {
      findings.add("CountUncalled", where, "There is no such group or contest to count.");
      return;
    }
    if (this.counted.has(`${number} ${contest}`)) {
      findings.add("CountedTwice", where, "The group's contest was counted before.");
      return;
    }
    findings.expect(events[before]!.sent.number <= sent.number, "OrderDiffers", where, "The units were not joined then.");
    this.counted.set(`${number} ${contest}`, counts);
    findings.expect(args["ballots"] === group.ballots, "CountDiffers", where, "The group has another number of ballots.");
    findings.expect(lower(args["by"]) === sent.from, "SenderDiffers", where, "Another account sent the transaction.");
    const call = sent.to === this.transcript.box ? callOf(sent.input) : undefined;
    if (call?.name !== "count") {
      findings.add("NotDirect", where, "The shares are not in the transaction.");
      return;
    }
    const [ofGroup, ofContest, said, shares] = call.args as [number, number, readonly number[], Hex];
    const same = ofGroup === number && ofContest === contest && said.join() === counts.join();
    findings.expect(same, "CountDiffers", where, "The transaction has other counts.");
    const { threshold, keys } = this.ceremony!;
    try {
      const counted = { group: number, contest, ballots: group.ballots, counts, sums: this.sumsOfGroup(number) };
      const used = checkCount(this.election!, counted, shares, threshold, keys);
      findings.expect(used === args["trustees"], "TrusteesDiffer", where, "Other trustees' shares were used.");
    } catch (error) {
      if (!(error instanceof BallotRefused)) throw error;
      findings.add(error.reason, where, error.message);
    }
  }

  // ── What the contracts answer ──

  private compareBox(): void {
    const { box: view } = this.transcript.views;
    const { agency, setup, key } = this.ceremony!;
    const { forms, id, width } = this.election!;
    const rolls = this.units.map(({ roll }) => roll);
    const say = this.saying("ViewDiffers", "views.box");
    say(view.ceremony === this.transcript.ceremony, "ceremony");
    say(view.agency === agency, "agency");
    say(view.setup === setup, "setup");
    say(view.election === id, "election");
    say(view.rollRoot === this.rollRoot, "rollRoot");
    say(view.logRoot === this.logRoot, "logRoot");
    say(view.units === BigInt(rolls.length), "units");
    say(view.width === BigInt(width), "width");
    say(view.minBallots === BigInt(this.minBallots), "minBallots");
    say(view.opensAt === BigInt(this.opensAt), "opensAt");
    say(view.closesAt === BigInt(this.closesAt), "closesAt");
    say(view.grace === GRACE, "grace");
    say(view.longestDelay === LONGEST_DELAY, "longestDelay");
    say(view.contests.map(BigInt).join() === forms.map(packed).join(), "contests");
    say(isPoint(view.key, key), "key");
  }

  private compareBallots(events: readonly Happened[], now: number): void {
    const { views } = this.transcript;
    const say = this.saying("ViewDiffers", "views");
    say(views.turnout.length === this.units.length && views.batchRoots.length === this.units.length, "turnout");
    this.units.forEach(({ ballots, roots }, at) => {
      const turnout = views.turnout[at];
      say(turnout?.ballots === BigInt(ballots) && turnout.batches === BigInt(roots.length), `turnout[${at}]`);
      say(views.batchRoots[at]?.join() === roots.join(), `batchRoots[${at}]`);
    });
    this.compareStandings(events);
    const fixed = this.fixed ? this.groups : [];
    const shown = this.shownSums(now);
    say(views.sums.length === shown.length, "sums");
    shown.forEach(([unit, sums], at) => {
      const view = views.sums[at];
      const same = view?.unit === BigInt(unit) && view.sums.length === sums.length && sums.every(({ a, b }, place) => {
        const [ax, ay, bx, by] = view.sums[place]!;
        return isPoint([ax, ay], a) && isPoint([bx, by], b);
      });
      say(Boolean(same), `sums[${at}]`);
    });
    say(views.groups.complete === this.fixed && views.groups.groups.length === fixed.length, "groups");
    say(views.results.length === fixed.length, "results");
    fixed.forEach((group, at) => {
      const view = views.groups.groups[at];
      const same =
        view?.firstUnit === BigInt(group.firstUnit) && view.lastUnit === BigInt(group.lastUnit) &&
        view.ballots === BigInt(group.ballots);
      say(same, `groups.groups[${at}]`);
      const own = this.election!.forms.map((_, contest) => (this.counted.get(`${at} ${contest}`) ?? []).join());
      say(JSON.stringify(views.results[at]?.map((counts) => counts.join())) === JSON.stringify(own), `results[${at}]`);
    });
  }

  private compareStandings(events: readonly Happened[]): void {
    const { standings } = this.transcript.views;
    const say = this.saying("ViewDiffers", "views");
    const touched = new Map<string, readonly [number, number]>();
    for (const { name, args } of events) {
      if (!TOUCHING.has(name)) continue;
      const place = [args["unit"] as number, args["index"] as number] as const;
      touched.set(place.join(), place);
    }
    const places = [...touched.values()].sort(([one, first], [other, second]) => one - other || first - second);
    say(standings.length === places.length, "standings");
    places.forEach(([unit, index], at) => {
      const view = standings[at];
      const line = this.units[unit]?.lines.get(index);
      const same =
        line && view?.unit === BigInt(unit) && view.index === BigInt(index) && view.barred === line.barred &&
        view.voted === (line.voted && !line.barred) && view.tracker === (line.barred ? ZERO : line.word);
      say(Boolean(same), `standings[${at}]`);
    });
  }

  /** Of the groups' first units once they are fixed; of every unit while ballots are taken; else of none. */
  private shownSums(now: number): [number, readonly Ciphertext[]][] {
    if (this.fixed) return this.groups.map(({ firstUnit }, group) => [firstUnit, this.sumsOfGroup(group)]);
    if (BigInt(now) >= BigInt(this.closesAt) + GRACE) return [];
    return this.units.map((unit, at) => [at, sumsOf(this.election!, this.size, [unit])]);
  }

  private saying(what: string, where: string): (holds: boolean, name: string) => void {
    return (holds, name) =>
      this.findings.expect(holds, what, `${where}.${name}`, "The contract answers other than its events tell.");
  }

  // ── Result ──

  result(): Verification {
    const { wrong, missing } = this.findings;
    const verdict = wrong.length ? "INVALID" : missing.length ? "INCOMPLETE" : "VALID";
    return {
      verdict,
      election: this.election?.id ?? null,
      head: this.transcript.head.hash,
      title: this.manifest?.title ?? null,
      ballots: this.units.reduce((sum, { ballots }) => sum + ballots, 0),
      findings: wrong.length ? wrong : missing,
      results: verdict === "VALID" ? this.results() : [],
    };
  }

  private results(): Result[] {
    const { contests, units } = this.manifest!;
    return contests.map(({ title, options, form }, contest) => {
      const size = options.length + (form.form === "choice" && form.blank ? 1 : 0);
      const none = (): number[] => new Array<number>(size).fill(0);
      const totals = none();
      const areas: Record<string, number[] | null> = Object.fromEntries(units.map(({ area }) => [area, none()]));
      this.groups.forEach(({ firstUnit, lastUnit }, group) => {
        const counts = this.counted.get(`${group} ${contest}`)!;
        const inside = [...new Set(units.slice(firstUnit, lastUnit + 1).map(({ area }) => area))];
        counts.forEach((count, at) => (totals[at]! += count));
        for (const area of inside) {
          const before = areas[area];
          areas[area] = inside.length === 1 && before ? before.map((count, at) => count + counts[at]!) : null;
        }
      });
      const counts = totals.slice(0, options.length);
      const blank = totals[options.length];
      return { contest, title, options, counts, ...(blank === undefined ? {} : { blank }), areas };
    });
  }
}

// Where one of the first has happened after one of the second, no contract of ours was at work.
const named = (...names: string[]) => ({ name }: Happened): boolean => names.includes(name);
const BEFORE: readonly (readonly [string, (event: Happened) => boolean])[] = [
  ["CeremonyCompleted", named("BoxOpened")],
  ["BoxOpened", ({ name, contract }) => name === "ElectionOpened" || (contract === "box" && name !== "BoxOpened")],
  ["UnitsJoined", named("GroupsFixed")],
  ["GroupsFixed", named("ContestCounted")],
];

const CAST = new Set(["BallotsCast", "BallotReplaced", "BallotSkipped"]);
const TOUCHING = new Set(["BallotReplaced", "BallotSkipped", "BallotWithdrawn"]);

/** Units in their order, joined with the next until they have enough ballots; a remainder joins the last group. */
export function groupsOf(ballots: readonly number[], least: number): Group[] {
  const groups: Group[] = [];
  let [firstUnit, gathered] = [0, 0];
  ballots.forEach((own, unit) => {
    gathered += own;
    if (gathered < least) return;
    groups.push({ firstUnit, lastUnit: unit, ballots: gathered });
    [firstUnit, gathered] = [unit + 1, 0];
  });
  const last = groups.pop();
  if (!last) return [];
  return [...groups, firstUnit < ballots.length ? { ...last, lastUnit: ballots.length - 1, ballots: last.ballots + gathered } : last];
}
