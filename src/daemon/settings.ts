/**
 * The settings in force, which clients and the configuration file agree on, and what follows from them at once: who listens,
 * and which peers of the file are synced with. What needs the device's keys waits for InitDevice.
 */
import { formatAddress, parseAddress } from "../base/address.ts";
import type { Address } from "../base/address.ts";
import { AranyaError, TransportError } from "../base/errors.ts";
import type { TeamId } from "../base/ids.ts";
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
  readonly teams: Pick<Teams, "add" | "has" | "list" | "remove">;
  readonly sync: Pick<SyncService, "addPeer" | "peers" | "removePeer">;
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
    return this.#oneByOne(() => this.#configure(wanted));
  }

  /**
   * Settings and peers, all or nothing; peers it named before and does not now are dropped. Throws `ConfigFileError`; and
   * `StoreError` where the disk takes no new team: then the settings are in force, and the peers are as they were.
   */
  async applyFile({ syncPeers = [], ...config }: DaemonConfigFile): Promise<void> {
    try {
      await this.#oneByOne(async () => {
        await this.#configure(config, syncPeers);
        this.#applyPeers(syncPeers);
      });
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
      await this.#listen(this.#inForce, this.#filePeers);
      this.#applyPeers(this.#filePeers);
      this.#isReady = true;
    });
  }

  #oneByOne<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#turn.catch(() => undefined).then(step);
    this.#turn = run;
    return run;
  }

  async #configure(wanted: DaemonConfig, peers?: readonly FilePeer[]): Promise<boolean> {
    const merged = mergeDaemonConfig(this.#inForce, wanted);
    await this.#listen(merged, peers);
    const isChange = JSON.stringify(merged) !== JSON.stringify(this.#inForce);
    this.#inForce = merged;
    this.#options.use(merged);
    return isChange;
  }

  /** Or nothing listens that did not; also where there is no room for peers that are to be there as well. */
  async #listen(config: DaemonConfig, peers?: readonly FilePeer[]): Promise<void> {
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
      // Last, and what follows does not wait for anything: clients may have added some meanwhile.
      if (peers !== undefined) this.#checkRoom(peers);
    } catch (error) {
      for (const name of bound) await listeners[name].stopListening();
      throw error;
    }
    for (const name of bound) this.#listening.add(name);
  }

  /** Of what the device keeps and the file names, together. */
  #checkRoom(wanted: readonly FilePeer[]): void {
    const teams = new Set([...this.#options.teams.list(), ...wanted.map(({ teamId }) => teamId)]);
    if (teams.size > LIMITS.teamsMax) {
      const message = `a device is in at most ${LIMITS.teamsMax} teams; with those of the file it would be in ${teams.size}`;
      throw limitReached("teamsMax", message);
    }
    const gone = new Set(this.#gone(wanted).map(keyOf));
    const kept = this.#options.sync.peers().map(keyOf);
    const peers = new Set([...kept.filter((key) => !gone.has(key)), ...wanted.map(keyOf)]);
    if (peers.size > LIMITS.syncPeersMax) {
      const message = `at most ${LIMITS.syncPeersMax} sync peers; with those of the file there would be ${peers.size}`;
      throw limitReached("syncPeersMax", message);
    }
  }

  /** Of the file as it was. */
  #gone(wanted: readonly FilePeer[]): FilePeer[] {
    const named = new Set(wanted.map(keyOf));
    return this.#filePeers.filter((peer) => !named.has(keyOf(peer)));
  }

  /** Teams the file names are added; one that was dropped from it stays. */
  #applyPeers(wanted: readonly FilePeer[]): void {
    const { isInitialised, sync, teams } = this.#options;
    if (isInitialised()) {
      this.#addTeams(wanted);
      for (const peer of this.#gone(wanted)) {
        if (teams.has(peer.teamId)) sync.removePeer(peer.address, peer.teamId);
      }
      for (const { address, teamId, rateMs, expectedDeviceId } of wanted) {
        if (teams.has(teamId)) sync.addPeer(address, teamId, rateMs, expectedDeviceId);
      }
    }
    this.#filePeers = wanted;
  }

  #addTeams(wanted: readonly FilePeer[]): void {
    const { teams } = this.#options;
    const added: TeamId[] = [];
    try {
      for (const { teamId } of wanted) if (teams.add(teamId)) added.push(teamId);
    } catch (error) {
      for (const teamId of added) teams.remove(teamId);
      throw error;
    }
  }
}

function keyOf({ address, teamId }: { readonly address: string; readonly teamId: TeamId }): string {
  return `${formatAddress(parseAddress(address)!)} ${teamId}`;
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
