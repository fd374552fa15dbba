/**
 * npm run bench: what the product costs, each figure against what the machine can do at best in the same minutes.
 *
 *   node test/bench/main.ts [--quick] [--only ID]… [--json FILE] [--doc FILE] [--profile DIR]
 *
 *   --quick        a look at whether everything runs; the figures say little
 *   --only ID      a scenario (afc-one-way), a family of its figures (afc-one-way/64) or one of them; may be repeated
 *   --json FILE    the figures for tools
 *   --doc FILE     puts the table into a document, between its marks
 *   --profile DIR  every process started writes a CPU profile there; the figures are not to be quoted
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Bench, FULL, QUICK } from "./lib/bench.ts";
import type { Scenario } from "./lib/bench.ts";
import { copyOfBundle } from "./lib/bundle.ts";
import { thisMachine } from "./lib/machine.ts";
import { Progress } from "./lib/progress.ts";
import { intoDocument, provenance, table, toJson } from "./lib/report.ts";
import type { Figure, Run } from "./lib/report.ts";
import { matches, matchesPartOf } from "./lib/selection.ts";
import { afcOneWay } from "./scenarios/afc-one-way.ts";
import { afcRoundTrip } from "./scenarios/afc-round-trip.ts";
import { bulk, bulkBadPath } from "./scenarios/bulk.ts";
import { cClient } from "./scenarios/c-client.ts";
import { channelOpen } from "./scenarios/channel-open.ts";
import { commands } from "./scenarios/commands.ts";
import { disk } from "./scenarios/disk.ts";
import { firstSync } from "./scenarios/first-sync.ts";
import { fleet } from "./scenarios/fleet.ts";
import { graph } from "./scenarios/graph.ts";
import { idleChannels } from "./scenarios/idle-channels.ts";
import { memory } from "./scenarios/memory.ts";
import { merge } from "./scenarios/merge.ts";
import { stages } from "./scenarios/stages.ts";
import { start } from "./scenarios/start.ts";
import { status } from "./scenarios/status.ts";
import { commandLine } from "../../cross/command-line.ts";
import { commit } from "../support/commit.ts";

const SCENARIOS: readonly Scenario[] = [
  afcOneWay,
  afcRoundTrip,
  bulk,
  bulkBadPath,
  cClient,
  channelOpen,
  idleChannels,
  stages,
  commands,
  graph,
  merge,
  firstSync,
  start,
  status,
  memory,
  disk,
  fleet,
];

async function main(): Promise<void> {
  const values = commandLine(import.meta.filename, {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    doc: { type: "string" },
    profile: { type: "string" },
  });
  const { only } = values;
  const scenarios = SCENARIOS.filter(({ id }) => matchesPartOf(only, id));
  for (const id of only) {
    const known = SCENARIOS.some((s) => matchesPartOf([id], s.id));
    if (!known) throw new Error(`no scenario is called ${id}: ${SCENARIOS.map((s) => s.id).join(", ")}`);
  }
  const machine = thisMachine();
  const progress = new Progress();
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-bench-bundle-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const bundle = copyOfBundle(directory);
  if (bundle === undefined)
    progress.note("no dist/aranya-edge.cjs: the daemon runs from source (npm run bundle)");
  const figures: Figure[] = [];
  for (const scenario of scenarios) {
    const bench = new Bench({
      budget: values.quick ? QUICK : FULL,
      only,
      bundle,
      profileDirectory: values.profile === undefined ? undefined : resolve(values.profile),
      say: (text) => progress.show(text),
    });
    try {
      figures.push(...(await scenario.run(bench)).filter(({ id }) => matches(only, id)));
    } finally {
      await bench.close();
    }
  }
  progress.end();

  const run: Run = { commit: commit(), machine, figures };
  console.log(`${provenance(run)}\n\n${table(figures)}`);
  if (values.json !== undefined) writeFileSync(values.json, toJson(run));
  if (values.doc !== undefined) {
    writeFileSync(values.doc, intoDocument(readFileSync(values.doc, "utf8"), run));
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
