import { offerCheck, type Verdict } from "../../checking.js";
import { deployment } from "../../deployment.js";
import { byId, make } from "../../dom.js";
import { wordsOf } from "../../words.js";
import { groupsOfTracker } from "../challenge.js";
import type { Hex } from "../group.js";
import { batchLeaf, rootAbove } from "../hashes.js";
import { Closing } from "./closing.js";
import { ballotSending, Direct } from "./direct.js";
import { credentialOf, type Receipt } from "./keeping.js";
import { type Asker, BOX, byWallet, view } from "./node.js";
import { isReceipt, type Opened, readReceipt } from "./receipt.js";
import { alarm, moment, sentenceFor, showCode } from "./showing.js";
import { sentFrom, tracked } from "./standing.js";
import { electionOf, hasElection, type Paper, paperOf } from "./told.js";

// A ballot's fate, checked by the reader's browser: its word in the box, or its place under a batch's root. And from the
// file that a voter saved: whether its receipt is the relay's, and a way to send the ballot in it past the service.

interface Followed {
  readonly tracker: Hex;
  readonly unit: number;
  readonly index: number;
  readonly state: string;
}

const root = byId("track");
const setup = root.dataset["election"] as Hex;
const words = wordsOf(root);
let chain = 0;
let direct: Direct | undefined;

async function compared(shown: Followed, asker: Asker): Promise<Verdict[]> {
  const paper = await paperOf(setup);
  const { box } = electionOf(paper);
  const own = await hasElection(asker, paper);
  const now = await tracked(setup, shown.tracker);
  const [voted, barred, word] = await view<readonly [boolean, boolean, Hex]>(asker, BOX, box, "standingOf", shown.unit, shown.index);
  const verdicts: Verdict[] = [["check_ballot_election", own]];
  const standing = voted && !barred;
  if (now?.batch !== null && now?.batch !== undefined && now.place !== null && now.path !== null) {
    const inBox = await view<Hex>(asker, BOX, box, "batchRootOf", shown.unit, now.batch);
    const isIn = rootAbove(batchLeaf(shown.index, shown.tracker), now.place, now.path) === inBox;
    verdicts.push(["check_ballot_batch", isIn]);
    const counts = standing && BigInt(word) === 0n;
    return [...verdicts, ["check_ballot_state", shown.state === "counted" ? counts : !counts]];
  }
  const counts = standing && word === shown.tracker;
  return [...verdicts, ["check_ballot_state", shown.state === "counted" ? counts : !counts]];
}

/** Do one step; what goes wrong is said. */
function step(act: () => Promise<void>): void {
  alarm("track-error", "");
  act().catch((error: unknown) => alarm("track-error", sentenceFor(error, words, chain)));
}

/** Show the ballot in a receipt's file, and offer to send it: whether the box has it already, the wallet reads there. */
async function open(text: string): Promise<void> {
  byId("track-opened").hidden = true;
  direct?.hide();
  const [contracts, paper] = await Promise.all([deployment(), paperOf(setup)]);
  chain = paper.told.chain_id;
  const election = electionOf(paper);
  const opened = await readReceipt(text, paper, election, words);
  const { receipt, unit } = opened;
  const now = await tracked(setup, receipt.tracker);
  showCode(byId("track-opened-code"), receipt.tracker);
  byId("track-opened-state").textContent = words(`ballot_state.${now?.state ?? "unknown"}`);
  byId("track-opened-signed").replaceChildren(...(await signedBy(paper, receipt)));
  byId("track-opened-notes").replaceChildren(...notesOn(opened).map((note) => make("p", "govuk-inset-text", note)));
  byId("track-opened").hidden = false;
  byId("track-opened-heading").focus();
  direct ??= new Direct({ page: "track", contracts, chain, box: election.box, words, step });
  const landed = (): void => void (byId("track-opened-state").textContent = words("ballot_state.counted"));
  direct.offer(ballotSending(election, unit, receipt.packed, landed));
}

/** What this browser itself knows of the line: another voting key, or a later ballot. */
function notesOn({ receipt, ballot }: Opened): string[] {
  const own = credentialOf(setup);
  const latest = sentFrom(setup, receipt).at(-1);
  const later = latest && latest.tracker !== receipt.tracker && latest.tracker !== ballot.previous;
  return [
    ...(own && own.credential !== ballot.line.credential ? [words("ballot_other_line")] : []),
    ...(later ? [words("ballot_later", { tracker: groupsOfTracker(latest.tracker) })] : []),
  ];
}

/** Whose the receipt is, in words. */
async function signedBy(paper: Paper, { received_at, receipt, ...rest }: Receipt): Promise<(string | HTMLElement)[]> {
  const { relayer } = paper.told;
  if (received_at === undefined || receipt === undefined) return [words("ballot_unsigned")];
  const named = relayer !== null && rest.relayer?.toLowerCase() === relayer.toLowerCase();
  const own = named && (await isReceipt(electionOf(paper), relayer, { ...rest, received_at, receipt }));
  if (!own) return [words("ballot_other_key")];
  if (received_at >= new Closing(paper.told).at) return [words("ballot_odd_time")];
  return [`${words("ballot_signed", { time: moment(received_at) })} `, make("span", "m-hash", relayer)];
}

if (document.getElementById("check")) {
  const shown = JSON.parse(byId("check").dataset["ballot"] ?? "null") as Followed;
  offerCheck("TrusteeCeremony", (_, provider) => compared(shown, byWallet(provider)));
}
byId("track-file-group").hidden = false;
byId("track-file").addEventListener("change", ({ target }) =>
  step(async () => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (file) await open(await file.text());
  }),
);
