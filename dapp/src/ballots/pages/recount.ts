import { here, type Verification, verifyJson } from "../verifier/verify.js";
import { browserThread, inThreads } from "../verifier/pool.js";

// Verifies a transcript beside the page, so that the page stays alive; threads of its own where the browser has them.

/** What the worker says: how far it is, what it found, or that it failed. */
export type Said =
  | { readonly what: string; readonly done: number; readonly of: number }
  | { readonly verification: Verification }
  | { readonly failed: string };

const say = (said: Said): void => self.postMessage(said);
const judges =
  typeof Worker === "undefined"
    ? here
    : inThreads(navigator.hardwareConcurrency || 2, () =>
        browserThread(() => new Worker(new URL("../verifier/worker.ts", import.meta.url), { type: "module" })),
      );

self.addEventListener("message", ({ data }: MessageEvent<string>) => {
  verifyJson(data, judges, (what, done, of) => say({ what, done, of })).then(
    (verification) => say({ verification }),
    (error: unknown) => say({ failed: String(error) }),
  );
});
