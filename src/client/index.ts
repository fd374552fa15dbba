/** The client library: what an application needs of aranya-edge, and all it may count on. */
export { Client } from "./client.ts";
export type { ChannelOptions, ConnectOptions, PeerOptions } from "./client.ts";
export type { CallOptions } from "./connection.ts";
export { AranyaError } from "../base/errors.ts";
export { ERROR_CODES } from "../base/codes.ts";
export type { ErrorCode, ErrorFields } from "../base/codes.ts";
export type { ChannelId, CommandId, DeviceId, Id, TeamId } from "../base/ids.ts";
export { ROLES } from "../base/roles.ts";
export type { Role } from "../base/roles.ts";
export type { KeyBundle } from "../codec/key-bundle.ts";
export { deserializeId, deserializeKeyBundle, serializeId, serializeKeyBundle } from "../codec/serialize.ts";
export type { IdScheme, KeyBundleScheme } from "../codec/serialize.ts";
export type { DaemonConfig } from "../ipc/config.ts";
export type { Effect } from "../ipc/effect.ts";
export type {
  ChannelInfo,
  DaemonStatus,
  DeviceInfo,
  SyncPeerInfo,
  SyncReport,
  TeamState,
} from "../ipc/info.ts";
export type { Received } from "../ipc/methods.ts";
