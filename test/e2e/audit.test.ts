/** The audit log of real daemons: what is done leaves its line, nobody can grow it, and a change shows. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allSealed, eventually } from "../support/daemon-process.ts";
import { Fleet, foundTeam, LABEL, openChannel, pull, refusal, run } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

interface Line {
  readonly seq: number;
  readonly who: string;
  readonly act: string;
  readonly team?: string;
  readonly target?: string;
  readonly outcome: string;
  readonly detail?: Readonly<Record<string, string | number>>;
}

const directoryOf = (device: Device): string => join(device.daemon.workDir, "audit");
const filesOf = (device: Device): string[] =>
  readdirSync(directoryOf(device)).map((name) => join(directoryOf(device), name));
const bytesOf = (device: Device): number =>
  filesOf(device).reduce((sum, file) => sum + statSync(file).size, 0);

async function linesOf(device: Device, ...filter: string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await run(
    "audit",
    "show",
    "--work-dir",
    device.daemon.workDir,
    "--json",
    ...filter,
  );
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

async function verify(
  device: Device,
  ...more: string[]
): Promise<{ code: number | null; found: Record<string, unknown> }> {
  const { code, stdout } = await run(
    ...["audit", "verify", "--work-dir", device.daemon.workDir, "--device", device.id, "--json", ...more],
  );
  return { code, found: JSON.parse(stdout) as Record<string, unknown> };
}

let owner: Device;
let left: Device;
let right: Device;
beforeAll(async () => {
  [owner, left, right] = await fleet.started("owner", "left", "right");
});

test("[SEC-7] each act of a client leaves exactly one line that says who, what, to whom and with what outcome", async () => {
  const { client } = owner;
  const before = (await linesOf(owner)).length;
  const team = await client.createTeam();
  const target = await client.addDevice(team, await left.client.getKeyBundle(), "left");
  await client.createLabel(team, LABEL);
  await client.assignRole(team, target, "user");
  await client.assignLabel(team, target, LABEL);
  await client.assignNetworkName(team, target, left.address);
  expect(await client.assignLabel(team, target, LABEL)).toBe(false);
  await refusal(client.createLabel(team, LABEL));
  await refusal(client.addDevice(team, await left.client.getKeyBundle(), "left"));
  await client.revokeLabel(team, target, LABEL);
  await client.revokeNetworkName(team, target, left.address);
  await client.revokeRole(team, target, "user");
  await client.deleteLabel(team, LABEL);
  await client.addSyncPeer(left.address, team, 60_000);
  await client.removeSyncPeer(left.address, team);
  await client.removeDevice(team, target);
  await client.teams();
  await client.devices(team);
  await client.closeTeam(team);
  await client.removeTeam(team);
  const lines = (await linesOf(owner)).slice(before).filter(({ act }) => act.startsWith("call."));
  expect(lines.map(({ act, outcome }) => `${act.slice(5)} ${outcome}`)).toEqual([
    "createTeam done",
    "addDevice done",
    "createLabel done",
    "assignRole done",
    "assignLabel done",
    "assignNetworkName done",
    "createLabel LabelExists",
    "addDevice DeviceExists",
    "revokeLabel done",
    "revokeNetworkName done",
    "revokeRole done",
    "deleteLabel done",
    "addSyncPeer done",
    "removeSyncPeer done",
    "removeDevice done",
    "closeTeam done",
    "removeTeam done",
  ]);
  const who = new RegExp(`^client:\\d+ uid:${process.getuid!()} pid:${process.pid}$`);
  for (const line of lines) {
    expect(line.who).toMatch(who);
    expect(line.team).toBe(team);
  }
  expect(lines[1]).toMatchObject({ target, detail: { commonName: "left" } });
  expect(lines[3]).toMatchObject({ target, detail: { role: "user" } });
  expect(await verify(owner)).toMatchObject({ code: 0, found: { isSound: true, deviceId: owner.id } });
});

test("[SEC-7] what others did, who was let in and what became of channels are in the log of each end", async () => {
  const team = await foundTeam(owner, { users: [left, right] });
  await owner.client.createLabel(team, "other");
  await pull(left, owner, team);
  await pull(left, owner, team);
  const { near, far } = await openChannel(left, right, team);
  await left.client.deleteChannel(team, near);
  await right.sawClosed(far);
  // Nobody takes channels there.
  await refusal(left.client.createChannel(team, owner.address, LABEL));
  await refusal(right.client.assignRole(team, left.id, "operator"));
  await owner.client.removeDevice(team, right.id);
  await refusal(right.client.syncNow(owner.address, team));

  const served = await linesOf(owner, "--act", "sync.serve", "--team", team);
  expect(served.map(({ who, outcome }) => `${who} ${outcome}`).sort()).toEqual(
    [`device:${left.id} done`, `device:${right.id} done`, `device:${right.id} removed`].sort(),
  );
  const pulls = await linesOf(right, "--act", "sync.pull", "--team", team);
  expect(pulls.map(({ who, outcome }) => `${who} ${outcome}`)).toEqual([
    `device:${owner.id} done`,
    `device:${owner.id} PeerRefused`,
  ]);
  const graph = await linesOf(left, "--act", "graph.", "--team", team);
  expect(
    graph.filter(({ act, detail }) => act === "graph.labelCreated" && detail!["label"] === "other"),
  ).toMatchObject([{ who: `device:${owner.id}`, outcome: "done" }]);
  expect(graph.some(({ act, target }) => act === "graph.deviceAdded" && target === right.id)).toBe(true);

  const opened = await linesOf(left, "--act", "call.createChannel", "--team", team);
  expect(opened.map(({ outcome }) => outcome)).toEqual(["done", "UnknownName"]);
  expect(opened[0]).toMatchObject({
    detail: { channelId: near, label: LABEL, netIdentifier: right.address },
  });
  expect(await linesOf(right, "--act", "channel.", "--team", team)).toMatchObject([
    { act: "channel.accept", who: `device:${left.id}`, detail: { channelId: far, label: LABEL } },
    { act: "channel.close", who: `device:${left.id}`, detail: { channelId: far } },
  ]);
  expect((await linesOf(left, "--act", "channel.close", "--team", team)).length).toBe(1);
  expect(await linesOf(right, "--act", "call.assignRole", "--outcome", "refused")).toMatchObject([
    { outcome: "NotAuthorised", target: left.id },
  ]);
  for (const device of [owner, left, right]) expect((await verify(device)).code).toBe(0);
});

test("[SEC-7] a pair that polls many times a second, and a program that asks for the status, write nothing", async () => {
  const [asker, asked] = await fleet.started("asker", "asked");
  const team = await foundTeam(asked, { members: [asker] });
  await asker.client.addSyncPeer(asked.address, team, 100);
  const polls = (): number => asker.daemon.log.filter(({ msg }) => msg === "synced").length;
  await eventually(
    "it polls",
    () => Promise.resolve(polls()),
    (n) => n > 3,
  );
  for (const { daemon, client } of [asker, asked]) await allSealed(daemon, client);
  const before = [filesOf(asker), bytesOf(asker), filesOf(asked), bytesOf(asked)];
  const from = polls();
  for (let i = 0; i < 5; i++) {
    const client = await asker.connect();
    await client.status();
    await client.close();
  }
  await eventually(
    "it has polled often",
    () => Promise.resolve(polls() - from),
    (n) => n > 30,
  );
  expect([filesOf(asker), bytesOf(asker), filesOf(asked), bytesOf(asked)]).toEqual(before);
});

/** Comes without a certificate, or with nothing at all, and is gone. */
function stranger(device: Device, speaks: boolean): Promise<void> {
  return new Promise((done) => {
    const at = { host: "127.0.0.1", port: device.port };
    const socket = speaks
      ? connectTls({ ...at, rejectUnauthorized: false, ALPNProtocols: ["aranya-sync/1"] })
      : connect(at, () => socket.end("no handshake at all"));
    socket.on("error", () => undefined);
    socket.on("close", () => done());
    socket.resume();
  });
}

test("[SEC-7] a storm of strangers is a few lines, and when it stops the log says how many there were", async () => {
  const device = await fleet.device("stormed");
  await device.start();
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 30 }, (_, i) => stranger(device, i % 2 === 0)));
  }
  const during = await linesOf(device, "--act", "sync.handshake");
  expect(during.length).toBeLessThanOrEqual(16);
  expect(during.length).toBeGreaterThan(0);
  expect(await device.daemon.stop()).toBe(0);
  const after = await linesOf(device, "--act", "sync.handshake");
  expect(after.length).toBeLessThanOrEqual(16 + 8);
  const counted = after.reduce((sum, { detail }) => sum + 1 + Number(detail?.["more"] ?? 0), 0);
  expect(counted).toBe(300);
  expect((await verify(device)).code).toBe(0);
});

test("[SEC-7] nonsense of a client is a line like any other: the log stays sound, and is gone on with", async () => {
  const device = await fleet.device("nonsense");
  await device.start();
  // A text that is no UTF-8, a frame that there is not, and a length that no frame may have.
  for (const bytes of ["000000040162c328", "00000001ff", "ffffffff"]) {
    const socket = connect(device.daemon.socketPath, () => socket.write(Buffer.from(bytes, "hex")));
    socket.on("error", () => undefined);
    await new Promise((done) => socket.once("close", done));
  }
  const lines = await linesOf(device, "--act", "client.refused");
  expect(lines.map(({ outcome }) => outcome)).toEqual(["bad-utf8", "before-hello", "frame-too-long"]);
  expect((await verify(device)).code).toBe(0);
  await device.daemon.stop();
  await device.start();
  expect((await verify(device)).code).toBe(0);
  expect(device.daemon.log.filter(({ level }) => level === "error")).toEqual([]);
  expect(filesOf(device)).toHaveLength(1);
});

test("[SEC-7] the chain goes on after kill -9 and after each start; a line changed, or cut off at a noted head, is found", async () => {
  const device = await fleet.device("killed");
  await device.start();
  const team = await device.client.createTeam();
  for (let i = 0; i < 3; i++) {
    await device.client.createLabel(team, `before ${i}`);
    await device.daemon.stop("SIGKILL");
    await device.start();
  }
  await device.client.createLabel(team, "after");
  await device.daemon.stop();
  const { seq, head } = await device.daemon.logged("audit seal");
  const lines = await linesOf(device);
  expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => i + 1));
  expect(lines.filter(({ act }) => act === "daemon.start")).toHaveLength(4);
  expect(lines.filter(({ act }) => act === "daemon.stop")).toHaveLength(1);
  expect(lines.filter(({ act }) => act === "call.createLabel")).toHaveLength(4);
  expect(await verify(device, "--head", String(head), "--seq", String(seq))).toMatchObject({
    code: 0,
    found: { isSound: true, unsealed: 0, head },
  });

  const [file] = filesOf(device);
  const whole = readFileSync(file!, "utf8");
  const byPeople = await run("audit", "verify", file!, "--device", device.id);
  expect(byPeople.code).toBe(0);
  expect(byPeople.stdout).toMatch(/^sound/);
  writeFileSync(file!, whole.replace("before 1", "before X"));
  const tampered = await verify(device);
  expect(tampered).toMatchObject({
    code: 1,
    found: { isSound: false, findings: [{ code: "broken-chain", file }] },
  });
  const told = await run("audit", "verify", file!, "--device", device.id);
  expect([told.code, told.stdout]).toEqual([
    1,
    expect.stringMatching(/^NOT SOUND\n[\s\S]*is not the one that line/),
  ]);

  writeFileSync(file!, `${whole.trimEnd().split("\n").slice(0, -2).join("\n")}\n`);
  expect((await verify(device)).code).toBe(0);
  expect((await verify(device, "--head", String(head))).code).toBe(1);
  expect((await run("audit", "verify", directoryOf(device))).code).toBe(71);
  expect((await run("audit", "verify", "--head", "abc")).code).toBe(64);
});

test("[SEC-7] the log stays within what is configured, and is one chain over its files", async () => {
  const device = await fleet.device("rotated");
  await device.start({ audit: { bytesMax: 64 * 1024 } });
  const team = await device.client.createTeam();
  const label = (i: number): string => `${"é".repeat(24)} ${i}`;
  let most = 0;
  for (let i = 0; i < 200; i++) {
    await device.client.createLabel(team, label(i));
    most = Math.max(most, bytesOf(device));
  }
  expect(most).toBeLessThanOrEqual(64 * 1024);
  expect(filesOf(device).some((file) => file.endsWith("audit-1.jsonl"))).toBe(false);
  const { code, found } = await verify(device);
  expect([code, found["findings"]]).toEqual([0, []]);
  const last = (await linesOf(device)).at(-1)!;
  expect(last.act === "audit.seal" || last.detail?.["label"] === label(199)).toBe(true);
});

test("[SEC-7] where the log cannot be written the product goes on, says so, and its lines are in the daemon's log", async () => {
  const device = await fleet.device("unwritable");
  device.daemon.start();
  await device.daemon.logged("ready");
  await device.daemon.stop();
  writeFileSync(directoryOf(device), "in the way");
  await device.start();
  const team = await device.client.createTeam();
  expect(await device.client.createLabel(team, LABEL)).toBe(true);
  expect(await device.client.status()).toMatchObject({ audit: { state: "failing", seq: 0 } });
  // More than the daemon's log takes of one warning.
  for (let i = 0; i < 20; i++) await device.client.createLabel(team, `label ${i}`);
  const labelled = ({ msg, audit }: Record<string, unknown>): boolean =>
    msg === "audit line not kept" && (audit as Line).act === "call.createLabel";
  await eventually(
    "the daemon's log has all of them",
    () => Promise.resolve(device.daemon.log.filter(labelled).length),
    (count) => count === 21,
  );
  expect(device.daemon.log.filter(({ level }) => level === "error")).toHaveLength(1);
  const status = await run("status", "--socket", device.daemon.socketPath);
  expect(status.stdout).toContain("the audit log cannot be written");
});

test("[SEC-7] with graphStore memory nothing of it is written to flash; with audit.log off there is none", async () => {
  const device = await fleet.device("memory");
  await device.start({ graphStore: "memory" });
  await device.client.createTeam();
  await device.daemon.stop();
  expect(existsSync(directoryOf(device))).toBe(false);
  const told = device.daemon.log
    .filter(({ msg }) => msg === "audit")
    .map(({ audit }) => `${audit as string}\n`);
  const file = join(device.directory, "from-journal.jsonl");
  writeFileSync(file, told.join(""));
  expect((await run("audit", "verify", file, "--device", device.id)).code).toBe(0);

  const silent = await fleet.device("silent");
  await silent.start({ audit: { log: "off" } });
  await silent.client.createTeam();
  expect(existsSync(directoryOf(silent))).toBe(false);
  expect((await refusal(silent.connect({ audit: { log: "on" } }))).code).toBe("ConfigMismatch");
});

test("[SEC-7] who takes the log off the disk is in its last sealed lines, and no log level silences what follows", async () => {
  const device = await fleet.device("silenced", ["--config", "config.json"]);
  const file = join(device.directory, "config.json");
  const inFile = { audit: { log: "on" }, sync: { listen: device.address } };
  writeFileSync(file, JSON.stringify(inFile));
  device.daemon.start();
  await device.attach();
  device.id = await device.client.initDevice();
  await device.connect({ graphStore: "memory", logLevel: "error" });
  await device.client.createTeam();
  const who = `client:2 uid:${process.getuid!()} pid:${process.pid}`;
  const last = (await linesOf(device)).slice(-3);
  expect(last).toMatchObject([
    { act: "daemon.configure", who, detail: { settings: '{"graphStore":"memory","logLevel":"error"}' } },
    { act: "audit.off", detail: { to: "journal" } },
    { act: "audit.seal" },
  ]);
  await device.daemon.logged(
    "audit",
    ({ audit }) => (JSON.parse(audit as string) as Line).act === "call.createTeam",
  );
  await device.daemon.stop();

  writeFileSync(file, JSON.stringify({ ...inFile, graphStore: "disk" }));
  device.daemon.start();
  await device.attach();
  expect((await refusal(device.connect({ graphStore: "memory" }))).code).toBe("ConfigMismatch");
});

test("[SEC-7] settings and reloads are told with their outcome; a file that says on keeps it on; a start that fails writes nothing", async () => {
  const device = await fleet.device("configured", ["--config", "config.json"]);
  const file = join(device.directory, "config.json");
  writeFileSync(file, JSON.stringify({ audit: { log: "on" } }));
  await device.start();
  expect((await refusal(device.connect({ audit: { log: "off" } }))).code).toBe("ConfigMismatch");
  device.signal("SIGHUP");
  await device.daemon.logged("configuration read again");
  writeFileSync(file, "no JSON");
  device.signal("SIGHUP");
  await device.daemon.logged("configuration not taken over");
  expect(await device.daemon.stop()).toBe(0);
  const told = (await linesOf(device)).map(({ act, outcome }) => `${act} ${outcome}`);
  expect(told.filter((line) => !line.startsWith("audit."))).toEqual([
    "daemon.start done",
    "client.connect done",
    "daemon.configure done",
    "call.initDevice done",
    "client.connect ConfigMismatch",
    "daemon.reload done",
    "daemon.reload refused",
    "daemon.stop done",
  ]);
  const [configured] = await linesOf(device, "--act", "daemon.configure");
  expect(configured!.detail!["settings"]).toContain(device.address);

  const before = bytesOf(device);
  writeFileSync(file, JSON.stringify({ sync: { listen: owner.address } }));
  for (let i = 0; i < 3; i++) {
    device.daemon.start();
    expect(await device.daemon.exited()).toBe(71);
  }
  expect(bytesOf(device)).toBe(before);
  expect((await verify(device)).code).toBe(0);
});

test("[SEC-7] the audit log follows a file whose settings are in force, though the disk refused a team it names", async () => {
  const device = await fleet.device("refused", ["--config", "config.json"]);
  const file = join(device.directory, "config.json");
  writeFileSync(file, "{}");
  await device.start();
  const teamId = await owner.client.createTeam();
  writeFileSync(join(device.daemon.workDir, "teams", teamId), "in the way");
  const syncPeers = [{ address: owner.address, teamId, rateMs: 60_000 }];
  writeFileSync(file, JSON.stringify({ audit: { log: "off" }, syncPeers }));
  device.signal("SIGHUP");
  await device.daemon.logged("configuration not taken over", ({ reason }) => /teams/.test(String(reason)));
  expect((await device.client.status()).audit.state).toBe("off");
  expect((await linesOf(device)).map(({ act }) => act)).toContain("audit.off");
});
