/**
 * The settings in force, which clients and the configuration file agree on, and what follows from them at once: who listens,
 * and which peers of the file are synced with. What needs the device's keys waits for InitDevice.
 */
import { formatAddress, parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, TransportError } from "../base/errors.ts";
import { limitReached } from "../base/limit-reached.ts";
import { LIMITS } from "../base/limits.ts";
import { mergeDaemonConfig } from "../ipc/config.ts";
import type { DaemonConfig, DaemonConfigFile } from "../ipc/config.ts";
import { ConfigFileError } from "./config-file.ts";
import type { SyncService } from "./sync-service.ts";
import type { Teams } from "./teams.ts";

interface Listener {
  listen(address: Address): Promise<void>;
  stopListening(): Promise<void>;
}

const LISTENERS = ["metrics", "sync", "afc"] as const;
type ListenerName = (typeof LISTENERS)[number];

type FilePeer = NonNullable<DaemonConfigFile["syncPeers"]>[number];

export interface SettingsOptions {
  /** Named in errors. */
  readonly configPath: string | undefined;
  readonly isInitialised: () => boolean;
  readonly listeners: Readonly<Record<ListenerName, Listener>>;
  readonly teams: Pick<Teams, "add" | "has" | "list">;
  readonly sync: Pick<SyncService, "addPeer" | "removePeer">;
  /** All of what is in force now, but who listens. */
  readonly use: (config: DaemonConfig) => void;
}

export class Settings {
  readonly #options: SettingsOptions;
  #inForce: DaemonConfig = {};
  /** What listens already. */
  readonly #listening = new Set<ListenerName>();
  /** One client's after the other's. */
  #turn: Promise<unknown> = Promise.resolve();
  /** What waits for the device's keys was done. */
  #isReady: boolean;
  #filePeers: readonly FilePeer[] = [];

  constructor(options: SettingsOptions) {
    this.#options = options;
    this.#isReady = options.isInitialised();
  }

  get inForce(): DaemonConfig {
    return this.#inForce;
  }

  /**
   * All of it or nothing; true where that changed something. Throws `ConfigMismatch`, and `InvalidArgument` where an address
   * cannot be listened on.
   */
  configure(wanted: DaemonConfig): Promise<boolean> {
    return this.#oneByOne(async () => {
      const merged = mergeDaemonConfig(this.#inForce, wanted);
      await this.#listen(merged);
      const isChange = JSON.stringify(merged) !== JSON.stringify(this.#inForce);
      this.#inForce = merged;
      this.#options.use(merged);
      return isChange;
    });
  }

  /** Settings and peers; peers it named before and does not now are dropped. Throws `ConfigFileError`. */
  async applyFile({ syncPeers = [], ...config }: DaemonConfigFile): Promise<void> {
    try {
      this.#checkRoom(syncPeers);
      await this.configure(config);
      this.#applyPeers(syncPeers);
    } catch (cause) {
      if (!(cause instanceof AranyaError)) throw cause;
      const message = `${this.#options.configPath ?? "configuration"}: ${cause.message}`;
      throw new ConfigFileError(message, { cause, mayPass: cause.cause instanceof TransportError });
    }
  }

  /** After InitDevice. Once; again where it failed. */
  async deviceReady(): Promise<void> {
    await this.#oneByOne(async () => {
      if (this.#isReady) return;
      await this.#listen(this.#inForce);
      this.#applyPeers(this.#filePeers);
      this.#isReady = true;
    });
  }

  #oneByOne<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#turn.catch(() => undefined).then(step);
    this.#turn = run;
    return run;
  }

  async #listen(config: DaemonConfig): Promise<void> {
    const { isInitialised, listeners } = this.#options;
    const bound: ListenerName[] = [];
    try {
      for (const name of LISTENERS) {
        const address = config[name]?.listen;
        if (address === undefined || this.#listening.has(name)) continue;
        if (name !== "metrics" && !isInitialised()) continue;
        await bind(`${name}.listen`, address, listeners[name]);
        bound.push(name);
      }
    } catch (error) {
      for (const name of bound) await listeners[name].stopListening();
      throw error;
    }
    for (const name of bound) this.#listening.add(name);
  }

  /** Before anything of the file is in force: else it would be by half. */
  #checkRoom(wanted: readonly FilePeer[]): void {
    const teams = new Set([...this.#options.teams.list(), ...wanted.map(({ teamId }) => teamId)]);
    if (teams.size <= LIMITS.teamsMax) return;
    const message = `a device is in at most ${LIMITS.teamsMax} teams; with those of the file it would be in ${teams.size}`;
    throw limitReached("teamsMax", message);
  }

  /** Teams the file names are added; one that was dropped from it stays. */
  #applyPeers(wanted: readonly FilePeer[]): void {
    const { isInitialised, sync, teams } = this.#options;
    const before = this.#filePeers;
    this.#filePeers = wanted;
    if (!isInitialised()) return;
    for (const peer of before) {
      const isGone = !wanted.some((other) => isSame(peer, other));
      if (isGone && teams.has(peer.teamId)) sync.removePeer(peer.address, peer.teamId);
    }
    for (const peer of wanted) {
      teams.add(peer.teamId);
      if (teams.has(peer.teamId)) {
        sync.addPeer(peer.address, peer.teamId, peer.rateMs, peer.expectedDeviceId);
      }
    }
  }
}

function isSame(a: FilePeer, b: FilePeer): boolean {
  return (
    a.teamId === b.teamId &&
    formatAddress(parseAddress(a.address)!) === formatAddress(parseAddress(b.address)!)
  );
}

async function bind(setting: string, address: string, listener: Listener): Promise<void> {
  try {
    await listener.listen(parseAddress(address, 0)!);
  } catch (cause) {
    if (!(cause instanceof TransportError)) throw cause;
    const reason = cause.message;
    throw new AranyaError("InvalidArgument", `${setting}: ${reason}`, { field: setting, reason }, { cause });
  }
}
