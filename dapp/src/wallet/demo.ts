import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { button, make } from "../dom.js";
import { DEMO_CHAIN } from "../deployment.js";
import type { Words } from "../words.js";
import type { Provider } from "./provider.js";

// A wallet for trying things out: its key lies open in the browser's storage. Only the demo chain's pages load it.

const STORED = "muniment-demo-key";
const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#e0753f"/><path d="M7 12h18v12H7zm3-4h12" fill="none" stroke="#fff" stroke-width="3"/></svg>',
  );

type Account = ReturnType<typeof privateKeyToAccount>;
type TypedData = Parameters<Account["signTypedData"]>[0];

let announcing = false;

/** Announce the demo wallet whenever wallets are asked for (EIP-6963). `rpc` is the demo node's address. */
export function announceDemoWallet(rpc: string, words: Words): void {
  if (announcing) return;
  announcing = true;
  const detail = Object.freeze({
    info: Object.freeze({
      uuid: crypto.randomUUID(),
      name: words("demo_wallet"),
      icon: ICON,
      rdns: "invalid.muniment.demo",
    }),
    provider: demoProvider(rpc, words),
  });
  window.addEventListener("eip6963:requestProvider", () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail })),
  );
}

function demoProvider(rpc: string, words: Words): Provider {
  let allowed = false;
  return {
    async request({ method, params = [] }) {
      switch (method) {
        case "eth_chainId":
          return `0x${DEMO_CHAIN.toString(16)}`;
        case "eth_accounts":
          return allowed ? [demoAccount().address] : [];
        case "eth_requestAccounts":
          allowed ||= await agree(words, words("demo_connect"), words("demo_allow"), [["", demoAccount().address]]);
          if (!allowed) throw rejected();
          return [demoAccount().address];
        case "eth_signTypedData_v4":
          return sign(String(params[0]), String(params[1]), words);
        case "eth_call":
        case "eth_getCode":
        case "eth_blockNumber":
        case "eth_getBlockByNumber":
        case "eth_getBlockByHash":
        case "eth_getLogs":
        case "eth_getTransactionByHash":
        case "eth_getTransactionReceipt":
          return relay(rpc, method, params);
        default:
          throw Object.assign(new Error(`The demo wallet does not know ${method}.`), { code: 4200 });
      }
    },
  };
}

/** The browser's demo key, made on first use. */
function demoAccount(): Account {
  let key = localStorage.getItem(STORED);
  if (!key || !/^0x[0-9a-f]{64}$/.test(key)) {
    key = generatePrivateKey();
    localStorage.setItem(STORED, key);
  }
  return privateKeyToAccount(key as `0x${string}`);
}

async function sign(address: string, text: string, words: Words): Promise<string> {
  const account = demoAccount();
  const typed = JSON.parse(text) as TypedData & { domain: { chainId?: unknown }; message: Record<string, unknown> };
  if (address.toLowerCase() !== account.address.toLowerCase() || Number(typed.domain.chainId) !== DEMO_CHAIN)
    throw Object.assign(new Error("The demo wallet signs for its own address on the demo chain only."), { code: 4100 });
  if (!(await agree(words, words("demo_text"), words("demo_yes"), leaves("", typed.message)))) throw rejected();
  return account.signTypedData(typed);
}

/** Every value of a message by its path, such as offer.shares.1.holder; an empty list as a dash. */
function leaves(path: string, value: unknown): [string, string][] {
  if (value === null || typeof value !== "object") return [[path, String(value)]];
  if (!Object.keys(value).length) return [[path, "–"]];
  return Object.entries(value).flatMap(([name, part]) => leaves(path ? `${path}.${name}` : name, part));
}

async function relay(rpc: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(rpc, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error) throw new Error(error.message);
  return result;
}

/** Ask the person, as a wallet would. False when they decline or close the dialog. */
function agree(words: Words, question: string, yes: string, fields: [string, string][]): Promise<boolean> {
  return new Promise((resolve) => {
    const heading = make("h2", "govuk-heading-m", words("demo_title"));
    heading.id = "demo-heading";
    const list = make("dl", "govuk-summary-list");
    for (const [name, value] of fields)
      list.append(
        make(
          "div",
          "govuk-summary-list__row",
          make("dt", "govuk-summary-list__key", name),
          make("dd", "govuk-summary-list__value m-hash", value),
        ),
      );
    let agreed = false;
    const dialog = make("dialog", "m-dialog", heading, make("p", "govuk-body", question), list);
    const accept = button(yes, "govuk-button", () => {
      agreed = true;
      dialog.close();
    });
    const decline = button(words("demo_no"), "govuk-button govuk-button--secondary", () => dialog.close());
    dialog.append(make("div", "govuk-button-group", accept, decline));
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(agreed);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const rejected = (): Error => Object.assign(new Error("The person declined."), { code: 4001 });
