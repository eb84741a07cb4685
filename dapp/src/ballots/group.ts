import { secp256k1 } from "@noble/curves/secp256k1";
import { numberToBytesBE } from "@noble/curves/abstract/utils";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { BallotRefused } from "./refused.js";

/** 0x and lower-case digits: a hash, an address or other bytes. */
export type Hex = `0x${string}`;

/** A point of secp256k1 in affine coordinates; (0, 0) stands for infinity. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** A = rG, B = rH + mG: what hides m from everybody but `threshold` trustees. */
export interface Ciphertext {
  readonly a: Point;
  readonly b: Point;
}

/** The field's size p and the group's order q. */
export const ORDER: bigint = secp256k1.CURVE.n;
export const FIELD: bigint = secp256k1.CURVE.Fp.ORDER;

export const INFINITY: Point = { x: 0n, y: 0n };

const Projective = secp256k1.ProjectivePoint;
type Projective = typeof Projective.BASE;

export const GENERATOR: Point = { x: Projective.BASE.px, y: Projective.BASE.py };

const WINDOW = 6; // bits: a table that is made in a moment, for some dozen multiplications
const RANDOM_BYTES = 48; // 128 bits more than the order has, so that the remainder is even (FIPS 186-5, A.3.1)

/** The remainder of a division by q, 0 … q − 1. */
export function modOrder(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** The number x with value·x = 1 (mod q). Throws for a multiple of q. */
export const inverse = (value: bigint): bigint => invertIn(ORDER, value);

/** The number x with value·x = 1 (mod modulus), by Euclid; not for secrets. Throws when there is none. */
export function invertIn(modulus: bigint, value: bigint): bigint {
  let [high, low, first, second] = [modulus, ((value % modulus) + modulus) % modulus, 0n, 1n];
  while (low > 0n) {
    const times = high / low;
    [high, low, first, second] = [low, high - times * low, second, first - times * second];
  }
  if (high !== 1n) throw new RangeError("The number has no inverse.");
  return first < 0n ? first + modulus : first;
}

/** A number in 1 … q − 1 that nobody can guess. */
export function randomScalar(): bigint {
  for (;;) {
    const drawn = modOrder(BigInt(`0x${bytesToHex(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)))}`));
    if (drawn) return drawn;
  }
}

/** Whether both coordinates are below p and on the curve; infinity is not. */
export function isOnCurve({ x, y }: Point): boolean {
  if (x < 0n || y < 0n || x >= FIELD || y >= FIELD) return false;
  return (y * y - x * x * x - 7n) % FIELD === 0n;
}

/** Whether a point can stand in a ciphertext: on the curve, no infinity, x below q (what `ecrecover` takes). */
export const isUsable = (point: Point): boolean => isOnCurve(point) && point.x < ORDER;

/** point·scalar in a time that does not tell the scalar, which is 0 … q − 1. */
export type Multiplier = (scalar: bigint) => Projective;

/** A multiplier by a point that is used often, such as H. Throws BallotRefused for a point off the curve. */
export function multiplierOf(point: Point): Multiplier {
  const table = secp256k1.utils.precompute(WINDOW, projective(point));
  return (scalar) => (scalar === 0n ? Projective.ZERO : table.multiply(scalar));
}

/** G·scalar, as a multiplier. */
export const ofGenerator: Multiplier = (scalar) =>
  scalar === 0n ? Projective.ZERO : Projective.BASE.multiply(scalar);

/** The point in the coordinates that sums are made in. Throws BallotRefused for one off the curve. */
export function projective(point: Point): Projective {
  if (point.x === 0n && point.y === 0n) return Projective.ZERO;
  if (!isOnCurve(point)) throw new BallotRefused("PointRefused", "A point is not on the curve.");
  return Projective.fromAffine({ x: point.x, y: point.y });
}

/** Points in affine coordinates, with one inversion for all. */
export function affine(points: readonly Projective[]): Point[] {
  const finite = Projective.normalizeZ(points.filter((point) => !point.equals(Projective.ZERO)));
  let at = 0;
  return points.map((point) => {
    if (point.equals(Projective.ZERO)) return INFINITY;
    const { px, py } = finite[at++]!;
    return { x: px, y: py };
  });
}

/** The sum of points; (0, 0) for infinity. */
export function sumOf(points: readonly Point[]): Point {
  return affine([points.map(projective).reduce((sum, point) => sum.add(point), Projective.ZERO)])[0]!;
}

/** The opposite point. */
export const negated = ({ x, y }: Point): Point => ({ x, y: y === 0n ? 0n : FIELD - y });

export const samePoint = (one: Point, other: Point): boolean => one.x === other.x && one.y === other.y;

/** point·scalar for anybody to see: in a time that tells the scalar. */
export function multiplied(point: Point, scalar: bigint): Point {
  const rest = modOrder(scalar);
  return rest === 0n ? INFINITY : affine([projective(point).multiplyUnsafe(rest)])[0]!;
}

/** The last 20 bytes of keccak256(x ‖ y): what `ecrecover` gives for a public key. */
export function addressOf({ x, y }: Point): Hex {
  const digest = keccak_256(concatBytes(numberToBytesBE(x, 32), numberToBytesBE(y, 32)));
  return `0x${bytesToHex(digest.subarray(12))}`;
}
