/** Starting clean, stopping clean, and graphs that never touch the disk. */
import { existsSync, readdirSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/daemon-process.ts";
import { bytes, Fleet, foundTeam, LABEL, openChannel, pull, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let left: Device;
let right: Device;
beforeAll(async () => {
  [owner, left, right] = await fleet.started("owner", "left", "right");
});

test("[SYS-5] after SIGKILL the device and its teams are there; peers, channels and effects are not", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  await left.client.addSyncPeer(owner.address, teamId, 1000);
  await openChannel(left, right, teamId);
  const before = await left.client.team(teamId);
  const { id } = left;

  await left.daemon.stop("SIGKILL");
  await left.start();
  expect(left.id).toBe(id);
  expect(await left.client.teams()).toEqual([teamId]);
  expect(await left.client.team(teamId)).toEqual(before);
  expect(await left.client.syncPeers()).toEqual([]);
  expect(await left.client.channels()).toEqual([]);
  expect(left.effects).toEqual([]);

  // What the peer still holds of the old channel is in nobody's way.
  const { near } = await openChannel(left, right, teamId);
  expect(await left.client.sendData(bytes("again"), near, 10_000)).toBe(true);
});

test("[SYS-5] SIGTERM stops within time with clients, channels, calls and syncs under way, and leaves keys and logs", async () => {
  const frozen = await fleet.device("frozen");
  await frozen.start();
  const teamId = await foundTeam(owner, { users: [left, right, frozen] });
  const { near, far } = await openChannel(left, right, teamId);
  const other = await left.connect();
  frozen.signal("SIGSTOP");
  // A peer that takes connections and never answers: one polled, one asked now.
  await left.client.addSyncPeer(frozen.address, teamId, 100);
  const syncing = refusal(left.client.syncNow(frozen.address, teamId));
  const polling = refusal(other.pollData(30_000));
  const opening = refusal(other.createChannel(teamId, frozen.address, LABEL));
  await left.client.teams();

  expect(await left.daemon.stop("SIGTERM")).toBe(0);
  expect((await syncing).code).toBe("DaemonUnavailable");
  expect((await opening).code).toMatch(/^(ChannelClosed|DaemonUnavailable)$/);
  expect((await polling).code).toBe("DaemonUnavailable");
  expect(await left.sawClosed(near), "its own application is told why").toMatch(/daemon is stopping/);
  expect(await right.sawClosed(far)).toMatch(/by the peer: the daemon is stopping/);
  expect(existsSync(left.daemon.socketPath)).toBe(false);
  expect(readdirSync(left.daemon.workDir).sort()).toEqual(["audit", "keystore", "teams"]);
  expect(readdirSync(join(left.daemon.workDir, "teams", teamId))).toEqual(["log"]);

  frozen.signal("SIGCONT");
  await left.start();
  expect(await left.client.teams()).toContain(teamId);
});

test("[SYS-5] an application that does not read does not hold up a stop", async () => {
  const device = await fleet.device("unread");
  await device.start();
  const teamId = await device.client.createTeam();
  const silent = createConnection(device.daemon.socketPath);
  await new Promise((done) => silent.once("connect", done));
  silent.pause();
  await device.client.createLabel(teamId, "a");
  expect(await device.daemon.stop()).toBe(0);
  silent.destroy();
});

test("[SYS-5] graphStore memory: nothing is written, a team is gone after a restart and comes back from a peer", async () => {
  const device = await fleet.device("memory");
  await device.start({ graphStore: "memory" });
  const own = await device.client.createTeam();
  await device.client.createLabel(own, "volatile");
  const teamId = await foundTeam(owner, { users: [device] });
  await owner.client.assignRole(teamId, device.id, "operator");
  await pull(device, owner, teamId);
  const fresh = { name: "x", port: await freePort() };
  expect(await device.client.assignNetworkName(teamId, device.id, `127.0.0.1:${fresh.port}`)).toBe(true);
  await pull(owner, device, teamId);
  const { stateDigest } = await device.client.team(teamId);
  expect(readdirSync(join(device.daemon.workDir, "teams"))).toEqual([]);

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const { id } = device;
    await device.daemon.stop(signal);
    await device.start({ graphStore: "memory" });
    expect(device.id).toBe(id);
    expect(await device.client.teams()).toEqual([]);
    expect((await refusal(device.client.team(own))).code).toBe("UnknownTeam");
    await device.client.addTeam(teamId);
    expect((await refusal(device.client.team(teamId))).code).toBe("TeamNotSynced");
    await pull(device, owner, teamId);
    expect((await device.client.team(teamId)).stateDigest).toBe(stateDigest);
    expect(readdirSync(join(device.daemon.workDir, "teams"))).toEqual([]);
  }
  expect(await device.client.assignNetworkName(teamId, device.id, device.address)).toBe(true);
});

test("[SYS-5] a graph that may lack the device's own commands is read, not written to, until level with a peer", async () => {
  const device = await fleet.device("behind");
  await device.start();
  const teamId = await foundTeam(owner, { operator: device });
  await device.daemon.stop();
  await device.start({ graphStore: "memory" });
  expect((await device.client.team(teamId)).closed).toBe(false);
  const name = `127.0.0.1:${await freePort()}`;
  const assign = (): Promise<boolean> => device.client.assignNetworkName(teamId, device.id, name);
  expect((await refusal(assign())).code).toBe("NotReady");
  await pull(device, owner, teamId);
  expect(await assign()).toBe(true);
});
