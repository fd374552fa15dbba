/** Bringing a device in by hand, as an integrator would: what is carried is text, and nothing else passes between the two. */
import { afterAll, expect, test } from "vitest";
import {
  deserializeId,
  deserializeKeyBundle,
  serializeId,
  serializeKeyBundle,
} from "../../src/client/index.ts";
import type { TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { Fleet } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

test("[INV-1] seven steps by hand: keys, bundle, AddDevice, team id, AddTeam, AddSyncPeer, and the device finds itself", async () => {
  const [owner, joiner] = await fleet.started("owner", "joiner");
  const teamId = await owner.client.createTeam();

  const deviceId = await joiner.client.initDevice();
  const carried = serializeKeyBundle("text", await joiner.client.getKeyBundle());
  expect(await owner.client.addDevice(teamId, deserializeKeyBundle("text", carried), "pump 7")).toBe(
    deviceId,
  );

  const carriedBack = serializeId("base58", teamId);
  const learnt = deserializeId<TeamId>("base58", carriedBack);
  expect(await joiner.client.addTeam(learnt)).toBe(true);
  expect(await joiner.client.addSyncPeer(owner.address, learnt, 200)).toBe(true);

  const devices = await eventually(
    "the joiner finds itself in the graph",
    () => joiner.client.devices(learnt).catch(() => []),
    (found) => found.some((device) => device.deviceId === deviceId),
  );
  expect(devices.find((device) => device.deviceId === deviceId)).toMatchObject({
    commonName: "pump 7",
    role: "sync",
  });
});
