/**
 * The daemon: puts the services together, and nothing else.
 *
 *   Unix socket ── IpcConnection ── handlers ──┬── Device     keys
 *                                              ├── Teams      graphs, facts           ──► events
 *                                              ├── Sync       TLS, peers                   │
 *                                              └── Channels   UDP, AFC  ◄──────────────────┤
 *                              effects ◄───────────────────────────────────────────────────┘
 *
 * Starts clean: of what was before only the account is loaded. Stops clean: channels are closed towards their peers, and
 * nothing stays behind but the account.
 */
import { PLAIN_PLATFORM, summaryOf } from "../../platform/platform.ts";
import type { Platform } from "../../platform/platform.ts";
import { formatAddress, parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, StoreError, TransportError } from "../base/errors.ts";
import type { Clock, Entropy } from "../base/time.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { nodeSuite } from "../crypto/node.ts";
import { systemClock } from "../io/clock.ts";
import { hasAesInstructions } from "../io/cpu.ts";
import { systemEntropy } from "../io/entropy.ts";
import { IpcConnection, noIpcCounts } from "../io/ipc-connection.ts";
import type { IpcHost } from "../io/ipc-connection.ts";
import { lockDirectory } from "../io/lock.ts";
import type { DirectoryLock } from "../io/lock.ts";
import { NodeFiles } from "../io/node-files.ts";
import { memoryFigures, processFigures, receiveBufferErrors } from "../io/process-figures.ts";
import { AddressBook } from "../io/resolve.ts";
import { checkSocketPath, listenUnix } from "../io/unix-socket.ts";
import type { UnixListener } from "../io/unix-socket.ts";
import { mergeDaemonConfig } from "../ipc/config.ts";
import type { DaemonConfig, DaemonConfigFile } from "../ipc/config.ts";
import type { Effect } from "../ipc/effect.ts";
import { WorkDirectory } from "../store/account.ts";
import { attempt, ensureDirectory } from "../store/files.ts";
import { ChannelService } from "./channels.ts";
import { ConfigFileError, readConfigFile } from "./config-file.ts";
import { Device } from "./device.ts";
import { effectOf } from "./effects.ts";
import { logTrouble } from "./trouble.ts";
import { handlersOf } from "./handlers.ts";
import { Judging } from "./judging.ts";
import { LimitedLog } from "./limited-log.ts";
import type { Logger } from "./log.ts";
import { LoopDelay } from "./loop-delay.ts";
import { MetricsService } from "./metrics/metrics-service.ts";
import { SyncService } from "./sync-service.ts";
import { Teams } from "./teams.ts";

export interface DaemonOptions {
  readonly workDir: string;
  readonly socketPath: string;
  readonly configPath?: string | undefined;
  /** Said at the start, before the file is read; what the file says must agree. */
  readonly settings?: DaemonConfig | undefined;
  readonly version: string;
  readonly log: Logger;
  /** What the system can do beyond what every Node can; nothing where it is not given. */
  readonly platform?: Platform | undefined;
}

type Listener = "metrics" | "sync" | "afc";
type FilePeer = NonNullable<DaemonConfigFile["syncPeers"]>[number];

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #clock: Clock = systemClock;
  readonly #entropy: Entropy = systemEntropy;
  readonly #suite: CipherSuite;
  readonly #connections = new Set<IpcConnection>();
  readonly #lock: DirectoryLock;
  readonly #device: Device;
  readonly #teams: Teams;
  readonly #sync: SyncService;
  readonly #channels: ChannelService;
  readonly #metrics: MetricsService;
  readonly #log: LimitedLog;
  readonly #files: NodeFiles;
  readonly #ipcCounts = noIpcCounts();
  readonly #loop = new LoopDelay();
  readonly #startedAt = this.#clock.now();
  #socket: UnixListener | undefined;
  #config: DaemonConfig = {};
  /** What listens already. */
  readonly #listening = new Set<Listener>();
  /** Settings are taken over one client after the other. */
  #configuring: Promise<unknown> = Promise.resolve();
  /** What waits for the device's keys was done. */
  #isReady: boolean;
  #filePeers: readonly FilePeer[] = [];
  #stopping: Promise<void> | undefined;

  /**
   * Resolves when the socket answers. Throws `StoreError` or `TransportError` where the work directory or the socket cannot
   * be used, and `ConfigFileError`; each says what to do. Nothing is left behind then.
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    checkSocketPath(options.socketPath);
    const file = options.configPath === undefined ? {} : readConfigFile(options.configPath);
    const files = new NodeFiles();
    attempt("make", options.workDir, () => ensureDirectory(files, options.workDir));
    // Before anything in it is touched: what looks like a crash's leftovers may be another daemon at work.
    const lock = await lockDirectory(options.workDir);
    const daemon = await startUnder(lock, () => {
      const work = WorkDirectory.open(files, options.workDir, (note) =>
        options.log.info(note, "work directory"),
      );
      return new Daemon(options, files, work, lock);
    });
    await startUnder(daemon, async () => {
      daemon.#teams.load();
      await daemon.#applyFile(options.settings ?? {});
      await daemon.#applyFile(file);
      daemon.#socket = await listenUnix(options.socketPath, (socket) => {
        daemon.#connections.add(new IpcConnection(socket, daemon.#host()));
      });
    });
    const teams = daemon.#teams.list().length;
    const platform = summaryOf(options.platform ?? PLAIN_PLATFORM);
    options.log.info({ version: options.version, socket: options.socketPath, teams, platform }, "ready");
    return daemon;
  }

  private constructor(options: DaemonOptions, files: NodeFiles, work: WorkDirectory, lock: DirectoryLock) {
    const log = new LimitedLog(options.log, this.#clock);
    const platform = options.platform ?? PLAIN_PLATFORM;
    this.#suite = nodeSuite(platform.aeads);
    const [suite, clock, entropy] = [this.#suite, this.#clock, this.#entropy];
    const tell = (effect: Effect): void => this.#tell(effect);
    const addresses = new AddressBook();
    this.#options = options;
    this.#log = log;
    this.#files = files;
    this.#lock = lock;
    this.#device = new Device({ suite, entropy, keystore: work.keystore });
    this.#isReady = this.#device.isInitialised;
    const keys = (): ReturnType<Device["keys"]> => this.#device.keys();
    this.#teams = new Teams({ suite, entropy, work, log });
    const judging = new Judging(this.#teams, clock);
    this.#sync = new SyncService({
      suite,
      clock,
      entropy,
      log,
      tell,
      addresses,
      keys,
      teams: this.#teams,
      judging,
      loop: this.#loop,
    });
    this.#channels = new ChannelService({
      suite,
      clock,
      entropy,
      log,
      tell,
      addresses,
      keys,
      teams: this.#teams,
      refresh: (teamId) => this.#sync.refresh(teamId),
      segments: platform.segmentSockets,
      prefersAes: hasAesInstructions(),
      loop: this.#loop,
    });
    this.#metrics = this.#newMetrics();
    // Channels first: by the time applications hear of it, what was taken away no longer works.
    this.#teams.onEvents((teamId, events) => this.#channels.onTeamEvents(teamId, events));
    this.#teams.onEvents((teamId, events) => {
      logTrouble(log, teamId, events);
      for (const event of events) tell(effectOf(teamId, event));
    });
    this.#teams.onStopped((teamId, { code, message }) => {
      tell({ type: "teamStopped", teamId, code, reason: message.slice(0, 256) });
    });
  }

  /** For people, in a line: what this device has and does. */
  summary(): string {
    if (!this.#device.isInitialised) return "no keys yet: waiting for InitDevice";
    const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
    const counts = [
      some(this.#teams.list().length, "team"),
      some(this.#sync.peers().length, "sync peer"),
      some(this.#channels.list().length, "channel"),
    ];
    return counts.join(", ");
  }

  /**
   * `--config FILE` again: peers are added and removed; a setting that is in force already stays as it is. Resolves with
   * the reason where it was not taken over.
   */
  async reload(): Promise<string | undefined> {
    const { configPath } = this.#options;
    const log = this.#log;
    if (configPath === undefined) return undefined;
    try {
      await this.#applyFile(readConfigFile(configPath));
      log.info({ config: configPath }, "configuration read again");
      return undefined;
    } catch (error) {
      if (!(error instanceof ConfigFileError || error instanceof StoreError)) throw error;
      log.error({ config: configPath, reason: error.message }, "configuration not taken over");
      return `configuration not taken over: ${error.message}`;
    }
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#options.log.info({}, "stopping");
    // Applications are told what becomes of their channels and calls before they are left alone; the account last.
    await Promise.all([this.#channels.close(), this.#sync.close(), this.#metrics.stopListening()]);
    await this.#socket?.close();
    this.#teams.close();
    await this.#lock.release();
    this.#log.flush();
    this.#options.log.info({}, "stopped");
  }

  #host(): IpcHost {
    const log = this.#log;
    const handlers = handlersOf({
      version: this.#options.version,
      aead: summaryOf(this.#options.platform ?? PLAIN_PLATFORM).aead,
      device: this.#device,
      teams: this.#teams,
      sync: this.#sync,
      channels: this.#channels,
      metrics: this.#metrics,
      uptimeMs: () => this.#uptimeMs(),
      memory: memoryFigures,
      configure: (wanted) => this.#configure(wanted),
      deviceReady: () => this.#deviceReady(),
    });
    return {
      handlers,
      counts: this.#ipcCounts,
      sendData: (message, connection) => this.#channels.send(message, connection),
      sendDataEnds: () => this.#channels.sendNow(),
      credit: (connection) => this.#channels.deliverTo(connection),
      closed: (connection, failure) => {
        this.#connections.delete(connection);
        this.#channels.connectionClosed(connection);
        if (failure !== undefined) log.warn({ code: failure.code, reason: failure.message }, "client closed");
      },
      bug: (error, method) =>
        log.error({ method, error: String(error), stack: (error as Error).stack }, "bug"),
    };
  }

  #tell(effect: Effect): void {
    for (const connection of this.#connections) connection.effect(effect);
  }

  async #configure(wanted: DaemonConfig): Promise<void> {
    await this.#oneByOne(() => this.#takeOver(wanted));
  }

  async #oneByOne(step: () => Promise<void>): Promise<void> {
    const run = this.#configuring.catch(() => undefined).then(step);
    this.#configuring = run;
    await run;
  }

  /** All of it or nothing. */
  async #takeOver(wanted: DaemonConfig): Promise<void> {
    const merged = mergeDaemonConfig(this.#config, wanted);
    await this.#listen(merged);
    this.#config = merged;
    this.#sync.useHello(merged.sync?.hello ?? "on");
    this.#channels.configure(merged.afc ?? {});
    this.#options.log.setLevel(merged.logLevel ?? "info");
    this.#teams.useStore(merged.graphStore ?? "disk");
  }

  /** Those that need the device's keys wait for InitDevice without them. */
  async #listen(config: DaemonConfig): Promise<void> {
    const bound: Listener[] = [];
    try {
      for (const name of ["metrics", "sync", "afc"] as const) {
        const address = config[name]?.listen;
        if (address === undefined || this.#listening.has(name)) continue;
        if (name !== "metrics" && !this.#device.isInitialised) continue;
        await bind(`${name}.listen`, address, (parsed) => this.#listener(name).listen(parsed));
        bound.push(name);
      }
    } catch (error) {
      for (const name of bound) await this.#listener(name).stopListening();
      throw error;
    }
    for (const name of bound) this.#listening.add(name);
  }

  #listener(name: Listener): SyncService | ChannelService | MetricsService {
    return { metrics: this.#metrics, sync: this.#sync, afc: this.#channels }[name];
  }

  #uptimeMs(): number {
    return Math.round(this.#clock.now() - this.#startedAt);
  }

  #newMetrics(): MetricsService {
    const { version, platform } = this.#options;
    const log = this.#log;
    return new MetricsService({
      clock: this.#clock,
      bug: (error) =>
        log.error({ method: "metrics", error: String(error), stack: (error as Error).stack }, "bug"),
      sources: {
        version,
        nodeVersion: process.version,
        platform: summaryOf(platform ?? PLAIN_PLATFORM),
        isInitialised: () => this.#device.isInitialised,
        uptimeMs: () => this.#uptimeMs(),
        listening: () => ({
          sync: this.#sync.address !== undefined,
          afc: this.#channels.afcStatus.listen !== undefined,
          metrics: this.#metrics.address !== undefined,
        }),
        teams: () => this.#teams.figures(),
        sync: () => this.#sync.figures(),
        channels: () => this.#channels.figures(),
        clients: () => this.#connections.size,
        ipc: this.#ipcCounts,
        files: this.#files.counts,
        log: log.counts,
        loop: this.#loop,
        process: processFigures,
        receiveBufferErrors,
      },
    });
  }

  /** Once; again where it failed. */
  async #deviceReady(): Promise<void> {
    await this.#oneByOne(async () => {
      if (this.#isReady) return;
      await this.#listen(this.#config);
      this.#applyPeers(this.#filePeers);
      this.#isReady = true;
    });
  }

  async #applyFile({ syncPeers = [], ...config }: DaemonConfigFile): Promise<void> {
    try {
      await this.#configure(config);
      this.#applyPeers(syncPeers);
    } catch (cause) {
      if (!(cause instanceof AranyaError)) throw cause;
      const message = `${this.#options.configPath ?? "configuration"}: ${cause.message}`;
      throw new ConfigFileError(message, { cause, mayPass: cause.cause instanceof TransportError });
    }
  }

  /** Teams the file names are added; one that was dropped from it stays. */
  #applyPeers(wanted: readonly FilePeer[]): void {
    const before = this.#filePeers;
    this.#filePeers = wanted;
    if (!this.#device.isInitialised) return;
    const same = (a: FilePeer, b: FilePeer): boolean =>
      a.teamId === b.teamId &&
      formatAddress(parseAddress(a.address)!) === formatAddress(parseAddress(b.address)!);
    for (const peer of before) {
      const isGone = !wanted.some((other) => same(peer, other));
      if (isGone && this.#teams.has(peer.teamId)) this.#sync.removePeer(peer.address, peer.teamId);
    }
    for (const peer of wanted) {
      this.#teams.add(peer.teamId);
      if (this.#teams.has(peer.teamId)) {
        this.#sync.addPeer(peer.address, peer.teamId, peer.rateMs, peer.expectedDeviceId);
      }
    }
  }
}

/** What was begun is ended if the next step fails. */
async function startUnder<T>(begun: Daemon | DirectoryLock, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    await (begun instanceof Daemon ? begun.stop() : begun.release());
    throw error;
  }
}

async function bind(
  setting: string,
  address: string,
  listen: (address: Address) => Promise<void>,
): Promise<void> {
  try {
    await listen(parseAddress(address, 0)!);
  } catch (cause) {
    if (!(cause instanceof TransportError)) throw cause;
    const reason = `cannot listen on ${address}: ${cause.message}`;
    throw new AranyaError("InvalidArgument", `${setting}: ${reason}`, { field: setting, reason }, { cause });
  }
}
