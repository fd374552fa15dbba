/** Channels between real daemons: opening and refusing, data both ways, time-outs, bounds. */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TeamId } from "../../src/client/index.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { bytes, Fleet, foundTeam, LABEL, openChannel, pull, read, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let left: Device;
let right: Device;
let teamId: TeamId;
beforeAll(async () => {
  [owner, left, right] = await fleet.started("owner", "left", "right");
  teamId = await foundTeam(owner, { users: [left, right] });
});

test("[AFC-1] without an application that listens on the peer: NoListener, and nothing stays open", async () => {
  const calling = left.client.createChannel(teamId, right.address, LABEL);
  expect(await refusal(calling)).toMatchObject({
    code: "NoListener",
    fields: { teamId, netIdentifier: right.address },
  });
  expect(await left.client.channels()).toEqual([]);
  expect(await right.client.channels()).toEqual([]);
});

test("[AFC-1, AFC-3, AFC-4, AFC-5, AFC-6] messages both ways, and who they are from", async () => {
  const { near, far } = await openChannel(left, right, teamId);
  expect(await left.client.sendData(bytes("there"), near, 10_000)).toBe(true);
  expect(await read(right.client)).toMatchObject({
    text: "there",
    length: 5,
    remoteNetIdentifier: left.address,
    label: LABEL,
    channelId: far,
    teamId,
  });
  expect(await right.client.sendData(bytes("and back"), far, 10_000)).toBe(true);
  expect(await read(left.client)).toMatchObject({
    text: "and back",
    remoteNetIdentifier: right.address,
    channelId: near,
  });
  expect(await left.client.sendData(new Uint8Array(0), near, 10_000), "an empty one is one").toBe(true);
  expect(await read(right.client)).toMatchObject({ text: "", length: 0 });
  await left.client.deleteChannel(teamId, near);
  await right.sawClosed(far);
});

test("[AFC-1, AFC-8] a peer whose graph is older pulls once before it decides", async () => {
  const [early] = await fleet.started("early");
  const late = await fleet.device("late");
  // It pulls from the owner once an hour, and is not told of news in between.
  await late.start({ sync: { listen: late.address, hello: "off" } });
  const team = await foundTeam(owner, { users: [late] });
  await late.client.addSyncPeer(owner.address, team, 3_600_000);
  await eventually(
    "the first pull is over",
    () => late.client.syncPeers(),
    ([peer]) => peer?.lastSuccess !== undefined,
  );
  await owner.client.addDevice(team, await early.client.getKeyBundle(), "early");
  await owner.client.assignRole(team, early.id, "user");
  await owner.client.assignLabel(team, early.id, LABEL);
  await owner.client.assignNetworkName(team, early.id, early.address);
  await early.client.addTeam(team);
  await pull(early, owner, team);
  const teamOf = async (device: Device): Promise<number> => (await device.client.devices(team)).length;
  expect([await teamOf(early), await teamOf(late)]).toEqual([3, 2]);
  await late.client.pollData(0);
  // A member late has never heard of.
  const { near } = await openChannel(early, late, team);
  expect(await teamOf(late)).toBe(3);
  expect(await early.client.sendData(bytes("new here"), near, 10_000)).toBe(true);
  expect((await read(late.client)).text).toBe("new here");
});

test("[AFC-8] who may not have a channel is told why, by its own daemon", async () => {
  const third = await fleet.device("third");
  await third.start();
  await right.client.pollData(0);
  const team = await foundTeam(owner, { users: [left, right], members: [third] });
  await owner.client.createLabel(team, "unassigned");
  await owner.client.assignNetworkName(team, third.id, third.address);
  await owner.client.assignLabel(team, third.id, LABEL);
  for (const device of [left, third]) await pull(device, owner, team);
  const cases: [device: Device, name: string, label: string, code: string][] = [
    [left, "nobody.example", LABEL, "UnknownName"],
    [left, right.address, "no such label", "UnknownLabel"],
    [left, right.address, "unassigned", "NotAuthorised"],
    [left, third.address, LABEL, "NotAuthorised"], // to a device that is no user
    [third, right.address, LABEL, "NotAuthorised"], // from one
    [owner, right.address, LABEL, "UnknownName"], // it has no name itself
    [left, left.address, LABEL, "InvalidArgument"], // to itself
  ];
  for (const [device, name, label, code] of cases) {
    const error = await refusal(device.client.createChannel(team, name, label));
    expect(error.code, `${device.name} to ${name} on ${label}`).toBe(code);
  }
  for (const device of [owner, left, third]) expect(await device.client.channels()).toEqual([]);

  const unlistening = await fleet.device("unlistening");
  unlistening.daemon.start();
  await unlistening.attach();
  unlistening.id = await unlistening.client.initDevice();
  const other = await foundTeam(owner, { users: [unlistening, right] });
  expect(await refusal(unlistening.client.createChannel(other, right.address, LABEL))).toMatchObject({
    code: "NotReady",
    fields: { setting: "afc.listen" },
  });
});

test("[AFC-8] the peer refuses what its graph does not allow, however the initiator sees it", async () => {
  const team = await foundTeam(owner, { users: [left, right] });
  await right.client.pollData(0);
  await owner.client.revokeLabel(team, left.id, LABEL);
  await pull(right, owner, team);
  expect(await refusal(left.client.createChannel(team, right.address, LABEL))).toMatchObject({
    code: "PeerRefused",
    fields: { reason: "NotAuthorised", netIdentifier: right.address },
  });
  expect(await right.client.channels()).toEqual([]);
});

test("[AFC-1] a peer that is down, or is no member, is PeerUnreachable within the time-out", async () => {
  const [forgetful, down] = await fleet.started("forgetful", "down");
  const team = await foundTeam(owner, { users: [left, forgetful, down] });
  await forgetful.client.removeTeam(team); // it no longer knows the caller: a stranger gets no answer
  await forgetful.client.pollData(0);
  await down.daemon.stop();
  // The daemon gives up a second before its client does.
  const options = { timeoutMs: 10_000 };
  const calls = [forgetful, down].map(async (device) => {
    const calling = left.client.createChannel(team, device.address, LABEL, options);
    expect(await refusal(calling), device.name).toMatchObject({
      code: "PeerUnreachable",
      fields: { netIdentifier: device.address },
    });
  });
  await Promise.all(calls);
  expect(await left.client.channels()).toEqual([]);
});

test("[AFC-4] ReadData: NoData, and BufferTooSmall keeps the message and says its size", async () => {
  const { near, far } = await openChannel(left, right, teamId);
  expect(await right.client.pollData(0)).toBe(false);
  expect(() => right.client.readData(new Uint8Array(10))).toThrow(
    expect.objectContaining({ code: "NoData" }),
  );
  await left.client.sendData(bytes("0123456789"), near, 10_000);
  await left.client.sendData(bytes("next"), near, 10_000);
  expect(await right.client.pollData(10_000)).toBe(true);
  for (let i = 0; i < 2; i++) {
    expect(() => right.client.readData(new Uint8Array(9))).toThrow(
      expect.objectContaining({ code: "BufferTooSmall", fields: { needed: 10 } }),
    );
  }
  const exact = new Uint8Array(10);
  expect(right.client.readData(exact)).toMatchObject({ length: 10, channelId: far });
  expect(exact).toEqual(bytes("0123456789"));
  expect((await read(right.client)).text).toBe("next");
  expect(() => right.client.readData(exact)).toThrow(expect.objectContaining({ code: "NoData" }));
  await left.client.deleteChannel(teamId, near);
});

test("[AFC-5] SendData is false at the time-out, and the channel goes on when the peer is back", async () => {
  const { near } = await openChannel(left, right, teamId);
  expect(await left.client.sendData(bytes("first"), near, 10_000)).toBe(true);
  right.signal("SIGSTOP");
  try {
    const outcomes = await Promise.all(
      [300, 500].map((ms) => left.client.sendData(bytes("lost?"), near, ms)),
    );
    expect(outcomes).toEqual([false, false]);
  } finally {
    right.signal("SIGCONT");
  }
  expect(await left.client.sendData(bytes("last"), near, 10_000)).toBe(true);
  const texts: string[] = [];
  do texts.push((await read(right.client)).text);
  while (texts.at(-1) !== "last");
  // Whether what timed out arrived is unknown to the sender; whatever did is in order and once.
  expect(texts[0]).toBe("first");
  expect(texts.length).toBeLessThanOrEqual(4);
  await left.client.deleteChannel(teamId, near);
});

const MIB = 1024 * 1024;

/** Bytes that say where they belong. */
function pattern(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  let x = seed + 1;
  for (let i = 0; i < length; i++) out[i] = x = (x * 48271 + 11) | 0;
  return out;
}

/** The next message, of up to 1 MiB. */
async function readLong(device: Device): Promise<{ channelId: string; bytes: Uint8Array }> {
  expect(await device.client.pollData(30_000)).toBe(true);
  const buffer = new Uint8Array(MIB);
  const { channelId, length } = device.client.readData(buffer);
  return { channelId, bytes: buffer.subarray(0, length) };
}

test("[AFC-5, AFC-11] a message of 1 MiB, there and back; one byte more is MessageTooLarge, which says the limit", async () => {
  const { near, far } = await openChannel(left, right, teamId);
  const there = pattern(MIB, 1);
  expect(await left.client.sendData(there, near, 30_000)).toBe(true);
  const arrived = await readLong(right);
  expect(Buffer.compare(arrived.bytes, there)).toBe(0);
  expect(await right.client.sendData(arrived.bytes, far, 30_000)).toBe(true);
  expect(Buffer.compare((await readLong(left)).bytes, there)).toBe(0);
  expect(await refusal(left.client.sendData(new Uint8Array(MIB + 1), near, 30_000))).toMatchObject({
    code: "MessageTooLarge",
    fields: { limit: MIB },
  });
  expect(await left.client.sendData(bytes("still there"), near, 10_000)).toBe(true);
  expect((await read(right.client)).text).toBe("still there");
  await left.client.deleteChannel(teamId, near);
});

test("[AFC-5, AFC-11] an unreliable message has its own limit, and arrives whole", async () => {
  const { near, far } = await openChannel(left, right, teamId, { delivery: "unreliable" });
  const { code, fields } = await refusal(left.client.sendData(new Uint8Array(MIB), near, 1000));
  expect(code).toBe("MessageTooLarge");
  const limit = fields["limit"] as number;
  expect(limit).toBe(64 * 1024);
  expect(await refusal(left.client.sendData(new Uint8Array(limit + 1), near, 1000))).toMatchObject({
    code: "MessageTooLarge",
  });
  const message = pattern(limit, 2);
  // On a busy machine loopback may lose some of it.
  for (let tries = 0; !(await right.client.pollData(500)); tries++) {
    expect(tries).toBeLessThan(20);
    expect(await left.client.sendData(message, near, 1000)).toBe(true);
  }
  expect(Buffer.compare((await readLong(right)).bytes, message)).toBe(0);
  await left.client.deleteChannel(teamId, near);
  await right.sawClosed(far);
  while (await right.client.pollData(0)) await readLong(right);
});

test("[AFC-5, AFC-11] long messages on one channel, short ones on another: all arrive, in the order of their channel", async () => {
  const long = await openChannel(left, right, teamId);
  const short = await openChannel(left, right, teamId);
  const longOnes = Array.from({ length: 4 }, (_, i) => pattern(MIB - i, i));
  const shortOnes = Array.from({ length: 60 }, (_, i) => pattern(10 + i, i));
  const sending = [
    (async () => {
      for (const m of longOnes) expect(await left.client.sendData(m, long.near, 60_000)).toBe(true);
    })(),
    (async () => {
      const outcomes = await Promise.all(shortOnes.map((m) => left.client.sendData(m, short.near, 60_000)));
      expect(outcomes).toEqual(shortOnes.map(() => true));
    })(),
  ];
  const arrived = new Map<string, Uint8Array[]>([
    [long.far, []],
    [short.far, []],
  ]);
  let shortBeforeLastLong = 0;
  for (let i = 0; i < longOnes.length + shortOnes.length; i++) {
    const { channelId, bytes: message } = await readLong(right);
    arrived.get(channelId)!.push(message);
    if (channelId === short.far && arrived.get(long.far)!.length < longOnes.length) shortBeforeLastLong++;
  }
  await Promise.all(sending);
  for (const [channelId, sent] of [
    [long.far, longOnes],
    [short.far, shortOnes],
  ] as const) {
    const got = arrived.get(channelId)!;
    expect(got.map((m) => m.length)).toEqual(sent.map((m) => m.length));
    got.forEach((m, i) => {
      expect(Buffer.compare(m, sent[i]!)).toBe(0);
    });
  }
  // They were sent when the first long one was: they did not wait for 4 MiB to pass.
  expect(shortBeforeLastLong).toBe(shortOnes.length);
  for (const channel of [long.near, short.near]) await left.client.deleteChannel(teamId, channel);
});

test("[AFC-5] SendData of a long message is false at its time-out, and the channel goes on", async () => {
  const { near } = await openChannel(left, right, teamId);
  const [late, next] = [pattern(MIB, 1), pattern(MIB, 2)];
  right.signal("SIGSTOP");
  try {
    expect(await left.client.sendData(late, near, 400)).toBe(false);
  } finally {
    right.signal("SIGCONT");
  }
  expect(await left.client.sendData(next, near, 30_000)).toBe(true);
  let { bytes: arrived } = await readLong(right);
  // Whether what timed out arrived is unknown to its sender; if so then whole.
  if (Buffer.compare(arrived, late) === 0) arrived = (await readLong(right)).bytes;
  expect(Buffer.compare(arrived, next)).toBe(0);
  await left.client.deleteChannel(teamId, near);
});

test("[AFC-10] several channels on one label between the same two devices, each by itself", async () => {
  const channels = [];
  for (let i = 0; i < 4; i++) channels.push(await openChannel(left, right, teamId));
  expect(new Set(channels.flatMap(({ near, far }) => [near, far])).size).toBe(8);
  await Promise.all(channels.map(({ near }, i) => left.client.sendData(bytes(`${i}`), near, 10_000)));
  const got = new Map<string, string>();
  for (let i = 0; i < 4; i++) {
    const { channelId, text } = await read(right.client);
    got.set(channelId, text);
  }
  channels.forEach(({ far }, i) => expect(got.get(far)).toBe(`${i}`));

  await left.client.deleteChannel(teamId, channels[1]!.near);
  await right.sawClosed(channels[1]!.far);
  expect((await refusal(left.client.sendData(bytes("x"), channels[1]!.near, 1000))).code).toBe(
    "ChannelClosed",
  );
  for (const { near } of [channels[0]!, channels[2]!, channels[3]!]) {
    expect(await left.client.sendData(bytes("still"), near, 10_000)).toBe(true);
    expect((await read(right.client)).text).toBe("still");
    await left.client.deleteChannel(teamId, near);
  }
});

test("[AFC-2] DeleteChannel closes both ends, from either; a second time it is UnknownChannel", async () => {
  for (const from of ["near", "far"] as const) {
    const channel = await openChannel(left, right, teamId);
    const [here, there] = from === "near" ? [left, right] : [right, left];
    const [hereId, thereId] = from === "near" ? [channel.near, channel.far] : [channel.far, channel.near];
    expect(await here.client.deleteChannel(teamId, hereId)).toBe(true);
    expect(await here.sawClosed(hereId)).toBe("the channel was deleted");
    expect(await there.sawClosed(thereId)).toBe("by the peer: the channel was deleted");
    for (const [device, id] of [
      [here, hereId],
      [there, thereId],
    ] as const) {
      expect((await refusal(device.client.deleteChannel(teamId, id))).code).toBe("UnknownChannel");
      expect(await refusal(device.client.sendData(bytes("x"), id, 1000))).toMatchObject({
        code: "ChannelClosed",
        fields: { reason: await device.sawClosed(id) },
      });
    }
  }
  const { near } = await openChannel(left, right, teamId);
  const otherTeam = await left.client.createTeam();
  expect((await refusal(left.client.deleteChannel(otherTeam, near))).code).toBe("UnknownChannel");
  expect(await left.client.sendData(bytes("x"), near, 10_000)).toBe(true);
  expect((await read(right.client)).text).toBe("x");
  await left.client.deleteChannel(teamId, near);
});

test("[AFC-5] an unreliable channel: true once sent, and what arrives arrives", async () => {
  const { near, far } = await openChannel(left, right, teamId, { delivery: "unreliable" });
  expect(await right.client.channels()).toMatchObject([{ channelId: far, delivery: "unreliable" }]);
  for (let i = 0; i < 20; i++) expect(await left.client.sendData(bytes(`${i}`), near, 1000)).toBe(true);
  expect(Number((await read(right.client)).text)).toBeLessThan(20); // on loopback something arrives
  right.signal("SIGSTOP");
  expect(await left.client.sendData(bytes("into the void"), near, 1000)).toBe(true);
  right.signal("SIGCONT");
  await left.client.deleteChannel(teamId, near);
  await right.sawClosed(far);
  while (await right.client.pollData(0)) right.client.readData(new Uint8Array(100));
});

/** Forwards datagrams between who sends to it first and `to`, and sees what is on the wire. */
class Tap {
  readonly seen: { readonly datagram: Buffer; readonly toServer: boolean }[] = [];
  readonly #front: Socket = createSocket("udp4");
  readonly #back: Socket = createSocket("udp4");

  async open(port: number, to: number): Promise<void> {
    let caller: number | undefined;
    this.#front.on("message", (datagram, from) => {
      caller = from.port;
      this.seen.push({ datagram, toServer: true });
      this.#back.send(datagram, to, "127.0.0.1");
    });
    this.#back.on("message", (datagram) => {
      this.seen.push({ datagram, toServer: false });
      if (caller !== undefined) this.#front.send(datagram, caller, "127.0.0.1");
    });
    await new Promise<void>((done) => this.#front.bind(port, "127.0.0.1", done));
    await new Promise<void>((done) => this.#back.bind(0, "127.0.0.1", done));
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }
}

test("[AFC-5, AFC-6, AFC-7, AFC-9] on the wire: nothing in clear, keys that change, and names that come from the graph", async () => {
  const [quick, other] = [await fleet.device("quick"), await fleet.device("other")];
  await Promise.all([quick.start(), other.start()]);
  const team = await foundTeam(owner, { users: [quick, other] });
  const tap = new Tap();
  const port = await freePort();
  await tap.open(port, other.port);
  await owner.client.assignNetworkName(team, other.id, `localhost:${port}`);
  for (const device of [quick, other]) await pull(device, owner, team);
  // Asked for by a later client than the one that gave the address.
  const second = await quick.connect({ afc: { rotateAfterBytes: 64 * 1024, rekeyAfterBytes: 256 * 1024 } });
  await other.client.pollData(0);
  const channelId = await second.createChannel(team, `localhost:${port}`, LABEL);
  const message = new Uint8Array(1024).fill(0x41);
  for (let round = 0; round < 16; round++) {
    const sent = await Promise.all(
      Array.from({ length: 20 }, () => second.sendData(message, channelId, 10_000)),
    );
    expect(sent).not.toContain(false);
    for (let i = 0; i < 20; i++) {
      const got = await read(other.client);
      expect(got).toMatchObject({ length: message.length, remoteNetIdentifier: quick.address });
    }
  }
  const full = tap.seen.filter((s) => s.toServer && s.datagram.length > 1000).map((s) => s.datagram);
  expect(new Set(full.map((datagram) => datagram[1])).size, "key phases").toBeGreaterThanOrEqual(3);
  expect(new Set(full.map((datagram) => datagram.readUInt32BE(4))).size, "handshakes").toBeGreaterThanOrEqual(
    2,
  );
  const all = Buffer.concat(tap.seen.map((s) => s.datagram));
  for (const clear of ["A".repeat(16), LABEL, quick.address]) expect(all.includes(clear)).toBe(false);
  await second.close();
  await eventually(
    "the channel is gone",
    () => other.client.channels(),
    (channels) => channels.length === 0,
  );
  tap.close();
});
