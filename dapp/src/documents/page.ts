import { type Deployment, deployment, get } from "../deployment.js";
import { byId, make } from "../dom.js";
import { chooseProvider, sentence } from "../wallet/connect.js";
import { onChain } from "../wallet/provider.js";
import { messagesOf, wordsOf } from "../words.js";
import { WalletSource } from "./chain.js";
import type { Facts, Question, Source } from "./facts.js";
import type { Hex } from "./hashes.js";
import type { Intake } from "./intake.js";
import { EvidenceSource } from "./offline.js";
import type { Proof } from "./proof.js";
import { show, type Told } from "./result.js";
import { settle, type Trust, type Verdict } from "./verdict.js";
import type { Said } from "./worker.js";

// "Check a document": files are read by a worker and go nowhere; only the question about the anchor is asked.

const root = byId("verify");
const input = byId("verify-files") as HTMLInputElement;
const zone = byId("verify-zone");
const state = byId("verify-state");
const bar = byId("verify-bar") as HTMLProgressElement;
const result = byId("verify-result");
const words = wordsOf(root);
const say = wordsOf(root, "verify.");
const templates = messagesOf(root);

let worker: Worker | undefined;
let kept: readonly File[] = []; // chosen before, while their proof or document is still to come

/** The service's answer about one document's anchor. */
const service: Source = {
  async facts({ issuer, root: anchored, index }: Question): Promise<Facts | null> {
    return (await get<{ facts: Facts | null }>(`/api/documents/${issuer}/${anchored}/${index}`)).facts;
  },
};

function start(chosen: readonly File[]): void {
  worker?.terminate();
  const files = chosen.length === 1 ? [...kept, ...chosen] : chosen;
  kept = [];
  result.replaceChildren();
  zone.classList.remove("m-drop--over");
  if (!files.length) return;
  if (files.length > 3) return tell(say("too_many"));
  tell("");
  const at = (worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
  at.addEventListener("message", ({ data }: MessageEvent<Said>) => {
    if (at !== worker) return;
    if ("size" in data) return advance(data.name, data.done / data.size);
    at.terminate();
    bar.hidden = true;
    if ("failed" in data) return tell(say("unreadable"));
    void taken(data.intake, files);
  });
  at.addEventListener("error", () => tell(say("unreadable")));
  at.postMessage(files);
}

let heard = -1; // the last tenth that was said aloud: a screen reader need not hear each percent

function advance(name: string, part: number): void {
  if (bar.hidden) heard = -1;
  bar.hidden = false;
  bar.value = part;
  const tenth = Math.floor(part * 10);
  if (tenth === heard) return;
  heard = tenth;
  state.textContent = say("reading", { name, percent: tenth * 10 });
}

function tell(text: string): void {
  bar.hidden = true;
  state.textContent = text;
}

async function taken(intake: Intake, files: readonly File[]): Promise<void> {
  if ("missing" in intake) {
    if (intake.missing === "choice") return tell(say("which_proof"));
    kept = files;
    return tell(say(`need_${intake.missing}`, { name: intake.name }));
  }
  const at = worker;
  const shown = (verdict: Verdict, proof: Proof | null, told: Told): void => {
    if (at !== worker) return; // other files were chosen meanwhile
    tell("");
    show(result, { verdict, proof, told, intake, say, templates, check: () => void byWallet(proof) });
  };
  const byWallet = async (proof: Proof | null): Promise<void> => {
    if (!proof) return;
    let chain = 0;
    try {
      const contracts = await deployment();
      chain = contracts.chain_id;
      const provider = await chooseProvider(contracts, words);
      if (!provider) return;
      tell(words("check_reading"));
      await onChain(provider, chain);
      shown(await byDeployment(proof, contracts, new WalletSource(provider, contracts)), proof, "wallet");
    } catch (error) {
      if (at === worker) tell(sentence(error, words, chain));
    }
  };
  if ("verdict" in intake.found) return shown(intake.found.verdict, null, "nobody");
  const { proof } = intake.found;
  const { checkpoint } = intake;
  if (checkpoint) {
    const evidence = new EvidenceSource(proof.evidence, checkpoint);
    return shown(await settled(proof, checkpoint.chainId, checkpoint.registry, evidence), proof, "checkpoint");
  }
  tell(say("asking"));
  try {
    shown(await byDeployment(proof, await deployment(), service), proof, "service");
  } catch {
    if (at === worker) tell(words("unreachable"));
  }
}

/** The verdict where the registry that counts is the service's own: the page says so. */
function byDeployment(proof: Proof, { chain_id, contracts }: Deployment, source: Source): Promise<Verdict> {
  return settled(proof, chain_id, contracts["DocumentRegistry"]?.address.toLowerCase() as Hex | undefined, source);
}

function settled(proof: Proof, chainId: number, address: Hex | undefined, source: Source): Promise<Verdict> {
  const trust: Trust = { registries: address ? [{ chainId, address }] : [], issuers: null, maxAge: null };
  return settle(proof, trust, source, Math.floor(Date.now() / 1000));
}

input.addEventListener("change", () => start([...(input.files ?? [])]));
input.addEventListener("click", () => (input.value = "")); // the same file can be chosen again after it was changed
zone.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone.classList.add("m-drop--over");
});
zone.addEventListener("dragleave", () => zone.classList.remove("m-drop--over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  start([...(event.dataTransfer?.files ?? [])]);
});
// A file that misses the zone must not replace the page.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
byId("verify-no-script").hidden = true;
zone.hidden = false;
zone.append(make("p", "govuk-hint govuk-!-margin-bottom-0", say("drop")));
