/** What the table of methods says of each; its words are in method-docs.ts. */
import type { ErrorCode } from "../base/codes.ts";
import type { Fields, Schema } from "./schema.ts";

export interface MethodDefinition {
  readonly via: "call" | "data" | "stream";
  readonly internal?: true;
  readonly params: Fields;
  readonly result: Schema;
  /** Beyond `COMMON_ERRORS`. */
  readonly errors: readonly ErrorCode[];
}

/** What any call may end with. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  "InvalidArgument",
  "Timeout",
  "LimitReached",
  "ProtocolMismatch",
  "DaemonUnavailable",
];
