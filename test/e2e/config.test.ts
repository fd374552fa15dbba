/** Settings: from the first client, from others that agree or do not, and from `--config FILE`, read again on SIGHUP. */
import { writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DaemonConfig } from "../../src/client/index.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { Fleet, foundTeam, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
const canConnect = (device: Device): Promise<boolean> => answers(device.port);

test("[SYS-3] the daemon listens nowhere until a client says where and the device has keys", async () => {
  const device = await fleet.device("late");
  device.daemon.start();
  await device.attach();
  expect(await canConnect(device)).toBe(false);
  const second = await device.connect({ sync: { listen: device.address } });
  expect(await canConnect(device)).toBe(false);
  await device.client.initDevice();
  expect(await canConnect(device)).toBe(true);
  await second.close();
});

test("[SYS-4] another value than the one in force is refused, naming setting and both values; nothing changes", async () => {
  const device = await fleet.device("settings");
  await device.start({ graphStore: "disk" });
  const cases: [wanted: DaemonConfig, setting: string, current: string, want: string][] = [
    [{ sync: { listen: "127.0.0.1:1" } }, "sync.listen", device.address, "127.0.0.1:1"],
    [{ afc: { listen: "127.0.0.1:1" } }, "afc.listen", device.address, "127.0.0.1:1"],
    [{ graphStore: "memory" }, "graphStore", "disk", "memory"],
    [{ logLevel: "info" }, "logLevel", "debug", "info"],
  ];
  for (const [wanted, setting, current, want] of cases) {
    // A setting that nobody has asked for comes along: it is not taken over either.
    const error = await refusal(device.connect({ ...wanted, afc: { rotateAfterMs: 5000, ...wanted.afc } }));
    expect(error).toMatchObject({ code: "ConfigMismatch", fields: { setting, current, wanted: want } });
    expect(error.message).toContain(setting);
  }
  const other = await device.connect({ afc: { rotateAfterMs: 6000 } });
  const same = await device.connect({ ...device.config, graphStore: "disk", afc: { rotateAfterMs: 6000 } });
  await expect(same.getDeviceId()).resolves.toBe(device.id);
  await expect(refusal(device.connect({ afc: { rotateAfterMs: 5000 } }))).resolves.toMatchObject({
    fields: { setting: "afc.rotateAfterMs", current: 6000, wanted: 5000 },
  });
  expect(await canConnect(device)).toBe(true);
  await Promise.all([other.close(), same.close()]);
});

test("[SYS-3, SYS-4] a listen address in use is InvalidArgument, naming the setting; a free one may follow", async () => {
  const tcp = createServer();
  await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", done));
  const tcpTaken = `127.0.0.1:${(tcp.address() as AddressInfo).port}`;
  const udp = createSocket("udp4");
  await new Promise<void>((done) => udp.bind(0, "127.0.0.1", done));
  const udpTaken = `127.0.0.1:${udp.address().port}`;

  const device = await fleet.device("taken");
  device.daemon.start();
  await device.attach();
  await device.client.initDevice();
  const free = await freePort();
  for (const [wanted, field] of [
    [{ sync: { listen: tcpTaken } }, "sync.listen"],
    [{ afc: { listen: udpTaken } }, "afc.listen"],
    [{ sync: { listen: `127.0.0.1:${free}` }, afc: { listen: udpTaken } }, "afc.listen"],
  ] as const) {
    const error = await refusal(device.connect(wanted));
    expect(error).toMatchObject({ code: "InvalidArgument", fields: { field } });
    expect(error.fields["reason"]).toMatch(/cannot listen on 127\.0\.0\.1/);
  }
  expect(await answers(free), "all or nothing: the third try left no listener behind").toBe(false);
  const client = await device.connect(device.config);
  expect(await canConnect(device)).toBe(true);
  await client.close();
  tcp.close();
  udp.close();
});

test("[SYS-3] a listen address in use is told to whoever makes the keys, and can be retried", async () => {
  const tcp = createServer();
  const device = await fleet.device("retry");
  await new Promise<void>((done) => tcp.listen(device.port, "127.0.0.1", done));
  device.daemon.start();
  await device.attach(device.config);
  expect(await refusal(device.client.initDevice())).toMatchObject({
    code: "InvalidArgument",
    fields: { field: "sync.listen" },
  });
  await new Promise((done) => tcp.close(done));
  await device.client.initDevice();
  expect(await canConnect(device), "once the address is free it listens").toBe(true);
});

test("[SYS-3] clients that come and initialise at once get the same device, and one listener", async () => {
  const device = await fleet.device("rush");
  device.daemon.start();
  await device.attach();
  const clients = await Promise.all(Array.from({ length: 8 }, () => device.connect(device.config)));
  const ids = await Promise.all(clients.map((client) => client.initDevice()));
  expect(new Set(ids).size).toBe(1);
  const late = await Promise.all(Array.from({ length: 8 }, () => device.connect(device.config)));
  expect(await canConnect(device)).toBe(true);
  await Promise.all([...clients, ...late].map((client) => client.close()));
});

let owner: Device;
let hub: Device;
beforeAll(async () => {
  [owner, hub] = await fleet.started("owner", "hub");
});

test("[SYS-3] --config FILE plays a first client; SIGHUP adds and removes peers, and a bad file changes nothing", async () => {
  const file = join(fleet.root, "config.json");
  const unattended = await fleet.device("unattended", ["--config", file]);
  writeFileSync(file, JSON.stringify(unattended.config));
  unattended.daemon.start();
  await unattended.attach();
  unattended.id = await unattended.client.initDevice();
  expect(await canConnect(unattended)).toBe(true);
  expect(await refusal(unattended.connect({ sync: { listen: "127.0.0.1:1" } }))).toMatchObject({
    code: "ConfigMismatch",
    fields: { setting: "sync.listen", current: unattended.address },
  });

  const teamId = await foundTeam(owner, { members: [hub] });
  await owner.client.addDevice(teamId, await unattended.client.getKeyBundle(), "unattended");
  const write = async (...peers: { address: string; rateMs: number; expectedDeviceId?: string }[]) => {
    const before = unattended.daemon.log.filter((line) => line.msg === "configuration read again").length;
    const syncPeers = peers.map((peer) => ({ ...peer, teamId }));
    writeFileSync(file, JSON.stringify({ ...unattended.config, syncPeers }));
    unattended.signal("SIGHUP");
    await eventually(
      "the file was read again",
      () => Promise.resolve(unattended.daemon.log.filter((l) => l.msg === "configuration read again")),
      (lines) => lines.length > before,
    );
  };
  const peers = async (): Promise<string[]> =>
    (await unattended.client.syncPeers()).map((p) => `${p.address} ${p.rateMs}`).sort();

  await write({ address: owner.address, rateMs: 100, expectedDeviceId: owner.id });
  expect(await unattended.client.teams(), "the team was added").toEqual([teamId]);
  await unattended.saw("syncSucceeded");
  expect((await unattended.client.devices(teamId)).length).toBe(3);

  await write({ address: hub.address, rateMs: 60_000 }, { address: owner.address, rateMs: 200 });
  expect(await peers()).toEqual([`${owner.address} 200`, `${hub.address} 60000`].sort());
  await unattended.client.addSyncPeer("localhost:1", teamId, 60_000);

  for (const bad of ['{"sync":', '{"logLevel":"loud"}', '{"sync":{"listen":"127.0.0.1:1"}}']) {
    writeFileSync(file, bad);
    const before = unattended.daemon.log.length;
    unattended.signal("SIGHUP");
    const line = await unattended.daemon.logged("configuration not taken over", (l) => {
      return unattended.daemon.log.indexOf(l) >= before;
    });
    expect(line["reason"]).toContain(file);
    expect(await peers()).toHaveLength(3);
  }

  await write({ address: hub.address, rateMs: 60_000 });
  expect(await peers(), "a client's peer stays").toEqual(
    [`${hub.address} 60000`, "localhost:1 60000"].sort(),
  );

  // After a start the file is all there is.
  await unattended.daemon.stop("SIGKILL");
  unattended.daemon.start();
  await unattended.attach();
  expect(await peers()).toEqual([`${hub.address} 60000`]);
  expect(await unattended.client.teams()).toEqual([teamId]);
  expect(await canConnect(unattended)).toBe(true);
});
