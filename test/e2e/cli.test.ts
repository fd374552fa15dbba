/** Five devices from the command line alone; what is refused; what scripts read; what others chose. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ERROR_CODES } from "../../src/base/codes.ts";
import { commandsOf } from "./cli-support.ts";
import type { Commands } from "./cli-support.ts";
import { Fleet } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

const NAMES = ["owner", "admin", "operator", "sensor", "gateway"] as const;
type Name = (typeof NAMES)[number];

let devices: Record<Name, Device>;
let at: Record<Name, Commands>;
let team: string;
const file = (name: string): string => join(fleet.root, name);
const code = (error: keyof typeof ERROR_CODES): number => 80 + ERROR_CODES[error];

beforeAll(async () => {
  const made = await Promise.all(NAMES.map((name) => fleet.device(name)));
  devices = Object.fromEntries(made.map((device) => [device.name, device])) as Record<Name, Device>;
  at = Object.fromEntries(made.map((d) => [d.name, commandsOf(d.daemon.socketPath)])) as Record<
    Name,
    Commands
  >;
  for (const device of made) {
    device.daemon.start();
    await device.attach(device.config);
  }
});

test("[CLI-1, CLI-2, CLI-3, CLI-7] keys, id and bundle; before there are keys the remedy is named", async () => {
  const told = await at.sensor.refused(code("DeviceNotInitialised"), "DeviceNotInitialised", "device", "id");
  expect(told).toContain("aranya-edge device init");
  expect((await at.sensor.json("status"))["attention"]).toMatchObject([{ what: "noKeys" }]);
  for (const name of NAMES) {
    const id = await at[name].ok("device", "init", "--bundle", file(`${name}.bundle`));
    expect(await at[name].ok("device", "init")).toBe(id);
    expect(await at[name].ok("device", "id")).toBe(id);
    devices[name].id = id as Device["id"];
  }
  expect(await at.owner.ok("device", "id", "--format", "hex")).toMatch(/^[0-9a-f]{64}$/);
  const text = readFileSync(file("sensor.bundle"), "utf8");
  expect(await at.sensor.ok("device", "bundle")).toBe(text.trimEnd());
  expect(await at.sensor.json("device", "bundle")).toEqual({
    schema: "device.bundle/1",
    deviceId: devices.sensor.id,
    keyBundle: text,
  });
  await at.sensor.ok("device", "bundle", "--format", "cbor", "--output", file("sensor.cbor"));
  expect(readFileSync(file("sensor.cbor")).length).toBe(170);
});

test("[IDAM-1, IDAM-3, IDAM-5] the owner founds a team and adds admin and operator, who join", async () => {
  team = await at.owner.ok("team", "create");
  for (const name of ["admin", "operator"] as const) {
    const added = await at.owner.json(
      "device",
      "add",
      file(`${name}.bundle`),
      "--name",
      name,
      "--role",
      name,
    );
    expect(added).toMatchObject({
      schema: "device.added/1",
      teamId: team,
      deviceId: devices[name].id,
      role: name,
    });
    const joined = await at[name].json("team", "join", team, devices.owner.address);
    expect(joined).toMatchObject({ schema: "team.joined/1", role: name });
  }
  expect(await at.admin.ok("team", "add", team)).toContain("so already");
  expect(await at.admin.json("team", "add", team)).toEqual({
    schema: "team.added/1",
    changed: false,
    teamId: team,
  });
});

test("[IDAM-3, IDAM-5, IDAM-8, IDAM-10] the operator adds users from text, CBOR and stdin; names and prefixes name them", async () => {
  expect(await at.operator.ok("device", "add", file("sensor.cbor"), "--name", "sensor")).toBe(
    devices.sensor.id,
  );
  const gateway = await at.operator.run(["device", "add", "-", "--name", "gateway"], {
    stdin: `> ${readFileSync(file("gateway.bundle"), "utf8").replaceAll("\n", "\n> ")}`,
  });
  expect(gateway).toMatchObject({ code: 0, stdout: `${devices.gateway.id}\n` });
  expect(await at.operator.json("role", "assign", "sensor", "user")).toMatchObject({
    schema: "role.assigned/1",
    changed: true,
    deviceId: devices.sensor.id,
  });
  const prefix = devices.gateway.id.slice(0, 8);
  expect(await at.operator.ok("role", "assign", prefix, "user", "--team", team.slice(0, 6))).toContain(
    "gateway",
  );
  expect(await at.operator.json("role", "assign", devices.gateway.id, "user")).toMatchObject({
    changed: false,
  });
  // Whoever was made admin and operator later than they joined has to be level with the owner.
  await at.admin.ok("peer", "sync", devices.operator.address);
  await at.admin.ok("label", "create", "telemetry");
  await at.operator.ok("peer", "sync", devices.admin.address);
  for (const name of ["sensor", "gateway"] as const) {
    await at.operator.ok("label", "assign", name, "telemetry");
    await at.operator.ok("net", "assign", name, devices[name].address);
  }
  for (const name of ["sensor", "gateway"] as const) {
    await at[name].ok("team", "join", team, devices.operator.address, "--every", "10s");
    // The first pull from it as a sync peer comes after the answer.
    await at[name].ok("peer", "sync");
  }
});

test("[CLI-8] lists say who, what and where, for people and for scripts", async () => {
  const listed = (await at.sensor.json("team", "devices")) as { devices: Record<string, unknown>[] };
  expect(listed).toMatchObject({ schema: "team.devices/1", teamId: team });
  expect(listed.devices).toContainEqual({
    deviceId: devices.gateway.id,
    commonName: "gateway",
    role: "user",
    netIdentifier: devices.gateway.address,
    labels: ["telemetry"],
    keyBundle: readFileSync(file("gateway.bundle"), "utf8"),
  });
  expect(listed.devices).toHaveLength(5);
  const table = await at.sensor.ok("team", "devices");
  expect(table).toMatch(new RegExp(`^\\* +sensor +user .*${devices.sensor.id}$`, "m"));
  expect(await at.sensor.json("team", "list")).toMatchObject({
    schema: "team.list/1",
    teams: [{ teamId: team, state: "open", role: "user", devices: 5 }],
  });
  expect(await at.sensor.ok("team", "list")).toContain(team);
  const shown = await at.sensor.json("team", "show");
  expect(shown).toMatchObject({ schema: "team.show/1", teamId: team, role: "user", labels: ["telemetry"] });
  expect((await at.operator.json("team", "show"))["stateDigest"]).toBe(shown["stateDigest"]);
  expect(await at.sensor.ok("team", "show")).toContain(String(shown["stateDigest"]));
  expect(await at.sensor.json("label", "list")).toEqual({
    schema: "label.list/1",
    teamId: team,
    labels: [
      {
        label: "telemetry",
        devices: expect.arrayContaining([devices.sensor.id, devices.gateway.id]) as unknown,
      },
    ],
  });
  expect(await at.sensor.ok("label", "list")).toMatch(
    /^telemetry +sensor, gateway$|^telemetry +gateway, sensor$/m,
  );
  expect((await at.sensor.json("net", "list"))["names"]).toContainEqual({
    netIdentifier: devices.sensor.address,
    deviceId: devices.sensor.id,
    commonName: "sensor",
  });
  expect(await at.sensor.json("peer", "list")).toMatchObject({
    schema: "peer.list/1",
    peers: [{ address: devices.operator.address, teamId: team, rateMs: 10_000 }],
  });
  expect(await at.sensor.ok("peer", "list")).toMatch(/10s .*level/);
  expect(await at.sensor.json("channel", "list")).toEqual({ schema: "channel.list/1", channels: [] });
});

test("[CLI-8] status answers what a field engineer asks first, and --check makes it a test", async () => {
  const status = await at.sensor.json("status");
  expect(status).toMatchObject({
    schema: "status/1",
    daemon: { deviceId: devices.sensor.id, afc: { listen: devices.sensor.address } },
    teams: [{ teamId: team, role: "user", netIdentifier: devices.sensor.address, labels: ["telemetry"] }],
    peers: [{ address: devices.operator.address }],
    channels: [],
    attention: [],
  });
  const text = await at.sensor.ok("status", "--check");
  for (const word of [devices.sensor.id, "user at", "level", "nothing needs attention"])
    expect(text).toContain(word);
  await at.sensor.ok("peer", "add", "127.0.0.1:1", "--every", "1h");
  await devices.sensor.saw("syncFailed");
  const { code: exitCode, stdout } = await at.sensor.run(["status", "--check"]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("PeerUnreachable");
  await at.sensor.ok("peer", "remove", "127.0.0.1:1");
});

test("[CLI-9] watch prints effects as they happen, with names", async () => {
  const unknown = await at.operator.run(["watch", "--type", "labelrevoked"]);
  expect(unknown).toMatchObject({ code: 64, stdout: "" });
  expect(unknown.stderr).toContain("labelRevoked");
  const watching = at.operator.start(["watch", "--type", "labelRevoked", "--count", "1", "--json"]);
  const people = at.operator.start(["watch", "--team", team.slice(0, 8), "--count", "1"]);
  await Promise.all([watching.said("watching"), people.said("watching")]);
  await at.operator.ok("label", "revoke", "sensor", "telemetry");
  const ended = await watching.ended;
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    schema: "effect/1",
    effect: { type: "labelRevoked", teamId: team, deviceId: devices.sensor.id, label: "telemetry" },
  });
  expect((await people.ended).stdout).toMatch(/labelRevoked .*deviceId sensor \(/);
  await at.operator.ok("label", "assign", "sensor", "telemetry");
});

test("what is refused ends with its own code, says why and what to do, and changes nothing", async () => {
  // Else what others did before may yet arrive.
  for (const other of ["admin", "operator", "sensor"] as const)
    await at.owner.ok("peer", "sync", devices[other].address);
  await at.sensor.ok("peer", "sync", devices.owner.address);
  const before = await at.sensor.json("team", "show");
  const told = await at.sensor.refused(code("NotAuthorised"), "NotAuthorised", "label", "create", "mine");
  expect(told).toContain("→");
  const failed = await at.sensor.run(["label", "create", "mine", "--json"]);
  expect(failed).toMatchObject({ code: code("NotAuthorised"), stdout: "" });
  expect(JSON.parse(failed.stderr)).toMatchObject({
    schema: "error/1",
    code: "NotAuthorised",
    fields: { operation: "CreateLabel" },
    exitCode: code("NotAuthorised"),
  });
  writeFileSync(file("no.bundle"), "-----BEGIN");
  await Promise.all([
    at.admin.refused(code("LabelExists"), "LabelExists", "label", "create", "telemetry"),
    at.admin.refused(code("UnknownLabel"), "UnknownLabel", "label", "delete", "nothing", "--yes"),
    at.operator.refused(code("NameInUse"), "net list", "net", "assign", "sensor", devices.gateway.address),
    at.operator.refused(code("DeviceExists"), "→", "device", "add", file("sensor.bundle"), "--name", "x"),
    at.operator.refused(code("RoleMismatch"), "→", "role", "revoke", "sensor", "admin", "--yes"),
    at.sensor.refused(
      code("PeerUnreachable"),
      ":1 cannot be reached: connect ECONN",
      "peer",
      "sync",
      "127.0.0.1:1",
    ),
    at.operator.refused(
      code("InvalidArgument"),
      "correct the network name",
      "net",
      "assign",
      "sensor",
      "a b",
    ),
    at.sensor.refused(code("UnknownDevice"), "no device of the team is nobody", "net", "revoke", "nobody"),
    at.sensor.refused(code("UnknownTeam"), "no team's id", "team", "show", "--team", "zzzz"),
    at.sensor.refused(code("InvalidArgument"), "no team id", "team", "join", team.slice(0, 9), "127.0.0.1:1"),
    at.sensor.refused(64, "a number and a unit", "peer", "add", "127.0.0.1", "--every", "10"),
    at.sensor.refused(64, "Did you mean", "team", "lsit"),
    at.sensor.refused(64, "Allowed choices", "role", "assign", "sensor", "king"),
    at.operator.refused(
      code("InvalidArgument"),
      "no key bundle",
      "device",
      "add",
      file("no.bundle"),
      "--name",
      "x",
    ),
    at.operator.refused(71, "ENOENT", "device", "add", file("not-there"), "--name", "x"),
    commandsOf(file("nobody.sock")).refused(69, "DaemonUnavailable", "team", "list", "--daemon-wait", "0s"),
  ]);
  expect((await at.sensor.json("team", "show"))["stateDigest"]).toBe(before["stateDigest"]);
});

test("what cannot be undone needs --yes where nobody can be asked, and the last owner is warned about", async () => {
  await at.owner.ok("peer", "sync", devices.operator.address);
  const asked = [
    ["team", "close"],
    ["team", "remove"],
    ["device", "remove", "sensor"],
    ["label", "delete", "telemetry"],
    ["role", "revoke", "self", "owner"],
    ["role", "assign", "self", "admin"],
    ["device", "remove", "self"],
  ];
  await Promise.all(
    asked.map(async (args) => {
      const told = await at.owner.refused(64, "--yes", ...args);
      expect(told.includes("last owner")).toBe(args.includes("self"));
    }),
  );
  expect((await at.owner.json("team", "devices"))["devices"]).toHaveLength(5);
});

test("what others chose reaches neither a terminal nor JSON raw", async () => {
  // What the policy lets through as a name, and what only whoever types can say.
  const evil = "gate\u200bway\u00ad\u{e0041}";
  const typed = "\u001b]0;owned\u0007\u001b[2J\u202egnp\u2028\u009b31m";
  const stranger = await fleet.device("stranger");
  await stranger.start();
  const bundle = await commandsOf(stranger.daemon.socketPath).ok("device", "bundle");
  expect(await at.operator.run(["device", "add", "-", "--name", evil], { stdin: bundle })).toMatchObject({
    code: 0,
  });
  await at.sensor.ok("peer", "sync");
  const obeyed = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;
  for (const args of [["team", "devices"], ["team", "devices", "--json"], ["status"]]) {
    const { code: exitCode, stdout, stderr } = await at.sensor.run(args, { env: { NO_COLOR: "1" } });
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toMatch(obeyed);
  }
  const listed = (await at.sensor.json("team", "devices")) as { devices: { commonName: string }[] };
  expect(listed.devices.map((d) => d.commonName)).toContain(evil);
  for (const args of [
    ["role", "assign", evil, "user"],
    ["net", "assign", evil, typed],
    [typed],
    ["team", typed],
    ["team", "show", "--team", typed],
    ["device", "remove", typed],
    ["device", "remove", evil],
  ]) {
    const { stdout, stderr } = await at.sensor.run(args);
    expect(stdout + stderr).not.toMatch(obeyed);
    expect(stderr).not.toBe("");
  }
  // Called like another's id: the id wins; called like another's name: neither is meant.
  await at.operator.ok("device", "remove", stranger.id, "--yes");
  const twin = await fleet.device("twin");
  await twin.start();
  const twinBundle = await commandsOf(twin.daemon.socketPath).ok("device", "bundle");
  const added = await at.operator.run(["device", "add", "-", "--name", "sensor"], { stdin: twinBundle });
  expect(added).toMatchObject({ code: 0, stdout: `${twin.id}\n` });
  const told = await at.operator.refused(64, "may be 2 devices", "label", "assign", "sensor", "telemetry");
  expect(told).toContain(devices.sensor.id.slice(0, 8));
  expect(await at.operator.ok("label", "assign", devices.sensor.id, "telemetry")).toContain("so already");
  await at.operator.ok("device", "remove", twin.id.slice(0, 10), "--yes");
});

test("config check names the setting", async () => {
  writeFileSync(file("good.json"), JSON.stringify({ logLevel: "info", syncPeers: [] }));
  writeFileSync(file("bad.json"), JSON.stringify({ afc: { listen: "everywhere" } }));
  expect(await at.owner.ok("config", "check", file("good.json"))).toContain("good");
  expect(await at.owner.json("config", "check", file("good.json"))).toMatchObject({
    schema: "config.check/1",
    settings: { logLevel: "info" },
  });
  await at.owner.refused(78, "afc.listen", "config", "check", file("bad.json"));
});

test("daemon --listen and the configuration file have to agree, and both ports have to be free", async () => {
  const daemon = (...args: string[]) =>
    at.owner.run(["daemon", "--work-dir", file("other"), "--socket", file("other.sock"), ...args]);
  writeFileSync(file("listens.json"), JSON.stringify({ sync: { listen: "127.0.0.1:1" } }));
  const differs = await daemon("--listen", "127.0.0.1:2", "--config", file("listens.json"));
  expect(differs).toMatchObject({ code: 78, stdout: "" });
  expect(differs.stderr).toContain("sync.listen is 127.0.0.1:2");
  for (const wrong of ["everywhere", "localhost:1", "127.0.0.1:65536", ""]) {
    expect(await daemon("--listen", wrong)).toMatchObject({ code: 64, stdout: "" });
  }
  const keys = await fleet.device("with-keys");
  await keys.start();
  await keys.daemon.stop();
  const taken = await at.owner.run([
    ...["daemon", "--work-dir", keys.daemon.workDir, "--socket", file("other.sock")],
    ...["--listen", devices.owner.address],
  ]);
  expect(taken.code).toBe(71);
  expect(taken.stderr).toContain(`cannot listen on ${devices.owner.address}`);
});

test("[IDAM-2, IDAM-4, IDAM-6, IDAM-9, IDAM-10] taken away, removed and closed", async () => {
  await at.owner.ok("peer", "sync", devices.operator.address);
  const op = at.operator;
  await op.ok("net", "revoke", "sensor");
  await op.refused(code("UnknownName"), "has no network name", "net", "revoke", "sensor");
  await op.ok("label", "revoke", "sensor", "telemetry");
  expect(await op.json("label", "revoke", "sensor", "telemetry")).toMatchObject({ changed: false });
  await op.ok("role", "revoke", "sensor", "user", "--yes");
  await at.admin.ok("peer", "sync", devices.operator.address);
  expect(await at.admin.json("label", "delete", "telemetry", "--yes")).toMatchObject({
    schema: "label.deleted/1",
  });
  await op.ok("device", "remove", "sensor", "--yes");
  await at.sensor.ok("team", "remove", "--yes");
  expect(await at.sensor.json("team", "list")).toEqual({ schema: "team.list/1", teams: [] });
  await at.owner.ok("team", "close", "--yes");
  await at.owner.refused(code("TeamClosed"), "TeamClosed", "label", "create", "late");
});
