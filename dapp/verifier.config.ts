import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { define } from "./contracts.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Builds dapp/verifier/verify-election.mjs: the independent verifier as one file for Node, with all that it needs. */
export default defineConfig({
  root: here("."),
  publicDir: false,
  define: define(),
  build: {
    outDir: here("verifier"),
    emptyOutDir: true,
    ssr: here("src/ballots/verifier/node.mjs"),
    target: "node20",
    rollupOptions: { output: { entryFileNames: "verify-election.mjs", codeSplitting: false } },
  },
  ssr: { noExternal: true },
});
