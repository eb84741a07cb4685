import { keccak256 } from "viem";
import { get } from "../deployment.js";
import { byId, make } from "../dom.js";
import { follow, type Intent } from "../identity/follow.js";
import { messagesOf, wordsOf } from "../words.js";
import { smallest } from "./amounts.js";

// Makes a paper of a sale out of a form (its template lays in data-draft where it goes), and leads on to where it is
// signed. Files stay here: only their hashes are sent.

interface Field {
  /** The input's id, and the member's name in what is sent; a path such as mortgage.amount makes a struct. */
  readonly name: string;
  readonly kind: "amount" | "currency" | "day" | "legal_date" | "file" | "party" | "address" | "addresses" | "shares" | "whole" | "lien";
  readonly optional: boolean;
  /** Of an amount: how many decimals the currency has; null: that of the currency chosen in the form. */
  readonly decimals: number | null;
}

interface Draft {
  readonly post: string;
  readonly fields: readonly Field[];
  /** Members that are sent as they are. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** What was wrong in a field, in words. */
class Wrong extends Error {}

const ID = /^0x[0-9a-fA-F]{64}$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const END_OF_DAY = 24 * 3600 - 1;

const form = byId("draft") as HTMLFormElement;
const problems = byId("draft-problems");
const state = byId("draft-state");
const send = byId("draft-button") as HTMLButtonElement;
const words = wordsOf(form);
const draft = JSON.parse(form.dataset["draft"] ?? "{}") as Draft;

const inputOf = (name: string): HTMLInputElement => byId(name) as HTMLInputElement;
const labelOf = (name: string): string => form.querySelector(`label[for="${CSS.escape(name)}"]`)?.textContent?.trim() ?? name;

async function read(field: Field): Promise<unknown> {
  const input = inputOf(field.name);
  const text = input.value.trim();
  const label = labelOf(field.name);
  if (!text) {
    if (field.optional) return undefined;
    throw new Wrong(words("draft_missing", { label }));
  }
  switch (field.kind) {
    case "amount":
    case "lien": {
      const amount = smallest(text, field.decimals ?? chosenDecimals());
      if (amount === undefined || amount === 0n) throw new Wrong(words("draft_amount", { label }));
      return String(amount);
    }
    case "whole":
      if (!/^[0-9]{1,3}$/.test(text)) throw new Wrong(words("draft_amount", { label }));
      return Number(text);
    case "day": {
      const moment = Date.parse(`${text}T00:00:00Z`) / 1000 + END_OF_DAY;
      if (!(moment > Date.now() / 1000)) throw new Wrong(words("draft_day", { label }));
      return moment;
    }
    case "legal_date":
      return Number(text.replaceAll("-", ""));
    case "file": {
      const file = input.files?.[0];
      if (!file) throw new Wrong(words("draft_missing", { label }));
      return keccak256(new Uint8Array(await file.arrayBuffer()));
    }
    case "party":
      return matching(text, ID, "draft_id", label);
    case "address":
      return matching(text, ADDRESS, "draft_address", label);
    case "addresses":
      return lines(text).map((line) => matching(line, ADDRESS, "draft_address", label));
    default:
      return text;
  }
}

function matching(text: string, pattern: RegExp, key: string, label: string): string {
  if (!pattern.test(text)) throw new Wrong(words(key, { label }));
  return text.toLowerCase();
}

const lines = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter(Boolean);

function chosenDecimals(): number {
  const chosen = (byId("currency") as HTMLSelectElement).selectedOptions[0];
  return Number(chosen?.dataset["decimals"] ?? 0);
}

/** Buyers and their shares over one denominator, in ascending order as the contract wants them. */
function shares(text: string, label: string): { denominator: string; shares: { holder: string; numerator: string }[] } {
  const given = lines(text).map((line) => {
    const [holder = "", part = "1/1"] = line.split(/\s+/);
    const [, above = "", below = ""] = /^([0-9]{1,18})\/([0-9]{1,18})$/.exec(part) ?? [];
    if (!above || !Number(below)) throw new Wrong(words("draft_shares"));
    return { holder: matching(holder, ID, "draft_id", label), above: BigInt(above), below: BigInt(below) };
  });
  const denominator = given.reduce((all, { below }) => (all * below) / common(all, below), 1n);
  const parts = given.map(({ holder, above, below }) => ({ holder, numerator: (above * denominator) / below }));
  parts.sort((one, other) => (one.holder < other.holder ? -1 : 1));
  const whole = parts.reduce((sum, { numerator }) => sum + numerator, 0n) === denominator;
  if (!whole || new Set(parts.map(({ holder }) => holder)).size !== parts.length) throw new Wrong(words("draft_shares"));
  return {
    denominator: String(denominator),
    shares: parts.map(({ holder, numerator }) => ({ holder, numerator: String(numerator) })),
  };
}

const common = (one: bigint, other: bigint): bigint => (other ? common(other, one % other) : one);

/** All that was filled in; undefined when something is wrong, which the page then says. */
async function collected(): Promise<Record<string, unknown> | undefined> {
  const body: Record<string, unknown> = { ...draft.fixed };
  const wrong: [string, string][] = [];
  const liens: { lien: string; payoff: string }[] = [];
  for (const field of draft.fields) {
    mark(field.name);
    try {
      if (field.kind === "shares") {
        Object.assign(body, shares(inputOf(field.name).value, labelOf(field.name)));
        continue;
      }
      const value = await read(field);
      if (value === undefined) continue;
      if (field.kind === "lien") liens.push({ lien: field.name, payoff: String(value) });
      else put(body, field.name.split("."), value);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      wrong.push([field.name, error.message]);
      mark(field.name, error.message);
    }
  }
  if (liens.length) body["liens"] = liens;
  if (!wrong.length && draft.fields.some((field) => field.name === "payers") && !body["payers"]) body["payers"] = await wallets(body);
  tell(wrong);
  return wrong.length ? undefined : body;
}

/** The buyers' own wallets, as far as they have any. */
async function wallets(body: Record<string, unknown>): Promise<string[]> {
  const holders = (body["shares"] as { holder: string }[]).map(({ holder }) => holder);
  const parties = await Promise.all(holders.map((holder) => get<{ wallet: { wallet: string } | null }>(`/api/parties/${holder}`)));
  return [...new Set(parties.flatMap(({ wallet }) => (wallet ? [wallet.wallet] : [])))];
}

function put(body: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (!rest.length) body[name] = value;
  else put((body[name] ??= {}) as Record<string, unknown>, rest, value);
}

/** Say beside a field what is wrong with it, or that nothing is any more. */
function mark(name: string, wrong = ""): void {
  const input = inputOf(name);
  const group = input.closest(".govuk-form-group");
  byId(`${name}-error`).replaceChildren(...(wrong ? [make("span", "govuk-visually-hidden", words("draft_error")), ` ${wrong}`] : []));
  byId(`${name}-error`).hidden = !wrong;
  group?.classList.toggle("govuk-form-group--error", Boolean(wrong));
  input.setAttribute("aria-invalid", String(Boolean(wrong)));
}

/** The summary of what is wrong, each line a link to its field; an empty name has none. */
function tell(wrong: readonly (readonly [string, string])[]): void {
  problems.replaceChildren();
  if (!wrong.length) return;
  const list = wrong.map(([name, text]) => {
    const link = make("a", "", text);
    if (name) link.href = `#${name}`;
    return make("li", "", name ? link : text);
  });
  const box = make(
    "div",
    "govuk-error-summary",
    make("h2", "govuk-error-summary__title", words("draft_problem")),
    make("div", "govuk-error-summary__body", make("ul", "govuk-list govuk-error-summary__list", ...list)),
  );
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  problems.append(box);
  box.focus();
}

async function submit(): Promise<void> {
  send.disabled = true;
  state.replaceChildren();
  try {
    const body = await collected();
    if (!body) return;
    state.replaceChildren(make("p", "govuk-body", words("draft_sending")));
    const response = await fetch(draft.post, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Partial<Intent> & { paper?: string; detail?: string };
    state.replaceChildren();
    if (!response.ok) return tell([["", answer.detail ?? words("unreachable")]]);
    if (answer.paper) return location.assign(`/sales/papers/${encodeURIComponent(answer.paper)}`);
    if (!answer.key) return;
    send.hidden = true;
    await follow(answer.key, state, words, { done: "sign_done", following: "sign_following" });
  } catch {
    state.replaceChildren();
    tell([["", words("unreachable")]]);
  } finally {
    send.disabled = false;
  }
}

/** An amount's hint says so where the currency's decimals are not known. */
function hint(): void {
  const chosen = (document.getElementById("currency") as HTMLSelectElement | null)?.selectedOptions[0];
  const place = document.getElementById("price-hint");
  if (!chosen || !place) return;
  const key = chosen.dataset["decimals"] === undefined ? "draft.smallest.hint" : "draft.price.hint";
  place.textContent = messagesOf(form)[key] ?? "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
document.getElementById("currency")?.addEventListener("change", hint);
hint();
send.hidden = false;
