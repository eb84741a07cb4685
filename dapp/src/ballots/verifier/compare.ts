import type { Happened } from "./chain.js";
import type { Findings } from "./findings.js";

/** An event that a replay expects. */
export interface Told {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** One text for values that mean the same: numbers as decimal text, hex in small letters. */
export function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${parts.map(([key, part]) => `${key}:${plain(part)}`).join()}}`;
  }
  return String(value).toLowerCase();
}

/** Report the first event of a transaction that is not the one expected, one that is missing, or one too many. */
export function expectEvents(expected: readonly Told[], events: readonly Happened[], findings: Findings): void {
  for (const [at, event] of events.entries()) {
    const { name, args } = expected[at] ?? { name: "", args: {} };
    if (name === event.name && plain(args) === plain(event.args)) continue;
    const says = name ? `What was done makes ${name} with other values, or instead.` : "Nothing that was done makes this event.";
    findings.add("EventDiffers", event.where, says);
    return;
  }
  const missing = expected[events.length];
  if (missing) findings.add("EventMissing", events[0]?.sent.where ?? "blocks", `What was done makes ${missing.name}, which is not there.`);
}
