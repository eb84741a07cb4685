// Reads a JSON list of [registry, type, shown, served] from standard input, and writes for each whether the browser
// would let a wallet sign what the service sent for what the page shows, with the page's own code.
import { readFileSync } from "node:fs";
import { transformWithOxc } from "vite";

const source = "dapp/src/identity/typed.ts";
const { code } = await transformWithOxc(readFileSync(source, "utf8"), source);
const { whatIsShown } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

let text = "";
for await (const chunk of process.stdin) text += chunk;
const judged = JSON.parse(text).map(([registry, type, shown, served]) => {
  const { chainId, verifyingContract } = served.domain;
  return whatIsShown(registry, { chainId, verifyingContract }, type, shown, served, 0) !== undefined;
});
console.log(JSON.stringify(judged));
