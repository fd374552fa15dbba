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
import { StoreError } from "../base/errors.ts";
import type { Clock } from "../base/time.ts";
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
import { checkSocketPath, descriptorOf, listenUnix } from "../io/unix-socket.ts";
import type { UnixConnection, UnixListener } from "../io/unix-socket.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { Effect } from "../ipc/effect.ts";
import { WorkDirectory } from "../store/account.ts";
import { attempt, ensureDirectory, join } from "../store/files.ts";
import { AuditTrail } from "./audit-trail.ts";
import { AuditedCalls } from "./audited-calls.ts";
import { auditDamage, auditTeams } from "./audited-teams.ts";
import { ChannelService } from "./channels.ts";
import { ConfigFileError, readConfigFile } from "./config-file.ts";
import { Device } from "./device.ts";
import { effectOf, effectReason } from "./effects.ts";
import { logTrouble } from "./trouble.ts";
import { handlersOf } from "./handlers.ts";
import { Judging } from "./judging.ts";
import { LimitedLog } from "./limited-log.ts";
import type { Logger } from "./log.ts";
import { LoopDelay } from "./loop-delay.ts";
import { MetricsService } from "./metrics/metrics-service.ts";
import { Settings } from "./settings.ts";
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

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #platform: Platform;
  readonly #clock: Clock = systemClock;
  readonly #connections = new Set<IpcConnection>();
  readonly #lock: DirectoryLock;
  readonly #device: Device;
  readonly #audit: AuditTrail;
  readonly #auditedCalls: AuditedCalls;
  readonly #teams: Teams;
  readonly #sync: SyncService;
  readonly #channels: ChannelService;
  readonly #metrics: MetricsService;
  readonly #settings: Settings;
  readonly #host: IpcHost;
  readonly #log: LimitedLog;
  readonly #files: NodeFiles;
  readonly #ipcCounts = noIpcCounts();
  readonly #loop = new LoopDelay();
  readonly #startedAt = this.#clock.now();
  #socket: UnixListener | undefined;
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
      const { version } = options;
      const detail = { version, pid: process.pid };
      daemon.#audit.record({ who: "daemon", act: "daemon.start", outcome: "done", detail });
      daemon.#teams.load();
      await daemon.#settings.applyFile(options.settings ?? {});
      await daemon.#settings.applyFile(file);
      daemon.#socket = await listenUnix(
        options.socketPath,
        (socket) => daemon.#connected(socket),
        () => daemon.#auditedCalls.refused("LimitReached"),
      );
      // Not before it runs: a daemon that cannot start, and is started again and again, writes nothing to flash. And not before
      // whoever started it is told: reading the log of before and syncing a seal takes as long as the flash takes.
      if (options.configPath !== undefined) daemon.#audit.useSoon(daemon.#settings.inForce);
    });
    const teams = daemon.#teams.list().length;
    const platform = summaryOf(daemon.#platform);
    options.log.info({ version: options.version, socket: options.socketPath, teams, platform }, "ready");
    return daemon;
  }

  private constructor(options: DaemonOptions, files: NodeFiles, work: WorkDirectory, lock: DirectoryLock) {
    const log = new LimitedLog(options.log, this.#clock);
    const platform = options.platform ?? PLAIN_PLATFORM;
    const suite = nodeSuite(platform.aeads);
    const [clock, entropy] = [this.#clock, systemEntropy];
    const tell = (effect: Effect): void => this.#tell(effect);
    const addresses = new AddressBook();
    this.#options = options;
    this.#platform = platform;
    this.#log = log;
    this.#files = files;
    this.#lock = lock;
    this.#device = new Device({ suite, entropy, keystore: work.keystore });
    const keys = (): ReturnType<Device["keys"]> => this.#device.keys();
    this.#audit = new AuditTrail({
      files,
      directory: join(options.workDir, "audit"),
      suite,
      clock,
      log,
      keys: () => this.#device.keysIfAny,
    });
    const audit = this.#audit;
    this.#auditedCalls = new AuditedCalls({
      trail: audit,
      suite,
      isInitialised: () => this.#device.isInitialised,
    });
    this.#teams = new Teams({
      suite,
      entropy,
      work,
      log,
      onDamage: (teamId, report) => auditDamage(audit, teamId, report),
    });
    const judging = new Judging(this.#teams, clock);
    const shared = {
      suite,
      clock,
      entropy,
      log,
      audit,
      tell,
      addresses,
      keys,
      teams: this.#teams,
      loop: this.#loop,
    };
    this.#sync = new SyncService({ ...shared, judging });
    this.#channels = new ChannelService({
      ...shared,
      refresh: (teamId) => this.#sync.refresh(teamId),
      segments: platform.segmentSockets,
      prefersAes: hasAesInstructions(),
    });
    this.#metrics = this.#newMetrics();
    this.#host = this.#newHost();
    this.#settings = new Settings({
      configPath: options.configPath,
      isInitialised: () => this.#device.isInitialised,
      listeners: { metrics: this.#metrics, sync: this.#sync, afc: this.#channels },
      teams: this.#teams,
      sync: this.#sync,
      use: (config) => {
        this.#sync.useHello(config.sync?.hello ?? "on");
        this.#channels.configure(config.afc ?? {});
        options.log.setLevel(config.logLevel ?? "info");
        this.#teams.useStore(config.graphStore ?? "disk");
      },
    });
    // Channels first: by the time applications hear of it, what was taken away no longer works.
    this.#teams.onEvents((teamId, events) => this.#channels.onTeamEvents(teamId, events));
    this.#teams.onEvents((teamId, events) => {
      logTrouble(log, teamId, events);
      for (const event of events) tell(effectOf(teamId, event));
    });
    auditTeams(audit, this.#teams, () => this.#device.keysIfAny?.deviceId);
    this.#teams.onStopped((teamId, { code, message }) => {
      tell({ type: "teamStopped", teamId, code, reason: effectReason(message) });
    });
  }

  /** For people, in a line: what this device has and does. */
  summary(): string {
    if (!this.#device.isInitialised) return "no keys yet: waiting for initDevice";
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
      // Settings are in force even where the disk refused a team: the audit log follows them either way.
      const applied = this.#settings.applyFile(readConfigFile(configPath));
      await applied.finally(() => this.#audit.use(this.#settings.inForce));
      log.info({ config: configPath }, "configuration read again");
      this.#audit.record({ who: "daemon", act: "daemon.reload", outcome: "done" });
      return undefined;
    } catch (error) {
      this.#audit.record({ who: "daemon", act: "daemon.reload", outcome: "refused" });
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
    this.#audit.stop(this.#socket !== undefined);
    await this.#lock.release();
    this.#log.flush();
    this.#options.log.info({}, "stopped");
  }

  /** Of all connections. */
  #newHost(): IpcHost {
    const log = this.#log;
    const plain = handlersOf({
      version: this.#options.version,
      aead: summaryOf(this.#platform).aead,
      device: this.#device,
      teams: this.#teams,
      sync: this.#sync,
      channels: this.#channels,
      metrics: this.#metrics,
      uptimeMs: () => this.#uptimeMs(),
      memory: memoryFigures,
      auditStatus: () => this.#audit.status,
      configure: async (wanted, connection) => {
        if (await this.#settings.configure(wanted)) this.#auditedCalls.configured(connection, wanted);
        this.#audit.use(this.#settings.inForce);
      },
      deviceReady: () => this.#settings.deviceReady(),
    });
    return {
      handlers: this.#auditedCalls.around(plain),
      counts: this.#ipcCounts,
      sendData: (message, connection) => this.#channels.send(message, connection),
      sendDataEnds: () => this.#channels.sendNow(),
      credit: (connection) => this.#channels.deliverTo(connection),
      closed: (connection, failure) => {
        this.#connections.delete(connection);
        this.#channels.connectionClosed(connection);
        if (failure === undefined) return;
        log.warn({ code: failure.code, reason: failure.message }, "client closed");
        this.#auditedCalls.refused(failure.code, connection);
      },
      bug: (error, method) => this.#bug(error, method),
    };
  }

  #connected(socket: UnixConnection): void {
    const connection = new IpcConnection(socket, this.#host);
    const fd = descriptorOf(socket);
    const credentialsOf = this.#platform.peerCredentials;
    this.#auditedCalls.connected(connection, fd === undefined ? undefined : credentialsOf?.(fd));
    this.#connections.add(connection);
  }

  #tell(effect: Effect): void {
    for (const connection of this.#connections) connection.effect(effect);
  }

  #bug(error: unknown, method: string): void {
    this.#log.error({ method, error: String(error), stack: (error as Error).stack }, "bug");
  }

  #uptimeMs(): number {
    return Math.round(this.#clock.now() - this.#startedAt);
  }

  #newMetrics(): MetricsService {
    return new MetricsService({
      clock: this.#clock,
      bug: (error) => this.#bug(error, "metrics"),
      sources: {
        version: this.#options.version,
        nodeVersion: process.version,
        platform: summaryOf(this.#platform),
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
        log: this.#log.counts,
        loop: this.#loop,
        process: processFigures,
        receiveBufferErrors,
      },
    });
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
