/** Sync between real daemons: who gets what from whom, when it comes by itself, and what is said when it does not. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SyncPeerInfo, TeamId } from "../../src/client/index.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { Fleet, foundTeam, pull, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let hub: Device;
let leaf: Device;
beforeAll(async () => {
  [owner, hub, leaf] = await fleet.started("owner", "hub", "leaf");
});

async function peerInfo(
  device: Device,
  teamId: TeamId,
  is: (peer: SyncPeerInfo) => boolean,
): Promise<SyncPeerInfo> {
  const [peer] = await eventually(
    `${device.name}'s sync peer is as expected`,
    async () => (await device.client.syncPeers()).filter((p) => p.teamId === teamId),
    ([first]) => first !== undefined && is(first),
  );
  return peer!;
}

async function arrives(device: Device, teamId: TeamId, label: string): Promise<void> {
  await eventually(
    `${label} arrives at ${device.name}`,
    () => device.client.labels(teamId),
    (labels) => labels.includes(label),
  );
}

test("[SYN-1, SYN-2] a peer is pulled from at once and then at its rate, until it is removed", async () => {
  const teamId = await foundTeam(owner, { members: [hub, leaf] });
  await owner.client.createLabel(teamId, "one");
  expect(await leaf.client.addSyncPeer(owner.address, teamId, 3_600_000)).toBe(true);
  await arrives(leaf, teamId, "one"); // at once: the rate is an hour
  expect(await leaf.client.addSyncPeer(owner.address, teamId, 3_600_000), "already so").toBe(false);

  expect(await leaf.client.addSyncPeer(owner.address, teamId, 100), "another rate").toBe(true);
  for (const label of ["two", "three"]) {
    await owner.client.createLabel(teamId, label);
    await arrives(leaf, teamId, label);
  }
  expect(await leaf.client.syncPeers()).toMatchObject([{ address: owner.address, teamId, rateMs: 100 }]);

  expect(await leaf.client.removeSyncPeer(owner.address, teamId)).toBe(true);
  expect(await leaf.client.removeSyncPeer(owner.address, teamId), "already so").toBe(false);
  expect(await leaf.client.syncPeers()).toEqual([]);
  await owner.client.createLabel(teamId, "four");
  // Another device's polling goes on for several rounds meanwhile.
  await hub.client.addSyncPeer(owner.address, teamId, 100);
  await arrives(hub, teamId, "four");
  const { lastSuccess } = await peerInfo(hub, teamId, (p) => p.lastSuccess !== undefined);
  await peerInfo(hub, teamId, (p) => p.lastSuccess! > lastSuccess! + 300);
  expect(await leaf.client.labels(teamId)).not.toContain("four");
  await hub.client.removeSyncPeer(owner.address, teamId);
});

test("[SYN-1] a peer is found by its DNS name, and the default port is 4321", async () => {
  const teamId = await foundTeam(owner, { members: [leaf] });
  const name = `localhost:${owner.port}`;
  await leaf.client.addSyncPeer(name, teamId, 100);
  await owner.client.createLabel(teamId, "by-name");
  await arrives(leaf, teamId, "by-name");
  await leaf.client.removeSyncPeer(name, teamId);
  await leaf.client.addSyncPeer("localhost", teamId, 3_600_000);
  expect(await leaf.client.addSyncPeer("localhost:4321", teamId, 3_600_000), "the same peer").toBe(false);
  expect(await leaf.client.removeSyncPeer("localhost:4321", teamId)).toBe(true);
  expect(await leaf.client.syncPeers()).toEqual([]);

  const unknown = await refusal(leaf.client.syncNow("no-such-host.invalid", teamId));
  expect(unknown).toMatchObject({
    code: "PeerUnreachable",
    fields: { address: "no-such-host.invalid" },
  });
  expect(unknown.message).toContain("no-such-host.invalid");
});

test("[SYN-1] a peer that is down is tried again, and its state is told; one dead peer does not slow another", async () => {
  const flaky = await fleet.device("flaky");
  await flaky.start();
  const teamId = await foundTeam(owner, { members: [flaky, leaf] });
  await leaf.client.addSyncPeer(flaky.address, teamId, 100);
  const before = await peerInfo(leaf, teamId, (p) => p.lastSuccess !== undefined);
  expect(before.lastError).toBeUndefined();

  await flaky.daemon.stop();
  const down = await peerInfo(leaf, teamId, (p) => p.lastError !== undefined);
  expect(down.lastError?.code).toBe("PeerUnreachable");
  expect(down.lastError!.reason).toContain(flaky.address);
  expect(down.lastError!.at).toBeGreaterThanOrEqual(down.lastSuccess!);
  await leaf.saw("syncFailed", (e) => e.teamId === teamId && e.address === flaky.address);

  await leaf.client.addSyncPeer(owner.address, teamId, 100);
  await owner.client.createLabel(teamId, "meanwhile");
  await arrives(leaf, teamId, "meanwhile");
  await leaf.client.removeSyncPeer(owner.address, teamId);

  await flaky.start();
  const back = await peerInfo(leaf, teamId, (p) => p.lastError === undefined);
  expect(back.lastSuccess!).toBeGreaterThan(down.lastError!.at);
  await leaf.saw("syncSucceeded", (e) => e.teamId === teamId && e.address === flaky.address);
  await leaf.client.removeSyncPeer(flaky.address, teamId);
});

test("[SYN-3, SYN-5] SyncNow pulls, does not push, and both ways ends level", async () => {
  const teamId = await foundTeam(owner, { operator: hub, members: [leaf] });
  await owner.client.createLabel(teamId, "from-owner");
  await hub.client.assignNetworkName(teamId, hub.id, "hub.example"); // meanwhile, unseen by the owner
  const before = await owner.client.team(teamId);

  const atHub = await hub.client.syncNow(owner.address, teamId);
  expect(atHub).toMatchObject({ received: 1, accepted: 1, recalled: 0 });
  expect(atHub.heads).toHaveLength(2);
  expect(await owner.client.team(teamId), "the asked receives nothing").toEqual(before);

  const atOwner = await owner.client.syncNow(hub.address, teamId);
  expect(atOwner).toMatchObject({ received: 1, accepted: 1, recalled: 0 });
  expect([...atOwner.heads].sort()).toEqual([...atHub.heads].sort());
  const states = await Promise.all([owner, hub].map((device) => device.client.team(teamId)));
  expect(states[0]!.stateDigest).toBe(states[1]!.stateDigest);
  expect(await hub.client.syncNow(owner.address, teamId)).toMatchObject({ received: 0, accepted: 0 });

  // A device that has nothing gets it all from a hub that is no author of it.
  await leaf.client.removeTeam(teamId);
  await leaf.client.addTeam(teamId);
  const { commandCount } = states[0]!;
  expect(await leaf.client.syncNow(hub.address, teamId)).toMatchObject({ received: commandCount });
  expect((await leaf.client.team(teamId)).stateDigest).toBe(states[0]!.stateDigest);
});

test("[SYN-4] what a sync brings is judged by the policy here", async () => {
  const teamId = await foundTeam(owner, { operator: hub, members: [leaf] });
  await hub.client.assignRole(teamId, leaf.id, "user"); // unseen by the owner, who takes the right away
  await owner.client.revokeRole(teamId, hub.id, "operator");
  expect(await owner.client.syncNow(hub.address, teamId)).toMatchObject({ received: 1, accepted: 0 });
  expect(await hub.client.syncNow(owner.address, teamId)).toMatchObject({ recalled: 1 });
  await hub.saw("commandRecalled", (e) => e.teamId === teamId && e.author === hub.id);
  const roles = await Promise.all(
    [owner, hub].map(async (d) => (await d.client.devices(teamId)).find((x) => x.deviceId === leaf.id)?.role),
  );
  expect(roles).toEqual(["sync", "sync"]);
});

test("[SYN-7] a stranger learns nothing: known team and unknown team get the same answer", async () => {
  const teamId = await foundTeam(owner, { members: [hub] });
  const foreign = await leaf.client.createTeam();
  const refusals = [];
  for (const team of [teamId, foreign]) {
    await leaf.client.addTeam(team);
    const { code, fields, message } = await refusal(leaf.client.syncNow(owner.address, team));
    expect(fields["teamId"]).toBe(team);
    refusals.push({ code, reason: fields["reason"], message });
  }
  expect(refusals[0]).toMatchObject({ code: "PeerRefused", reason: "not-served" });
  expect(refusals[1]).toEqual(refusals[0]);
  expect((await refusal(leaf.client.team(teamId))).code).toBe("TeamNotSynced");
  await leaf.client.removeTeam(teamId);
});

test("[SYN-7] a removed member is told that it was, and gets nothing any more", async () => {
  const teamId = await foundTeam(owner, { members: [hub, leaf] });
  await leaf.client.addSyncPeer(owner.address, teamId, 100);
  await peerInfo(leaf, teamId, (p) => p.lastSuccess !== undefined);
  const { commandCount } = await leaf.client.team(teamId);
  await owner.client.removeDevice(teamId, leaf.id);
  expect(await refusal(leaf.client.syncNow(owner.address, teamId))).toMatchObject({
    code: "PeerRefused",
    fields: { reason: "removed", address: owner.address },
  });
  const { lastError } = await peerInfo(leaf, teamId, (p) => p.lastError !== undefined);
  expect(lastError).toMatchObject({ code: "PeerRefused" });
  expect((await leaf.client.team(teamId)).commandCount).toBe(commandCount);
  await leaf.client.removeSyncPeer(owner.address, teamId);
});

test("[SYN-7] the asked is no member by the graph as it is after the pull: NotAMember", async () => {
  const teamId = await foundTeam(owner, { members: [hub, leaf] });
  await owner.client.removeDevice(teamId, hub.id);
  await pull(leaf, owner, teamId);
  // The hub has not heard of its removal and would serve.
  expect(await refusal(leaf.client.syncNow(hub.address, teamId))).toMatchObject({
    code: "NotAMember",
    fields: { deviceId: hub.id, address: hub.address },
  });
});

test("[SYN-7] another device than the expected one is refused, before it is shown a thing", async () => {
  const teamId = await foundTeam(owner, { members: [hub, leaf] });
  await owner.client.createLabel(teamId, "unseen");
  const wrong = refusal(leaf.client.syncNow(owner.address, teamId, { expectedDeviceId: hub.id }));
  expect(await wrong).toMatchObject({ code: "PeerRefused", fields: { deviceId: owner.id } });
  expect(await leaf.client.labels(teamId)).not.toContain("unseen");

  await leaf.client.addSyncPeer(owner.address, teamId, 100, { expectedDeviceId: hub.id });
  const peer = await peerInfo(leaf, teamId, (p) => p.lastError !== undefined);
  expect(peer).toMatchObject({ expectedDeviceId: hub.id, lastError: { code: "PeerRefused" } });
  expect(await leaf.client.addSyncPeer(owner.address, teamId, 100, { expectedDeviceId: owner.id })).toBe(
    true,
  );
  await arrives(leaf, teamId, "unseen");
  await leaf.client.removeSyncPeer(owner.address, teamId);
});

test("[SYN-5] SyncNow ends within its time against peers that are down, deaf or gone", async () => {
  const frozen = await fleet.device("frozen");
  await frozen.start();
  const teamId = await foundTeam(owner, { operator: hub, members: [frozen, leaf] });
  const nobody = `127.0.0.1:${await freePort()}`;
  expect(await refusal(leaf.client.syncNow(nobody, teamId))).toMatchObject({
    code: "PeerUnreachable",
    fields: { address: nobody },
  });
  frozen.signal("SIGSTOP");
  expect((await refusal(leaf.client.syncNow(frozen.address, teamId, { timeoutMs: 300 }))).code).toBe(
    "Timeout",
  );

  // A revocation first asks the peers that were reachable, and does not wait for one that no longer answers.
  frozen.signal("SIGCONT");
  await hub.client.addSyncPeer(frozen.address, teamId, 3_600_000);
  await peerInfo(hub, teamId, (p) => p.lastSuccess !== undefined);
  frozen.signal("SIGSTOP");
  const revoked = hub.client.removeDevice(teamId, leaf.id, { timeoutMs: 6000 });
  expect(await revoked).toBe(true);
  frozen.signal("SIGCONT");
  await hub.client.removeSyncPeer(frozen.address, teamId);

  // A team removed while it is being pulled.
  frozen.signal("SIGSTOP");
  const pulling = refusal(leaf.client.syncNow(frozen.address, teamId));
  await leaf.client.removeTeam(teamId);
  frozen.signal("SIGCONT");
  expect((await pulling).code).toMatch(/^(UnknownTeam|DaemonUnavailable)$/);
  expect(await leaf.client.teams()).not.toContain(teamId);
});
