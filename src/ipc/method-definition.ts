/** What the table of methods says of each. */
import type { ErrorCode } from "../base/codes.ts";
import type { Fields, Schema } from "./schema.ts";

/**
 * Whether a call leaves a line in the audit log (src/audit): `always` one that writes to the account, durable before it is
 * answered; `limited` one that costs its caller little, so that many alike are counted; `never` one that changes nothing but
 * what the connection itself sees. One that was so already leaves none.
 */
export type Audited = "always" | "limited" | "never";

export interface MethodDefinition {
  readonly via: "call" | "data" | "stream";
  readonly internal?: true;
  readonly audited: Audited;
  readonly params: Fields;
  readonly result: Schema;
  /** Beyond `COMMON_ERRORS`. */
  readonly errors: readonly ErrorCode[];
  /** Whose call it is, by the default policy. */
  readonly permission: string;
  readonly doc: string;
}

/** What any call may end with. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  "InvalidArgument",
  "Timeout",
  "LimitReached",
  "ProtocolMismatch",
  "DaemonUnavailable",
];
