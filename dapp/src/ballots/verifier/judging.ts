import { check, checkLine, type Replaced, type Unpacked, unpack } from "../ballot.js";
import type { Election } from "../ballot.js";
import { claimsOf } from "../forms.js";
import { addressOf, type Ciphertext, GENERATOR, type Hex, isUsable, modOrder, negated, ORDER, type Point } from "../group.js";
import { bytes, castDigest, type UnitRoll } from "../hashes.js";
import { type Branch, claimed, hintsFit, isScalar } from "../proofs.js";
import { BallotRefused } from "../refused.js";
import { multipliedAll, shortScalars, signersOf, type Term, vanishes } from "./equations.js";

// What can be said of ballots without knowing any others: line, signature, ciphertexts, proofs. The same judgement as
// ballot.ts's check, many at a time; only where that fails is each ballot looked at alone.

/** The ballots of one call of `cast`. Everything in it can be sent to a worker. */
export interface Task {
  readonly election: Election;
  readonly roll: UnitRoll;
  readonly packed: Hex;
}

/** A refusal that can be sent from a worker. */
export interface Refusal {
  readonly name: string;
  readonly says: string;
  readonly place: Readonly<Record<string, number>>;
}

/** A ballot without its proofs, which were judged, and what is wrong with it: a name and a sentence. */
export interface Judged {
  readonly index: number;
  readonly credential: Hex;
  readonly tracker: Hex;
  readonly previous: Hex;
  readonly proofsHash: Hex;
  readonly ciphertexts: readonly Ciphertext[];
  readonly replaced: Replaced | undefined;
  readonly refused: Refusal | undefined;
}

/** What came of a task: its ballots, or why they cannot be read. */
export type Judgement = readonly Judged[] | Refusal;

/** Judge the ballots of one call. */
export function judge({ election, roll, packed }: Task): Judgement {
  let all: Unpacked[];
  try {
    all = unpack(election, roll.unit, roll.lines, bytes(packed));
  } catch (error) {
    if (!(error instanceof BallotRefused)) throw error;
    return { name: error.reason, says: error.message, place: error.place };
  }
  const sound = areSound(election, all);
  return all.map((one) => judgement(election, roll, one, sound));
}

function judgement(election: Election, roll: UnitRoll, one: Unpacked, sound: boolean): Judged {
  const { line, tracker, previous, proofsHash, ciphertexts } = one.ballot;
  const { index, credential } = line;
  const refused = refusalOf(() => {
    checkLine(roll, line);
    if (!sound) check(election, one);
  });
  return { index, credential, tracker, previous, proofsHash, ciphertexts, replaced: one.replaced, refused };
}

/** The name and the sentence of what a check refuses; undefined when it refuses nothing. */
export function refusalOf(checked: () => void): Refusal | undefined {
  try {
    checked();
    return undefined;
  } catch (error) {
    if (!(error instanceof BallotRefused)) throw error;
    return { name: error.reason, says: error.message, place: error.place };
  }
}

/** Whether all these ballots hold in themselves; a false one passes once in 2^128. */
export function areSound(election: Election, all: readonly Unpacked[]): boolean {
  return all.every(isWellFormed) && areSigned(election, all) && areProven(election, all);
}

function isWellFormed({ ballot, signature: { r, vs } }: Unpacked): boolean {
  const s = vs & ((1n << 255n) - 1n);
  if (r <= 0n || r >= ORDER || s <= 0n || s > ORDER / 2n) return false;
  if (!ballot.ciphertexts.every(({ a, b }) => isUsable(a) && isUsable(b))) return false;
  return ballot.proofs.flat().every((branch) => isScalar(branch.challenge) && isScalar(branch.response) && hintsFit(branch));
}

function areSigned({ chain, box }: Election, all: readonly Unpacked[]): boolean {
  const signers = signersOf(
    all.map(({ ballot, signature: { r, vs } }) => ({
      digest: BigInt(castDigest(chain, box, ballot.tracker)),
      r,
      s: vs & ((1n << 255n) - 1n),
      odd: vs >> 255n === 1n,
    })),
  );
  return signers.every((signer, at) => addressOf(signer) === all[at]!.ballot.line.credential);
}

interface Proven {
  readonly ciphertext: Ciphertext;
  readonly values: readonly bigint[];
  readonly branches: readonly Branch[];
}

/** That challenges sum up was seen to by `unpack`, which leaves the rest to the last branch. */
function areProven(election: Election, all: readonly Unpacked[]): boolean {
  const claims = claimsOf(election.forms, election.width);
  const proven = all.flatMap(({ ballot: { ciphertexts, proofs } }) =>
    claims.map((claim, at): Proven => ({ ciphertext: claimed(claim, ciphertexts), values: claim.values, branches: proofs[at]! })),
  );
  if (!proven.every(({ ciphertext: { a, b } }) => isUsable(a) && isUsable(b))) return false;
  return firstEquationsHold(proven) && secondEquationsHold(election.key, proven);
}

/** a = zG − cA: only its address is known, so that each is computed. */
function firstEquationsHold(proven: readonly Proven[]): boolean {
  const points = multipliedAll(
    proven.map(({ ciphertext: { a }, branches }) => ({
      point: a,
      scalars: branches.map(({ challenge, response }) => ({ generator: response, own: ORDER - challenge })),
    })),
  );
  return proven
    .flatMap(({ branches }) => branches)
    .every(({ commitment }, at) => addressOf(points[at]!) === commitment);
}

/** U = zH and b = U − c(B − vG), all at once: each times a random number, and summed up. */
function secondEquationsHold(key: Point, proven: readonly Proven[]): boolean {
  const count = proven.reduce((sum, { branches }) => sum + branches.length, 0);
  const drawn = shortScalars(2 * count)[Symbol.iterator]();
  const next = (): bigint => drawn.next().value!;
  const terms: Term[] = [];
  let [ofKey, ofGenerator] = [0n, 0n];
  for (const { ciphertext, values, branches } of proven) {
    let ofB = 0n;
    branches.forEach(({ challenge, response, b, hints: { u } }, at) => {
      // first·(zH − U) + second·(zH − c(B − vG) − b) = 0
      const [first, second] = [next(), next()];
      terms.push({ point: negated(u), scalar: first }, { point: negated(b), scalar: second });
      ofKey += (first + second) * response;
      ofB -= second * challenge;
      ofGenerator += modOrder(second * challenge) * values[at]!;
    });
    terms.push({ point: ciphertext.b, scalar: modOrder(ofB) });
  }
  terms.push({ point: key, scalar: modOrder(ofKey) }, { point: GENERATOR, scalar: modOrder(ofGenerator) });
  return vanishes(terms);
}
