import { encodeFunctionData } from "viem";
import { type Deployment, deployment } from "../../deployment.js";
import { byId, make } from "../../dom.js";
import { chooseProvider } from "../../wallet/connect.js";
import { account, ask, onChain, type Provider } from "../../wallet/provider.js";
import { wordsOf } from "../../words.js";
import { type Ballot, type Draft, Maker, pack, type Selection, sign, unpack } from "../ballot.js";
import { openingOf } from "../challenge.js";
import type { Credential } from "../enrol.js";
import { claimsOf } from "../forms.js";
import type { Ciphertext, Hex } from "../group.js";
import { bytes, hex } from "../hashes.js";
import { sumHints } from "../hints.js";
import { textOf } from "../shapes.js";
import { isAsOnChain } from "./comparing.js";
import { clearFields, readFields, spoken, watchFields } from "./fields.js";
import { credentialOf, keepReceipt, type Receipt, receiptsOf, takeFile } from "./keeping.js";
import { BOX, byWallet, view } from "./node.js";
import { isReceipt, type Taken } from "./receipt.js";
import { alarm, download, post, Refusal, sentenceFor, showCode, showQr, turnTo } from "./showing.js";
import { type Previous, type Standing, standingOf, tracked } from "./standing.js";
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

let contracts: Deployment;
let paper: Paper;
let election: Making;
let maker: Maker;
let credential: Credential | undefined;
let place: Place;
let selections: readonly Selection[] = [];
let made: { readonly draft: Draft; readonly ballot: Ballot; readonly previous: Previous | undefined } | undefined;
let sent: Receipt | undefined;

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

async function begin(): Promise<void> {
  [contracts, paper] = await Promise.all([deployment(), paperOf(setup)]);
  election = electionOf(paper);
  maker = new Maker(election);
  watchFields(paper.manifest.contests, words);
  if (!(await isAsOnChain({ place: byId("vote-checked"), contracts, paper, words, step, differs }))) return;
  credential = credentialOf(setup);
  await arrive();
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
  if (standing === "barred") {
    alarm("vote-error", words("ballot_barred"));
    return;
  }
  told(standing);
  byId("vote-review-button").hidden = false;
}

/** Say that a ballot counts already, and that another would replace it. */
function told(standing: Standing): void {
  const last = typeof standing === "object" ? standing.tracker : receiptsOf(setup).at(-1)?.tracker;
  const before = standing !== "none" && last !== undefined;
  byId("vote-again").hidden = !before;
  if (before) (byId("vote-again-link") as HTMLAnchorElement).href = `/elections/${setup}/track?tracker=${last}`;
}

function review(): void {
  const chosen = readFields(paper.manifest.contests, words);
  if (!chosen) return;
  selections = chosen;
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
  const standing = await standingOf(setup, election, place);
  if (standing === "waits") throw new Refusal("BallotWaits", words("ballot_waits"));
  if (standing === "barred") throw new Refusal("VoterBarred", words("ballot_barred"));
  const previous = typeof standing === "object" ? standing : undefined;
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
    made = { draft, ballot, previous };
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
  if (!made) return;
  const opening = JSON.stringify(openingOf(election, made.ballot, made.draft));
  made = undefined;
  (byId("vote-opening") as HTMLTextAreaElement).value = opening;
  const packed = textOf(new TextEncoder().encode(opening));
  showQr(byId("vote-opening-qr"), `${location.origin}/elections/${setup}/test#opening=${packed}`, words("ballot_qr_opening"));
  show("tested");
}

async function cast(): Promise<void> {
  if (!made || !credential) return;
  const { ballot, previous } = made;
  // Once it is signed, whoever has it can cast it: opening it would tell them what is in it.
  testing(false);
  const signature = sign(election, ballot.tracker, bytes(credential.secret));
  const packed = hex(pack(ballot, signature, previous?.replaced));
  const { unit, index } = ballot.line;
  const base = { format: "Muniment.BallotReceipt.v1", chain: paper.told.chain_id, box: election.box, election: election.id } as const;
  sent = { ...base, tracker: ballot.tracker, unit, index, packed };
  keepReceipt(setup, sent);
  byId("vote-direct").hidden = true;
  let answer: { relayer: Hex; outcomes: (Taken & { state: string; sentence: string | null; error: string | null })[] };
  try {
    answer = await post(`/api/elections/${setup}/ballots`, { unit, ballots: [packed] });
  } catch (error) {
    byId("vote-direct").hidden = false;
    throw error;
  }
  const [outcome] = answer.outcomes;
  if (!outcome || outcome.state === "refused") {
    byId("vote-direct").hidden = false;
    throw new Refusal(outcome?.error ?? "", outcome?.sentence ?? words("unreachable"));
  }
  if (outcome.receipt && outcome.tracker === ballot.tracker && (await isReceipt(election, answer.relayer, outcome))) {
    sent = { ...sent, relayer: answer.relayer, received_at: outcome.received_at, receipt: outcome.receipt };
    keepReceipt(setup, sent);
  } else if (outcome.receipt) {
    byId("vote-direct").hidden = false;
    throw new Refusal("", words("ballot_bad_receipt"));
  }
  arrived(ballot.tracker);
}

/** Show the receipt, and follow the ballot until the chain has it. */
function arrived(tracker: Hex): void {
  made = undefined;
  clearFields();
  byId("vote-direct").hidden = true;
  byId("vote-again").hidden = true;
  showCode(byId("vote-cast-code"), tracker);
  (byId("vote-track") as HTMLAnchorElement).href = `/elections/${setup}/track?tracker=${tracker}`;
  byId("vote-state").textContent = words("ballot_state.waiting");
  show("cast");
  void follow(tracker);
}

async function follow(tracker: Hex): Promise<void> {
  for (;;) {
    try {
      const now = await tracked(setup, tracker);
      const says = now ? words(`ballot_state.${now.state}`) : words("ballot_state.waiting");
      const more = now?.reason ? ` ${now.reason.sentence}` : "";
      if (byId("vote-state").textContent !== says + more) byId("vote-state").textContent = says + more;
      if (now && FOLLOWED.has(now.state)) {
        byId("vote-direct").hidden = now.state !== "refused";
        return;
      }
    } catch {
      byId("vote-state").textContent = words("unreachable");
    }
    await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}

/** Send the ballot without the service's help, from the voter's own wallet. */
async function direct(): Promise<void> {
  if (!sent) return;
  const { tracker, packed } = sent;
  const provider = await chooseProvider(contracts, words);
  if (!provider) return;
  const state = byId("vote-direct-state");
  state.textContent = words("connect");
  const wallet = await account(provider);
  await onChain(provider, paper.told.chain_id);
  const transaction = { from: wallet, to: election.box, value: "0x0", ...(await callOf(packed, provider, wallet)) };
  state.textContent = words("signing");
  try {
    const hash = String(await ask(provider, "eth_sendTransaction", [transaction]));
    state.replaceChildren(`${words("transaction")} `, make("span", "m-hash", hash));
  } catch (error) {
    state.textContent = "";
    throw error;
  }
  arrived(tracker);
}

/** The call that casts a ballot: with hints for the unit's sums as they are, and gas for the case that they change. */
async function callOf(packed: Hex, provider: Provider, wallet: string): Promise<{ data: Hex; gas: Hex }> {
  const asker = byWallet(provider);
  const { ballot, replaced } = unpack(election, place.line.unit, place.roll.lines, bytes(packed))[0]!;
  const sums = await Promise.all(
    ballot.ciphertexts.map((_, at) => view<Ciphertext>(asker, BOX, election.box, "sumOf", place.line.unit, at)),
  );
  const hints = sumHints(sums, { ciphertexts: ballot.ciphertexts, replaced: replaced?.ciphertexts });
  const dataOf = (given: Uint8Array): Hex =>
    encodeFunctionData({ abi: BOX, functionName: "cast", args: [place.roll, place.unitPath, packed, hex(given)] });
  // Nothing is dearer than hints that are all wrong.
  const dearest = { from: wallet, to: election.box, data: dataOf(hints.map(() => 0xff)) };
  const gas = BigInt(String(await asker("eth_estimateGas", [dearest])));
  return { data: dataOf(hints), gas: `0x${((gas * 21n) / 20n).toString(16)}` };
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
on("vote-change", () => show("paper"));
on("vote-encrypt", () => step(encrypt));
on("vote-test-button", test);
on("vote-cast-button", () => {
  const own = byId("vote-cast-button") as HTMLButtonElement;
  own.disabled = true;
  step(() => cast().finally(() => (own.disabled = false)));
});
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
on("vote-direct-button", () => step(direct));
step(begin);
