/** Settings of several clients at once: each is told of its own, and what is refused changes nothing. */
import { expect, test } from "vitest";
import { formatAddress } from "../../../src/base/address.ts";
import type { Address } from "../../../src/base/address.ts";
import { TransportError } from "../../../src/base/errors.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { limitReached } from "../../../src/base/limit-reached.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Settings } from "../../../src/daemon/settings.ts";
import type { DaemonConfig } from "../../../src/ipc/config.ts";

function setUp(refused: readonly string[] = []) {
  const bound: string[] = [];
  const used: DaemonConfig[] = [];
  const teams = new Set<TeamId>();
  const peers = new Set<string>();
  const listener = (name: string) => ({
    listen: async (address: Address) => {
      await new Promise((done) => setImmediate(done));
      if (refused.includes(name)) throw new TransportError("listen-failed", "taken");
      bound.push(`${name} ${formatAddress(address)}`);
    },
    stopListening: async () => {
      await new Promise((done) => setImmediate(done));
      bound.splice(
        bound.findIndex((entry) => entry.startsWith(name)),
        1,
      );
    },
  });
  const settings = new Settings({
    configPath: undefined,
    isInitialised: () => true,
    listeners: { metrics: listener("metrics"), sync: listener("sync"), afc: listener("afc") },
    teams: {
      add: (teamId) => {
        if (teams.has(teamId)) return false;
        teams.add(teamId);
        return true;
      },
      has: (teamId) => teams.has(teamId),
      list: () => [...teams],
      remove: (teamId) => teams.delete(teamId),
    },
    sync: {
      addPeer: (address, teamId) => {
        if (peers.size === LIMITS.syncPeersMax) throw limitReached("syncPeersMax", "full");
        peers.add(`${teamId} ${address}`);
        return true;
      },
      removePeer: (address, teamId) => peers.delete(`${teamId} ${address}`),
      peers: () =>
        [...peers].map((peer) => {
          const [teamId, address] = peer.split(" ");
          return { teamId: teamId as TeamId, address: address!, rateMs: 1000 };
        }),
    },
    use: (config) => void used.push(config),
  });
  return { settings, bound, used, teams, peers };
}

const LISTENS: DaemonConfig = { metrics: { listen: "127.0.0.1:1" }, sync: { listen: "127.0.0.1:2" } };

test("of those who ask at once, only who changed something is told so", async () => {
  const { settings } = setUp();
  const asked: DaemonConfig[] = [LISTENS, {}, LISTENS, { logLevel: "warn" }, { logLevel: "warn" }];
  const changed = await Promise.all(asked.map((wanted) => settings.configure(wanted)));
  expect(changed).toEqual([true, false, false, true, false]);
});

test("a listener that fails, or a mismatch, leaves nothing of what was asked for", async () => {
  const { settings, bound, used } = setUp(["afc"]);
  await settings.configure({ logLevel: "info" });
  const wanted = { ...LISTENS, afc: { listen: "127.0.0.1:3" }, graphStore: "memory" } as const;
  await expect(settings.configure(wanted)).rejects.toMatchObject({ code: "InvalidArgument" });
  await expect(settings.configure({ ...LISTENS, logLevel: "debug" })).rejects.toMatchObject({
    code: "ConfigMismatch",
  });
  expect([settings.inForce, bound, used.length]).toEqual([{ logLevel: "info" }, [], 1]);
  expect(await settings.configure(LISTENS)).toBe(true);
  expect(bound).toEqual(["metrics 127.0.0.1:1", "sync 127.0.0.1:2"]);
});

test("a file that names one team more than a device may be in is taken over not at all; one less is", async () => {
  const { settings, teams, bound } = setUp();
  teams.add("own" as TeamId);
  const named = Array.from({ length: LIMITS.teamsMax }, (_, i) => ({
    address: "127.0.0.1:4321",
    teamId: `team ${i}` as TeamId,
    rateMs: 1000,
  }));
  const refused = settings.applyFile({ ...LISTENS, syncPeers: named });
  await expect(refused).rejects.toThrow(/at most 64 teams; with those of the file it would be in 65$/);
  expect([settings.inForce, teams.size, bound]).toEqual([{}, 1, []]);
  await settings.applyFile({ ...LISTENS, syncPeers: named.slice(1) });
  expect([settings.inForce, teams.size]).toEqual([LISTENS, LIMITS.teamsMax]);
});

const peersOf = (team: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    address: `127.0.0.1:${1024 + i}`,
    teamId: team as TeamId,
    rateMs: 1000,
  }));

test("a file whose peers do not fit beside those of clients is taken over not at all; those it no longer names make room", async () => {
  const { settings, peers, bound } = setUp();
  await settings.applyFile({ syncPeers: peersOf("file", 200) });
  for (let i = 0; i < 20; i++) peers.add(`own 127.0.0.1:${1024 + i}`);
  const before = [...peers];
  const refused = settings.applyFile({ ...LISTENS, syncPeers: peersOf("other", LIMITS.syncPeersMax - 19) });
  await expect(refused).rejects.toThrow(/at most 256 sync peers; with those of the file there would be 257$/);
  expect([settings.inForce, [...peers], bound]).toEqual([{}, before, []]);
  await settings.applyFile({ ...LISTENS, syncPeers: peersOf("other", LIMITS.syncPeersMax - 20) });
  expect([settings.inForce, peers.size, peers.has("file 127.0.0.1:1024")]).toEqual([LISTENS, 256, false]);
});

test("a peer that a client adds while the file is being taken over leaves nothing of the file", async () => {
  const { settings, peers, bound } = setUp();
  const applying = settings.applyFile({ ...LISTENS, syncPeers: peersOf("file", LIMITS.syncPeersMax) });
  await new Promise((done) => setImmediate(done));
  peers.add("own 127.0.0.1:1024");
  await expect(applying).rejects.toThrow(/there would be 257$/);
  expect([settings.inForce, peers.size, bound]).toEqual([{}, 1, []]);
});
