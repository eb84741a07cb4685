import type { Claim } from "./forms.js";
import {
  addressOf,
  affine,
  type Ciphertext,
  FIELD,
  type Hex,
  invertIn,
  isOnCurve,
  modOrder,
  type Multiplier,
  multiplied,
  negated,
  ofGenerator,
  ORDER,
  type Point,
  samePoint,
  sumOf,
  GENERATOR,
} from "./group.js";
import { hash, numberOf, type Value } from "./hashes.js";
import { BallotRefused } from "./refused.js";

// "This ciphertext encrypts one of v_0 … v_{k−1}" (docs/ballots-protocol.md, Contests; Cramer, Damgård, Schoenmakers 1994).

/** What spares the contract an addition: U = zH, and the slope of the line through U and −b. */
export interface Hints {
  readonly u: Point;
  readonly slope: bigint;
}

/** One value's part of a proof: its challenge c, response z, address(a), b, and the hints, which prove nothing. */
export interface Branch {
  readonly challenge: bigint;
  readonly response: bigint;
  readonly commitment: Hex;
  readonly b: Point;
  readonly hints: Hints;
}

export type Proof = readonly Branch[];

/** Where a proof stands: without that, it could be used for another. `proof` counts through the ballot. */
export interface Context {
  readonly content: Hex;
  readonly previous: Hex;
  readonly proof: number;
}

/** What is proven: the ciphertext, and the secrets behind it. */
export interface Witness {
  readonly message: bigint;
  readonly randomness: bigint;
}

/** The challenge of a proof, e. */
export function challengeOf(
  { content, previous, proof }: Context,
  { contest, values }: Claim,
  branches: readonly Pick<Branch, "commitment" | "b">[],
): bigint {
  const parts = branches.flatMap(({ commitment, b }): Value[] => [commitment, b]);
  return numberOf(hash("BallotProof", content, previous, contest, proof, values.length, ...values, ...parts));
}

/**
 * A proof that rG, rH + mG encrypts one of the claim's values; m is one of them.
 *
 * Whoever knows r makes every branch alike, from a nonce w: a = wG, b = wH − c(m − v)G. In the true branch w is drawn and
 * z follows; in the others c and z are drawn, and w = z − cr.
 *
 * @param ofKey multiplies the election key H
 * @param random draws 1 … q − 1
 */
export function prove(
  context: Context,
  claim: Claim,
  { message, randomness }: Witness,
  ofKey: Multiplier,
  random: () => bigint,
): Proof {
  const real = claim.values.indexOf(message);
  if (real < 0) throw new BallotRefused("SelectionRefused", "What is encrypted is none of the values.");
  for (;;) {
    const nonce = random();
    const drawn = claim.values.map((_, at) => (at === real ? { c: 0n, z: nonce } : { c: random(), z: random() }));
    const nonces = drawn.map(({ c, z }) => modOrder(z - c * randomness));
    const points = affine(
      nonces.flatMap((w, at) => {
        const part = modOrder(-drawn[at]!.c * (message - claim.values[at]!));
        return [ofGenerator(w), ofKey(w).add(ofGenerator(part))];
      }),
    );
    const made = nonces.map((_, at) => ({ commitment: addressOf(points[2 * at]!), b: points[2 * at + 1]! }));
    const challenge = challengeOf(context, claim, made);
    const own = modOrder(challenge - drawn.reduce((sum, { c }) => sum + c, 0n));
    drawn[real] = { c: own, z: modOrder(nonces[real]! + own * randomness) };
    const hints = hintsOf(
      affine(drawn.map(({ z }) => ofKey(z))),
      made.map(({ b }) => b),
    );
    // Each of these fails once in 2^256: a scalar of zero, or a line that stands upright.
    if (drawn.every(({ c, z }) => c && z) && hints.every((hint) => hint)) {
      return made.map((one, at) => ({ ...one, challenge: drawn[at]!.c, response: drawn[at]!.z, hints: hints[at]! }));
    }
  }
}

/** The line through each U and the opposite of its b; undefined where it stands upright. */
export function hintsOf(us: readonly Point[], bs: readonly Point[]): (Hints | undefined)[] {
  return us.map((u, at) => {
    const b = bs[at]!;
    if (u.x === b.x) return undefined;
    return { u, slope: modField((u.y + b.y) * invertIn(FIELD, u.x - b.x)) };
  });
}

/** b, whose y the hints tell: −b.y = U.y + slope·(b.x − U.x). It may be off the curve. */
export const pointOnLine = ({ u, slope }: Hints, x: bigint): Point => ({
  x,
  y: modField(-(u.y + slope * (x - u.x))),
});

function modField(value: bigint): bigint {
  const rest = value % FIELD;
  return rest < 0n ? rest + FIELD : rest;
}

/** Whether the hints are on the curve and fit b, without asking whether U = zH. */
export const hintsFit = ({ hints, b }: Branch): boolean =>
  isOnCurve(hints.u) && hints.slope >= 0n && hints.slope < FIELD && hints.u.x !== b.x && isOnCurve(b) &&
  samePoint(pointOnLine(hints, b.x), b);

export const isScalar = (value: bigint): boolean => value > 0n && value < ORDER;

/** The ciphertext that a claim is about: the sum of its ciphertexts. */
export function claimed({ ciphertexts }: Claim, all: readonly Ciphertext[]): Ciphertext {
  const [first, ...others] = ciphertexts.map((at) => all[at]!);
  if (!others.length) return first!;
  const every = [first!, ...others];
  return { a: sumOf(every.map(({ a }) => a)), b: sumOf(every.map(({ b }) => b)) };
}

/**
 * Check one proof. Throws BallotRefused: ProofScalarRefused, ProofHintRefused or ProofRefused.
 *
 * @param key the election key H
 */
export function checkProof(context: Context, claim: Claim, { a, b }: Ciphertext, proof: Proof, key: Point): void {
  const number = context.proof;
  const refuse = (reason: "ProofScalarRefused" | "ProofHintRefused" | "ProofRefused", branch: number): never => {
    throw new BallotRefused(reason, `Branch ${branch} of proof ${number} ${WRONG[reason]}.`, { proof: number, branch });
  };
  if (proof.length !== claim.values.length) refuse("ProofRefused", proof.length);
  proof.forEach((branch, at) => {
    if (!isScalar(branch.challenge) || !isScalar(branch.response)) refuse("ProofScalarRefused", at);
    if (!hintsFit(branch)) refuse("ProofHintRefused", at);
  });
  const sum = proof.reduce((total, { challenge }) => total + challenge, 0n);
  if (modOrder(sum) !== challengeOf(context, claim, proof)) refuse("ProofRefused", proof.length - 1);
  proof.forEach(({ challenge, response, commitment, hints, b: given }, at) => {
    const first = sumOf([multiplied(GENERATOR, response), negated(multiplied(a, challenge))]);
    if (addressOf(first) !== commitment) refuse("ProofRefused", at);
    const onKey = multiplied(key, response);
    const hidden = sumOf([b, negated(multiplied(GENERATOR, claim.values[at]!))]);
    if (!samePoint(onKey, hints.u)) refuse("ProofRefused", at);
    if (!samePoint(sumOf([onKey, negated(multiplied(hidden, challenge))]), given)) refuse("ProofRefused", at);
  });
}

const WRONG = {
  ProofScalarRefused: "has a number that is zero, or not below the order",
  ProofHintRefused: "has a hint that misses",
  ProofRefused: "has equations that do not hold",
} as const;
