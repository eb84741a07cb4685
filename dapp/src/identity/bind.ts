import { button, byId, make } from "../dom.js";
import { type Deployment, deployment, get } from "../deployment.js";
import { chooseProvider, sentence } from "../wallet/connect.js";
import { account, ask, onChain, type Provider } from "../wallet/provider.js";
import { wordsOf } from "../words.js";
import { follow, type Intent } from "./follow.js";

// Links a wallet: /bind/{code}. The page shows what will be signed; this signs exactly that, and nothing else.

interface TypedData {
  readonly domain: { readonly chainId: number; readonly verifyingContract: string; readonly name: string };
  readonly primaryType: string;
  readonly message: { readonly party: string; readonly wallet: string; readonly nonce: string; readonly deadline: number };
}

const root = byId("bind");
const state = byId("bind-state");
const words = wordsOf(root);
const shown = root.dataset as Record<"code" | "party" | "nonce" | "deadline" | "registry" | "chain" | "intent", string>;

function say(text: string): void {
  state.replaceChildren(make("p", "govuk-body", text));
}

async function choose(start: HTMLButtonElement): Promise<void> {
  start.disabled = true;
  try {
    const contracts = await deployment();
    const provider = await chooseProvider(contracts, words);
    if (!provider) return;
    say(words("connect"));
    const wallet = await account(provider);
    await onChain(provider, Number(shown.chain));
    byId("bind-wallet").replaceChildren(make("span", "m-hash", wallet));
    const sign = button(words("sign"), "govuk-button", () => void bind(sign, contracts, provider, wallet));
    state.replaceChildren(make("p", "govuk-body", words("ready")), make("p", "govuk-body m-hash", wallet), sign);
    sign.focus();
  } catch (error) {
    say(sentence(error, words, Number(shown.chain)));
  } finally {
    start.disabled = false;
  }
}

async function bind(sign: HTMLButtonElement, contracts: Deployment, provider: Provider, wallet: string): Promise<void> {
  sign.disabled = true;
  try {
    await onChain(provider, Number(shown.chain));
    const code = encodeURIComponent(shown.code);
    const { typed_data } = await get<{ typed_data: TypedData | null }>(
      `/api/identity/bindings/${code}?wallet=${wallet}`,
    );
    if (!typed_data || !isWhatIsShown(typed_data, contracts, wallet)) return say(words("mismatch"));
    say(words("signing"));
    const signature = await ask(provider, "eth_signTypedData_v4", [wallet, JSON.stringify(typed_data)]);
    say(words("sending"));
    await send(wallet, String(signature));
  } catch (error) {
    sign.disabled = false;
    state.replaceChildren(make("p", "govuk-body", sentence(error, words, Number(shown.chain))), sign);
    sign.focus();
  }
}

/** Whether what the service sent to sign says what the page said. */
function isWhatIsShown({ domain, primaryType, message }: TypedData, contracts: Deployment, wallet: string): boolean {
  return (
    primaryType === "BindWallet" &&
    domain.chainId === Number(shown.chain) &&
    domain.verifyingContract.toLowerCase() === shown.registry &&
    contracts.contracts["PartyRegistry"]?.address === shown.registry &&
    message.party === shown.party &&
    message.wallet.toLowerCase() === wallet &&
    message.nonce === shown.nonce &&
    message.deadline === Number(shown.deadline)
  );
}

async function send(wallet: string, signature: string): Promise<void> {
  const response = await fetch("/api/identity/bindings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: shown.code, wallet, signature }),
  });
  const answer = (await response.json()) as Intent & { detail?: string };
  if (!response.ok) return say(answer.detail ?? words("unreachable"));
  byId("bind-button").hidden = true;
  await follow(answer.key, state, words);
}

if (shown.intent) {
  void follow(shown.intent, state, words);
} else {
  const start = byId("bind-button") as HTMLButtonElement;
  start.hidden = false;
  start.addEventListener("click", () => void choose(start));
}
