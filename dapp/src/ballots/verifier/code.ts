import { fromRlp } from "viem";
import type { Hex } from "../group.js";
import { bytes, keccak } from "../hashes.js";
import type { Findings } from "./findings.js";

// Whether ceremony and box run the code of this project: a contract of other code answers and tells what it likes.

/** What a contract's code is known by, metadata aside: dapp/contracts.mjs makes it when this verifier is built. */
export interface Known {
  /** of the code that stands, with zeros for the 32 bytes at each of `immutables` */
  readonly runtime: Hex;
  readonly immutables: readonly number[];
  /** of the code that creates it, without arguments */
  readonly creation: Hex;
  /** bytes of that code with its metadata: by them it finds its arguments */
  readonly length: number;
}

export interface Contracts {
  readonly box: Known;
  readonly ceremony: Known;
}

/** A contract's code, and the nodes that prove it under the head's state root. */
export interface Shown {
  readonly code: Hex;
  readonly proof: readonly Hex[];
}

declare const MUNIMENT_CONTRACTS: Contracts;

/** The contracts that were compiled when this verifier was built. */
export const CONTRACTS: Contracts = MUNIMENT_CONTRACTS;

/** Whether this code, sent without arguments, creates the contract: with them, all its immutables follow. */
export const creates = ({ creation, length }: Known, code: Hex): boolean =>
  code.length === 2 + 2 * length && keccak(bodyOf(bytes(code))) === creation;

/** Check the code of one contract. */
export function checkCode(
  name: "box" | "ceremony",
  address: Hex,
  { code, proof }: Shown,
  state: Hex,
  known: Known,
  findings: Findings,
): void {
  const where = `code.${name}`;
  const proven = codeHashOf(state, address, proof) === keccak(bytes(code));
  findings.expect(proven, "CodeUnproven", where, "The head's state does not prove that this code is at the address.");
  const body = bodyOf(bytes(code)).slice();
  for (const place of known.immutables) body.fill(0, place, place + 32);
  findings.expect(keccak(body) === known.runtime, "CodeUnknown", where, "It is not the code that this project compiles to.");
}

/** Code without the compiler's metadata, whose length its last two bytes tell. */
const bodyOf = (code: Uint8Array): Uint8Array =>
  code.subarray(0, Math.max(0, code.length - 2 - (code.at(-2) ?? 0) * 256 - (code.at(-1) ?? 0)));

const [BRANCH, SHORT] = [17, 2]; // items of a node

/**
 * The hash of an account's code, by the nodes from the state root down to it (EIP-1186; Yellow Paper, appendix D).
 * Undefined unless every node is the one that the node before it names, and the last is the account's.
 */
export function codeHashOf(state: Hex, address: Hex, proof: readonly Hex[]): Hex | undefined {
  let rest = keccak(bytes(address)).slice(2);
  let wanted: unknown = state;
  for (const [place, raw] of proof.entries()) {
    if (keccak(bytes(raw)) !== wanted) return undefined;
    const node = listOf(raw);
    if (node?.length === BRANCH && rest) {
      wanted = node[Number.parseInt(rest[0]!, 16)];
      rest = rest.slice(1);
      continue;
    }
    const path = node?.length === SHORT ? pathOf(node[0]) : undefined;
    if (!path || !rest.startsWith(path.digits)) return undefined;
    rest = rest.slice(path.digits.length);
    wanted = node![1];
    if (!path.leaf) continue;
    const account = typeof wanted === "string" ? listOf(wanted as Hex) : undefined;
    const whole = account?.length === 4 && !rest && place === proof.length - 1;
    return whole && typeof account[3] === "string" ? (account[3] as Hex) : undefined;
  }
  return undefined;
}

/** The hexadecimal digits that a leaf or an extension stands for (hex-prefix encoding). */
function pathOf(packed: unknown): { digits: string; leaf: boolean } | undefined {
  if (typeof packed !== "string") return undefined;
  const odd = /^0x([13])([0-9a-f]*)$/.exec(packed);
  const even = /^0x([02])0([0-9a-f]*)$/.exec(packed);
  const [, kind, digits] = odd ?? even ?? [];
  return kind === undefined ? undefined : { digits: digits!, leaf: kind >= "2" };
}

function listOf(raw: Hex): readonly unknown[] | undefined {
  try {
    const read: unknown = fromRlp(raw, "hex");
    return Array.isArray(read) ? read : undefined;
  } catch {
    return undefined;
  }
}
