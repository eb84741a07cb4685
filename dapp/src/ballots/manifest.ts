import type { Form } from "./forms.js";
import type { Hex } from "./group.js";
import { BallotRefused } from "./refused.js";
import { canonical } from "./published.js";
import { base64url, flag, list, natural, object, type Read, text, Unreadable, word } from "./shapes.js";

/** A contest as voters read it, and its form. */
export interface Contest {
  readonly title: string;
  readonly options: readonly string[];
  readonly form: Form;
}

/** A unit: whose ballots are counted together, and the modulus of the key that its credentials are signed with. */
export interface Unit {
  readonly name: string;
  readonly area: string;
  readonly eligible: number;
  readonly key: Uint8Array;
}

/** What an election is, as its setup is named after (docs/ballots-protocol.md, The manifest). Times: Unix seconds. */
export interface Manifest {
  readonly agency: Hex;
  readonly title: string;
  readonly language: string;
  readonly contests: readonly Contest[];
  readonly units: readonly Unit[];
  readonly minBallots: number;
  readonly trustees: readonly Hex[];
  readonly threshold: number;
  readonly schedule: Readonly<Record<"enrolmentOpens" | "enrolmentCloses" | "rollCloses" | "opens" | "closes", number>>;
}

const LARGEST = 98_304; // bytes
const SHORTEST_KEY = 256; // bytes: 2048 bits

const choice = object({ title: text, form: text, options: list(text), blank: flag });
const points = object({ title: text, form: text, options: list(text), most: natural, minimum: natural, maximum: natural });

const contest: Read<Contest> = (value, where) => {
  if ((value as { form?: unknown } | null)?.form === "choice") {
    const { title, options, blank } = choice(value, where);
    return { title, options, form: { form: "choice", options: options.length, blank } };
  }
  const { title, form, options, most, minimum, maximum } = points(value, where);
  if (form !== "points") throw new Unreadable(`${where}.form`, "is no form");
  return { title, options, form: { form: "points", options: options.length, most, minimum, maximum } };
};

const modulus: Read<Uint8Array> = (value, where) => {
  const key = base64url(value, where);
  if (key.length < SHORTEST_KEY || key[0] === 0 || !(key.at(-1)! & 1)) {
    throw new Unreadable(where, "is no modulus of 2048 bits or more");
  }
  return key;
};

const whole = object({
  agency: word(32), title: text, language: text, contests: list(contest),
  units: list(object({ name: text, area: text, eligible: natural, key: modulus })),
  minBallots: natural, trustees: list(word(20)), threshold: natural,
  schedule: object({ enrolmentOpens: natural, enrolmentCloses: natural, rollCloses: natural, opens: natural, closes: natural }),
});

/** A manifest from its bytes. Throws BallotRefused (ManifestRefused) unless it is in its one canonical form. */
export function readManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > LARGEST) throw new BallotRefused("ManifestRefused", "The manifest is too long.");
  try {
    const written = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(written);
    if (canonical(value) !== written) throw new Unreadable("manifest", "is not in canonical form (RFC 8785)");
    return whole(value, "manifest");
  } catch (error) {
    const says = error instanceof Unreadable ? error.message : "The manifest is no JSON in UTF-8.";
    throw new BallotRefused("ManifestRefused", says);
  }
}
