/** The same behaviour with what the platform has and without, two daemons that differ in it, and `status` says which it is. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PLATFORM_VARIABLE, probePlatform, summaryOf } from "../../platform/platform.ts";
import type { TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { bytes, Fleet, foundTeam, LABEL, openChannel, pull, read, refusal, run } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const PLAIN = { ...process.env, [PLATFORM_VARIABLE]: "plain" };
const OWN = { ...process.env, [PLATFORM_VARIABLE]: "" };
const WAYS = { plain: { udp: "dgram", aead: "plain" }, own: summaryOf(probePlatform({})) } as const;
const MESSAGES = 300;

let owner: Device;
let plain: Device;
let own: Device;
let plainToo: Device;
let teamId: TeamId;
beforeAll(async () => {
  owner = await fleet.device("owner");
  plain = await fleet.device("plain", [], PLAIN);
  plainToo = await fleet.device("plain-too", [], PLAIN);
  own = await fleet.device("own", [], OWN);
  await Promise.all([owner, plain, plainToo, own].map((device) => device.start()));
  teamId = await foundTeam(owner, { users: [plain, plainToo, own] });
});

test("the daemon tells which ways it chose at start, in its log, by status and on the command line", async () => {
  for (const [device, ways] of [
    [plain, WAYS.plain],
    [own, WAYS.own],
  ] as const) {
    const status = await device.client.status();
    expect(status).toMatchObject({ deviceId: device.id, afc: { listen: device.address, ...ways } });
    expect(status.afc.ciphers.toSorted()).toEqual(["aes-256-gcm", "chacha20-poly1305"]);
    expect((await device.daemon.logged("ready"))["platform"]).toEqual(ways);
    const json = await run("status", "--socket", device.daemon.socketPath, "--json");
    // These are never the same again, and a seal may have come.
    const { uptimeMs, memory, audit, ...lasting } = status;
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: "status/1",
      daemon: { ...lasting, audit: { state: audit.state } },
    });
    expect(uptimeMs).toBeGreaterThan(0);
    expect(memory.residentBytes).toBeGreaterThan(memory.anonymousBytes!);
    const text = await run("status", "--socket", device.daemon.socketPath);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    for (const word of [device.id, device.address, `${ways.udp}:`, `${ways.aead}:`, "of memory"])
      expect(text.stdout).toContain(word);
  }
  const nobody = await run("status", "--socket", `${fleet.root}/nobody`, "--daemon-wait", "0s");
  expect(nobody).toMatchObject({ code: 69, stdout: "" });
  expect(nobody.stderr).toContain("DaemonUnavailable");
  expect((await run("status", "--socket")).code).toBe(64);
  expect((await run("status", "--frob")).code).toBe(64);
});

test("before it has keys and listens, status says so", async () => {
  const young = await fleet.device("young", [], PLAIN);
  young.daemon.start();
  await young.attach();
  const { deviceId, afc } = await young.client.status();
  expect(deviceId).toBeUndefined();
  expect(afc).toMatchObject(WAYS.plain);
  expect(afc.listen).toBeUndefined();
});

test.each([
  ["plain", "plain", () => [plain, plainToo] as const],
  ["plain", "what the platform has", () => [plain, own] as const],
  ["what the platform has", "plain", () => [own, plain] as const],
])(
  "[AFC-5, AFC-6, AFC-7] %s to %s: everything arrives once and in order, through many keys",
  async (_from, _to, ends) => {
    const [from, to] = ends();
    const second = await from.connect({ afc: { rotateAfterBytes: 64 * 1024 } });
    await to.client.pollData(0);
    const channel = await second.createChannel(teamId, to.address, LABEL);
    const sent = Array.from({ length: MESSAGES }, (_, i) => randomBytes(1 + ((i * 37) % 1100)));
    const outcomes = sent.map((message) => second.sendData(message, channel, 20_000));
    const buffer = new Uint8Array(2048);
    for (const message of sent) {
      expect(await to.client.pollData(20_000)).toBe(true);
      const { length } = to.client.readData(buffer);
      expect(message.equals(buffer.subarray(0, length))).toBe(true);
    }
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set([true]));
    expect(await to.client.pollData(0)).toBe(false);
    await second.close();
    await eventually(
      "the channel is gone at both ends",
      async () => [...(await from.client.channels()), ...(await to.client.channels())],
      (channels) => channels.length === 0,
    );
  },
);

test.each([
  ["plain", "plain", () => [plain, plainToo] as const],
  ["plain", "what the platform has", () => [plain, own] as const],
])(
  "[AFC-5, AFC-8] %s to %s: a silent peer, a close and a right taken away look the same",
  async (_from, _to, ends) => {
    const [from, to] = ends();
    const { near, far } = await openChannel(from, to, teamId);
    expect(await from.client.sendData(bytes("one"), near, 10_000)).toBe(true);
    expect((await read(to.client)).text).toBe("one");
    to.signal("SIGSTOP");
    expect(await from.client.sendData(bytes("two"), near, 200)).toBe(false);
    to.signal("SIGCONT");
    await owner.client.revokeLabel(teamId, from.id, LABEL);
    await pull(from, owner, teamId);
    await to.sawClosed(far);
    expect((await refusal(from.client.sendData(bytes("three"), near, 1000))).code).toBe("ChannelClosed");
    while (await to.client.pollData(0)) to.client.readData(new Uint8Array(100));
    await owner.client.assignLabel(teamId, from.id, LABEL);
    for (const device of [from, to]) await pull(device, owner, teamId);
  },
);
