export { Reliability, messageBytesMaxFor } from "./reliability.ts";
export type { ReliabilityEvent, ReliabilityOptions, SendOptions } from "./reliability.ts";
export { PathMtu, PATH_MTU } from "./path-mtu.ts";
export type { PathMtuOptions } from "./path-mtu.ts";
export type { OnPacketFate, PacketFate, ReliabilityCounts } from "./sender.ts";
export { TUNING } from "./tuning.ts";
export { INITIAL_CREDIT } from "./wire.ts";
