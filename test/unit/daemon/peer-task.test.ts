/** A peer that is a member and lies: pulls go well, what it announces is not so. Over real connections. */
import { afterEach, expect, test } from "vitest";
import { concat } from "../../../src/base/bytes.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { after } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { Judging } from "../../../src/daemon/judging.ts";
import { SyncService } from "../../../src/daemon/sync-service.ts";
import { Teams } from "../../../src/daemon/teams.ts";
import { systemClock } from "../../../src/io/clock.ts";
import { systemEntropy } from "../../../src/io/entropy.ts";
import { AddressBook } from "../../../src/io/resolve.ts";
import { listenTls } from "../../../src/io/tls.ts";
import type { TlsListener, TlsPeer } from "../../../src/io/tls.ts";
import type { Effect } from "../../../src/ipc/effect.ts";
import { WorkDirectory } from "../../../src/store/account.ts";
import { Responder } from "../../../src/sync/responder.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "../../../src/sync/wire.ts";
import type { SyncMessage } from "../../../src/sync/wire.ts";
import { eventually } from "../../support/daemon-process.ts";
import { fakeCommand } from "../../support/fake-source.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { keysFromSeed } from "../../support/world.ts";
import { SILENT_LOG } from "../../support/silent-log.ts";

/** As the system's, and sooner later where a test says so. */
const clock = { aheadMs: 0, now: () => after(systemClock.now(), clock.aheadMs) };
const suite = nodeSuite();
const liar = keysFromSeed(suite, "liar");
const asker = keysFromSeed(suite, "asker");
const nothing = (): void => undefined;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  clock.aheadMs = 0;
});

function opened(): Teams {
  const work = WorkDirectory.open(new FaultyFiles(), "/w");
  const teams = new Teams({ suite, entropy: systemEntropy, work, log: SILENT_LOG });
  teams.load();
  return teams;
}

/** Where a member listens that serves pulls as it should, and a device that may sync with it. */
async function liarAndAsker(onSubscribe: (peer: TlsPeer, teamId: TeamId) => void): Promise<{
  teamId: TeamId;
  address: string;
  sync: SyncService;
  effects: Effect[];
  /** What each connection asked for. */
  asked: string[][];
  /** Warnings. */
  logged: object[];
}> {
  const theirs = opened();
  const teamId = theirs.create(liar);
  theirs.act(teamId, liar, (actions) => actions.addDevice(asker.bundle, "asker"));
  const asked: string[][] = [];
  const listener: TlsListener = await listenTls({
    host: "127.0.0.1",
    port: 0,
    keys: liar,
    onConnection: (peer) => {
      const types: string[] = [];
      asked.push(types);
      const now = systemClock.now();
      const responder = new Responder({ authorize: () => theirs.get(teamId).source, now });
      const reader = new FrameReader();
      peer.onData((bytes) => {
        for (const body of reader.read(bytes)) {
          const message: SyncMessage = decodeSyncMessage(body);
          types.push(message.type);
          if (message.type === "subscribe") {
            onSubscribe(peer, teamId);
            continue;
          }
          responder.handle({ type: "bytes", bytes: encodeSyncMessage(message) }, now);
          for (let out = responder.poll(); out !== undefined; out = responder.poll())
            if (out.type === "transmit") peer.write(out.bytes);
        }
      });
    },
  });
  open.push(listener);
  const mine = opened();
  mine.add(teamId);
  const effects: Effect[] = [];
  const logged: object[] = [];
  const sync = new SyncService({
    suite,
    clock,
    entropy: systemEntropy,
    log: { ...SILENT_LOG, warn: (fields, msg) => void logged.push({ ...fields, msg }) },
    tell: (effect) => effects.push(effect),
    teams: mine,
    judging: new Judging(mine, systemClock),
    addresses: new AddressBook(),
    keys: () => asker,
  });
  open.push(sync);
  return { teamId, address: `127.0.0.1:${listener.port}`, sync, effects, asked, logged };
}

const nowhere = (teamId: TeamId): SyncMessage => ({
  type: "heads",
  teamId,
  heads: [fakeCommand("nowhere").id],
});

test("[SYN-8] who announces what it does not have is polled on, and believed less and less often", async () => {
  const { sync, address, teamId, effects, asked } = await liarAndAsker((peer, team) =>
    peer.write(encodeSyncMessage(nowhere(team))),
  );
  sync.addPeer(address, teamId, 10);
  const hellos = (): boolean[] => asked.map((types) => types.includes("subscribe"));
  await eventually(
    "three lies",
    () => Promise.resolve(hellos()),
    (all) => all.filter(Boolean).length >= 3,
  );
  expect(hellos().slice(0, 7)).toEqual([true, false, true, false, false, false, true]);
  expect(effects).toContainEqual(expect.objectContaining({ type: "syncFailed", code: "PeerRefused" }));
  for (const types of asked.slice(0, 6))
    expect(types).toEqual(types.includes("subscribe") ? ["pull", "subscribe", "pull"] : ["pull"]);
});

test("[SYN-8] a flood of announcements costs its sender the connection, and not one pull", async () => {
  const { sync, address, teamId, effects, asked } = await liarAndAsker((peer, team) => {
    const level = encodeSyncMessage({ type: "heads", teamId: team, heads: [] });
    peer.write(concat(...Array.from({ length: 1000 }, () => level)));
  });
  sync.addPeer(address, teamId, 60_000);
  await eventually(
    "the flood is over",
    () => Promise.resolve(effects),
    (all) => all.some((e) => e.type === "syncFailed"),
  );
  expect(effects).toContainEqual(expect.objectContaining({ code: "PeerRefused" }));
  expect(asked).toEqual([["pull", "subscribe"]]);
  expect(sync.peers()[0]).toMatchObject({ lastError: { code: "PeerRefused" } });
});

test("[SYN-6, CLI-8] a peer is behind for as long as something it announced is not here", async () => {
  const { sync, address, teamId } = await liarAndAsker((peer, team) => {
    peer.onData(nothing); // and never says another word
    peer.write(encodeSyncMessage(nowhere(team)));
  });
  sync.addPeer(address, teamId, 60_000);
  await eventually(
    "behind",
    () => Promise.resolve(sync.peers()),
    ([peer]) => peer?.behind === true,
  );
  expect(sync.peers()).toMatchObject([
    {
      address,
      lastSuccess: expect.any(Number) as unknown,
      headsMissing: 1,
      behindForMs: expect.any(Number) as unknown,
    },
  ]);
  expect(sync.figures().peers[0]).toMatchObject({ headsMissing: 1, failures: 0, pulls: { level: 1 } });
  expect(sync.stalledForMs(teamId)).toBeUndefined();
  // What was announced does not come, and nor does anything else.
  clock.aheadMs = 180_001;
  expect(sync.stalledForMs(teamId)).toBeGreaterThanOrEqual(180_000);
  expect(sync.peers()[0]!.behindForMs).toBeGreaterThanOrEqual(180_000);
});

test("[SYN-8] what was announced and is not there any more is forgotten with the next pull that goes well", async () => {
  let lies = 0;
  const { sync, address, teamId } = await liarAndAsker((peer, team) => {
    if (lies++ === 0) peer.write(encodeSyncMessage(nowhere(team)));
  });
  // Seldom enough that it is the lie, and no poll, that makes it pull.
  sync.addPeer(address, teamId, 1000);
  await eventually(
    "the lie is believed",
    () => Promise.resolve(sync.figures().peers[0]!),
    ({ headsMissing }) => headsMissing === 1,
  );
  await eventually(
    "the lie is over",
    () => Promise.resolve(sync.figures().peers[0]!),
    ({ pulls, failures }) => pulls.refused > 0 && failures === 0,
  );
  expect(sync.peers()[0]).not.toHaveProperty("behind");
  expect(sync.figures().peers[0]).toMatchObject({ headsMissing: 0, behindForMs: 0 });
});

test("[SYN-1] a team that is level with none of its peers is told to stand still once, and to go on once", async () => {
  const { sync, address, teamId, effects, logged } = await liarAndAsker(nothing);
  const types = (): string[] =>
    effects.map((e) => e.type).filter((type) => /^sync(Stalled|Resumed)$/.test(type));
  const stalls = (): unknown[] => logged.filter((line) => "cause" in line);
  const nobody = "127.0.0.1:1";
  sync.useHello("off");
  sync.addPeer(nobody, teamId, 100);
  await eventually(
    "it fails",
    () => Promise.resolve(sync.peers()),
    ([peer]) => (peer?.failures ?? 0) >= 1,
  );
  expect(sync.figures().peers[0]!.pulls.unreachable).toBeGreaterThanOrEqual(1);
  expect(types()).toEqual([]);
  clock.aheadMs = 60_001;
  // No timer: it is so at once for who asks, and told when the next pull has failed.
  expect(sync.stalledForMs(teamId)).toBeGreaterThan(60_000);
  await eventually(
    "told",
    () => Promise.resolve(types()),
    (all) => all.length > 0,
  );
  expect(effects.find((e) => e.type === "syncStalled")).toMatchObject({ teamId, cause: "notLevel" });
  expect(stalls()).toEqual([
    expect.objectContaining({ teamId, cause: "notLevel", msg: "sync stands still" }),
  ]);
  const failures = sync.peers()[0]!.failures!;
  await eventually(
    "it fails again",
    () => Promise.resolve(sync.peers()),
    ([peer]) => peer!.failures! > failures,
  );
  expect(types()).toEqual(["syncStalled"]);

  sync.addPeer(address, teamId, 60_000);
  await eventually(
    "it goes on",
    () => Promise.resolve(types()),
    (all) => all.includes("syncResumed"),
  );
  expect(types()).toEqual(["syncStalled", "syncResumed"]);
  expect(sync.stalledForMs(teamId)).toBeUndefined();
  expect(stalls()).toHaveLength(1);
  expect(sync.figures().peers[1]!.traffic).toMatchObject({ received: 2 });

  // Being level is enough, also without anything new.
  clock.aheadMs = 600_000;
  expect(sync.stalledForMs(teamId)).toBeGreaterThan(180_000);
  const { signal } = new AbortController();
  expect(await sync.syncNow(address, teamId, { timeoutMs: 10_000, signal })).toMatchObject({ received: 0 });
  expect(sync.stalledForMs(teamId)).toBeUndefined();

  // Without any peer there is nothing that could stand still.
  clock.aheadMs = 1e9;
  expect(sync.stalledForMs(teamId)).toBeGreaterThan(0);
  sync.removePeer(nobody, teamId);
  sync.removePeer(address, teamId);
  expect(sync.stalledForMs(teamId)).toBeUndefined();
  expect(sync.figures().teams.size).toBe(0);
});

test("[SYN-5, SYN-8] calls that wait for the same peer share a pull, each for as long as it likes", async () => {
  const { sync, address, teamId, asked } = await liarAndAsker(nothing);
  const { signal } = new AbortController();
  const calls = Array.from({ length: 50 }, () =>
    sync.syncNow(address, teamId, { timeoutMs: 10_000, signal }),
  );
  const gone = new AbortController();
  const given = sync.syncNow(address, teamId, { timeoutMs: 10_000, signal: gone.signal });
  gone.abort(new Error("gone"));
  await expect(given).rejects.toThrow("gone");
  const reports = await Promise.all(calls);
  expect(reports[0]).toMatchObject({ received: 2, accepted: 2 });
  expect(asked.length).toBeLessThanOrEqual(2);
});
