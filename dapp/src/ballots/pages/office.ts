import { byId } from "../../dom.js";
import { deployment } from "../../deployment.js";
import type { Words } from "../../words.js";
import { blindedHash, type Credential, type Pending, type Waiting } from "../enrol.js";
import { answered, requestOf } from "../office.js";
import { waitingOf } from "./keeping.js";
import { byNode } from "./node.js";
import { download, moment, Refusal, showQr } from "./showing.js";
import { hasManifest, type Paper } from "./told.js";
import { drop, keepFinished, requestFor } from "./waiting.js";

// The way over the office: the request is made and kept here, carried to the office, signed there by two officers, and
// the answer is taken here.

/** What the page gives, and is told. */
export interface Desk {
  readonly paper: () => Paper;
  readonly words: Words;
  readonly step: (act: () => Promise<void>) => void;
  /** The credential is made and kept. */
  readonly enrolled: (credential: Credential) => Promise<void>;
  /** There is no request any more. */
  readonly dropped: () => void;
}

/** Let the page's way over the office work. Gives what shows a request that waits, and tells whether there is one. */
export function officeWay(desk: Desk): () => boolean {
  const { paper, words, step } = desk;
  const setup = (): Pending["setup"] => paper().told.setup;

  let shown: Pending | undefined;

  const waiting = (): Waiting | undefined => {
    const held = waitingOf(setup());
    return held?.atOffice ? held : undefined;
  };

  const show = (): boolean => {
    const held = waiting();
    shown = held?.pending;
    byId("enrol-request").hidden = !held;
    if (!held) return false;
    const { pending, made } = held;
    byId("enrol-request-made").textContent = moment(made);
    const request = requestOf(pending, paper().told.chain_id);
    byId("enrol-request-unit").textContent = paper().manifest.units[pending.unit]?.name ?? String(pending.unit);
    byId("enrol-request-blinded").textContent = blindedHash(pending);
    field("enrol-request-text").value = request;
    showQr(byId("enrol-request-qr"), request, words("enrol_request_qr"));
    return true;
  };

  const make = async (): Promise<void> => {
    const unit = Number((byId("enrol-office-unit") as HTMLSelectElement).value || "-1");
    const chosen = paper().manifest.units[unit];
    if (!chosen) {
      byId("enrol-office-unit").focus();
      throw new Refusal("", words("enrol_unit"));
    }
    const { rpc } = await deployment();
    if (rpc && !(await hasManifest(byNode(rpc), paper()))) throw new Refusal("ManifestRefused", words("ballot_differs"));
    await requestFor(paper(), words, unit, () => false, true);
    for (const id of ["enrol-make", "enrol-office"]) document.getElementById(id)?.setAttribute("hidden", "");
    show();
    byId("enrol-request-heading").focus();
  };

  const take = async (content: string): Promise<void> => {
    const pending = waiting()?.pending;
    if (!pending) return;
    const credential = await answered(content, pending, paper().manifest.units[pending.unit]!.key);
    keepFinished(pending, credential, words);
    byId("enrol-request").hidden = true;
    await desk.enrolled(credential);
  };

  const on = (id: string, act: () => void): void => document.getElementById(id)?.addEventListener("click", act);
  on("enrol-office-begin", () => step(make));
  on("enrol-request-save", () => download(`enrolment-request-${setup().slice(2, 12)}.json`, field("enrol-request-text").value));
  on("enrol-answer-take", () => step(() => take(field("enrol-answer-text").value)));
  on("enrol-request-drop", () =>
    step(async () => {
      if (!shown) return;
      drop(shown, words);
      show();
      desk.dropped();
    }),
  );
  document.getElementById("enrol-answer-file")?.addEventListener("change", ({ target }) =>
    step(async () => {
      const [file] = (target as HTMLInputElement).files ?? [];
      if (file) await take(await file.text());
    }),
  );
  return show;
}

const field = (id: string): HTMLTextAreaElement => byId(id) as HTMLTextAreaElement;
