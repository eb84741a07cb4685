import type { Words } from "../words.js";
import { chooseWallet } from "./choose.js";
import { type Deployment, DEMO_CHAIN } from "../deployment.js";
import { type Provider, WalletError } from "./provider.js";

/** Let a person choose a wallet; on the demo chain the built-in demo wallet is among them. */
export async function chooseProvider(deployment: Deployment, words: Words): Promise<Provider | undefined> {
  if (deployment.chain_id === DEMO_CHAIN && deployment.rpc) {
    const { announceDemoWallet } = await import("./demo.js");
    announceDemoWallet(deployment.rpc, words);
  }
  return (await chooseWallet(words))?.provider;
}

/** A failure in one sentence. */
export function sentence(error: unknown, words: Words, chain: number): string {
  if (!(error instanceof WalletError)) return words("unreachable");
  return words(error.refusal, { chain, reason: error.detail });
}
