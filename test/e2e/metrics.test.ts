/** Metrics of real daemons: what was done shows in the numbers, and who only disturbs changes nothing else. */
import { get } from "node:http";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TeamId } from "../../src/client/index.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { readOpenMetrics, valueOf } from "../support/open-metrics.ts";
import type { Family } from "../support/open-metrics.ts";
import { bytes, Fleet, foundTeam, openChannel, read, refusal, run } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let owner: Device;
let left: Device;
let right: Device;
let teamId: TeamId;
let port: number;
beforeAll(async () => {
  [owner, left, right] = await fleet.started("owner", "left", "right");
  teamId = await foundTeam(owner, { users: [left, right] });
  port = await freePort();
  await (await left.connect({ metrics: { listen: `127.0.0.1:${port}` } })).close();
});

const metricsOf = async (device: Device): Promise<Family[]> => readOpenMetrics(await device.client.metrics());

function scrape(
  path = "/metrics",
): Promise<{ status: number | undefined; type: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () =>
        resolve({ status: response.statusCode, type: response.headers["content-type"], text }),
      );
    }).on("error", reject);
  });
}

test("ten messages are ten messages, at both ends and at their clients", async () => {
  const { near } = await openChannel(left, right, teamId);
  for (let i = 0; i < 10; i++)
    expect(await left.client.sendData(bytes("0123456789"), near, 15_000)).toBe(true);
  for (let i = 0; i < 10; i++) await read(right.client);
  await expect(left.client.sendData(new Uint8Array(1024 * 1024 + 1), near, 1000)).rejects.toThrow();

  const here = await metricsOf(left);
  expect(valueOf(here, "afc_messages_total", { direction: "out" })).toBe(10);
  expect(valueOf(here, "afc_message_bytes_total", { direction: "out" })).toBe(100);
  expect(valueOf(here, "afc_message_outcomes_total", { outcome: "acknowledged" })).toBe(10);
  expect(valueOf(here, "ipc_sends_total", { outcome: "acknowledged" })).toBe(10);
  expect(valueOf(here, "afc_handshakes_total", { begun: "here", outcome: "opened" })).toBe(1);
  expect(valueOf(here, "afc_channels", { state: "open" })).toBe(1);
  const there = await metricsOf(right);
  expect(valueOf(there, "afc_messages_total", { direction: "in" })).toBe(10);
  expect(valueOf(there, "afc_message_bytes_total", { direction: "in" })).toBe(100);
  expect(valueOf(there, "ipc_messages_delivered_total")).toBe(10);
  expect(valueOf(there, "afc_handshakes_total", { begun: "there", outcome: "opened" })).toBe(1);
  // What one sent the other received, but for what is on its way.
  const sent = valueOf(here, "afc_bytes_total", { direction: "out" });
  expect(sent).toBeGreaterThan(100);
  await eventually(
    "all of it arrives",
    () => metricsOf(right),
    (now) => valueOf(now, "afc_bytes_total", { direction: "in" }) >= sent,
  );
  await left.client.deleteChannel(teamId, near);
  await eventually(
    "the peer has ended it",
    () => metricsOf(right),
    (now) => valueOf(now, "afc_channels_ended_total", { by: "peer" }) === 1,
  );
  expect(valueOf(await metricsOf(left), "afc_channels", { state: "open" })).toBe(0);
});

test("sync is seen from both sides, and what it brings is judged and written", async () => {
  const before = await metricsOf(left);
  const servedBefore = await metricsOf(owner);
  await left.client.addSyncPeer(owner.address, teamId, 60_000);
  const of = { team: teamId, peer: owner.address };
  const level = (families: Family[]): number =>
    valueOf(families, "sync_peer_pulls_total", { ...of, outcome: "level" });
  await eventually(
    "the first pull",
    () => metricsOf(left),
    (now) => level(now) === 1,
  );
  for (const label of ["one", "two", "three"]) await owner.client.createLabel(teamId, label);
  const accepted = (families: Family[]): number =>
    valueOf(families, "team_judged_total", { team: teamId, outcome: "accepted" });
  // Judged is what was received, but not at once.
  const after = await eventually(
    "three labels",
    () => metricsOf(left),
    (now) => accepted(now) - accepted(before) === 3,
  );
  expect(valueOf(after, "sync_peer_commands_received_total", of)).toBe(3);
  const grew = (name: string, labels: Record<string, string> = {}): number =>
    valueOf(after, name, labels) - valueOf(before, name, labels);
  expect(grew("team_commands", { team: teamId })).toBe(3);
  expect(valueOf(after, "team_devices", { team: teamId })).toBe(3);
  // The audit log has its part of it.
  expect(grew("store_written_bytes_total")).toBeGreaterThanOrEqual(grew("team_log_bytes", { team: teamId }));
  expect(grew("team_log_bytes", { team: teamId })).toBeGreaterThan(0);
  expect(grew("store_syncs_total")).toBeGreaterThanOrEqual(1);
  expect(valueOf(after, "sync_peer_failures", of)).toBe(0);
  expect(valueOf(after, "team_sync_stalled", { team: teamId, cause: "notLevel" })).toBe(0);
  const served = await metricsOf(owner);
  const gaveOut =
    valueOf(served, "sync_server_bytes_total", { direction: "out" }) -
    valueOf(servedBefore, "sync_server_bytes_total", { direction: "out" });
  expect(gaveOut).toBeGreaterThanOrEqual(valueOf(after, "sync_peer_bytes_total", { ...of, direction: "in" }));
  expect(valueOf(served, "sync_server_subscribers")).toBe(1);
  await left.client.removeSyncPeer(owner.address, teamId);
  expect(() => valueOf(before, "sync_peer_failures", of)).toThrow("0 series");
});

test("strangers at the sync port, refusals and nonsense on the socket are counted by cause", async () => {
  const stranger = connect(owner.port, "127.0.0.1");
  stranger.on("error", () => undefined);
  stranger.write("GET / HTTP/1.1\r\n\r\n");
  await new Promise((done) => stranger.once("close", done));
  await refusal(owner.client.createLabel(teamId, "one"));
  const nonsense = connect(owner.daemon.socketPath);
  nonsense.on("error", () => undefined);
  nonsense.write(Buffer.alloc(64, 0xff));
  await new Promise((done) => nonsense.once("close", done));
  await eventually(
    "all three",
    () => metricsOf(owner),
    (now) =>
      valueOf(now, "sync_server_rejected_total", { cause: "handshake-failed" }) === 1 &&
      valueOf(now, "ipc_calls_total", { outcome: "refused" }) === 1 &&
      valueOf(now, "ipc_connections_failed_total", { cause: "nonsense" }) === 1 &&
      valueOf(now, "log_lines_total", { kind: "warn" }) === 1,
  );
});

test("a client that speaks nonsense again and again fills no log, and what was left out is told", async () => {
  const noisy = await fleet.device("noisy");
  await noisy.start();
  for (let i = 0; i < 50; i++) {
    const nonsense = connect(noisy.daemon.socketPath);
    nonsense.on("error", () => undefined);
    nonsense.write(Buffer.alloc(64, 0xff));
    await new Promise((done) => nonsense.once("close", done));
  }
  const families = await eventually(
    "all of them",
    () => metricsOf(noisy),
    (now) => valueOf(now, "ipc_connections_failed_total", { cause: "nonsense" }) === 50,
  );
  const written = valueOf(families, "log_lines_total", { kind: "warn" });
  expect(written).toBeLessThan(12);
  expect(written + valueOf(families, "log_lines_total", { kind: "left-out" })).toBe(50);
  expect(await noisy.daemon.stop()).toBe(0);
  const lines = noisy.daemon.log.filter(({ msg }) => msg === "client closed");
  const { leftOut = 0 } = (await noisy.daemon.logged("lines were left out")) as { leftOut?: number };
  const told = lines.reduce((sum, line) => sum + 1 + ((line["leftOut"] as number | undefined) ?? 0), leftOut);
  expect(told).toBe(50);
});

test("socket, command and port tell the same, and JSON has its shape", async () => {
  const names = (text: string): string[] => readOpenMetrics(text).map(({ name }) => name);
  const expected = names(await left.client.metrics());
  const http = await scrape();
  expect(http.status).toBe(200);
  expect(http.type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(names(http.text)).toEqual(expected);
  const text = await run("metrics", "--socket", left.daemon.socketPath);
  expect(text.code).toBe(0);
  expect(names(text.stdout)).toEqual(expected);
  const json = await run("metrics", "--json", "--socket", left.daemon.socketPath);
  const { schema, families } = JSON.parse(json.stdout) as { schema: string; families: Family[] };
  expect(schema).toBe("metrics/1");
  expect(families.map(({ name }) => name)).toEqual(expected);
  expect(families[0]).toMatchObject({
    type: "gauge",
    samples: [{ labels: { udp: expect.any(String) as string }, value: 1 }],
  });
  const { metrics, sync, memory } = await left.client.status();
  expect([metrics.listen, sync.listen]).toEqual([`127.0.0.1:${port}`, left.address]);
  expect(memory.anonymousBytes).toBeGreaterThan(1e6);
});

test("[SYS-4] the setting is refused by name where it is no loopback address, taken, or another's; nothing changes then", async () => {
  const young = await fleet.device("young");
  young.daemon.start();
  const open = await refusal(young.connect({ metrics: { listen: "0.0.0.0:9464" } }));
  expect(open).toMatchObject({
    code: "InvalidArgument",
    fields: { field: expect.stringContaining("metrics.listen") as string },
  });
  const taken = createServer();
  const takenPort = await freePort();
  await new Promise<void>((done) => taken.listen(takenPort, "127.0.0.1", done));
  const busy = await refusal(young.connect({ metrics: { listen: `127.0.0.1:${takenPort}` } }));
  expect(busy).toMatchObject({ code: "InvalidArgument", fields: { field: "metrics.listen" } });
  await new Promise((done) => taken.close(done));
  // Without keys it already tells how it is.
  await young.attach({ metrics: { listen: `127.0.0.1:${takenPort}` } });
  const families = await metricsOf(young);
  expect(valueOf(families, "device_initialised")).toBe(0);
  expect(valueOf(families, "listening", { listener: "metrics" })).toBe(1);
  expect(valueOf(families, "listening", { listener: "sync" })).toBe(0);
  const other = await refusal(young.connect({ metrics: { listen: "127.0.0.1:1" } }));
  expect(other).toMatchObject({ code: "ConfigMismatch", fields: { setting: "metrics.listen" } });
  // All or nothing: a listener that cannot be had leaves none of the others behind.
  await young.client.initDevice();
  expect((await young.client.status()).metrics.listen).toBe(`127.0.0.1:${takenPort}`);
  expect(await young.daemon.stop()).toBe(0);
});

test("who disturbs the port costs it little, and the device nothing", async () => {
  const digest = async (): Promise<string> => (await left.client.team(teamId)).stateDigest;
  const memory = async (): Promise<number> => (await left.client.status()).memory.anonymousBytes!;
  const before = { digest: await digest(), memory: await memory() };
  for (let round = 0; round < 5; round++) {
    const sockets = Array.from({ length: 100 }, (_, i) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      if (i % 4 === 0) socket.write("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
      if (i % 4 === 1) socket.write(`GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`);
      if (i % 4 === 2) socket.write("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
      return socket;
    });
    await Promise.all(sockets.map((socket) => new Promise((done) => socket.once("connect", done))));
    for (const socket of sockets) socket.destroy();
  }
  await eventually(
    "it answers",
    () => scrape(),
    ({ status }) => status === 200,
  );
  expect((await scrape("/")).status).toBe(404);
  expect(await digest()).toBe(before.digest);
  expect((await memory()) - before.memory).toBeLessThan(32 * 1024 * 1024);
});
