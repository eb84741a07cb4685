import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytes, domain, type Hex, hex, word } from "./hashes.js";
import { type Json, JsonRefused, parse } from "./json.js";
import { leafHash, treeRoot } from "./merkle.js";

/** One field of a JSON document: where it is (RFC 6901), its text (RFC 8785), and its salt. */
export interface Field {
  readonly pointer: string;
  readonly value: string;
  readonly salt: Hex;
}

/** The most fields that a document or a disclosure has. */
export const MOST_FIELDS = 65_536;

const LONGEST_POINTER = 1_024; // bytes in UTF-8; a field's own pointer repeats every key above it

const FIELD = domain("Muniment.Document.Field.v1");

/** The content hash of a JSON document under its secret. Throws JsonRefused. */
export function hashOfJson(content: Uint8Array, secret: Hex): Hex {
  return hex(treeRoot(fieldsOf(parse(content), secret).map(fieldHash)));
}

/** All fields of a parsed document. Throws JsonRefused when there are too many, or a pointer is too long. */
export function fieldsOf(document: Json, secret: Hex): Field[] {
  const key = bytes(secret);
  const fields: Field[] = [];
  const add = (pointer: string, value: string): void => {
    if (fields.length === MOST_FIELDS) throw new JsonRefused("too many fields");
    fields.push({ pointer, value, salt: hex(hmac(sha256, key, utf8ToBytes(pointer))) });
  };
  const visit = (pointer: string, value: Json): void => {
    if (utf8ToBytes(pointer).length > LONGEST_POINTER) throw new JsonRefused("a pointer is too long");
    if (value instanceof Map && value.size) {
      for (const [name, held] of value) {
        visit(`${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, held);
      }
    } else if (Array.isArray(value) && value.length) {
      add(pointer, `[${value.length}]`); // without it ["a"] and {"0":"a"} would be one document
      value.forEach((held, at) => visit(`${pointer}/${at}`, held));
    } else add(pointer, canonical(value));
  };
  visit("", document); // no deeper than the parser goes
  return fields;
}

/** A field's leaf in the document's tree: abi.encode(FIELD, pointer, value, salt), hashed twice. */
export function fieldHash(field: Field): Uint8Array {
  const pointer = packed(field.pointer);
  const heads = concatBytes(word(4 * 32), word(4 * 32 + pointer.length), bytes(field.salt));
  return leafHash(concatBytes(FIELD, heads, pointer, packed(field.value)));
}

/** RFC 8785 is what JSON.stringify makes of texts without lone surrogates and of numbers, but for -0, which is 0. */
function canonical(value: Json): string {
  if (value instanceof Map) return "{}";
  return JSON.stringify(value);
}

function packed(text: string): Uint8Array {
  const raw = utf8ToBytes(text);
  return concatBytes(word(raw.length), raw, new Uint8Array((32 - (raw.length % 32)) % 32));
}
