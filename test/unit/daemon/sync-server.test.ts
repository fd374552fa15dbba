/** Who may stay connected to be told of new heads. Over real connections. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import type { TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { SyncServer } from "../../../src/daemon/sync-server.ts";
import { Teams } from "../../../src/daemon/teams.ts";
import { systemClock } from "../../../src/io/clock.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import { connectTls } from "../../../src/io/tls.ts";
import type { TlsKeys, TlsPeer } from "../../../src/io/tls.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { Responder } from "../../../src/sync/responder.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "../../../src/sync/wire.ts";
import type { SyncMessage } from "../../../src/sync/wire.ts";
import { eventually, freePort } from "../../support/daemon-process.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { keysFromSeed } from "../../support/world.ts";
import { SILENT_LOG } from "../../support/silent-log.ts";

const suite = nodeSuite();
const [owner, one, two] = ["owner", "one", "two"].map((name) => keysFromSeed(suite, name));
const nothing = (): void => undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function served(): Promise<{ teams: Teams; teamId: TeamId; port: number }> {
  const work = WorkDirectory.open(new FaultyFiles(), "/w");
  const teams = new Teams({ suite, entropy: systemEntropy, work, log: SILENT_LOG });
  const teamId = teams.create(owner!);
  teams.act(teamId, owner!, (actions) => actions.addDevice(one!.bundle, "one"));
  teams.act(teamId, owner!, (actions) => actions.addDevice(two!.bundle, "two"));
  const server = new SyncServer({
    suite,
    clock: systemClock,
    entropy: systemEntropy,
    log: SILENT_LOG,
    teams,
    addresses: new AddressBook(),
    keys: () => owner!,
  });
  const port = await freePort();
  await server.listen({ host: "127.0.0.1", port });
  closing.push(() => server.close());
  return { teams, teamId, port };
}

interface Subscriber {
  readonly peer: TlsPeer;
  readonly heard: SyncMessage[];
}

/** Connects, subscribes and has its answer. */
async function subscriber(keys: TlsKeys, port: number, teamId: TeamId): Promise<Subscriber> {
  const peer = await connectTls({ host: "127.0.0.1", port, keys, timeoutMs: 30_000 });
  closing.push(() => peer.destroy());
  const heard: SyncMessage[] = [];
  const reader = new FrameReader();
  peer.onData((bytes) => {
    for (const body of reader.read(bytes)) heard.push(decodeSyncMessage(body));
  });
  peer.write(encodeSyncMessage({ type: "subscribe", teamId }));
  await hears({ peer, heard }, 1);
  return { peer, heard };
}

async function hears({ heard }: Subscriber, count: number): Promise<void> {
  await eventually(
    `${count} messages`,
    () => Promise.resolve(heard.length),
    (n) => n >= count,
  );
}

test("[SYN-6] every subscriber of a team hears of a change, once", async () => {
  const { teams, teamId, port } = await served();
  const all = [await subscriber(one!, port, teamId), await subscriber(two!, port, teamId)];
  teams.act(teamId, owner!, (actions) => actions.createLabel("a"));
  teams.act(teamId, owner!, (actions) => actions.createLabel("b"));
  for (const each of all) await hears(each, 2);
  // Nothing more is owed until they speak: the answer to this is the next they hear.
  teams.act(teamId, owner!, (actions) => actions.createLabel("c"));
  const heads = [...teams.get(teamId).heads()];
  for (const each of all) {
    each.peer.write(encodeSyncMessage({ type: "subscribe", teamId }));
    await hears(each, 3);
    expect(each.heard).toHaveLength(3);
    expect(each.heard[2]).toEqual({ type: "heads", teamId, heads });
  }
});

test("[SYN-6] each subscriber is told among how many: of this team, without those that fell silent", async () => {
  const { teams, teamId, port } = await served();
  const other = teams.create(owner!);
  const all = [
    await subscriber(one!, port, teamId),
    await subscriber(two!, port, teamId),
    await subscriber(owner!, port, other),
  ];
  const handle = vi.spyOn(Responder.prototype, "handle");
  closing.push(() => handle.mockRestore());
  teams.act(teamId, owner!, (actions) => actions.createLabel("a"));
  for (const each of all.slice(0, 2)) await hears(each, 2);
  const changes = (): unknown[] =>
    handle.mock.calls.map(([input]) => input).filter(({ type }) => type === "changed");
  expect(changes()).toEqual(Array(2).fill({ type: "changed", teamId, subscribers: 2 }));

  handle.mockClear();
  all[0]!.peer.write(encodeSyncMessage({ type: "subscribe", teamId }));
  await hears(all[0]!, 3);
  teams.act(teamId, owner!, (actions) => actions.createLabel("b"));
  await hears(all[0]!, 4);
  expect(changes()).toEqual([{ type: "changed", teamId, subscribers: 1 }]);
});

test("[SYN-8] one device has no more than its share of the places, and a place that is left is free", async () => {
  const { teamId, port } = await served();
  const first: Subscriber[] = [];
  for (let i = 0; i < LIMITS.syncSubscribersPerDeviceMax; i++)
    first.push(await subscriber(one!, port, teamId));
  for (const { heard } of first) expect(heard).toMatchObject([{ type: "heads" }]);
  const tooMany = await subscriber(one!, port, teamId);
  expect(tooMany.heard).toEqual([{ type: "refused", reason: "busy" }]);
  expect((await subscriber(two!, port, teamId)).heard).toMatchObject([{ type: "heads" }]);

  first[0]!.peer.destroy();
  await eventually(
    "room again",
    async () => (await subscriber(one!, port, teamId)).heard[0]?.type,
    (type) => type === "heads",
  );
});

/** Sockets that say nothing, each made again as soon as it is hung up on; `count` at any time. */
function strangers(port: number, count: number, addressOf: (i: number) => string): { hungUp: () => number } {
  let hungUp = 0;
  let over = false;
  const sockets = new Map<number, Socket>();
  const dial = (i: number): void => {
    const socket = connect({ host: "127.0.0.1", port, localAddress: addressOf(i) });
    sockets.set(i, socket);
    socket.on("error", nothing);
    socket.on("close", () => {
      hungUp++;
      if (!over) dial(i);
    });
  };
  for (let i = 0; i < count; i++) dial(i);
  closing.push(() => {
    over = true;
    for (const socket of sockets.values()) socket.destroy();
  });
  return { hungUp: () => hungUp };
}

test.each([
  ["one address", (): string => "127.0.0.2"],
  ["as many addresses", (i: number): string => `127.0.1.${1 + i}`],
])("[SYN-8] 200 strangers from %s keep no member out, and put none out", async (_name, addressOf) => {
  const { teams, teamId, port } = await served();
  const stays = await subscriber(two!, port, teamId);
  const flood = strangers(port, 200, addressOf);
  await eventually(
    "strangers are put out",
    () => Promise.resolve(flood.hungUp()),
    (n) => n > 100,
  );
  const members = 20;
  for (let i = 0; i < members; i++) {
    const member = await subscriber(one!, port, teamId);
    expect(member.heard).toMatchObject([{ type: "heads" }]);
    member.peer.destroy();
  }
  teams.act(teamId, owner!, (actions) => actions.createLabel("meanwhile"));
  await hears(stays, 2);
});

test("[SYN-8] places for hello are fewer than connections, so who only pulls finds one", () => {
  expect(LIMITS.syncSubscribersMax).toBeLessThan(LIMITS.syncSessionsInboundMax);
  expect(LIMITS.syncStrangersMax).toBeLessThan(LIMITS.syncSessionsInboundMax);
});
