import { bytesToHex } from "@noble/hashes/utils.js";
import type { Election } from "../ballot.js";
import { choiceValues, ciphertextsOf, countsOf, type Form } from "../forms.js";
import {
  addressOf,
  type Ciphertext,
  GENERATOR,
  type Hex,
  inverse,
  isUsable,
  modOrder,
  type Point,
  samePoint,
  sumOf,
} from "../group.js";
import { bytes, hash, numberOf } from "../hashes.js";
import { hintsFit, isScalar, pointOnLine } from "../proofs.js";
import { BallotRefused } from "../refused.js";
import { combined, times } from "./equations.js";

// A count: the trustees' shares of a group's sums, with proofs, and that they decrypt to the counts published.

/** One trustee's share of one sum. Challenge, response, b and the hints are a proof that log_G X_j = log_{S_A} D. */
export interface Share {
  readonly trustee: number;
  readonly d: Point;
  readonly challenge: bigint;
  readonly response: bigint;
  readonly b: Point;
  readonly hints: { readonly u: Point; readonly slope: bigint };
  readonly factor: bigint;
  readonly e: Point;
}

/** What is counted: a group's ballots of one contest. */
export interface Counted {
  readonly group: number;
  readonly contest: number;
  readonly ballots: number;
  readonly counts: readonly number[];
  /** (G, H) and the group's ballots, for every ciphertext of the whole ballot */
  readonly sums: readonly Ciphertext[];
}

const RECORD = 353; // bytes

/** The records of `count`'s shares. Throws BallotRefused (SharesMalformed). */
export function unpackShares(packed: Hex): Share[] {
  const all = bytes(packed);
  if (all.length % RECORD) throw new BallotRefused("SharesMalformed", "The shares end within a record.");
  return Array.from({ length: all.length / RECORD }, (_, at) => {
    const record = all.subarray(at * RECORD, (at + 1) * RECORD);
    const word = (place: number): bigint => BigInt(`0x${bytesToHex(record.subarray(1 + 32 * place, 33 + 32 * place))}`);
    const point = (place: number): Point => ({ x: word(place), y: word(place + 1) });
    const hints = { u: point(5), slope: word(7) };
    return {
      trustee: record[0]!, d: point(0), challenge: word(2), response: word(3), b: pointOnLine(hints, word(4)), hints,
      factor: word(8), e: point(9),
    };
  });
}

/** A sum as it is decrypted: where a point is infinity or has an x beyond the order, (G, H) is added. */
export function decryptable(sum: Ciphertext, key: Point): Ciphertext {
  let found = sum;
  while (!isUsable(found.a) || !isUsable(found.b)) {
    found = { a: sumOf([found.a, GENERATOR]), b: sumOf([found.b, key]) };
  }
  return found;
}

/**
 * Check a count. Throws BallotRefused: CountsRefused, SharesMalformed, ShareTrusteeRefused, ShareRefused, ResultRefused.
 *
 * @param keys the trustees' X_j, by place − 1; infinity for those who are out
 * @returns the trustees whose shares were used, bit j − 1 for place j
 */
export function checkCount(
  election: Election,
  counted: Counted,
  packed: Hex,
  threshold: number,
  keys: readonly Point[],
): bigint {
  const { forms, key, width } = election;
  const form = forms[counted.contest]!;
  checkCounts(form, counted);
  const first = forms.slice(0, counted.contest).reduce((sum, one) => sum + ciphertextsOf(one), 0);
  const size = ciphertextsOf(form);
  const shares = unpackShares(packed);
  if (shares.length !== size * threshold) {
    throw new BallotRefused("SharesMalformed", `There are ${shares.length} shares for ${size} ciphertexts.`);
  }
  let used = 0n;
  for (let at = 0; at < size; at += 1) {
    const own = shares.slice(at * threshold, (at + 1) * threshold);
    const ciphertext = first + at;
    const sum = decryptable(counted.sums[ciphertext]!, key);
    checkTrustees(own, keys);
    for (const share of own) {
      checkShare(election, counted.group, ciphertext, sum, keys[share.trustee - 1]!, share);
      checkFactor(share, own, ciphertext);
      used |= 1n << BigInt(share.trustee - 1);
    }
    const value = valueOf(form, width, counted.counts, at);
    const hidden = combined(-value, sum.b, 1n);
    if (!samePoint(hidden, sumOf(own.map(({ e }) => e)))) {
      throw new BallotRefused("ResultRefused", `The counts are not what the shares of ciphertext ${ciphertext} decrypt.`);
    }
  }
  return used;
}

/** v: for a choice Σ counts_i·M^i, a blank being nothing; for points the option's own count. */
function valueOf(form: Form, width: number, counts: readonly number[], at: number): bigint {
  if (form.form === "points") return BigInt(counts[at]!);
  return choiceValues(form, width).reduce((sum, value, option) => sum + value * BigInt(counts[option]!), 0n);
}

/** Whether so many ballots could make these counts at all. */
function checkCounts(form: Form, { counts, ballots, group, contest }: Counted): void {
  const refused = new BallotRefused("CountsRefused", `No ballots make the counts of contest ${contest} in group ${group}.`);
  if (counts.length !== countsOf(form)) throw refused;
  const sum = counts.reduce((all, count) => all + count, 0);
  if (form.form === "choice") {
    if (sum !== ballots) throw refused;
    return;
  }
  const within = sum >= form.minimum * ballots && sum <= form.maximum * ballots;
  if (!within || counts.some((count) => count > form.most * ballots)) throw refused;
}

function checkTrustees(shares: readonly Share[], keys: readonly Point[]): void {
  shares.forEach(({ trustee }, at) => {
    const key = keys[trustee - 1];
    const rising = !at || shares[at - 1]!.trustee < trustee;
    if (!key || (key.x === 0n && key.y === 0n) || !rising) {
      throw new BallotRefused("ShareTrusteeRefused", `Trustee ${trustee} is unknown, out, or out of order.`);
    }
  });
}

/** Check one share's proof. Throws BallotRefused (ShareRefused). */
export function checkShare(
  { id }: Pick<Election, "id">,
  group: number,
  ciphertext: number,
  sum: Ciphertext,
  key: Point,
  share: Omit<Share, "factor" | "e">,
): void {
  const { trustee, d, challenge, response, b, hints } = share;
  const refused = new BallotRefused("ShareRefused", `Trustee ${trustee}'s share of ciphertext ${ciphertext} does not hold.`);
  const fits = hintsFit({ challenge, response, commitment: "0x", b, hints });
  if (!isScalar(challenge) || !isScalar(response) || !fits || !isUsable(d)) throw refused;
  const onSum = times(sum.a, response);
  if (!samePoint(onSum, hints.u)) throw refused;
  if (!samePoint(sumOf([onSum, times(d, -challenge)]), b)) throw refused;
  const a = combined(response, key, -challenge);
  const digest = hash("TallyShare", id, group, ciphertext, trustee, key, sum.a, sum.b, d, addressOf(a), b);
  if (numberOf(digest) !== challenge) throw refused;
}

function checkFactor({ trustee, factor, d, e }: Share, own: readonly Share[], ciphertext: number): void {
  const right = factorOf(trustee, own.map((one) => one.trustee)) === factor && samePoint(times(d, factor), e);
  if (!right) throw new BallotRefused("ShareRefused", `Trustee ${trustee}'s factor of ciphertext ${ciphertext} is another.`);
}

/** λ_j = Π m/(m − j) mod q over the other trustees m (Lagrange, at zero). */
export function factorOf(trustee: number, among: readonly number[]): bigint {
  let [above, below] = [1n, 1n];
  for (const other of among) {
    if (other === trustee) continue;
    above *= BigInt(other);
    below *= BigInt(other - trustee);
  }
  return modOrder(modOrder(above) * inverse(modOrder(below)));
}
