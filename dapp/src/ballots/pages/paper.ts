import { deployment, get } from "../../deployment.js";
import { byId, make } from "../../dom.js";
import type { Intent } from "../../identity/follow.js";
import { wordsOf } from "../../words.js";
import { packStanding, signDigest } from "../ballot.js";
import type { Credential } from "../enrol.js";
import type { Hex } from "../group.js";
import { bytes, paperDigest, withdrawalDigest } from "../hashes.js";
import { Closing } from "./closing.js";
import { isAsOnChain } from "./comparing.js";
import { Direct, withdrawalSending } from "./direct.js";
import { credentialOf, takeFile } from "./keeping.js";
import { takeReceipt } from "./receipt.js";
import { alarm, moment, post, Refusal, sentenceFor, turnTo } from "./showing.js";
import { lacksPrevious, lineOf, type Previous, previousOf, standingOf, type VoterLine } from "./standing.js";
import { electionOf, type Paper, paperOf, type Place, placeOf } from "./told.js";

// From here to a paper ballot: the credential signs its withdrawal, and later, at the desk, the number that is told
// there. Who is barred everybody can read on the chain; only whoever has the key can sign a new number.

const root = byId("paper");
const setup = root.dataset["election"] as Hex;
const stage = root.dataset["stage"];
const words = wordsOf(root);
const SECTIONS = ["key", "ask", "working", "barred"].map((name) => byId(`paper-${name}`));
const PAUSE = 2_000; // ms

let paper: Paper;
let election: ReturnType<typeof electionOf>;
let credential: Credential | undefined;
let place: Place;
let closing: Closing;
let direct: Direct;
let following = 0;

const show = (name: string): void => turnTo(byId(`paper-${name}`), SECTIONS);
const rest = (): Promise<void> => new Promise((resume) => setTimeout(resume, PAUSE));

/** Do one step; what goes wrong is said, and the page stays where it is. */
function step(act: () => Promise<void>): void {
  alarm("paper-error", "");
  act().catch((error: unknown) => {
    alarm("paper-error", sentenceFor(error, words, paper?.told.chain_id ?? 0));
    byId("paper-error").scrollIntoView({ block: "nearest" });
  });
}

/** The same, while its button rests. */
function once(button: string, act: () => Promise<void>): void {
  const own = byId(button) as HTMLButtonElement;
  own.disabled = true;
  step(() => act().finally(() => (own.disabled = false)));
}

/** Say something, unless it is said already: a screen reader would say it again. */
function say(id: string, text: string): void {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function differs(): void {
  for (const section of SECTIONS) section.hidden = true;
  alarm("paper-error", words("ballot_differs"));
}

async function begin(): Promise<void> {
  const [contracts, told] = await Promise.all([deployment(), paperOf(setup)]);
  paper = told;
  election = electionOf(paper);
  closing = new Closing(paper.told);
  direct = new Direct({ page: "paper", contracts, chain: paper.told.chain_id, box: election.box, words, step });
  if (!(await isAsOnChain({ place: byId("paper-checked"), contracts, paper, words, step, differs }))) return;
  credential = credentialOf(setup);
  await arrive();
}

/** Once there is a credential: whether it is barred, and else what a withdrawal would take out. */
async function arrive(): Promise<void> {
  byId("paper-key").hidden = credential !== undefined;
  if (!credential) return;
  const found = await placeOf(paper, credential.unit, credential.credential);
  if (!found) throw new Refusal("NotOnRoll", words("ballot_not_listed"));
  place = found;
  const line = await lineOf(setup, place.line);
  if (line.barred) {
    byId("paper-barred").hidden = false;
    return await barred(line);
  }
  if (stage !== "open") return say("paper-standing", words("paper_not_barred"));
  const standing = await standingOf(setup, election, place);
  say("paper-standing", words(standing.waits ? "paper_waits" : standing.tracker === null ? "paper_none" : "paper_counts"));
  byId("paper-ask").hidden = false;
}

/** The ballot that a withdrawal takes out. Where the service cannot give it, its receipt's file is asked for. */
async function before(tracker: Hex | null): Promise<Previous | undefined> {
  try {
    return await previousOf(setup, election, place, tracker);
  } catch (error) {
    byId("paper-before").hidden = !lacksPrevious(error);
    throw error;
  }
}

/** Sign the withdrawal over what this page built itself, with the ballot that counts until then. */
async function withdraw(): Promise<void> {
  if (!credential) return;
  const understood = byId("paper-understood") as HTMLInputElement;
  byId("paper-understood-error").textContent = understood.checked ? "" : words("paper_understand");
  byId("paper-understood-group").classList.toggle("govuk-form-group--error", !understood.checked);
  if (!understood.checked) return understood.focus();
  if (!(await closing.isOpen())) throw new Refusal("NotOpen", words("paper_closed", { time: moment(closing.at) }));
  const standing = await standingOf(setup, election, place);
  const previous = await before(standing.tracker);
  const { unit, index, credential: address } = place.line;
  const signature = signDigest(withdrawalDigest(election.chain, election.box, unit, index), bytes(credential.secret));
  direct.offer(withdrawalSending(election.box, place, signature, previous, landed), standing.waits);
  // The service would send it after the ballot that is on its way, and the box would refuse what does not name that one.
  if (standing.waits) {
    say("paper-standing", "");
    throw new Refusal("BallotWaits", words("paper_waits"));
  }
  const asked = { unit, index, credential: address, signature, replaced: packStanding(previous?.replaced) };
  let key = "";
  try {
    if (!standing.barred) ({ key } = await post<Intent>(`/api/elections/${setup}/withdrawals`, asked));
  } catch (error) {
    direct.open();
    throw error;
  }
  say("paper-standing", "");
  say("paper-state", words("paper_following"));
  show("working");
  await follow(key);
}

/** Until the chain has barred the line, or refused to. */
async function follow(key: string): Promise<void> {
  const mine = (following += 1);
  for (; ; await rest()) {
    try {
      const line = await lineOf(setup, place.line);
      if (mine !== following) return;
      if (line.barred) {
        show("barred"); // the wallet can still read whether it is so
        return await barred(line);
      }
      const intent = await get<Intent>(`/api/intents/${encodeURIComponent(key)}`);
      if (mine !== following) return;
      if (intent.state === "refused") {
        const changed = intent.error === "BallotChanged";
        if (!changed) direct.open(); // else it is said to name another ballot than the one that stands
        show("ask");
        throw new Refusal("", words("paper_refused", { reason: changed ? words("paper_changed") : (intent.sentence ?? "") }));
      }
      say("paper-state", `${words("paper_following")} ${words(`intent.${intent.state}`)}`);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (mine !== following) return;
      say("paper-state", words("unreachable"));
    }
  }
}

/** The voter's wallet has read that the box took the withdrawal. */
function landed(): void {
  following += 1;
  say("paper-standing", "");
  show("barred");
  step(() => barred({ barred: true, finality: "included", tracker: null }));
}

/** What the desk asks for, and how final the withdrawal is, until it is. */
async function barred(found: VoterLine): Promise<void> {
  const { unit, index } = place.line;
  byId("paper-code").textContent = `${unit}-${index}`;
  byId("paper-unit").textContent = paper.manifest.units[unit]?.name ?? "";
  for (let line = found; ; ) {
    say("paper-finality", words(`paper_finality.${line.finality ?? "included"}`));
    if (line.finality === "finalized") return;
    await rest();
    line = await lineOf(setup, place.line).catch(() => line);
    // A block was replaced by another: the service sends the withdrawal again.
    if (!line.barred) line = { ...line, finality: "included" };
  }
}

/** Show the desk that the code is one's own. */
async function answer(): Promise<void> {
  if (!credential) return;
  const field = byId("paper-number") as HTMLInputElement;
  const number = field.value.replaceAll(/\s/g, "");
  const fits = /^[0-9]{6}$/.test(number);
  byId("paper-number-error").textContent = fits ? "" : words("paper_number");
  byId("paper-number-group").classList.toggle("govuk-form-group--error", !fits);
  byId("paper-signed").replaceChildren();
  if (!fits) return field.focus();
  const { unit, index } = place.line;
  const digest = paperDigest(election.chain, election.box, unit, index, Number(number));
  const signature = signDigest(digest, bytes(credential.secret));
  await post(`/api/elections/${setup}/paper-ballots`, { unit, index, number: Number(number), signature });
  field.value = "";
  const says = make("p", "govuk-body-l govuk-!-margin-bottom-0", words("paper_signed"));
  byId("paper-signed").replaceChildren(make("div", "m-verdict m-verdict--good", says));
}

byId("paper-ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  once("paper-withdraw", withdraw);
});
byId("paper-number-form").addEventListener("submit", (event) => {
  event.preventDefault();
  once("paper-sign", answer);
});
byId("paper-file").addEventListener("change", ({ target }) =>
  step(async () => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (!file) return;
    credential = await takeFile(file, setup, paper.manifest);
    await arrive();
  }),
);
byId("paper-before-file").addEventListener("change", ({ target }) =>
  step(async () => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (!file) return;
    await takeReceipt(file, paper, election, place.line, words);
    byId("paper-before").hidden = true;
  }),
);
step(begin);
