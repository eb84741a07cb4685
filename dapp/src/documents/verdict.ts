import { concatBytes } from "@noble/hashes/utils.js";
import { fieldHash, hashOfJson } from "./content.js";
import type { Anchor, AsOf, Facts, Key, Source } from "./facts.js";
import { bytes, domain, type Hex, hex, keccak, word } from "./hashes.js";
import { JsonRefused } from "./json.js";
import { leafHash, rootOf, treeRoot } from "./merkle.js";
import { type Leaf, type Proof, ProofRefused, read } from "./proof.js";

export type Name =
  | "NOT_A_PROOF"
  | "ALTERED"
  | "UNKNOWN_REGISTRY"
  | "CANNOT_TELL"
  | "NOT_ANCHORED"
  | "ISSUER_UNAUTHORISED"
  | "ISSUED_AFTER_COMPROMISE"
  | "REVOKED"
  | "SUSPENDED"
  | "EXPIRED"
  | "SUPERSEDED"
  | "VALID_ISSUED_BEFORE_KEY_RETIRED"
  | "VALID";

/** What a verdict's sentence mentions. */
export type Values = Readonly<Record<string, string | number>>;

export interface Verdict {
  readonly name: Name;
  readonly variant: string;
  readonly values: Values;
  readonly asOf: AsOf | null;
}

/** What the verifier decides. `issuers` null: any; `maxAge` in seconds, null: any. */
export interface Trust {
  readonly registries: readonly { readonly chainId: number; readonly address: Hex }[];
  readonly issuers: readonly Hex[] | null;
  readonly maxAge: number | null;
}

/** The document as far as its proof asks for it; null where it was not given. */
export interface Document {
  readonly sha256: Hex | null;
  readonly content: Uint8Array | null;
}

/** A verdict that needs no chain, or a proof that holds together and needs one. */
export type Examined = { readonly verdict: Verdict } | { readonly proof: Proof };

const LEAF = domain("Muniment.Document.Leaf.v1");
const COMMITMENT = domain("Muniment.Document.Commitment.v1");
const DOCUMENT_ISSUER = 1n << 3n;
const SUPERSEDED = 4; // RFC 5280, section 5.3.1

/** A verdict of this name. */
export function verdict(name: Name, values: Values = {}, variant = "", asOf: AsOf | null = null): Verdict {
  return { name, variant, values, asOf };
}

/** The verdict on a document and a proof file's bytes; `now` in Unix seconds. The rules: docs/documents.md. */
export async function judge(
  document: Document,
  file: Uint8Array,
  trust: Trust,
  source: Source,
  now: number,
): Promise<Verdict> {
  const examined = examineFile(document, file);
  return "verdict" in examined ? examined.verdict : settle(examined.proof, trust, source, now);
}

/** Lines 1 and 2 of the table of verdicts, for a proof file's bytes. */
export function examineFile(document: Document, file: Uint8Array): Examined {
  try {
    return examine(document, read(file));
  } catch (error) {
    if (error instanceof ProofRefused) return { verdict: verdict("NOT_A_PROOF", { reason: error.message }) };
    throw error;
  }
}

/** Line 2: whether document, commitment, leaf, siblings and root hold together. */
export function examine(document: Document, proof: Proof): Examined {
  const content = contentHash(document, proof);
  if (content === null || commitmentOf(proof.salt, content) !== proof.leaf.commitment) {
    return { verdict: verdict("ALTERED", {}, ".content") };
  }
  const root = rootOf(leafHash(encoded(proof.leaf)), proof.siblings.map(bytes));
  return hex(root) === proof.root ? { proof } : { verdict: verdict("ALTERED", {}, ".proof") };
}

/** All further lines, for a proof that holds together. */
export async function settle(proof: Proof, trust: Trust, source: Source, now: number): Promise<Verdict> {
  const { chainId, registry, issuer, index } = proof.leaf;
  if (!trust.registries.some((one) => one.chainId === chainId && one.address === registry)) {
    return verdict("UNKNOWN_REGISTRY", { registry, chain_id: chainId });
  }
  const facts = await source.facts({ chainId, registry, issuer, root: proof.root, index });
  if (facts === null) return verdict("CANNOT_TELL");
  const { time } = facts.asOf;
  const later = Math.max(now, time);
  if (trust.maxAge !== null && later - time > trust.maxAge) {
    return verdict("CANNOT_TELL", { time }, ".stale", facts.asOf);
  }
  return { ...standing(proof.leaf, facts, trust, later), asOf: facts.asOf };
}

function contentHash(document: Document, { content }: Proof): Hex | null {
  switch (content.kind) {
    case "file":
      return document.sha256;
    case "disclosure":
      return hex(treeRoot([...content.fields.map(fieldHash), ...content.hidden.map(bytes)]));
    case "json":
      if (document.content === null) return null;
      try {
        return hashOfJson(document.content, content.secret);
      } catch (error) {
        if (error instanceof JsonRefused) return null;
        throw error;
      }
  }
}

function commitmentOf(salt: Hex, content: Hex): Hex {
  return hex(keccak(concatBytes(COMMITMENT, bytes(salt), bytes(content))));
}

function encoded(leaf: Leaf): Uint8Array {
  const hashes = [leaf.issuer, leaf.schema, leaf.docId, leaf.commitment].map(bytes);
  const registry = concatBytes(new Uint8Array(12), bytes(leaf.registry));
  return concatBytes(LEAF, word(leaf.chainId), registry, ...hashes, word(leaf.index), word(leaf.expiresAt));
}

function standing(leaf: Leaf, facts: Facts, trust: Trust, now: number): Verdict {
  const { anchor, revocation } = facts;
  if (anchor === null || anchor.kind === "NONE" || leaf.index >= anchor.count) return verdict("NOT_ANCHORED");
  const issuedAt = anchor.issuedAt;
  const dated = { issuer: leaf.issuer, issued_at: issuedAt };
  if (trust.issuers !== null && !trust.issuers.includes(leaf.issuer)) {
    return verdict("ISSUER_UNAUTHORISED", dated, ".unexpected");
  }
  const good = facts.keys.filter((key) => authorised(key, leaf.issuer, issuedAt));
  if (!enough(anchor, good, facts)) return verdict("ISSUER_UNAUTHORISED", dated);
  const trusted = good.filter((key) => !compromised(key, issuedAt));
  if (!enough(anchor, trusted, facts)) {
    const since = Math.min(...good.map((key) => key.compromisedSince).filter((time) => time > 0));
    return verdict("ISSUED_AFTER_COMPROMISE", { ...dated, since });
  }
  const superseded = facts.revoked && revocation?.reason === SUPERSEDED;
  if (anchor.status === "REVOKED" || (facts.revoked && !superseded)) {
    if (revocation === null) return verdict("REVOKED", dated, ".unexplained");
    return verdict("REVOKED", { ...dated, reason: revocation.reason, time: revocation.time });
  }
  if (anchor.status === "HELD" || facts.held) return verdict("SUSPENDED", dated);
  const ends = [leaf.expiresAt, anchor.expiresAt].filter((time) => time > 0);
  if (ends.some((time) => now >= time)) return verdict("EXPIRED", { ...dated, time: Math.min(...ends) });
  if (anchor.status === "SUPERSEDED" || superseded) return replaced(facts, dated);
  const current = trusted.filter((key) => now < key.notAfter && !compromised(key, now));
  if (!enough(anchor, current, facts)) return verdict("VALID_ISSUED_BEFORE_KEY_RETIRED", dated);
  return verdict("VALID", dated, anchor.kind === "PARTY" ? ".party" : "");
}

function enough(anchor: Anchor, keys: readonly Key[], facts: Facts): boolean {
  return anchor.kind === "PARTY" || keys.length + facts.parties >= facts.threshold;
}

function authorised(key: Key, issuer: Hex, issuedAt: number): boolean {
  const inTime = key.notBefore <= issuedAt && issuedAt <= key.notAfter;
  return key.agency === issuer && (BigInt(key.scopes) & DOCUMENT_ISSUER) !== 0n && inTime;
}

const compromised = (key: Key, at: number): boolean => key.compromisedSince > 0 && key.compromisedSince <= at;

function replaced({ successor }: Facts, dated: Values): Verdict {
  if (successor === null) return verdict("SUPERSEDED", dated, ".unnamed");
  const { root, index } = successor;
  if (index === null) return verdict("SUPERSEDED", { ...dated, root });
  return verdict("SUPERSEDED", { ...dated, root, index }, ".document");
}
