import { byId, make } from "../../dom.js";
import { deployment } from "../../deployment.js";
import { wordsOf } from "../../words.js";
import { type BallotOpening, checkOpening, readTracker } from "../challenge.js";
import type { Hex } from "../group.js";
import { BallotRefused } from "../refused.js";
import { base64url } from "../shapes.js";
import { spoken } from "./fields.js";
import { takenTracker, takeTracker } from "./keeping.js";
import { byNode } from "./node.js";
import { alarm, sentenceFor, showCode } from "./showing.js";
import { tracked } from "./standing.js";
import { electionOf, hasElection, type Paper, paperOf } from "./told.js";

// The second device: it takes the tracker before the first one knows whether the ballot will be opened, keeps it, and
// then says whether the opening is that ballot's.

const root = byId("test");
const setup = root.dataset["election"] as Hex;
const words = wordsOf(root);
const trackerField = byId("test-tracker") as HTMLTextAreaElement;
const openingField = byId("test-opening") as HTMLTextAreaElement;
const result = byId("test-result");
let taken: Hex | undefined;

function take(text: string): void {
  const tracker = trackerIn(text);
  alarm("test-error", tracker ? "" : words("ballot_unreadable_tracker"));
  if (!tracker) return trackerField.focus();
  takeTracker(setup, tracker);
  showTaken(tracker);
}

/** The tracker in a text, or in the address that its QR code holds. */
const trackerIn = (text: string): Hex | undefined =>
  readTracker(/[#&?]tracker=(0x[0-9a-fA-F]{64})/.exec(text)?.[1] ?? text);

function showTaken(tracker: Hex): void {
  taken = tracker;
  showCode(byId("test-code"), tracker);
  byId("test-tracker-form").hidden = true;
  byId("test-taken").hidden = false;
  byId("test-taken-heading").focus();
}

function forget(): void {
  takeTracker(setup, null);
  taken = undefined;
  openingField.value = "";
  result.replaceChildren();
  alarm("test-error", "");
  byId("test-taken").hidden = true;
  byId("test-tracker-form").hidden = false;
  trackerField.focus();
}

/** The opening that was pasted: as text, or as the address in its QR code. */
function openingIn(text: string): BallotOpening | undefined {
  const packed = /[#&?]opening=([A-Za-z0-9_-]+)/.exec(text)?.[1];
  try {
    const json = packed ? new TextDecoder().decode(base64url(packed, "opening")) : text;
    const opening = JSON.parse(json) as BallotOpening;
    return Array.isArray(opening.selections) && Array.isArray(opening.randomness) ? opening : undefined;
  } catch {
    return undefined; // no JSON
  }
}

async function check(text: string): Promise<void> {
  const opening = openingIn(text);
  alarm("test-error", opening ? "" : words("ballot_unreadable_opening"));
  if (!opening || !taken) return openingField.focus();
  const paper = await paperOf(setup);
  const election = electionOf(paper);
  const { rpc } = await deployment();
  if (rpc && !(await hasElection(byNode(rpc), paper))) return alarm("test-error", words("ballot_differs"));
  try {
    verdict(paper, checkOpening(election, opening, taken));
    takeTracker(setup, null); // done with: the next ballot has another
  } catch (error) {
    if (!(error instanceof BallotRefused)) throw error;
    return tell("bad", words("ballot_cheated"), [words("ballot_cheated_next")]);
  }
  // A ballot that was opened must not have been cast.
  if (await tracked(setup, taken)) tell("bad", words("ballot_tested_and_cast"), [words("ballot_cheated_next")]);
}

function verdict({ manifest }: Paper, selections: Parameters<typeof spoken>[1]): void {
  const lines = spoken(manifest.contests, selections, words);
  const list = make("dl", "govuk-summary-list");
  manifest.contests.forEach(({ title }, at) =>
    list.append(
      make(
        "div",
        "govuk-summary-list__row",
        make("dt", "govuk-summary-list__key", make("bdi", "", title)),
        make("dd", "govuk-summary-list__value", ...lines[at]!.map((line) => make("div", "", make("bdi", "", line)))),
      ),
    ),
  );
  tell("good", words("ballot_matches"), [list, words("ballot_matches_next"), words("ballot_not_cast")]);
}

function tell(kind: "good" | "bad", says: string, more: readonly (string | HTMLElement)[]): void {
  const sign = make("span", "m-verdict__sign", kind === "good" ? "✓" : "✗");
  sign.setAttribute("aria-hidden", "true");
  const heading = make("h2", "govuk-heading-l govuk-!-margin-bottom-2", sign, says);
  heading.tabIndex = -1;
  const lines = more.map((line) => (typeof line === "string" ? make("p", "govuk-body", line) : line));
  result.replaceChildren(make("section", `m-verdict m-verdict--${kind}`, heading, ...lines));
  heading.focus();
}

function failed(error: unknown): void {
  alarm("test-error", sentenceFor(error, words, 0));
}

byId("test-tracker-form").addEventListener("submit", (event) => {
  event.preventDefault();
  take(trackerField.value);
});
byId("test-opening-form").addEventListener("submit", (event) => {
  event.preventDefault();
  check(openingField.value).catch(failed);
});
byId("test-other").addEventListener("click", forget);

root.hidden = false;
const fragment = location.hash;
history.replaceState(null, "", location.pathname + location.search);
const before = takenTracker(setup) as Hex | null;
const scanned = /^#tracker=/.test(fragment);
if (scanned && (before === null || trackerIn(fragment) === before)) take(fragment);
else if (before) showTaken(before);
if (scanned && before !== null && trackerIn(fragment) !== before) {
  // A device that cheats would like to put another tracker in place of the one taken before.
  alarm("test-error", words("ballot_other_tracker"));
  trackerField.value = trackerIn(fragment) ?? "";
}
if (/^#opening=/.test(fragment)) {
  // Opened by its QR code: it counts only against a tracker that was taken before.
  if (taken) check((openingField.value = fragment)).catch(failed);
  else alarm("test-error", words("ballot_tracker_first"));
}
