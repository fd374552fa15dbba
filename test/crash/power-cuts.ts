/**
 * The power goes while a daemon is at work: its disk is an image, and a copy of that is all that is left. What the kernel
 * has not been told to write is not in it.
 *
 * The daemon stands still while it is copied: a copy takes 20 ms, on a busy machine more, and one made beside writes shows no one
 * moment. ext4 then finds its own checksums wrong, or takes a whole tree for gone that was there for seconds.
 */
import { copyFile } from "node:fs/promises";
import { readdirSync, readFileSync, rmSync } from "node:fs";
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
      await whileStopped(daemon.pid!, () => copyFile(image, copy));
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

/** Between two system calls: one that is under way, a sync for instance, ends first. */
async function whileStopped(pid: number, work: () => Promise<void>): Promise<void> {
  process.kill(pid, "SIGSTOP");
  try {
    while (!isStopped(pid)) await sleep(1);
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** Every thread of it: libuv's write, too. */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
    // The name in front may hold anything, parentheses included.
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  });
}
