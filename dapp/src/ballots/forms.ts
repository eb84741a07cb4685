import { BallotRefused } from "./refused.js";

/** One of n options, or none where `blank`: one ciphertext. */
export interface Choice {
  readonly form: "choice";
  readonly options: number;
  readonly blank: boolean;
}

/** 0 … most points for each of n options, together minimum … maximum: a ciphertext each. Approval has most = 1. */
export interface Points {
  readonly form: "points";
  readonly options: number;
  readonly most: number;
  readonly minimum: number;
  readonly maximum: number;
}

export type Form = Choice | Points;

/** What one proof says: the sum of these ciphertexts, counted through the ballot, encrypts one of the values. */
export interface Claim {
  readonly contest: number;
  readonly ciphertexts: readonly number[];
  readonly values: readonly bigint[];
}

const [CHOICE, POINTS] = [1n, 2n];
const MOST_CONTESTS = 8;
const MOST_VALUES = 8;
const MOST_OPTIONS = 64;
const MOST_POINTS = 15;
const WIDEST_SUM = 63;
const LARGEST = { ciphertexts: 64, branches: 512 };
const MOST_BITS = 255; // of a choice's values: the order has 256
const CANDIDATES = 1n << 40n; // what can be searched for a count

/** The packed form of interfaces/ballots/IBallotBox.sol. */
export function packed(form: Form): bigint {
  if (form.form === "choice") return (CHOICE << 56n) | (BigInt(form.options) << 48n) | BigInt(form.blank);
  const { options, most, minimum, maximum } = form;
  return (
    (POINTS << 56n) | (BigInt(options) << 48n) | (BigInt(most) << 40n) | (BigInt(minimum) << 24n) | (BigInt(maximum) << 8n)
  );
}

/** The form that is packed so. Throws BallotRefused for none. */
export function unpacked(word: bigint): Form {
  const part = (shift: number, bits: number): number => Number((word >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n));
  const kind = word >> 56n;
  const options = part(48, 8);
  const form: Form =
    kind === CHOICE
      ? { form: "choice", options, blank: part(0, 8) === 1 }
      : { form: "points", options, most: part(40, 8), minimum: part(24, 16), maximum: part(8, 16) };
  if ((kind !== CHOICE && kind !== POINTS) || packed(form) !== word) {
    throw new BallotRefused("FormRefused", "A contest's packed form is none.");
  }
  return form;
}

/** How many ciphertexts a contest takes. */
export const ciphertextsOf = (form: Form): number => (form.form === "choice" ? 1 : form.options);

/** How many counts a contest's result has. */
export const countsOf = (form: Form): number => form.options + (form.form === "choice" && form.blank ? 1 : 0);

/** The bit length of the whole roll's number of lines: M = 2^width is above every count. */
export const widthOf = (lines: number): number => 32 - Math.clz32(lines);

/** The values that a choice's one ciphertext may hold: M^0 … M^(n−1), then 0 for a blank. */
export function choiceValues(form: Choice, width: number): bigint[] {
  const values = Array.from({ length: form.options }, (_, option) => 1n << BigInt(option * width));
  return form.blank ? [...values, 0n] : values;
}

/** Everything that a ballot proves, in the order of its proofs. */
export function claimsOf(forms: readonly Form[], width: number): Claim[] {
  let first = 0;
  return forms.flatMap((form, contest) => {
    const mine = Array.from({ length: ciphertextsOf(form) }, (_, at) => first + at);
    first += mine.length;
    if (form.form === "choice") return [{ contest, ciphertexts: mine, values: choiceValues(form, width) }];
    const each = mine.map((at): Claim => ({ contest, ciphertexts: [at], values: range(0, form.most) }));
    const { options, most, minimum, maximum } = form;
    const free = minimum === 0 && maximum === options * most;
    return free ? each : [...each, { contest, ciphertexts: mine, values: range(minimum, maximum) }];
  });
}

const range = (from: number, to: number): bigint[] =>
  Array.from({ length: to - from + 1 }, (_, step) => BigInt(from + step));

/** Refuse forms that no box takes, or whose count could not be found again (docs/ballots-protocol.md, Contests). */
export function checkForms(forms: readonly Form[], unitLines: readonly number[], minBallots: number): void {
  const width = widthOf(unitLines.reduce((sum, lines) => sum + lines, 0));
  if (!forms.length || forms.length > MOST_CONTESTS) throw refused(0);
  forms.forEach((form, contest) => {
    if (!isPossible(form)) throw refused(contest);
    for (const lines of unitLines) if (!isDecodable(form, width, BigInt(lines + 2 * minBallots))) throw undecodable(contest);
  });
  const claims = claimsOf(forms, width);
  const branches = claims.reduce((sum, { values }) => sum + values.length, 0);
  const ciphertexts = forms.reduce((sum, form) => sum + ciphertextsOf(form), 0);
  if (ciphertexts > LARGEST.ciphertexts || branches > LARGEST.branches) {
    throw new BallotRefused("BallotTooLarge", `A ballot would hold ${ciphertexts} ciphertexts and ${branches} branches.`);
  }
}

const refused = (contest: number): BallotRefused =>
  new BallotRefused("FormRefused", `Contest ${contest} has a form that no box takes.`);
const undecodable = (contest: number): BallotRefused =>
  new BallotRefused("ContestUndecodable", `The count of contest ${contest} could not be found again.`);

function isPossible(form: Form): boolean {
  if (form.form === "choice") {
    const values = countsOf(form);
    return form.options >= 1 && values >= 2 && values <= MOST_VALUES;
  }
  const { options, most, minimum, maximum } = form;
  return (
    options >= 1 && options <= MOST_OPTIONS && most >= 1 && most <= MOST_POINTS &&
    minimum <= maximum && maximum > 0 && maximum <= options * most && maximum - minimum <= WIDEST_SUM
  );
}

function isDecodable(form: Form, width: number, ballots: bigint): boolean {
  if (form.form === "points") return BigInt(form.most) * ballots < CANDIDATES;
  if (form.options * width > MOST_BITS) return false;
  const free = BigInt(countsOf(form) - 1); // one count follows from the others
  let candidates = 1n;
  for (let at = 1n; at <= free; at += 1n) candidates = (candidates * (ballots + at)) / at; // C(N + k − 1, k − 1)
  return candidates <= CANDIDATES;
}
