/**
 * Sync peers that are broken or hostile, each in its own way and all at once: the daemon says what is wrong with each, goes on
 * with the one that is fine, stays small, and takes each back when it is well again.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SyncPeerInfo, TeamId } from "../../src/client/index.ts";
import type { TlsPeer } from "../../src/io/tls.ts";
import { encodeSyncMessage } from "../../src/sync/wire.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { HostileMember } from "../support/hostile-member.ts";
import type { Answers } from "../support/hostile-member.ts";
import { fakeCommand } from "../support/fake-source.ts";
import { Fleet, foundTeam, pull, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
const member = new HostileMember("hostile");
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
  await fleet.close();
});

const HEAP_MEGABYTES = 64;

let owner: Device;
let victim: Device;
let frozen: Device;
let teamId: TeamId;
beforeAll(async () => {
  [owner, frozen] = await fleet.started("owner", "frozen");
  // What is queued without bound ends it.
  const env = { ...process.env, NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}` };
  victim = await fleet.device("victim", [], env);
  await victim.start();
  teamId = await foundTeam(owner, { members: [victim, frozen] });
  await owner.client.addDevice(teamId, member.keys.bundle, "hostile");
  await member.learn(teamId, owner.address);
  // The heads that it shows are known there.
  await pull(victim, owner, teamId);
  await victim.client.addSyncPeer(owner.address, teamId, 200);
});

/** Begins, and returns what ends it. */
type Fault = (port: number) => Promise<() => unknown>;

/** Of whoever is connected to, by what it does with the connection. */
const tcp =
  (act: (socket: Socket) => void): Fault =>
  async (port) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
      act(socket);
    });
    await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    };
    closing.push(close);
    return close;
  };

/** Of a member, by what it does with each message. */
const sync =
  (answers: Answers): Fault =>
  async (port) => {
    const listener = await member.listen(port, answers);
    const close = (): Promise<void> => listener.close();
    closing.push(close);
    return close;
  };

const drips = new Set<NodeJS.Timeout>();
closing.push(() => {
  for (const drip of drips) clearInterval(drip);
});

/** A byte at a time. */
function drip(bytes: Uint8Array, write: (byte: Uint8Array) => void): void {
  let at = 0;
  drips.add(setInterval(() => write(bytes.subarray(at, ++at)), 500));
}

const onPull =
  (act: (peer: TlsPeer) => void): Answers =>
  (peer) =>
  (message) => {
    if (message.type === "pull") act(peer);
  };

const heads = (): readonly ReturnType<typeof fakeCommand>["id"][] => [fakeCommand("nowhere").id];
const pageOfOld = (): Uint8Array => {
  const { source } = member.teams.get(teamId);
  const commands = Array.from({ length: source.size }, (_, i) => source.bytesAt(i));
  return encodeSyncMessage({ type: "page", commands, more: true });
};

/** What one is shown with, where it is not simply slow. */
const FAULTS: [string, Fault, SyncPeerInfo["lastError"] extends infer E ? Partial<NonNullable<E>> : never][] =
  [
    ["dead", () => Promise.resolve(() => undefined), { code: "PeerUnreachable", reason: "ECONNREFUSED" }],
    [
      "hanging up",
      tcp((socket) => socket.destroy()),
      { code: "PeerUnreachable", reason: "cannot be reached" },
    ],
    ["a black hole", tcp(() => undefined), { code: "PeerUnreachable", reason: "did not answer in" }],
    [
      "a byte at a time before TLS is up",
      tcp((socket) => drip(Uint8Array.of(22, 3, 3, 0x10, 0, 2, 0, 0, 0x0f), (byte) => socket.write(byte))),
      { code: "PeerUnreachable", reason: "did not answer in" },
    ],
    [
      "garbage before TLS",
      tcp((socket) => socket.write(randomBytes(65_536))),
      { code: "PeerUnreachable", reason: "cannot be reached" },
    ],
    [
      "garbage after TLS",
      sync(onPull((peer) => peer.write(new Uint8Array(1024 * 1024).fill(0xa5)))),
      { code: "PeerRefused", reason: "bad-message" },
    ],
    [
      "two answers to one question",
      sync(
        onPull((peer) => {
          const level = encodeSyncMessage({ type: "level", heads: member.teams.get(teamId).heads() });
          peer.write(Buffer.concat([level, level]));
        }),
      ),
      { code: "PeerRefused", reason: "unexpected-message" },
    ],
    [
      "pages without end with nothing new in them",
      sync((peer) => () => peer.write(pageOfOld())),
      { code: "PeerRefused", reason: "no-progress" },
    ],
    [
      "heads it never delivers",
      sync(onPull((peer) => peer.write(encodeSyncMessage({ type: "level", heads: heads() })))),
      { code: "PeerRefused", reason: "not-level" },
    ],
  ];

async function peerIs(
  address: string,
  what: string,
  is: (peer: SyncPeerInfo) => boolean,
): Promise<SyncPeerInfo> {
  const [peer] = await eventually(
    `${what}: the peer is shown as it should be`,
    async () => (await victim.client.syncPeers()).filter((p) => p.address === address),
    ([first]) => first !== undefined && is(first),
    40_000,
  );
  return peer!;
}

const isWell = (peer: SyncPeerInfo): boolean =>
  peer.lastError === undefined && peer.failures === undefined && peer.lastSuccess !== undefined;

/** The owner makes labels, and each arrives before the next is made, for as long as `work` takes; how many. */
async function syncingMeanwhile(prefix: string, work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  let count = 0;
  while (!isDone) {
    const label = `${prefix} ${count++}`;
    await owner.client.createLabel(teamId, label);
    await eventually(
      `${label} arrives`,
      () => victim.client.labels(teamId),
      (labels) => labels.includes(label),
    );
  }
  await done;
  return count;
}

/** In megabytes. */
function residentMemory(device: Device): number {
  const status = readFileSync(`/proc/${device.daemon.pid!}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}

test("[SYN-8] nine ways to be broken, and a daemon that is stopped, all at once: each is named and taken back", async () => {
  const one = async ([name, fault, expected]: (typeof FAULTS)[number]): Promise<void> => {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const heal = await fault(port);
    await victim.client.addSyncPeer(address, teamId, 200);
    const { lastError, failures } = await peerIs(address, name, (p) => p.lastError !== undefined);
    expect({ name, ...lastError }).toMatchObject({ name, code: expected.code });
    expect({ name, reason: lastError!.reason }).toEqual({
      name,
      reason: expect.stringContaining(expected.reason!) as unknown,
    });
    expect(lastError!.reason).toContain(address);
    expect(failures).toBeGreaterThan(0);
    await heal();
    await sync(member.honestly())(port);
    await peerIs(address, `${name}, healed`, isWell);
  };
  const stopped = async (): Promise<void> => {
    frozen.signal("SIGSTOP");
    await victim.client.addSyncPeer(frozen.address, teamId, 200);
    const { lastError } = await peerIs(frozen.address, "stopped", (p) => p.lastError !== undefined);
    expect(lastError).toMatchObject({ code: "PeerUnreachable" });
    frozen.signal("SIGCONT");
    await peerIs(frozen.address, "continued", isWell);
  };
  const before = residentMemory(victim);
  const count = await syncingMeanwhile("one of ten", Promise.all([stopped(), ...FAULTS.map(one)]));
  expect(count).toBeGreaterThan(5);
  expect(residentMemory(victim) - before).toBeLessThan(64);
  const peers = await victim.client.syncPeers();
  expect(peers).toHaveLength(FAULTS.length + 2);
  for (const peer of peers)
    if (peer.address !== owner.address) await victim.client.removeSyncPeer(peer.address, teamId);
});

test("[SYN-8] a byte at a time in the middle of a page: who waits is told, the others are not kept, and what is left comes", async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const heal = await sync(onPull((peer) => drip(pageOfOld(), (byte) => peer.write(byte))))(port);
  await victim.client.addSyncPeer(address, teamId, 200);
  const waiting = refusal(victim.client.syncNow(address, teamId, { timeoutMs: 2000 }));
  expect(await syncingMeanwhile("slow", waiting)).toBeGreaterThan(1);
  expect((await waiting).code).toBe("Timeout");
  expect((await peerIs(address, "slow", (p) => p.lastError !== undefined)).lastError!.code).toBe("Timeout");
  await heal();
  await sync(member.honestly())(port);
  await peerIs(address, "slow, healed", isWell);
  await victim.client.removeSyncPeer(address, teamId);
});

test("[SYN-8] valid commands without end: one pull at a time, in bounded memory, beside all others", async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let pages = 0;
  let connections = 0;
  const heal = await sync((peer) => {
    connections++;
    let flood = member.endless(teamId, []);
    return (message) => {
      if (message.type === "pull") flood = member.endless(teamId, message.heads);
      else if (message.type !== "next") return;
      pages++;
      const commands = Array.from({ length: 50 }, () => flood.next().value.bytes);
      peer.write(encodeSyncMessage({ type: "page", commands, more: true }));
    };
  })(port);
  await victim.client.addSyncPeer(address, teamId, 200);
  const waiting = refusal(victim.client.syncNow(address, teamId, { timeoutMs: 2500 }));
  expect(await syncingMeanwhile("meanwhile", waiting)).toBeGreaterThan(1);
  expect((await waiting).code).toBe("Timeout");
  expect((await peerIs(address, "endless", (p) => p.lastError !== undefined)).lastError!.code).toBe(
    "Timeout",
  );
  expect(connections).toBeLessThanOrEqual(2);
  expect(pages).toBeGreaterThan(1);
  const { commandCount } = await victim.client.team(teamId);
  expect(commandCount).toBeLessThanOrEqual(pages * 50 + 1000);
  // Node itself, the heap, and what a page and TLS hold outside of it.
  expect(residentMemory(victim)).toBeLessThan(80 + 2 * HEAP_MEGABYTES);

  // What it brought does not count, here or at who syncs with the victim.
  await owner.client.syncNow(victim.address, teamId);
  for (const device of [owner, victim])
    expect((await device.client.labels(teamId)).filter((label) => label.startsWith("flood "))).toEqual([]);
  await victim.client.removeSyncPeer(address, teamId);
  const pagesThen = pages;
  await syncingMeanwhile("after", new Promise((done) => setTimeout(done, 300)));
  expect(pages, "removed is removed").toBeLessThanOrEqual(pagesThen + 1);
  await heal();
  await sync(member.honestly())(port);
  await victim.client.addSyncPeer(address, teamId, 200);
  await peerIs(address, "endless, healed", isWell);
});
