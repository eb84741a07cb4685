import { Unreadable } from "./shapes.js";

const TOKEN = /["{}[\]]|-?[0-9][0-9.eE+-]*/g;
const WHOLE = /^-?[0-9]+$/;

/**
 * JSON in which no key comes twice, and every number is a whole one below 2^53: there readers differ, and what one has
 * checked another would not see. Throws Unreadable.
 */
export function strictJson(written: string, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    throw new Unreadable(where, "is no JSON");
  }
  // What follows rests on that: outside of texts, only the tokens stand that it looks for.
  const open: Set<string>[] = [];
  const tokens = new RegExp(TOKEN);
  for (let found = tokens.exec(written); found; found = tokens.exec(written)) {
    const [token] = found;
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token !== '"') refuseNumber(token, where);
    else {
      const end = endOfText(written, tokens.lastIndex);
      if (isKey(written, end)) {
        const key = JSON.parse(written.slice(found.index, end)) as string;
        const keys = open.at(-1)!;
        if (keys.has(key)) throw new Unreadable(where, `has the key ${key.slice(0, 40)} twice in one object`);
        keys.add(key);
      }
      tokens.lastIndex = end;
    }
  }
  return value;
}

function refuseNumber(written: string, where: string): void {
  if (!WHOLE.test(written) || !Number.isSafeInteger(Number(written))) {
    throw new Unreadable(where, `has the number ${written.slice(0, 40)}, which is no whole one below 2^53`);
  }
}

/** The place behind a text's closing quotation mark. */
function endOfText(written: string, from: number): number {
  for (let at = written.indexOf('"', from); ; at = written.indexOf('"', at + 1)) {
    let first = at;
    while (written[first - 1] === "\\") first -= 1;
    if ((at - first) % 2 === 0) return at + 1;
  }
}

function isKey(written: string, end: number): boolean {
  let at = end;
  while (" \t\n\r".includes(written[at] ?? "x")) at += 1;
  return written[at] === ":";
}
