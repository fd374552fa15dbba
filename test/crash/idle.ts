/** A daemon with a team and peers, one of them dead, and nothing new: flash must not notice it. */
import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writtenBy } from "../bench/lib/process-files.ts";
import { allSealed, eventually, freePort } from "../support/daemon-process.ts";
import { complaints } from "./lib/world.ts";
import type { CrashWorld, Found } from "./lib/world.ts";

const POLL_MS = 100;

export async function idle(world: CrashWorld, lengthMs: number): Promise<Found> {
  const image = world.mounts.newImage();
  const disk = world.mounts.mountImage(image);
  const [daemon, other] = [world.daemon(disk), world.daemon(world.mounts.directory())];
  daemon.start();
  other.start();
  const [address, dead] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const client = await daemon.connect();
  const peer = await other.connect({ sync: { listen: address } });
  await client.initDevice();
  await peer.initDevice();
  const teamId = await client.createTeam();
  await client.addDevice(teamId, await peer.getKeyBundle(), "peer");
  await client.createLabel(teamId, "label");
  await peer.addTeam(teamId);
  // Level in both directions: the other one pulls what there is, and then serves it.
  const own = `127.0.0.1:${await freePort()}`;
  const asking = await daemon.connect({ sync: { listen: own } });
  await peer.syncNow(own, teamId);
  await client.addSyncPeer(address, teamId, POLL_MS);
  await client.addSyncPeer(dead, teamId, POLL_MS);
  const lastSuccess = async (): Promise<number> =>
    (await client.syncPeers()).find((p) => p.address === address)?.lastSuccess ?? 0;
  await eventually("the first poll", lastSuccess, (at) => at > 0);
  await allSealed(daemon, client);

  const look = (): Record<string, unknown> => {
    // Whatever was still on its way to the image is not what an idle daemon writes.
    execFileSync("sync", ["--file-system", disk]);
    return {
      "bytes written": writtenBy(daemon.pid!),
      files: filesIn(disk),
      image: createHash("sha256").update(readFileSync(image)).digest("hex"),
    };
  };
  const [before, polled] = [look(), await lastSuccess()];
  await sleep(lengthMs);
  const after = look();
  const faults = Object.keys(before)
    .filter((what) => JSON.stringify(before[what]) !== JSON.stringify(after[what]))
    .map(
      (what) =>
        `idle, and ${what} went from ${JSON.stringify(before[what])} to ${JSON.stringify(after[what])}`,
    );
  if ((await lastSuccess()) <= polled) faults.push("it did not poll: idle for no reason");
  await asking.close();
  for (const d of [daemon, other]) {
    await d.stop();
    faults.push(...complaints(d));
  }
  world.mounts.unmount(disk);
  return { totals: { "idle seconds": lengthMs / 1000 }, faults };
}

/** Every path with its size and times. */
function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { size, mtimeMs, ctimeMs } = lstatSync(join(directory, name));
      return `${name} ${size} ${mtimeMs} ${ctimeMs}`;
    });
}
