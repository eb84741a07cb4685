import { button, make } from "../dom.js";
import type { Words } from "../words.js";
import type { Intake } from "./intake.js";
import type { Proof } from "./proof.js";
import { moment, readable, sentenceOf, type Templates } from "./sentences.js";
import type { Name, Verdict } from "./verdict.js";

/** Whose word the facts are. */
export type Told = "service" | "wallet" | "checkpoint" | "nobody";

/** Everything that a result shows. `say` has the page's words, `templates` those of sentences. */
export interface Shown {
  readonly verdict: Verdict;
  readonly proof: Proof | null;
  readonly told: Told;
  readonly intake: Extract<Intake, { found: unknown }>;
  readonly say: Words;
  readonly templates: Templates;
  readonly check: () => void;
}

/** How a verdict looks; its name and sentence alone carry the meaning. */
const GOOD: readonly Name[] = ["VALID", "VALID_ISSUED_BEFORE_KEY_RETIRED"];
const OPEN: readonly Name[] = ["CANNOT_TELL", "SUSPENDED", "EXPIRED", "SUPERSEDED", "UNKNOWN_REGISTRY"];

/** Show a verdict in place of whatever was there, and move to it. */
export function show(place: HTMLElement, shown: Shown): void {
  const { verdict, say, told } = shown;
  const kind = GOOD.includes(verdict.name) ? "good" : OPEN.includes(verdict.name) ? "open" : "bad";
  const sign = make("span", "m-verdict__sign", { good: "✓", open: "!", bad: "✗" }[kind]);
  sign.setAttribute("aria-hidden", "true");
  const heading = make("h2", "govuk-heading-l govuk-!-margin-bottom-2", sign, say(`name.${verdict.name}`));
  heading.tabIndex = -1;
  const panel = make("section", `m-verdict m-verdict--${kind}`, heading, make("p", "govuk-body-l govuk-!-margin-bottom-0", spoken(shown)));
  place.replaceChildren(panel, ...fields(shown), details(shown));
  place.append(make("p", "govuk-body", say(told === "service" ? "told" : `told_${told}`)));
  if (told === "service") place.append(button(say("wallet"), "govuk-button govuk-button--secondary", shown.check));
  heading.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest" });
}

/** The sentence; why a file is no proof is told in the reader's language. */
function spoken({ verdict, say, templates }: Shown): string {
  const values = verdict.name === "NOT_A_PROOF" ? { reason: say("garbled") } : verdict.values;
  return readable(sentenceOf({ ...verdict, values }, templates)); // a checkpoint's name is a stranger's text
}

function details({ verdict, proof, intake, say }: Shown): HTMLElement {
  const list = make("dl", "govuk-summary-list");
  const row = (key: string, ...value: (Node | string)[]): void =>
    list.append(
      make(
        "div",
        "govuk-summary-list__row",
        make("dt", "govuk-summary-list__key", say(key)),
        make("dd", "govuk-summary-list__value", ...value),
      ),
    );
  if (intake.document !== null) row("document", name(intake.document));
  row("proof", intake.proof === null ? say("inside") : name(intake.proof));
  if (proof) {
    const { issuer, registry, chainId } = proof.leaf;
    row("issuer", ...issuerOf(verdict, issuer, say));
    const issued = verdict.values["issued_at"];
    if (typeof issued === "number") row("issued", moment(issued));
    row("registry", make("span", "m-hash", registry), ` · ${say("chain_id", { chain: chainId })}`);
  }
  if (verdict.asOf) {
    const { number, time, hash } = verdict.asOf;
    row("as_of", say("block", { number, time: moment(time) }), " ", make("span", "m-hash", hash));
  }
  return list;
}

function issuerOf(verdict: Verdict, issuer: string, say: Words): (Node | string)[] {
  const party = verdict.variant === ".party";
  const link = make("a", "govuk-link m-hash", issuer);
  link.href = `/${party ? "parties" : "agencies"}/${issuer}`;
  const hint = make("span", "govuk-hint govuk-!-margin-bottom-0", say("issuer_check"));
  if (!("issued_at" in verdict.values)) return [make("span", "m-hash", issuer)]; // nobody but the proof says so
  return [say(party ? "issuer_party" : "issuer_agency"), make("br"), link, make("br"), hint];
}

/** The fields of a disclosure, once they are proven: they are all that the document is known to say. */
function fields({ verdict, proof, say }: Shown): HTMLElement[] {
  if (proof?.content.kind !== "disclosure" || !GOOD.includes(verdict.name)) return [];
  const heading = (scope: "col" | "row", content: Node | string): HTMLElement => {
    const element = make("th", "govuk-table__header", content);
    element.scope = scope;
    return element;
  };
  const rows = proof.content.fields.map(({ pointer, value }) =>
    make("tr", "govuk-table__row", heading("row", name(pointer || "/")), make("td", "govuk-table__cell", name(value))),
  );
  const titles = make("tr", "govuk-table__row", heading("col", say("field")), heading("col", say("value")));
  const head = make("thead", "govuk-table__head", titles);
  const caption = make("caption", "govuk-table__caption govuk-table__caption--m", say("fields"));
  const table = make("table", "govuk-table", caption, head, make("tbody", "govuk-table__body", ...rows));
  const others = proof.content.hidden.length ? [make("p", "govuk-body-s", say("fields_only"))] : [];
  return [make("div", "m-scroll", table), ...others];
}

const name = (text: string): HTMLElement => make("bdi", "", readable(text));
