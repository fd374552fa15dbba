/** A process of the same executable, and how this one starts others. */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import type * as ChildProcesses from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../client/index.ts";
import type { DaemonConfig } from "../client/index.ts";

/** Program and what comes before the subcommand. */
export type Command = readonly [program: string, ...args: string[]];

/** Only who measures starts processes; loaded with the rest it would cost every daemon 1.5 MB. */
export function childProcesses(): typeof ChildProcesses {
  return createRequire(process.execPath)("node:child_process") as typeof ChildProcesses;
}

/** How this process was started: in a single executable `argv[1]` is the executable itself, by its path or as typed. */
export function ownCommand(): Command {
  const script = process.argv[1];
  if (script === undefined) return [process.execPath];
  try {
    const path = realpathSync(script);
    return path === realpathSync(process.execPath) ? [process.execPath] : [process.execPath, path];
  } catch {
    return [process.execPath];
  }
}

/** Nothing but what a process needs to run: what else is in the environment may change what Node does, or reach a manager. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(PATH|TMPDIR|LD_LIBRARY_PATH|ARANYA_EDGE_PLATFORM|QEMU_LD_PREFIX)$/.test(name),
  );
  return { ...Object.fromEntries(kept), LANG: "C.UTF-8" };
}

const RETRY_MS = 2;
const STDERR_KEPT = 4096;
/** Slow boards and emulators take their time. */
const CALL_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 20_000;

/** A real daemon: its work directory, its socket. */
export class EdgeDaemon {
  readonly workDir: string;
  readonly socketPath: string;
  readonly #command: Command;
  #child: ChildProcesses.ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stderr = "";

  constructor(directory: string, command: Command) {
    this.workDir = `${directory}/w`;
    this.socketPath = `${directory}/s`;
    this.#command = command;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the daemon could not be started");
    return pid;
  }

  start(): void {
    const [program, ...before] = this.#command;
    const args = [...before, "daemon", "--work-dir", this.workDir, "--socket", this.socketPath];
    const child = childProcesses().spawn(program, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: bareEnvironment(),
    });
    this.#child = child;
    this.#stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#exited = new Promise((done) => {
      child.once("close", () => done());
      child.once("error", (error) => {
        this.#stderr += error.message;
        done();
      });
    });
  }

  /** Tries until the socket answers. */
  async connect(config: DaemonConfig = {}): Promise<Client> {
    const deadline = performance.now() + CALL_TIMEOUT_MS;
    for (;;) {
      try {
        return await Client.connect({ socketPath: this.socketPath, config, timeoutMs: CALL_TIMEOUT_MS });
      } catch (error) {
        const child = this.#child;
        const isGone = child?.pid === undefined || child.exitCode !== null || child.signalCode !== null;
        const waits = (error as { code?: string }).code === "DaemonUnavailable";
        if (waits && isGone) throw new Error(`a daemon ended: ${this.#lastWords()}`, { cause: error });
        if (!waits || performance.now() > deadline) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    child?.kill("SIGTERM");
    const late = setTimeout(() => child?.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(late);
  }

  /** At once, without waiting for it to be gone. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  exited(): Promise<void> {
    return this.#exited;
  }

  #lastWords(): string {
    const line = this.#stderr.trim().split("\n").at(-1) ?? "";
    return line === "" ? "it said nothing" : line.slice(0, 300);
  }
}

/** Milliseconds from the moment a process is made until it has ended; it may only succeed. */
export function timeToExit(command: Command): Promise<number> {
  const startedAt = performance.now();
  const [program, ...args] = command;
  const child = childProcesses().spawn(program, args, { env: bareEnvironment(), stdio: "ignore" });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => {
      if (code === 0) done(performance.now() - startedAt);
      else failed(new Error(`${program} ended with ${code ?? "a signal"}`));
    });
  });
}
