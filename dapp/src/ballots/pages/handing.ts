import { type Credential, submissionOf, submissionTime } from "../enrol.js";
import { drawnTime, isHandedIn, keepDrawnTime, markHandedIn } from "./keeping.js";
import { post, Refusal } from "./showing.js";
import type { Paper } from "./told.js";

// Handing a credential in, at a moment that nobody can guess. The moment is kept beside the credential: a telephone
// drops pages that are out of sight, and whichever page is opened next goes on waiting, or hands in.

/**
 * How it stands with a credential: before the window and no moment drawn; a moment drawn; in the window and none drawn;
 * handed in from this browser; or not, and the window is over.
 */
export type Standing = "early" | "waiting" | "open" | "handed" | "missed";

const PAUSE = 60_000; // ms; a device that slept looks at the clock soon after, and timers hold no month

const loaded = Date.now();

/** The service's time by this device's clock, Unix seconds. */
export const timeAt = ({ told }: Paper): number => told.now + (Date.now() - loaded) / 1000;

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

/** What a page does when a credential was handed in, could not be, or the window closed over it. */
export interface Told {
  handed(): void;
  missed(): void;
  failed(error: unknown): void;
}

/** Hand in at the drawn moment, now if it has passed; where the service does not answer, again a minute later. */
export function handInWhenDue(paper: Paper, credential: Credential, tell: Told): void {
  const at = drawnTime(credential.setup, credential.credential);
  if (at === undefined) return;
  // Another page of this browser, or the voter's own hand, may have been first.
  const standing = standingOf(paper, credential);
  if (standing === "handed") return tell.handed();
  if (standing === "missed") return tell.missed();
  const again = (ms: number): void => void setTimeout(() => handInWhenDue(paper, credential, tell), ms);
  const left = (at - timeAt(paper)) * 1000;
  if (left > 0) return again(Math.min(left, PAUSE));
  handIn(credential).then(
    () => tell.handed(),
    (error: unknown) => {
      tell.failed(error);
      if (!(error instanceof Refusal && FINAL.has(error.error))) again(PAUSE);
    },
  );
}

// What a credential is refused for once and for all; anything else may pass, even a clock that is behind ours.
const FINAL = new Set(["CredentialRefused", "CredentialTaken"]);
