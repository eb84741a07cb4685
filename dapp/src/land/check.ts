import { decodeFunctionResult, encodeFunctionData, keccak256 } from "viem";
import { byId, make } from "../dom.js";
import { type Deployment, deployment, get } from "../deployment.js";
import { chooseProvider, sentence } from "../wallet/connect.js";
import { ask, onChain, type Provider } from "../wallet/provider.js";
import { wordsOf } from "../words.js";

// "Checked by your browser": a title is read again from the chain through the reader's own wallet.

interface Shown {
  readonly area_dm2: string;
  readonly grade: string;
  readonly denominator: string;
  readonly shares: readonly { readonly holder: string; readonly numerator: string }[];
  readonly geometry_hash: string;
  readonly geometry_state: string;
  readonly version: number;
}

interface OnChain {
  readonly geometryHash: string;
  readonly area: bigint;
  readonly denominator: bigint;
  readonly version: number;
  readonly grade: number;
  readonly shares: readonly { readonly holder: string; readonly numerator: bigint }[];
}

/** One fact of the page, and whether the chain says the same. */
type Verdict = readonly [fact: string, matches: boolean];

const GRADES = ["none", "provisional", "qualified", "absolute"];

const root = byId("check");
const result = byId("check-result");
const words = wordsOf(root);
const id = (root.dataset["title"] ?? "") as `0x${string}`;

async function check(start: HTMLButtonElement): Promise<void> {
  start.disabled = true;
  let chain = 0;
  try {
    const contracts = await deployment();
    chain = contracts.chain_id;
    const provider = await chooseProvider(contracts, words);
    if (!provider) return;
    result.replaceChildren(make("p", "govuk-body", words("check_reading")));
    await onChain(provider, chain);
    const [shown, standing] = await Promise.all([get<Shown>(`/api/titles/${id}`), read(provider, contracts)]);
    show([...compare(shown, standing), ...(await geometry(shown, standing))], contracts);
  } catch (error) {
    result.replaceChildren(make("p", "govuk-body", sentence(error, words, chain)));
  } finally {
    start.disabled = false;
  }
}

async function read(provider: Provider, contracts: Deployment): Promise<OnChain> {
  const registry = contracts.contracts["TitleRegistry"];
  if (!registry) throw new Error("There is no TitleRegistry.");
  const call = { abi: registry.abi, functionName: "titleOf" } as const;
  const data = encodeFunctionData({ ...call, args: [id] });
  const answer = await ask(provider, "eth_call", [{ to: registry.address, data }, "latest"]);
  return decodeFunctionResult({ ...call, data: answer as `0x${string}` }) as unknown as OnChain;
}

function compare(shown: Shown, standing: OnChain): Verdict[] {
  const line = (denominator: bigint | string, shares: readonly { holder: string; numerator: bigint | string }[]): string =>
    shares.map((share) => `${share.holder.toLowerCase()} ${share.numerator}/${denominator}`).join();
  return [
    ["check_holders", line(shown.denominator, shown.shares) === line(standing.denominator, standing.shares)],
    ["check_area", BigInt(shown.area_dm2) === standing.area],
    ["check_grade", shown.grade === GRADES[standing.grade]],
    ["check_geometry", shown.geometry_hash === standing.geometryHash],
    ["check_version", shown.version === standing.version],
  ];
}

/** Whether the published geometry is the one that the chain names, by its bytes. */
async function geometry(shown: Shown, standing: OnChain): Promise<Verdict[]> {
  if (shown.geometry_state !== "checked") return [];
  const response = await fetch(`/api/titles/${id}/geometry`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return [["check_bytes", response.ok && keccak256(bytes) === standing.geometryHash]];
}

function show(verdicts: readonly Verdict[], contracts: Deployment): void {
  const all = verdicts.every(([, matches]) => matches);
  const head = make("tr", "govuk-table__row", heading(words("check_fact"), "col"), heading(words("check_verdict"), "col"));
  const rows = verdicts.map(([fact, matches]) => {
    const verdict = make(
      "strong",
      matches ? "m-verdict--matches" : "m-verdict--differs",
      `${matches ? "✓" : "✗"} ${words(matches ? "check_matches" : "check_differs")}`,
    );
    return make("tr", "govuk-table__row", heading(words(fact), "row"), make("td", "govuk-table__cell", verdict));
  });
  result.replaceChildren(
    make("p", "govuk-body", make("strong", "", words(all ? "check_all" : "check_some"))),
    make(
      "table",
      "govuk-table",
      make("thead", "govuk-table__head", head),
      make("tbody", "govuk-table__body", ...rows),
    ),
    make(
      "p",
      "govuk-body-s",
      `${words("check_trust")} `,
      make("span", "m-hash", contracts.contracts["TitleRegistry"]?.address ?? ""),
    ),
  );
}

function heading(text: string, scope: "col" | "row"): HTMLTableCellElement {
  const cell = make("th", `govuk-table__header${scope === "row" ? " govuk-!-font-weight-regular" : ""}`, text);
  cell.scope = scope;
  return cell;
}

const start = byId("check-button") as HTMLButtonElement;
root.hidden = false;
start.addEventListener("click", () => void check(start));
