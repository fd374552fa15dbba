/**
 * Every call an application can make, once. The session checks parameters and results against this table, the client and
 * the daemon's handlers take their types from it. What each does is said in method-docs.ts.
 *
 * `via` says how a method travels: `call` is a control request, `data` a binary frame, `stream` events and what has
 * arrived already. `internal` ones are not on the public surface.
 */
import { LIMITS } from "../base/limits.ts";
import { address, daemonConfigSchema, SYNC_RATE_MS_MAX, SYNC_RATE_MS_MIN } from "./config.ts";
import { commonName, delivery, effectSchema, label, role } from "./effect.ts";
import {
  channelInfo,
  channelMeta,
  daemonStatus,
  deviceInfo,
  keyBundle,
  metricsText,
  syncPeerInfo,
  syncReport,
  teamState,
} from "./info.ts";
import type { MethodDefinition } from "./method-definition.ts";
import { array, bool, bytes, id, object, optional, str, uint } from "./schema.ts";
import type { Infer, InferFields } from "./schema.ts";

/** Raised with the version both sides speak; there is no other, so a difference is ProtocolMismatch. */
export const PROTOCOL_VERSION = 1;

/** The longest any call may take; also the most a timer can count. 24.8 days. */
export const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** Same as checking against `uint(TIMEOUT_MS_MAX)`, but cheap enough for every message. */
export function isTimeoutMs(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms <= TIMEOUT_MS_MAX;
}

/** Errors of asking about a team. */
const READ = ["DeviceNotInitialised", "UnknownTeam", "TeamNotSynced", "UnknownPolicy"] as const;
/** Errors of writing a command. */
const WRITE = [...READ, "TeamClosed", "NotReady", "NotAuthorised", "NotAMember", "StorageFailed"] as const;

const teamId = id("team");
const deviceId = id("device");
const channelId = id("channel");
const timeoutMs = uint(TIMEOUT_MS_MAX);
const rateMs = uint(SYNC_RATE_MS_MAX, SYNC_RATE_MS_MIN);
const payload = bytes(LIMITS.ipcMessageBytesMax);

export const METHODS = {
  hello: {
    via: "call",
    internal: true,
    params: { protocol: uint(2 ** 32 - 1), config: daemonConfigSchema },
    result: object({ protocol: uint(2 ** 32 - 1), version: str(64) }),
    errors: ["ConfigMismatch", "StorageFailed", "NotReady"],
  },
  listen: {
    via: "call",
    internal: true,
    params: {},
    result: bool,
    errors: [],
  },
  subscribeEffects: {
    via: "call",
    internal: true,
    params: {},
    result: bool,
    errors: [],
  },
  unsubscribeEffects: {
    via: "call",
    internal: true,
    params: {},
    result: bool,
    errors: [],
  },

  initDevice: {
    via: "call",
    params: {},
    result: deviceId,
    errors: ["StorageFailed"],
  },
  getDeviceId: {
    via: "call",
    params: {},
    result: deviceId,
    errors: ["DeviceNotInitialised"],
  },
  getKeyBundle: {
    via: "call",
    params: {},
    result: keyBundle,
    errors: ["DeviceNotInitialised"],
  },
  addTeam: {
    via: "call",
    params: { teamId },
    result: bool,
    errors: ["DeviceNotInitialised", "StorageFailed"],
  },
  removeTeam: {
    via: "call",
    params: { teamId },
    result: bool,
    errors: ["DeviceNotInitialised", "StorageFailed"],
  },

  addSyncPeer: {
    via: "call",
    params: { address, teamId, rateMs, expectedDeviceId: optional(deviceId) },
    result: bool,
    errors: ["DeviceNotInitialised", "UnknownTeam"],
  },
  removeSyncPeer: {
    via: "call",
    params: { address, teamId },
    result: bool,
    errors: ["DeviceNotInitialised", "UnknownTeam"],
  },
  syncNow: {
    via: "call",
    params: { address, teamId, timeoutMs, expectedDeviceId: optional(deviceId) },
    result: syncReport,
    errors: [
      "DeviceNotInitialised",
      "UnknownTeam",
      "UnknownPolicy",
      "PeerUnreachable",
      "PeerRefused",
      "NotAMember",
      "StorageFailed",
    ],
  },

  createTeam: {
    via: "call",
    params: {},
    result: teamId,
    errors: ["DeviceNotInitialised", "StorageFailed"],
  },
  closeTeam: {
    via: "call",
    params: { teamId },
    result: bool,
    errors: WRITE,
  },
  addDevice: {
    via: "call",
    params: { teamId, keyBundle, commonName },
    result: deviceId,
    errors: [...WRITE, "DeviceExists"],
  },
  removeDevice: {
    via: "call",
    params: { teamId, deviceId },
    result: bool,
    errors: [...WRITE, "UnknownDevice"],
  },
  assignRole: {
    via: "call",
    params: { teamId, deviceId, role },
    result: bool,
    errors: [...WRITE, "UnknownDevice"],
  },
  revokeRole: {
    via: "call",
    params: { teamId, deviceId, role },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "RoleMismatch"],
  },
  assignNetworkName: {
    via: "call",
    params: { teamId, deviceId, netIdentifier: address },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "NameInUse"],
  },
  revokeNetworkName: {
    via: "call",
    params: { teamId, deviceId, netIdentifier: address },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "UnknownName"],
  },
  createLabel: {
    via: "call",
    params: { teamId, label },
    result: bool,
    errors: [...WRITE, "LabelExists"],
  },
  deleteLabel: {
    via: "call",
    params: { teamId, label },
    result: bool,
    errors: [...WRITE, "UnknownLabel"],
  },
  assignLabel: {
    via: "call",
    params: { teamId, deviceId, label },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "UnknownLabel"],
  },
  revokeLabel: {
    via: "call",
    params: { teamId, deviceId, label },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "UnknownLabel"],
  },

  createChannel: {
    via: "call",
    params: { teamId, netIdentifier: address, label, delivery: optional(delivery), timeoutMs },
    result: channelId,
    errors: [
      ...READ,
      "TeamClosed",
      "NotReady",
      "NotAuthorised",
      "NotAMember",
      "UnknownLabel",
      "UnknownName",
      "PeerUnreachable",
      "PeerRefused",
      "NoListener",
    ],
  },
  deleteChannel: {
    via: "call",
    params: { teamId, channelId },
    result: bool,
    errors: ["DeviceNotInitialised", "UnknownTeam", "UnknownChannel"],
  },
  pollData: {
    via: "stream",
    params: { timeoutMs },
    result: bool,
    errors: [],
  },
  readData: {
    via: "stream",
    params: { buffer: payload },
    result: object({ length: uint(), ...channelMeta.fields }),
    errors: ["NoData", "BufferTooSmall"],
  },
  sendData: {
    via: "data",
    params: { bytes: payload, channelId, timeoutMs },
    result: bool,
    errors: ["UnknownChannel", "ChannelClosed", "MessageTooLarge"],
  },

  status: {
    via: "call",
    params: {},
    result: daemonStatus,
    errors: [],
  },
  metrics: {
    via: "call",
    params: {},
    result: metricsText,
    errors: [],
  },
  teams: {
    via: "call",
    params: {},
    result: array(teamId, LIMITS.teamsMax),
    errors: ["DeviceNotInitialised"],
  },
  team: {
    via: "call",
    params: { teamId },
    result: teamState,
    errors: READ,
  },
  devices: {
    via: "call",
    params: { teamId },
    // More than devicesPerTeamMax where an operator's software is not ours.
    result: array(deviceInfo, LIMITS.commandsPerTeamMax),
    errors: READ,
  },
  labels: {
    via: "call",
    params: { teamId },
    result: array(label, LIMITS.labelsPerTeamMax),
    errors: READ,
  },
  syncPeers: {
    via: "call",
    params: {},
    result: array(syncPeerInfo, LIMITS.syncPeersMax),
    errors: ["DeviceNotInitialised"],
  },
  channels: {
    via: "call",
    params: {},
    result: array(channelInfo, LIMITS.channelsMax),
    errors: ["DeviceNotInitialised"],
  },
  effects: {
    via: "stream",
    params: {},
    result: effectSchema,
    errors: [],
  },
} as const satisfies Readonly<Record<string, MethodDefinition>>;

type Table = typeof METHODS;
export type AnyMethodName = keyof Table;

/** Methods that travel as control requests. */
export type MethodName = { [M in AnyMethodName]: Table[M]["via"] extends "call" ? M : never }[AnyMethodName];

export type Params<M extends AnyMethodName> = InferFields<Table[M]["params"]>;
export type Result<M extends AnyMethodName> = Infer<Table[M]["result"]>;

/** What `readData` says of a message; `length` in bytes. */
export type Received = Result<"readData">;

/** Answered by the session itself: they change nothing in the daemon. */
type SessionMethod = "subscribeEffects" | "unsubscribeEffects";

/** Methods the daemon answers. */
export type HandledMethod = Exclude<MethodName, SessionMethod>;

/** What the daemon has to provide; a refusal is an `AranyaError` thrown. `C` is what it knows of the connection. */
export type Handlers<C> = {
  readonly [M in HandledMethod]: (params: Params<M>, connection: C) => Result<M> | Promise<Result<M>>;
};

export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name) && METHODS[name as AnyMethodName].via === "call";
}

/** Untyped view for code that treats all methods alike. */
export function methodDefinition(name: AnyMethodName): MethodDefinition {
  return METHODS[name];
}
