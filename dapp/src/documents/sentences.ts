import type { Verdict } from "./verdict.js";

/** Templates of the verdicts ("verdict.NAME.variant") and reasons ("reason.9") in one language. */
export type Templates = Readonly<Record<string, string>>;

const LAST_TIME = 253_402_300_799; // the last second of the year 9999
const REPLACEMENT = "\ufffd";

/** The verdict in one plain sentence; two when it stands on a checkpoint. */
export function sentenceOf({ name, variant, values, asOf }: Verdict, templates: Templates): string {
  const said = fill(templates, `verdict.${name}${variant}`, values);
  if (asOf === null || asOf.checkpoint === null) return said;
  return `${said} ${fill(templates, "verdict.asOf", { time: asOf.time, checkpoint: asOf.checkpoint })}`;
}

/** A Unix time to the minute: "2024-03-09 16:00 UTC". */
export function moment(time: number): string {
  if (time > LAST_TIME) return String(time);
  return `${new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Text from a stranger without what could make it look like another: as `muniment.web.text.readable`. */
export function readable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, REPLACEMENT);
}

function fill(templates: Templates, key: string, values: Readonly<Record<string, string | number>>): string {
  return (templates[key] ?? key).replace(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, form?: string) => {
    const value = values[name];
    if (value === undefined) return "?";
    if (form === "time") return moment(Number(value));
    if (form === "revocation") return templates[`reason.${value}`] ?? String(value);
    return String(value);
  });
}
