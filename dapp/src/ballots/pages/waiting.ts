import { byId } from "../../dom.js";
import type { Words } from "../../words.js";
import { begin, type Credential, type Pending, type Waiting } from "../enrol.js";
import { timeAt } from "./handing.js";
import { credentialFile, goOnFrom, waitingOf } from "./keeping.js";
import { download, moment, Refusal } from "./showing.js";
import type { Paper } from "./told.js";

// A request that waits in this browser. Whose it is, the browser does not keep: beside the secret it would be a list of
// who votes with which key. So the voter is asked, or two on one device would bring the office the same envelope.

/** Another tab of this browser went on meanwhile; the page is to show what there is now. */
export class Overtaken extends Refusal {}

/**
 * The request to go on with, kept: the one that waits when it is this voter's, or a new one for the unit. `isOwn` knows
 * it; else the voter is asked. Throws Overtaken.
 */
export async function requestFor(
  paper: Paper,
  words: Words,
  unit: number,
  isOwn: (pending: Pending) => boolean,
  atOffice = false,
): Promise<Pending> {
  const { setup } = paper.told;
  const held = waitingOf(setup);
  const again = held && (isOwn(held.pending) || (await isTheirs(held, paper, unit)));
  // The key is the manifest's, whose hash the chain has: a key for one citizen alone would mark the credential.
  const pending = again ? held.pending : await begin(setup, unit, paper.manifest.units[unit]!.key);
  const made = again ? held.made : Math.floor(timeAt(paper));
  if (!goOnFrom(setup, held?.pending, { pending, made, ...(atOffice && { atOffice }) })) throw overtaken(words);
  return pending;
}

/** Ask whether the request that waits is this voter's. One of another unit is not. */
function isTheirs({ pending, made }: Waiting, paper: Paper, unit: number): Promise<boolean> {
  const [section, mine, another] = [byId("enrol-waiting"), byId("enrol-waiting-mine"), byId("enrol-waiting-another")];
  byId("enrol-waiting-unit").textContent = paper.manifest.units[pending.unit]?.name ?? String(pending.unit);
  byId("enrol-waiting-made").textContent = moment(made);
  mine.hidden = pending.unit !== unit;
  section.hidden = false;
  byId("enrol-waiting-heading").focus();
  return new Promise((told) => {
    const answer = (own: boolean) => (): void => {
      section.hidden = true;
      told(own);
    };
    mine.onclick = answer(true);
    another.onclick = answer(false);
  });
}

/** Throw Overtaken unless this request is the one that waits: what answers another would be lost. */
export function checkWaits({ setup, blinded }: Pending, words: Words): void {
  if (waitingOf(setup)?.pending.blinded !== blinded) throw overtaken(words);
}

/** Drop a request. Throws Overtaken. */
export function drop(pending: Pending, words: Words): void {
  if (!goOnFrom(pending.setup, pending)) throw overtaken(words);
}

/** Keep a credential in its request's place; where another tab was first, as a file, for it is nowhere else. Throws
 * Overtaken. */
export function keepFinished(pending: Pending, credential: Credential, words: Words): void {
  const { setup } = pending;
  if (goOnFrom(setup, pending, { credential })) return;
  download(keyFileName(setup), credentialFile(credential));
  throw new Overtaken("", words("enrol_saved"));
}

/** What a voting key's file is called. */
export const keyFileName = (setup: Pending["setup"]): string => `voting-key-${setup.slice(2, 12)}.json`;

const overtaken = (words: Words): Overtaken => new Overtaken("", words("enrol_overtaken"));
