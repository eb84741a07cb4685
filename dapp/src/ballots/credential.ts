import { concatBytes } from "@noble/hashes/utils.js";
import type { Hex } from "./group.js";
import { bytes, named } from "./hashes.js";
import { textOf } from "./shapes.js";

// What the enrolment office signs without seeing it: RFC 9474, RSABSSA-SHA384-PSS-Randomized.

export const HASH = "SHA-384";
export const SALT = 48; // bytes, as long as the hash
const EXPONENT = "AQAB"; // 65,537

/** The message behind a signature: that an address is a voter's of a unit. 128 bytes. */
export const credentialMessage = (setup: Hex, unit: number, credential: Hex): Uint8Array =>
  bytes(`${named("Muniment.BallotCredential.v1")}${setup.slice(2)}${unit.toString(16).padStart(64, "0")}${credential.slice(2).padStart(64, "0")}`);

/** The public key of a modulus. */
export const publicKeyOf = (modulus: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    "jwk",
    { kty: "RSA", n: textOf(modulus), e: EXPONENT, alg: "PS384", ext: true },
    { name: "RSA-PSS", hash: HASH },
    true,
    ["verify"],
  );

/** Whether a signature is the key's over a message that was prepared with these 32 bytes (RFC 9474, section 4.5). */
export const isCredentialSigned = (
  key: CryptoKey,
  message: Uint8Array,
  randomizer: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> =>
  crypto.subtle.verify(
    { name: "RSA-PSS", saltLength: SALT },
    key,
    signature as BufferSource,
    concatBytes(randomizer, message) as BufferSource,
  );
