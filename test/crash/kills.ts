/** A daemon under load is killed, again and again, and starts again: while it starts, founds, writes or removes. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, TeamId } from "../../src/client/index.ts";
import type { DaemonProcess } from "../support/daemon-process.ts";
import { readKept } from "./lib/kept.ts";
import type { Kept } from "./lib/kept.ts";
import { Ledger } from "./lib/ledger.ts";
import { Load } from "./lib/load.ts";
import { complaints } from "./lib/world.ts";
import type { CrashWorld, Found } from "./lib/world.ts";

/** After so many a device begins anew: its first moments are worth as much as its later ones. */
const KILLS_PER_DEVICE = 25;
const UNDER_LOAD_MS_MAX = 200;
const STARTING_MS_MAX = 250;

export async function kills(world: CrashWorld, count: number): Promise<Found> {
  const totals = { kills: 0, "of them while starting": 0, devices: 0, acknowledged: 0, "torn logs": 0 };
  const faults: string[] = [];
  while (totals.kills < count) {
    const directory = world.mounts.directory();
    const ledger = new Ledger();
    totals.devices++;
    let teamId: TeamId | undefined;
    let kept: Kept | undefined;
    for (let i = 0; i < KILLS_PER_DEVICE && totals.kills < count; i++) {
      const daemon = world.daemon(directory);
      daemon.start();
      if (world.rng.chance(0.15)) {
        await sleep(world.rng.between(0, STARTING_MS_MAX));
        await daemon.stop("SIGKILL");
        totals["of them while starting"]++;
      } else {
        const client = await daemon.connect();
        if (kept !== undefined) faults.push(...(await differences(client, kept)));
        const load = new Load(client, ledger, `k${totals.kills}`, teamId);
        const ended = untilGone(load.run());
        await sleep(world.rng.between(0, UNDER_LOAD_MS_MAX));
        await daemon.stop("SIGKILL");
        await ended;
        teamId = load.teamId;
      }
      totals.kills++;
      faults.push(...complaints(daemon));
      kept = readCopy(world, daemon);
      if (kept !== undefined) {
        totals["torn logs"] += [...kept.teams.values()].filter((team) => team.tornBytes > 0).length;
        faults.push(...ledger.faults(kept));
        ledger.settle(kept);
      }
      if (faults.length > 0) return { totals, faults };
    }
    world.say(`${totals.kills} kills`);
    totals.acknowledged += ledger.acknowledged;
    faults.push(...(await stopsCleanly(world, directory)));
    rmSync(directory, { recursive: true });
  }
  return { totals, faults };
}

/** What the daemon says it has, against what was read of its files. */
export async function differences(client: Client, kept: Kept): Promise<string[]> {
  if (kept.deviceId === undefined) return [];
  const faults: string[] = [];
  const deviceId = await client.getDeviceId();
  if (deviceId !== kept.deviceId) faults.push(`the daemon is ${deviceId}, its keys are ${kept.deviceId}`);
  const teams = await client.teams();
  for (const teamId of kept.teams.keys()) if (!teams.includes(teamId)) faults.push(`${teamId} is not served`);
  for (const teamId of teams) {
    const { commandCount, heads } = await client.team(teamId);
    const inLog = 1 + (kept.teams.get(teamId)?.commands.length ?? Number.NaN);
    if (commandCount !== inLog) faults.push(`${teamId} has ${commandCount} commands, its log ${inLog}`);
    if (heads.length !== 1) faults.push(`${teamId} has ${heads.length} heads`);
  }
  return faults;
}

/** Calls that get no answer are what a kill is about; anything else is not. */
export async function untilGone(load: Promise<void>): Promise<void> {
  try {
    await load;
  } catch (error) {
    if ((error as { code?: string }).code !== "DaemonUnavailable") throw error;
  }
}

/** Undefined before there is anything. What the daemon has to tidy up stays for it. */
function readCopy(world: CrashWorld, daemon: DaemonProcess): Kept | undefined {
  const copy = world.mounts.path();
  try {
    cpSync(daemon.workDir, copy, { recursive: true });
    return readKept(copy);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function stopsCleanly(world: CrashWorld, directory: string): Promise<string[]> {
  const daemon = world.daemon(directory);
  daemon.start();
  await (await daemon.connect()).close();
  const code = await daemon.stop();
  return [...complaints(daemon), ...(code === 0 ? [] : [join(directory, `ended with ${code}`)])];
}
