/** Channels between real daemons over a path that loses, delays and reorders: what is promised of each kind of delivery. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChannelId, TeamId } from "../../src/client/index.ts";
import { BadPath } from "../support/bad-path.ts";
import { Fleet, foundTeam, LABEL, pull, read } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const MESSAGE_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 60_000;

let owner: Device;
let left: Device;
let right: Device;
let teamId: TeamId;
let path: BadPath;
beforeAll(async () => {
  [owner, left, right] = await fleet.started("owner", "left", "right");
  teamId = await foundTeam(owner, { users: [left, right] });
  path = await BadPath.open(right.port, {
    delayMs: 2,
    lossPercent: 3,
    latePercent: 10,
    lateMs: 10,
    datagramBytesMax: 1472,
    seed: 11,
  });
  await owner.client.assignNetworkName(teamId, right.id, `127.0.0.1:${path.port}`);
  for (const device of [left, right]) await pull(device, owner, teamId);
  await right.client.pollData(0);
});
afterAll(() => path.close());

const open = (delivery?: "reliable" | "unreliable"): Promise<ChannelId> =>
  left.client.createChannel(teamId, `127.0.0.1:${path.port}`, LABEL, delivery && { delivery });
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("[AFC-5, AFC-11] unless asked otherwise all of it arrives, once and in order, from no byte to 1 MiB, sent again where lost", async () => {
  const channel = await open();
  const lengths = [0, 1, 1148, 1149, 5000, 64 * 1024, 300_000, MESSAGE_BYTES_MAX, 17, 2000, 100_000, 1];
  const sent = lengths.map((length) => randomBytes(length));
  const dropped = path.dropped;
  const outcomes = Promise.all(sent.map((message) => left.client.sendData(message, channel, TIMEOUT_MS)));
  const buffer = new Uint8Array(MESSAGE_BYTES_MAX);
  for (const message of sent) {
    expect(await right.client.pollData(TIMEOUT_MS)).toBe(true);
    const { length } = right.client.readData(buffer);
    expect(length).toBe(message.length);
    expect(digest(buffer.subarray(0, length))).toBe(digest(message));
  }
  expect(await outcomes).not.toContain(false);
  expect(await right.client.pollData(0)).toBe(false);
  const needed = sent.reduce((sum, message) => sum + message.length, 0);
  expect(path.dropped - dropped).toBeGreaterThan(needed / 1472 / 100); // it was no clear day
  expect((await left.client.channels())[0]).toMatchObject({ delivery: "reliable" });
  await left.client.deleteChannel(teamId, channel);
});

test("[AFC-11] an unreliable channel sends nothing again: what arrives arrives once, and what is older never later", async () => {
  const channel = await open("unreliable");
  const COUNT = 400;
  for (let i = 0; i < COUNT; i++) {
    expect(await left.client.sendData(new TextEncoder().encode(String(i)), channel, 1000)).toBe(true);
  }
  // The last may be lost: a later one says that all before it are through.
  const seen: number[] = [];
  const end = setInterval(() => {
    void left.client.sendData(new TextEncoder().encode("end"), channel, 1000).catch(() => undefined);
  }, 50);
  for (;;) {
    const { text, channelId } = await read(right.client);
    expect(channelId).not.toBe(channel);
    if (text === "end") break;
    seen.push(Number(text));
  }
  clearInterval(end);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(seen.toSorted((x, y) => x - y));
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThan(COUNT);
  await left.client.deleteChannel(teamId, channel);
});
