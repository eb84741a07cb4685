import type { Judgement, Task } from "./judging.js";
import { here, type Judges } from "./verify.js";

const WORTH_IT = 500_000; // hex digits of ballots, from which threads pay for their starting

/** A thread that answers one task at a time. */
export interface Thread {
  judge(task: Task): Promise<Judgement>;
  end(): void;
}

/** Judges in several threads, each given the next task as soon as it is done with one; they end with the last. */
export function inThreads(count: number, start: () => Thread): Judges {
  return async (tasks, done) => {
    if (tasks.reduce((sum, { packed }) => sum + packed.length, 0) < WORTH_IT) return here(tasks, done);
    const judged = new Array<Judgement>(tasks.length);
    const threads = Array.from({ length: Math.min(count, tasks.length) }, start);
    let [next, finished] = [0, 0];
    const work = async (thread: Thread): Promise<void> => {
      for (let at = next++; at < tasks.length; at = next++) {
        judged[at] = await thread.judge(tasks[at]!);
        done((finished += 1));
      }
    };
    try {
      await Promise.all(threads.map(work));
    } finally {
      for (const thread of threads) thread.end();
    }
    return judged;
  };
}

/** A thread of the browser's. `start` makes a worker that runs worker.ts. */
export function browserThread(start: () => Worker): Thread {
  const worker = start();
  return {
    judge: (task) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Judgement>) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(task);
      }),
    end: () => worker.terminate(),
  };
}
