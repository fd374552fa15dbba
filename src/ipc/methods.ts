/**
 * Every call an application can make, once. The session checks parameters and results against this table, the client,
 * the daemon's handlers and the reference take their types and words from it.
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

const LOCAL = "anyone who may open the socket";
const MEMBER = "any device of the team";

/** Of a team there is something to ask about. */
const READ = ["DeviceNotInitialised", "UnknownTeam", "TeamNotSynced", "UnknownPolicy"] as const;
/** Of writing a command. */
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
    permission: LOCAL,
    doc:
      "The first request of a connection: the protocol version spoken and the settings wanted of the daemon. Settings " +
      "nobody asked for before are taken over; where another client asked for a different value: ConfigMismatch " +
      "{ setting, current, wanted }, and nothing changes.",
  },
  listen: {
    via: "call",
    internal: true,
    params: {},
    result: bool,
    errors: [],
    permission: LOCAL,
    doc:
      "Registers this connection for incoming channels until it closes. They go to the first connection still there " +
      "that registered; true when that is this one.",
  },
  subscribeEffects: {
    via: "call",
    internal: true,
    params: {},
    result: bool,
    errors: [],
    permission: LOCAL,
    doc: "Effects flow from here on, under credit. False when they do already.",
  },
  unsubscribeEffects: {
    via: "call",
    internal: true,
    params: {},
    result: bool,
    errors: [],
    permission: LOCAL,
    doc: "Effects stop. False when they did not flow.",
  },

  initDevice: {
    via: "call",
    params: {},
    result: deviceId,
    errors: ["StorageFailed"],
    permission: LOCAL,
    doc: "Creates the device's keys if there are none, and returns its id: the same one ever after.",
  },
  getDeviceId: {
    via: "call",
    params: {},
    result: deviceId,
    errors: ["DeviceNotInitialised"],
    permission: LOCAL,
    doc: "The device's id.",
  },
  getKeyBundle: {
    via: "call",
    params: {},
    result: keyBundle,
    errors: ["DeviceNotInitialised"],
    permission: LOCAL,
    doc: "The device's public keys (identity, signing, encryption), signed by the identity key. Hand it to whoever adds the device.",
  },
  addTeam: {
    via: "call",
    params: { teamId },
    result: bool,
    errors: ["DeviceNotInitialised", "StorageFailed"],
    permission: LOCAL,
    doc: "Adds a team to the local store, to be fetched from a sync peer. False when it is there already.",
  },
  removeTeam: {
    via: "call",
    params: { teamId },
    result: bool,
    errors: ["DeviceNotInitialised", "StorageFailed"],
    permission: LOCAL,
    doc:
      "Removes a team from the local store with its log, sync peers and channels. The device stays a member: the team " +
      "learns nothing of it. False when it is not there.",
  },

  addSyncPeer: {
    via: "call",
    params: { address, teamId, rateMs, expectedDeviceId: optional(deviceId) },
    result: bool,
    errors: ["DeviceNotInitialised", "UnknownTeam"],
    permission: LOCAL,
    doc:
      "Syncs with a peer at once and then every `rateMs` milliseconds (100 ms to 24 h). `address` is a DNS name or " +
      "IPv4 address, with port 4321 unless it says another. With `expectedDeviceId` no other device is accepted " +
      "there. False when the peer is there already with the same rate; another rate takes its place.",
  },
  removeSyncPeer: {
    via: "call",
    params: { address, teamId },
    result: bool,
    errors: ["DeviceNotInitialised", "UnknownTeam"],
    permission: LOCAL,
    doc: "Stops syncing a team with a peer. False when it is not there.",
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
    permission: MEMBER,
    doc: "Pulls from a peer now, whether or not it was added, and returns when level with it. `timeoutMs` in milliseconds.",
  },

  createTeam: {
    via: "call",
    params: {},
    result: teamId,
    errors: ["DeviceNotInitialised", "StorageFailed"],
    permission: LOCAL,
    doc: "Creates a team with this device as its owner.",
  },
  closeTeam: {
    via: "call",
    params: { teamId },
    result: bool,
    errors: WRITE,
    permission: "owner",
    doc: "Closes a team: every later operation on it fails with TeamClosed, on every device that learns of it. Cannot be undone.",
  },
  addDevice: {
    via: "call",
    params: { teamId, keyBundle, commonName },
    result: deviceId,
    errors: [...WRITE, "DeviceExists"],
    permission: "owner, operator",
    doc:
      "Adds a device by its key bundle, with the role sync, and returns its id. `commonName` is for people, up to 64 " +
      "bytes. A bundle with unsound keys or a signature that does not hold is InvalidArgument.",
  },
  removeDevice: {
    via: "call",
    params: { teamId, deviceId },
    result: bool,
    errors: [...WRITE, "UnknownDevice"],
    permission: "owner: any below, itself; operator: user and sync devices, itself; others: themselves",
    doc:
      "Removes a device with its role, labels and network name, and closes its channels. What it did concurrently, in a " +
      "lower role than the author's, is recalled.",
  },
  assignRole: {
    via: "call",
    params: { teamId, deviceId, role },
    result: bool,
    errors: [...WRITE, "UnknownDevice"],
    permission: "owner: any role to a device below; admin: operator, user; operator: user; lowering oneself",
    doc:
      "Gives a device a role in place of the one it has. False when it has it already. sync is given by revokeRole. An " +
      "operator made admin loses what only operators may do.",
  },
  revokeRole: {
    via: "call",
    params: { teamId, deviceId, role },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "RoleMismatch"],
    permission: "owner: roles below, its own; admin: its own; operator: user, its own; user: its own",
    doc: "Takes a role away; the device keeps the role sync. RoleMismatch when it does not have that role.",
  },
  assignNetworkName: {
    via: "call",
    params: { teamId, deviceId, netIdentifier: address },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "NameInUse"],
    permission: "owner, admin, operator",
    doc:
      "Gives a device the network name others reach it by: a DNS name or IPv4 address, with port 4321 unless it says " +
      "another. It takes the place of the name before. False when the device has it already; NameInUse when another has.",
  },
  revokeNetworkName: {
    via: "call",
    params: { teamId, deviceId, netIdentifier: address },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "UnknownName"],
    permission: "owner, admin, operator",
    doc: "Takes a device's network name away. UnknownName when it does not have that name.",
  },
  createLabel: {
    via: "call",
    params: { teamId, label },
    result: bool,
    errors: [...WRITE, "LabelExists"],
    permission: "owner, admin",
    doc: "Creates a label, up to 64 bytes. Devices that both have it may open channels to each other.",
  },
  deleteLabel: {
    via: "call",
    params: { teamId, label },
    result: bool,
    errors: [...WRITE, "UnknownLabel"],
    permission: "owner, admin",
    doc: "Deletes a label, takes it from every device and closes its channels. Created again it is a new label.",
  },
  assignLabel: {
    via: "call",
    params: { teamId, deviceId, label },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "UnknownLabel"],
    permission: "owner, operator",
    doc: "Gives a device a label. False when it has it already.",
  },
  revokeLabel: {
    via: "call",
    params: { teamId, deviceId, label },
    result: bool,
    errors: [...WRITE, "UnknownDevice", "UnknownLabel"],
    permission: "owner, operator",
    doc: "Takes a label from a device and closes the channels that need it. False when the device does not have it.",
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
    permission: "user with the label, to a user with the label",
    doc:
      "Opens a channel to the device with that network name and returns once the peer has agreed, within `timeoutMs` " +
      "milliseconds. `delivery` is reliable unless told. The channel belongs to this connection and closes with it.",
  },
  deleteChannel: {
    via: "call",
    params: { teamId, channelId },
    result: bool,
    errors: ["DeviceNotInitialised", "UnknownTeam", "UnknownChannel"],
    permission: "the connection the channel belongs to",
    doc: "Closes a channel at both ends.",
  },
  pollData: {
    via: "stream",
    params: { timeoutMs },
    result: bool,
    errors: [],
    permission: LOCAL,
    doc:
      "Waits up to `timeoutMs` milliseconds for a message; true when readData has one. The first call registers this " +
      "connection for incoming channels, which go to the first connection that registered.",
  },
  readData: {
    via: "stream",
    params: { buffer: payload },
    result: object({ length: uint(), ...channelMeta.fields }),
    errors: ["NoData", "BufferTooSmall"],
    permission: LOCAL,
    doc:
      "Copies the next message that has arrived into `buffer`, one message a call, and says from whom. A buffer too " +
      "small is BufferTooSmall { needed }, in bytes, and keeps the message. Synchronous.",
  },
  sendData: {
    via: "data",
    params: { bytes: payload, channelId, timeoutMs },
    result: bool,
    errors: ["UnknownChannel", "ChannelClosed", "MessageTooLarge"],
    permission: "the connection the channel belongs to",
    doc:
      "Encrypts and sends a message. True once the peer's daemon has acknowledged all of it (on an unreliable channel: " +
      "once it is sent); false after `timeoutMs` milliseconds: the outcome is unknown, and it is not sent again. The " +
      "bytes must stay as they are until then.",
  },

  status: {
    via: "call",
    params: {},
    result: daemonStatus,
    errors: [],
    permission: LOCAL,
    doc:
      "Which daemon this is, where it listens, what it costs, and which ways it found for AFC at its start: those of the " +
      "platform, or plain ones.",
  },
  metrics: {
    via: "call",
    params: {},
    result: metricsText,
    errors: [],
    permission: LOCAL,
    doc: "The daemon's metrics as OpenMetrics text. docs/observability.md lists them.",
  },
  teams: {
    via: "call",
    params: {},
    result: array(teamId, LIMITS.teamsMax),
    errors: ["DeviceNotInitialised"],
    permission: LOCAL,
    doc: "The teams in the local store.",
  },
  team: {
    via: "call",
    params: { teamId },
    result: teamState,
    errors: READ,
    permission: LOCAL,
    doc: "Where a team stands on this device.",
  },
  devices: {
    via: "call",
    params: { teamId },
    // More than devicesPerTeamMax where an operator's software is not ours.
    result: array(deviceInfo, LIMITS.commandsPerTeamMax),
    errors: READ,
    permission: LOCAL,
    doc: "The devices of a team with name, role, labels, network name and key bundle.",
  },
  labels: {
    via: "call",
    params: { teamId },
    result: array(label, LIMITS.labelsPerTeamMax),
    errors: READ,
    permission: LOCAL,
    doc: "The labels of a team.",
  },
  syncPeers: {
    via: "call",
    params: {},
    result: array(syncPeerInfo, LIMITS.syncPeersMax),
    errors: ["DeviceNotInitialised"],
    permission: LOCAL,
    doc: "The sync peers, each with its last success and failure.",
  },
  channels: {
    via: "call",
    params: {},
    result: array(channelInfo, LIMITS.channelsMax),
    errors: ["DeviceNotInitialised"],
    permission: LOCAL,
    doc: "The channels and their state.",
  },
  effects: {
    via: "stream",
    params: {},
    result: effectSchema,
    errors: [],
    permission: LOCAL,
    doc:
      "A stream of what happens from this call on. A reader that does not keep up holds the stream back, up to 4096 " +
      "effects in the daemon; then effectsLost says how many were dropped, and the stream ends.",
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
