import { secp256k1 } from "@noble/curves/secp256k1";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { choiceValues, ciphertextsOf, type Claim, claimsOf, type Form } from "./forms.js";
import {
  addressOf,
  affine,
  type Ciphertext,
  type Hex,
  isUsable,
  modOrder,
  type Multiplier,
  multiplierOf,
  ofGenerator,
  ORDER,
  type Point,
  randomScalar,
} from "./group.js";
import {
  batchLeaf,
  bytes,
  castDigest,
  contentId,
  depthOf,
  hash,
  rollLine,
  rootAbove,
  trackerOf,
  type UnitRoll,
  ZERO,
} from "./hashes.js";
import { type Branch, challengeOf, checkProof, claimed, type Context, pointOnLine, type Proof, prove } from "./proofs.js";
import { BallotRefused } from "./refused.js";

/** What a ballot is made for: an election's constants, all of them on chain. */
export interface Election {
  readonly id: Hex;
  readonly chain: bigint;
  readonly box: Hex;
  readonly key: Point;
  readonly forms: readonly Form[];
  /** M = 2^width, above the number of lines of the whole roll */
  readonly width: number;
}

/** A line of the roll, and the siblings that lead from it to its unit's root. */
export interface Line {
  readonly unit: number;
  readonly index: number;
  readonly credential: Hex;
  readonly path: readonly Hex[];
}

/**
 * What is voted, by contest: of a choice, the option's place, or null for a blank; of points, how many each option gets.
 */
export type Selection = number | null | readonly number[];

/** Ciphertexts with what opens them. Whoever holds `randomness` can read the ballot. */
export interface Draft {
  readonly selections: readonly Selection[];
  readonly messages: readonly bigint[];
  readonly randomness: readonly bigint[];
  readonly ciphertexts: readonly Ciphertext[];
}

/** A ballot with its proofs: unsigned, and so worth nothing. */
export interface Ballot {
  readonly line: Line;
  readonly previous: Hex;
  readonly ciphertexts: readonly Ciphertext[];
  readonly proofs: readonly Proof[];
  readonly content: Hex;
  readonly proofsHash: Hex;
  readonly tracker: Hex;
}

/** r, and s with the parity of R.y in its top bit (EIP-2098). */
export interface Signature {
  readonly r: bigint;
  readonly vs: bigint;
}

/** The ballot that another replaces, for the contract to subtract. */
export interface Replaced {
  readonly ciphertexts: readonly Ciphertext[];
  readonly previous: Hex;
  readonly proofsHash: Hex;
  /** where its batch has it; undefined when it had replaced another itself */
  readonly batch: { readonly number: number; readonly place: number; readonly path: readonly Hex[] } | undefined;
}

/** How ballots are made in one election: the key's tables are made once, and serve for every ballot. */
export class Maker {
  private readonly ofKey: Multiplier;
  private readonly claims: readonly Claim[];

  /**
   * Throws BallotRefused for a key off the curve.
   *
   * @param random draws 1 … q − 1; only tests give another
   */
  constructor(
    private readonly election: Election,
    private readonly random: () => bigint = randomScalar,
  ) {
    this.ofKey = multiplierOf(election.key);
    this.claims = claimsOf(election.forms, election.width);
  }

  /** Encrypt what is voted. Throws BallotRefused (SelectionRefused) when the forms do not allow it. */
  encrypt(selections: readonly Selection[]): Draft {
    const messages = messagesOf(this.election, selections);
    const randomness = messages.map(() => this.random());
    return { selections, messages, randomness, ciphertexts: encrypted(this.ofKey, messages, randomness) };
  }

  /**
   * Prove that a draft is well-formed, for one voter. `pause` is awaited between proofs, so that a page stays alive.
   *
   * @param previous tracker of the ballot that this one replaces; zero at first
   */
  async prove(line: Line, draft: Draft, previous: Hex = ZERO, pause: () => Promise<void> = async () => {}): Promise<Ballot> {
    const { ciphertexts } = draft;
    const content = contentId(this.election.id, line.unit, line.credential, ciphertexts);
    const proofs: Proof[] = [];
    for (const [proof, claim] of this.claims.entries()) {
      const sum = (numbers: readonly bigint[]): bigint => claim.ciphertexts.reduce((all, at) => all + numbers[at]!, 0n);
      const witness = { message: sum(draft.messages), randomness: modOrder(sum(draft.randomness)) };
      proofs.push(prove({ content, previous, proof }, claim, witness, this.ofKey, this.random));
      await pause();
    }
    const proofsHash = hashOfProofs(proofs);
    return { line, previous, ciphertexts, proofs, content, proofsHash, tracker: trackerOf(content, previous, proofsHash) };
  }
}

/** A = rG, B = rH + mG, for each. */
export function encrypted(ofKey: Multiplier, messages: readonly bigint[], randomness: readonly bigint[]): Ciphertext[] {
  const points = affine(
    messages.flatMap((message, at) => [
      ofGenerator(randomness[at]!),
      ofKey(randomness[at]!).add(ofGenerator(message)),
    ]),
  );
  return messages.map((_, at) => ({ a: points[2 * at]!, b: points[2 * at + 1]! }));
}

/** The number in each ciphertext of a ballot. Throws BallotRefused (SelectionRefused). */
export function messagesOf({ forms, width }: Election, selections: readonly Selection[]): bigint[] {
  const refused = (contest: number): BallotRefused =>
    new BallotRefused("SelectionRefused", `Contest ${contest} does not allow that selection.`);
  if (selections.length !== forms.length) throw refused(selections.length);
  return forms.flatMap((form, contest) => {
    const chosen = selections[contest]!;
    if (form.form === "choice") {
      if (typeof chosen === "object" && chosen !== null) throw refused(contest);
      const value = choiceValues(form, width)[chosen ?? form.options];
      if (value === undefined || (chosen !== null && chosen >= form.options)) throw refused(contest);
      return [value];
    }
    if (typeof chosen !== "object" || chosen === null || chosen.length !== form.options) throw refused(contest);
    const sum = chosen.reduce((all, points) => all + points, 0);
    const fits = chosen.every((points) => Number.isInteger(points) && points >= 0 && points <= form.most);
    if (!fits || sum < form.minimum || sum > form.maximum) throw refused(contest);
    return chosen.map(BigInt);
  });
}

/** hash(BallotProofs, every c and z): hints are outside. */
export const hashOfProofs = (proofs: readonly Proof[]): Hex =>
  hash("BallotProofs", ...proofs.flat().flatMap(({ challenge, response }) => [challenge, response]));

/** Sign a ballot, which makes it one that can be cast. `secret` is the credential's key, 32 bytes. */
export function sign({ chain, box }: Election, tracker: Hex, secret: Uint8Array): Signature {
  const { r, s, recovery } = secp256k1.sign(bytes(castDigest(chain, box, tracker)), secret, { lowS: true });
  return { r, vs: (BigInt(recovery) << 255n) | s };
}

/** A credential's signature over a digest as contracts take it: r, s, v, 65 bytes; low s. */
export function signDigest(digest: Hex, secret: Uint8Array): Hex {
  const { r, s, recovery } = secp256k1.sign(bytes(digest), secret, { lowS: true });
  return `0x${digits(r, 32)}${digits(s, 32)}${digits(27 + recovery, 1)}`;
}

/** Whether a credential signed a digest; a high s is nobody's. */
export function isSignedBy(digest: Hex, { r, vs }: Signature, credential: Hex): boolean {
  const s = vs & ((1n << 255n) - 1n);
  return s <= ORDER / 2n && signerOf(digest, r, s, Number(vs >> 255n)) === credential.toLowerCase();
}

/** Who signed a digest; undefined where nobody could have. */
export function signerOf(digest: Hex, r: bigint, s: bigint, parity: number): Hex | undefined {
  if (r <= 0n || r >= ORDER || s <= 0n || s >= ORDER || (parity !== 0 && parity !== 1)) return undefined;
  try {
    const { x, y } = new secp256k1.Signature(r, s).addRecoveryBit(parity).recoverPublicKey(bytes(digest)).toAffine();
    return addressOf({ x, y });
  } catch {
    return undefined; // r is the x of no point
  }
}

/** The address of a key of 32 bytes. */
export function addressOfKey(secret: Uint8Array): Hex {
  const { x, y } = secp256k1.ProjectivePoint.fromPrivateKey(secret).toAffine();
  return addressOf({ x, y });
}

const digits = (value: bigint | number, size: number): string => value.toString(16).padStart(2 * size, "0");
const pointDigits = ({ x, y }: Point): string => digits(x, 32) + digits(y, 32);
const ciphertextDigits = (all: readonly Ciphertext[]): string =>
  all.map(({ a, b }) => pointDigits(a) + pointDigits(b)).join("");
const pathDigits = (path: readonly Hex[]): string => path.map((one) => one.slice(2)).join("");

function flagsOf(replaced: Replaced | undefined): number {
  if (!replaced) return 0;
  return replaced.batch ? 1 : 2;
}

function proofDigits(proof: Proof): string {
  return proof
    .map(({ challenge, response, commitment, b, hints: { u, slope } }, at) => {
      const own = at === proof.length - 1 ? "" : digits(challenge, 32);
      return digits(response, 32) + own + commitment.slice(2) + digits(b.x, 32) + pointDigits(u) + digits(slope, 32);
    })
    .join("");
}

function replacedDigits({ ciphertexts, previous, proofsHash, batch }: Replaced): string {
  const place = batch
    ? digits(batch.number, 4) + digits(batch.place, 2) + digits(batch.path.length, 1) + pathDigits(batch.path)
    : "";
  return ciphertextDigits(ciphertexts) + previous.slice(2) + proofsHash.slice(2) + place;
}

/** A signed ballot as the chain takes it (docs/ballots-protocol.md, A packed ballot). */
export function pack(ballot: Ballot, { r, vs }: Signature, replaced?: Replaced): Uint8Array {
  const { line, previous, ciphertexts, proofs } = ballot;
  return hexToBytes(
    [
      digits(line.index, 4),
      digits(flagsOf(replaced), 1),
      line.credential.slice(2),
      digits(r, 32) + digits(vs, 32),
      replaced ? previous.slice(2) : "",
      ciphertextDigits(ciphertexts),
      ...proofs.map(proofDigits),
      pathDigits(line.path),
      replaced ? replacedDigits(replaced) : "",
    ].join(""),
  );
}

/** A ballot as it was unpacked: signed, and nothing of it checked yet but its shape. */
export interface Unpacked {
  readonly ballot: Ballot;
  readonly signature: Signature;
  readonly replaced: Replaced | undefined;
}

class Cursor {
  at = 0;
  private readonly text: string;

  constructor(packed: Uint8Array) {
    this.text = bytesToHex(packed);
  }

  get ended(): boolean {
    return this.at === this.text.length;
  }

  hex(size: number): Hex {
    const end = this.at + 2 * size;
    if (end > this.text.length) throw new BallotRefused("BallotsMalformed", "The bytes end within a ballot.");
    const found: Hex = `0x${this.text.slice(this.at, end)}`;
    this.at = end;
    return found;
  }

  readonly number = (size: number): number => Number(this.hex(size));
  readonly word = (): bigint => BigInt(this.hex(32));
  readonly point = (): Point => ({ x: this.word(), y: this.word() });
  readonly path = (length: number): Hex[] => Array.from({ length }, () => this.hex(32));
  readonly ciphertexts = (count: number): Ciphertext[] =>
    Array.from({ length: count }, () => ({ a: this.point(), b: this.point() }));
}

/**
 * The ballots packed one after the other. Throws BallotRefused: BallotsMalformed, FlagsRefused.
 *
 * @param lines of the unit's roll, which tell how long a line's path is
 */
export function unpack(election: Election, unit: number, lines: number, packed: Uint8Array): Unpacked[] {
  const claims = claimsOf(election.forms, election.width);
  const cursor = new Cursor(packed);
  if (cursor.ended) throw new BallotRefused("BallotsMalformed", "There are no ballots.");
  const found: Unpacked[] = [];
  while (!cursor.ended) found.push(unpackOne(election, claims, unit, depthOf(lines), cursor));
  return found;
}

function unpackOne(election: Election, claims: readonly Claim[], unit: number, depth: number, cursor: Cursor): Unpacked {
  const size = election.forms.reduce((sum, form) => sum + ciphertextsOf(form), 0);
  const index = cursor.number(4);
  const flags = cursor.number(1);
  if (flags > 2) throw new BallotRefused("FlagsRefused", `A ballot has the flags ${flags}.`);
  const credential = cursor.hex(20);
  const signature = { r: cursor.word(), vs: cursor.word() };
  const previous = flags ? cursor.hex(32) : ZERO;
  const ciphertexts = cursor.ciphertexts(size);
  const content = contentId(election.id, unit, credential, ciphertexts);
  const proofs = claims.map((claim, proof) => unpackProof({ content, previous, proof }, claim, cursor));
  const line = { unit, index, credential, path: cursor.path(depth) };
  const proofsHash = hashOfProofs(proofs);
  const tracker = trackerOf(content, previous, proofsHash);
  const ballot = { line, previous, ciphertexts, proofs, content, proofsHash, tracker };
  return { ballot, signature, replaced: flags ? unpackReplaced(flags, size, cursor) : undefined };
}

function unpackProof(context: Context, claim: Claim, cursor: Cursor): Proof {
  const last = claim.values.length - 1;
  const branches = claim.values.map((_, at): Branch => {
    const response = cursor.word();
    const challenge = at === last ? 0n : cursor.word();
    const commitment = cursor.hex(20);
    const x = cursor.word();
    const hints = { u: cursor.point(), slope: cursor.word() };
    return { challenge, response, commitment, b: pointOnLine(hints, x), hints };
  });
  const others = branches.reduce((sum, { challenge }) => sum + challenge, 0n);
  branches[last] = { ...branches[last]!, challenge: modOrder(challengeOf(context, claim, branches) - others) };
  return branches;
}

function unpackReplaced(flags: number, size: number, cursor: Cursor): Replaced {
  const ciphertexts = cursor.ciphertexts(size);
  const [previous, proofsHash] = [cursor.hex(32), cursor.hex(32)];
  if (flags === 2) return { ciphertexts, previous, proofsHash, batch: undefined };
  const [number, place] = [cursor.number(4), cursor.number(2)];
  return { ciphertexts, previous, proofsHash, batch: { number, place, path: cursor.path(cursor.number(1)) } };
}

/** What a withdrawal says of the ballot that stands; nothing when there is none. */
export const packStanding = (replaced: Replaced | undefined): Hex =>
  replaced ? `0x${digits(flagsOf(replaced), 1)}${replacedDigits(replaced)}` : "0x";

/** What a withdrawal says of the ballot that stands. Throws BallotRefused: BallotsMalformed, FlagsRefused. */
export function unpackStanding(election: Election, packed: Uint8Array): Replaced | undefined {
  const cursor = new Cursor(packed);
  if (cursor.ended) return undefined;
  const flags = cursor.number(1);
  if (flags !== 1 && flags !== 2) throw new BallotRefused("FlagsRefused", `A withdrawal has the flags ${flags}.`);
  const size = election.forms.reduce((sum, form) => sum + ciphertextsOf(form), 0);
  const found = unpackReplaced(flags, size, cursor);
  if (!cursor.ended) throw new BallotRefused("BallotsMalformed", "Bytes follow the ballot withdrawn.");
  return found;
}

/** The tracker of the ballot that is replaced, from what is resupplied of it. */
export function replacedTracker(election: Election, { unit, credential }: Line, replaced: Replaced): Hex {
  const content = contentId(election.id, unit, credential, replaced.ciphertexts);
  return trackerOf(content, replaced.previous, replaced.proofsHash);
}

/** Refuse ciphertexts that no box takes. Throws BallotRefused (CiphertextRefused). */
export function checkCiphertexts(ciphertexts: readonly Ciphertext[]): void {
  ciphertexts.forEach(({ a, b }, at) => {
    if (!isUsable(a) || !isUsable(b)) throw ciphertextRefused(at);
  });
}

const ciphertextRefused = (at: number): BallotRefused =>
  new BallotRefused("CiphertextRefused", `Ciphertext ${at}, or a sum with it, is off the curve or beyond the order.`, {
    ciphertext: at,
  });

/** Refuse a ballot whose credential is not on its line of the roll. Throws BallotRefused (NotOnRoll). */
export function checkLine({ lines, root }: UnitRoll, { unit, index, credential, path }: Line): void {
  const fits = index < lines && path.length === depthOf(lines);
  if (!fits || rootAbove(rollLine(unit, index, credential), index, path) !== root) {
    throw new BallotRefused("NotOnRoll", `The credential ${credential} is not on line ${index} of the roll.`);
  }
}

/**
 * Refuse what a ballot says of the one that it replaces. Throws BallotRefused: ReplacedRefused, NotInBatch.
 *
 * @param roots of the unit's batches
 */
export function checkReplaced(election: Election, { line, previous }: Pick<Ballot, "line" | "previous">, replaced: Replaced, roots: readonly Hex[]): void {
  if (replacedTracker(election, line, replaced) !== previous) {
    throw new BallotRefused("ReplacedRefused", "The ballot resupplied is not the one that is replaced.");
  }
  if (!replaced.batch) return;
  const { number, place, path } = replaced.batch;
  const fits = place < 2 ** path.length; // one place has one way to be written
  if (!fits || rootAbove(batchLeaf(line.index, previous), place, path) !== roots[number]) {
    throw new BallotRefused("NotInBatch", "The ballot that is replaced is in no such batch.");
  }
}

/** Check ciphertexts, every proof and the signature of one ballot, in the box's order. Throws BallotRefused. */
export function check(election: Election, { ballot, signature }: Unpacked): void {
  const { line, ciphertexts, proofs, content, previous, tracker } = ballot;
  checkCiphertexts(ciphertexts);
  claimsOf(election.forms, election.width).forEach((claim, proof) => {
    const sum = claimed(claim, ciphertexts);
    if (!isUsable(sum.a) || !isUsable(sum.b)) throw ciphertextRefused(claim.ciphertexts.at(-1)!);
    checkProof({ content, previous, proof }, claim, sum, proofs[proof]!, election.key);
  });
  if (!isSignedBy(castDigest(election.chain, election.box, tracker), signature, line.credential)) {
    throw new BallotRefused("SignatureRefused", `The credential ${line.credential} did not sign this ballot.`);
  }
}
