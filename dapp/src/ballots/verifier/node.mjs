import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { parseArgs } from "node:util";
import { strictJson } from "../json.js";
import { judge } from "./judging.js";
import { ElectionUnreadable, load, nodeAt } from "./load.js";
import { inThreads } from "./pool.js";
import { verifyJson } from "./verify.js";

// The verifier on a command line. Every thread runs this file.

const USAGE = `Usage:
  --transcript FILE                                       an election's transcript, or
  --rpc URL --box ADDRESS --roll FILE|URL --log FILE|URL  where it is; [--block N|latest|safe|finalized]
  [--save FILE] write the transcript; [--workers N] threads; [--json] one line of JSON, and no progress
Exit status: 0 VALID, 1 INVALID, 3 INCOMPLETE, 2 misunderstood.
`;
const STATUS = { VALID: 0, INVALID: 1, INCOMPLETE: 3 };

function thread() {
  const worker = new Worker(new URL(import.meta.url));
  return {
    judge: (task) =>
      new Promise((resolve, reject) => {
        worker.once("error", reject);
        worker.once("message", (judged) => {
          worker.off("error", reject); // or every task would leave one more behind
          resolve(judged);
        });
        worker.postMessage(task);
      }),
    end: () => void worker.terminate(),
  };
}

async function published(place) {
  if (!/^https?:/.test(place)) return strictJson(readFileSync(place, "utf8"), place);
  const response = await fetch(place);
  if (!response.ok) throw new ElectionUnreadable(`${place} answers HTTP ${response.status}.`);
  return strictJson(await response.text(), place);
}

async function transcriptOf({ transcript, rpc, box, roll, log, block }, tell) {
  if (transcript) return readFileSync(transcript, "utf8");
  const at = /^[0-9]+$/.test(block) ? `0x${Number(block).toString(16)}` : block;
  return JSON.stringify(await load(nodeAt(rpc), box, await published(roll), await published(log), at, tell));
}

async function main(words) {
  const text = { type: "string" };
  const options = {
    transcript: text, rpc: text, box: text, roll: text, log: text, save: text, workers: text,
    block: { type: "string", default: "latest" }, json: { type: "boolean", default: false },
  };
  let values;
  try {
    ({ values } = parseArgs({ args: words, options }));
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}`);
    return 2;
  }
  const whole = values.rpc && /^0x[0-9a-fA-F]{40}$/.test(values.box ?? "") && values.roll && values.log;
  if (!values.transcript && !whole) {
    process.stderr.write(USAGE);
    return 2;
  }
  const tell = (what, done, of) => {
    if (!values.json) process.stderr.write(`\r${what}: ${done} of ${of}   `);
  };
  const start = performance.now();
  let json;
  try {
    json = await transcriptOf(values, tell);
  } catch (error) {
    process.stderr.write(`The election cannot be read: ${error.message}\n`);
    return 2;
  }
  if (values.save) writeFileSync(values.save, json);
  const workers = Number(values.workers ?? availableParallelism());
  const verification = await verifyJson(json, inThreads(workers, thread), tell);
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  if (!values.json) process.stderr.write("\n");
  process.stdout.write(`${JSON.stringify({ ...verification, seconds }, null, values.json ? 0 : 2)}\n`);
  return STATUS[verification.verdict];
}

if (isMainThread) process.exitCode = await main(process.argv.slice(2));
else parentPort.on("message", (task) => parentPort.postMessage(judge(task)));
