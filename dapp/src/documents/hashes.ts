import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** A hash, an address or other bytes, as 0x and lower-case digits. */
export type Hex = `0x${string}`;

/** Bytes as 0x hex. */
export const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`;

/** The bytes of 0x hex. */
export const bytes = (text: string): Uint8Array => hexToBytes(text.slice(2));

export const keccak = (data: Uint8Array): Uint8Array => keccak_256(data);

/** keccak256 of a name in UTF-8: how hashes of one kind are kept apart from all others. */
export const domain = (name: string): Uint8Array => keccak_256(utf8ToBytes(name));

/** A number as one word of ABI data. */
export const word = (value: number): Uint8Array => hexToBytes(value.toString(16).padStart(64, "0"));

const CHUNK = 4 * 2 ** 20; // bytes read at once: enough to be fast, little enough to hold

/** SHA-256 of a file in constant memory; `progress` hears how many bytes are done. WebCrypto cannot do this in parts. */
export async function sha256Of(file: Blob, progress: (done: number) => void = () => {}): Promise<Hex> {
  const digest = sha256.create();
  for (let at = 0; at < file.size; at += CHUNK) {
    digest.update(new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer()));
    progress(Math.min(at + CHUNK, file.size));
  }
  return hex(digest.digest());
}
