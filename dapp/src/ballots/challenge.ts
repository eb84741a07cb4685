import encodeQR from "qr";
import { type Ballot, type Draft, type Election, encrypted, messagesOf, type Selection } from "./ballot.js";
import { type Hex, multiplierOf, ORDER } from "./group.js";
import { contentId, trackerOf } from "./hashes.js";
import { BallotRefused } from "./refused.js";

// Cast as intended (Benaloh, EVT 2006): a second device takes the tracker first. Then the ballot is either cast, or
// opened for it and never signed: whoever made the ballot had to commit before knowing which.

/** Everything that shows what is in a ballot. Whoever opens a ballot must not cast it. */
export interface BallotOpening {
  readonly election: Hex;
  readonly unit: number;
  readonly credential: Hex;
  readonly previous: Hex;
  readonly selections: readonly Selection[];
  readonly randomness: readonly Hex[];
  readonly proofsHash: Hex;
}

/** The opening of a ballot that is tested, for a second device. It is plain JSON. */
export const openingOf = (election: Election, ballot: Ballot, draft: Draft): BallotOpening => ({
  election: election.id,
  unit: ballot.line.unit,
  credential: ballot.line.credential,
  previous: ballot.previous,
  selections: draft.selections,
  randomness: draft.randomness.map((one): Hex => `0x${one.toString(16).padStart(64, "0")}`),
  proofsHash: ballot.proofsHash,
});

/**
 * What a ballot holds, by its opening. Throws BallotRefused: OpeningRefused when the ballot of this tracker is another
 * one, SelectionRefused when no ballot paper allows these selections.
 *
 * @param tracker as the second device took it before the opening was asked for
 */
export function checkOpening(election: Election, opening: BallotOpening, tracker: Hex): readonly Selection[] {
  const refused = (): BallotRefused => new BallotRefused("OpeningRefused", "This opening is not that of the ballot shown before.");
  if (opening.election !== election.id) throw refused();
  const messages = messagesOf(election, opening.selections);
  const randomness = opening.randomness.map((one) => (/^0x[0-9a-f]{64}$/.test(one) ? BigInt(one) : 0n));
  const known = randomness.length === messages.length && randomness.every((one) => one > 0n && one < ORDER);
  if (!known) throw refused();
  const ciphertexts = encrypted(multiplierOf(election.key), messages, randomness);
  const content = contentId(election.id, opening.unit, opening.credential, ciphertexts);
  if (trackerOf(content, opening.previous, opening.proofsHash) !== tracker) throw refused();
  return opening.selections;
}

// Crockford's alphabet: no letter that is taken for a digit (https://www.crockford.com/base32.html).
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const [BITS, LENGTH] = [256, 52];

/** A tracker to be read aloud and compared: thirteen groups of four letters and digits. */
export function groupsOfTracker(tracker: Hex): string {
  const value = BigInt(tracker) << BigInt(LENGTH * 5 - BITS);
  const signs = Array.from({ length: LENGTH }, (_, at) => ALPHABET[Number((value >> BigInt(5 * (LENGTH - 1 - at))) & 31n)]!);
  return signs.join("").replace(/(.{4})(?=.)/g, "$1 ");
}

/** The tracker that somebody typed or scanned, in groups or as 0x hex; undefined when it is none. */
export function readTracker(text: string): Hex | undefined {
  const plain = text.trim();
  if (/^0x[0-9a-fA-F]{64}$/.test(plain)) return plain.toLowerCase() as Hex;
  const signs = plain.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if (signs.length !== LENGTH || ![...signs].every((sign) => ALPHABET.includes(sign))) return undefined;
  const value = [...signs].reduce((sum, sign) => sum * 32n + BigInt(ALPHABET.indexOf(sign)), 0n);
  const spare = BigInt(LENGTH * 5 - BITS);
  if (value & ((1n << spare) - 1n)) return undefined;
  return `0x${(value >> spare).toString(16).padStart(64, "0")}`;
}

/** A QR code of a text, as an SVG element's source: dark squares on nothing. */
export const qrOf = (text: string): string => encodeQR(text, "svg", { ecc: "medium" });

