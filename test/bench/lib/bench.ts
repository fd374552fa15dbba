/** What a scenario is, and what it is given. */
import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { V8_FLAGS } from "../../../cross/v8-flags.ts";
import { DaemonProcess } from "../../support/daemon-process.ts";
import type { DaemonCommand } from "../../support/daemon-process.ts";
import { Peer } from "./peer.ts";
import type { Figure } from "./report.ts";
import { matchesPartOf } from "./selection.ts";

/** How long to look. */
export interface Budget {
  readonly rounds: number;
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Of each throughput and each latency measured, in each round. */
  readonly sliceMs: number;
  /** Before memory is looked at. */
  readonly settleMs: number;
  /** How long an idle daemon is watched. */
  readonly idleMs: number;
  /** In the fleet. */
  readonly daemons: number;
  /** Of one bulk transfer. */
  readonly bulkBytes: number;
  readonly idleChannels: number;
}

export const FULL: Budget = {
  rounds: 5,
  warmUps: 1,
  sliceMs: 400,
  settleMs: 3000,
  idleMs: 10_000,
  daemons: 70,
  bulkBytes: 64 * 2 ** 20,
  idleChannels: 1000,
};
/** Shows that everything runs; its figures say little. */
export const QUICK: Budget = {
  rounds: 1,
  warmUps: 0,
  sliceMs: 150,
  settleMs: 500,
  idleMs: 1000,
  daemons: 8,
  bulkBytes: 8 * 2 ** 20,
  idleChannels: 100,
};

export interface Scenario {
  /** The ids of its figures are this, or start with this and a slash. */
  readonly id: string;
  run(bench: Bench): Promise<Figure[]>;
}

/** Nothing but what a process needs to run: what else is in the environment may change what Node does. */
export const BARE_ENVIRONMENT: NodeJS.ProcessEnv = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" };

export interface BenchOptions {
  readonly budget: Budget;
  readonly only: readonly string[];
  /** The daemon as one file, if it was built. */
  readonly bundle: string | undefined;
  /** Where every process that is started writes a CPU profile. */
  readonly profileDirectory: string | undefined;
  readonly say: (text: string) => void;
}

/** Everything it starts and makes is gone by `close`, and at the latest when this process ends. */
export class Bench {
  readonly budget: Budget;
  readonly bundle: string | undefined;
  readonly say: (text: string) => void;
  readonly #only: readonly string[];
  readonly #nodeArgs: readonly string[];
  readonly #root = mkdtempSync(join(tmpdir(), "aranya-edge-bench-"));
  readonly #daemons = new Set<DaemonProcess>();
  readonly #peers = new Set<Peer>();
  #directories = 0;

  constructor(o: BenchOptions) {
    this.budget = o.budget;
    this.bundle = o.bundle;
    this.say = o.say;
    this.#only = o.only;
    this.#nodeArgs =
      o.profileDirectory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${o.profileDirectory}`];
    process.once("exit", () => {
      this.kill();
      rmSync(this.#root, { recursive: true, force: true });
    });
  }

  /** Whether anybody asked for this figure, or for one below this id. */
  wants(id: string): boolean {
    return matchesPartOf(this.#only, id);
  }

  /** New and empty. */
  directory(): string {
    const path = join(this.#root, String(this.#directories++));
    mkdirSync(path);
    return path;
  }

  get sourceCommand(): DaemonCommand {
    return this.#command(join(import.meta.dirname, "../../../src/cli/main.ts"));
  }

  /** As it is shipped, if it was built. */
  get daemonCommand(): DaemonCommand {
    return this.bundle === undefined ? this.sourceCommand : this.#command(this.bundle, V8_FLAGS);
  }

  /** Not started. */
  daemon(command: DaemonCommand = this.daemonCommand): DaemonProcess {
    const daemon = new DaemonProcess(this.directory(), { command, env: BARE_ENVIRONMENT });
    this.#daemons.add(daemon);
    return daemon;
  }

  /** A process that runs one of `peers/`. */
  peer(name: string, environment: NodeJS.ProcessEnv = {}): Peer {
    const peer = new Peer(join(import.meta.dirname, `../peers/${name}.ts`), this.#nodeArgs, environment);
    this.#peers.add(peer);
    return peer;
  }

  /** Ends what is still running, each in its own time, so that profiles get written. */
  async close(): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.stop()));
    await Promise.all([...this.#daemons].map((daemon) => daemon.stop()));
    this.kill();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** At once. */
  kill(): void {
    for (const peer of this.#peers) peer.kill();
    for (const daemon of this.#daemons) daemon.kill();
    this.#peers.clear();
    this.#daemons.clear();
  }

  #command(file: string, flags: readonly string[] = []): DaemonCommand {
    return [process.execPath, ...flags, ...this.#nodeArgs, file];
  }
}
