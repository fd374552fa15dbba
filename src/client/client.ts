import type { ChannelId, DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Role } from "../base/roles.ts";
import type { KeyBundle } from "../codec/key-bundle.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { Effect } from "../ipc/effect.ts";
import type {
  ChannelInfo,
  DaemonStatus,
  DeviceInfo,
  SyncPeerInfo,
  SyncReport,
  TeamState,
} from "../ipc/info.ts";
import { isTimeoutMs, PROTOCOL_VERSION, TIMEOUT_MS_MAX } from "../ipc/methods.ts";
import type { Received } from "../ipc/methods.ts";
import { bytes, uint, validate } from "../ipc/schema.ts";
import { Connection } from "./connection.ts";
import type { CallOptions } from "./connection.ts";
import { EffectStreams } from "./effect-streams.ts";
import { Inbox } from "./inbox.ts";

export interface ConnectOptions {
  /** Path of the Unix socket the daemon listens on, up to 107 bytes. */
  readonly socketPath: string;
  /** Settings asked of the daemon. ConfigMismatch where another client asked for a different value. */
  readonly config?: DaemonConfig;
  /** Milliseconds for connecting, and the default of every call. Default: 30 seconds. */
  readonly timeoutMs?: number;
}

export interface PeerOptions extends CallOptions {
  /** The only device accepted at that address. Default: any member of the team. */
  readonly expectedDeviceId?: DeviceId;
}

export interface ChannelOptions extends CallOptions {
  /** Default: `reliable`. */
  readonly delivery?: "reliable" | "unreliable";
}

const TIMEOUT_MS_DEFAULT = 30_000;
const ARRIVED = Promise.resolve(true);

/**
 * A connection to the daemon, which is the device: it holds the keys, the teams and the channels. Every call resolves,
 * or rejects with an `AranyaError`, within its time-out (Timeout). Once the connection is gone every pending and later
 * call rejects with DaemonUnavailable; connect again. The reference says what each call does, who may make it and which errors
 * it may end with.
 */
export class Client {
  readonly #connection: Connection;
  readonly #inbox: Inbox;
  readonly #effects: EffectStreams;
  #effectsConsumed = 0;
  #listening: Promise<boolean> | undefined;
  #isListening = false;

  /**
   * Connects and agrees on protocol and settings.
   * Errors: DaemonUnavailable { path, reason, remedy }, ConfigMismatch { setting, current, wanted }, ProtocolMismatch,
   * Timeout, InvalidArgument.
   */
  static async connect(o: ConnectOptions): Promise<Client> {
    const connection = await Connection.open(o.socketPath, o.timeoutMs ?? TIMEOUT_MS_DEFAULT);
    try {
      await connection.call("hello", { protocol: PROTOCOL_VERSION, config: o.config ?? {} });
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new Client(connection);
  }

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.#inbox = new Inbox((credit) => connection.grant(credit));
    this.#effects = new EffectStreams({
      subscribe: () => connection.call("subscribeEffects", {}),
      unsubscribe: () => {
        // Without an answer the connection is gone, and the subscription with it.
        connection.call("unsubscribeEffects", {}).catch(() => undefined);
      },
      consumed: () => {
        this.#effectConsumed();
      },
    });
    connection.attach({
      effect: (effect) => {
        this.#effects.push(effect);
      },
      data: (message) => {
        this.#inbox.push(message);
      },
      closed: (error, byUs) => {
        this.#inbox.close(error);
        this.#effects.end(byUs ? undefined : error);
      },
    });
    connection.grant({
      bytes: LIMITS.ipcWindowBytesMax,
      messages: LIMITS.ipcWindowMessagesMax,
      effects: LIMITS.ipcWindowEffectsMax,
    });
  }

  /** Closes the connection and with it this connection's channels. Pending calls reject with DaemonUnavailable. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Creates the device's keys if there are none. Resolves with its id, the same ever after. */
  initDevice(options?: CallOptions): Promise<DeviceId> {
    return this.#connection.call("initDevice", {}, options);
  }

  /** The device's id. */
  getDeviceId(options?: CallOptions): Promise<DeviceId> {
    return this.#connection.call("getDeviceId", {}, options);
  }

  /** The device's public keys, for whoever adds it to a team. */
  getKeyBundle(options?: CallOptions): Promise<KeyBundle> {
    return this.#connection.call("getKeyBundle", {}, options);
  }

  /** Adds a team to the local store, to be fetched from a sync peer. False when it is there already. */
  addTeam(teamId: TeamId, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("addTeam", { teamId }, options);
  }

  /**
   * Removes a team and its log from the local store. The device stays a member: the team learns nothing of it. False when it is
   * not there.
   */
  removeTeam(teamId: TeamId, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("removeTeam", { teamId }, options);
  }

  /**
   * Syncs with a peer at once, then every `rateMs` milliseconds (100 ms to 24 h). Port 4321 unless the address names one. False
   * when it is there already, with the same rate and expected device.
   */
  addSyncPeer(address: string, teamId: TeamId, rateMs: number, options?: PeerOptions): Promise<boolean> {
    const { expectedDeviceId } = options ?? {};
    return this.#connection.call("addSyncPeer", { address, teamId, rateMs, expectedDeviceId }, options);
  }

  /** Stops syncing with a peer. False when it is not there. */
  removeSyncPeer(address: string, teamId: TeamId, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("removeSyncPeer", { address, teamId }, options);
  }

  /** Pulls from a peer, added or not, within the call's time-out. Resolves when level with it. */
  syncNow(address: string, teamId: TeamId, options?: PeerOptions): Promise<SyncReport> {
    const { expectedDeviceId, timeoutMs = this.#connection.timeoutMs } = options ?? {};
    return this.#connection.call("syncNow", { address, teamId, timeoutMs, expectedDeviceId }, options);
  }

  /** Creates a team with this device as its owner. */
  createTeam(options?: CallOptions): Promise<TeamId> {
    return this.#connection.call("createTeam", {}, options);
  }

  /** Closes a team for good: every later operation on it fails with TeamClosed. */
  closeTeam(teamId: TeamId, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("closeTeam", { teamId }, options);
  }

  /** Adds a device with the role `sync`. The common name is for people, up to 64 bytes. Resolves with the device's id. */
  addDevice(
    teamId: TeamId,
    keyBundle: KeyBundle,
    commonName: string,
    options?: CallOptions,
  ): Promise<DeviceId> {
    return this.#connection.call("addDevice", { teamId, keyBundle, commonName }, options);
  }

  /** Removes a device with its role, labels and network name, and closes its channels. */
  removeDevice(teamId: TeamId, deviceId: DeviceId, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("removeDevice", { teamId, deviceId }, options);
  }

  /** Gives a device a role, in place of the one it has. False when it has it already. */
  assignRole(teamId: TeamId, deviceId: DeviceId, role: Role, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("assignRole", { teamId, deviceId, role }, options);
  }

  /** Takes a role away: the device keeps the role `sync`. */
  revokeRole(teamId: TeamId, deviceId: DeviceId, role: Role, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("revokeRole", { teamId, deviceId, role }, options);
  }

  /** Gives a device the network name others reach it by, in place of the one it has. False when it has it already. */
  assignNetworkName(
    teamId: TeamId,
    deviceId: DeviceId,
    netIdentifier: string,
    options?: CallOptions,
  ): Promise<boolean> {
    return this.#connection.call("assignNetworkName", { teamId, deviceId, netIdentifier }, options);
  }

  /** Takes a device's network name away. */
  revokeNetworkName(
    teamId: TeamId,
    deviceId: DeviceId,
    netIdentifier: string,
    options?: CallOptions,
  ): Promise<boolean> {
    return this.#connection.call("revokeNetworkName", { teamId, deviceId, netIdentifier }, options);
  }

  /** Creates a label, up to 64 bytes. */
  createLabel(teamId: TeamId, label: string, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("createLabel", { teamId, label }, options);
  }

  /** Deletes a label, takes it from every device and closes its channels. */
  deleteLabel(teamId: TeamId, label: string, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("deleteLabel", { teamId, label }, options);
  }

  /** Gives a device a label. False when it has it already. */
  assignLabel(teamId: TeamId, deviceId: DeviceId, label: string, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("assignLabel", { teamId, deviceId, label }, options);
  }

  /** Takes a label from a device and closes the channels that need it. False when the device does not have it. */
  revokeLabel(teamId: TeamId, deviceId: DeviceId, label: string, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("revokeLabel", { teamId, deviceId, label }, options);
  }

  /**
   * Opens a channel to the device with that network name. Resolves once the peer has agreed. The channel closes with this
   * connection.
   */
  createChannel(
    teamId: TeamId,
    netIdentifier: string,
    label: string,
    options?: ChannelOptions,
  ): Promise<ChannelId> {
    const { delivery, timeoutMs = this.#connection.timeoutMs } = options ?? {};
    // Nobody would know of a channel that opens after the time-out, and nobody would close it.
    const late = (channelId: ChannelId): void => {
      this.deleteChannel(teamId, channelId).catch(() => undefined);
    };
    return this.#connection.call(
      "createChannel",
      { teamId, netIdentifier, label, delivery, timeoutMs },
      options,
      late,
    );
  }

  /** Closes a channel at both ends. */
  deleteChannel(teamId: TeamId, channelId: ChannelId, options?: CallOptions): Promise<boolean> {
    return this.#connection.call("deleteChannel", { teamId, channelId }, options);
  }

  /**
   * True as soon as `readData` has a message, false after `timeoutMs` without one. The first call registers this
   * connection for incoming channels; they go to the first connection that registered and is still there.
   */
  pollData(timeoutMs: number, options?: Pick<CallOptions, "signal">): Promise<boolean> {
    const signal = options?.signal;
    if (!isTimeoutMs(timeoutMs) || !this.#isListening || signal?.aborted === true) {
      return this.#listenForData(timeoutMs, signal);
    }
    return this.#inbox.isEmpty ? this.#inbox.wait(timeoutMs, signal) : ARRIVED;
  }

  /**
   * Copies the next message that has arrived into `buffer`, at once. Throws NoData; BufferTooSmall { needed } (bytes),
   * which keeps the message.
   */
  readData(buffer: Uint8Array): Received {
    if (!(buffer instanceof Uint8Array)) validate(bytes(0), buffer, "buffer");
    return this.#inbox.read(buffer);
  }

  /**
   * Sends a message of at most 1 MiB, 64 KiB on an unreliable channel. True once the peer's daemon has acknowledged all of it
   * (unreliable: once it is sent); false after `timeoutMs`, with the outcome unknown. The bytes must not change until then.
   */
  sendData(
    message: Uint8Array,
    channelId: ChannelId,
    timeoutMs: number,
    options?: Pick<CallOptions, "signal">,
  ): Promise<boolean> {
    return this.#connection.sendData(channelId, message, timeoutMs, options?.signal);
  }

  /** Which daemon this is, where it listens, what it costs, and which ways it found for AFC at its start. */
  status(options?: CallOptions): Promise<DaemonStatus> {
    return this.#connection.call("status", {}, options);
  }

  /** The daemon's metrics as OpenMetrics text. */
  async metrics(options?: CallOptions): Promise<string> {
    return (await this.#connection.call("metrics", {}, options)).text;
  }

  /** The teams in the local store. */
  teams(options?: CallOptions): Promise<TeamId[]> {
    return this.#connection.call("teams", {}, options);
  }

  /** The state of a team: policy, heads, number of commands, and a digest of the facts. */
  team(teamId: TeamId, options?: CallOptions): Promise<TeamState> {
    return this.#connection.call("team", { teamId }, options);
  }

  devices(teamId: TeamId, options?: CallOptions): Promise<DeviceInfo[]> {
    return this.#connection.call("devices", { teamId }, options);
  }

  labels(teamId: TeamId, options?: CallOptions): Promise<string[]> {
    return this.#connection.call("labels", { teamId }, options);
  }

  syncPeers(options?: CallOptions): Promise<SyncPeerInfo[]> {
    return this.#connection.call("syncPeers", {}, options);
  }

  channels(options?: CallOptions): Promise<ChannelInfo[]> {
    return this.#connection.call("channels", {}, options);
  }

  /**
   * The effects from this call on. Each stream sees every effect; leave the loop, or call `return()`, to close it. A
   * reader that does not keep up holds effects back in the daemon, up to 4096; then `effectsLost` is the last one. When
   * the daemon is gone the stream rejects with DaemonUnavailable.
   */
  effects(): AsyncIterableIterator<Effect> {
    return this.#effects.open();
  }

  async #listenForData(timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    validate(uint(TIMEOUT_MS_MAX), timeoutMs, "timeoutMs");
    signal?.throwIfAborted();
    if (!this.#inbox.isEmpty) return true;
    if (this.#listening === undefined) {
      this.#listening = this.#connection.call("listen", {});
      this.#listening.then(
        () => (this.#isListening = true),
        () => (this.#listening = undefined),
      );
    }
    await this.#listening;
    return this.#inbox.wait(timeoutMs, signal);
  }

  #effectConsumed(): void {
    this.#effectsConsumed++;
    if (this.#effectsConsumed < LIMITS.ipcWindowEffectsMax / 2) return;
    this.#connection.grant({ bytes: 0, messages: 0, effects: this.#effectsConsumed });
    this.#effectsConsumed = 0;
  }
}
