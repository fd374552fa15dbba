/**
 * npm run fleet: how long a new label takes to every daemon of a large fleet, all of them real and on this machine: in a ring
 * and in a star, by polling every second and by hello, and in a ring with one peer in eight dead beside the same without.
 *
 *   node test/fleet/main.ts [--daemons N] [--labels N] [--only ID]… [--report FILE] [--svg FILE] [--json FILE] [--doc FILE]
 *
 *   --daemons N    in the ring or star (default 70); each takes about 40 MiB
 *   --labels N     made in each configuration, one after the other (default 10)
 *   --only ID      ring-poll, ring-hello, star-poll, star-hello or dead-peer; may be repeated
 *   --report FILE  the report, one HTML file with its charts (default build/fleet.html)
 *   --svg FILE     the charts alone
 *   --json FILE    every time measured, for tools
 *   --doc FILE     puts the table into a document, between its marks
 *
 * Ends with 1 where a label did not arrive.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Bench, FULL } from "../bench/lib/bench.ts";
import { copyOfBundle } from "../bench/lib/bundle.ts";
import { thisMachine } from "../bench/lib/machine.ts";
import { betweenMarks, number } from "../bench/lib/markdown.ts";
import { Progress } from "../bench/lib/progress.ts";
import { provenance } from "../bench/lib/report.ts";
import { commit } from "../support/commit.ts";
import { CONFIGURATIONS } from "./measure.ts";
import { html, pictureOf, toJson } from "./report.ts";
import type { FleetRun } from "./report.ts";
import { deadPeerRatio, summaryTable } from "./series.ts";
import type { Series } from "./series.ts";
import { commandLine } from "../../cross/command-line.ts";

const values = commandLine(import.meta.filename, {
  daemons: { type: "string", default: "70" },
  labels: { type: "string", default: "10" },
  only: { type: "string", multiple: true, default: [] },
  report: { type: "string", default: join(import.meta.dirname, "../../build/fleet.html") },
  svg: { type: "string" },
  json: { type: "string" },
  doc: { type: "string" },
});
const daemons = Number(values.daemons);
const labels = Number(values.labels);
const known = CONFIGURATIONS.map(({ id }) => id);
const unknown = values.only.find((id) => !known.includes(id));
const areCounts = [daemons, labels].every((n) => Number.isSafeInteger(n) && n > 0) && daemons > 1;
if (unknown !== undefined || !areCounts) {
  console.error(`usage: npm run fleet -- [--daemons 2…] [--labels 1…] [--only ${known.join("|")}]…`);
  process.exit(64);
}

async function main(): Promise<void> {
  const machine = thisMachine();
  const progress = new Progress();
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-fleet-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const bundle = copyOfBundle(directory);
  if (bundle === undefined)
    progress.note("no dist/aranya-edge.cjs: the daemons run from source (npm run bundle)");
  const series: Series[] = [];
  for (const { id, run } of CONFIGURATIONS) {
    if (values.only.length > 0 && !values.only.includes(id)) continue;
    const say = (text: string): void => progress.show(text);
    const bench = new Bench({ budget: FULL, only: [], bundle, profileDirectory: undefined, say });
    try {
      series.push(...(await run({ members: daemons, labels, newDaemon: () => bench.daemon(), say })));
    } finally {
      await bench.close();
    }
  }
  progress.end();
  report({ commit: commit(), machine, daemons, series });
}

function report(run: FleetRun): void {
  const table = `${provenance(run)}\n\nMilliseconds:\n\n${summaryTable(run.series)}`;
  console.log(table);
  const ratio = deadPeerRatio(run.series);
  if (ratio !== undefined) console.log(`\np95 with one peer in eight dead, by p95 without: ${number(ratio)}`);
  mkdirSync(dirname(values.report), { recursive: true });
  writeFileSync(values.report, html(run));
  console.log(`\nReport: ${values.report}`);
  if (values.svg !== undefined) writeFileSync(values.svg, pictureOf(run)!);
  if (values.json !== undefined) writeFileSync(values.json, toJson(run));
  if (values.doc !== undefined) {
    writeFileSync(
      values.doc,
      betweenMarks(readFileSync(values.doc, "utf8"), "npm run fleet -- --doc", table),
    );
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
