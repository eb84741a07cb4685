import { encodeAbiParameters } from "viem";
import { button, byId, make } from "../dom.js";
import { type Deployment, deployment, get } from "../deployment.js";
import { chooseProvider, sentence } from "../wallet/connect.js";
import { account, ask, chainTime, onChain, type Provider } from "../wallet/provider.js";
import { wordsOf } from "../words.js";
import { follow } from "./follow.js";
import { type Message, type Registry, type TypedData, whatIsShown } from "./typed.js";

// Signs what a page shows, and nothing else. The page's template lays in data-act who signs what (Act); the browser
// builds the typed data from that, compares it with what the service sends, and only then asks the wallet.

/** One thing to sign. */
interface Part {
  readonly type: string;
  /** In what part the person signs, in words; empty when there is only one. */
  readonly label: string;
  /** The wallet that signs, in lower case; null when the service knows none. */
  readonly wallet: `0x${string}` | null;
  /** What the page shows of the message: everything but a one-time number and perhaps a deadline. */
  readonly message: Message;
  readonly ask: string;
  readonly send: string;
  readonly body: Message;
  /** The message's members that go with the signature. */
  readonly echo: readonly string[];
  /** For an organisation: how many of its representatives sign for it, in place of a wallet of its own. */
  readonly represented: Represented | null;
}

interface Represented {
  readonly needed: number;
  readonly by: readonly { readonly party: `0x${string}`; readonly wallet: `0x${string}` }[];
}

/** One representative's part of an organisation's signature, as the party registry takes it. */
interface OneOfSeveral {
  readonly representative: `0x${string}`;
  readonly signature: `0x${string}`;
}

interface Act {
  readonly registry: Registry;
  readonly address: string;
  readonly chain: number;
  readonly intent: string | null;
  readonly parts: readonly Part[];
  /** The member that a second wallet fills, which signs too, after the present one. */
  readonly joins: string | null;
  /** The member that the one wallet fills whose signature is shown, for the person to hand it to the agency. */
  readonly hands_over: string | null;
}

/** What the service answers: one thing to sign, or several in different parts. */
interface Asked {
  readonly typed_data?: TypedData;
  readonly to_sign?: readonly { readonly part?: string; readonly place?: number; readonly typed_data: TypedData }[];
}

const SEVERAL = [
  {
    type: "tuple[]",
    components: [
      { name: "representative", type: "bytes32" },
      { name: "signature", type: "bytes" },
    ],
  },
] as const;

const root = byId("sign");
const state = byId("sign-state");
const words = wordsOf(root);
const act = JSON.parse(root.dataset["act"] ?? "{}") as Act;
const start = byId("sign-button") as HTMLButtonElement;

function say(...lines: (string | HTMLElement)[]): void {
  state.replaceChildren(...lines.map((line) => (typeof line === "string" ? make("p", "govuk-body", line) : line)));
}

/** A button that does one step, and comes back with a sentence above it when the step fails. */
function step(text: string, intro: readonly (string | HTMLElement)[], work: () => Promise<void>): void {
  const act_ = button(text, "govuk-button", () => {
    act_.disabled = true;
    work().catch((error: unknown) => {
      act_.disabled = false;
      say(sentence(error, words, act.chain), act_);
      act_.focus();
    });
  });
  say(...intro, act_);
  act_.focus();
}

async function choose(contracts: Deployment): Promise<{ provider: Provider; wallet: `0x${string}` } | undefined> {
  const provider = await chooseProvider(contracts, words);
  if (!provider) return undefined;
  say(words("connect"));
  const wallet = await account(provider);
  await onChain(provider, act.chain);
  return { provider, wallet };
}

async function begin(): Promise<void> {
  start.disabled = true;
  try {
    const contracts = await deployment();
    const chosen = await choose(contracts);
    if (!chosen) return;
    if (act.joins) return await join(contracts, chosen.provider, chosen.wallet);
    if (act.hands_over) return await handOver(contracts, chosen.provider, chosen.wallet);
    const mine = act.parts.filter((part) => signs(part, chosen.wallet));
    if (!mine.length) return say(words("sign_other"), hash(chosen.wallet), ...others());
    start.hidden = true;
    await next(contracts, chosen.provider, chosen.wallet, mine);
  } catch (error) {
    say(sentence(error, words, act.chain));
  } finally {
    start.disabled = false;
  }
}

/** Whether a wallet signs a part, for itself or as a representative. */
const signs = (part: Part, wallet: string): boolean =>
  part.represented ? part.represented.by.some((one) => one.wallet === wallet) : part.wallet === wallet;

/** Sign one part after the other with one wallet. */
async function next(
  contracts: Deployment,
  provider: Provider,
  wallet: `0x${string}`,
  parts: readonly Part[],
): Promise<void> {
  const [part, ...rest] = parts;
  if (!part) return location.reload();
  const data = await prepared(contracts, provider, part, part.message);
  if (!data) return say(words("mismatch"));
  const intro = [words("ready"), hash(wallet), ...(part.label ? [make("p", "govuk-body", make("strong", "", part.label))] : [])];
  step(words("sign"), intro, async () => {
    const given = await signature(provider, wallet, data);
    if (part.represented) return await together(contracts, part, part.represented, data, [oneOf(part.represented, wallet, given)]);
    await handIn(part, data, given, () => next(contracts, provider, wallet, rest));
  });
}

/** Hand a signature in, and go on to what comes then unless it was the last, or refused. */
async function handIn(part: Part, data: TypedData, given: string, then: () => Promise<void> | void): Promise<void> {
  const key = await sent(part, data, { signature: given });
  if (key === undefined) return;
  await (key ? followed(key) : then());
}

function oneOf(represented: Represented, wallet: string, given: string): OneOfSeveral {
  const representative = represented.by.find((one) => one.wallet === wallet)?.party ?? "0x";
  return { representative, signature: given as `0x${string}` };
}

/** Gather as many representatives' signatures as the organisation's rule asks for, each from a wallet of its own. */
async function together(
  contracts: Deployment,
  part: Part,
  represented: Represented,
  data: TypedData,
  gathered: readonly OneOfSeveral[],
): Promise<void> {
  const sorted = [...gathered].sort((one, other) => (one.representative < other.representative ? -1 : 1));
  if (sorted.length >= represented.needed)
    return await handIn(part, data, encodeAbiParameters(SEVERAL, [sorted]), () => location.reload());
  const left = represented.by.filter((one) => !gathered.some((done) => done.representative === one.party));
  step(words("sign_next"), [words("sign_more", { n: represented.needed - gathered.length }), ...left.map((one) => hash(one.wallet))], async () => {
    const chosen = await choose(contracts);
    if (!chosen || !left.some((one) => one.wallet === chosen.wallet)) {
      await together(contracts, part, represented, data, gathered);
      if (chosen) state.prepend(make("p", "govuk-body", words("sign_other")), hash(chosen.wallet));
      return;
    }
    const given = await signature(chosen.provider, chosen.wallet, data);
    await together(contracts, part, represented, data, [...gathered, oneOf(represented, chosen.wallet, given)]);
  });
}

/** Two wallets sign the same words: the present one, then the new one that was chosen first. */
async function join(contracts: Deployment, joining: Provider, wallet: `0x${string}`): Promise<void> {
  const [part] = act.parts;
  if (!part?.wallet || !act.joins) return;
  const present = part.wallet;
  if (wallet === present) return say(words("sign_same"));
  const data = await prepared(contracts, joining, part, { ...part.message, [act.joins]: wallet }, `?wallet=${wallet}`);
  if (!data) return say(words("mismatch"));
  start.hidden = true;
  byId(`sign-${act.joins}`).replaceChildren(hash(wallet));
  step(words("sign_present"), [words("sign_new_chosen"), hash(wallet), words("sign_present_wanted"), hash(present)], async () => {
    const chosen = await choose(contracts);
    if (!chosen) return await join(contracts, joining, wallet);
    if (chosen.wallet !== present) {
      await join(contracts, joining, wallet);
      state.prepend(make("p", "govuk-body", words("sign_other")), hash(chosen.wallet));
      return;
    }
    const previous = await signature(chosen.provider, present, data);
    step(words("sign_new"), [words("sign_new_wanted"), hash(wallet)], async () => {
      const body = { wallet, previous_signature: previous, signature: await signature(joining, wallet, data) };
      const key = await sent(part, data, body);
      if (key) await followed(key);
    });
  });
}

/** A wallet that nobody knows yet signs; nothing is sent. */
async function handOver(contracts: Deployment, provider: Provider, wallet: `0x${string}`): Promise<void> {
  const [part] = act.parts;
  if (!part || !act.hands_over) return;
  const message = { ...part.message, [act.hands_over]: wallet };
  const data = await prepared(contracts, provider, part, message, `?wallet=${wallet}`);
  if (!data) return say(words("mismatch"));
  byId(`sign-${act.hands_over}`).replaceChildren(hash(wallet));
  step(words("sign"), [words("ready"), hash(wallet)], async () => {
    const signed = await signature(provider, wallet, data);
    start.hidden = true;
    say(
      make("h2", "govuk-heading-m", words("sign_hand_over")),
      words("sign_hand_wallet"),
      hash(wallet),
      words("sign_hand_deadline"),
      hash(String(data.message["deadline"])),
      words("sign_hand_signature"),
      hash(signed),
    );
  });
}

/** Ask the service for what is to be signed; undefined when that is not what the page shows. */
async function prepared(
  contracts: Deployment,
  provider: Provider,
  part: Part,
  message: Message,
  query = "",
): Promise<TypedData | undefined> {
  const asked = await get<Asked>(part.ask + query);
  const served = asked.typed_data ?? asked.to_sign?.find((one) => isFor(one, part))?.typed_data;
  const address = contracts.contracts[act.registry]?.address.toLowerCase();
  if (!served || address !== act.address || contracts.chain_id !== act.chain) return undefined;
  const place = { chainId: act.chain, verifyingContract: address };
  const data = whatIsShown(act.registry, place, part.type, message, served, await chainTime(provider));
  if (data) reveal(data.message);
  return data;
}

/** Whether one of several things to sign is this part: by its name, or its place among those who sign. */
const isFor = (one: { readonly part?: string; readonly place?: number }, part: Part): boolean =>
  one.part === part.body["part"] && one.place === part.body["place"];

/** The two values that the service chose stand in the page, too, before anything is signed. */
function reveal(message: Message): void {
  const nonce = document.getElementById("sign-nonce");
  if (nonce && message["nonce"] !== undefined) nonce.replaceChildren(hash(String(message["nonce"])));
  const deadline = document.getElementById("sign-deadline");
  const until = new Date(Number(message["deadline"]) * 1000);
  deadline?.replaceChildren(
    until.toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }) + " UTC",
  );
}

async function signature(provider: Provider, wallet: string, data: TypedData): Promise<string> {
  await onChain(provider, act.chain);
  say(words("signing"));
  return String(await ask(provider, "eth_signTypedData_v4", [wallet, JSON.stringify(data)]));
}

/** Hand a signature in. The intent's key, "" when others must sign first, undefined when it was refused. */
async function sent(part: Part, data: TypedData, given: Message): Promise<string | undefined> {
  say(words("sending"));
  const echoed = Object.fromEntries(part.echo.map((name) => [name, data.message[name]]));
  const response = await fetch(part.send, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...part.body, ...echoed, ...given }),
  });
  const answer = (await response.json()) as { key?: string; intent_key?: string | null; detail?: string };
  if (response.ok) return answer.key ?? answer.intent_key ?? "";
  say(answer.detail ?? words("unreachable"));
  start.hidden = false;
  return undefined;
}

async function followed(key: string): Promise<void> {
  start.hidden = true;
  await follow(key, state, words, { done: "sign_done", following: "sign_following" });
}

const hash = (text: string): HTMLElement => make("p", "govuk-body m-hash", text);

/** The wallets that are asked for, so that the person can tell which one is meant. */
function others(): (string | HTMLElement)[] {
  const named = act.parts.flatMap((part) => [part.wallet, ...(part.represented?.by.map((one) => one.wallet) ?? [])]);
  const wanted = [...new Set(named.filter((wallet) => wallet !== null))];
  return wanted.length ? [words("sign_wanted"), ...wanted.map(hash)] : [];
}

if (act.intent) {
  void followed(act.intent);
} else if (act.parts.length) {
  start.hidden = false;
  start.addEventListener("click", () => void begin());
}
