import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { define } from "./contracts.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Builds dapp/dist: hashed files and a manifest, from which the service knows what to serve under /static. */
export default defineConfig({
  root: here("."),
  base: "/static/",
  publicDir: false,
  define: define(),
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        styles: here("src/styles/main.scss"),
        ballot_election: here("src/ballots/pages/election.ts"),
        ballot_enrol: here("src/ballots/pages/enrol.ts"),
        ballot_paper: here("src/ballots/pages/paper.ts"),
        ballot_test: here("src/ballots/pages/test.ts"),
        ballot_track: here("src/ballots/pages/track.ts"),
        ballot_verify: here("src/ballots/pages/verify.ts"),
        ballot_vote: here("src/ballots/pages/vote.ts"),
        bind: here("src/identity/bind.ts"),
        check: here("src/land/check.ts"),
        company: here("src/identity/company.ts"),
        deposit: here("src/land/deposit.ts"),
        draft: here("src/land/draft.ts"),
        sign: here("src/identity/sign.ts"),
        verify: here("src/documents/page.ts"),
        icon: here("src/styles/icon.svg"),
      },
    },
  },
  worker: { format: "es" },
  css: {
    preprocessorOptions: {
      scss: { loadPaths: [here("../node_modules")], quietDeps: true },
    },
  },
});
