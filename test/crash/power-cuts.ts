/**
 * The power goes while a daemon is at work: its disk is an image, and a copy of that is all that is left. What the kernel
 * has not been told to write is not in it.
 */
import { copyFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { untilGone } from "./kills.ts";
import { readKept } from "./lib/kept.ts";
import { Ledger } from "./lib/ledger.ts";
import { Load } from "./lib/load.ts";
import { complaints } from "./lib/world.ts";
import type { CrashWorld, Found } from "./lib/world.ts";

const CUTS_PER_DEVICE = 10;
const BETWEEN_CUTS_MS_MAX = 100;

export async function powerCuts(world: CrashWorld, count: number): Promise<Found> {
  const totals = { "power cuts": 0, devices: 0, acknowledged: 0, "torn logs": 0 };
  const faults: string[] = [];
  while (totals["power cuts"] < count && faults.length === 0) {
    const image = world.mounts.newImage();
    const disk = world.mounts.mountImage(image);
    const ledger = new Ledger();
    totals.devices++;
    const daemon = world.daemon(disk);
    daemon.start();
    const load = new Load(await daemon.connect(), ledger, "p");
    const ended = untilGone(load.run());
    for (let i = 0; i < CUTS_PER_DEVICE && totals["power cuts"] < count; i++) {
      await sleep(world.rng.between(0, BETWEEN_CUTS_MS_MAX));
      const copy = world.mounts.path();
      const then = new Ledger(ledger);
      await copyFile(image, copy);
      totals["power cuts"]++;
      const mounted = world.mounts.mountImage(copy);
      try {
        const kept = readKept(join(mounted, "work"));
        totals["torn logs"] += [...kept.teams.values()].filter((team) => team.tornBytes > 0).length;
        faults.push(...ledger.faults(kept, then));
      } finally {
        world.mounts.unmount(mounted);
        rmSync(copy);
      }
    }
    await daemon.stop("SIGKILL");
    await ended;
    world.say(`${totals["power cuts"]} power cuts`);
    totals.acknowledged += ledger.acknowledged;
    faults.push(...complaints(daemon));
    world.mounts.unmount(disk);
    rmSync(image);
  }
  return { totals, faults };
}
