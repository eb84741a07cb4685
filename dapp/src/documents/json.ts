/** A value of a JSON text. Objects are maps, so that no key means anything to the language. */
export type Json = null | boolean | number | string | Json[] | Map<string, Json>;

/** Bytes that are no JSON text as docs/documents.md reads it. */
export class JsonRefused extends Error {}

/** The longest text that is read, in bytes. */
export const LARGEST = 16 * 2 ** 20;

const DEEPEST = 32; // objects and arrays within each other
const BEYOND = 2 ** 53; // from here on a double cannot tell an integer from the next one
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LONE = /\p{Surrogate}/u; // with the u flag a pair is one character, so that only halves match
const PLAIN: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * The value of a JSON text in UTF-8 (RFC 8259), read as I-JSON (RFC 7493) with bounds. Throws JsonRefused.
 *
 * JSON.parse would forgive a key given twice and round large integers without a word.
 */
export function parse(bytes: Uint8Array): Json {
  if (bytes.length > LARGEST) throw new JsonRefused("too long");
  return new Reader(decoded(bytes)).whole();
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonRefused("not UTF-8");
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value(0);
    this.space();
    if (this.at !== this.text.length) throw new JsonRefused("something follows the value");
    return value;
  }

  private value(depth: number): Json {
    this.space();
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth + 1);
      case "[":
        return this.list(depth + 1);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private object(depth: number): Map<string, Json> {
    const held = new Map<string, Json>();
    this.opened(depth);
    if (this.took("}")) return held;
    do {
      this.space();
      const key = this.string();
      if (held.has(key)) throw new JsonRefused("an object has the same key twice");
      if (!this.took(":")) throw new JsonRefused("a colon is missing");
      held.set(key, this.value(depth));
    } while (this.took(","));
    if (!this.took("}")) throw new JsonRefused("an object does not end");
    return held;
  }

  private list(depth: number): Json[] {
    const held: Json[] = [];
    this.opened(depth);
    if (this.took("]")) return held;
    do held.push(this.value(depth));
    while (this.took(","));
    if (!this.took("]")) throw new JsonRefused("an array does not end");
    return held;
  }

  private opened(depth: number): void {
    if (depth > DEEPEST) throw new JsonRefused("nested too deep");
    this.at += 1;
  }

  private string(): string {
    if (this.text[this.at] !== '"') throw new JsonRefused("a text is missing");
    let held = "";
    let from = (this.at += 1);
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        held += this.text.slice(from, this.at) + this.escaped();
        from = this.at;
      } else if (code >= 0x20) this.at += 1;
      else throw new JsonRefused("a text does not end, or holds a control character"); // NaN at the end, too
    }
    held += this.text.slice(from, this.at);
    this.at += 1;
    if (LONE.test(held)) throw new JsonRefused("a text has half a surrogate pair");
    return held;
  }

  private escaped(): string {
    ESCAPE.lastIndex = this.at;
    const [found] = ESCAPE.exec(this.text) ?? [];
    if (!found) throw new JsonRefused("an escape is none");
    this.at += found.length;
    const sign = found.charAt(1);
    return sign === "u" ? String.fromCharCode(Number.parseInt(found.slice(2), 16)) : (PLAIN[sign] ?? sign);
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const [found] = NUMBER.exec(this.text) ?? [];
    if (!found) throw new JsonRefused("no value");
    this.at += found.length;
    const value = Number(found);
    if (!(Math.abs(value) < BEYOND)) throw new JsonRefused("a number is beyond what every reader holds exactly");
    return value;
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw new JsonRefused("no value");
    this.at += word.length;
    return value;
  }

  private took(sign: string): boolean {
    this.space();
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private space(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "none")) this.at += 1;
  }
}
