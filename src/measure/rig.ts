/**
 * Where it is measured: one directory of its own, the daemons in it, and the two bounds nothing gets past, time and disk.
 * All of it is gone by `close`, and at the latest when this process ends.
 */
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, DaemonConfig } from "../client/index.ts";
import { LIMITS } from "../base/limits.ts";
import { DIRECTORY_PREFIX, OWNER_FILE, ownerMark } from "./leftovers.ts";
import { EdgeDaemon } from "./process.ts";
import type { Command } from "./process.ts";
import { treeOf } from "./process-files.ts";

/** Why it ended before its end. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

export interface RigOptions {
  /** The directory to make its own in. */
  readonly parent: string;
  /** What starts this executable; an emulator first where there is one. */
  readonly command: Command;
  readonly timeMaxMs: number;
  readonly diskMaxBytes: number;
}

export class Rig {
  readonly root: string;
  readonly command: Command;
  readonly #diskMaxBytes: number;
  readonly #daemons = new Set<EdgeDaemon>();
  readonly #clients = new Set<Client>();
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onExit = (): void => {
    this.#kill();
    this.#remove();
  };
  #directories = 0;

  /** Throws the system's error where the directory cannot be made, a RangeError where its path is too long for sockets. */
  constructor(o: RigOptions) {
    this.command = o.command;
    this.#diskMaxBytes = o.diskMaxBytes;
    const parent = realpathSync(o.parent);
    const longest = `${parent}/${DIRECTORY_PREFIX}123456/99/s`;
    if (Buffer.byteLength(longest) > LIMITS.socketPathBytesMax) {
      throw new RangeError(
        `${parent} is too long: sockets below it would have paths over ${LIMITS.socketPathBytesMax} bytes`,
      );
    }
    this.root = mkdtempSync(`${parent}/${DIRECTORY_PREFIX}`);
    process.once("exit", this.#onExit);
    writeFileSync(`${this.root}/${OWNER_FILE}`, ownerMark());
    this.#timer = setTimeout(() => this.stop("the time was up (--time-max)"), o.timeMaxMs);
  }

  /** New and empty. */
  directory(): string {
    const path = `${this.root}/${this.#directories++}`;
    mkdirSync(path);
    return path;
  }

  /** Not started. */
  daemon(): EdgeDaemon {
    this.check();
    const daemon = new EdgeDaemon(this.directory(), this.command);
    this.#daemons.add(daemon);
    return daemon;
  }

  /** Whether daemon and client are there or not, this connection is closed in the end. */
  async connect(daemon: EdgeDaemon, config: DaemonConfig = {}): Promise<Client> {
    this.check();
    const client = await daemon.connect(config);
    this.#clients.add(client);
    return client;
  }

  /** As a device in a team is: it listens for sync and for channels, on the same port of the loopback address. */
  async listening(
    daemon: EdgeDaemon,
    config: DaemonConfig = {},
  ): Promise<{ client: Client; address: string }> {
    for (let attempt = 1; ; attempt++) {
      const address = `127.0.0.1:${await freePort()}`;
      try {
        const listen = { sync: { listen: address }, afc: { listen: address } };
        return { client: await this.connect(daemon, { ...config, ...listen }), address };
      } catch (error) {
        // Another process took the port meanwhile.
        const isTaken = (error as { code?: string }).code === "InvalidArgument";
        if (!isTaken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** Rejects when the rig is stopped. */
  async sleep(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#stop.signal });
    } catch {
      this.check();
    }
  }

  /** Between steps: lets signals in, and throws where a bound was met. */
  async breathe(): Promise<void> {
    await new Promise((done) => setImmediate(done));
    this.check();
  }

  /** Throws `Stopped`. */
  check(): void {
    if (this.#stop.signal.aborted) throw new Stopped(String(this.#stop.signal.reason));
  }

  checkDisk(): void {
    if (treeOf(this.root).allocated > this.#diskMaxBytes)
      this.stop("the disk it may use was used up (--disk-max)");
    this.check();
  }

  /** Ends what runs: whoever waits for a daemon gets an error, and `check` says why. */
  stop(reason: string): void {
    this.#stop.abort(reason);
    this.#kill();
  }

  get stopped(): string | undefined {
    return this.#stop.signal.aborted ? String(this.#stop.signal.reason) : undefined;
  }

  /** What to say of an error: of a daemon that was ended because a bound was met, which one. */
  reasonOf(error: unknown): string {
    return this.stopped ?? (error as Error).message.slice(0, REASON_MAX);
  }

  /** Ends all daemons and empties the directory, for what is measured next. */
  async clear(): Promise<void> {
    this.#kill();
    await Promise.all([...this.#clients].map((client) => client.close()));
    await Promise.all([...this.#daemons].map((daemon) => daemon.exited()));
    this.#daemons.clear();
    this.#clients.clear();
    for (let i = 0; i < this.#directories; i++) rmSync(`${this.root}/${i}`, REMOVAL);
    this.#directories = 0;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.clear();
    this.#remove();
    process.off("exit", this.#onExit);
  }

  #kill(): void {
    for (const daemon of this.#daemons) daemon.kill();
  }

  #remove(): void {
    rmSync(this.root, REMOVAL);
  }
}

/** A daemon that was just killed may still be making a file. */
const REMOVAL = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
const PORT_ATTEMPTS = 5;
const REASON_MAX = 300;

/** Free for TCP and UDP on the loopback address, a moment ago. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await new Promise<number>((done, failed) => {
      server.once("error", failed);
      server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port));
    });
    const udp = createSocket("udp4");
    const isFree = await new Promise<boolean>((done) => {
      udp.once("error", () => done(false));
      udp.bind(port, "127.0.0.1", () => done(true));
    });
    await new Promise((done) => server.close(done));
    await new Promise<void>((done) => udp.close(() => done()));
    if (isFree) return port;
  }
}
