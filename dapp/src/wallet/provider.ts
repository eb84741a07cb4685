/** A wallet's JSON-RPC interface (EIP-1193). What it answers is not to be trusted. */
export interface Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

/** Why a wallet did not do what was asked. */
export type Refusal = "rejected" | "no_account" | "chain" | "failed";

/** A wallet's refusal; `detail` is the wallet's own message, untrusted and bounded. */
export class WalletError extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly detail = "",
  ) {
    super(refusal);
  }
}

const MOST_DETAIL = 200;

/** Ask a wallet. Throws WalletError: code 4001 is a person's refusal (EIP-1193), everything else a failure. */
export async function ask(provider: Provider, method: string, params: readonly unknown[] = []): Promise<unknown> {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
    if (code === 4001) throw new WalletError("rejected");
    throw new WalletError("failed", String(message ?? error).slice(0, MOST_DETAIL));
  }
}

/** The address that the wallet shows to this page, in lower case. */
export async function account(provider: Provider): Promise<`0x${string}`> {
  const shown = await ask(provider, "eth_requestAccounts");
  const first: unknown = Array.isArray(shown) ? shown[0] : undefined;
  if (typeof first !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(first)) throw new WalletError("no_account");
  return first.toLowerCase() as `0x${string}`;
}

/** Make sure that the wallet is on this chain (EIP-155 id), asking it to switch if need be (EIP-3326). */
export async function onChain(provider: Provider, chain: number): Promise<void> {
  if ((await chainOf(provider)) === chain) return;
  try {
    await ask(provider, "wallet_switchEthereumChain", [{ chainId: `0x${chain.toString(16)}` }]);
  } catch {
    throw new WalletError("chain");
  }
  if ((await chainOf(provider)) !== chain) throw new WalletError("chain");
}

/**
 * What time it is for the chain, Unix seconds: that of its newest block, or this machine's when that is later or the
 * wallet does not tell. A demo chain may be weeks ahead.
 */
export async function chainTime(provider: Provider): Promise<number> {
  const here = Date.now() / 1000;
  try {
    const block = (await ask(provider, "eth_getBlockByNumber", ["latest", false])) as { timestamp?: unknown } | null;
    return Math.max(here, Number(block?.timestamp) || 0);
  } catch {
    return here;
  }
}

async function chainOf(provider: Provider): Promise<number> {
  return Number(await ask(provider, "eth_chainId"));
}
