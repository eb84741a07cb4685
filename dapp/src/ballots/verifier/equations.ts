import { secp256k1 } from "@noble/curves/secp256k1";
import { bytesToHex } from "@noble/hashes/utils.js";
import { FIELD, GENERATOR, inverse, invertIn, modOrder, ORDER, type Point } from "../group.js";

// Many multiplications of public points, as fast as BigInt allows: nothing here is secret, and nothing takes the same
// time twice. Jacobian coordinates (x = X/Z², y = Y/Z³); remainders may be negative, which only comparing must know.

/** A sum under way; Z = 0 is infinity. */
interface Jacobian {
  x: bigint;
  y: bigint;
  z: bigint;
}

const { beta, splitScalar } = secp256k1.CURVE.endo!;

const infinity = (): Jacobian => ({ x: 0n, y: 1n, z: 0n });

function double(sum: Jacobian): void {
  const { x, y, z } = sum;
  const a = (x * x) % FIELD;
  const b = (y * y) % FIELD;
  const d = (4n * x * b) % FIELD;
  const e = 3n * a;
  sum.x = (e * e - 2n * d) % FIELD;
  sum.z = (2n * y * z) % FIELD;
  sum.y = (e * (d - sum.x) - 8n * b * b) % FIELD;
}

/** Add an affine point that is not infinity; complete otherwise. */
function add(sum: Jacobian, px: bigint, py: bigint): void {
  const { x, y, z } = sum;
  if (z === 0n) {
    [sum.x, sum.y, sum.z] = [px, py, 1n];
    return;
  }
  const zz = (z * z) % FIELD;
  const h = (px * zz - x) % FIELD;
  const r = (((py * z) % FIELD) * zz - y) % FIELD;
  if (h === 0n) {
    if (r === 0n) double(sum);
    else sum.z = 0n;
    return;
  }
  const hh = (h * h) % FIELD;
  const hhh = (h * hh) % FIELD;
  const v = (x * hh) % FIELD;
  sum.x = (r * r - hhh - 2n * v) % FIELD;
  sum.y = (r * (v - sum.x) - y * hhh) % FIELD;
  sum.z = (z * h) % FIELD;
}

/** Add another sum; complete. */
function merge(sum: Jacobian, other: Jacobian): void {
  if (other.z === 0n) return;
  if (sum.z === 0n) {
    [sum.x, sum.y, sum.z] = [other.x, other.y, other.z];
    return;
  }
  const { x, y, z } = sum;
  const [zz, ww] = [(z * z) % FIELD, (other.z * other.z) % FIELD];
  const u = (x * ww) % FIELD;
  const s = (((y * other.z) % FIELD) * ww) % FIELD;
  const h = (other.x * zz - u) % FIELD;
  const r = (((other.y * z) % FIELD) * zz - s) % FIELD;
  if (h === 0n) {
    if (r === 0n) double(sum);
    else sum.z = 0n;
    return;
  }
  const hh = (h * h) % FIELD;
  const hhh = (h * hh) % FIELD;
  const v = (u * hh) % FIELD;
  sum.x = (r * r - hhh - 2n * v) % FIELD;
  sum.y = (r * (v - sum.x) - s * hhh) % FIELD;
  sum.z = (((z * other.z) % FIELD) * h) % FIELD;
}

const positive = (value: bigint): bigint => (value < 0n ? value + FIELD : value);

/** Affine points, with one inversion for all (Montgomery); (0, 0) for infinity. */
function normalized(sums: readonly Jacobian[]): Point[] {
  const products: bigint[] = [];
  let product = 1n;
  for (const { z } of sums) {
    products.push(product);
    if (z !== 0n) product = (product * z) % FIELD;
  }
  let rest = invertIn(FIELD, product);
  const points = new Array<Point>(sums.length);
  for (let at = sums.length - 1; at >= 0; at -= 1) {
    const { x, y, z } = sums[at]!;
    if (z === 0n) {
      points[at] = { x: 0n, y: 0n };
      continue;
    }
    const inverted = (rest * products[at]!) % FIELD;
    rest = (rest * z) % FIELD;
    const square = (inverted * inverted) % FIELD;
    points[at] = { x: positive((x * square) % FIELD), y: positive((((y * square) % FIELD) * inverted) % FIELD) };
  }
  return points;
}

const GENERATOR_BITS = 10; // of a window: 26,598 points, made once in a fraction of a second
const GENERATOR_MASK = (1n << BigInt(GENERATOR_BITS)) - 1n;
let generatorTable: Point[][] | undefined;

function tableOfGenerator(): Point[][] {
  const size = 2 ** GENERATOR_BITS - 1;
  const windows = Math.ceil(256 / GENERATOR_BITS);
  const start: Jacobian = { ...GENERATOR, z: 1n };
  const bases: Jacobian[] = [];
  for (let window = 0; window < windows; window += 1) {
    bases.push({ ...start });
    for (let bit = 0; bit < GENERATOR_BITS; bit += 1) double(start);
  }
  const all = normalized(bases).flatMap(({ x, y }) => {
    const sum = infinity();
    return Array.from({ length: size }, () => {
      add(sum, x, y);
      return { ...sum };
    });
  });
  const points = normalized(all);
  return Array.from({ length: windows }, (_, window) => points.slice(window * size, (window + 1) * size));
}

/** Add scalar·G. */
function addGenerator(sum: Jacobian, scalar: bigint): void {
  generatorTable ??= tableOfGenerator();
  let rest = scalar;
  for (let window = 0; rest > 0n; window += 1) {
    const digit = Number(rest & GENERATOR_MASK);
    if (digit) {
      const { x, y } = generatorTable[window]![digit - 1]!;
      add(sum, x, y);
    }
    rest >>= BigInt(GENERATOR_BITS);
  }
}

const DIGIT_BITS = 4;
const DIGITS = 34; // of half a scalar: 128 bits, what splitting adds, and a carry
const HALF = 2 ** (DIGIT_BITS - 1);

/** A scalar's digits −7 … 8, the lowest first. */
function digitsOf(scalar: bigint): number[] {
  const digits: number[] = [];
  let carry = 0;
  for (const sign of [...scalar.toString(16)].reverse()) {
    let digit = Number.parseInt(sign, 16) + carry;
    carry = digit > HALF ? 1 : 0;
    if (carry) digit -= 2 * HALF;
    digits.push(digit);
  }
  if (carry) digits.push(1);
  return digits;
}

/** 16^i times each point, in affine coordinates: made once, whatever the point is multiplied by. */
function powersOf(points: readonly Point[]): Point[][] {
  const all = normalized(
    points.flatMap(({ x, y }) => {
      const sum: Jacobian = { x, y, z: 1n };
      return Array.from({ length: DIGITS }, (_, at) => {
        if (at) for (let bit = 0; bit < DIGIT_BITS; bit += 1) double(sum);
        return { ...sum };
      });
    }),
  );
  return points.map((_, at) => all.slice(at * DIGITS, (at + 1) * DIGITS));
}

/** Put one half of a scalar's digits into eight buckets (Yao 1976). `factor` turns x into that of λ·point. */
function fill(
  buckets: readonly Jacobian[],
  powers: readonly Point[],
  scalar: bigint,
  opposite: boolean,
  factor: bigint,
): void {
  digitsOf(scalar).forEach((digit, at) => {
    if (!digit) return;
    const { x, y } = powers[at]!;
    const turned = digit < 0 !== opposite;
    add(buckets[Math.abs(digit) - 1]!, factor === 1n ? x : (x * factor) % FIELD, turned ? -y : y);
  });
}

/** Σ (i + 1)·bucket i. */
function emptied(buckets: readonly Jacobian[]): Jacobian {
  const [running, sum] = [infinity(), infinity()];
  for (let at = buckets.length - 1; at >= 0; at -= 1) {
    merge(running, buckets[at]!);
    merge(sum, running);
  }
  return sum;
}

/** A finite point, and pairs of scalars below q: for each, generator·G + own·point is wanted. */
export interface Multiplied {
  readonly point: Point;
  readonly scalars: readonly { readonly generator: bigint; readonly own: bigint }[];
}

/** generator·G + own·point for each pair of scalars, in their order; (0, 0) for infinity. */
export function multipliedAll(wanted: readonly Multiplied[]): Point[] {
  const powers = powersOf(wanted.map(({ point }) => point));
  const sums = wanted.flatMap(({ scalars }, at) =>
    scalars.map(({ generator, own }) => {
      const buckets = Array.from({ length: HALF }, infinity);
      const { k1, k1neg, k2, k2neg } = splitScalar(own); // own = ±k1 ± k2·λ, and λ·(x, y) = (βx, y)
      fill(buckets, powers[at]!, k1, k1neg, 1n);
      fill(buckets, powers[at]!, k2, k2neg, beta);
      const sum = emptied(buckets);
      addGenerator(sum, generator);
      return sum;
    }),
  );
  return normalized(sums);
}

/** generator·G + own·point, for scalars of any size and any point on the curve. */
export function combined(generator: bigint, point: Point, own: bigint): Point {
  const finite = point.x !== 0n || point.y !== 0n;
  const wanted = { point: finite ? point : GENERATOR, scalars: [{ generator: modOrder(generator), own: finite ? modOrder(own) : 0n }] };
  return multipliedAll([wanted])[0]!;
}

/** scalar·point. */
export const times = (point: Point, scalar: bigint): Point => combined(0n, point, scalar);

/** A term of a sum: scalar·point; the point is finite, the scalar below q. */
export interface Term {
  readonly point: Point;
  readonly scalar: bigint;
}

const SHORT_BITS = 128;
const SHORT = 1n << BigInt(SHORT_BITS);

/** Whether the terms sum up to infinity (Pippenger's buckets). */
export function vanishes(terms: readonly Term[]): boolean {
  const halves = terms.flatMap(({ point: { x, y }, scalar }) => {
    if (scalar < SHORT) return [{ x, y, scalar }];
    const { k1, k1neg, k2, k2neg } = splitScalar(scalar);
    return [
      { x, y: k1neg ? -y : y, scalar: k1 },
      { x: (x * beta) % FIELD, y: k2neg ? -y : y, scalar: k2 },
    ];
  });
  const bits = Math.max(2, Math.min(14, Math.floor(Math.log2(halves.length)) - 2));
  const [shift, mask] = [BigInt(bits), (1n << BigInt(bits)) - 1n];
  const windows = Math.ceil((SHORT_BITS + DIGIT_BITS) / bits);
  const parts = halves.map(({ scalar }) => {
    let rest = scalar;
    return Array.from({ length: windows }, () => {
      const digit = Number(rest & mask);
      rest >>= shift;
      return digit;
    });
  });
  const sum = infinity();
  for (let window = windows - 1; window >= 0; window -= 1) {
    for (let bit = 0; bit < bits; bit += 1) double(sum);
    const buckets = Array.from({ length: 2 ** bits - 1 }, infinity);
    halves.forEach(({ x, y }, at) => {
      const digit = parts[at]![window]!;
      if (digit) add(buckets[digit - 1]!, x, y);
    });
    merge(sum, emptied(buckets));
  }
  return sum.z === 0n;
}

/**
 * Random numbers of 128 bits: among many equations summed with such factors, a false one passes once in 2^128. Zero is
 * one of them, and counted in that. They are drawn anew in each run and told nobody: trying beforehand, on a verifier
 * of one's own, says nothing of another's.
 */
export function shortScalars(count: number): bigint[] {
  const drawn: bigint[] = [];
  while (drawn.length < count) {
    const some = Math.min(count - drawn.length, 4096); // getRandomValues gives 65,536 bytes at most
    const text = bytesToHex(crypto.getRandomValues(new Uint8Array(some * 16)));
    for (let at = 0; at < some; at += 1) drawn.push(BigInt(`0x${text.slice(at * 32, (at + 1) * 32)}`));
  }
  return drawn;
}

/** A signature's parts, and the digest signed, as numbers. */
export interface Signed {
  readonly digest: bigint;
  readonly r: bigint;
  readonly s: bigint;
  readonly odd: boolean;
}

/** The public keys that made signatures (SEC 1, 4.1.6); (0, 0) where r is the x of no point. */
export function signersOf(signatures: readonly Signed[]): Point[] {
  const lifted = signatures.map(({ r, odd }) => lift(r, odd));
  const wanted = lifted.flatMap((point, at): Multiplied[] => {
    if (!point) return [];
    const { digest, r, s } = signatures[at]!;
    const inverted = inverse(r);
    return [{ point, scalars: [{ generator: modOrder(-digest * inverted), own: modOrder(s * inverted) }] }];
  });
  const found = multipliedAll(wanted)[Symbol.iterator]();
  return lifted.map((point) => (point ? found.next().value! : { x: 0n, y: 0n }));
}

/** The point with this x, below q, and a y that is odd or not. */
function lift(x: bigint, odd: boolean): Point | undefined {
  if (x <= 0n || x >= ORDER) return undefined;
  try {
    const y = secp256k1.CURVE.Fp.sqrt((x * x * x + 7n) % FIELD);
    return { x, y: (y & 1n) === 1n === odd ? y : FIELD - y };
  } catch {
    return undefined; // no square
  }
}
