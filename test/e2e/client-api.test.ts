/** The client API, queries and effects, against real daemons. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, Effect, TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { bytes, collect, Fleet, foundTeam, LABEL, openChannel, pull, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let operator: Device;
let left: Device;
let right: Device;
beforeAll(async () => {
  [owner, operator, left, right] = await fleet.started("owner", "operator", "left", "right");
});

test("[CLI-7] before InitDevice every call that needs keys is DeviceNotInitialised", async () => {
  const device = await fleet.device("blank");
  device.daemon.start();
  await device.attach(device.config);
  const { client } = device;
  const teamId = await owner.client.createTeam();
  const bundle = await owner.client.getKeyBundle();
  const channelId = teamId as string as Parameters<Client["sendData"]>[1];
  const calls: Record<string, () => Promise<unknown>> = {
    getDeviceId: () => client.getDeviceId(),
    getKeyBundle: () => client.getKeyBundle(),
    addTeam: () => client.addTeam(teamId),
    removeTeam: () => client.removeTeam(teamId),
    addSyncPeer: () => client.addSyncPeer(owner.address, teamId, 1000),
    removeSyncPeer: () => client.removeSyncPeer(owner.address, teamId),
    syncNow: () => client.syncNow(owner.address, teamId),
    createTeam: () => client.createTeam(),
    closeTeam: () => client.closeTeam(teamId),
    addDevice: () => client.addDevice(teamId, bundle, "owner"),
    removeDevice: () => client.removeDevice(teamId, owner.id),
    assignRole: () => client.assignRole(teamId, owner.id, "user"),
    revokeRole: () => client.revokeRole(teamId, owner.id, "user"),
    assignNetworkName: () => client.assignNetworkName(teamId, owner.id, "a.example"),
    revokeNetworkName: () => client.revokeNetworkName(teamId, owner.id, "a.example"),
    createLabel: () => client.createLabel(teamId, LABEL),
    deleteLabel: () => client.deleteLabel(teamId, LABEL),
    assignLabel: () => client.assignLabel(teamId, owner.id, LABEL),
    revokeLabel: () => client.revokeLabel(teamId, owner.id, LABEL),
    createChannel: () => client.createChannel(teamId, "a.example", LABEL),
    deleteChannel: () => client.deleteChannel(teamId, channelId),
    teams: () => client.teams(),
    team: () => client.team(teamId),
    devices: () => client.devices(teamId),
    labels: () => client.labels(teamId),
    syncPeers: () => client.syncPeers(),
    channels: () => client.channels(),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect((await refusal(call())).code, name).toBe("DeviceNotInitialised");
  }
  // What needs none works.
  expect(await client.pollData(0)).toBe(false);
  expect((await refusal(client.sendData(bytes("x"), channelId, 100))).code).toBe("UnknownChannel");
});

test("[CLI-1, CLI-2, CLI-3] InitDevice gives one id for good, to every client, and the bundle is that device's", async () => {
  const device = await fleet.device("fresh");
  device.daemon.start();
  await device.attach();
  const id = await device.client.initDevice();
  const other = await device.connect();
  expect(await device.client.initDevice()).toBe(id);
  expect(await other.initDevice()).toBe(id);
  expect(await other.getDeviceId()).toBe(id);
  const bundle = await device.client.getKeyBundle();
  expect(await other.getKeyBundle()).toEqual(bundle);
  await device.daemon.stop("SIGKILL");
  device.daemon.start();
  await device.attach();
  expect(await device.client.getDeviceId()).toBe(id);
  expect(await device.client.getKeyBundle()).toEqual(bundle);
  const teamId = await owner.client.createTeam();
  expect(await owner.client.addDevice(teamId, bundle, "fresh"), "the bundle proves the id").toBe(id);
});

test("[SYS-2, SYS-6] one daemon, one key bundle, many teams, and as many applications as come", async () => {
  const [one, two] = [
    await foundTeam(owner, { members: [left] }),
    await foundTeam(operator, { members: [left] }),
  ];
  const bundle = await left.client.getKeyBundle();
  for (const [founder, teamId] of [
    [owner, one],
    [operator, two],
  ] as const) {
    const [found] = (await founder.client.devices(teamId)).filter((d) => d.deviceId === left.id);
    expect(found?.keyBundle).toEqual(bundle);
  }
  const others = await Promise.all([left.connect(), left.connect()]);
  for (const client of others) expect(await client.teams()).toEqual(expect.arrayContaining([one, two]));
  await Promise.all(others.map((client) => client.close()));
});

test("[CLI-4] AddTeam and RemoveTeam change the local store only", async () => {
  const teamId = await foundTeam(owner, { members: [left] });
  expect(await left.client.addTeam(teamId)).toBe(false);
  expect(await left.client.removeTeam(teamId)).toBe(true);
  expect(await left.client.removeTeam(teamId)).toBe(false);
  expect(await left.client.teams()).not.toContain(teamId);
  expect((await refusal(left.client.devices(teamId))).code).toBe("UnknownTeam");
  expect((await owner.client.devices(teamId)).map((d) => d.deviceId)).toContain(left.id);
  expect(await left.client.addTeam(teamId)).toBe(true);
  expect((await refusal(left.client.devices(teamId))).code).toBe("TeamNotSynced");
  await pull(left, owner, teamId);
  expect((await left.client.devices(teamId)).length).toBe(2);
});

test("[CLI-8] queries: devices, labels, the team, sync peers and channels", async () => {
  const teamId = await foundTeam(owner, { operator, users: [left, right] });
  await owner.client.createLabel(teamId, "another");
  await pull(left, owner, teamId);

  const devices = await left.client.devices(teamId);
  const byName = new Map(devices.map((d) => [d.commonName, d]));
  expect(devices).toHaveLength(4);
  expect(byName.get("operator")).toMatchObject({ deviceId: operator.id, role: "operator", labels: [] });
  expect(byName.get("right")).toEqual({
    deviceId: right.id,
    commonName: "right",
    role: "user",
    netIdentifier: right.address,
    labels: [LABEL],
    keyBundle: await right.client.getKeyBundle(),
  });
  expect(devices.find((d) => d.deviceId === owner.id)?.role).toBe("owner");
  expect(await left.client.labels(teamId)).toEqual(["another", LABEL].sort());

  const team = await left.client.team(teamId);
  expect(team).toMatchObject({ teamId, closed: false });
  expect(team.heads).toHaveLength(1);
  expect(team.stateDigest).toMatch(/^[0-9a-f]{64}$/);
  expect(team).toEqual(await owner.client.team(teamId));

  await left.client.addSyncPeer(owner.address, teamId, 60_000);
  const [peer] = await eventually(
    "the first pull is done",
    async () => (await left.client.syncPeers()).filter((p) => p.teamId === teamId),
    (peers) => peers[0]?.lastSuccess !== undefined,
  );
  expect(peer).toEqual({ address: owner.address, teamId, rateMs: 60_000, lastSuccess: peer!.lastSuccess });

  const { near, far } = await openChannel(left, right, teamId);
  const common = { teamId, label: LABEL, delivery: "reliable", state: "open" };
  expect((await left.client.channels()).filter((c) => c.teamId === teamId)).toEqual([
    {
      ...common,
      channelId: near,
      peerDeviceId: right.id,
      remoteNetIdentifier: right.address,
      direction: "outgoing",
    },
  ]);
  expect((await right.client.channels()).filter((c) => c.teamId === teamId)).toEqual([
    {
      ...common,
      channelId: far,
      peerDeviceId: left.id,
      remoteNetIdentifier: left.address,
      direction: "incoming",
    },
  ]);
});

const types = (effects: readonly Effect[], teamId: TeamId): string[] =>
  effects.filter((e) => "teamId" in e && e.teamId === teamId).map((e) => e.type);

test("[CLI-9] effects say what happened, on every client of every device that learns of it", async () => {
  const second = await owner.connect();
  const onSecond = collect(second);
  const idle = await owner.connect();
  await second.teams(); // the subscription is in force
  const teamId = await foundTeam(owner, { users: [left, right] });
  const { client } = owner;
  await client.assignNetworkName(teamId, left.id, `127.0.0.1:${left.port + 1}`);
  await client.revokeNetworkName(teamId, left.id, `127.0.0.1:${left.port + 1}`);
  await client.revokeLabel(teamId, left.id, LABEL);
  await client.revokeRole(teamId, right.id, "user");
  await client.deleteLabel(teamId, LABEL);
  await client.removeDevice(teamId, right.id);
  await client.closeTeam(teamId);

  const wanted = [
    "labelCreated",
    ...["deviceAdded", "deviceAdded"],
    ...["roleChanged", "labelAssigned", "networkNameAssigned"],
    ...["roleChanged", "labelAssigned", "networkNameAssigned"],
    ...["networkNameAssigned", "networkNameRevoked", "labelRevoked", "roleChanged", "labelDeleted"],
    ...["deviceRemoved", "teamClosed"],
  ];
  await owner.saw("teamClosed", (e) => e.teamId === teamId);
  expect(types(owner.effects, teamId)).toEqual(wanted);
  await eventually(
    "the second client has seen it too",
    () => Promise.resolve(types(onSecond, teamId)),
    (seen) => seen.length === wanted.length,
  );
  const mine = owner.effects.filter((e) => "teamId" in e && e.teamId === teamId);
  expect(onSecond.filter((e) => "teamId" in e && e.teamId === teamId)).toEqual(mine);
  expect(mine[1]).toMatchObject({ deviceId: left.id, commonName: "left", role: "sync", author: owner.id });
  expect(mine.find((e) => e.type === "roleChanged")).toMatchObject({
    deviceId: left.id,
    from: "sync",
    to: "user",
  });

  // The left device learns of it by a pull: the founding too, and then the same commands in the same order.
  await pull(left, owner, teamId);
  await left.saw("teamClosed", (e) => e.teamId === teamId);
  const commands = (effects: readonly Effect[]): string[] =>
    effects.flatMap((e) => ("commandId" in e && e.teamId === teamId ? [`${e.type} ${e.commandId}`] : []));
  const [founding, ...rest] = commands(left.effects);
  expect(founding).toMatch(/^deviceAdded /);
  expect(rest).toEqual(commands(owner.effects));

  // One that leaves takes nothing along.
  await second.close();
  const after = await client.createTeam();
  await client.createLabel(after, "x");
  await owner.saw("labelCreated", (e) => e.teamId === after);
  expect(types(onSecond, after)).toEqual([]);
  await idle.close();
});

test("[CLI-9] channels and failing syncs are told as effects", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  const { near, far } = await openChannel(left, right, teamId);
  expect(await left.saw("channelOpened", (e) => e.channelId === near)).toEqual({
    type: "channelOpened",
    teamId,
    channelId: near,
    peerDeviceId: right.id,
    remoteNetIdentifier: right.address,
    label: LABEL,
    delivery: "reliable",
    direction: "outgoing",
  });
  expect(await right.saw("channelOpened", (e) => e.channelId === far)).toMatchObject({
    peerDeviceId: left.id,
    remoteNetIdentifier: left.address,
    direction: "incoming",
  });
  await left.client.deleteChannel(teamId, near);
  expect(await left.sawClosed(near)).toBe("the channel was deleted");
  expect(await right.sawClosed(far)).toBe("by the peer: the channel was deleted");

  await left.client.addSyncPeer("127.0.0.1:1", teamId, 60_000);
  expect(await left.saw("syncFailed", (e) => e.teamId === teamId)).toMatchObject({
    address: "127.0.0.1:1",
    code: "PeerUnreachable",
  });
});
