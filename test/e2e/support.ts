/** What the end-to-end tests share: daemons as processes, teams over them, and what they all must leave behind: nothing. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { AranyaError } from "../../src/client/index.ts";
import type { ChannelId, Client, DaemonConfig, DeviceId, Effect, TeamId } from "../../src/client/index.ts";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";
import { DaemonProcess, eventually, freePort } from "../support/daemon-process.ts";
import type { DaemonCommand } from "../support/daemon-process.ts";
import { programUnderTest } from "../support/executable.ts";

export const COMMAND: DaemonCommand = programUnderTest() ?? bundled();

export const LABEL = "telemetry";

/** One daemon and its first client. */
export class Device {
  readonly name: string;
  readonly directory: string;
  readonly daemon: DaemonProcess;
  readonly port: number;
  /** All that happened since the client connected. */
  effects: Effect[] = [];
  client!: Client;
  id!: DeviceId;

  constructor(
    directory: string,
    name: string,
    port: number,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.name = name;
    this.directory = directory;
    this.port = port;
    this.daemon = new DaemonProcess(directory, { command: COMMAND, args, env });
  }

  /** Of sync and of AFC. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get config(): DaemonConfig {
    return { sync: { listen: this.address }, afc: { listen: this.address }, logLevel: "debug" };
  }

  async start(more: DaemonConfig = {}): Promise<void> {
    this.daemon.start();
    await this.attach({ ...this.config, ...more });
    this.id = await this.client.initDevice();
  }

  /** A first client for a daemon that runs. */
  async attach(config: DaemonConfig = {}): Promise<void> {
    this.client = await this.daemon.connect(config);
    this.effects = collect(this.client);
  }

  /** Another client of the same daemon. */
  connect(config: DaemonConfig = {}): Promise<Client> {
    return this.daemon.connect(config);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.daemon.pid!, signal);
  }

  async saw<T extends Effect["type"]>(
    type: T,
    fits: (effect: Effect & { type: T }) => boolean = () => true,
  ): Promise<Effect & { type: T }> {
    const find = (): (Effect & { type: T }) | undefined =>
      this.effects.find((e): e is Effect & { type: T } => e.type === type && fits(e as never));
    return (await eventually(
      `${this.name} is told ${type}`,
      () => Promise.resolve(find()),
      (effect) => effect !== undefined,
    ))!;
  }

  async sawClosed(channelId: ChannelId): Promise<string> {
    return (await this.saw("channelClosed", (e) => e.channelId === channelId)).reason;
  }
}

export function collect(client: Client): Effect[] {
  const effects: Effect[] = [];
  void (async () => {
    try {
      for await (const effect of client.effects()) effects.push(effect);
    } catch {
      // The daemon was stopped or killed.
    }
  })();
  return effects;
}

/** The daemons of one test file. */
export class Fleet {
  readonly root = mkdtempSync(join(tmpdir(), "aranya-edge-e2e-"));
  readonly #devices: Device[] = [];

  directory(name: string): string {
    const directory = join(this.root, name);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** Not started. */
  async device(name: string, args: readonly string[] = [], env?: NodeJS.ProcessEnv): Promise<Device> {
    const device = new Device(this.directory(name), name, await freePort(), args, env);
    this.#devices.push(device);
    return device;
  }

  async started<const Names extends readonly string[]>(
    ...names: Names
  ): Promise<{ [I in keyof Names]: Device }> {
    const devices: Device[] = [];
    for (const name of names) devices.push(await this.device(name));
    await Promise.all(devices.map((device) => device.start()));
    return devices as { [I in keyof Names]: Device };
  }

  /** Kills what still runs; throws where a daemon met a bug, or wrote to stderr what is no log line. */
  async close(): Promise<void> {
    await Promise.all(
      this.#devices.map(async ({ daemon }) => {
        if (daemon.pid !== undefined) await daemon.stop("SIGKILL");
      }),
    );
    rmSync(this.root, { recursive: true, force: true });
    for (const { name, daemon } of this.#devices) {
      const bug = daemon.log.find((line) => line.msg === "bug");
      if (bug !== undefined) throw new Error(`${name}: ${JSON.stringify(bug)}`);
      if (daemon.stderr !== "") throw new Error(`${name}: ${daemon.stderr}`);
    }
  }
}

/** Pulls until level. */
export async function pull(device: Device, from: Device, teamId: TeamId): Promise<void> {
  await device.client.syncNow(from.address, teamId);
}

/**
 * A team of the owner's over running devices: the others are members with the role given; users have the label and their
 * address as their name. Everybody is level.
 */
export async function foundTeam(
  owner: Device,
  others: { operator?: Device; users?: readonly Device[]; members?: readonly Device[] },
): Promise<TeamId> {
  const { operator, users = [], members = [] } = others;
  const everybody = [...(operator === undefined ? [] : [operator]), ...users, ...members];
  const { client } = owner;
  const teamId = await client.createTeam();
  await client.createLabel(teamId, LABEL);
  for (const device of everybody) {
    await client.addDevice(teamId, await device.client.getKeyBundle(), device.name);
  }
  if (operator !== undefined) await client.assignRole(teamId, operator.id, "operator");
  for (const user of users) {
    await client.assignRole(teamId, user.id, "user");
    await client.assignLabel(teamId, user.id, LABEL);
    await client.assignNetworkName(teamId, user.id, user.address);
  }
  await Promise.all(
    everybody.map(async (device) => {
      await device.client.addTeam(teamId);
      await pull(device, owner, teamId);
    }),
  );
  return teamId;
}

/** A channel from one user to another, whose first client listens. Its id at both ends. */
export async function openChannel(
  from: Device,
  to: Device,
  teamId: TeamId,
  options: { label?: string; delivery?: "reliable" | "unreliable" } = {},
): Promise<{ near: ChannelId; far: ChannelId }> {
  await to.client.pollData(0);
  const known = new Set((await to.client.channels()).map((c) => c.channelId));
  const { label = LABEL, ...rest } = options;
  const near = await from.client.createChannel(teamId, to.address, label, rest);
  const [arrived] = await eventually(
    `${to.name} has the channel`,
    async () => (await to.client.channels()).filter((c) => !known.has(c.channelId) && c.state === "open"),
    (channels) => channels.length > 0,
  );
  return { near, far: arrived!.channelId };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The next message to arrive. */
export async function read(
  client: Client,
): Promise<ReturnType<Client["readData"]> & { readonly text: string }> {
  if (!(await client.pollData(15_000))) throw new Error("no message arrived");
  const buffer = new Uint8Array(64 * 1024);
  const received = client.readData(buffer);
  return { ...received, text: new TextDecoder().decode(buffer.subarray(0, received.length)) };
}

/** What a call is refused with; fails where it is not. */
export async function refusal(call: Promise<unknown>): Promise<AranyaError> {
  let result: unknown;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof AranyaError) return error;
    throw error;
  }
  throw new Error(`not refused, but answered ${JSON.stringify(result)}`);
}

/** Runs the command to its end. */
export function run(
  ...args: readonly string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [program, ...before] = COMMAND;
  return new Promise((resolve) => {
    const child = execFile(program, [...before, ...args], { timeout: 30_000 }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** As it is shipped, which also starts in a quarter of the time. */
function bundled(): DaemonCommand {
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-bundle-"));
  const outfile = join(directory, "aranya-edge.cjs");
  buildSync({
    entryPoints: [resolve("src/cli/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20.11",
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return [process.execPath, outfile];
}
