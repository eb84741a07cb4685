import { checkLine, checkReplaced, type Election, isSignedBy, type Replaced, replacedTracker, unpackStanding } from "../ballot.js";
import { type Ciphertext, GENERATOR, type Hex, negated, sumOf } from "../group.js";
import {
  batchLeaf,
  bytes,
  treePath,
  treeRoot,
  unitLeaf,
  type UnitRoll,
  withdrawalDigest,
  ZERO,
} from "../hashes.js";
import { BallotRefused } from "../refused.js";
import type { Happened, Sent } from "./chain.js";
import { expectEvents, type Told } from "./compare.js";
import { callOf, lower } from "./events.js";
import type { Findings } from "./findings.js";
import { type Judged, type Judgement, refusalOf, type Task } from "./judging.js";

enum Skipped {
  None,
  Barred,
  PreviousChanged,
}

/** A voter's line: the ballot that stands, the tracker where the box keeps it in a word of its own, the place if not. */
export interface Line {
  standing: Judged | undefined;
  word: Hex;
  batch: Replaced["batch"];
  voted: boolean;
  barred: boolean;
}

/** A unit while its ballots are replayed: those that count, and those taken out again. */
export interface Unit {
  readonly roll: UnitRoll;
  readonly lines: Map<number, Line>;
  readonly roots: Hex[];
  ballots: number;
  readonly added: (readonly Ciphertext[])[];
  readonly removed: (readonly Ciphertext[])[];
}

export const newUnit = (roll: UnitRoll): Unit => ({
  roll, lines: new Map(), roots: [], ballots: 0, added: [], removed: [],
});

/** A transaction that casts ballots: which unit's, and the task of judging them. */
export interface CastCall {
  readonly unit: Unit;
  readonly task: Task;
}

/** What a transaction casts; undefined when it does not, or names a roll that is not the election's, which is reported. */
export function castCall(election: Election, units: readonly Unit[], sent: Sent, findings: Findings): CastCall | undefined {
  const call = sent.to === election.box ? callOf(sent.input) : undefined;
  if (call?.name !== "cast") return undefined;
  const [roll, path, packed] = call.args as [UnitRoll, readonly Hex[], Hex];
  const unit = unitNamed(units, roll, path, sent, findings);
  return unit && { unit, task: { election, roll: unit.roll, packed } };
}

function unitNamed(
  units: readonly Unit[],
  roll: UnitRoll,
  path: readonly Hex[],
  { where }: Sent,
  findings: Findings,
): Unit | undefined {
  const unit = units[roll.unit];
  const same = unit && unitLeaf(unit.roll) === unitLeaf(roll);
  if (!same || treePath(units.map((one) => unitLeaf(one.roll)), roll.unit).join() !== path.join()) {
    findings.add("RollRefused", where, "It names a unit's roll that is not of this election.");
    return undefined;
  }
  return unit;
}

/** (G, H) and every ballot of some units that counts, by ciphertext; of no unit's ballots, (G, H) alone. */
export function sumsOf({ key }: Election, size: number, units: readonly Unit[]): Ciphertext[] {
  const [added, removed] = [units.flatMap((unit) => unit.added), units.flatMap((unit) => unit.removed)];
  return Array.from({ length: size }, (_, at) => ({
    a: sumOf([GENERATOR, ...added.map((one) => one[at]!.a), ...removed.map((one) => negated(one[at]!.a))]),
    b: sumOf([key, ...added.map((one) => one[at]!.b), ...removed.map((one) => negated(one[at]!.b))]),
  }));
}

/** Goes through the box's transactions in their order, and says which events each must have made. */
export class Casting {
  private told: Told[] = [];

  constructor(
    private readonly election: Election,
    private readonly units: readonly Unit[],
    private readonly findings: Findings,
  ) {}

  /** Replay ballots that were judged. */
  cast({ unit }: CastCall, judgement: Judgement, sent: Sent, events: readonly Happened[]): void {
    this.told = [];
    if ("name" in judgement) {
      this.findings.add(judgement.name, sent.where, judgement.says);
      return;
    }
    const leaves: Judged[] = [];
    judgement.forEach((ballot, at) => {
      const where = `${sent.where}, ballot ${at}`;
      if (ballot.refused) this.findings.add(ballot.refused.name, where, ballot.refused.says);
      this.ballot(unit, ballot, leaves, where);
    });
    if (leaves.length) this.batch(unit, leaves);
    expectEvents(this.told, events, this.findings);
  }

  private ballot(unit: Unit, ballot: Judged, leaves: Judged[], where: string): void {
    const line = lineOf(unit, ballot.index);
    const named = { unit: unit.roll.unit, index: ballot.index };
    this.checkReplaced(unit, ballot, where);
    const skipped = skippedBy(line, ballot);
    if (skipped !== Skipped.None) {
      this.told.push({ name: "BallotSkipped", args: { ...named, tracker: ballot.tracker, reason: skipped } });
      return;
    }
    if (ballot.replaced) {
      unit.removed.push(ballot.replaced.ciphertexts);
      line.word = ballot.tracker;
      this.told.push({ name: "BallotReplaced", args: { ...named, replaced: ballot.previous, tracker: ballot.tracker } });
    } else leaves.push(ballot);
    unit.added.push(ballot.ciphertexts);
    line.voted = true;
    line.standing = ballot;
  }

  /** What a ballot says of the one that it replaces must be so, whether or not it then counts. */
  private checkReplaced(unit: Unit, ballot: Judged, where: string): void {
    const { replaced, previous, index, credential } = ballot;
    if (!replaced) return;
    const line = { unit: unit.roll.unit, index, credential, path: [] };
    const refused = refusalOf(() => checkReplaced(this.election, { line, previous }, replaced, unit.roots));
    if (refused) this.findings.add(refused.name, where, refused.says);
  }

  private batch(unit: Unit, ballots: readonly Judged[]): void {
    const leaves = ballots.map(({ index, tracker }) => batchLeaf(index, tracker));
    const [number, root] = [unit.roots.length, treeRoot(leaves)];
    ballots.forEach(({ index }, place) => {
      lineOf(unit, index).batch = { number, place, path: treePath(leaves, place) };
    });
    unit.ballots += ballots.length;
    unit.roots.push(root);
    const [indices, trackers] = [ballots.map(({ index }) => index), ballots.map(({ tracker }) => tracker)];
    const args = { unit: unit.roll.unit, batch: number, ballots: unit.ballots, root, indices, trackers };
    this.told.push({ name: "BallotsCast", args });
  }

  /** Replay a withdrawal. */
  withdraw(sent: Sent, events: readonly Happened[]): void {
    const call = sent.to === this.election.box ? callOf(sent.input) : undefined;
    if (call?.name !== "withdraw") {
      this.findings.add("NotDirect", sent.where, "The withdrawal's signature is not in its transaction.");
      return;
    }
    const [roll, unitPath, index, account, path, signature, replaced] = call.args as [
      UnitRoll, readonly Hex[], number, string, readonly Hex[], Hex, Hex,
    ];
    const unit = unitNamed(this.units, roll, unitPath, sent, this.findings);
    if (!unit) return;
    const credential = lower(account);
    this.checkRight(unit, index, credential, path, signature, sent);
    const line = lineOf(unit, index);
    this.findings.expect(!line.barred, "VoterBarred", sent.where, "The voter was barred before.");
    const right = this.isStanding(line, { unit: unit.roll.unit, index, credential, path }, replaced);
    this.findings.expect(right, "BallotChanged", sent.where, "It names another ballot than the one that stands.");
    const tracker = line.standing?.tracker ?? ZERO;
    if (line.standing) {
      unit.removed.push(line.standing.ciphertexts);
      unit.ballots -= 1;
    }
    line.standing = undefined;
    line.barred = true;
    expectEvents(
      [{ name: "BallotWithdrawn", args: { unit: unit.roll.unit, index, tracker, ballots: unit.ballots } }],
      events,
      this.findings,
    );
  }

  private checkRight(unit: Unit, index: number, credential: Hex, path: readonly Hex[], signature: Hex, sent: Sent): void {
    const { roll } = unit;
    const refused = refusalOf(() => checkLine(roll, { unit: roll.unit, index, credential, path }));
    if (refused) this.findings.add(refused.name, sent.where, refused.says);
    const digest = withdrawalDigest(this.election.chain, this.election.box, roll.unit, index);
    const signed = isLongSignedBy(digest, signature, credential);
    this.findings.expect(signed, "SignatureRefused", sent.where, "The credential did not sign the withdrawal.");
  }

  private isStanding(line: Line, place: { unit: number; index: number; credential: Hex; path: readonly Hex[] }, packed: Hex): boolean {
    try {
      const named = unpackStanding(this.election, bytes(packed));
      if (!named || !line.standing) return !named && !line.standing;
      const same = replacedTracker(this.election, place, named) === line.standing.tracker;
      const { batch } = named;
      if (!line.standing.replaced !== Boolean(batch)) return false;
      return same && (!batch || JSON.stringify(batch) === JSON.stringify(line.batch));
    } catch (error) {
      if (error instanceof BallotRefused) return false;
      throw error;
    }
  }
}

/** The line at an index, as nobody has touched it before. */
function lineOf(unit: Unit, index: number): Line {
  let line = unit.lines.get(index);
  if (!line) {
    line = { standing: undefined, word: ZERO, batch: undefined, voted: false, barred: false };
    unit.lines.set(index, line);
  }
  return line;
}

function skippedBy(line: Line, { replaced, previous }: Judged): Skipped {
  if (line.barred) return Skipped.Barred;
  if (!replaced) return line.voted ? Skipped.PreviousChanged : Skipped.None;
  // A ballot in a batch stands while no word outranks it; another, while the word is its own.
  const stands = replaced.batch ? line.word === ZERO : line.word === previous;
  return stands ? Skipped.None : Skipped.PreviousChanged;
}

/** Whether 65 bytes (r, s, v) are a credential's signature; a high s is nobody's. */
function isLongSignedBy(digest: Hex, signature: Hex, credential: Hex): boolean {
  if (signature.length !== 2 + 130) return false;
  const word = (at: number): bigint => BigInt(`0x${signature.slice(2 + 64 * at, 66 + 64 * at)}`);
  const parity = Number.parseInt(signature.slice(130), 16) - 27;
  if (parity !== 0 && parity !== 1) return false;
  const s = word(1);
  return s >> 255n === 0n && isSignedBy(digest, { r: word(0), vs: (BigInt(parity) << 255n) | s }, credential);
}

