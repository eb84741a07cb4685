import { type Abi, encodeFunctionData, parseAbi } from "viem";
import { button, byId, make } from "../dom.js";
import { type Contract, type Deployment, deployment, get } from "../deployment.js";
import { chooseProvider, sentence } from "../wallet/connect.js";
import { account, ask, onChain, type Provider } from "../wallet/provider.js";
import { wordsOf } from "../words.js";
import { smallest } from "./amounts.js";

// Pays into the escrow of a sale. The browser builds both transactions itself, from what the page shows (data-deposit),
// and sends none when the service asks for others.

type Hex = `0x${string}`;

interface Shown {
  readonly chain: number;
  readonly sale: string;
  readonly token: Hex;
  readonly payers: readonly string[];
  /** Still to be paid, in the token's smallest unit. */
  readonly left: string;
  readonly decimals: number;
  readonly unit: string;
  readonly listing: unknown;
  readonly offer: unknown;
  readonly terms: unknown;
}

interface Transaction {
  readonly what: string;
  readonly to: string;
  readonly data: string;
  readonly value: string;
}

interface Receipt {
  readonly status: string;
  readonly blockNumber: string;
}

interface Parameter {
  readonly name?: string;
  readonly type: string;
  readonly components?: readonly Parameter[];
}

const ERC20 = parseAbi(["function approve(address spender, uint256 amount) returns (bool)"]);
const PAUSE = 1_500; // ms
const PATIENCE = 600; // questions for a receipt: a quarter of an hour

const root = byId("deposit");
const state = byId("deposit-state");
const words = wordsOf(root);
const shown = JSON.parse(root.dataset["deposit"] ?? "{}") as Shown;
const start = byId("deposit-button") as HTMLButtonElement;
const field = byId("deposit-amount") as HTMLInputElement;

const hash = (text: string): HTMLElement => make("p", "govuk-body m-hash", text);

function say(...lines: (string | HTMLElement)[]): void {
  state.replaceChildren(...lines.map((line) => (typeof line === "string" ? make("p", "govuk-body", line) : line)));
}

async function begin(): Promise<void> {
  const amount = smallest(field.value, shown.decimals);
  if (amount === undefined || amount === 0n || amount > BigInt(shown.left)) {
    say(words("deposit_amount"));
    return field.focus();
  }
  start.disabled = true;
  try {
    const contracts = await deployment();
    const provider = await chooseProvider(contracts, words);
    if (!provider) return;
    say(words("connect"));
    const wallet = await account(provider);
    await onChain(provider, shown.chain);
    if (!shown.payers.includes(wallet)) return say(words("deposit_other"), hash(wallet));
    const wanted = transactions(contracts, amount);
    const asked = await get<{ transactions: Transaction[] }>(`/api/sales/${shown.sale}/deposit?payer=${wallet}&amount=${amount}`);
    if (!wanted || !same(asked.transactions, wanted)) return say(words("deposit_mismatch"));
    offer(provider, wallet, wanted);
  } catch (error) {
    say(sentence(error, words, shown.chain));
  } finally {
    start.disabled = false;
  }
}

/** What has to be sent so that this amount is in escrow; undefined when the service names other contracts. */
function transactions(contracts: Deployment, amount: bigint): Transaction[] | undefined {
  const [conveyance, escrow] = [contracts.contracts["Conveyance"], contracts.contracts["SaleEscrow"]];
  if (!conveyance || !escrow || contracts.chain_id !== shown.chain || escrow.address.toLowerCase() !== root.dataset["escrow"])
    return undefined;
  const papers = [shown.listing, shown.offer, shown.terms, amount];
  const inputs = functionOf(conveyance, "deposit");
  const args = papers.map((value, at) => fitted(inputs[at], value));
  return [
    { what: "approve", to: shown.token, data: encodeFunctionData({ abi: ERC20, args: [escrow.address, amount] }), value: "0" },
    {
      what: "deposit",
      to: conveyance.address.toLowerCase(),
      data: encodeFunctionData({ abi: conveyance.abi as Abi, functionName: "deposit", args }),
      value: "0",
    },
  ];
}

function functionOf(contract: Contract, name: string): readonly Parameter[] {
  const found = contract.abi.find((entry) => entry.type === "function" && entry.name === name);
  return found?.type === "function" ? (found.inputs as readonly Parameter[]) : [];
}

/** A value as viem encodes it: whole numbers, which JSON has as text, as bigint. */
function fitted(parameter: Parameter | undefined, value: unknown): unknown {
  if (!parameter) return value;
  if (parameter.type.endsWith("[]"))
    return (value as unknown[]).map((one) => fitted({ ...parameter, type: parameter.type.slice(0, -2) }, one));
  if (parameter.components)
    return Object.fromEntries(
      parameter.components.map((part) => [part.name, fitted(part, (value as Record<string, unknown>)[part.name ?? ""])]),
    );
  return parameter.type.startsWith("uint") ? BigInt(value as string) : value;
}

/** Whether the service asks for exactly these; it may leave out an approval that stands already. */
function same(asked: readonly Transaction[], wanted: readonly Transaction[]): boolean {
  const text = ({ to, data, value }: Transaction): string => `${to} ${data} ${value}`.toLowerCase();
  const needed = asked.length < wanted.length ? wanted.slice(1) : wanted;
  return asked.map(text).join() === needed.map(text).join();
}

function offer(provider: Provider, wallet: string, wanted: readonly Transaction[]): void {
  start.hidden = true;
  field.readOnly = true;
  const pay = button(words("deposit_pay"), "govuk-button", () => {
    pay.disabled = true;
    send(provider, wallet, wanted).catch((error: unknown) => {
      pay.disabled = false;
      say(sentence(error, words, shown.chain), pay);
      pay.focus();
    });
  });
  const amount = `${field.value} ${shown.unit}`;
  say(words("deposit_ready", { amount, count: wanted.length }), hash(wallet), pay);
  pay.focus();
}

/** Send one after the other, each once the one before is in a block. */
async function send(provider: Provider, wallet: string, wanted: readonly Transaction[]): Promise<void> {
  const done: HTMLElement[] = [];
  for (const { what, to, data } of wanted) {
    await onChain(provider, shown.chain);
    say(...done, words(`deposit_${what}`));
    const sent = String(await ask(provider, "eth_sendTransaction", [{ from: wallet, to, data, value: "0x0" }]));
    say(...done, words("deposit_waiting"), hash(sent));
    const receipt = await mined(provider, sent);
    // It may come yet: who is told that it failed would pay once more.
    if (!receipt) return say(...done, words("deposit_slow"), hash(sent));
    if (Number(receipt.status) !== 1) return say(words("deposit_reverted"), hash(sent));
    done.push(make("p", "govuk-body-s", `${words("transaction")} `, make("span", "m-hash", sent)));
  }
  say(make("h2", "govuk-heading-m", words("deposit_done")), ...done);
}

async function mined(provider: Provider, sent: string): Promise<Receipt | undefined> {
  for (let asked = 0; asked < PATIENCE; asked++) {
    const receipt = (await ask(provider, "eth_getTransactionReceipt", [sent])) as Receipt | null;
    if (receipt) return receipt;
    await new Promise((resume) => setTimeout(resume, PAUSE));
  }
  return undefined;
}

start.hidden = false;
start.addEventListener("click", () => void begin());
