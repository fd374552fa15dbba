/** A real Debian with a real systemd, booted in a container (systemd-nspawn(1)) without any network but its own loopback. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../../../src/client/index.ts";
import { ControlGroups } from "./cgroups.ts";
import { must, run } from "./run.ts";
import type { Ran } from "./run.ts";

const BOOT_TIMEOUT_MS = 120_000;

export class Machine {
  readonly root: string;
  readonly groups: ControlGroups;
  readonly #name = `aranya-edge-test-${process.pid}`;
  #nspawn: ChildProcess | undefined;
  #pid = 0;
  #console = "";

  constructor(root: string) {
    this.root = root;
    this.groups = new ControlGroups(this.#name);
    process.once("exit", () => this.#kill());
  }

  async boot(): Promise<void> {
    const enter = this.groups.folders.map((folder) => `echo $$ > ${folder}/cgroup.procs;`).join(" ");
    const options = ["--boot", "--register=no", "--keep-unit", "--private-network", "--console=pipe"];
    const nspawn = ["systemd-nspawn", "-D", this.root, `--machine=${this.#name}`, ...options];
    const env = {
      PATH: process.env["PATH"],
      ...(this.groups.isVersion1 ? { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "0" } : {}),
    };
    const child = spawn("sh", ["-c", `${enter} exec "$@"`, "sh", ...nspawn], {
      stdio: ["ignore", "pipe", "pipe"],
      env,
    });
    this.#nspawn = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.#console += text));
    }
    const deadline = Date.now() + BOOT_TIMEOUT_MS;
    for (;;) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`it does not boot:\n${this.#console}`);
      const first = firstIn(child.pid!);
      if (first !== undefined) {
        this.#pid = first;
        if (await this.#isUp()) break;
      }
      await sleep(200);
    }
    if (this.groups.isVersion1) {
      // systemd-nspawn hands on the hierarchy of systemd only; MemoryMax= needs that of memory too.
      await this.ok("mount -o remount,bind,rw /sys/fs/cgroup/memory && systemctl daemon-reexec");
      await this.until("it is up again", () => this.#isUp(), Boolean);
    }
  }

  async #isUp(): Promise<boolean> {
    return /running|degraded/.test((await this.sh("systemctl is-system-running")).stdout);
  }

  async powerOff(): Promise<void> {
    const gone = new Promise((resolve) => this.#nspawn?.once("exit", resolve));
    await this.sh("systemctl --no-block poweroff");
    const late = setTimeout(() => this.#kill(), 30_000);
    await gone;
    clearTimeout(late);
    this.#nspawn = undefined;
  }

  /** However it is: at once. */
  async close(): Promise<void> {
    const child = this.#nspawn;
    if (child?.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      this.#kill();
      await gone;
    }
    this.groups.remove();
  }

  /** By sh in the container. */
  sh(script: string, timeoutMs?: number): Promise<Ran> {
    return run("nsenter", [...this.#enter, "sh", "-c", script], timeoutMs);
  }

  /** The same; throws where it fails. */
  ok(script: string, timeoutMs?: number): Promise<string> {
    return must("nsenter", [...this.#enter, "sh", "-c", script], timeoutMs);
  }

  get #enter(): string[] {
    return ["-t", String(this.#pid), "-m", "-u", "-i", "-n", "-p", "--"];
  }

  /** A file of the running container, mounts and all, seen from outside. */
  path(inside: string): string {
    return `/proc/${this.#pid}/root${inside}`;
  }

  read(inside: string): string {
    return readFileSync(this.path(inside), "utf8");
  }

  write(inside: string, text: string): void {
    writeFileSync(this.path(inside), text);
  }

  /** A property of a unit (systemctl show). */
  async show(property: string, unit = "aranya-edge.service"): Promise<string> {
    return this.ok(`systemctl show --value -p ${property} ${unit}`);
  }

  async mainPid(unit?: string): Promise<number> {
    return Number(await this.show("MainPID", unit));
  }

  /** Of the daemon, from outside the container's PID namespace: for /proc. */
  async hostPid(unit?: string): Promise<number> {
    const inside = await this.mainPid(unit);
    for (const line of (await must("ps", ["-eo", "pid=,args="])).split("\n")) {
      const pid = Number(/^\s*(\d+) .*aranya-edge daemon/.exec(line)?.[1]);
      if (
        pid > 0 &&
        new RegExp(`^NSpid:.*\\t${inside}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"))
      )
        return pid;
    }
    throw new Error(`process ${inside} is not to be found from outside`);
  }

  /** Log lines of a unit since its log was last asked for with `mark`. */
  async log(unit = "aranya-edge.service", since?: string): Promise<string> {
    return this.ok(
      `journalctl -o cat --no-pager -u ${unit} ${since === undefined ? "" : `--after-cursor='${since}'`}`,
    );
  }

  /** Those of them that match, once there are any: the journal is written by another process, in its own time. */
  logged(pattern: RegExp, since: string, unit?: string): Promise<string> {
    return this.until(
      `the log says ${String(pattern)}`,
      () => this.log(unit, since),
      (text) => pattern.test(text),
    );
  }

  /** A place in the log. */
  async mark(): Promise<string> {
    const out = await this.ok("journalctl --sync; journalctl -n 1 -o cat --show-cursor --no-pager");
    return /^-- cursor: (.*)$/m.exec(out)![1]!;
  }

  client(socket = "/run/aranya-edge/socket"): Promise<Client> {
    return Client.connect({ socketPath: this.path(socket) });
  }

  /** Asks again until `is`; a fault that says what was last seen where it never is. */
  async until<T>(
    what: string,
    ask: () => Promise<T>,
    is: (value: T) => boolean,
    timeoutMs = 60_000,
  ): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      let last: unknown;
      try {
        const value = await ask();
        if (is(value)) return value;
        last = value;
      } catch (error) {
        last = error;
      }
      if (Date.now() > deadline)
        throw new Error(`never came: ${what}; last: ${JSON.stringify(last)} ${String(last)}`);
      await sleep(100);
    }
  }

  /** Sets unit settings in a drop-in of the test's; with none it is taken away. */
  async dropIn(lines: readonly string[], unit = "aranya-edge.service"): Promise<void> {
    const folder = `/run/systemd/system/${unit}.d`;
    await this.ok(`mkdir -p ${folder}; rm -f ${folder}/test.conf`);
    if (lines.length > 0) this.write(`${folder}/test.conf`, ["[Service]", ...lines, ""].join("\n"));
    await this.ok("systemctl daemon-reload");
  }

  #kill(): void {
    // Process 1 of a PID namespace takes all others with it.
    if (this.#nspawn?.exitCode === null && this.#nspawn.signalCode === null) {
      try {
        if (this.#pid > 1) process.kill(this.#pid, "SIGKILL");
        else this.#nspawn.kill("SIGKILL");
      } catch {
        this.#nspawn.kill("SIGKILL");
      }
    }
  }
}

/**
 * The container's process 1. Before it systemd-nspawn has a child that prepares its files, in which one would ask the systemd
 * of this machine.
 */
function firstIn(nspawn: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, "utf8").trim().split(" ");
    return children
      .map(Number)
      .find((pid) => /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
  } catch {
    return undefined; // gone meanwhile
  }
}
