import { type Field, MOST_FIELDS } from "./content.js";
import type { Hex } from "./hashes.js";
import { type Json, JsonRefused, parse } from "./json.js";
import { DEEPEST } from "./merkle.js";

/** What the contract hashes a document's fields to. Times are Unix seconds, 0 for never. */
export interface Leaf {
  readonly chainId: number;
  readonly registry: Hex;
  readonly issuer: Hex;
  readonly schema: Hex;
  readonly docId: Hex;
  readonly commitment: Hex;
  readonly index: number;
  readonly expiresAt: number;
}

export type Content =
  | { readonly kind: "file" }
  | { readonly kind: "json"; readonly secret: Hex }
  | { readonly kind: "disclosure"; readonly fields: readonly Field[]; readonly hidden: readonly Hex[] };

/** What a verdict needs of a proof file; what only helps to look things up is checked for its form and left out. */
export interface Proof {
  readonly leaf: Leaf;
  readonly salt: Hex;
  readonly content: Content;
  readonly siblings: readonly Hex[];
  readonly root: Hex;
  readonly evidence: Map<string, Json> | undefined; // read by offline.ts, if at all
}

/** What was given is no proof file; the message says where it goes wrong. */
export class ProofRefused extends Error {}

const FORMAT = "muniment-proof-1";
const MOST = 2 ** 40 - 1; // index, count and time: uint40 on the chain
const MOST_APPROVALS = 16;
const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const BYTES = /^0x(?:[0-9a-f]{2}){0,10000}$/;

/** The proof in a file. Throws ProofRefused, nothing else, whatever the bytes. */
export function read(file: Uint8Array): Proof {
  try {
    return proofOf(parse(file));
  } catch (error) {
    if (error instanceof JsonRefused) throw new ProofRefused(error.message);
    throw error;
  }
}

function proofOf(value: Json): Proof {
  const required = ["format", "chainId", "registry", "leaf", "salt", "content", "siblings", "root"];
  const whole = object(value, "the proof", required, ["issued", "evidence"]);
  if (whole("format") !== FORMAT) throw new ProofRefused(`the format is not ${FORMAT}`);
  const leaf = object(whole("leaf"), "leaf", ["issuer", "schema", "docId", "commitment", "index", "expiresAt"]);
  if (whole("issued") !== undefined) checkIssued(whole("issued"));
  const evidence = whole("evidence");
  if (evidence !== undefined && !(evidence instanceof Map)) throw new ProofRefused("evidence is no object");
  return {
    leaf: {
      chainId: integer(whole("chainId"), "chainId", Number.MAX_SAFE_INTEGER),
      registry: text(whole("registry"), "registry", ADDRESS),
      issuer: hash(leaf("issuer"), "issuer"),
      schema: hash(leaf("schema"), "schema"),
      docId: hash(leaf("docId"), "docId"),
      commitment: hash(leaf("commitment"), "commitment"),
      index: integer(leaf("index"), "index"),
      expiresAt: integer(leaf("expiresAt"), "expiresAt"),
    },
    salt: hash(whole("salt"), "salt"),
    content: contentOf(whole("content")),
    siblings: list(whole("siblings"), "siblings", DEEPEST).map((one) => hash(one, "a sibling")),
    root: hash(whole("root"), "root"),
    evidence,
  };
}

function contentOf(value: Json | undefined): Content {
  const kind = value instanceof Map ? value.get("kind") : undefined;
  if (kind === "file") {
    object(value, "content", ["kind"]);
    return { kind };
  }
  if (kind === "json") return { kind, secret: hash(object(value, "content", ["kind", "secret"])("secret"), "secret") };
  if (kind !== "disclosure") throw new ProofRefused("content is neither file, json nor disclosure");
  const given = object(value, "content", ["kind", "fields", "hidden"]);
  const fields = list(given("fields"), "fields", MOST_FIELDS).map(fieldOf);
  if (!fields.length || new Set(fields.map(({ pointer }) => pointer)).size !== fields.length) {
    throw new ProofRefused("fields are none, or one is given twice");
  }
  const hidden = list(given("hidden"), "hidden", MOST_FIELDS).map((one) => hash(one, "hidden"));
  if (hidden.some((one, at) => at > 0 && hidden[at - 1]! >= one)) throw new ProofRefused("hidden does not ascend");
  return { kind, fields, hidden };
}

function fieldOf(value: Json): Field {
  const given = object(value, "a field", ["pointer", "value", "salt"]);
  const [pointer, shown] = [given("pointer"), given("value")];
  if (typeof pointer !== "string" || typeof shown !== "string") throw new ProofRefused("a field is no text");
  return { pointer, value: shown, salt: hash(given("salt"), "a field's salt") };
}

function checkIssued(value: Json | undefined): void {
  const issued = object(value, "issued", ["transaction", "blockNumber", "blockHash"], ["key", "approvals"]);
  hash(issued("transaction"), "transaction");
  integer(issued("blockNumber"), "blockNumber");
  hash(issued("blockHash"), "blockHash");
  if (issued("key") !== undefined) {
    const key = object(issued("key"), "key", ["id", "address"]);
    integer(key("id"), "key", 2 ** 32 - 1);
    text(key("address"), "key", ADDRESS);
  }
  if (issued("approvals") === undefined) return;
  for (const one of list(issued("approvals"), "approvals", MOST_APPROVALS)) {
    const approval = object(one, "an approval", ["member", "signature"]);
    hash(approval("member"), "member");
    text(approval("signature"), "signature", BYTES);
  }
}

type Members = (key: string) => Json | undefined;

/** An object's members, once it has all that it must have and nothing that is not known. */
function object(value: Json | undefined, name: string, required: string[], optional: string[] = []): Members {
  if (!(value instanceof Map)) throw new ProofRefused(`${name} is no object`);
  const known = [...required, ...optional];
  if (!required.every((key) => value.has(key)) || ![...value.keys()].every((key) => known.includes(key))) {
    throw new ProofRefused(`${name} lacks a key, or has one that is not known`);
  }
  return (key) => value.get(key);
}

function list(value: Json | undefined, name: string, most: number): Json[] {
  if (!Array.isArray(value) || value.length > most) throw new ProofRefused(`${name} is no list of at most ${most}`);
  return value;
}

function integer(value: Json | undefined, name: string, most = MOST): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) {
    throw new ProofRefused(`${name} is no number from 0 to ${most}`);
  }
  return value + 0; // -0 is 0
}

function text(value: Json | undefined, name: string, form: RegExp): Hex {
  if (typeof value !== "string" || !form.test(value)) throw new ProofRefused(`${name} is not written as it must be`);
  return value as Hex;
}

const hash = (value: Json | undefined, name: string): Hex => text(value, name, HASH);
