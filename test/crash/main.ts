/**
 * npm run crash: what a device keeps when its daemon is killed, its power goes, its disk is full; and that it writes nothing
 * when there is nothing to write.
 *
 *   node test/crash/main.ts [--seed N] [--kills N] [--cuts N] [--idle SECONDS] [--only NAME]…
 *
 *   --only NAME    kills, cuts, full or idle; may be repeated
 *   --plant NAME   with a daemon that breaks its promise, which has to be noticed: late (by kills), unsynced
 *                  (by cuts), restless (by idle)
 *
 * All but the kills mount file systems of their own, which needs root. Ends with 0 where every promise was kept.
 */
import { commit } from "../support/commit.ts";
import { Progress } from "../bench/lib/progress.ts";
import { fullDisk } from "./full-disk.ts";
import { idle } from "./idle.ts";
import { kills } from "./kills.ts";
import { whyNoMounts } from "./lib/mounts.ts";
import { CrashWorld, isPlant } from "./lib/world.ts";
import type { Found } from "./lib/world.ts";
import { powerCuts } from "./power-cuts.ts";
import { commandLine } from "../../cross/command-line.ts";

const values = commandLine(import.meta.filename, {
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  kills: { type: "string", default: "500" },
  cuts: { type: "string", default: "200" },
  idle: { type: "string", default: "30" },
  only: { type: "string", multiple: true, default: [] },
  plant: { type: "string" },
});

const PARTS: Readonly<Record<string, { mounts: boolean; run: (world: CrashWorld) => Promise<Found> }>> = {
  kills: { mounts: false, run: (world) => kills(world, Number(values.kills)) },
  cuts: { mounts: true, run: (world) => powerCuts(world, Number(values.cuts)) },
  full: { mounts: true, run: fullDisk },
  idle: { mounts: true, run: (world) => idle(world, Number(values.idle) * 1000) },
};

async function main(): Promise<number> {
  const unknown = values.only.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`no part is called ${unknown}: ${Object.keys(PARTS).join(", ")}`);
  const { plant } = values;
  if (plant !== undefined && !isPlant(plant)) throw new Error(`no plant is called ${plant}`);
  const seed = Number(values.seed);
  console.log(`seed ${seed}, commit ${commit()}`);
  const whyNot = whyNoMounts();
  let faults = 0;
  for (const [name, { mounts, run }] of Object.entries(PARTS)) {
    if (values.only.length > 0 && !values.only.includes(name)) continue;
    if (mounts && whyNot !== undefined) {
      console.log(`${name}: left out, since this machine mounts nothing: ${whyNot}`);
      continue;
    }
    const progress = new Progress();
    const world = new CrashWorld({ seed, plant, say: (text) => progress.show(text) });
    try {
      const found = await run(world);
      progress.end();
      const totals = Object.entries(found.totals).map(([what, count]) => `${count} ${what}`);
      console.log(`${name}: ${totals.join(", ")}, ${found.faults.length} faults`);
      for (const fault of found.faults.slice(0, 20)) console.log(`  ${fault}`);
      faults += found.faults.length;
    } finally {
      await world.close();
    }
  }
  return faults === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
