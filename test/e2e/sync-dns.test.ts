/** Sync peers known by name, while names come, go, move and are answered with nothing. */
import { renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SyncPeerInfo, TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { HOSTS_FILE_VARIABLE } from "../support/scripted-resolver.ts";
import type { Hosts } from "../support/scripted-resolver.ts";
import { Fleet, foundTeam } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const hostsFile = join(fleet.directory("dns"), "hosts.json");
const resolver = join(fleet.directory("dns"), "resolver.cjs");
buildSync({
  entryPoints: [resolve("test/support/scripted-resolver.ts")],
  outfile: resolver,
  bundle: true,
  platform: "node",
  format: "cjs",
});

/** What names resolve to from now on. In one step: the daemon reads the file at any time. */
function names(hosts: Hosts): void {
  writeFileSync(`${hostsFile}.new`, JSON.stringify(hosts));
  renameSync(`${hostsFile}.new`, hostsFile);
}

let owner: Device;
let leaf: Device;
let teamId: TeamId;
/** By its name. */
let byName: string;
beforeAll(async () => {
  names({});
  owner = await fleet.device("owner");
  const env = { ...process.env, NODE_OPTIONS: `--require ${resolver}`, [HOSTS_FILE_VARIABLE]: hostsFile };
  const config = join(fleet.directory("dns"), "config.json");
  leaf = await fleet.device("leaf", ["--config", config], env);
  writeFileSync(config, "{}");
  await owner.start();
  await leaf.start();
  teamId = await foundTeam(owner, { members: [leaf] });
  byName = `hub.test:${owner.port}`;
  // As a device does that is switched on before its network is there.
  await leaf.client.close();
  await leaf.daemon.stop();
  writeFileSync(config, JSON.stringify({ syncPeers: [{ address: byName, teamId, rateMs: 100 }] }));
  await leaf.start();
});

async function peerIs(address: string, is: (peer: SyncPeerInfo) => boolean): Promise<SyncPeerInfo> {
  const [peer] = await eventually(
    `${address} is shown as it should be`,
    async () => (await leaf.client.syncPeers()).filter((p) => p.address === address),
    ([first]) => first !== undefined && is(first),
  );
  return peer!;
}

let labels = 0;
async function syncs(): Promise<void> {
  const label = `label ${++labels}`;
  await owner.client.createLabel(teamId, label);
  await eventually(
    `${label} arrives`,
    () => leaf.client.labels(teamId),
    (all) => all.includes(label),
  );
}

/** The owner's daemon, at another address of this machine. */
async function ownerMovesTo(host: string): Promise<void> {
  await owner.client.close();
  await owner.daemon.stop();
  owner.daemon.start();
  await owner.attach({ sync: { listen: `${host}:${owner.port}` } });
}

test("[SYN-1] a name that is not there at boot is asked for until it is", async () => {
  const { lastError } = await peerIs(byName, (p) => (p.failures ?? 0) >= 2);
  expect(lastError!.code).toBe("PeerUnreachable");
  expect(lastError!.reason).toContain(`${byName} cannot be reached: hub.test cannot be resolved`);
  names({ "hub.test": { addresses: ["127.0.0.1"] } });
  expect((await peerIs(byName, (p) => p.lastSuccess !== undefined)).lastError).toBeUndefined();
  await syncs();
});

test("[SYN-1] a name that moves is followed as soon as the old address is dead", async () => {
  await ownerMovesTo("127.0.0.2");
  await peerIs(byName, (p) => p.lastError?.code === "PeerUnreachable");
  names({ "hub.test": { addresses: ["127.0.0.2"] } });
  await peerIs(byName, (p) => p.lastError === undefined);
  await syncs();
});

test("[SYN-1] a name that stands for several addresses is tried until one answers", async () => {
  names({ "several.test": { addresses: ["127.0.0.3", "127.0.0.4", "127.0.0.2"] } });
  const address = `several.test:${owner.port}`;
  await leaf.client.addSyncPeer(address, teamId, 3_600_000);
  expect((await peerIs(address, (p) => p.lastSuccess !== undefined)).failures).toBeUndefined();
  await leaf.client.removeSyncPeer(address, teamId);
  names({ "hub.test": { addresses: ["127.0.0.2"] } });
});

test("[SYN-1] a name answered with nothing, or not at all, keeps the address it had", async () => {
  const gone: readonly Hosts[] = [{ "hub.test": { addresses: [] } }, {}];
  for (const hosts of gone) {
    names(hosts);
    // Started anew: no connection of before serves.
    await ownerMovesTo("127.0.0.2");
    await peerIs(byName, (p) => p.lastError === undefined);
    await syncs();
  }
});

test("[SYN-1, SYN-8] a name that has no address says so, and a resolver that hangs holds up no other peer", async () => {
  names({ "empty.test": { addresses: [] }, "hung.test": { hangs: true }, "hub.test": { hangs: true } });
  await leaf.client.addSyncPeer("empty.test", teamId, 100);
  const empty = await peerIs("empty.test", (p) => p.lastError !== undefined);
  expect(empty.lastError!.reason).toContain("empty.test has no IPv4 address");

  await leaf.client.addSyncPeer("hung.test", teamId, 100);
  const address = `127.0.0.2:${owner.port}`;
  await leaf.client.removeSyncPeer(byName, teamId);
  await leaf.client.addSyncPeer(address, teamId, 100);
  await peerIs(address, (p) => p.lastSuccess !== undefined);
  const hung = peerIs("hung.test", (p) => p.lastError !== undefined);
  await syncs();
  expect((await hung).lastError!.reason).toContain("hung.test was not resolved in 10000 ms");
  await syncs();
});
