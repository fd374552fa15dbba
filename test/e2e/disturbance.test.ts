/** Applications that vanish in the middle of a call, and bytes that mean nothing: the rest goes on, and nothing is left. */
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { readdirSync } from "node:fs";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../src/client/index.ts";
import type { ChannelId, TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { bytes, Fleet, foundTeam, LABEL, openChannel, read, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let left: Device;
let right: Device;
let frozen: Device;
let teamId: TeamId;
let near: ChannelId;
let far: ChannelId;
beforeAll(async () => {
  [owner, left, right, frozen] = await fleet.started("owner", "left", "right", "frozen");
  teamId = await foundTeam(owner, { users: [left, right, frozen] });
  await frozen.client.pollData(0);
  ({ near, far } = await openChannel(left, right, teamId));
});

/** The channel between left and right works, and is the only thing left holds. */
async function undisturbed(device = left): Promise<void> {
  await eventually(
    "only the first client's channel is left",
    () => left.client.channels(),
    (channels) => channels.length === 1 && channels[0]!.channelId === near && channels[0]!.state === "open",
  );
  expect(await left.client.sendData(bytes(device.name), near, 10_000)).toBe(true);
  expect((await read(right.client)).text).toBe(device.name);
  expect(await left.client.syncPeers()).toEqual([]);
}

/** Sockets, files and pipes of a process. */
const descriptors = (device: Device): number => readdirSync(`/proc/${device.daemon.pid!}/fd`).length;

test("[SYS-8] a client that goes in the middle of a call leaves nothing, and the others are not disturbed", async () => {
  const before = descriptors(left);
  frozen.signal("SIGSTOP");
  try {
    const syncing = await left.connect();
    const creating = await left.connect();
    const polling = await left.connect();
    const calls = [
      syncing.syncNow(frozen.address, teamId),
      creating.createChannel(teamId, frozen.address, LABEL),
      polling.pollData(30_000),
    ].map((call) => refusal(call));
    await eventually(
      "the channel is being opened",
      () => left.client.channels(),
      (channels) => channels.some((c) => c.state === "opening"),
    );
    await Promise.all([syncing, creating, polling].map((client) => client.close()));
    for (const { code } of await Promise.all(calls)) expect(code).toBe("DaemonUnavailable");
    await undisturbed();
    await eventually(
      "its sockets are closed",
      () => Promise.resolve(descriptors(left)),
      (count) => count <= before,
    );
  } finally {
    frozen.signal("SIGCONT");
  }

  const sending = await left.connect();
  const channelId = await sending.createChannel(teamId, frozen.address, LABEL);
  const there = await eventually(
    "the channel is there",
    () => frozen.client.channels(),
    (channels) => channels.some((c) => c.state === "open"),
  );
  expect(there, "the handshake given up before, which arrived first, is not shown").toHaveLength(1);
  frozen.signal("SIGSTOP");
  const message = refusal(sending.sendData(bytes("lost"), channelId, 30_000));
  await sending.teams(); // the message is with the daemon
  await sending.close();
  expect((await message).code).toBe("DaemonUnavailable");
  await undisturbed();
  frozen.signal("SIGCONT");
  await eventually(
    "the other end hears of it",
    () => frozen.client.channels(),
    (channels) => channels.length === 0,
  );
});

test("[SYS-8] the listener that goes while a channel arrives takes it along; the caller hears of it", async () => {
  const visitor = await frozen.connect();
  const [calling] = await Promise.allSettled([
    left.client.createChannel(teamId, frozen.address, LABEL),
    visitor.close(),
    frozen.client.close(),
  ]);
  if (calling.status === "fulfilled") {
    expect(await left.sawClosed(calling.value)).toMatch(/application it belonged to is gone/);
  } else {
    expect(calling.reason).toMatchObject({
      code: expect.stringMatching(/^(NoListener|ChannelClosed)$/) as string,
    });
  }
  await frozen.attach();
  await frozen.client.pollData(0);
  await undisturbed();
});

test("[SYS-8] a client that dies without a word, by its socket, is cleaned up after like one that closes", async () => {
  // Half a request, and then nothing.
  const torn = createConnection(left.daemon.socketPath);
  await new Promise((done) => torn.once("connect", done));
  torn.write(Uint8Array.of(0, 0, 1, 0, 0x83));
  torn.destroy();
  await undisturbed();
});

test("[SYS-8] 100 clients that come, work and go leave no file descriptor behind", async () => {
  const round = async (): Promise<void> => {
    const client = await left.connect({ logLevel: "debug" });
    const stream = client.effects();
    await client.teams();
    await client.pollData(0);
    await stream.return?.();
    await client.close();
  };
  for (let i = 0; i < 5; i++) await round();
  const before = descriptors(left);
  for (let i = 0; i < 100; i++) await round();
  await eventually(
    "as many as before",
    () => Promise.resolve(descriptors(left)),
    (count) => count <= before,
  );
  await undisturbed();
});

test("[SYS-8] more clients than there is room for are turned away at once; the ones that are there go on", async () => {
  const before = descriptors(left);
  const idle: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  for (let i = 0; i < 80; i++) {
    const socket = createConnection(left.daemon.socketPath);
    closed.push(new Promise((done) => socket.once("close", done)));
    socket.on("error", () => undefined);
    socket.resume();
    idle.push(socket);
  }
  await Promise.race(closed);
  expect((await refusal(Client.connect({ socketPath: left.daemon.socketPath }))).code).toBe(
    "DaemonUnavailable",
  );
  await undisturbed();
  for (const socket of idle) socket.destroy();
  await eventually(
    "there is room again",
    () => Promise.resolve(descriptors(left)),
    (count) => count <= before,
  );
  await (await left.connect()).close();
});

/** The same noise every run. */
function* noise(count: number, lengthMax: number): Generator<Uint8Array> {
  let seed = Buffer.from("noise");
  for (let i = 0; i < count; i++) {
    const length = 1 + ((i * 7919) % lengthMax);
    const chunks: Buffer[] = [];
    for (let got = 0; got < length; got += 32)
      chunks.push((seed = createHash("sha256").update(seed).digest()));
    yield Buffer.concat(chunks).subarray(0, length);
  }
}

/** Writes and waits for the other side to have had enough; ends by itself after a while if it has not. */
function shout(connect: () => Socket, data: Uint8Array): Promise<void> {
  return new Promise((done) => {
    const socket = connect();
    socket.once("error", () => undefined);
    socket.once("close", () => done());
    socket.end(data);
    socket.resume();
  });
}

test("[SYS-8] noise on the Unix socket ends that connection, and no other", async () => {
  const before = descriptors(left);
  for (const data of noise(60, 4000)) await shout(() => createConnection(left.daemon.socketPath), data);
  // What looks like a frame at first: a length, a type, and what is no CBOR.
  for (const type of [0, 1, 2, 3, 255]) {
    for (const body of noise(4, 64)) {
      const frame = Buffer.alloc(5 + body.length);
      frame.writeUInt32BE(1 + body.length);
      frame[4] = type;
      frame.set(body, 5);
      await shout(() => createConnection(left.daemon.socketPath), frame);
    }
  }
  await undisturbed();
  await eventually(
    "no connection is left",
    () => Promise.resolve(descriptors(left)),
    (count) => count <= before,
  );
});

test("[SYN-8] noise on the sync port disturbs neither syncs nor channels", async () => {
  const before = descriptors(left);
  const toSync = (): Socket => createConnection(left.port, "127.0.0.1");
  await Promise.all([...noise(40, 2000)].map((data) => shout(toSync, data)));
  // The beginning of a TLS record, and then nothing more.
  await shout(toSync, Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
  expect(await right.client.syncNow(left.address, teamId)).toMatchObject({ received: 0 });
  await undisturbed();
  await eventually(
    "no connection is left",
    () => Promise.resolve(descriptors(left)),
    (count) => count <= before,
  );
});

test("[AFC-12] noise on the AFC port, in every form a datagram has, disturbs no channel", async () => {
  const socket = createSocket("udp4");
  let answers = 0;
  socket.on("message", () => answers++);
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  const send = (datagram: Uint8Array, to: Device): Promise<void> =>
    new Promise((done) => socket.send(datagram, to.port, "127.0.0.1", () => done()));
  const messages = Array.from({ length: 20 }, (_, i) => left.client.sendData(bytes(`${i}`), near, 10_000));
  let n = 0;
  for (const data of noise(600, 1400)) {
    const datagram = Uint8Array.from(data);
    // Two in three begin as one of the types does, so that they get past the first look.
    if (n % 3 !== 0) datagram[0] = n % 6;
    await send(datagram, n++ % 2 === 0 ? left : right);
  }
  await send(new Uint8Array(0), left);
  expect(await Promise.all(messages)).toEqual(Array.from({ length: 20 }, () => true));
  const got: string[] = [];
  for (let i = 0; i < 20; i++) {
    const { channelId, text } = await read(right.client);
    got.push(`${channelId} ${text}`);
  }
  expect(got).toEqual(Array.from({ length: 20 }, (_, i) => `${far} ${i}`));
  await undisturbed();
  expect(answers, "strangers get no answer").toBe(0);
  socket.close();
});
