/** A hub with the role `sync`: devices that know nobody else meet through it, and it has no say in anything. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { Fleet, foundTeam, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let operator: Device;
let hub: Device;
let teamId: TeamId;
beforeAll(async () => {
  [owner, operator, hub] = await fleet.started("owner", "operator", "hub");
  teamId = await foundTeam(owner, { operator, members: [hub] });
  for (const device of [owner, operator]) {
    await device.client.addSyncPeer(hub.address, teamId, 200);
    await hub.client.addSyncPeer(device.address, teamId, 200);
  }
});

const states = (): Promise<{ stateDigest: string; heads: readonly string[]; commandCount: number }[]> =>
  Promise.all([owner, operator, hub].map((device) => device.client.team(teamId)));

async function converge(what: string): Promise<void> {
  await eventually(
    what,
    states,
    (all) => new Set(all.map((s) => [s.stateDigest, ...s.heads].join())).size === 1,
  );
}

test("[SYN-3, IDAM-7] two devices that only know a hub with the role sync converge through it, also from both sides at once", async () => {
  expect((await hub.client.devices(teamId)).find((d) => d.deviceId === hub.id)!.role).toBe("sync");
  for (let round = 0; round < 3; round++) {
    await Promise.all([
      owner.client.createLabel(teamId, `label ${round}`),
      operator.client.assignNetworkName(teamId, operator.id, `operator-${round}.example`),
    ]);
    await converge(`round ${round}`);
  }
  expect(await operator.client.labels(teamId)).toContain("label 2");
  const seen = (await owner.client.devices(teamId)).find((d) => d.deviceId === operator.id);
  expect(seen!.netIdentifier).toBe("operator-2.example");
  for (const device of [owner, operator])
    expect((await device.client.syncPeers()).map((peer) => peer.address)).toEqual([hub.address]);
});

test("[IDAM-7] the hub authors nothing", async () => {
  const { client } = hub;
  const before = await states();
  const bundle = await operator.client.getKeyBundle();
  const calls = {
    closeTeam: () => client.closeTeam(teamId),
    addDevice: () => client.addDevice(teamId, bundle, "again"),
    removeDevice: () => client.removeDevice(teamId, operator.id),
    assignRole: () => client.assignRole(teamId, hub.id, "user"),
    revokeRole: () => client.revokeRole(teamId, operator.id, "operator"),
    assignNetworkName: () => client.assignNetworkName(teamId, hub.id, "hub.example"),
    createLabel: () => client.createLabel(teamId, "of the hub"),
    assignLabel: () => client.assignLabel(teamId, hub.id, "label 0"),
    deleteLabel: () => client.deleteLabel(teamId, "label 0"),
  };
  for (const [name, call] of Object.entries(calls))
    expect({ name, code: (await refusal(call())).code }).toEqual({ name, code: "NotAuthorised" });
  expect(await states()).toEqual(before);
});

test("[SYN-8] the hub is away and comes back: what happened meanwhile on both sides meets then", async () => {
  await hub.client.close();
  await hub.daemon.stop("SIGKILL");
  await owner.client.createLabel(teamId, "without the hub");
  await operator.client.assignNetworkName(teamId, operator.id, "alone.example");
  for (const device of [owner, operator])
    await eventually(
      `${device.name} sees that the hub is gone`,
      () => device.client.syncPeers(),
      ([peer]) => peer?.lastError?.code === "PeerUnreachable",
    );
  await hub.start();
  for (const device of [owner, operator]) await hub.client.addSyncPeer(device.address, teamId, 200);
  await converge("all that happened without the hub");
  expect(await operator.client.labels(teamId)).toContain("without the hub");
});
