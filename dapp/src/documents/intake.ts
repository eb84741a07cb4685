import { type Carried, carried, PdfAltered } from "./pdf.js";
import { type Hex, sha256Of } from "./hashes.js";
import { LARGEST } from "./json.js";
import { type Checkpoint, readCheckpoint } from "./offline.js";
import { type Proof, ProofRefused, read } from "./proof.js";
import { type Document, examine, type Examined, verdict, type Verdict } from "./verdict.js";

/** What the files that somebody chose come to, before any chain is asked. */
export type Intake =
  | { readonly missing: "proof" | "document" | "choice"; readonly name: string }
  | (Found & { readonly checkpoint: Checkpoint | null });

/** The examined pair, and the names of its files: no document for a disclosure, no proof where it is in the PDF. */
interface Found {
  readonly found: Examined;
  readonly document: string | null;
  readonly proof: string | null;
}

type Taken = Extract<Intake, { missing: unknown }> | Found;

/** Hears how many of a file's bytes were read. */
export type Progress = (name: string, done: number, size: number) => void;

const SUFFIX = ".proof.json";
const NOTHING: Document = { sha256: null, content: null };

/** Tell document, proof and perhaps checkpoint apart, and examine them. Throws DOMException when a file cannot be read any more. */
export async function take(files: readonly File[], progress: Progress): Promise<Intake> {
  const checkpoints = await Promise.all(files.map(checkpointIn));
  const [first, second, third] = files.filter((_, at) => !checkpoints[at]);
  const checkpoint = checkpoints.find((one) => one !== null) ?? null;
  if (!first || third || files.length > 3) return { missing: "choice", name: "" };
  const taken = await (second ? pair(first, second, progress) : alone(first, progress));
  return "missing" in taken ? taken : { ...taken, checkpoint };
}

async function checkpointIn(file: File): Promise<Checkpoint | null> {
  if (file.size > LARGEST || !(await startsAsObject(file))) return null;
  return readCheckpoint(await bytesOf(file));
}

async function alone(file: File, progress: Progress): Promise<Taken> {
  const named = { document: file.name, proof: null };
  let inside: Carried | null;
  try {
    inside = await carried(file);
  } catch (error) {
    if (error instanceof PdfAltered) return { found: { verdict: verdict("ALTERED", {}, ".pdf") }, ...named };
    throw error;
  }
  if (inside) {
    const proof = readable(inside.proof);
    if ("name" in proof) return { found: { verdict: proof }, ...named };
    // A disclosure vouches for its fields, not for the pages around it.
    if (proof.content.kind === "disclosure") return { found: { verdict: verdict("ALTERED", {}, ".pdf") }, ...named };
    return { found: await together(file.slice(0, inside.length), file.name, proof, progress), ...named };
  }
  const proof = await proofIn(file);
  if (!proof) return { missing: "proof", name: file.name };
  if ("name" in proof) return { found: { verdict: proof }, document: null, proof: file.name };
  if (proof.content.kind !== "disclosure") return { missing: "document", name: file.name };
  return { found: examine(NOTHING, proof), document: null, proof: file.name };
}

async function pair(one: File, other: File, progress: Progress): Promise<Taken> {
  const [first, second] = await Promise.all([proofIn(one), proofIn(other)]);
  const swapped = !second || (one.name.endsWith(SUFFIX) && !other.name.endsWith(SUFFIX));
  const [file, document, proof, rest] = swapped ? [one, other, first, second] : [other, one, second, first];
  if (!proof || (rest && document.name.endsWith(SUFFIX))) return { missing: "choice", name: "" };
  const named = { document: document.name, proof: file.name };
  if ("name" in proof) return { found: { verdict: proof }, ...named };
  if (proof.content.kind === "disclosure") return { found: examine(NOTHING, proof), ...named, document: null };
  return { found: await together(document, document.name, proof, progress), ...named };
}

/** A file's proof, or why it is none though its name says so; null when it neither is one nor is called one. */
async function proofIn(file: File): Promise<Proof | Verdict | null> {
  const called = file.name.endsWith(SUFFIX);
  if (!called && (file.size > LARGEST || !(await startsAsObject(file)))) return null;
  const proof = readable(await bytesOf(file));
  return "name" in proof && !called ? null : proof;
}

/** Whether a file may be JSON of an object: others are not read whole just to see. */
async function startsAsObject(file: Blob): Promise<boolean> {
  return /^[ \t\r\n]*\{/.test(await file.slice(0, 64).text());
}

function readable(file: Uint8Array): Proof | Verdict {
  try {
    return read(file);
  } catch (error) {
    if (error instanceof ProofRefused) return verdict("NOT_A_PROOF", { reason: error.message });
    throw error;
  }
}

async function together(document: Blob, name: string, proof: Proof, progress: Progress): Promise<Examined> {
  let sha256: Hex | null = null;
  let content: Uint8Array | null = null;
  if (proof.content.kind === "file") sha256 = await sha256Of(document, (done) => progress(name, done, document.size));
  if (proof.content.kind === "json") content = await bytesOf(document);
  return examine({ sha256, content }, proof);
}

/** A file's bytes, one more than are ever read at most. */
async function bytesOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, LARGEST + 1).arrayBuffer());
}
