/** What the crash tests share: chance from a seed, a daemon that starts fast, and what was found. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { DaemonProcess } from "../../support/daemon-process.ts";
import { Prng } from "../../property/model/generate.ts";
import { Mounts } from "./mounts.ts";

export interface Found {
  /** What was done how often. */
  readonly totals: Record<string, number>;
  /** Each a promise broken. */
  readonly faults: string[];
}

/** Daemons that break their promise, so that the tests can show they see it: put before the daemon's own code. */
const PLANTS = {
  /** Never waits for the disk. */
  unsynced: "fs.fsyncSync = fs.fdatasyncSync = () => undefined;",
  /** Appends to its logs a second after it says so. */
  late: `
    const { writeSync } = fs;
    fs.writeSync = (fd, bytes, offset, length, position) => {
      if (!(position > 100)) return writeSync(fd, bytes, offset, length, position);
      const copy = bytes.slice(offset, offset + length);
      setTimeout(() => writeSync(fd, copy, 0, length, position), 1000);
      return length;
    };`,
  /** Writes a little every now and then. */
  // A new file each time: a page that is dirty already is not counted again.
  restless: 'let n = 0; setInterval(() => fs.writeFileSync(`restless${n++}`, "."), 200).unref();',
} as const;

export type Plant = keyof typeof PLANTS;

export function isPlant(name: string): name is Plant {
  return Object.hasOwn(PLANTS, name);
}

export interface CrashWorldOptions {
  readonly seed: number;
  readonly plant?: Plant | undefined;
  readonly say?: (text: string) => void;
}

/** Everything it starts, makes and mounts is gone by `close`. */
export class CrashWorld {
  readonly rng: Prng;
  readonly mounts = new Mounts();
  readonly say: (text: string) => void;
  readonly #build = mkdtempSync(join(tmpdir(), "aranya-edge-crash-"));
  readonly #bundle = join(this.#build, "aranya-edge.cjs");
  readonly #env: NodeJS.ProcessEnv;
  readonly #daemons = new Set<DaemonProcess>();
  readonly #onExit = (): void => this.#end();

  constructor({ seed, plant, say = () => undefined }: CrashWorldOptions) {
    this.rng = new Prng(seed);
    this.say = say;
    buildSync({
      entryPoints: [resolve(import.meta.dirname, "../../../src/cli/main.ts")],
      outfile: this.#bundle,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20.11",
    });
    this.#env = { PATH: process.env["PATH"] };
    if (plant !== undefined) {
      const file = join(this.#build, "plant.cjs");
      writeFileSync(file, `const fs = require("node:fs");\n${PLANTS[plant]}\n`);
      this.#env["NODE_OPTIONS"] = `--require=${file}`;
    }
    process.once("exit", this.#onExit);
  }

  /** Not started. Its work directory is `work` in this one. */
  daemon(directory: string): DaemonProcess {
    const daemon = new DaemonProcess(directory, {
      command: [process.execPath, this.#bundle],
      env: this.#env,
    });
    this.#daemons.add(daemon);
    return daemon;
  }

  async close(): Promise<void> {
    process.off("exit", this.#onExit);
    const running = [...this.#daemons].filter((daemon) => daemon.pid !== undefined);
    await Promise.all(running.map((daemon) => daemon.stop("SIGKILL")));
    this.#end();
  }

  #end(): void {
    for (const daemon of this.#daemons) daemon.kill();
    this.mounts.close();
    rmSync(this.#build, { recursive: true, force: true });
  }
}

/** What a daemon's log says that no crash excuses. */
export function complaints(daemon: DaemonProcess): string[] {
  const bugs = daemon.log.filter((line) => line.msg === "bug" || line.msg === "team not opened");
  return [...bugs.map((line) => JSON.stringify(line)), ...(daemon.stderr === "" ? [] : [daemon.stderr])];
}
