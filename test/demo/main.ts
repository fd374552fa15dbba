/**
 * Five devices, from nothing to an encrypted message: five daemons as processes of their own, and what an integrator would
 * do with them, in the order in which one would. Ends non-zero if any step did not happen.
 *
 *   node test/demo/main.ts --help
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deserializeKeyBundle, serializeKeyBundle } from "../../src/client/index.ts";
import type { ChannelId, Client, DeviceId, Effect, TeamId } from "../../src/client/index.ts";
import { DaemonProcess, eventually, freePort } from "../support/daemon-process.ts";
import type { DaemonCommand } from "../support/daemon-process.ts";
import { BadPath } from "../support/bad-path.ts";
import { commandOfExecutable } from "../support/executable.ts";
import { bytes, DemoFailure, Narrator } from "./narrator.ts";

const FILE_BYTES = 1024 * 1024;
const FILE_TIMEOUT_MS = 60_000;
const SHORT_MESSAGE_BYTES = 1024;
const PROGRESS_EVERY_MS = 50;
const LOSS_PERCENT_MAX = 20;

const HELP = `Usage: npm run demo -- [options]      or node test/demo/main.ts [options]

Five daemons in processes of their own, from nothing to an encrypted message: identities, a team, roles, a label,
a channel, a file of 1 MiB as one message, a right taken away, a daemon killed. Each step is checked; the exit code
is 0 only if all of it happened.

  --daemon FILE   the daemon as one file (dist/aranya-edge.cjs), run by this Node; from source unless given
  --binary FILE   the daemon as an executable, of all devices, for any processor; --binary DEVICE=FILE: of that one alone;
                  may be repeated
  --loss PERCENT  drop so many of a hundred datagrams between sensor and gateway, each way; 0 to ${LOSS_PERCENT_MAX}, 0 unless given
  --help          this

Example: npm run demo -- --loss 5
`;

interface Options {
  readonly daemonFile: string | undefined;
  /** By device; of "" for all. */
  readonly binaries: ReadonlyMap<string, string>;
  readonly lossPercent: number;
}

/** Ends the process where there is nothing to demonstrate. */
function optionsOf(args: string[]): Options {
  try {
    const options = {
      daemon: { type: "string" },
      binary: { type: "string", multiple: true },
      loss: { type: "string", default: "0" },
      help: { type: "boolean", default: false },
    } as const;
    const { values } = parseArgs({ args, options });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    const lossPercent = Number(values.loss);
    if (!/^\d+(\.\d+)?$/.test(values.loss) || lossPercent > LOSS_PERCENT_MAX) {
      throw new Error(`--loss is a number from 0 to ${LOSS_PERCENT_MAX}, not ${JSON.stringify(values.loss)}`);
    }
    return {
      daemonFile: values.daemon,
      binaries: new Map((values.binary ?? []).map(binaryOption)),
      lossPercent,
    };
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\nTry: --help`);
    process.exit(64);
  }
}

const { lossPercent, binaries, ...values } = optionsOf(process.argv.slice(2));
const daemonFile = values.daemonFile ?? join(dirname(process.argv[1]!), "../../src/cli/main.ts");
const command: DaemonCommand = [process.execPath, resolve(daemonFile)];

/** An emulated processor takes its time. */
const CONNECT_TIMEOUT_MS = 60_000;

const tell = new Narrator();
const text = new TextEncoder();

class Device {
  readonly name: string;
  readonly daemon: DaemonProcess;
  readonly port: number;
  client!: Client;
  readonly effects: Effect[] = [];

  constructor(root: string, name: string, port: number) {
    this.name = name;
    this.port = port;
    const directory = join(root, name);
    mkdirSync(directory);
    const binary = binaries.get(name) ?? binaries.get("");
    this.daemon = new DaemonProcess(directory, {
      command: binary === undefined ? command : commandOfExecutable(binary),
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.daemon.start();
    this.client = await this.daemon.connect(
      {
        sync: { listen: this.address },
        afc: { listen: this.address },
        logLevel: "debug",
      },
      CONNECT_TIMEOUT_MS,
    );
    void this.#watch(this.client);
  }

  async #watch(client: Client): Promise<void> {
    try {
      for await (const effect of client.effects()) this.effects.push(effect);
    } catch {
      // The daemon was stopped or killed.
    }
  }

  async sawClosed(channelId?: ChannelId): Promise<Effect & { type: "channelClosed" }> {
    const find = (): (Effect & { type: "channelClosed" }) | undefined =>
      this.effects.find(
        (e): e is Effect & { type: "channelClosed" } =>
          e.type === "channelClosed" && (channelId === undefined || e.channelId === channelId),
      );
    return (await eventually(
      `${this.name} sees its channel close`,
      () => Promise.resolve(find()),
      (e) => e !== undefined,
    ))!;
  }
}

async function demo(root: string, devices: Device[], path: BadPath): Promise<void> {
  const [owner, admin, operator, sensor, gateway] = devices as [Device, Device, Device, Device, Device];

  tell.step("Five daemons start, each with a work directory and a Unix socket of its own");
  await Promise.all(devices.map((device) => device.start()));
  for (const device of devices) {
    tell.say(
      `${device.name.padEnd(9)} pid ${String(device.daemon.pid).padEnd(8)} sync tcp and afc udp on ${device.address}`,
    );
  }
  tell.check(
    new Set(devices.map((device) => device.daemon.pid)).size === 5,
    "five processes answer on their sockets",
  );

  tell.step("Each device makes its identity");
  const ids = await Promise.all(devices.map((device) => device.client.initDevice()));
  devices.forEach((device, i) => tell.say(`${device.name.padEnd(9)} ${ids[i]!}`));
  const again = await Promise.all(devices.map((device) => device.client.initDevice()));
  tell.check(
    ids.every((id, i) => id === again[i]),
    "asked twice, each gives the same id",
  );
  const [, adminId, operatorId, sensorId, gatewayId] = ids as [
    DeviceId,
    DeviceId,
    DeviceId,
    DeviceId,
    DeviceId,
  ];

  tell.step("The owner founds a team and adds the admin and the operator by their key bundles");
  const teamId = await owner.client.createTeam();
  tell.say(`team ${teamId}`);
  const handOver = async (device: Device, by: Device, commonName: string): Promise<void> => {
    const armoured = serializeKeyBundle("text", await device.client.getKeyBundle());
    tell.wire("by hand", `${device.name}'s key bundle, ${armoured.length} B of text, to the ${by.name}`);
    await by.client.addDevice(teamId, deserializeKeyBundle("text", armoured), commonName);
  };
  await handOver(admin, owner, "admin");
  await handOver(operator, owner, "operator");
  tell.check((await owner.client.devices(teamId)).length === 3, "the owner's graph has three devices");

  tell.step("Admin and operator learn the team's id and pull its graph from the owner");
  await onboard(admin, owner, teamId);
  await onboard(operator, owner, teamId);

  tell.step("The owner makes them admin and operator");
  await owner.client.assignRole(teamId, adminId, "admin");
  await owner.client.assignRole(teamId, operatorId, "operator");
  await pull(admin, owner, teamId);
  await pull(operator, owner, teamId);
  tell.check((await roleOf(operator, teamId, operatorId)) === "operator", "the operator knows its own role");

  tell.step("The operator adds two more devices, which pull from it, and makes them users");
  await handOver(sensor, operator, "sensor");
  await handOver(gateway, operator, "gateway");
  await operator.client.assignRole(teamId, sensorId, "user");
  await operator.client.assignRole(teamId, gatewayId, "user");
  await onboard(sensor, operator, teamId);
  await onboard(gateway, operator, teamId);
  tell.check(
    (await roleOf(gateway, teamId, sensorId)) === "user",
    "the gateway sees that the sensor is a user",
  );

  tell.step("What a role does not allow is refused, and leaves no trace");
  const before = (await sensor.client.team(teamId)).commandCount;
  const refusal = await refusalOf(() => sensor.client.createLabel(teamId, "mine"));
  tell.check(refusal === "NotAuthorised", `the sensor may not create a label: ${refusal}`);
  tell.check((await sensor.client.team(teamId)).commandCount === before, "its graph is as it was");

  tell.step("The admin creates a label; the operator gives it and a network name to both users");
  await admin.client.createLabel(teamId, "telemetry");
  await pull(operator, admin, teamId);
  const gatewayName = `127.0.0.1:${path.port}`;
  for (const [id, name] of [
    [sensorId, sensor.address],
    [gatewayId, gatewayName],
  ] as const) {
    await operator.client.assignLabel(teamId, id, "telemetry");
    await operator.client.assignNetworkName(teamId, id, name);
  }
  tell.say(`telemetry: sensor is ${sensor.address}, gateway is ${gatewayName}`);
  tell.say(
    `which leads to ${gateway.address} over a path that loses ${lossPercent} % of the datagrams, each way`,
  );

  tell.step("Everyone pulls until all five are level");
  for (const device of [owner, admin, sensor, gateway]) await pull(device, operator, teamId);
  const digests = await Promise.all(
    devices.map(async (device) => (await device.client.team(teamId)).stateDigest),
  );
  tell.check(new Set(digests).size === 1, `five equal state digests, ${digests[0]!.slice(0, 16)}…`);

  tell.step("The sensor opens a channel to the gateway by its network name");
  await gateway.client.pollData(0); // registers the gateway's application for incoming channels
  const channel = await sensor.client.createChannel(teamId, gatewayName, "telemetry");
  const opened = await sensor.daemon.logged("channel opened");
  tell.wire(
    "udp",
    `Noise IK handshake ${sensor.address} → ${gatewayName}: ${String(opened["datagramsOut"])} + ${String(opened["datagramsIn"])} datagrams`,
  );
  tell.check(
    (await sensor.client.channels()).some((c) => c.channelId === channel && c.state === "open"),
    "the channel is open",
  );

  tell.step("Messages both ways, end-to-end encrypted");
  tell.check(
    await sensor.client.sendData(text.encode("21.5 °C"), channel, 5000),
    "the sensor's message was acknowledged",
  );
  const got = await receive(gateway);
  tell.check(got.text === "21.5 °C", `the gateway read "${got.text}" from ${got.from} on ${got.label}`);
  tell.check(got.from === sensor.address, "the name it came from is the one the graph gives the sensor");
  tell.check(
    await gateway.client.sendData(text.encode("thank you"), got.channelId, 5000),
    "the gateway answered on the same channel",
  );
  tell.check((await receive(sensor)).text === "thank you", "and the sensor read it");

  tell.step(`A file of ${bytes(FILE_BYTES)} as one message`);
  const file = randomBytes(FILE_BYTES);
  const onPath = { passed: path.passed, dropped: path.dropped };
  const started = performance.now();
  const [received] = await Promise.all([receiveFile(gateway), sendFile(sensor, channel, file, path)]);
  const seconds = (performance.now() - started) / 1000;
  const [passed, dropped] = [path.passed - onPath.passed, path.dropped - onPath.dropped];
  tell.wire(
    "udp",
    `acknowledged, ${bytes(FILE_BYTES / seconds)}/s, ${passed} datagrams there and back, ${dropped} dropped on the way`,
  );
  if (lossPercent > 0) tell.check(dropped > 0, "some of it was lost and sent again");
  tell.check(
    sha256(received) === sha256(file),
    `the SHA-256 is the same at both ends, ${sha256(file).slice(0, 16)}…`,
  );

  tell.step("The operator takes the label from the sensor while the channel is open");
  await operator.client.revokeLabel(teamId, sensorId, "telemetry");
  await pull(gateway, operator, teamId);
  await pull(sensor, operator, teamId);
  const [atSensor, atGateway] = await Promise.all([
    sensor.sawClosed(channel),
    gateway.sawClosed(got.channelId),
  ]);
  tell.check(true, `the sensor saw its end close: ${atSensor.reason}`);
  tell.check(true, `the gateway saw its end close: ${atGateway.reason}`);
  const closed = await refusalOf(() => sensor.client.sendData(text.encode("still there?"), channel, 500));
  tell.check(closed === "ChannelClosed", `nothing goes out any more: ${closed}`);
  const reopened = await refusalOf(() => sensor.client.createChannel(teamId, gatewayName, "telemetry"));
  tell.check(reopened === "NotAuthorised", `and no new channel is opened: ${reopened}`);

  tell.step("The gateway's daemon is killed, SIGKILL, and started again");
  const last = await gateway.client.team(teamId);
  await gateway.daemon.stop("SIGKILL");
  await gateway.start();
  tell.check((await gateway.client.initDevice()) === gatewayId, "it is the same device");
  const now = await gateway.client.team(teamId);
  tell.check(
    now.stateDigest === last.stateDigest,
    `its team is still there: ${now.commandCount} commands, the same state`,
  );
  tell.check(
    (await gateway.client.syncPeers()).length === 0,
    "and nothing else: sync peers and channels start clean",
  );
  await pull(gateway, operator, teamId);

  tell.step("All stop, SIGTERM");
  for (const device of devices) await device.client.close();
  const codes = await Promise.all(devices.map((device) => device.daemon.stop()));
  tell.check(
    codes.every((code) => code === 0),
    "five clean exits",
  );
  const left = filesIn(join(root, "owner"));
  tell.say(`the owner's flash: ${left.map((f) => `${f.path} ${bytes(f.size)}`).join(", ")}`);
  tell.check(
    left.every((f) => /^work\/(keystore\/|teams\/[^/]+\/log$|audit\/)/.test(f.path)),
    "keys, the team's log and the audit log, nothing else",
  );
}

/** Whose it is, "" for everybody's, and the file. */
function binaryOption(text: string): [device: string, file: string] {
  const at = text.indexOf("=");
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
}

/** The joiner's last three steps by hand: it is told the team's id and an address, and pulls. */
async function onboard(device: Device, from: Device, teamId: TeamId): Promise<void> {
  await device.client.addTeam(teamId);
  await pull(device, from, teamId);
}

/** Pulls until level, and says what crossed the wire. */
async function pull(device: Device, from: Device, teamId: TeamId): Promise<void> {
  const seen = device.daemon.log.length;
  const report = await device.client.syncNow(from.address, teamId);
  const line = await device.daemon.logged("synced", (l) => device.daemon.log.indexOf(l) >= seen);
  const crossed = `${bytes(Number(line["bytesOut"]))} out, ${bytes(Number(line["bytesIn"]))} in`;
  tell.wire("tcp tls 1.3", `${device.name} ← ${from.name}: ${report.received} commands (${crossed})`);
}

async function roleOf(device: Device, teamId: TeamId, deviceId: string): Promise<string | undefined> {
  return (await device.client.devices(teamId)).find((d) => d.deviceId === deviceId)?.role;
}

async function refusalOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "not refused";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function receive(
  device: Device,
): Promise<{ text: string; from: string; label: string; channelId: ChannelId }> {
  tell.check(await device.client.pollData(5000), `${device.name} has a message`);
  const buffer = new Uint8Array(SHORT_MESSAGE_BYTES);
  const message = device.client.readData(buffer);
  return {
    text: new TextDecoder().decode(buffer.subarray(0, message.length)),
    from: message.remoteNetIdentifier,
    label: message.label,
    channelId: message.channelId,
  };
}

/** What has passed the path says how far it is; what is lost and sent again passes it once. */
async function sendFile(device: Device, channel: ChannelId, file: Uint8Array, path: BadPath): Promise<void> {
  const before = path.passedBytes;
  const timer = setInterval(() => {
    const sent = Math.min(path.passedBytes - before, 0.99 * file.length);
    tell.progress("udp", sent / file.length, `of ${bytes(file.length)} on the way`);
  }, PROGRESS_EVERY_MS);
  try {
    if (!(await device.client.sendData(file, channel, FILE_TIMEOUT_MS)))
      throw new DemoFailure("the message is acknowledged");
  } finally {
    clearInterval(timer);
  }
  tell.progress("udp", 1, `of ${bytes(file.length)} there`);
}

async function receiveFile(device: Device): Promise<Uint8Array> {
  if (!(await device.client.pollData(FILE_TIMEOUT_MS))) throw new DemoFailure("the file arrives");
  const file = new Uint8Array(FILE_BYTES);
  const { length } = device.client.readData(file);
  return file.subarray(0, length);
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function filesIn(root: string): { path: string; size: number }[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => ({ path, status: statSync(join(root, path)) }))
    .filter(({ status }) => status.isFile())
    .map(({ path, status }) => ({ path, size: status.size }));
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "aranya-edge-demo-"));
  const devices: Device[] = [];
  let path: BadPath | undefined;
  const started = performance.now();
  try {
    for (const name of ["owner", "admin", "operator", "sensor", "gateway"]) {
      devices.push(new Device(root, name, await freePort()));
    }
    path = await BadPath.open(devices[4]!.port, { lossPercent });
    tell.title(
      `aranya-edge: a team of five devices, from nothing to an encrypted message (Node ${process.version})`,
    );
    await demo(root, devices, path);
    tell.end((performance.now() - started) / 1000);
  } catch (error) {
    process.exitCode = 1;
    console.error(error instanceof DemoFailure ? error.message : error);
    for (const device of devices) {
      for (const line of device.daemon.log.slice(-5)) console.error(device.name, JSON.stringify(line));
      if (device.daemon.stderr !== "") console.error(device.name, device.daemon.stderr);
    }
  } finally {
    path?.close();
    await Promise.all(devices.map((device) => device.daemon.stop("SIGKILL")));
    rmSync(root, { recursive: true, force: true });
  }
}

void main();
