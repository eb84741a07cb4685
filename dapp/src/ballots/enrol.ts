import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { addressOfKey } from "./ballot.js";
import { credentialMessage, isCredentialSigned, publicKeyOf } from "./credential.js";
import type { Hex } from "./group.js";
import { bytes, hex, keccak } from "./hashes.js";
import type { Manifest } from "./manifest.js";
import { BallotRefused } from "./refused.js";
import { base64url, natural, object, text, textOf, Unreadable, word } from "./shapes.js";

// Enrolment: a fresh key is made here, and its address is signed by an office that never sees it (RFC 9474). The office
// knows who was given a signature, and nobody knows which.

/** What waits for the office's signature. It stays in this browser. */
export interface Pending {
  readonly setup: Hex;
  readonly unit: number;
  readonly secret: Hex;
  readonly randomizer: string;
  readonly inverse: string;
  /** what is sent to the office */
  readonly blinded: string;
}

/** A voter's right to vote: whoever has it can use it. It is plain JSON; bytes in base64url. */
export interface Credential {
  readonly setup: Hex;
  readonly unit: number;
  readonly secret: Hex;
  readonly credential: Hex;
  readonly randomizer: string;
  readonly signature: string;
}

/** What is sent for the roll, without login: nothing that names the voter. */
export type Submission = Pick<Credential, "setup" | "unit" | "credential" | "randomizer" | "signature">;

const SUITE = RSABSSA.SHA384.PSS.Randomized();
const RANDOMIZER = 32; // bytes

const refused = (sentence: string): BallotRefused => new BallotRefused("EnrolmentRefused", sentence);

/** The modulus of a unit's key. Throws BallotRefused unless the office serves the one in the manifest: a key for one
 * citizen alone would mark the credential. */
export function keyOfUnit(manifest: Manifest, unit: number, served: string): Uint8Array {
  const known = manifest.units[unit];
  if (!known) throw refused("The election has no such unit.");
  if (textOf(known.key) !== served) throw refused("The office's key is not the one that the election announced.");
  return known.key;
}

/** Make a key, and its address unreadable for the office to sign. `modulus` is the unit's (keyOfUnit). */
export async function begin(setup: Hex, unit: number, modulus: Uint8Array): Promise<Pending> {
  const secret = newSecret();
  const prepared = SUITE.prepare(credentialMessage(setup, unit, addressOfKey(secret)));
  const { blindedMsg, inv } = await SUITE.blind(await publicKeyOf(modulus), prepared);
  return {
    setup, unit, secret: hex(secret), randomizer: textOf(prepared.subarray(0, RANDOMIZER)), inverse: textOf(inv),
    blinded: textOf(blindedMsg),
  };
}

function newSecret(): Uint8Array {
  for (;;) {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    try {
      addressOfKey(secret);
      return secret;
    } catch {
      continue; // zero, or not below the order: once in 2^128
    }
  }
}

/** What the citizen signs over a request, and the log has: keccak256 of the blinded message. */
export const blindedHash = ({ blinded }: Pick<Pending, "blinded">): Hex => keccak(base64url(blinded, "blinded"));

/** The credential, from the office's blind signature in base64url. Throws BallotRefused when that is none. */
export async function finish(pending: Pending, modulus: Uint8Array, blindSignature: string): Promise<Credential> {
  const { setup, unit, secret, randomizer, inverse } = pending;
  const credential = addressOfKey(bytes(secret));
  const message = credentialMessage(setup, unit, credential);
  const prepared = new Uint8Array([...base64url(randomizer, "randomizer"), ...message]);
  let signature: Uint8Array;
  try {
    const given = base64url(blindSignature, "signature");
    signature = await SUITE.finalize(await publicKeyOf(modulus), prepared, given, base64url(inverse, "inverse"));
  } catch {
    throw refused("The office's signature is not that of the election's key.");
  }
  return { setup, unit, secret, credential, randomizer, signature: textOf(signature) };
}

/** What is sent for the roll. */
export const submissionOf = ({ setup, unit, credential, randomizer, signature }: Credential): Submission => ({
  setup, unit, credential, randomizer, signature,
});

/** From when on nobody waits any more: the last quarter of a window is left for whoever comes back late. */
export const lastSubmission = (opens: number, closes: number): number => closes - (closes - opens) / 4;

/**
 * A random moment from now on for sending a credential, Unix seconds: in the window, not when the voter enrolled, and
 * before its last quarter. In that quarter it is now.
 */
export function submissionTime(now: number, opens: number, closes: number): number {
  const first = Math.max(now, opens);
  return between(first, Math.max(lastSubmission(opens, closes), first));
}

const SHORT = 600; // seconds

/**
 * A random moment for sending a credential whose time passed while no page was open: some minutes from now, or the
 * moment would be that of the visit, which the service sees. Not in the window's last quarter; there it is now.
 */
export function lateSubmissionTime(now: number, opens: number, closes: number): number {
  const last = Math.max(Math.min(now + SHORT, lastSubmission(opens, closes)), now);
  return between(now + (last - now) / 5, last);
}

function between(first: number, last: number): number {
  const [drawn] = crypto.getRandomValues(new Uint32Array(1));
  return Math.floor(first + ((last - first) * drawn!) / 2 ** 32);
}

const FORMAT = "Muniment.CredentialFile.v1";
const file = object({
  format: text, setup: word(32), unit: natural, secret: word(32), credential: word(20), randomizer: text, signature: text,
});

/** A credential as a file, for another device or a safe place. */
export const exported = (credential: Credential): string => JSON.stringify({ format: FORMAT, ...credential });

/** The credential in a file. Throws BallotRefused unless it is one, of this election. */
export async function imported(content: string, setup: Hex, manifest: Manifest): Promise<Credential> {
  const credential = read(content);
  const unit = manifest.units[credential.unit];
  const own = credential.setup === setup && unit && addressOfKey(bytes(credential.secret)) === credential.credential;
  if (!own || !(await isSigned(credential, unit.key))) throw refused("This file holds no credential of this election.");
  return credential;
}

/** Whether the election's key signed a credential. */
export async function isSigned({ setup, unit, credential, randomizer, signature }: Submission, modulus: Uint8Array): Promise<boolean> {
  const message = credentialMessage(setup, unit, credential);
  const key = await publicKeyOf(modulus);
  return isCredentialSigned(key, message, base64url(randomizer, "randomizer"), base64url(signature, "signature"));
}

function read(content: string): Credential {
  try {
    const { format, ...credential } = file(JSON.parse(content), "file");
    if (format === FORMAT) return credential;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Unreadable)) throw error;
  }
  throw refused("This file holds no credential.");
}

/** Where credentials are kept: localStorage, or anything alike. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Under which name what is kept of an election stands. */
export const place = (setup: Hex): string => `muniment.ballots.${setup}`;

/** A request that waits, perhaps for two officers, and when it was made, Unix seconds. Not whose: it holds the secret. */
export interface Waiting {
  readonly pending: Pending;
  readonly made: number;
  readonly atOffice?: true;
}

/** What a browser keeps of an election: a request that waits, then the credential. */
export type Kept = Waiting | { readonly credential: Credential };

/** What is kept of an election; undefined when there is nothing. */
export function kept(store: Store, setup: Hex): Kept | undefined {
  const held = store.getItem(place(setup));
  return held === null ? undefined : (JSON.parse(held) as Kept);
}

/** Keep a request or a credential; a pending request is kept before it is sent, or a signature would be lost. */
export const keep = (store: Store, setup: Hex, what: Kept): void => store.setItem(place(setup), JSON.stringify(what));

/** Forget all of an election: after that only an exported file can vote. */
export const forget = (store: Store, setup: Hex): void => store.removeItem(place(setup));
