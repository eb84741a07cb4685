import { type Deployment, deployment, getText } from "../../deployment.js";
import { byId, make } from "../../dom.js";
import { chooseProvider } from "../../wallet/connect.js";
import { onChain } from "../../wallet/provider.js";
import { wordsOf } from "../../words.js";
import type { Hex } from "../group.js";
import { strictJson } from "../json.js";
import { Unreadable } from "../shapes.js";
import { ElectionUnreadable, load } from "../verifier/load.js";
import type { Result, Verification } from "../verifier/verify.js";
import { type Asker, byNode, byWallet, nodeOf } from "./node.js";
import type { Said } from "./recount.js";
import { sentenceFor } from "./showing.js";

// Counts an election again in the reader's browser: from the chain, the roll and the log alone.

const root = byId("verify");
const { election: setup = "", box = "" } = root.dataset;
const words = wordsOf(root);
const state = byId("verify-state");
const bar = byId("verify-bar") as HTMLProgressElement;
const result = byId("verify-result");
const buttons = ["verify-node", "verify-wallet"].map((id) => byId(id) as HTMLButtonElement);
const SIGNS = { VALID: ["good", "✓"], INCOMPLETE: ["open", "!"], INVALID: ["bad", "✗"] } as const;
const MOST_SHOWN = 50;

async function published(id: string, path: string): Promise<unknown> {
  const [file] = (byId(id) as HTMLInputElement).files ?? [];
  return strictJson(file ? await file.text() : await getText(`/api/elections/${setup}/${path}`), path);
}

let said = "";

function advance(what: string, done: number, of: number): void {
  bar.hidden = false;
  bar.max = Math.max(of, 1);
  bar.value = done;
  const known = words(`recount.${what}`);
  const text = known === `recount.${what}` ? words("recount.reading") : known;
  if (text !== said) state.textContent = said = text; // a screen reader hears each part once
}

async function run(asker: Asker): Promise<void> {
  result.replaceChildren();
  advance("reading", 0, 1);
  const [roll, log] = await Promise.all([published("verify-roll", "roll"), published("verify-log", "log")]);
  const transcript = await load(nodeOf(asker), box as Hex, roll, log, "latest", advance);
  const worker = new Worker(new URL("./recount.ts", import.meta.url), { type: "module" });
  try {
    show(await verified(worker, JSON.stringify(transcript)));
  } finally {
    worker.terminate();
  }
}

function verified(worker: Worker, json: string): Promise<Verification> {
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Said>) => {
      if ("verification" in data) resolve(data.verification);
      else if ("failed" in data) reject(new ElectionUnreadable(data.failed));
      else advance(data.what, data.done, data.of);
    });
    worker.addEventListener("error", ({ message }) => reject(new ElectionUnreadable(message)));
    worker.postMessage(json);
  });
}

function show({ verdict, findings, ballots, results }: Verification): void {
  state.textContent = "";
  const [kind, mark] = SIGNS[verdict];
  const sign = make("span", "m-verdict__sign", mark);
  sign.setAttribute("aria-hidden", "true");
  const heading = make("h2", "govuk-heading-l govuk-!-margin-bottom-2", sign, verdict);
  heading.tabIndex = -1;
  const says = make("p", "govuk-body-l govuk-!-margin-bottom-0", words(`recount.says.${verdict}`, { ballots }));
  const found = findings.slice(0, MOST_SHOWN).map(({ what, where, says: sentence }) =>
    make("li", "", make("strong", "", what), ` ${sentence} `, make("span", "m-hash", where)),
  );
  const list = found.length ? [make("h3", "govuk-heading-s", words("recount.findings", { n: findings.length })), make("ul", "govuk-list govuk-list--bullet", ...found)] : [];
  result.replaceChildren(make("section", `m-verdict m-verdict--${kind}`, heading, says), ...list, ...results.map(table));
  heading.focus();
}

/** What the browser counted itself. */
function table({ title, options, counts, blank }: Result): HTMLElement {
  const lines = options.map((option, at): [string, number] => [option, counts[at] ?? 0]);
  if (blank !== undefined) lines.push([words("ballot_blank"), blank]);
  const rows = lines.map(([option, count]) => {
    const head = make("th", "govuk-table__header", make("bdi", "", option));
    head.scope = "row";
    return make("tr", "govuk-table__row", head, make("td", "govuk-table__cell govuk-table__cell--numeric", count.toLocaleString(document.documentElement.lang)));
  });
  const caption = make("caption", "govuk-table__caption govuk-table__caption--s", make("bdi", "", title));
  return make("table", "govuk-table", caption, make("tbody", "govuk-table__body", ...rows));
}

async function act(asker: (contracts: Deployment) => Promise<Asker | undefined>): Promise<void> {
  for (const one of buttons) one.disabled = true;
  let chain = 0;
  try {
    const contracts = await deployment();
    chain = contracts.chain_id;
    const chosen = await asker(contracts);
    if (chosen) await run(chosen);
  } catch (error) {
    result.replaceChildren();
    const unread = error instanceof ElectionUnreadable || error instanceof Unreadable;
    state.textContent = unread ? words("recount.unreadable", { reason: error.message }) : sentenceFor(error, words, chain);
  } finally {
    bar.hidden = true;
    said = "";
    for (const one of buttons) one.disabled = false;
  }
}

byId("verify-node").addEventListener("click", () => void act(async ({ rpc }) => (rpc ? byNode(rpc) : undefined)));
byId("verify-wallet").addEventListener("click", () =>
  void act(async (contracts) => {
    const provider = await chooseProvider(contracts, words);
    if (!provider) return undefined;
    await onChain(provider, contracts.chain_id);
    return byWallet(provider);
  }),
);
root.hidden = false;
void deployment().then(({ rpc }) => (byId("verify-node").hidden = !rpc), () => undefined); // the wallet's way stays
