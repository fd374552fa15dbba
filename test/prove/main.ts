/**
 * npm run prove: the product held against the slow model, and the model against what must be true of every graph, on
 * hostile graphs by the hundred thousand.
 *
 *   node test/prove/main.ts [--graphs N] [--large N] [--from SEED] [--workers N]
 *
 *   --graphs N     of 4 to 18 commands: properties of authority, and product against model (default 200000)
 *   --large N      of 10 to 40 commands: product against model (default 10000)
 *   --from SEED    the first seed; each graph has one of its own (default 1)
 *   --workers N    processes (default: one for each processor)
 *
 * Prints seeds, commit and totals, and each finding with its seed. Ends with 1 if there is one.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { commit } from "../support/commit.ts";
import { Progress } from "../bench/lib/progress.ts";
import type { Shard, ShardReport } from "./shard.ts";
import { commandLine } from "../../cross/command-line.ts";

const values = commandLine(import.meta.filename, {
  graphs: { type: "string", default: "200000" },
  large: { type: "string", default: "10000" },
  from: { type: "string", default: "1" },
  workers: { type: "string", default: String(availableParallelism()) },
});
const [graphs, large, from, workers] = [values.graphs, values.large, values.from, values.workers].map(Number);
if (![graphs, large, from, workers].every((n) => Number.isSafeInteger(n) && n! >= 0) || workers === 0) {
  console.error("usage: npm run prove -- [--graphs N] [--large N] [--from SEED] [--workers N]");
  process.exit(64);
}
console.log(
  `seeds from ${from}: ${graphs} graphs of 4 to 18 commands, ${large} of 10 to 40, commit ${commit()}`,
);

const SHARD = 200;
const shards: Shard[] = [];
for (const [kind, count] of [
  ["small", graphs!],
  ["large", large!],
] as const) {
  for (let first = from!; first < from! + count; first += SHARD) {
    shards.push({ kind, first, count: Math.min(SHARD, from! + count - first) });
  }
}
const total = graphs! + large!;
const sums = { graphs: 0, commands: 0, accepted: 0, findings: 0 };
const progress = new Progress();
const startedAt = performance.now();
await Promise.all(Array.from({ length: workers! }, work));
progress.end();
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `${sums.graphs} graphs, ${sums.commands} commands, ${sums.accepted} of them accepted, ${sums.findings} findings, ${seconds} s`,
);
process.exitCode = sums.findings > 0 || sums.graphs !== total ? 1 : 0;

/** One process, shard by shard. */
function work(): Promise<void> {
  return new Promise((done, fail) => {
    const worker = fork(new URL("shard.ts", import.meta.url), ["--worker"]);
    const next = (): void => {
      const shard = shards.shift();
      if (shard === undefined) worker.disconnect();
      else worker.send(shard);
    };
    worker.on("message", (message) => {
      const report = message as ShardReport;
      sums.graphs += report.graphs;
      sums.commands += report.commands;
      sums.accepted += report.accepted;
      sums.findings += report.findings.length;
      for (const finding of report.findings) console.log(finding);
      const percent = Math.floor((100 * sums.graphs) / total);
      progress.show(`${percent} %, ${sums.findings} findings`);
      next();
    });
    worker.on("exit", (code) => {
      if (code === 0) done();
      else fail(new Error(`a worker ended with ${code}`));
    });
    next();
  });
}
