/** A disk of one megabyte fills up under a daemon, is full when it starts again, and has room once more. */
import { writeFileSync, rmSync, statfsSync, cpSync } from "node:fs";
import { join } from "node:path";
import { AranyaError } from "../../src/client/index.ts";
import type { Client } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { differences } from "./kills.ts";
import { nameOf, readKept } from "./lib/kept.ts";
import type { Kept } from "./lib/kept.ts";
import { Ledger } from "./lib/ledger.ts";
import { Load } from "./lib/load.ts";
import { complaints } from "./lib/world.ts";
import type { CrashWorld, Found } from "./lib/world.ts";

/** Left free at the start, so that the device founds its team and not much more. */
const ROOM_BYTES = 48 * 1024;
/** Commands that have to be acknowledged once there is room again. */
const ONCE_MORE = 50;

export async function fullDisk(world: CrashWorld): Promise<Found> {
  const faults: string[] = [];
  const disk = world.mounts.mountTmpfs("1m");
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, "ballast"), new Uint8Array(bavail * bsize - ROOM_BYTES));
  const ledger = new Ledger();
  const check = async (when: string, client: Client): Promise<void> => {
    const kept = readOf(world, disk);
    const found = [...ledger.faults(kept), ...(await differences(client, kept))];
    faults.push(...found.map((fault) => `${when}: ${fault}`));
  };

  const daemon = world.daemon(disk);
  daemon.start();
  let client = await daemon.connect();
  const load = new Load(client, ledger, "f");
  faults.push(...(await refusedForStorage("the disk fills up", load.run())));
  const teamId = load.teamId!;
  // The last bytes as well, and those left in pages that are in use.
  fill(join(disk, "last"));
  const squeeze = async (): Promise<void> => {
    for (let i = 0; ; i++) {
      const label = `squeezed ${i}`;
      await ledger.command(nameOf(teamId, "CreateLabel", label), client.createLabel(teamId, label));
    }
  };
  faults.push(...(await refusedForStorage("the last bytes", squeeze())));
  const beforeRefusals = ledger.acknowledged;
  for (let i = 0; i < 20; i++) {
    const call = client.createLabel(teamId, `refused ${"x".repeat(50)} ${i}`);
    faults.push(...(await refusedForStorage("a full disk", call)));
  }
  faults.push(...(await refusedForStorage("a new team on a full disk", client.createTeam())));
  await check("full", client);
  if ((await daemon.stop()) !== 0) faults.push("a daemon with a full disk does not stop cleanly");
  faults.push(...complaints(daemon));

  const again = world.daemon(disk);
  again.start();
  client = await again.connect();
  await check("started on a full disk", client);
  for (const name of ["ballast", "last"]) rmSync(join(disk, name));
  const more = new Load(client, ledger, "g", teamId);
  const roomAgain = eventually(
    "commands are acknowledged once there is room",
    () => Promise.resolve(ledger.acknowledged),
    (count) => count >= beforeRefusals + ONCE_MORE,
  );
  await Promise.all([more.run(), roomAgain.finally(() => more.end())]);
  await check("room again", client);
  if ((await again.stop()) !== 0) faults.push("the daemon does not stop cleanly");
  faults.push(...complaints(again));
  return { totals: { "full disks": 1, acknowledged: ledger.acknowledged }, faults };
}

async function refusedForStorage(when: string, call: Promise<unknown>): Promise<string[]> {
  try {
    await call;
    return [`${when}: not refused`];
  } catch (error) {
    if (!(error instanceof AranyaError)) throw error;
    return error.code === "StorageFailed" ? [] : [`${when}: refused with ${error.code}: ${error.message}`];
  }
}

function fill(path: string): void {
  try {
    writeFileSync(path, new Uint8Array(2 ** 20));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

function readOf(world: CrashWorld, disk: string): Kept {
  const copy = world.mounts.path();
  cpSync(join(disk, "work"), copy, { recursive: true });
  const kept = readKept(copy);
  rmSync(copy, { recursive: true });
  return kept;
}
