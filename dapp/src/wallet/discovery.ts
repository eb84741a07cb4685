import type { Provider } from "./provider.js";

/** A wallet that announced itself (EIP-6963). Name and icon come from whoever did, so they are made harmless here. */
export interface Wallet {
  readonly uuid: string;
  readonly name: string;
  readonly icon: string | undefined;
  readonly provider: Provider;
}

const MOST_WALLETS = 20;
const MOST_NAME = 60;
const MOST_ICON = 65_536;
const ICON = /^data:image\/(png|svg\+xml|webp|jpeg|gif)[;,]/;
// Control characters and direction overrides, with which one name could pass for another.
const MISLEADING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Listen for wallets and ask them to announce themselves. Returns a function that stops listening. */
export function discover(found: (wallet: Wallet) => void): () => void {
  const seen = new Set<string>();
  const hear = (event: Event): void => {
    const wallet = announced((event as CustomEvent<unknown>).detail);
    if (!wallet || seen.has(wallet.uuid) || seen.size >= MOST_WALLETS) return;
    seen.add(wallet.uuid);
    found(wallet);
  };
  window.addEventListener("eip6963:announceProvider", hear);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => window.removeEventListener("eip6963:announceProvider", hear);
}

function announced(detail: unknown): Wallet | undefined {
  const { info, provider } = (detail ?? {}) as { info?: Record<string, unknown>; provider?: Partial<Provider> };
  if (typeof info?.["uuid"] !== "string" || typeof provider?.request !== "function") return undefined;
  const name = typeof info["name"] === "string" ? info["name"].replace(MISLEADING, "").trim().slice(0, MOST_NAME) : "";
  const icon = info["icon"];
  const harmless = typeof icon === "string" && icon.length <= MOST_ICON && ICON.test(icon);
  return { uuid: info["uuid"], name, icon: harmless ? icon : undefined, provider: provider as Provider };
}
