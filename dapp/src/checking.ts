import { decodeFunctionResult, encodeFunctionData } from "viem";
import { byId, make } from "./dom.js";
import { type Deployment, deployment } from "./deployment.js";
import { chooseProvider, sentence } from "./wallet/connect.js";
import { ask, onChain, type Provider } from "./wallet/provider.js";
import { type Words, wordsOf } from "./words.js";

// "Checked by your browser": a page's facts are read again from the chain through the reader's own wallet.

/** One fact of the page by its words' key, and whether the chain says the same. */
export type Verdict = readonly [fact: string, matches: boolean];

/** Reads a contract's view function through the reader's wallet. Throws when the network has no such contract. */
export type Read = <T>(contract: string, functionName: string, args: readonly unknown[]) => Promise<T>;

/** Let the button of #check compare the page with the chain; `registry` is the contract that is named as relied upon. */
export function offerCheck(registry: string, compare: (read: Read, provider: Provider) => Promise<Verdict[]>): void {
  const root = byId("check");
  const result = byId("check-result");
  const words = wordsOf(root);
  const start = byId("check-button") as HTMLButtonElement;
  root.hidden = false;
  start.addEventListener("click", () => void check());

  async function check(): Promise<void> {
    start.disabled = true;
    let chain = 0;
    try {
      const contracts = await deployment();
      chain = contracts.chain_id;
      const provider = await chooseProvider(contracts, words);
      if (!provider) return;
      result.replaceChildren(make("p", "govuk-body", words("check_reading")));
      await onChain(provider, chain);
      const verdicts = await compare(reader(provider, contracts), provider);
      result.replaceChildren(...table(verdicts, words, contracts.contracts[registry]?.address ?? ""));
    } catch (error) {
      result.replaceChildren(make("p", "govuk-body", sentence(error, words, chain)));
    } finally {
      start.disabled = false;
    }
  }
}

function reader(provider: Provider, contracts: Deployment): Read {
  return async <T>(contract: string, functionName: string, args: readonly unknown[]) => {
    const found = contracts.contracts[contract];
    if (!found) throw new Error(`There is no ${contract}.`);
    const call = { abi: found.abi, functionName };
    const data = encodeFunctionData({ ...call, args });
    const answer = await ask(provider, "eth_call", [{ to: found.address, data }, "latest"]);
    return decodeFunctionResult({ ...call, data: answer as `0x${string}` }) as T;
  };
}

function table(verdicts: readonly Verdict[], words: Words, registry: string): HTMLElement[] {
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
  return [
    make("p", "govuk-body", make("strong", "", words(all ? "check_all" : "check_some"))),
    make(
      "table",
      "govuk-table",
      make("thead", "govuk-table__head", head),
      make("tbody", "govuk-table__body", ...rows),
    ),
    make("p", "govuk-body-s", `${words("check_trust")} `, make("span", "m-hash", registry)),
  ];
}

function heading(text: string, scope: "col" | "row"): HTMLTableCellElement {
  const cell = make("th", `govuk-table__header${scope === "row" ? " govuk-!-font-weight-regular" : ""}`, text);
  cell.scope = scope;
  return cell;
}
