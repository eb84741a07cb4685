import { byId, make } from "../../dom.js";
import { WalletError } from "../../wallet/provider.js";
import type { Words } from "../../words.js";
import { groupsOfTracker, qrOf } from "../challenge.js";
import type { Hex } from "../group.js";
import { BallotRefused } from "../refused.js";

/** A refusal of the service, in its own sentence. */
export class Refusal extends Error {
  constructor(
    readonly error: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** A failure in one sentence, and what to do next. */
export function sentenceFor(error: unknown, words: Words, chain: number): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof WalletError) return words(error.refusal, { chain, reason: error.detail });
  if (error instanceof BallotRefused) {
    const key = `ballot_refused.${error.reason}`;
    const said = words(key);
    return said === key ? `${error.message} ${words("ballot_refused_next")}` : said;
  }
  return words("unreachable");
}

/** Say what went wrong in the page's alarm, which is read aloud; nothing clears it. */
export function alarm(id: string, text: string, more: readonly HTMLElement[] = []): void {
  byId(id).replaceChildren(...(text ? [make("div", "m-verdict m-verdict--bad", make("p", "govuk-body govuk-!-margin-bottom-0", text), ...more)] : []));
}

/** A tracker in its groups. */
export function showCode(place: HTMLElement, tracker: Hex): void {
  place.replaceChildren(
    ...groupsOfTracker(tracker)
      .split(" ")
      .flatMap((group) => [make("span", "m-code__group", group), " "]),
  );
}

const LONGEST_QR = 1_400; // bytes; denser ones no telephone reads from a screen

/** A QR code of a text, or nothing where it would be too dense. */
export function showQr(place: HTMLElement, text: string, says: string): void {
  place.hidden = text.length > LONGEST_QR;
  if (place.hidden) return;
  const image = make("img", "m-qr__code");
  image.src = `data:image/svg+xml,${encodeURIComponent(qrOf(text))}`;
  image.alt = says;
  image.width = image.height = 240;
  place.replaceChildren(image);
}

/** Let the browser keep a text as a file. */
export function download(name: string, text: string): void {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A time in the reader's language, in UTC, written as on the rest of the page. */
export function moment(seconds: number): string {
  const { lang } = document.documentElement;
  const at = new Date(seconds * 1000);
  const form = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" } as const;
  return `${at.toLocaleString(lang === "en" ? "en-GB" : lang, form)} UTC`;
}

/** Send JSON. Throws Refusal with the service's sentence. `named` false: without cookies, or a word of where from. */
export async function post<T>(path: string, body: unknown, named = true): Promise<T> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(named ? {} : { credentials: "omit", referrerPolicy: "no-referrer" }),
  });
  const answer = (await response.json()) as T & { detail?: string; error?: string };
  if (!response.ok) throw new Refusal(answer.error ?? "", answer.detail ?? `HTTP ${response.status}`);
  return answer;
}

/** Show one section of the page and move to its heading. */
export function turnTo(section: HTMLElement, others: readonly HTMLElement[]): void {
  for (const other of others) other.hidden = other !== section;
  section.querySelector<HTMLElement>("h2")?.focus();
}
