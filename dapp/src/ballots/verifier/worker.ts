import { judge, type Task } from "./judging.js";

// Judges ballots beside the page: a task in, its judgement out.
self.addEventListener("message", ({ data }: MessageEvent<Task>) => self.postMessage(judge(data)));
