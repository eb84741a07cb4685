import type { Election } from "../ballot.js";
import { exported, forget, imported, keep, kept, place as keptAt } from "../enrol.js";
import type { Credential, Kept, Pending, Waiting } from "../enrol.js";
import type { Hex } from "../group.js";
import type { Manifest } from "../manifest.js";

// What this browser keeps of an election beside the credential. Never what was voted: a browser can be looked into.

/** A ballot that was sent, and the relay's word that it has it. Plain JSON: it is the file that a voter keeps. */
export interface Receipt {
  readonly format: "Muniment.BallotReceipt.v1";
  readonly chain: number;
  readonly box: Hex;
  readonly election: Hex;
  readonly tracker: Hex;
  readonly unit: number;
  readonly index: number;
  readonly packed: Hex;
  readonly relayer?: Hex;
  readonly received_at?: number;
  readonly receipt?: Hex;
}

const place = (setup: Hex, what: string): string => `muniment.ballots.${setup}.${what}`;

/** The ballots that this browser sent, oldest first. */
export const receiptsOf = (setup: Hex): readonly Receipt[] =>
  JSON.parse(localStorage.getItem(place(setup, "cast")) ?? "[]") as Receipt[];

/** Keep a ballot before it is sent, and again with its receipt. */
export function keepReceipt(setup: Hex, receipt: Receipt): void {
  const others = receiptsOf(setup).filter(({ tracker }) => tracker !== receipt.tracker);
  localStorage.setItem(place(setup, "cast"), JSON.stringify([...others, receipt]));
}

/** Keep a ballot that another browser sent, before those that this one did. */
export function keepEarlier(setup: Hex, receipt: Receipt): void {
  const known = receiptsOf(setup);
  if (known.some(({ tracker }) => tracker === receipt.tracker)) return;
  localStorage.setItem(place(setup, "cast"), JSON.stringify([receipt, ...known]));
}

/** The ballot in a receipt's file; undefined when it is no receipt of this election. */
export function receiptIn(text: string, { id, box, chain }: Election): Receipt | undefined {
  try {
    const read = JSON.parse(text) as Receipt;
    const same = read.format === "Muniment.BallotReceipt.v1" && BigInt(read.chain) === chain;
    return same && read.box === box && read.election === id ? read : undefined;
  } catch {
    return undefined; // no JSON, or a chain that is no number
  }
}

/** The credential that this browser holds. */
export function credentialOf(setup: Hex): Credential | undefined {
  const held = kept(localStorage, setup);
  return held && "credential" in held ? held.credential : undefined;
}

/** The request that waits in this browser. */
export function waitingOf(setup: Hex): Waiting | undefined {
  const held = kept(localStorage, setup);
  return held && "pending" in held ? held : undefined;
}

/**
 * Go on from the request that a page has seen, or from none: keep what comes next, or forget it. Only while the browser
 * still holds just that: what another tab has made meanwhile stays, for a voting key is nowhere else. False then.
 */
export function goOnFrom(setup: Hex, seen: Pending | undefined, next?: Kept): boolean {
  const held = kept(localStorage, setup);
  if (held && "credential" in held) {
    return next !== undefined && "credential" in next && next.credential.credential === held.credential.credential;
  }
  if (held?.pending.blinded !== seen?.blinded) return false;
  if (next) keep(localStorage, setup, next);
  else forget(localStorage, setup);
  return true;
}

/** Hear when another tab changes the request or the credential. */
export function whenChanged(setup: Hex, act: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === null || key === keptAt(setup)) act();
  });
}

/** Take a credential from a file. Throws BallotRefused (EnrolmentRefused). */
export async function takeFile(file: File, setup: Hex, manifest: Manifest): Promise<Credential> {
  const credential = await imported(await file.text(), setup, manifest);
  keep(localStorage, setup, { credential });
  return credential;
}

export const credentialFile = (credential: Credential): string => exported(credential);

/** Whether this credential was handed in from this browser, which may have held another. */
export const isHandedIn = (setup: Hex, credential: Hex): boolean => localStorage.getItem(place(setup, "handed")) === credential;
export const markHandedIn = (setup: Hex, credential: Hex): void => localStorage.setItem(place(setup, "handed"), credential);

/** When this credential is to be handed in, Unix seconds, where that was drawn; beside it, for a page does not last. */
export function drawnTime(setup: Hex, credential: Hex): number | undefined {
  const [whose, at] = localStorage.getItem(place(setup, "hand"))?.split(" ") ?? [];
  return whose === credential ? Number(at) : undefined;
}
export const keepDrawnTime = (setup: Hex, credential: Hex, at: number): void =>
  localStorage.setItem(place(setup, "hand"), `${credential} ${at}`);

/** The tracker that this second device took before it saw an opening. */
export const takenTracker = (setup: Hex): string | null => localStorage.getItem(place(setup, "taken"));
export const takeTracker = (setup: Hex, tracker: Hex | null): void =>
  tracker === null ? localStorage.removeItem(place(setup, "taken")) : localStorage.setItem(place(setup, "taken"), tracker);
