/** What takes a channel away, takes it away at both ends, at once, with a reason, and touches no other. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChannelId, TeamId } from "../../src/client/index.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { bytes, Fleet, foundTeam, LABEL, openChannel, pull, read, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let left: Device;
let right: Device;
beforeAll(async () => {
  [owner, left, right] = await fleet.started("owner", "left", "right");
});

const LOST = "a device lost the role, label, name or membership it needs, or the team was closed";

async function expectClosed(device: Device, channelId: ChannelId, reason: RegExp): Promise<void> {
  expect(await device.sawClosed(channelId)).toMatch(reason);
  expect((await device.client.channels()).map((c) => c.channelId)).not.toContain(channelId);
  const error = await refusal(device.client.sendData(bytes("still there?"), channelId, 1000));
  expect(error.code).toBe("ChannelClosed");
  expect(error.fields["reason"]).toMatch(reason);
}

/** By the owner. */
const CHANGES: [what: string, change: (teamId: TeamId) => Promise<unknown>][] = [
  ["RevokeLabel from the initiator", (t) => owner.client.revokeLabel(t, left.id, LABEL)],
  ["RevokeLabel from the responder", (t) => owner.client.revokeLabel(t, right.id, LABEL)],
  ["DeleteLabel", (t) => owner.client.deleteLabel(t, LABEL)],
  ["RevokeRole", (t) => owner.client.revokeRole(t, left.id, "user")],
  ["AssignRole of another role", (t) => owner.client.assignRole(t, right.id, "operator")],
  ["RemoveDevice", (t) => owner.client.removeDevice(t, right.id)],
  ["CloseTeam", (t) => owner.client.closeTeam(t)],
  ["RevokeNetworkName", (t) => owner.client.revokeNetworkName(t, left.id, left.address)],
  ["AssignNetworkName of another name", (t) => owner.client.assignNetworkName(t, right.id, "else.example")],
];

test.each(CHANGES)(
  "[AFC-2, AFC-8, AFC-9] %s closes the channel at whichever end learns of it first, and at the other",
  async (what, change) => {
    const teamId = await foundTeam(owner, { users: [left, right] });
    const bystander = await foundTeam(owner, { users: [left, right] });
    const channel = await openChannel(left, right, teamId);
    const other = await openChannel(left, right, bystander);
    await change(teamId);
    expect((await left.client.channels()).length, "nobody has heard of it yet").toBe(2);
    // The end that was not told by the graph is told by the other. A removed device learns it that way only.
    await pull(left, owner, teamId);
    await expectClosed(left, channel.near, new RegExp(`^${LOST}$`));
    await expectClosed(right, channel.far, new RegExp(`^by the peer: ${LOST}$`));

    expect(await left.client.sendData(bytes(what), other.near, 10_000), "the other team's goes on").toBe(
      true,
    );
    expect(await read(right.client)).toMatchObject({ text: what, teamId: bystander });
    await left.client.deleteChannel(bystander, other.near);
    await right.sawClosed(other.far);
  },
);

test("[AFC-8] taken away and given back between two syncs, the channel is gone all the same", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  const { near, far } = await openChannel(left, right, teamId);
  await owner.client.revokeLabel(teamId, left.id, LABEL);
  await owner.client.assignLabel(teamId, left.id, LABEL);
  await pull(right, owner, teamId);
  await expectClosed(right, far, new RegExp(LOST));
  await expectClosed(left, near, /^by the peer: /);
  await pull(left, owner, teamId);
  const again = await openChannel(left, right, teamId);
  expect(await left.client.sendData(bytes("again"), again.near, 10_000)).toBe(true);
  expect((await read(right.client)).text).toBe("again");
  await left.client.removeTeam(teamId);
});

test("[AFC-8] what does not touch a channel leaves it open", async () => {
  const third = await fleet.device("third");
  await third.start();
  const teamId = await foundTeam(owner, { users: [left, right, third] });
  const { near, far } = await openChannel(left, right, teamId);
  const { client } = owner;
  await client.createLabel(teamId, "more");
  await client.assignLabel(teamId, left.id, "more");
  await client.revokeLabel(teamId, left.id, "more");
  await client.deleteLabel(teamId, "more");
  await client.revokeLabel(teamId, third.id, LABEL);
  await client.removeDevice(teamId, third.id);
  for (const device of [left, right]) await pull(device, owner, teamId);
  expect(await left.client.sendData(bytes("there"), near, 10_000)).toBe(true);
  expect(await read(right.client)).toMatchObject({ text: "there", channelId: far });
  await left.client.deleteChannel(teamId, near);
  await right.sawClosed(far);
});

test("[AFC-8] a message under way when the channel closes ends with the reason", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  const { near } = await openChannel(left, right, teamId);
  right.signal("SIGSTOP");
  try {
    const sending = refusal(left.client.sendData(bytes("on its way"), near, 30_000));
    await owner.client.revokeLabel(teamId, left.id, LABEL);
    await pull(left, owner, teamId);
    expect(await sending).toMatchObject({ code: "ChannelClosed", fields: { channelId: near, reason: LOST } });
  } finally {
    right.signal("SIGCONT");
  }
  expect((await read(right.client)).text, "it was there before the end was").toBe("on its way");
});

test("[CLI-4, AFC-2] RemoveTeam closes its channels at both ends", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  const { near, far } = await openChannel(left, right, teamId);
  await right.client.removeTeam(teamId);
  await expectClosed(right, far, /^the team was removed from the device$/);
  await expectClosed(left, near, /^by the peer: the team was removed/);
  expect((await refusal(right.client.deleteChannel(teamId, far))).code).toBe("UnknownTeam");
});

test("[AFC-2] a channel belongs to the connection that made it, and closes with it", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  await right.client.pollData(0);
  const second = await left.connect();
  const near = await second.createChannel(teamId, right.address, LABEL);
  expect(await second.sendData(bytes("mine"), near, 10_000)).toBe(true);
  const { channelId: far } = await read(right.client);
  expect((await refusal(left.client.sendData(bytes("not mine"), near, 1000))).code).toBe("UnknownChannel");
  expect((await refusal(left.client.deleteChannel(teamId, near))).code).toBe("UnknownChannel");
  expect(await right.client.sendData(bytes("to its owner"), far, 10_000)).toBe(true);
  expect((await read(second)).text).toBe("to its owner");
  expect(await left.client.pollData(0)).toBe(false);
  await second.close();
  expect(await left.sawClosed(near)).toBe("the application it belonged to is gone");
  await expectClosed(right, far, /^by the peer: the application it belonged to is gone$/);
});

test("[AFC-1] incoming channels go to the first connection that listens and is still there", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  const fresh = await fleet.device("fresh");
  await fresh.start();
  const team = await foundTeam(owner, { users: [left, fresh] });
  const [first, second] = [await fresh.connect(), await fresh.connect()];
  await first.pollData(0);
  await second.pollData(0);
  const call = async (text: string): Promise<ChannelId> => {
    const near = await left.client.createChannel(team, fresh.address, LABEL);
    expect(await left.client.sendData(bytes(text), near, 10_000)).toBe(true);
    return near;
  };
  const one = await call("one");
  expect((await read(first)).text).toBe("one");
  expect(await second.pollData(0)).toBe(false);
  await first.close();
  expect(await left.sawClosed(one)).toMatch(/application it belonged to is gone/);
  const two = await call("two");
  expect((await read(second)).text).toBe("two");
  await second.close();
  await left.sawClosed(two);
  expect((await refusal(left.client.createChannel(team, fresh.address, LABEL))).code).toBe("NoListener");
  await left.client.removeTeam(teamId);
});

test("[AFC-2, AFC-4] what was acknowledged is read, also after its sender closed the channel", async () => {
  const teamId = await foundTeam(owner, { users: [left, right] });
  const channel = await openChannel(left, right, teamId);
  // More than the receiving client has credit for: the rest waits in its daemon.
  const count = LIMITS.ipcWindowMessagesMax + 500;
  const sent = Array.from({ length: count }, (_, i) =>
    left.client.sendData(bytes(`message ${i}`), channel.near, 30_000),
  );
  expect(new Set(await Promise.all(sent))).toEqual(new Set([true]));
  await left.client.deleteChannel(teamId, channel.near);
  expect(await right.sawClosed(channel.far)).toMatch(/^by the peer/);
  for (let i = 0; i < count; i++) expect(await read(right.client)).toMatchObject({ text: `message ${i}` });
  expect(await right.client.pollData(50)).toBe(false);
});
