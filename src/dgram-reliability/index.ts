export { Reliability, messageBytesMaxFor } from "./reliability.ts";
export type { ReliabilityEvent, ReliabilityOptions } from "./reliability.ts";
export { INITIAL_CREDIT } from "./wire.ts";
