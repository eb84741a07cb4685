import { type Deployment, deployment, get } from "../../deployment.js";
import { byId } from "../../dom.js";
import { type TypedData, whatIsShown } from "../../identity/typed.js";
import { chooseProvider } from "../../wallet/connect.js";
import { account, ask, chainTime, onChain, type Provider } from "../../wallet/provider.js";
import { wordsOf } from "../../words.js";
import { blindedHash, type Credential, finish, lastSubmission, type Pending } from "../enrol.js";
import type { Hex } from "../group.js";
import { asOfNow, draw, handIn, handInWhenDue, standingOf, timeAt } from "./handing.js";
import { credentialFile, credentialOf, drawnTime, takeFile, waitingOf, whenChanged } from "./keeping.js";
import { byWallet } from "./node.js";
import { officeWay } from "./office.js";
import { alarm, download, moment, post, Refusal, sentenceFor } from "./showing.js";
import { hasManifest, type Paper, paperOf, type Place, placeOf } from "./told.js";
import { checkWaits, keepFinished, keyFileName, Overtaken, requestFor } from "./waiting.js";

// A credential is made here, signed blindly by the office on the citizen's signature, and handed in later without any
// login: so the office knows who may vote, and nobody knows whose a line of the roll is.

const root = byId("enrol");
const setup = root.dataset["election"] as Hex;
const stage = root.dataset["stage"];
const words = wordsOf(root);
const state = byId("enrol-state");
let paper: Paper;
let contracts: Deployment;

/** What the wallet will sign, and everything that goes with it. */
interface Asked {
  readonly provider: Provider;
  readonly wallet: Hex;
  readonly voter: Hex;
  readonly pending: Pending;
  readonly data: TypedData;
}
let asked: Asked | undefined;
/** Whose request was made or claimed on this page, until it is sent. */
let own: { readonly voter: Hex; readonly blinded: string } | undefined;

function step(act: () => Promise<void>): void {
  alarm("enrol-error", "");
  act().catch((error: unknown) => {
    state.textContent = "";
    if (error instanceof Overtaken) step(redraw);
    alarm("enrol-error", sentenceFor(error, words, paper?.told.chain_id ?? 0));
  });
}

const put = (id: string, text: string): void => {
  byId(id).textContent = text;
};

async function arrive(): Promise<void> {
  [contracts, paper] = await Promise.all([deployment(), paperOf(setup)]);
  byId("enrol-import").hidden = false;
  whenChanged(setup, () =>
    step(async () => {
      await redraw();
      state.textContent = words("enrol_redrawn");
    }),
  );
  await show();
}

/** Show what this browser holds by now, which another tab may have changed. */
async function redraw(): Promise<void> {
  asked = own = undefined;
  const sections = ["have", "hand", "make", "office", "sign", "waiting", "request"];
  for (const name of sections) document.getElementById(`enrol-${name}`)?.setAttribute("hidden", "");
  state.textContent = "";
  paper = await asOfNow(paper);
  await show();
}

async function show(): Promise<void> {
  const credential = credentialOf(setup);
  if (credential) return await goOn(credential);
  if ((stage === "enrolling" || stage === "collecting") && showRequest()) return;
  if (stage === "enrolling") offerWays();
  else if (stage === "collecting" || stage === "listed" || stage === "open") state.textContent = words("enrol_none");
}

function offerWays(): void {
  for (const id of ["enrol-make", "enrol-office"]) document.getElementById(id)?.removeAttribute("hidden");
}

/** A credential is here: what it is for, whether the roll has it, and how it is handed in. */
async function shown(credential: Credential): Promise<void> {
  for (const id of ["enrol-make", "enrol-sign", "enrol-office", "enrol-request"]) {
    document.getElementById(id)?.setAttribute("hidden", "");
  }
  byId("enrol-have").hidden = false;
  put("enrol-unit", paper.manifest.units[credential.unit]?.name ?? "");
  put("enrol-address", credential.credential);
  const standing = standingOf(paper, credential);
  const { enrolmentCloses: opens, rollCloses: closes } = paper.manifest.schedule;
  const at = drawnTime(setup, credential.credential);
  const waits = at === undefined ? "" : words("enrol_waits", { time: moment(at), closes: moment(closes) });
  const not = words("enrol_not_handed");
  const early = words("enrol_later", { time: moment(opens) });
  put("enrol-roll", { early, waiting: waits, open: not, missed: not, handed: words("enrol_handed") }[standing]);
  const late = timeAt(paper) >= lastSubmission(opens, closes);
  byId("enrol-hand").hidden = timeAt(paper) < opens || (standing !== "open" && standing !== "waiting");
  byId("enrol-hand-wait").hidden = standing !== "open" || late;
  put("enrol-hand-state", standing === "waiting" ? waits : late ? words("enrol_hurry", { closes: moment(closes) }) : "");
  let place: Place | undefined;
  if (paper.told.roll === "published") {
    place = await placeOf(paper, credential.unit, credential.credential);
    put("enrol-roll", place ? words("enrol_listed", { n: place.line.index + 1 }) : words("enrol_excluded"));
  }
  if (standing === "missed" && !place) alarm("enrol-error", words("enrol_missed", { closes: moment(closes) }));
}

/** Show a credential, and go on with handing it in where a moment was drawn. */
async function goOn(credential: Credential): Promise<void> {
  await shown(credential);
  if (standingOf(paper, credential) === "waiting") handInWhenDue(paper, credential, handing);
}

async function prepare(): Promise<void> {
  const field = byId("enrol-voter") as HTMLInputElement;
  const voter = field.value.trim().toLowerCase() as Hex;
  if (!/^0x[0-9a-f]{64}$/.test(voter)) {
    alarm("enrol-error", words("enrol_voter"));
    return field.focus();
  }
  const told = await get<{ eligible: boolean; unit: number | null; enrolled: boolean; blinded: string | null }>(
    `/api/elections/${setup}/enrolments/${voter}`,
  );
  if (!told.eligible || told.unit === null) throw new Refusal("NotEligible", words("enrol_not_eligible"));
  const pending = await pendingFor(voter, told.unit, told.enrolled ? told.blinded : null);
  const provider = await chooseProvider(contracts, words);
  if (!provider) return;
  state.textContent = words("connect");
  const wallet = await account(provider);
  await onChain(provider, paper.told.chain_id);
  if (!(await hasManifest(byWallet(provider), paper))) throw new Refusal("ManifestRefused", words("ballot_differs"));
  const data = await typedData(provider, voter, pending);
  asked = { provider, wallet, voter, pending, data };
  put("enrol-sign-unit", paper.manifest.units[told.unit]?.name ?? String(told.unit));
  put("enrol-sign-voter", voter);
  put("enrol-sign-blinded", blindedHash(pending));
  put("enrol-sign-deadline", moment(Number(data.message["deadline"])));
  put("enrol-checked", `✓ ${words("enrol_key_checked")}`);
  state.textContent = "";
  byId("enrol-make").hidden = true;
  byId("enrol-sign").hidden = false;
  byId("enrol-sign-heading").focus();
}

/** A request that waits in this browser is sent again; a voter who is enrolled with another one cannot be twice. */
async function pendingFor(voter: Hex, unit: number, blinded: string | null): Promise<Pending> {
  const old = waitingOf(setup)?.pending;
  if (blinded !== null && (!old || blindedHash(old) !== blinded)) throw new Refusal("EnrolledAlready", words("enrol_elsewhere"));
  const claimed = own?.voter === voter ? own.blinded : undefined;
  const isOwn = (held: Pending): boolean => blinded !== null || (held.unit === unit && held.blinded === claimed);
  const pending = await requestFor(paper, words, unit, isOwn);
  own = { voter, blinded: pending.blinded };
  return pending;
}

async function typedData(provider: Provider, voter: Hex, pending: Pending): Promise<TypedData> {
  const blinded = blindedHash(pending);
  const query = new URLSearchParams({ voter, unit: String(pending.unit), blinded });
  const response = await fetch(`/api/elections/${setup}/typed-data/enrol?${query}`);
  const answer = (await response.json()) as { typed_data?: TypedData; detail?: string; error?: string };
  if (!response.ok || !answer.typed_data) throw new Refusal(answer.error ?? "", answer.detail ?? words("unreachable"));
  const place = { chainId: paper.told.chain_id, verifyingContract: paper.told.ceremony_contract };
  const shownHere = { setup, unit: pending.unit, voter, blinded };
  const now = await chainTime(provider);
  const data = whatIsShown("TrusteeCeremony", place, "EnrolVoter", shownHere, answer.typed_data, now);
  if (!data) throw new Refusal("", words("mismatch"));
  return data;
}

async function sign(): Promise<void> {
  if (!asked) return;
  const { provider, wallet, voter, pending, data } = asked;
  state.textContent = words("signing");
  const signature = String(await ask(provider, "eth_signTypedData_v4", [wallet, JSON.stringify(data)]));
  state.textContent = words("sending");
  checkWaits(pending, words);
  own = undefined; // if this fails, the service knows whose it is, or the voter is asked
  const { unit, blinded } = pending;
  const body = { voter, unit, blinded, deadline: data.message["deadline"], signature };
  const issued = await post<{ signature: string }>(`/api/elections/${setup}/enrolments`, body);
  const credential = await finish(pending, paper.manifest.units[unit]!.key, issued.signature);
  keepFinished(pending, credential, words);
  await enrolled(credential);
}

/** Once the credential is made: the moment for handing it in is drawn at once, so that the voter knows when to be back. */
async function enrolled(credential: Credential): Promise<void> {
  draw(paper, credential);
  state.textContent = words("enrol_done");
  await goOn(credential);
  byId("enrol-have-heading").focus();
}

const handing = {
  handed: (): void => {
    byId("enrol-hand").hidden = true;
    for (const id of ["enrol-roll", "enrol-state"]) put(id, words("enrol_handed"));
  },
  waits: (): void => step(showHeld),
  missed: (now: Paper): void => {
    paper = now;
    step(showHeld);
  },
  failed: (error: unknown): void => alarm("enrol-error", sentenceFor(error, words, paper.told.chain_id)),
};

async function showHeld(): Promise<void> {
  const credential = credentialOf(setup);
  if (credential) await shown(credential);
}

async function handInNow(): Promise<void> {
  const credential = credentialOf(setup);
  if (!credential) return;
  await handIn(credential);
  handing.handed();
}

/** Draw a moment that nobody can guess, and wait for it, here or wherever this browser comes by. */
async function wait(): Promise<void> {
  const credential = credentialOf(setup);
  if (!credential) return;
  draw(paper, credential);
  await goOn(credential);
}

const showRequest = officeWay({ paper: () => paper, words, step, enrolled, dropped: offerWays });
const on = (id: string, act: () => void): void => document.getElementById(id)?.addEventListener("click", act);
on("enrol-begin", () => step(prepare));
on("enrol-sign-button", () => step(sign));
on("enrol-hand-now", () => step(handInNow));
on("enrol-hand-wait", () => step(wait));
on("enrol-export", () => {
  const credential = credentialOf(setup);
  if (credential) download(keyFileName(setup), credentialFile(credential));
});
byId("enrol-file").addEventListener("change", ({ target }) =>
  step(async () => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (!file) return;
    const credential = await takeFile(file, setup, paper.manifest);
    state.textContent = ""; // it was of another key
    await goOn(credential);
  }),
);
step(arrive);
