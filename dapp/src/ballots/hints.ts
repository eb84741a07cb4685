import { type Ciphertext, FIELD, INFINITY, invertIn, negated, type Point, samePoint, sumOf } from "./group.js";
import { bytes } from "./hashes.js";

/** The ciphertexts that a ballot adds to its unit's sums, and those of the ballot that it replaces. */
export interface Adding {
  readonly ciphertexts: readonly Ciphertext[];
  readonly replaced: readonly Ciphertext[] | undefined;
}

/**
 * Hints for a ballot of a unit whose sums are these until it comes (docs/ballots-protocol.md, "Hints"). Nobody has to
 * sign for them: when another ballot comes first the call is dearer, and takes the same.
 */
export function sumHints(sums: readonly Ciphertext[], { ciphertexts, replaced }: Adding): Uint8Array {
  const points = sums.flatMap((sum, place) =>
    (["a", "b"] as const).map((part) => {
      const taken = replaced ? [negated(replaced[place]![part])] : [];
      return { ordinate: sum[part].y, scale: scaleOf(sum[part], [ciphertexts[place]![part], ...taken]) };
    }),
  );
  const product = points.reduce((all, { scale }) => (all * (scale || 1n)) % FIELD, 1n);
  return bytes(`0x${[...points.map(({ ordinate }) => ordinate), invertIn(FIELD, product)].map(word).join("")}`);
}

/** The z of a sum that the box adds up as (x / z², y / z³) from z = 1; 0 for infinity. */
function scaleOf(start: Point, added: readonly Point[]): bigint {
  let sum = start;
  let scale = samePoint(sum, INFINITY) ? 0n : 1n;
  for (const point of added) {
    if (scale === 0n) scale = 1n;
    else if (samePoint(sum, point)) scale = (2n * sum.y * scale ** 4n) % FIELD;
    else scale = (scale ** 3n * (FIELD + point.x - sum.x)) % FIELD;
    sum = sumOf([sum, point]);
  }
  return scale;
}

const word = (value: bigint): string => value.toString(16).padStart(64, "0");
