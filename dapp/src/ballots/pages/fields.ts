import { byId } from "../../dom.js";
import type { Words } from "../../words.js";
import type { Selection } from "../ballot.js";
import type { Contest } from "../manifest.js";

// The ballot paper as the template has it: a fieldset for each contest (data-contest), its fields by data-option.

const fieldsOf = (contest: number): HTMLInputElement[] => [
  ...document.querySelectorAll<HTMLInputElement>(`[data-contest="${contest}"] [data-option]`),
];

/** What is filled in; undefined where nothing is, or something that is no number. */
function filledIn(contest: number, { form }: Contest): Selection | undefined {
  const fields = fieldsOf(contest);
  if (form.form === "choice") {
    const chosen = fields.find((field) => field.checked)?.value;
    return chosen === undefined ? undefined : chosen === "blank" ? null : Number(chosen);
  }
  const points = fields.map((field) => {
    if (field.type === "checkbox") return Number(field.checked);
    return /^[0-9]{1,2}$/.test(field.value.trim()) ? Number(field.value) : field.value.trim() === "" ? 0 : Number.NaN;
  });
  return points.some((own) => Number.isNaN(own) || own > form.most) ? undefined : points;
}

const sumOf = (points: readonly number[]): number => points.reduce((sum, own) => sum + own, 0);

/** What is wrong with one contest, in words; "" when it can be cast so. */
function wrong(contest: number, paper: Contest, words: Words): string {
  const chosen = filledIn(contest, paper);
  const { form } = paper;
  if (form.form === "choice") return chosen === undefined ? words("ballot_choose") : "";
  if (chosen === undefined) return words("ballot_points", { most: form.most });
  const sum = sumOf(chosen as readonly number[]);
  if (sum < form.minimum) return words("ballot_too_few", { n: form.minimum - sum, minimum: form.minimum });
  return sum > form.maximum ? words("ballot_too_many", { n: sum - form.maximum, maximum: form.maximum }) : "";
}

/** Say after each change how much is left to give. */
export function watchFields(contests: readonly Contest[], words: Words): void {
  contests.forEach((paper, contest) => {
    const { form } = paper;
    if (form.form === "choice") return;
    const left = byId(`contest-${contest}-left`);
    const tell = (): void => {
      const chosen = filledIn(contest, paper);
      const rest = chosen === undefined ? undefined : form.maximum - sumOf(chosen as readonly number[]);
      left.textContent = rest === undefined ? words("ballot_points", { most: form.most })
        : rest < 0 ? words("ballot_over", { n: -rest }) : words("ballot_left", { n: rest });
      left.classList.toggle("m-paper__left--over", rest === undefined || rest < 0);
    };
    for (const field of fieldsOf(contest)) field.addEventListener("input", tell);
    tell();
  });
}

/** What is filled in, contest by contest; undefined when something is wrong, which is said there. */
export function readFields(contests: readonly Contest[], words: Words): Selection[] | undefined {
  let first: HTMLInputElement | undefined;
  contests.forEach((paper, contest) => {
    const says = wrong(contest, paper, words);
    byId(`contest-${contest}-error`).textContent = says;
    byId(`contest-${contest}-group`).classList.toggle("govuk-form-group--error", says !== "");
    if (says) first ??= fieldsOf(contest)[0];
  });
  if (first) {
    first.focus();
    return undefined;
  }
  return contests.map((paper, contest) => filledIn(contest, paper)!);
}

/** Selections as their reader says them: one line for each contest. */
export function spoken(contests: readonly Contest[], selections: readonly Selection[], words: Words): string[][] {
  return contests.map(({ form, options }, contest) => {
    const chosen = selections[contest]!;
    if (form.form === "choice") return [typeof chosen === "number" ? options[chosen]! : words("ballot_blank")];
    const points = chosen as readonly number[];
    const given = options.flatMap((option, at) => {
      if (!points[at]) return [];
      return form.most === 1 ? [option] : [words("ballot_given", { option, n: points[at] })];
    });
    return given.length ? given : [words("ballot_nothing")];
  });
}

/** Wipe the paper. */
export function clearFields(): void {
  (byId("vote-form") as HTMLFormElement).reset();
}
