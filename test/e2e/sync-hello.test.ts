/** Hello between real daemons that poll once a minute: what comes sooner came by hello. */
import { afterAll, expect, test } from "vitest";
import type { Effect, TeamId } from "../../src/client/index.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { Fleet, foundTeam } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const RATE_MS = 60_000;
/** Waiting this long a few times is less than that rate: no poll can have brought what came. */
const SOON_MS = 12_000;

/** `device` polls `from` and has subscribed there. */
async function follow(device: Device, from: Device, teamId: TeamId): Promise<void> {
  const subscribers = subscribersSeen(from);
  await device.client.addSyncPeer(from.address, teamId, RATE_MS);
  await eventually(
    `${device.name} is level with ${from.name}`,
    () => device.client.syncPeers(),
    (peers) => peers.some((p) => p.address === from.address && p.lastSuccess !== undefined),
  );
  await from.daemon.logged(
    "sync subscriber",
    (line) => !subscribers.has(line) && line["deviceId"] === device.id,
  );
}

function subscribersSeen(device: Device): Set<unknown> {
  return new Set(device.daemon.log.filter((line) => line.msg === "sync subscriber"));
}

async function arrives(devices: readonly Device[], teamId: TeamId, label: string): Promise<void> {
  await Promise.all(
    devices.map((device) =>
      eventually(
        `${label} arrives at ${device.name}`,
        () => device.client.labels(teamId),
        (labels) => labels.includes(label),
        SOON_MS,
      ),
    ),
  );
}

test("[SYN-6] a chain and a star of five that poll once a minute learn of a label by hello alone", async () => {
  const [owner, ...others] = await fleet.started("c-owner", "c-1", "c-2", "c-3", "c-4");
  const chain = await foundTeam(owner, { members: others });
  const star = await foundTeam(owner, { members: others });
  const line = [owner, ...others];
  for (const [i, device] of others.entries()) {
    await follow(device, line[i]!, chain);
    await follow(device, owner, star);
  }
  for (const label of ["one", "two"]) {
    await owner.client.createLabel(chain, label);
    await owner.client.createLabel(star, label);
    await Promise.all([chain, star].map((teamId) => arrives(others, teamId, label)));
  }

  // A pull that is asked for goes over the connection that is there.
  const [first] = others;
  const connections = owner.daemon.log.filter((line) => line.msg === "sync subscriber").length;
  expect(await first.client.syncNow(owner.address, star)).toMatchObject({ received: 0 });
  await owner.client.createLabel(star, "three");
  await arrives(others, star, "three");
  expect(owner.daemon.log.filter((line) => line.msg === "sync subscriber")).toHaveLength(connections);
});

test("[SYN-6, SYN-7] a member removed while subscribed is told so, and hears no more", async () => {
  const [owner, gone, stays] = await fleet.started("r-owner", "r-gone", "r-stays");
  const teamId = await foundTeam(owner, { members: [gone, stays] });
  await follow(gone, owner, teamId);
  await follow(stays, owner, teamId);
  const { commandCount } = await gone.client.team(teamId);
  await owner.client.removeDevice(teamId, gone.id);
  const failed = (e: Effect & { type: "syncFailed" }): boolean => e.teamId === teamId;
  expect(await gone.saw("syncFailed", failed)).toMatchObject({ code: "PeerRefused" });
  const [peer] = await gone.client.syncPeers();
  expect(peer?.lastError?.reason).toContain("removed");
  await owner.client.createLabel(teamId, "after");
  await arrives([stays], teamId, "after");
  expect((await gone.client.team(teamId)).commandCount).toBe(commandCount);
  expect(gone.effects.filter((e) => e.type === "syncFailed")).toHaveLength(1);
});

test("[SYN-6, SYN-8] peers that are dead, deaf or killed do not disturb hello from another", async () => {
  const [owner, leaf, frozen, killed] = await fleet.started("d-owner", "d-leaf", "d-frozen", "d-killed");
  const teamId = await foundTeam(owner, { members: [leaf, frozen, killed] });
  for (const peer of [frozen, killed, owner]) await follow(leaf, peer, teamId);
  await leaf.client.addSyncPeer(`127.0.0.1:${await freePort()}`, teamId, RATE_MS);
  frozen.signal("SIGSTOP");
  await killed.daemon.stop("SIGKILL");
  for (const label of ["one", "two", "three"]) {
    await owner.client.createLabel(teamId, label);
    await arrives([leaf], teamId, label);
  }
  const healthy = (await leaf.client.syncPeers()).find((p) => p.address === owner.address);
  expect(healthy?.lastError).toBeUndefined();
  frozen.signal("SIGCONT");
});

test("[SYN-6] a connection that is lost is sought again soon, not at the next poll", async () => {
  const [owner, member] = await fleet.started("l-owner", "l-member");
  const teamId = await foundTeam(owner, { members: [member] });
  await follow(member, owner, teamId);
  await owner.daemon.stop();
  await owner.start();
  await owner.client.createLabel(teamId, "after the restart");
  await arrives([member], teamId, "after the restart");
  // And hello is there again.
  await owner.client.createLabel(teamId, "and on");
  await arrives([member], teamId, "and on");
});

test("[SYN-6] with hello off a device polls, and keeps no connection", async () => {
  const [owner, member] = await fleet.started("o-owner", "o-member");
  const teamId = await foundTeam(owner, { members: [member] });
  await member.daemon.stop();
  await member.start({ sync: { listen: member.address, hello: "off" } });
  const subscribers = subscribersSeen(owner).size;
  await member.client.addSyncPeer(owner.address, teamId, 200);
  await owner.client.createLabel(teamId, "polled");
  await arrives([member], teamId, "polled");
  expect(subscribersSeen(owner).size).toBe(subscribers);
});
