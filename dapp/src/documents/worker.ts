import { type Intake, take } from "./intake.js";

// Reads and hashes files beside the page, so that the page stays responsive. Files go in, verdicts come out; a worker
// of the page's own origin, which asks nobody for anything.

/** What the worker says: how far it is, what it found, or that a file could not be read. */
export type Said =
  | { readonly name: string; readonly done: number; readonly size: number }
  | { readonly intake: Intake }
  | { readonly failed: true };

const say = (said: Said): void => self.postMessage(said);

self.addEventListener("message", (event: MessageEvent<readonly File[]>) => {
  take(event.data, (name, done, size) => say({ name, done, size })).then(
    (intake) => say({ intake }),
    () => say({ failed: true }),
  );
});
