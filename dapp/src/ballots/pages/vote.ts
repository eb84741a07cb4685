import { type Deployment, deployment } from "../../deployment.js";
import { byId, make } from "../../dom.js";
import { wordsOf } from "../../words.js";
import { type Ballot, type Draft, Maker, pack, type Selection, sign } from "../ballot.js";
import { openingOf } from "../challenge.js";
import type { Credential } from "../enrol.js";
import { claimsOf } from "../forms.js";
import type { Hex } from "../group.js";
import { bytes, hex } from "../hashes.js";
import { textOf } from "../shapes.js";
import { Closing } from "./closing.js";
import { isAsOnChain } from "./comparing.js";
import { ballotSending, Direct } from "./direct.js";
import { clearFields, readFields, spoken, watchFields } from "./fields.js";
import { credentialOf, keepReceipt, type Receipt, receiptsOf, takeFile } from "./keeping.js";
import { isReceipt, type Taken, takeReceipt } from "./receipt.js";
import { alarm, download, moment, post, Refusal, sentenceFor, showCode, showQr, turnTo } from "./showing.js";
import { lacksPrevious, type Previous, previousOf, sentFrom, type Standing, standingOf, tracked } from "./standing.js";
import { electionOf, type Paper, paperOf, type Place, placeOf } from "./told.js";

// From the ballot paper into the box: choose, review, encrypt, take the tracker elsewhere, then cast or test. Whoever
// makes the ballot commits to it before it is known whether it will be opened (challenge.ts).

const root = byId("vote");
const setup = root.dataset["election"] as Hex;
const words = wordsOf(root);
const SECTIONS = ["key", "paper", "review", "working", "tracker", "tested", "cast"].map((name) => byId(`vote-${name}`));
const FOLLOWED = new Set(["counted", "skipped", "refused", "replaced", "withdrawn"]);
const PAUSE = 2_000; // ms

type Making = ReturnType<typeof electionOf>;

interface Made {
  readonly draft: Draft;
  readonly ballot: Ballot;
  readonly previous: Previous | undefined;
  /** a Date.now() */
  signed: number | undefined;
}

let contracts: Deployment;
let paper: Paper;
let election: Making;
let maker: Maker;
let credential: Credential | undefined;
let place: Place;
let selections: readonly Selection[] = [];
let made: Made | undefined;
let sent: Receipt | undefined;
let closing: Closing;
let direct: Direct;
let following = 0;

const show = (name: string): void => turnTo(byId(`vote-${name}`), SECTIONS);
const on = (id: string, act: () => void): void => byId(id).addEventListener("click", act);

function failed(error: unknown): void {
  alarm("vote-error", sentenceFor(error, words, paper?.told.chain_id ?? 0));
  byId("vote-error").scrollIntoView({ block: "nearest" });
}

/** Do one step; what goes wrong is said, and the page stays where it is. */
function step(act: () => Promise<void>): void {
  alarm("vote-error", "");
  act().catch(failed);
}

/** The same by a button, which rests meanwhile. */
function onceOn(id: string, act: () => Promise<void>): void {
  const own = byId(id) as HTMLButtonElement;
  on(id, () => {
    own.disabled = true;
    step(() => act().finally(() => (own.disabled = false)));
  });
}

async function begin(): Promise<void> {
  [contracts, paper] = await Promise.all([deployment(), paperOf(setup)]);
  election = electionOf(paper);
  maker = new Maker(election);
  closing = new Closing(paper.told);
  direct = new Direct({ page: "vote", contracts, chain: paper.told.chain_id, box: election.box, words, step });
  const open = await closing.isOpen();
  if (open) watchFields(paper.manifest.contests, words);
  if (!(await isAsOnChain({ place: byId("vote-checked"), contracts, paper, words, step, differs }))) return;
  credential = credentialOf(setup);
  // After the close there is nothing here but for whoever signed a ballot before.
  if (open || receiptsOf(setup).length) await arrive();
}

function differs(): void {
  for (const section of SECTIONS) section.hidden = true;
  alarm("vote-error", words("ballot_differs"));
}

/** Once there is a credential: the voter's place on the roll, and what was cast before. */
async function arrive(): Promise<void> {
  if (!credential) {
    byId("vote-key").hidden = false;
    return;
  }
  byId("vote-key").hidden = true;
  const found = await placeOf(paper, credential.unit, credential.credential);
  if (!found) {
    alarm("vote-error", words("ballot_not_listed"));
    return;
  }
  place = found;
  const standing = await standingOf(setup, election, place);
  offer(standing.last); // what the service says of it is not the box's word
  if (standing.barred) {
    alarm("vote-error", words("ballot_barred"));
    return;
  }
  told(standing);
  if (!(await closing.isOpen())) return;
  await before(standing); // better said now than when the paper is filled in
  byId("vote-review-button").hidden = false;
}

/** The ballot that a new one would replace. Where the service cannot give it, its receipt's file is asked for. */
async function before({ tracker }: Standing): Promise<Previous | undefined> {
  try {
    return await previousOf(setup, election, place, tracker);
  } catch (error) {
    byId("vote-before").hidden = !lacksPrevious(error);
    throw error;
  }
}

/** Say that a ballot counts already, and that another would replace it; or that one is not in the box yet. */
function told({ tracker, unseen }: Standing): void {
  byId("vote-again").hidden = tracker === null || closing.isClosed; // it speaks of a new ballot
  if (tracker !== null) (byId("vote-again-link") as HTMLAnchorElement).href = trackOf(tracker);
  sent = unseen;
  byId("vote-unseen").hidden = sent === undefined;
}

const trackOf = (tracker: Hex): string => `/elections/${setup}/track?tracker=${tracker}`;

/** Nothing is signed any more; what was signed in time can still go to the box. */
function closed(): Refusal {
  for (const section of [...SECTIONS, byId("vote-again")]) section.hidden = true;
  const times = { time: moment(closing.at), until: moment(closing.until) };
  return new Refusal("NotOpen", words(sent ? "ballot_closed_signed" : "ballot_closed", times));
}

function review(): void {
  const chosen = readFields(paper.manifest.contests, words);
  if (!chosen) return;
  selections = chosen;
  direct.hide(); // it is about the ballot before
  const lines = spoken(paper.manifest.contests, chosen, words);
  byId("vote-chosen").replaceChildren(
    ...paper.manifest.contests.map(({ title }, at) =>
      make(
        "div",
        "govuk-summary-list__row",
        make("dt", "govuk-summary-list__key", make("bdi", "", title)),
        make("dd", "govuk-summary-list__value", ...lines[at]!.map((line) => make("div", "", make("bdi", "", line)))),
      ),
    ),
  );
  show("review");
}

async function encrypt(): Promise<void> {
  if (!(await closing.isOpen())) throw closed();
  const standing = await standingOf(setup, election, place);
  if (standing.barred) throw new Refusal("VoterBarred", words("ballot_barred"));
  told(standing);
  if (standing.waits) {
    offer(standing.last);
    throw new Refusal("BallotWaits", words("ballot_waits"));
  }
  const previous = await before(standing);
  show("working");
  const bar = byId("vote-bar") as HTMLProgressElement;
  const steps = claimsOf(election.forms, election.width).length;
  let done = 0;
  bar.value = 0;
  await breathe();
  try {
    const draft = maker.encrypt(selections);
    const ballot = await maker.prove(place.line, draft, previous?.tracker, async () => {
      bar.value = (done += 1) / steps;
      await breathe();
    });
    made = { draft, ballot, previous, signed: undefined };
  } catch (error) {
    show("review");
    throw error;
  }
  testing(true);
  showCode(byId("vote-code"), made.ballot.tracker);
  showQr(byId("vote-qr"), `${location.origin}/elections/${setup}/test#tracker=${made.ballot.tracker}`, words("ballot_qr_tracker"));
  show("tracker");
}

/** Whether the ballot may still be tested. */
function testing(may: boolean): void {
  byId("vote-testing").hidden = !may;
}

const breathe = (): Promise<void> => new Promise((resume) => setTimeout(resume));

/** Open the ballot. From here on it is never signed: nobody can cast it. */
function test(): void {
  if (!made || made.signed !== undefined) return;
  const opening = JSON.stringify(openingOf(election, made.ballot, made.draft));
  made = undefined;
  (byId("vote-opening") as HTMLTextAreaElement).value = opening;
  const packed = textOf(new TextEncoder().encode(opening));
  showQr(byId("vote-opening-qr"), `${location.origin}/elections/${setup}/test#opening=${packed}`, words("ballot_qr_opening"));
  show("tested");
}

async function cast(): Promise<void> {
  const own = made;
  if (!own || !credential) return;
  // Once it is signed, whoever has it can cast it: opening it would tell them what is in it.
  testing(false);
  if (!(await closing.isOpen())) {
    testing(own.signed === undefined);
    throw closed();
  }
  if (made !== own) return; // it may have been opened while the service was asked
  own.signed ??= Date.now();
  const { ballot, previous } = own;
  const signature = sign(election, ballot.tracker, bytes(credential.secret));
  const packed = hex(pack(ballot, signature, previous?.replaced));
  const { unit, index } = ballot.line;
  const base = { format: "Muniment.BallotReceipt.v1", chain: paper.told.chain_id, box: election.box, election: election.id } as const;
  keep({ ...base, tracker: ballot.tracker, unit, index, packed });
  // A service may also take it and never send it, or not answer at all.
  offer();
  let answer: { relayer: Hex; outcomes: (Taken & { state: string; sentence: string | null; error: string | null })[] };
  try {
    answer = await post(`/api/elections/${setup}/ballots`, { unit, ballots: [packed] });
  } catch (error) {
    offer(sent, true);
    throw error;
  }
  const [outcome] = answer.outcomes;
  if (!outcome || outcome.state === "refused") {
    offer(sent, true);
    throw new Refusal(outcome?.error ?? "", outcome?.sentence ?? words("unreachable"));
  }
  const { relayer } = paper.told;
  const { received_at, receipt } = outcome;
  const taken = { tracker: ballot.tracker, unit, index, received_at, receipt };
  const genuine = relayer !== null && (await isReceipt(election, relayer, taken));
  if (genuine) keep({ ...base, ...taken, packed, relayer });
  const fitting = genuine && (await closing.canHaveTaken(received_at, own.signed));
  if (!fitting && outcome.state !== "counted") {
    offer(sent, true);
    throw new Refusal("", words(genuine ? "ballot_odd_time" : "ballot_bad_receipt"));
  }
  arrived();
}

/** Remember a ballot as the last one signed here. */
function keep(receipt: Receipt): void {
  sent = receipt;
  keepReceipt(setup, receipt);
}

/** Offer to send a signed ballot without the service. Until when the box takes it, the wallet reads there. */
function offer(receipt = sent, open = false): void {
  if (receipt) direct.offer(ballotSending(election, place, receipt.packed, () => landed(receipt)), open);
}

/** The voter's wallet has read that the box took the ballot. */
function landed(receipt: Receipt): void {
  sent = receipt;
  arrived();
  following += 1;
  byId("vote-state").textContent = words("ballot_state.counted");
}

/** Show the receipt, and follow the ballot until the chain has it. */
function arrived(): void {
  if (!sent) return;
  const { tracker, relayer, received_at } = sent;
  made = undefined;
  clearFields();
  byId("vote-again").hidden = true;
  byId("vote-unseen").hidden = true;
  showCode(byId("vote-cast-code"), tracker);
  (byId("vote-track") as HTMLAnchorElement).href = trackOf(tracker);
  const signed = relayer !== undefined && received_at !== undefined;
  byId("vote-signed").replaceChildren(
    ...(signed ? [`${words("ballot_signed", { time: moment(received_at) })} `, make("span", "m-hash", relayer)] : [words("ballot_unsigned")]),
  );
  byId("vote-state").textContent = words(signed ? "ballot_state.waiting" : "ballot_state.unknown");
  show("cast");
  void follow(tracker);
}

async function follow(tracker: Hex): Promise<void> {
  const mine = (following += 1);
  for (;;) {
    let says: string;
    let state: string | undefined;
    try {
      const now = await tracked(setup, tracker);
      state = now?.state;
      says = words(`ballot_state.${state ?? "unknown"}`) + (now?.reason ? ` ${now.reason.sentence}` : "");
    } catch {
      says = words("unreachable");
    }
    if (mine !== following) return;
    if (byId("vote-state").textContent !== says) byId("vote-state").textContent = says;
    if (state !== undefined && FOLLOWED.has(state)) {
      if (state === "refused") offer(sent, true);
      return; // of the rest, the wallet can still read whether it is so
    }
    await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}

byId("vote-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (credential) review();
});
byId("vote-file").addEventListener("change", ({ target }) =>
  step(async () => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (!file) return;
    credential = await takeFile(file, setup, paper.manifest);
    await arrive();
  }),
);
on("vote-change", () => {
  show("paper");
  offer(sentFrom(setup, place.line).at(-1));
});
byId("vote-before-file").addEventListener("change", ({ target }) =>
  step(async () => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (!file) return;
    await takeReceipt(file, paper, election, place.line, words);
    byId("vote-before").hidden = true;
    await arrive();
  }),
);
onceOn("vote-encrypt", encrypt);
on("vote-test-button", test);
onceOn("vote-cast-button", cast);
on("vote-new", () => {
  (byId("vote-opening") as HTMLTextAreaElement).value = "";
  show("review");
});
on("vote-copy", () =>
  step(async () => {
    const text = byId("vote-opening") as HTMLTextAreaElement;
    text.select();
    await navigator.clipboard.writeText(text.value).catch(() => undefined); // it is selected, for the keyboard
  }),
);
on("vote-receipt", () => {
  if (sent) download(`ballot-${sent.tracker.slice(2, 12)}.json`, JSON.stringify(sent));
});
on("vote-unseen-button", () => {
  offer();
  arrived();
});
step(begin);
