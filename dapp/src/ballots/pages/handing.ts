import { type Credential, lateSubmissionTime, submissionOf, submissionTime } from "../enrol.js";
import { drawnTime, isHandedIn, keepDrawnTime, markHandedIn } from "./keeping.js";
import { post, Refusal } from "./showing.js";
import type { Paper, Told as Election } from "./told.js";

// Handing a credential in, at a moment that nobody can guess. The moment is kept beside the credential: a telephone
// drops pages that are out of sight, and whichever page is opened next goes on waiting, or draws a few minutes more: the
// service sees when a page is opened, and handing in at that moment would tell whose the credential is.

/**
 * How it stands with a credential: before the window and no moment drawn; a moment drawn; in the window and none drawn;
 * handed in from this browser; or not, and the window is over.
 */
export type Standing = "early" | "waiting" | "open" | "handed" | "missed";

const PAUSE = 60_000; // ms; a device that slept looks at the clock soon after, and timers hold no month

const loaded = Date.now();
let asked: { readonly now: number; readonly at: number } | undefined; // what the service told last, and when

/** The service's time by this device's clock, Unix seconds. */
export const timeAt = ({ told }: Paper): number => (asked?.now ?? told.now) + (Date.now() - (asked?.at ?? loaded)) / 1000;

/** How it stands. */
export function standingOf(paper: Paper, { setup, credential }: Credential): Standing {
  if (isHandedIn(setup, credential)) return "handed";
  const { enrolmentCloses: opens, rollCloses: closes } = paper.manifest.schedule;
  const now = timeAt(paper);
  if (now >= closes || paper.told.roll === "closed" || paper.told.roll === "published") return "missed";
  if (drawnTime(setup, credential) !== undefined) return "waiting";
  return now < opens ? "early" : "open";
}

/** Draw the moment, once. */
export function draw(paper: Paper, { setup, credential }: Credential): void {
  if (drawnTime(setup, credential) !== undefined) return;
  const { enrolmentCloses: opens, rollCloses: closes } = paper.manifest.schedule;
  keepDrawnTime(setup, credential, submissionTime(timeAt(paper), opens, closes));
}

/** Hand a credential in: no cookie, no name, nothing but what the roll will show. Throws Refusal. */
export async function handIn(credential: Credential): Promise<void> {
  const { setup, unit, credential: address, randomizer, signature } = submissionOf(credential);
  await post(`/api/elections/${setup}/credentials`, { unit, credential: address, randomizer, signature }, false);
  markHandedIn(setup, address);
}

/** What a page does when another moment was drawn, or a credential was handed in, could not be, or came too late. */
export interface Told {
  waits(at: number): void;
  handed(): void;
  /** `now` as the service tells the election by now */
  missed(now: Paper): void;
  failed(error: unknown): void;
}

/** The election as the service tells it now: a device's clock may have jumped. No cookie: the credential goes next. */
export async function asOfNow(paper: Paper): Promise<Paper> {
  const way = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" } as const;
  const response = await fetch(`/api/elections/${paper.told.setup}`, way);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const told = (await response.json()) as Election;
  asked = { now: told.now, at: Date.now() };
  return { ...paper, told: { ...paper.told, now: told.now, roll: told.roll } };
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Hand in at the drawn moment; one that passed while no page was open, some minutes from now. Where the service does not
 * answer, again a minute later. A page waits for one credential: the last. */
export const handInWhenDue = (paper: Paper, credential: Credential, tell: Told): void =>
  look(paper, credential, tell, true);

/** `absent`: nobody was waiting until now, the page was just opened or the device slept. */
function look(paper: Paper, credential: Credential, tell: Told, absent: boolean): void {
  const again = (ms: number, was = false): void => {
    const due = Date.now() + ms;
    timer = setTimeout(() => look(paper, credential, tell, was || Date.now() - due > PAUSE), ms);
  };
  clearTimeout(timer);
  const at = drawnTime(credential.setup, credential.credential);
  if (at === undefined) return;
  // Another page of this browser, or the voter's own hand, may have been first.
  const standing = standingOf(paper, credential);
  if (standing === "handed") return tell.handed();
  const left = (at - timeAt(paper)) * 1000;
  if (standing === "waiting" && left > 0) return again(Math.min(left, PAUSE));
  due(paper, credential, tell, absent).then(
    (ms) => ms && again(ms),
    (error: unknown) => {
      tell.failed(error);
      if (!(error instanceof Refusal && FINAL.has(error.error))) again(PAUSE, absent);
    },
  );
}

/** Hand in, or draw anew, by the service's time; gives the ms after which to look again, where there is still to wait. */
async function due(paper: Paper, credential: Credential, tell: Told, absent: boolean): Promise<number | undefined> {
  const fresh = await asOfNow(paper);
  const standing = standingOf(fresh, credential);
  if (standing === "handed") return void tell.handed();
  if (standing === "missed") return void tell.missed(fresh);
  const { enrolmentCloses: opens, rollCloses: closes } = fresh.manifest.schedule;
  const now = timeAt(fresh);
  let at = drawnTime(credential.setup, credential.credential) ?? now;
  if (absent && at <= now) {
    at = lateSubmissionTime(now, opens, closes);
    keepDrawnTime(credential.setup, credential.credential, at);
    if (at > now) tell.waits(at);
  }
  if (at > now) return Math.min((at - now) * 1000, PAUSE);
  await handIn(credential);
  tell.handed();
  return undefined;
}

// What a credential is refused for once and for all; anything else may pass, even a clock that is behind ours.
const FINAL = new Set(["CredentialRefused", "CredentialTaken"]);
