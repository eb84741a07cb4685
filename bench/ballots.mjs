// Milliseconds to make ballots with the pages' own code: encrypt, prove, sign and pack. Arguments: an election as in
// tests/vectors/ballots.json, how many ballots, and a folder to build the code into.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const [file, count, outDir] = process.argv.slice(2);
const names = ["ballot", "forms", "hashes"];
const at = (name) => fileURLToPath(new URL(`../dapp/src/ballots/${name}.ts`, import.meta.url));
await build({
  configFile: false,
  logLevel: "error",
  build: {
    outDir,
    target: "node20",
    ssr: true,
    rollupOptions: { input: Object.fromEntries(names.map((name) => [name, at(name)])) },
  },
  ssr: { noExternal: true },
});
const [{ Maker, pack, sign }, { unpacked }, { bytes }] = await Promise.all(
  names.map((name) => import(pathToFileURL(join(outDir, `${name}.js`)))),
);

const { chainId, box, election, key, contests, width, units } = JSON.parse(await readFile(file, "utf8"));
const [x, y] = key.map(BigInt);
const known = {
  id: election,
  chain: BigInt(chainId),
  box,
  key: { x, y },
  forms: contests.map(({ packed }) => unpacked(BigInt(packed))),
  width,
};
const [{ scalar, ...voter }] = units[0].voters;
const selections = known.forms.map(({ form, options }) => (form === "choice" ? 0 : Array.from({ length: options }, () => 1)));

/** One ballot, as a page makes it that has just been opened: the key's tables are part of it the first time. */
async function make(maker) {
  const ballot = await maker.prove({ unit: 0, ...voter }, maker.encrypt(selections));
  return pack(ballot, sign(known, ballot.tracker, bytes(scalar)));
}

const started = performance.now();
const maker = new Maker(known);
let packed = await make(maker);
const first = performance.now() - started;
const times = [];
for (let made = 0; made < Number(count); made += 1) {
  const begun = performance.now();
  packed = await make(maker);
  times.push(performance.now() - begun);
}
process.stdout.write(JSON.stringify({ first, times, packed: Buffer.from(packed).toString("hex") }) + "\n");
