// Judges documents with the pages' own verifier: a JSON object a line from standard input, its "act" and a vector of
// docs/documents.md, and the answer a line to standard output. The argument is a folder to build the verifier into.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const outDir = process.argv[2];
const modules = ["content", "intake", "offline", "proof", "sentences", "verdict"];
await build({
  configFile: false,
  logLevel: "error",
  build: {
    outDir,
    target: "node20",
    ssr: true,
    rollupOptions: { input: Object.fromEntries(modules.map((name) => [name, at(`../../dapp/src/documents/${name}.ts`)])) },
  },
  ssr: { noExternal: true },
});
const [content, { take }, { EvidenceSource }, { read }, sentences, { judge, settle}] = await Promise.all(
  modules.map((name) => import(pathToFileURL(join(outDir, `${name}.js`)))),
);

const messages = JSON.parse(readFileSync(at("../../muniment/web/messages/en.json"), "utf-8"));
const bytes = (text) => (text === null ? null : new Uint8Array(Buffer.from(text, "base64")));

async function sha256(content) {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return `0x${Buffer.from(digest).toString("hex")}`;
}

const KEYS = ["chainId", "registry", "issuer", "root", "index"];

function sourceOf({ known, otherwise }) {
  const same = (one, other) => KEYS.every((key) => one[key] === other[key]);
  return {
    async facts(question) {
      const found = known.find((one) => same(one.question, question));
      return found ? found.facts : otherwise;
    },
  };
}

const ACTS = {
  async judge(vector) {
    const content = bytes(vector.document);
    const document = { sha256: content && (await sha256(content)), content };
    const verdict = await judge(document, bytes(vector.proof), vector.trust, sourceOf(vector), vector.now);
    return { ...verdict, sentence: sentences.sentenceOf(verdict, messages) };
  },
  async content({ json, secretBytes }) {
    try {
      return content.hashOfJson(bytes(json), secretBytes);
    } catch (error) {
      return { refused: error.message };
    }
  },
  // Files as somebody would drop them, [name, content in base64] each.
  async take({ files, ...vector }) {
    const taken = await take(files.map(([name, text]) => new File([bytes(text)], name)), () => {});
    if ("missing" in taken) return taken;
    const { verdict, proof } = taken.found;
    const { checkpoint } = taken;
    if (checkpoint && proof) return settle(proof, vector.trust, new EvidenceSource(proof.evidence, checkpoint), vector.now);
    return verdict ?? (await settle(proof, vector.trust, sourceOf(vector), vector.now));
  },
  async named({ files }) {
    const { document, proof } = await take(files.map(([name, text]) => new File([bytes(text)], name)), () => {});
    return { document, proof };
  },
  async evidence({ document, proof, checkpoint, maxAge, now }) {
    const content = bytes(document);
    const trust = { registries: [{ chainId: checkpoint.chainId, address: checkpoint.registry }], issuers: null, maxAge };
    const source = new EvidenceSource(read(bytes(proof)).evidence, checkpoint);
    return judge({ sha256: await sha256(content), content }, bytes(proof), trust, source, now);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...given } = JSON.parse(line);
  console.log(JSON.stringify(await ACTS[act](given)));
}
