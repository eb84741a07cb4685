import { get } from "../deployment.js";
import { make } from "../dom.js";
import type { Words } from "../words.js";

/** What became of a request (GET /api/intents/{key}). */
export interface Intent {
  readonly key: string;
  readonly state: string;
  readonly error: string | null;
  readonly sentence: string | null;
  readonly tx_hash: string | null;
  readonly block_number: number | null;
}

const OVER = new Set(["finalized", "refused"]);
const ON_CHAIN = new Set(["included", "safe", "finalized"]);
const PAUSE = 1_500; // ms
const LONGEST_PAUSE = 15_000;

/** The keys of what is said once it is on the chain, and of what is said until it is final. */
export interface Sayings {
  readonly done: string;
  readonly following: string;
}

const BINDING: Sayings = { done: "done", following: "following" };

/** Show a request's state until it is final or refused; a service that is away for a while is asked again. */
export async function follow(key: string, place: HTMLElement, words: Words, sayings = BINDING): Promise<void> {
  for (let pause = PAUSE; ; pause = Math.min(pause * 1.15, LONGEST_PAUSE)) {
    try {
      const intent = await get<Intent>(`/api/intents/${key.split("/").map(encodeURIComponent).join("/")}`);
      show(intent, place, words, sayings);
      if (OVER.has(intent.state)) return;
    } catch {
      place.replaceChildren(make("p", "govuk-body", words("unreachable")));
    }
    await new Promise((resume) => setTimeout(resume, pause));
  }
}

function show(intent: Intent, place: HTMLElement, words: Words, sayings: Sayings): void {
  const lines: HTMLElement[] = [];
  if (ON_CHAIN.has(intent.state)) lines.push(make("h2", "govuk-heading-m", words(sayings.done)));
  lines.push(make("p", "govuk-body", make("strong", "", words(`intent.${intent.state}`))));
  if (intent.sentence) lines.push(make("p", "govuk-body", intent.sentence));
  if (intent.tx_hash)
    lines.push(make("p", "govuk-body-s", `${words("transaction")} `, make("span", "m-hash", intent.tx_hash)));
  if (intent.block_number !== null)
    lines.push(make("p", "govuk-body-s", `${words("block")} ${intent.block_number}`));
  if (!OVER.has(intent.state)) lines.push(make("p", "govuk-body-s", words(sayings.following)));
  const text = lines.map((line) => line.textContent).join();
  // Unchanged words are left alone, so that a screen reader does not say them again.
  if (place.textContent?.trim() !== text.trim() && place.dataset["said"] !== text) place.replaceChildren(make("div", "m-proof", ...lines));
  place.dataset["said"] = text;
}
