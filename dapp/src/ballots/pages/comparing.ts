import type { Deployment } from "../../deployment.js";
import { button, make } from "../../dom.js";
import { chooseProvider } from "../../wallet/connect.js";
import { onChain } from "../../wallet/provider.js";
import type { Words } from "../../words.js";
import { byNode, byWallet } from "./node.js";
import { hasElection, type Paper } from "./told.js";

/** Where a page says whether key and ballot paper are the chain's, and what it does when they are not. */
export interface Comparing {
  readonly place: HTMLElement;
  readonly contracts: Deployment;
  readonly paper: Paper;
  readonly words: Words;
  readonly step: (act: () => Promise<void>) => void;
  readonly differs: () => void;
}

/** Compare key and paper with the chain, where this browser can reach it by itself. False: they differ. */
export async function isAsOnChain(comparing: Comparing): Promise<boolean> {
  const { contracts, paper } = comparing;
  let same: boolean | undefined;
  try {
    same = contracts.rpc ? await hasElection(byNode(contracts.rpc), paper) : undefined;
  } catch {
    // The node does not answer: the voter's wallet may.
  }
  if (same !== undefined) return told(comparing, same);
  offerWallet(comparing);
  return true;
}

function told({ place, words, differs }: Comparing, same: boolean): boolean {
  place.textContent = same ? `✓ ${words("ballot_checked")}` : "";
  if (!same) differs();
  return same;
}

/** Without a node of its own the browser asks the voter's wallet. */
function offerWallet(comparing: Comparing): void {
  const { place, contracts, paper, words, step } = comparing;
  const check = button(words("ballot_check"), "govuk-button govuk-button--secondary govuk-!-margin-bottom-0", () =>
    step(async () => {
      const provider = await chooseProvider(contracts, words);
      if (!provider) return;
      await onChain(provider, paper.told.chain_id);
      told(comparing, await hasElection(byWallet(provider), paper));
    }),
  );
  place.replaceChildren(`${words("ballot_unchecked")} `, make("br"), check);
}
