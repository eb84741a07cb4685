import { LARGEST } from "./json.js";

// A PDF that carries its proof, byte by byte as muniment/documents/pdf.py writes it; no PDF is parsed.

/** A PDF bears the mark of a proof, but is not just an original with its proof. */
export class PdfAltered extends Error {}

/** A proof file's bytes, and how many bytes of the PDF before it are the original. */
export interface Carried {
  readonly proof: Uint8Array;
  readonly length: number;
}

const MARK = "\n%Muniment-Proof-1 ";
const TAIL = Math.floor(LARGEST / 3) * 4 + Math.floor(LARGEST / 16); // bytes from the end in which the mark can lie
const NEAR_END = 2048;
const STARTXREF = /startxref[ \t\r\n]+([0-9]{1,12})[ \t\r\n]+%%EOF/g;
const LINE = /^%[A-Za-z0-9+/]{1,76}={0,2}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const LENGTH = /^[1-9][0-9]{0,14}$/;
const OFFSET = /^[0-9]{1,12}$/;

/** The proof that a file carries; null when it is no PDF or bears no mark. Throws PdfAltered. */
export async function carried(file: Blob): Promise<Carried | null> {
  if ((await latin(file, 0, 5)) !== "%PDF-") return null;
  const start = Math.max(0, file.size - TAIL);
  const tail = await latin(file, start, file.size);
  const mark = tail.lastIndexOf(MARK);
  if (mark < 0) return null;
  const at = start + mark;
  const [length = "", ...rest] = tail.slice(mark + MARK.length).split("\n");
  const [keyword, offset = "", end, empty] = rest.splice(-4);
  const whole = LENGTH.test(length) && keyword === "startxref" && OFFSET.test(offset) && end === "%%EOF" && empty === "";
  if (!whole || Number(length) !== at || !rest.length || !rest.every((line) => LINE.test(line))) {
    throw new PdfAltered("its proof is not the last thing in it");
  }
  if (offset !== lastStartxref(await latin(file, Math.max(0, at - NEAR_END), at))) {
    throw new PdfAltered("its update points elsewhere than the original does");
  }
  return { proof: decoded(rest.map((line) => line.slice(1)).join("")), length: at };
}

function decoded(text: string): Uint8Array {
  if (text.length % 4 || !BASE64.test(text)) throw new PdfAltered("its proof cannot be read");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function lastStartxref(ending: string): string | undefined {
  return [...ending.matchAll(STARTXREF)].at(-1)?.[1];
}

/** A part of a file with one character for each byte; only ASCII is looked for in it. */
async function latin(file: Blob, from: number, to: number): Promise<string> {
  return new TextDecoder("latin1").decode(await file.slice(from, to).arrayBuffer());
}
