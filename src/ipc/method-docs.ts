/**
 * What each method does and whose call it is, for the C header, the reference and the site. Beside the table of methods and not in it,
 * because a daemon never needs the words.
 */
import type { AnyMethodName } from "./methods.ts";

export interface MethodDoc {
  /** Whose call it is, by the default policy. */
  readonly permission: string;
  readonly doc: string;
}

const LOCAL = "anyone who may open the socket";
const MEMBER = "any device of the team";

export const METHOD_DOCS: Readonly<Record<AnyMethodName, MethodDoc>> = {
  hello: {
    permission: LOCAL,
    doc:
      "The first request of a connection: the protocol version spoken and the settings wanted of the daemon. Settings " +
      "nobody asked for before are taken over; where another client asked for a different value: ConfigMismatch " +
      "{ setting, current, wanted }, and nothing changes.",
  },
  listen: {
    permission: LOCAL,
    doc:
      "Registers this connection for incoming channels until it closes. They go to the first connection still there " +
      "that registered; true when that is this one.",
  },
  subscribeEffects: {
    permission: LOCAL,
    doc: "Effects flow from here on, under credit. False when they do already.",
  },
  unsubscribeEffects: {
    permission: LOCAL,
    doc: "Effects stop. False when they did not flow.",
  },
  initDevice: {
    permission: LOCAL,
    doc: "Creates the device's keys if there are none, and returns its id: the same one ever after.",
  },
  getDeviceId: {
    permission: LOCAL,
    doc: "The device's id.",
  },
  getKeyBundle: {
    permission: LOCAL,
    doc: "The device's public keys (identity, signing, encryption), signed by the identity key. Hand it to whoever adds the device.",
  },
  addTeam: {
    permission: LOCAL,
    doc: "Adds a team to the local store, to be fetched from a sync peer. False when it is there already.",
  },
  removeTeam: {
    permission: LOCAL,
    doc:
      "Removes a team from the local store with its log, sync peers and channels. The device stays a member: the team " +
      "learns nothing of it. False when it is not there.",
  },
  addSyncPeer: {
    permission: LOCAL,
    doc:
      "Syncs with a peer at once and then every `rateMs` milliseconds (100 ms to 24 h). `address` is a DNS name or " +
      "IPv4 address, with port 4321 unless it says another. With `expectedDeviceId` no other device is accepted " +
      "there. False when the peer is there already with the same rate; another rate takes its place.",
  },
  removeSyncPeer: {
    permission: LOCAL,
    doc: "Stops syncing a team with a peer. False when it is not there.",
  },
  syncNow: {
    permission: MEMBER,
    doc: "Pulls from a peer now, whether or not it was added, and returns when level with it. `timeoutMs` in milliseconds.",
  },
  createTeam: {
    permission: LOCAL,
    doc: "Creates a team with this device as its owner.",
  },
  closeTeam: {
    permission: "owner",
    doc: "Closes a team: every later operation on it fails with TeamClosed, on every device that learns of it. Cannot be undone.",
  },
  addDevice: {
    permission: "owner, operator",
    doc:
      "Adds a device by its key bundle, with the role sync, and returns its id. `commonName` is for people, up to 64 " +
      "bytes. A bundle with unsound keys or a signature that does not hold is InvalidArgument.",
  },
  removeDevice: {
    permission: "owner: any below, itself; operator: user and sync devices, itself; others: themselves",
    doc:
      "Removes a device with its role, labels and network name, and closes its channels. What it did concurrently, in a " +
      "lower role than the author's, is recalled.",
  },
  assignRole: {
    permission: "owner: any role to a device below; admin: operator, user; operator: user; lowering oneself",
    doc:
      "Gives a device a role in place of the one it has. False when it has it already. sync is given by revokeRole. An " +
      "operator made admin loses what only operators may do.",
  },
  revokeRole: {
    permission: "owner: roles below, its own; admin: its own; operator: user, its own; user: its own",
    doc: "Takes a role away; the device keeps the role sync. RoleMismatch when it does not have that role.",
  },
  assignNetworkName: {
    permission: "owner, admin, operator",
    doc:
      "Gives a device the network name others reach it by: a DNS name or IPv4 address, with port 4321 unless it says " +
      "another. It takes the place of the name before. False when the device has it already; NameInUse when another has.",
  },
  revokeNetworkName: {
    permission: "owner, admin, operator",
    doc: "Takes a device's network name away. UnknownName when it does not have that name.",
  },
  createLabel: {
    permission: "owner, admin",
    doc: "Creates a label, up to 64 bytes. Devices that both have it may open channels to each other.",
  },
  deleteLabel: {
    permission: "owner, admin",
    doc: "Deletes a label, takes it from every device and closes its channels. Created again it is a new label.",
  },
  assignLabel: {
    permission: "owner, operator",
    doc: "Gives a device a label. False when it has it already.",
  },
  revokeLabel: {
    permission: "owner, operator",
    doc: "Takes a label from a device and closes the channels that need it. False when the device does not have it.",
  },
  createChannel: {
    permission: "user with the label, to a user with the label",
    doc:
      "Opens a channel to the device with that network name and returns once the peer has agreed, within `timeoutMs` " +
      "milliseconds. `delivery` is reliable unless told. The channel belongs to this connection and closes with it.",
  },
  deleteChannel: {
    permission: "the connection the channel belongs to",
    doc: "Closes a channel at both ends.",
  },
  pollData: {
    permission: LOCAL,
    doc:
      "Waits up to `timeoutMs` milliseconds for a message; true when readData has one. The first call registers this " +
      "connection for incoming channels, which go to the first connection that registered.",
  },
  readData: {
    permission: LOCAL,
    doc:
      "Copies the next message that has arrived into `buffer`, one message a call, and says from whom. A buffer too " +
      "small is BufferTooSmall { needed }, in bytes, and keeps the message. Synchronous.",
  },
  sendData: {
    permission: "the connection the channel belongs to",
    doc:
      "Encrypts and sends a message. True once the peer's daemon has acknowledged all of it (on an unreliable channel: " +
      "once it is sent); false after `timeoutMs` milliseconds: the outcome is unknown, and it is not sent again. The " +
      "bytes must stay as they are until then.",
  },
  status: {
    permission: LOCAL,
    doc:
      "Which daemon this is, where it listens, what it costs, and which ways it found for AFC at its start: those of the " +
      "platform, or plain ones.",
  },
  metrics: {
    permission: LOCAL,
    doc: "The daemon's metrics as OpenMetrics text. docs/observability.md lists them.",
  },
  teams: {
    permission: LOCAL,
    doc: "The teams in the local store.",
  },
  team: {
    permission: LOCAL,
    doc: "Where a team stands on this device.",
  },
  devices: {
    permission: LOCAL,
    doc: "The devices of a team with name, role, labels, network name and key bundle.",
  },
  labels: {
    permission: LOCAL,
    doc: "The labels of a team.",
  },
  syncPeers: {
    permission: LOCAL,
    doc: "The sync peers, each with its last success and failure.",
  },
  channels: {
    permission: LOCAL,
    doc: "The channels and their state.",
  },
  effects: {
    permission: LOCAL,
    doc:
      "A stream of what happens from this call on. A reader that does not keep up holds the stream back, up to 4096 " +
      "effects in the daemon; then effectsLost says how many were dropped, and the stream ends.",
  },
};
