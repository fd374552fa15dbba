/** A real daemon as a process of its own: its work directory, its socket, its log. For the demo, end-to-end tests and the bench. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { createInterface } from "node:readline";
import { dirname, join, resolve } from "node:path";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../../src/client/index.ts";
import type { DaemonConfig } from "../../src/client/index.ts";

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** How to start a daemon: a program and what comes before `daemon`. */
export type DaemonCommand = readonly [program: string, ...args: string[]];

/** From source, by this Node, wherever the tests are started from. */
export const SOURCE_DAEMON: DaemonCommand = [process.execPath, resolve("src/cli/main.ts")];

export class DaemonProcess {
  readonly workDir: string;
  readonly socketPath: string;
  readonly log: LogLine[] = [];
  readonly #command: DaemonCommand;
  readonly #extraArgs: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #exit: Promise<number | null> = Promise.resolve(null);
  #stderr = "";

  constructor(
    directory: string,
    options: { command?: DaemonCommand; args?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
  ) {
    this.workDir = join(directory, "work");
    this.socketPath = join(directory, "socket");
    this.#command = options.command ?? SOURCE_DAEMON;
    this.#extraArgs = options.args ?? [];
    this.#env = options.env ?? process.env;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it wrote to stderr that was no JSON line. */
  get stderr(): string {
    return this.#stderr;
  }

  start(): void {
    const [program, ...before] = this.#command;
    const args = [
      ...before,
      "daemon",
      "--work-dir",
      this.workDir,
      "--socket",
      this.socketPath,
      ...this.#extraArgs,
    ];
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: dirname(this.workDir),
      env: this.#env,
    });
    this.#child = child;
    createInterface({ input: child.stderr }).on("line", (line) => {
      try {
        this.log.push(JSON.parse(line) as LogLine);
      } catch {
        this.#stderr += `${line}\n`;
      }
    });
    this.#exit = new Promise((done) => child.once("close", (code) => done(code)));
  }

  /** Tries until the socket answers; the daemon has said why if it never does. */
  async connect(config: DaemonConfig = {}, timeoutMs = 20_000): Promise<Client> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      try {
        return await Client.connect({ socketPath: this.socketPath, config });
      } catch (error) {
        const gone = this.#child?.exitCode !== null;
        const waits = (error as { code?: string }).code === "DaemonUnavailable";
        if (!waits || gone || performance.now() > deadline) throw error;
        await sleep(20);
      }
    }
  }

  /** Exit code; null after a signal. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child?.kill(signal);
    return this.exited();
  }

  /** At once, without waiting for it to be gone. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  exited(): Promise<number | null> {
    return this.#exit;
  }

  /** The newest log line with this message, once there is one that `fits`. */
  async logged(
    msg: string,
    fits: (line: LogLine) => boolean = () => true,
    timeoutMs = 10_000,
  ): Promise<LogLine> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const line = this.log.findLast((l) => l.msg === msg && fits(l));
      if (line !== undefined) return line;
      if (performance.now() > deadline) throw new Error(`the daemon never logged ${JSON.stringify(msg)}`);
      await sleep(10);
    }
  }
}

/** Until every line of the audit log is under a seal: from then on who is idle writes nothing. */
export async function allSealed(daemon: DaemonProcess, client: Client): Promise<void> {
  await eventually(
    "all lines are sealed",
    async () => (await client.status()).audit.seq,
    (seq) => daemon.log.findLast(({ msg }) => msg === "audit seal")?.["seq"] === seq,
  );
}

/** Below the range the system takes ports for outgoing connections from (ip_local_port_range), so that none is in the way. */
const PORTS = { from: 10_240, to: 32_768 };
/** Nothing holds a port until somebody listens there: each worker of vitest has its own, and chooses none twice. */
const WORKERS_MAX = 8;
const WORKER = Number(process.env["VITEST_POOL_ID"] ?? 0) % WORKERS_MAX;
const chosen = new Set<number>();

/** A port free for TCP and UDP on the loopback address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = WORKER + WORKERS_MAX * randomInt(PORTS.from / WORKERS_MAX, PORTS.to / WORKERS_MAX);
    if (chosen.has(port)) continue;
    chosen.add(port);
    const server = createServer();
    const udp = createSocket("udp4");
    const isFree = await Promise.all([
      new Promise<boolean>((done) =>
        server.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true)),
      ),
      new Promise<boolean>((done) =>
        udp.once("error", () => done(false)).bind(port, "127.0.0.1", () => done(true)),
      ),
    ]);
    await Promise.all([
      new Promise((done) => server.close(done)),
      new Promise<void>((done) => udp.close(() => done())),
    ]);
    if (isFree.every(Boolean)) return port;
  }
}

/** Asks again until `is` holds. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  is: (value: T) => boolean,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (is(value)) return value;
    if (performance.now() > deadline) throw new Error(`never came: ${what}`);
    await sleep(25);
  }
}
