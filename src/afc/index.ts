export { AfcEndpoint } from "./endpoint.ts";
export { noAfcCounts } from "./afc-counts.ts";
export type { AfcCounts } from "./afc-counts.ts";
export { HOST_REASON_MAX, REASON_EXHAUSTED, REASON_NOT_REKEYED, REASON_SILENT } from "./reasons.ts";
export type { AfcEvent, Transmit } from "./events.ts";
export type { AfcOptions, ConnectOptions } from "./options.ts";
export type { Dropped } from "./channel.ts";
export { handshakePayloadBytesMax, messageBytesMax } from "./wire.ts";
export type { Delivery } from "./wire.ts";
