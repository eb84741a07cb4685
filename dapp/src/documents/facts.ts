import type { Hex } from "./hashes.js";

// What a chain says of one document at one block, in the form of docs/documents.md. Times are Unix seconds.

/** The block that facts are true at; `checkpoint` names what vouched for it, null when a node did. */
export interface AsOf {
  readonly number: number;
  readonly hash: Hex;
  readonly time: number;
  readonly checkpoint: string | null;
}

/** Who issued a root, and how it stands, in the contract's order. */
export const KINDS = ["NONE", "OFFICER", "CO_SIGNED", "PARTY"] as const;
export const STATUSES = ["STANDING", "HELD", "REVOKED", "SUPERSEDED"] as const;

export interface Anchor {
  readonly kind: (typeof KINDS)[number];
  readonly status: (typeof STATUSES)[number];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly count: number;
  readonly keyId: number;
}

/** The record of a key that issued or approved. `scopes` are 64 bits, as text where a number cannot hold them. */
export interface Key {
  readonly id: number;
  readonly key: Hex;
  readonly agency: Hex;
  readonly scopes: number | string | bigint;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly compromisedSince: number;
}

export interface Facts {
  readonly asOf: AsOf;
  readonly anchor: Anchor | null;
  readonly keys: readonly Key[];
  readonly parties: number;
  readonly threshold: number;
  readonly revoked: boolean;
  readonly held: boolean;
  readonly revocation: { readonly reason: number; readonly time: number } | null;
  readonly successor: { readonly root: Hex; readonly index: number | null } | null;
}

/** Which document of which anchor is asked about. */
export interface Question {
  readonly chainId: number;
  readonly registry: Hex;
  readonly issuer: Hex;
  readonly root: Hex;
  readonly index: number;
}

/** Whoever can look facts up; null when this source cannot know them. */
export interface Source {
  facts(question: Question): Promise<Facts | null>;
}
